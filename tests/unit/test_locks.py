"""Locks of killed runs go; those of anybody who may live stay."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from introghost import locks

RUN = """
import sys, time
from pathlib import Path
from introghost import locks
locks.release_stale(Path(sys.argv[1]))
print("running", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / ".snakemake"
    locks._forget(tmp_path / ".snakemake" / "introghost" / locks.Run.this().record, os.getpid())


def start(folder: Path, seconds: float = 60) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process


def lock(folder: Path, name: str = "0.output.lock") -> Path:
    path = folder / "locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("results/x\n")
    return path


def kill(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_locks_of_a_killed_workflow_are_removed_and_those_of_a_living_one_are_not(folder: Path) -> None:
    process = start(folder)
    path = lock(folder)
    assert not locks.release_stale(folder)
    assert path.exists()
    kill(process)
    assert locks.release_stale(folder)
    assert not path.exists()
    assert [p.name for p in (folder / "introghost").iterdir()] == [locks.Run.this().record]


def test_a_lock_that_no_run_of_this_workflow_made_stays(folder: Path) -> None:
    path = lock(folder)
    assert not locks.release_stale(folder), "of another Snakefile"
    assert start(folder, 0).wait() == 0
    assert not locks.release_stale(folder), "the run ended by itself, and took its lock with it"
    assert path.exists()


def test_a_lock_that_is_older_than_the_killed_run_stays(folder: Path) -> None:
    old, process = lock(folder), start(folder)
    os.utime(old, (time.time() - 100,) * 2)
    new = lock(folder, "1.output.lock")
    kill(process)
    assert locks.release_stale(folder)
    assert old.exists()
    assert not new.exists()


def test_another_host_is_believed_to_live(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process, path = start(folder), lock(folder)
    kill(process)
    monkeypatch.setattr("socket.gethostname", lambda: "node7.cluster")
    assert not locks.release_stale(folder)
    assert path.exists()
    locks._forget(folder / "introghost" / locks.Run.this().record, os.getpid())


def test_a_later_process_of_the_same_number_is_not_the_run(folder: Path) -> None:
    path = lock(folder)
    (folder / "introghost").mkdir()
    (folder / "introghost" / f"{locks.this_host()}.{os.getppid()}.0.run").touch()
    os.utime(path, (time.time() + 1,) * 2)
    assert locks.release_stale(folder)


def test_locks_stay_while_any_snakemake_works_in_the_folder(folder: Path) -> None:
    process, path = start(folder), lock(folder)
    kill(process)
    program = folder.parent / "snakemake"
    program.write_text("import time\nprint(flush=True)\ntime.sleep(60)\n")
    other = subprocess.Popen([sys.executable, str(program)], cwd=folder.parent, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    other.stdout.readline()
    assert not locks.release_stale(folder)
    assert path.exists()
    kill(other)
    assert locks.release_stale(folder)


def test_records_without_a_lock_are_cleared_those_of_other_hosts_only_when_old(folder: Path) -> None:
    process = start(folder)
    kill(process)
    records = folder / "introghost"
    old, young = records / "elsewhere.1.2.run", records / "elsewhere.2.2.run"
    for path, age_s in ((old, 200_000), (young, 1_000)):
        path.touch()
        os.utime(path, (time.time() - age_s,) * 2)
    assert not locks.release_stale(folder)
    assert {*records.iterdir()} == {young, records / locks.Run.this().record}


def test_a_folder_that_can_not_be_written_to_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not locks.release_stale(tmp_path / "file" / ".snakemake")


@pytest.mark.parametrize(
    ("command", "dry"),
    [
        *((command, True) for command in ("-n", "--cores 2 -np", "--dry-run", "--dryrun")),
        *((command, False) for command in ("", "-c 2 -pk", "--nolock", "--configfile n.yaml", "-Rname")),
    ],
)
def test_a_dry_run_is_known_by_its_command(command: str, dry: bool) -> None:
    assert locks.is_dry_run(command.split()) == dry
