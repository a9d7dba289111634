"""Segments of the shipped model at real loci, against published archaic alleles: needs the data of ../shared.

``python benchmarks/real_loci.py`` writes benchmarks/real_loci.tsv and docs/real_loci.md: 1000 Genomes phase 3 at 31
stretches of the genome, European and South Asian targets that carry published Neanderthal alleles there, and a West
African one that should not; and the carriers of an archaic haplotype of DPYD. The data are found by INTROGHOST_SHARED
or at ../shared. On one core it takes about three minutes.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost import atomic, load_model, open_vcf
from introghost.haplotypes import Haplotypes

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("INTROGHOST_SHARED", HERE.parents[1] / "shared"))
OUTPUT, PAGE_PATH = HERE / "real_loci.tsv", HERE.parent / "docs" / "real_loci.md"
AFRICANS = ("YRI", "ESN", "MSL", "GWD")
AFRICAN_TARGET = "ESN"  # carries hardly any published archaic allele
EUROPEANS = ("GBR", "CEU", "TSI", "FIN", "IBS")
# Where the variants of the archaic haplotype of DPYD are, and beside it one that a third of Europeans carry and few
# Yoruba: nobody published it as archaic.
ARCHAIC_BP, MODERN_BP = (98_006_000, 98_210_000), (97_620_000, 97_810_000)
MARGIN_BP = 10_000
NOTICED = 0.15  # mean posterior of others that are looked at more closely
SCORES = {
    "average_precision": r"average precision ([\d.]+)",
    "precision": r"precision ([\d.]+) recall",
    "recall": r"recall ([\d.]+)",
    "called_elsewhere": r"archaic allele is ([\d.]+)%",
}
PAGE = """# Segments at real loci

Written by `python benchmarks/real_loci.py`; the numbers are in `benchmarks/real_loci.tsv`.

1000 Genomes phase 3, 31 stretches, 2.3 Mb with data, the shipped model `human` by itself. A bin of a haplotype counts
as archaic where a run of published Neanderthal alleles covers half of it; bins near such a run are left out. Nothing
was trained on these loci; designs that simulations could not tell apart were chosen by them.

| target | outgroup | average precision | precision | recall | called where no archaic allele is |
|---|---|---|---|---|---|
{loci}
On the same bins hmmix 0.8.0 has an average precision of at most 0.277 (CEU, YRI as outgroup) and 0.132 (CEU, four
populations), the number of alleles within 50 kb that the outgroup lacks 0.274 and 0.131.

DPYD, 503 individuals of five European populations together, mean posterior of a haplotype:

| outgroup | lowest of 24 carriers | highest of others | others above 0.5 in 97.62–97.81 Mb |
|---|---|---|---|
{dpyd}
The last column counts carriers of a haplotype that a third of Europeans and 2 % of Yoruba have: with an outgroup of one
population it looks like a ghost's.

Others that have a posterior above {noticed:g} where the archaic variants are, beside the rest and the carriers. These
others are old haplotypes that no published map has, not single ones that were called by chance. The table says how
many sites tell each from the nearest haplotype of the outgroup (median), and how many of the {published} published
archaic alleles it has, at most.

