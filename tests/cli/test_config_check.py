"""`config check` refuses before anything is simulated what would end the workflow hours later."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from introghost.cli import main

ROOT = Path(__file__).parents[2]


def check(path: Path, config: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and the last line of the errors."""
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(SystemExit) as stopped:
        main(["config", "check", str(path), "--draws", "1"])
    lines = capsys.readouterr().err.splitlines()
    return int(stopped.value.code or 0), lines[-1] if lines else ""


@pytest.fixture
def config() -> dict[str, Any]:
    """The demonstration's configuration."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bin_bp": 10_000}, "trained with bin_bp 5000, which is 10000 here"),
        ({"ancestral": "info-aa"}, "trained with ancestral"),
        (
            {
                "scenarios": ["ghost", "no_ghost", "structure", "demo"],
                "simulations": {"genomes": {"genomes": 10, "batch_genomes": 10}},
            },
            "does not know the scenario demo",
        ),
        ({"train": {"parameters": {"from": "human", "scenario": "structure"}}}, "not of structure"),
        (
            {"simulations": {"segments": {"genomes": {"no_ghost": 9}, "test_genomes": 3}}},
            "simulations.segments.genomes: none of these scenarios has a ghost that gave to the target",
        ),
        (
            {"simulations": {"genomes": {"genomes": 10, "test_genomes": 3, "batch_genomes": 10}}},
            "train.parameters: simulations.genomes.genomes: 10, too few to split for validation; simulate more of them",
        ),
        (
            {"simulations": {"segments": {"genomes": {"ghost": 1, "no_ghost": 60}, "observations": 1}}},
            "train.segments: simulations.segments.genomes: 1, too few to split for validation; simulate more of them",
        ),
        ({"data": {"target": "Nobody"}}, "data.target: Nobody; of simulated data it is the deme Target"),
        ({"data": {"outgroup": "A,B"}}, "data.outgroup: A, B; of simulated data it is the deme Outgroup"),
    ],
)
def test_what_would_fail_late_is_refused(
    config: dict[str, Any],
    changes: dict[str, Any],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check(tmp_path / "whole.yaml", config, capsys)[0] == 0
    for key, value in changes.items():
        config[key] = {**config[key], **value} if isinstance(value, dict) else value
    code, line = check(tmp_path / "changed.yaml", config, capsys)
    assert code != 0
    assert message in line
    assert line.startswith("error: ")
