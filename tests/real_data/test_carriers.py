"""Carriers of the DPYD haplotype are called and nobody else, by the shipped model or the one in INTROGHOST_MODEL.

The carriers were found by linkage, over 98,006,000-98,384,000. All 24 carry the 33 archaic variants that Skov et al.
2020 (Nature 582:78) publish up to 98,210,000; of the 19 beyond, HG00129.1 and HG01510.0 carry all and the others none:
there they are as near to a haplotype of YRI as anybody (benchmarks/accuracy/dpyd.md). What has to be called is where
the variants are. The mean over the whole span, in which 22 of 24 carriers are modern from the middle on, is printed
beside.
"""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(os.environ.get("INTROGHOST_SHARED", "../shared")) / "data" / "1000genomes-dpyd"
START_BP, BREAK_BP, END_BP = 98_006_000, 98_210_000, 98_384_000
LONG = ("HG00129.1", "HG01510.0")
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
    whole, archaic, beyond = (
        mean_posterior(tmp_path / "bins.tsv.gz", *span)
        for span in ((START_BP, END_BP), (START_BP, BREAK_BP), (BREAK_BP, END_BP))
    )
    carriers = pd.read_csv(DATA / "carriers.tsv", sep="\t").query("pop in @target.split(',')")
    labels = [f"{row.sample}.{row.haplotype}" for row in carriers.itertuples()]
    others = whole.drop(labels)
    print(f"whole span: carriers {whole[labels].min():.2f} or more, others {others.max():.2f} or less")
    print(f"archaic variants: carriers {archaic[labels].min():.2f} or more")
    assert archaic[labels].min() >= 0.6
    assert beyond[[label for label in labels if label in LONG]].min() >= 0.6 or not set(labels) & set(LONG)
    assert others.max() <= 0.1


def mean_posterior(bins: Path, start_bp: int, end_bp: int) -> pd.Series:
    """Of each haplotype, over the bins that reach at most 10 kb beyond."""
    table = pd.read_csv(bins, sep="\t")
    inside = (table["start"] >= start_bp - 10_000) & (table["end"] <= end_bp + 10_000)
    return table[inside].drop(columns=["contig", "start", "end"]).mean()