| outgroup | haplotypes | how many | sites to the nearest of the outgroup | published archaic alleles |
|---|---|---|---|---|
{others}"""


@dataclass(frozen=True)
class Comparison:
    """A target and its outgroup, which the target is no part of."""

    target: tuple[str, ...]
    outgroup: tuple[str, ...]


LOCI = tuple(
    Comparison((target,), tuple(name for name in outgroup if name != target))
    for target in ("CEU", "PJL", AFRICAN_TARGET)
    for outgroup in (AFRICANS[:1], AFRICANS)
)
DPYD = tuple(Comparison(EUROPEANS, outgroup) for outgroup in (AFRICANS[:1], AFRICANS))


def score(model: Path | str, comparison: Comparison) -> dict[str, object]:
    """What the scorer beside the data says of the calls."""
    folder = SHARED / "data" / "1000genomes-loci"
    data = open_vcf(
        folder / "loci.vcf.gz",
        populations=folder / "populations.tsv",
        outgroup=list(comparison.outgroup),
        target=list(comparison.target),
        mask=folder / "callable.bed",
    )
    with tempfile.TemporaryDirectory() as calls:
        load_model(model).apply(data).write(Path(calls) / "calls")
        paths = (SHARED / "tools" / "real_score.py", folder, Path(calls) / "calls")
        command = [sys.executable, *(str(path) for path in paths), *comparison.target]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    matches = {name: re.search(pattern, text) for name, pattern in SCORES.items()}
    missing = [name for name, match in matches.items() if match is None]
    if missing and not (comparison.target == (AFRICAN_TARGET,) and missing == ["average_precision"]):
        raise SystemExit(f"error: real_score.py did not print {', '.join(missing)}:\n{text}")
    numbers = {name: float(match.group(1)) if match else float("nan") for name, match in matches.items()}
    return {"table": "loci", **_names(comparison), **numbers, "called_elsewhere": numbers["called_elsewhere"] / 100}


def carriers(model: Path | str, comparison: Comparison) -> list[dict[str, object]]:
    """How far the carriers of the archaic haplotype of DPYD are from others, and what others look like one."""
    folder = SHARED / "data" / "1000genomes-dpyd"
    data = open_vcf(
        folder / "DPYD.vcf.gz",
        populations=folder / "populations.tsv",
        outgroup=list(comparison.outgroup),
        target=list(comparison.target),
    )
    (calls,) = load_model(model).apply(data).calls
    posterior = pd.DataFrame(calls.posterior.T, columns=list(calls.labels))

    def mean(interval_bp: tuple[int, int]) -> pd.Series:
        low, high = interval_bp[0] - MARGIN_BP, interval_bp[1] + MARGIN_BP
        return posterior[(calls.bins.starts_bp >= low) & (calls.bins.ends_bp <= high)].mean()

    table = pd.read_csv(folder / "carriers.tsv", sep="\t")
    names = table["sample"] + "." + table["haplotype"].astype(str)
    is_carrier = posterior.columns.isin(names)
    archaic, modern = mean(ARCHAIC_BP), mean(MODERN_BP)
    row = {
        "table": "dpyd",
        **_names(comparison),
        "lowest_carrier": archaic[is_carrier].min(),
        "highest_other": archaic[~is_carrier].max(),
        "modern_above_half": int((modern[~is_carrier] > 0.5).sum()),
        "others": int((~is_carrier).sum()),
    }
    published_bp = np.loadtxt(folder / "published" / "skov_2020_variants.bed", usecols=1, dtype=np.int64)
    (interval,) = data.source.unread().contigs()
    looks = Looks.of(data.source.unread().read(*interval).restrict(*ARCHAIC_BP), published_bp)
    groups = {
        "carriers": is_carrier,
        f"others above {NOTICED:g}": ~is_carrier & (archaic > NOTICED).to_numpy(),
        "the rest": ~is_carrier & (archaic <= NOTICED).to_numpy(),
    }
    return [row, *({"table": "others", **_names(comparison), "haplotypes": name, **looks.row(chosen)}
                   for name, chosen in groups.items() if chosen.any())]  # fmt: skip


@dataclass(frozen=True)
class Looks:
    """What target haplotypes look like in a stretch.

    Attributes
    ----------
    nearest : ndarray of int64, shape (num_haplotypes,)
        Sites at which each differs from the nearest outgroup haplotype.
    published : ndarray of int64, shape (num_haplotypes,)
        Published archaic alleles of each.
    num_published : int
        Published archaic alleles in the stretch.
    """

    nearest: NDArray[np.int64]
    published: NDArray[np.int64]
    num_published: int

    @classmethod
    def of(cls, haplotypes: Haplotypes, published_bp: NDArray[np.int64]) -> "Looks":
        """Those of phased haplotypes without a missing genotype, coded by the outgroup's majority."""
        target, outgroup = (each.astype(np.int64) for each in (haplotypes.target, haplotypes.outgroup))
        differing = target.T @ (1 - outgroup) + (1 - target).T @ outgroup
        is_published = np.isin(haplotypes.positions_bp, published_bp)
        return cls(differing.min(axis=1), target[is_published].sum(axis=0), int(is_published.sum()))

    def row(self, chosen: NDArray[np.bool_]) -> dict[str, object]:
        """Of some haplotypes."""
        return {
            "number": int(chosen.sum()),
            "sites_to_nearest": float(np.median(self.nearest[chosen])),
            "published_alleles": int(self.published[chosen].max()),
            "num_published": self.num_published,
        }


def _names(comparison: Comparison) -> dict[str, str]:
    return {"target": ", ".join(comparison.target), "outgroup": ", ".join(comparison.outgroup)}


def page(rows: pd.DataFrame) -> str:
    """The page docs/real_loci.md."""
    return PAGE.format(
        loci="".join(_locus_lines(rows)),
        dpyd="".join(_carrier_lines(rows)),
        noticed=NOTICED,
        published=int(rows["num_published"].max()),
        others="".join(_other_lines(rows)),
    )


def _locus_lines(rows: pd.DataFrame) -> Iterator[str]:
    for row in rows[rows["table"] == "loci"].itertuples():
        numbers = (row.average_precision, row.precision, row.recall)
        has_truth = row.target != AFRICAN_TARGET
        figures = " | ".join(f"{number:.3f}" for number in numbers) if has_truth else "– | – | –"
        yield "| " + " | ".join([row.target, row.outgroup, figures, f"{row.called_elsewhere:.2%}"]) + " |\n"


def _carrier_lines(rows: pd.DataFrame) -> Iterator[str]:
    for row in rows[rows["table"] == "dpyd"].itertuples():
        counts = f"{row.modern_above_half:.0f} of {row.others:.0f}"
        yield f"| {row.outgroup!s} | {row.lowest_carrier:.2f} | {row.highest_other:.2f} | {counts} |\n"


def _other_lines(rows: pd.DataFrame) -> Iterator[str]:
    for row in rows[rows["table"] == "others"].itertuples():
        figures = f"{row.number:.0f} | {row.sites_to_nearest:.0f} | {row.published_alleles:.0f}"
        yield f"| {row.outgroup!s} | {row.haplotypes} | {figures} |\n"


def main() -> None:
    """Measure, and write the table and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="human", help="name or folder (default: human)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the table")
    parser.add_argument("--page", type=Path, default=PAGE_PATH, help="what is written of it")
    arguments = parser.parse_args()
    if not (SHARED / "data").is_dir():
        parser.error(f"no data at {SHARED}: set INTROGHOST_SHARED")
    of_loci = [score(arguments.model, comparison) for comparison in LOCI]
    of_carriers = [row for comparison in DPYD for row in carriers(arguments.model, comparison)]
    rows = pd.DataFrame(of_loci + of_carriers)
    atomic.write_text(arguments.output, rows.to_csv(sep="\t", float_format="%.5g", lineterminator="\n", index=False))
    atomic.write_text(arguments.page, page(rows))


if __name__ == "__main__":
    main()
