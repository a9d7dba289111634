import subprocess
import sys
from pathlib import Path

import pytest

from introghost.cli import main

ROOT = Path(__file__).parents[2]
README = str(ROOT / "README.md")


def test_help_lists_the_verbs_without_loading_what_they_need() -> None:
    code = (
        "import sys; from introghost.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'snakemake', 'numpy', 'msprime', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    for verb in (
        "config",
        "vcf",
        "observe",
        "init",
        "simulate",
        "statistics",
        "predictive",
        "train",
        "evaluate",
        "apply",
        "report",
        "cite",
    ):
        assert f"\n  {verb} " in result.stdout


@pytest.mark.parametrize(
    "verb",
    [
        "config",
        "vcf",
        "observe",
        "init",
        "simulate",
        "statistics",
        "predictive",
        "train",
        "evaluate",
        "apply",
        "report",
        "cite",
    ],
)
def test_the_help_of_a_verb_loads_no_torch(verb: str) -> None:
    code = (
        f"import sys; from introghost.cli import main\n"
        f"try: main([{verb!r}, '--help'])\n"
        "except SystemExit as end: print(end.code)\n"
        "sys.exit('torch' in sys.modules or 'snakemake' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "Usage: introghost" in result.stdout


def test_an_error_of_the_user_is_one_line_and_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.yaml"
    path.write_text((ROOT / "config" / "config.yaml").read_text().replace("bin_bp:", "bin_pb:"))
    with pytest.raises(SystemExit) as caught:
        main(["config", "check", str(path)])
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert "did you mean 'bin_bp'?" in error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["apply", "--outpt", "x"], "introghost apply: no option --outpt; did you mean '--output'?"),
        (["run", "--configfile", "x"], "introghost run: no option --configfile; valid: --cores, --dry-run"),
        (["apply", "--fdr", "0.05"], "introghost apply: no option --fdr; did you mean '--false-discovery-rate'?"),
        (["vcf", "check", "--pops", "x"], "introghost vcf check: no option --pops; did you mean '--populations'?"),
        (["apply", "--vcf", "nowhere.vcf", "--output", "x"], "introghost apply: Invalid value for '--vcf'"),
        (["vcf", "write", "--trees"], "Option '--trees' requires an argument"),
        (["--bogus"], "introghost: no option --bogus; valid: --help, --version, -h"),
        (["vcf", "chekc"], "introghost vcf: no verb 'chekc'; did you mean 'check'?"),
        (["aply"], "introghost: no verb 'aply'; did you mean 'apply'?"),
        (["check"], "introghost: no verb 'check'; did you mean 'config check' or 'vcf check'?"),
        (["version"], "introghost: no verb 'version'; did you mean '--version'?"),
        (
            ["apply", "--exclude-bed", "x"],
            "introghost apply: no option --exclude-bed; --include-bed takes the sequence",
        ),
        (["apply", "--mask", "x"], "introghost apply: no option --mask; --include-bed takes the sequence"),
        (
            ["apply", "--vcf", README, README, "--target", "T"],
            f"introghost apply: unexpected '{README}'; give --vcf again before each value",
        ),
        (["report", "calls"], "introghost report: unexpected 'calls'; a value stands after its option"),
    ],
)
def test_so_is_a_wrong_word_of_the_command_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}")
    assert error.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["vcf"]])
def test_a_command_line_that_stops_short_is_answered_with_the_help(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "Usage: introghost" in "".join(capsys.readouterr())


def test_the_default_configuration_is_checked_with_its_scenarios(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as caught:
        main(["config", "check", "config/config.yaml", "--draws", "2", "--figures", str(tmp_path / "figures")])
    assert caught.value.code == 0
    assert "config/config.yaml: ok" in capsys.readouterr().out
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {
        *("ghost", "no_ghost", "structure", "structure_merged", "demo"),
    }


@pytest.mark.parametrize(
    ("scenario", "meaning"),
    [("ghost", "a ghost gave to the target"), ("outgroup_ghost", "no ghost gave to the target")],
)
def test_a_scenario_is_checked_by_name_and_its_meaning_printed(
    scenario: str, meaning: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(["config", "check", scenario, "--draws", "1"])
    assert caught.value.code == 0
    assert f"{scenario}: ok: {meaning}; its parameters in 1 draws:" in capsys.readouterr().out
