"""The reader on published genomes: 1000 Genomes at DPYD and on chromosome 22, against pysam."""

import os
from pathlib import Path

import numpy as np
import pysam
import pytest

from introghost.findings import Code
from introghost.haplotypes import Haplotypes
from introghost.variants.checks import inspect
from introghost.variants.counts import DropReason
from introghost.variants.fit import check_genetic_maps
from introghost.variants.genetic_map import read_genetic_map
from introghost.variants.source import open_source
from introghost.variants.trial import Request

SHARED = Path(os.environ.get("INTROGHOST_SHARED", Path(__file__).parents[2].parent / "shared"))
DPYD = SHARED / "data" / "1000genomes-dpyd"
CHR22 = SHARED / "data" / "1000genomes-chr22-1mb"

pytestmark = pytest.mark.skipif(not DPYD.is_dir(), reason=f"no real data in {SHARED}; set INTROGHOST_SHARED")


def expected_by_pysam(vcf: Path, h: Haplotypes) -> tuple[list[int], np.ndarray]:
    """Positions and genotypes (0 REF, 1 ALT) of polymorphic biallelic SNVs with a position of their own."""
    samples = list(dict.fromkeys(h.sample_names))
    positions, rows = [], []
    with pysam.VariantFile(str(vcf)) as file:
        file.subset_samples(samples)
        for record in file:
            alleles = record.alleles
            if len(alleles) != 2 or not set(alleles) <= set("ACGT"):
                continue
            positions.append(record.start)
            rows.append([a for name in samples for a in record.samples[name].allele_indices])
    genotypes = np.array([[-1 if a is None else a for a in row] for row in rows])
    keep = (genotypes == 1).any(axis=1) & (genotypes == 0).any(axis=1)
    keep &= np.array([positions.count(p) == 1 for p in positions]) if len(set(positions)) < len(positions) else True
    return [p for p, kept in zip(positions, keep, strict=True) if kept], genotypes[keep]


def check_against_pysam(vcf: Path, h: Haplotypes) -> None:
    positions, genotypes = expected_by_pysam(vcf, h)
    assert h.positions_bp.tolist() == positions
    outgroup = genotypes[:, h.roles == 0]
    flip = (outgroup == 1).sum(axis=1) > (outgroup == 0).sum(axis=1)
    assert 0 < flip.sum() < len(flip)
    assert np.array_equal(h.genotypes, np.where((genotypes >= 0) & flip[:, None], 1 - genotypes, genotypes))


def test_dpyd() -> None:
    source = open_source(DPYD / "DPYD.vcf.gz", DPYD / "populations.tsv", ["YRI"], ["CEU"], ancestral="outgroup-major")
    (interval,) = source.contigs()
    assert interval == ("1", 97_540_370, 98_389_548)
    h = source.read(*interval)
    assert ((h.roles == 0).sum(), (h.roles == 1).sum()) == (216, 198)
    assert source.counts.dropped[DropReason.INDEL] == 670
    assert source.counts.dropped[DropReason.MULTIALLELIC] == 101
    check_against_pysam(DPYD / "DPYD.vcf.gz", h)


@pytest.mark.parametrize(("outgroup", "target"), [("YRI", "CEU"), ("LWK", "GBR"), ("CEU", "YRI")])
def test_swapped_roles_are_doubtful(outgroup: str, target: str) -> None:
    table = inspect(Request(DPYD / "DPYD.vcf.gz", DPYD / "populations.tsv", (outgroup,), (target,), bin_bp=5_000)).table
    found = table["value"][table["item"] == "doubtful"].tolist()
    assert sum("are the two swapped?" in text for text in found) == (target == "YRI")
    assert len(found) == 1 + (target == "YRI"), "the other one: the header gives no length"


@pytest.mark.parametrize("population", ["GBR", "PJL", "PEL", "GWD", "JPT"])
def test_nobody_is_unlike_the_others_within_one_gene(population: str) -> None:
    """Some are homozygous for a haplotype over all of it, or have twice as many heterozygotes as expected."""
    source = open_source(
        DPYD / "DPYD.vcf.gz", DPYD / "populations.tsv", ["YRI"], [population], ancestral="outgroup-major"
    )
    source.read(*source.contigs()[0])
    assert [finding.code for finding in source.findings()] == [Code.RECORDS_DROPPED]


def test_dpyd_with_a_mask() -> None:
    source = open_source(
        DPYD / "DPYD.vcf.gz",
        DPYD / "populations.tsv",
        ["YRI"],
        ["CEU"],
        ancestral="outgroup-major",
        include_bed=DPYD / "accessible.chr1.97-99Mb.bed",
        region="1:97,600,001-97,800,000",
    )
    assert source.contigs() == [("1", 97_600_000, 97_800_000)]
    h = source.read("1", 97_600_000, 97_800_000)
    assert source.counts.dropped[DropReason.OUTSIDE_CALLABLE] > 0
    lengths = np.diff(h.callable_bp, axis=1)
    assert 0.5 * 200_000 < lengths.sum() < 200_000
    assert source.input_findings() == []
    maps = read_genetic_map(DPYD / "genetic_map.chr1.97-99Mb.tsv")
    ends = maps["1"].centimorgans_at(np.array(h.interval_bp))
    assert 0 < ends[1] - ends[0] < 2
    assert check_genetic_maps(source.contigs(), source.header_lengths, maps) == []


def test_chromosome_22(tmp_path: Path) -> None:
    populations = tmp_path / "p.tsv"
    lines = [f"{name}\t{p}\n" for p in ("CEU", "YRI") for name in (CHR22 / f"{p}.indlist").read_text().split()]
    populations.write_text("sample\tpopulation\n" + "".join(lines))
    vcf = CHR22 / "1000g.Nea.22.1mb.vcf.gz"
    source = open_source(vcf, populations, ["YRI"], ["CEU"], ancestral="outgroup-major")
    assert source.contigs() == [("22", 21_000_000, 22_000_000)]
    check_against_pysam(vcf, source.read(*source.contigs()[0]))
    assert source.counts.dropped[DropReason.NO_ALT] > 10_000
