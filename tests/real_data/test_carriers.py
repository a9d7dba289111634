"""Carriers of the DPYD haplotype come first. Needs a model trained with config/1000genomes.yaml: INTROGHOST_MODEL."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(os.environ.get("INTROGHOST_SHARED", "../shared")) / "data" / "1000genomes-dpyd"
HAPLOTYPE_BP = (98_006_000, 98_384_000)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model() -> Path:
    if "INTROGHOST_MODEL" not in os.environ:
        pytest.skip("INTROGHOST_MODEL does not name a model trained with config/1000genomes.yaml")
    if not DATA.is_dir():
        pytest.skip(f"no 1000 Genomes data at {DATA}")
    return Path(os.environ["INTROGHOST_MODEL"])


@pytest.mark.parametrize("population", ["GBR", "CEU", "TSI", "FIN", "IBS"])
def test_every_carrier_is_called_and_nobody_else(model, population, tmp_path):
    command = [sys.executable, "-m", "introghost", "apply", "--model", model, "--vcf", DATA / "DPYD.vcf.gz"]
    command += ["--populations", DATA / "populations.tsv", "--outgroup", "YRI", "--target", population]
    subprocess.run([*command, "--ancestral", "outgroup-major", "--output", tmp_path], check=True)
    bins = pd.read_csv(tmp_path / "bins.tsv.gz", sep="\t")
    inside = (bins["start"] >= HAPLOTYPE_BP[0] - 10_000) & (bins["end"] <= HAPLOTYPE_BP[1] + 10_000)
    posterior = bins[inside].drop(columns=["contig", "start", "end"]).mean()
    carriers = pd.read_csv(DATA / "carriers.tsv", sep="\t").query("pop == @population")
    labels = [f"{row.sample}.{row.haplotype}" for row in carriers.itertuples()]
    others = posterior.drop(labels)
    assert posterior[labels].min() > others.max(), "a carrier ranks below another haplotype"
    assert posterior[labels].min() > 0.3
    assert others.max() < 0.3
