"""The verb `run` becomes Snakemake, with the workflow that comes with introghost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from verbs import run

from introghost import presets

pytest.importorskip("snakemake", reason="the extra `workflow` is not installed")


def introghost(*words: str, folder: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({} if path is None else {"PATH": path})
    command = [sys.executable, "-m", "introghost", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_command_is_printed_and_plans_the_jobs_wherever_it_is_run(tmp_path: Path) -> None:
    result = introghost("run", "config", "--dry-run", "--cores", "2", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    printed = result.stderr.splitlines()[0]
    assert printed.startswith("snakemake --configfile ")
    assert "config.yaml --cores 2 --quiet rules --snakefile " in printed
    assert printed.endswith(" --dry-run")
    assert "report_model" in result.stdout
    assert len(result.stdout.splitlines()) < 100  # a line for each step, none for each job
    assert not (tmp_path / "results").exists()


def test_a_step_that_fails_and_a_wrong_option_of_snakemake_are_its_exit_code(tmp_path: Path) -> None:
    wrong = introghost("run", "config", "--dry-run", "--", "--no-such-option", folder=tmp_path)
    assert wrong.returncode == 2, wrong.stderr
    missing = introghost("run", "config", "--dry-run", "--", "no-such-target", folder=tmp_path)
    assert missing.returncode == 1, missing.stderr


def test_a_word_that_is_not_of_snakemake_is_refused(tmp_path: Path) -> None:
    for words in (["extra"], ["extra", "--", "results/x.html"]):
        result = introghost("run", "config", "--dry-run", *words, folder=tmp_path)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr == (
            "error: introghost run: unexpected 'extra'; targets and options of Snakemake follow after `--`\n"
        )


@pytest.mark.parametrize("no_colour", ["", "1"])
def test_targets_and_colours_are_those_that_were_asked_for(
    no_colour: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = list[list[str]]()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setattr(os, "execve", lambda _, words, __: started.append(words))
    run("run", "config", "--", "results/x.html")
    ((_, option, path, after, *others),) = started
    assert (option, Path(path).name, after) == ("--configfile", "config.yaml", "--cores")
    assert others[-1] == "results/x.html"
    assert ("--nocolor" in others) == bool(no_colour)


def test_a_configuration_that_is_wrong_is_refused_before_snakemake_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execve", lambda *_: pytest.fail("Snakemake was started"))
    path = tmp_path / "my.yaml"
    path.write_text("seed: 1\n")
    assert run("run", str(path)) == 2
    assert "my.yaml" in capsys.readouterr().err
    assert run("run", str(tmp_path / "none.yaml")) == 2


def test_a_file_that_the_configuration_names_has_to_be_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execve", lambda *_: pytest.fail("Snakemake was started"))
    monkeypatch.chdir(tmp_path)
    demo = yaml.safe_load(presets.configurations()["config"].read_text(encoding="utf-8"))
    demo["observation"]["include_bed"] = "mask.bed"
    Path("my.yaml").write_text(yaml.safe_dump(demo))
    assert run("run", "my.yaml") == 2
    expected = f"error: observation: mask.bed: no such file; paths are relative to the folder of the call, {tmp_path}\n"
    assert capsys.readouterr().err == expected


def test_without_snakemake_the_error_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert run("run", "config") == 2
    assert "pip install 'introghost[workflow]'" in capsys.readouterr().err


def test_ctrl_c_ends_it_as_it_ends_snakemake(tmp_path: Path) -> None:
    """A job is stopped, and no lock stays."""
    command = [sys.executable, "-m", "introghost", "run", "config", "--cores", "1"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("results/logs/**/*.log")) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) != 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert not list((tmp_path / ".snakemake" / "locks").glob("*.lock"))
