from pathlib import Path

import pandas as pd
from click.testing import CliRunner

from introghost.cli.simulate import command
from introghost.errors import ConfigError

SCENARIO = Path(__file__).parents[2] / "config" / "demo"
OPTIONS = ["--genomes=2", "--first=3", "--region-length-bp=50000", "--outgroup-diploids=2", "--target-diploids=2"]


def test_simulate_writes_three_files_and_says_how_far_it_is(tmp_path: Path) -> None:
    arguments = ["--scenario", str(SCENARIO), *OPTIONS, "--output", str(tmp_path / "new" / "x.trees")]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "genome 4 done (2 of 2)" in result.output
    assert pd.read_parquet(tmp_path / "new" / "x.parameters.parquet")["genome"].tolist() == [3, 4]
    assert (tmp_path / "new" / "x.trees").stat().st_size > 0
    assert (tmp_path / "new" / "x.tracts.parquet").is_file()


def test_a_missing_scenario_is_the_users_error(tmp_path: Path) -> None:
    arguments = ["--scenario", str(tmp_path), *OPTIONS, "--output", str(tmp_path / "x.trees")]
    assert isinstance(CliRunner().invoke(command, arguments).exception, ConfigError)
