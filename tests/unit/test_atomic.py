"""Outputs appear whole or not at all, whatever stops the writer."""

import ast
import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import introghost
from introghost import atomic, provenance
from introghost.errors import OutputError

SOURCE = Path(introghost.__file__).parent
WRITERS = {"write_text", "write_bytes", "savefig", "to_csv", "to_parquet", "tofile", "to_json"}


def test_a_failed_writer_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    atomic.write_text(path, "old")
    with pytest.raises(KeyboardInterrupt):
        _stop_halfway(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


def _stop_halfway(path: Path) -> None:
    with atomic.atomic_path(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt


WRITER = """
import sys, time
from pathlib import Path
from introghost import atomic
with atomic.atomic_path(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def start_writer(path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def test_what_a_killed_writer_left_is_removed_by_the_next_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    atomic.write_text(path, "old")
    digest = provenance.sha256(tmp_path)
    process = start_writer(path)
    (left,) = set(tmp_path.iterdir()) - {path}
    os.utime(left, (time.time() - 100,) * 2)
    atomic.write_text(path, "old")
    assert left.exists(), "its writer lives"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert path.read_text() == "old"
    assert provenance.sha256(tmp_path) == digest, "the digest of a folder is that of its results"
    atomic.write_text(path, "new")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "new"


def test_what_another_host_writes_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.tsv"
    process = start_writer(path)
    process.send_signal(signal.SIGKILL)  # without a lock, as a file system may show what another host has locked
    process.wait()
    (left,) = tmp_path.iterdir()
    os.utime(left, (time.time() - 100,) * 2)
    monkeypatch.setattr("socket.gethostname", lambda: "node7.cluster")
    atomic.write_text(path, "new")
    assert left.exists()
    monkeypatch.undo()
    atomic.write_text(path, "new")
    assert not left.exists()


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"x\.tsv: can't be written: No space left on device") as caught:
        atomic.write_text(tmp_path / "x.tsv", "text")
    assert caught.value.exit_code == 5
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_writable_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"can't be written: (Not a directory|File exists)"):
        atomic.write_text(tmp_path / "file" / "x.tsv", "text")


def test_an_error_of_another_file_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic.atomic_path(tmp_path / "x.tsv"):
        (tmp_path / "input").read_text()
    assert not list(tmp_path.iterdir())


def test_a_broken_pipe_within_a_writer_is_not_an_error_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError), atomic.atomic_path(tmp_path / "x.tsv"):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")  # progress that nobody reads any more
    assert not list(tmp_path.iterdir())


FULL = """
mount -t tmpfs -o size=256k none "$1" || exit 77
head -c 200000 /dev/zero > "$1/ballast"
"$2" -m introghost simulate --scenario "$3" --genomes 1 --regions 2 --region-length-bp 1000000 \
    --outgroup-diploids 20 --target-diploids 20 --output "$1/x.trees"
code=$?
ls -A "$1"
exit $code
"""


def test_a_disk_that_fills_up_leaves_no_partial_file(tmp_path: Path) -> None:
    scenario = SOURCE.parents[1] / "config" / "demo"
    arguments = ["unshare", "-rm", "sh", "-c", FULL, "sh", str(tmp_path), sys.executable, str(scenario)]
    try:
        result = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=100)
    except FileNotFoundError:
        pytest.skip("no unshare on this machine")
    if result.returncode in (1, 77) and ("unshare" in result.stderr or "mount" in result.stderr):
        pytest.skip("no small file system can be mounted here")
    assert result.returncode == 5, result.stderr
    error = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(error) == 1
    assert "can't be written: No space left" in error[0]
    assert "Traceback" not in result.stderr
    assert result.stdout.split() == ["ballast"]


def bare_writes(tree: ast.AST) -> list[int]:
    """Lines that write to something that is neither a temporary file nor memory."""
    lines = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        text = ast.unparse(node)
        writing = name in WRITERS and not text.startswith("atomic.")
        modes = [a.value for a in [*node.args, *(k.value for k in node.keywords)] if isinstance(a, ast.Constant)]
        writing |= name in ("open", "ZipFile") and any(m in ("w", "wb", "a", "ab", "wt", "x", "xb") for m in modes)
        harmless = any(word in text for word in ("temporary", "buffer", "to_csv(None", "to_csv(compressed")) or (
            name in ("to_csv", "to_json") and "path_or_buf" not in text and not node.args
        )
        if writing and not harmless and not (name == "write_text" and isinstance(node.func, ast.Name)):
            lines.append(node.lineno)
    return lines


def test_nothing_is_written_in_place() -> None:
    in_place = {
        str(path.relative_to(SOURCE)): lines
        for path in SOURCE.rglob("*.py")
        if path.name not in ("locks.py", "phase_notation.py")  # a file without content, a temporary folder
        and (lines := bare_writes(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert not in_place, "write through introghost.atomic.atomic_path"
    assert bare_writes(ast.parse("open('x', 'w')\npath.write_text('x')\nfigure.savefig(path)\nt.to_csv('x')")) == [
        1, 2, 3, 4,
    ]  # fmt: skip


def test_a_pipe_or_a_folder_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OutputError, match="not a plain file"):
            atomic.write_text(place, "text")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
