"""Stretches without records: found wherever reading begins and ends, and not taken for identity."""

import itertools
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from introghost.findings import Code
from introghost.variants.extents import GAP_BP, CallableSequence, early_end_findings, gap_threshold_bp
from introghost.variants.source import VcfSource, open_source

LENGTH = 400_000
GAP = (120_000, 190_000)


def threshold_of(positions: list[int]) -> int:
    at = np.array(positions, dtype=np.int64)
    return gap_threshold_bp(positions[0], positions[-1] + 1, lambda start, number: at[at >= start][:number])


def test_the_threshold_follows_the_spacing() -> None:
    assert threshold_of(list(range(0, 100_000, 100))) == GAP_BP
    assert threshold_of(list(range(0, 10_000_000, 1000))) == 50_000
    assert threshold_of([sorted_ for i in range(0, 10_000_000, 1000) for sorted_ in (i, i, i)]) == 50_000
    assert threshold_of([5]) == GAP_BP


@given(
    st.lists(st.integers(0, 300), min_size=1, max_size=12, unique=True).map(sorted),
    st.integers(1, 60),
    st.lists(st.integers(0, 320), min_size=2, max_size=6, unique=True).map(sorted),
    st.one_of(st.none(), st.lists(st.integers(0, 330), max_size=8, unique=True).map(sorted)),
)
def test_bases_are_callable_whatever_the_tiles(
    positions: list[int], threshold: int, edges: list[int], mask: list[int] | None
) -> None:
    at, extent = np.array(positions, dtype=np.int64), (positions[0], positions[-1] + 1)
    intervals = None if mask is None else np.array(mask[: len(mask) // 2 * 2], dtype=np.int64).reshape(-1, 2)
    named = np.ones(400, dtype=bool)
    if intervals is not None:
        named = np.array([((intervals[:, 0] <= base) & (base < intervals[:, 1])).any() for base in range(400)])
    expected = set()
    for base in range(edges[0], edges[-1]):
        before, after = at[at <= base], at[at >= base]
        if len(before) and len(after) and named[before[-1] : after[0]].sum() <= threshold:
            expected.add(base)
    found: set[int] = set()
    sequence = CallableSequence(intervals)
    for start, end in itertools.pairwise(edges):
        reach = sequence.reach(start, end, threshold)
        near = at[(at >= start - reach) & (at < end + reach)]
        for first, last in sequence.stretches(start, end, near, extent, threshold):
            found |= set(range(first, last))
    of_mask = set(np.flatnonzero(named).tolist())
    assert found & of_mask == (expected | {p for p in positions if edges[0] <= p < edges[-1]}) & of_mask


@pytest.fixture(params=["plain", "indexed"])
def vcf(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Records every 50 bp, all but every tenth without ALT, with a gap."""
    head = f"##fileformat=VCFv4.3\n##contig=<ID=1,length={LENGTH}>\n"
    head += '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    head += "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "t", "o"]) + "\n"
    rows = (
        f"1\t{p + 1}\t.\tA\t{'G' if p % 500 == 0 else '.'}\t.\t.\t.\tGT\t0|{int(p % 500 == 0)}\t0|0\n"
        for p in range(10_000, 390_000, 50)
        if not GAP[0] < p < GAP[1]
    )
    path = tmp_path / "a.vcf"
    path.write_text(head + "".join(rows))
    if request.param == "indexed":
        pysam.tabix_compress(str(path), str(tmp_path / "a.vcf.gz"))
        path = tmp_path / "a.vcf.gz"
        pysam.tabix_index(str(path), preset="vcf")
    return path


def opened(vcf: Path, **options: object) -> VcfSource:
    populations = vcf.parent / "p.tsv"
    populations.write_text("t\tT\no\tO\n")
    return open_source(vcf, populations, ["O"], ["T"], ancestral="outgroup-major", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("tile_bp", [1_000, 60_000, 70_000, 95_000, LENGTH])
def test_a_gap_is_not_callable_however_it_is_read(vcf: Path, tile_bp: int) -> None:
    source = opened(vcf)
    ((contig, start, end),) = source.contigs()
    assert (start, end) == (10_000, 390_000)
    stretches = [
        source.read(contig, tile, min(tile + tile_bp, end)).callable_bp.tolist() for tile in range(start, end, tile_bp)
    ]
    bases = np.zeros(LENGTH, dtype=bool)
    for first, last in (pair for pairs in stretches for pair in pairs):
        bases[first:last] = True
    assert np.flatnonzero(np.diff(bases)).tolist() == [start - 1, GAP[0], GAP[1] - 1, end - 1]
    assert source.counts.gap_bp == GAP[1] - GAP[0] - 1
    assert source.counts.records == len([p for p in range(start, end, 50) if not GAP[0] < p < GAP[1]])


def test_the_stretch_before_the_first_record_is_not_callable(vcf: Path) -> None:
    source = opened(vcf, region=f"1:1-{LENGTH}")
    assert source.read("1", 0, LENGTH).callable_bp.tolist() == [[10_000, GAP[0] + 1], [GAP[1], 390_000]]


def test_a_gap_is_not_callable_whatever_the_mask_says(vcf: Path, tmp_path: Path) -> None:
    bed = tmp_path / "mask.bed"
    bed.write_text(f"1\t0\t{GAP[0] + 15_000}\n1\t{GAP[1] + 300}\t{LENGTH}\n")
    source = opened(vcf, include_bed=bed)
    assert source.read("1", 10_000, 390_000).callable_bp.tolist() == [[10_000, GAP[0] + 1], [GAP[1] + 300, 390_000]]
    assert source.counts.gap_bp == 14_999
    assert any("14,999 bp of the callable regions" in finding.text for finding in source.findings())


@pytest.mark.parametrize("beyond_bp", [-100, 0, 700, 4_000])
def test_a_hole_of_the_mask_is_no_gap(vcf: Path, tmp_path: Path, beyond_bp: int) -> None:
    bed = tmp_path / "mask.bed"
    left, right = GAP[0] + beyond_bp, GAP[1] - beyond_bp
    bed.write_text(f"1\t0\t{left}\n1\t{right}\t{LENGTH}\n")
    source = opened(vcf, include_bed=bed)
    assert source.read("1", 10_000, 390_000).callable_bp.tolist() == [[10_000, left], [right, 390_000]]
    assert source.counts.gap_bp == 0
    assert not any("callable regions lie" in finding.text for finding in source.findings())


@pytest.mark.parametrize(
    ("first", "end", "length", "is_told"),
    [
        (0, 7_900_000, 10_000_000, True),
        (0, 8_100_000, 10_000_000, False),  # less than a fifth
        (0, 3_000_000, 4_000_000, False),  # not more than 1 Mb
        (3_000_000, 4_100_000, 10_000_000, True),
        (3_000_000, 3_900_000, 10_000_000, False),  # an extract
        (0, 7_900_000, None, False),
    ],
)
def test_records_that_end_early_are_told(first: int, end: int, length: int | None, is_told: bool) -> None:
    lengths = {} if length is None else {"7": length}
    found = early_end_findings({"7": (first, end)}, lengths)
    assert [finding.code for finding in found] == [Code.RECORDS_END_EARLY] * is_told
    assert not is_told or f"7 at {end:,} of 10,000,000 bp" in found[0].text
