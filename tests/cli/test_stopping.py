"""Signals and broken pipes, as real processes meet them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from verbs import run

from introghost.cli import _VERBS

ROOT = Path(__file__).parents[2]
SIZES = ["--regions", "1", "--outgroup-diploids", "2", "--target-diploids", "2"]


def start(*words: object, **streams: int) -> "subprocess.Popen[str]":
    """A verb in a process of its own, which Ctrl-C reaches although the tests may run in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "introghost", *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **streams,
    )


def stop(process: "subprocess.Popen[str]", number: signal.Signals) -> str:
    """Send a signal; what the process writes to standard error from then on."""
    process.send_signal(number)
    return process.communicate(timeout=60)[1]


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stopping") / "x.trees"
    options = ("--scenario", ROOT / "config" / "demo", "--genomes", 300, *SIZES, "--region-length-bp", 100_000)
    assert run("simulate", *options, "--output", path) == 0
    return path


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_a_simulation_in_one_line_and_leaves_no_file(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    options = ("--scenario", ROOT / "config" / "demo", "--genomes", 10_000, *SIZES, "--region-length-bp", 100_000)
    process = start("simulate", *options, "--output", tmp_path / "x.trees")
    assert process.stderr is not None
    assert process.stderr.readline() == "demo: genome 0 done (1 of 10000)\n"
    assert len(list(tmp_path.iterdir())) == 3, "temporary files of trees, parameters and tracts"
    last = [line for line in stop(process, number).splitlines() if not line.startswith("demo: genome")]
    assert last == [f"error: stopped by {number.name}; run the command again"]
    assert process.returncode == code
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_statistics_and_keeps_an_older_output(trees: Path, tmp_path: Path) -> None:
    output = tmp_path / "x.zarr.zip"
    output.write_text("older")
    process = start("statistics", "--trees", trees, "--bin-bp", 1_000, "--output", output)
    with pytest.raises(subprocess.TimeoutExpired):  # it has to be at work, not to start
        process.wait(timeout=2)
    assert stop(process, signal.SIGINT) == "error: stopped by SIGINT; run the command again\n"
    assert process.returncode == 130
    assert [path.read_text() for path in tmp_path.iterdir()] == ["older"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_training(number: signal.Signals, tmp_path: Path) -> None:
    trees, statistics, model = (tmp_path / name for name in ("x.trees", "x.zarr.zip", "model"))
    options = ("--scenario", ROOT / "config" / "demo", "--genomes", 8, *SIZES, "--region-length-bp", 200_000)
    assert run("simulate", *options, "--output", trees) == 0
    assert run("statistics", "--trees", trees, "--output", statistics) == 0
    options = ("--task", "segments", "--statistics", statistics, "--epochs", 100_000)
    process = start("train", *options, "--output", model)
    assert process.stderr is not None
    assert any(line.startswith("epoch 2 of 100000:") for line in process.stderr)
    (last,) = [line for line in stop(process, number).splitlines() if not line.startswith("epoch ")]
    assert last.startswith("error: ")
    assert f"stopped by {number.name}" in last
    assert process.returncode == 128 + number
    assert [path.name for path in model.iterdir()] == ["checkpoint"]


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    options = ("--scenario", ROOT / "config" / "demo", "--genomes", 3, *SIZES, "--region-length-bp", 10_000)
    words = [sys.executable, "-m", "introghost", "simulate", *map(str, options), "--output", str(tmp_path / "x.trees")]
    process = subprocess.Popen(
        words, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    assert process.stderr is not None
    process.stderr.readline()
    stop(process, signal.SIGHUP)
    assert process.returncode == 0
    assert (tmp_path / "x.trees").exists()


@pytest.mark.parametrize("broken", ["stdout", "stderr", "both"])
def test_a_reader_that_goes_away_is_no_error(broken: str, tmp_path: Path) -> None:
    config = ROOT / "config" / "scenarios" / "ghost"
    missing = tmp_path / "nowhere"
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "introghost", "config", "check", str(missing if broken == "stderr" else config)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    streams |= {name: writing for name in streams if broken in (name, "both")}
    process = subprocess.run(words, text=True, check=False, **streams)
    os.close(writing)
    assert process.returncode == 141
    assert not process.stderr
    assert not process.stdout


@pytest.mark.parametrize("words", [["--output", ""], ["--output="], ["--calls", "", "--output", "x"]])
def test_an_empty_value_is_refused(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for verb in _VERBS:
        assert run(verb, *words) == 2
        option = words[0].removesuffix("=")
        assert capsys.readouterr().err == f"error: {option} is empty: give it a value, or leave it out\n"
    assert run("config", "check", "") == 2
    assert capsys.readouterr().err.startswith("error: a word of the command line is empty")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_under_standard_output_is_one_line() -> None:
    words = [sys.executable, "-m", "introghost", "config", "check", str(ROOT / "config" / "scenarios" / "ghost")]
    with open("/dev/full", "w") as full:
        process = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (process.returncode, process.stderr) == (5, "error: [Errno 28] No space left on device\n")
