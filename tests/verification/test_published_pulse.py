"""The shipped model asked about a published archaic pulse that nobody trained on, and about its absence."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from verbs import run

DEMO = Path(__file__).parents[2] / "config" / "demo"
PROPORTION = 0.0225
REGIONS = 20


def asked(scenario: Path, folder: Path) -> Path:
    """Folder of what `apply` says of one genome."""
    folder.mkdir()
    size = ("--regions", REGIONS, "--outgroup-diploids", 50, "--target-diploids", 50, "--seed", 20260101)
    assert run("simulate", "--scenario", scenario, "--genomes", 1, *size, "--output", folder / "x.trees") == 0
    files = ("--output", folder / "x.vcf.gz", "--populations-output", folder / "x.tsv")
    assert run("vcf", "write", "--trees", folder / "x.trees", *files) == 0
    data = ("--vcf", folder / "x.vcf.gz", "--populations", folder / "x.tsv")
    roles = ("--outgroup", "Outgroup", "--target", "Target")
    assert run("apply", *data, *roles, "--output", folder / "calls") == 0
    return folder / "calls"


@pytest.mark.slow
def test_the_pulse_is_found_and_so_is_its_absence(tmp_path: Path) -> None:
    found = asked(DEMO, tmp_path / "with")
    assert json.loads((found / "model_choice.json").read_text())["decision"] == "ghost"
    percentiles = pd.read_csv(found / "statistic_percentiles.tsv", sep="\t", keep_default_na=False)
    usual = percentiles.loc[percentiles["ghost"] != 50, "ghost"].between(5, 95)
    assert 0.6 < usual.mean() < 1, "most are as usual, of many some are not"
    called = pd.read_csv(found / "bins.tsv.gz", sep="\t").iloc[:, 3:].mean(axis=None)
    of_ten = percentiles.set_index("statistic")["value"]["posterior"]
    assert 0.3 < of_ten / called < 3, "the mean posterior over ten individuals, as over all within sampling"
    posterior = pd.read_csv(found / "parameter_posterior.tsv", sep="\t").set_index("parameter").loc["ghost_proportion"]
    print(posterior.to_string())
    assert posterior["lower_90"] < PROPORTION < posterior["upper_90"]
    shutil.copytree(DEMO, tmp_path / "demo")
    for name, change in (
        ("model.demes.yaml", lambda model: model["pulses"][0].update(proportions=[0.0])),
        ("priors.yaml", lambda priors: priors["parameters"]["ghost_proportion"].update(value=0.0)),
    ):
        path = tmp_path / "demo" / name
        content = yaml.safe_load(path.read_text())
        change(content)
        path.write_text(yaml.safe_dump(content))
    without = json.loads((asked(tmp_path / "demo", tmp_path / "without") / "model_choice.json").read_text())
    print(json.dumps(without, indent=1))
    assert without["decision"] != "ghost"
