"""An awkward megabase of chromosome 22: archaic genomes among the samples, records without ALT, an empty stretch."""

import os
from pathlib import Path

import numpy as np
import pysam
import pytest

from introghost.errors import DataError
from introghost.variants.records import allele_counts
from introghost.variants.source import GAP_COUNT, VcfSource, open_source

SHARED = Path(os.environ.get("INTROGHOST_SHARED", Path(__file__).parents[2].parent / "shared"))
DATA = SHARED / "data" / "1000genomes-chr22-1mb"
VCF = DATA / "1000g.Nea.22.1mb.vcf.gz"
ARCHAIC = ("AltaiNeandertal", "Vindija33.19")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data in {SHARED}; set INTROGHOST_SHARED")


@pytest.fixture
def populations(tmp_path: Path) -> Path:
    """The table of CEU, YRI, and the archaic genomes in a population that nobody asks for."""
    path = tmp_path / "populations.tsv"
    rows = [(name, p) for p in ("CEU", "YRI") for name in (DATA / f"{p}.indlist").read_text().split()]
    path.write_text("".join(f"{name}\t{p}\n" for name, p in [*rows, *((name, "archaic") for name in ARCHAIC)]))
    return path


def opened(populations: Path, target: str = "CEU", **options: object) -> VcfSource:
    arguments: dict = {"ancestral": "outgroup-major", **options}
    return open_source(VCF, populations, ["YRI"], [target], **arguments)


def test_archaic_genomes_are_neither_targets_nor_a_reason_to_refuse(populations: Path) -> None:
    source = opened(populations)
    assert source.num_diploids() == (108, 99)
    h = source.read(*source.contigs()[0])
    assert not {*h.sample_names} & {*ARCHAIC}
    assert {label.rsplit(".", 1)[0] for label in h.target_labels} == {*(DATA / "CEU.indlist").read_text().split()}
    with pytest.raises(DataError, match=r"22:[\d,]+: sample (AltaiNeandertal|Vindija33\.19) has an unphased hetero"):
        opened(populations, "archaic").read("22", 21_000_000, 22_000_000)


def test_records_without_alt_are_counted(populations: Path) -> None:
    source = opened(populations)
    source.read(*source.contigs()[0])
    assert source.counts["records"] == 13_010
    assert source.counts["dropped: no ALT"] == 13_010 - 2_577
    assert source.header_lengths["22"] == 51_304_566


def test_the_empty_stretch_is_not_callable(populations: Path) -> None:
    source = opened(populations)
    (interval,) = source.contigs()
    assert interval == ("22", 21_000_000, 22_000_000)
    h = source.read(*interval)
    with pysam.VariantFile(str(VCF)) as file:
        positions = np.array([record.start for record in file])
    threshold = source.gap_threshold_bp("22")
    assert threshold == 10_000  # there is a record every few dozen bp
    wide = np.flatnonzero(np.diff(positions) > threshold)
    gaps = [(int(positions[i]) + 1, int(positions[i + 1])) for i in wide]
    assert any(start < 21_600_000 and end > 21_700_000 for start, end in gaps)
    edges = [interval[1], *(edge for gap in gaps for edge in gap), interval[2]]
    assert h.callable_bp.ravel().tolist() == edges
    assert source.counts[GAP_COUNT] == sum(end - start for start, end in gaps) > 200_000
    left, right = (source.read("22", *ends) for ends in ((21_000_000, 21_650_000), (21_650_000, 22_000_000)))
    assert [*left.callable_bp.tolist(), *right.callable_bp.tolist()] == h.callable_bp.tolist()


def test_the_mask_decides_where_it_is_given(populations: Path) -> None:
    source = opened(
        populations,
        include_bed=DATA / "accessible.chr22.20.5-22.5Mb.bed",
        genetic_map=DATA / "genetic_map.chr22.20.5-22.5Mb.tsv",
    )
    h = source.read(*source.contigs()[0])
    assert 560_000 < np.diff(h.callable_bp, axis=1).sum() < 580_000
    assert source.counts[GAP_COUNT] == 0
    assert h.genetic_map is not None


def test_allele_counts_are_of_everybody(populations: Path) -> None:
    ceu = (DATA / "CEU.indlist").read_text().split()
    (counts,) = allele_counts(VCF, subsets=[ceu, ARCHAIC])
    with pysam.VariantFile(str(VCF)) as file:
        for index, record in enumerate(r for r in file if r.alleles and len(r.alleles) == 2):
            alleles = {name: sample.allele_indices for name, sample in record.samples.items()}
            for column, names in enumerate((list(alleles), ceu, ARCHAIC)):
                called = [a for name in names for a in alleles[name] if a is not None]
                assert counts.positions_bp[index] == record.start
                assert (counts.alternate[index, column], counts.called[index, column]) == (sum(called), len(called))
    assert index + 1 == len(counts.positions_bp)
