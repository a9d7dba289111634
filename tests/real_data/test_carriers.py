"""Carriers of the DPYD haplotype are called and nobody else, by the shipped model or the one in INTROGHOST_MODEL."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(os.environ.get("INTROGHOST_SHARED", "../shared")) / "data" / "1000genomes-dpyd"
HAPLOTYPE_BP = (98_006_000, 98_384_000)

POPULATIONS = ("GBR", "CEU", "TSI", "FIN", "IBS")

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("target", [*POPULATIONS, ",".join(POPULATIONS)])
def test_every_carrier_is_called_and_nobody_else(target, tmp_path):
    if not DATA.is_dir():
        pytest.skip(f"no 1000 Genomes data at {DATA}")
    model = os.environ.get("INTROGHOST_MODEL", "human")
    command = [sys.executable, "-m", "introghost", "apply", "--model", model, "--vcf", DATA / "DPYD.vcf.gz"]
    command += ["--populations", DATA / "populations.tsv", "--outgroup", "YRI", "--target", target]
    subprocess.run([*command, "--output", tmp_path], check=True)
    bins = pd.read_csv(tmp_path / "bins.tsv.gz", sep="\t")
    inside = (bins["start"] >= HAPLOTYPE_BP[0] - 10_000) & (bins["end"] <= HAPLOTYPE_BP[1] + 10_000)
    posterior = bins[inside].drop(columns=["contig", "start", "end"]).mean()
    carriers = pd.read_csv(DATA / "carriers.tsv", sep="\t").query("pop in @target.split(',')")
    labels = [f"{row.sample}.{row.haplotype}" for row in carriers.itertuples()]
    others = posterior.drop(labels)
    print(f"carriers {posterior[labels].min():.2f} or more, others {others.max():.2f} or less")
    assert posterior[labels].min() >= 0.6
    assert others.max() <= 0.1
