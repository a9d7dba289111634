"""Masks and maps held against the contigs of a VCF."""

import numpy as np
import pytest

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.haplotypes import GeneticMap
from introghost.variants.build import BUILDS
from introghost.variants.fit import MAP, MASK, check_genetic_maps, check_intervals, respelt_contigs

LENGTH = BUILDS["GRCh37"]["1"]
CONTIGS = [("1", 1_000_000, 2_000_000)]


def mask(*pairs: tuple[int, int]) -> dict[str, np.ndarray]:
    return {"1": np.array(pairs, dtype=np.int64)}


def straight(start: float, end: float) -> GeneticMap:
    return GeneticMap(np.array([start, end]), np.array([0.0, (end - start) / 1e6]))


def intervals_of(intervals: dict[str, np.ndarray], length: int | None = LENGTH) -> list[Finding]:
    return check_intervals(CONTIGS, {} if length is None else {"1": length}, intervals)


def test_a_mask_that_fits() -> None:
    assert intervals_of(mask((0, LENGTH))) == []
    assert intervals_of(mask((0, LENGTH + 10)), None) == []


def test_a_little_beyond_the_end_is_a_remark() -> None:
    (finding,) = intervals_of(mask((0, 5_000_000), (LENGTH - 1000, LENGTH + 379)))
    assert (finding.code, finding.severity) == (Code.INTERVALS_CLIPPED, Severity.REMARK)
    assert finding.text == (
        "the callable regions reach to 249,251,000, 379 bp beyond the end of contig 1 (249,250,621 bp, as in GRCh37); "
        "what lies beyond is left out"
    )


@pytest.mark.parametrize("end", [LENGTH + 200_000, LENGTH + 50_000_000])
def test_far_beyond_the_end_is_a_doubt(end: int) -> None:
    (finding,) = intervals_of(mask((0, 5_000_000), (6_000_000, end)))
    assert (finding.code, finding.severity) == (Code.INTERVALS_CLIPPED, Severity.WARNING)
    assert finding.text.endswith("is it of another build of the reference?")


def test_the_end_of_another_build_is_a_doubt_that_names_it() -> None:
    length = BUILDS["GRCh38"]["1"]
    (finding,) = check_intervals(CONTIGS, {"1": length}, mask((0, LENGTH)))
    assert finding.severity == Severity.WARNING
    assert "(248,956,422 bp, as in GRCh38)" in finding.text
    assert finding.text.endswith("the contig ends there in GRCh37: is it of that build?")


def test_mostly_beyond_the_end_is_refused() -> None:
    with pytest.raises(DataError, match=r"beyond the end of contig 1 .*is it of another build of the reference"):
        intervals_of(mask((0, 1_500_000), (LENGTH, LENGTH + 1_500_001)))
    (finding,) = intervals_of(mask((0, 1_500_001), (LENGTH - 1, LENGTH + 1_500_000)))
    assert finding.severity == Severity.WARNING


def test_masks_of_elsewhere_are_refused() -> None:
    with pytest.raises(DataError, match="the callable regions have no contig of the VCF: named are 7, it has 1"):
        intervals_of({"7": np.array([[0, 9]])})
    with pytest.raises(DataError, match="leave out all of 1,000,001-2,000,000"):
        intervals_of(mask((0, 1_000_000), (2_000_000, 3_000_000)))


def test_contigs_that_nothing_names_are_told() -> None:
    contigs = [("1", 0, 10), ("2", 0, 10), ("3", 0, 10)]
    (finding,) = check_intervals(contigs, {}, {"chr1": np.array([[0, 10]])})
    assert finding.text == "the callable regions name nothing on 2, 3: nothing is callable there"
    finding, *_ = check_genetic_maps(contigs, {}, {"2": straight(0, 10)})
    assert finding.text == "the genetic map names nothing on 1, 3: nothing is known of recombination there"


def test_maps_beyond_the_end() -> None:
    maps = {"1": GeneticMap(np.array([0.0, 1e8, LENGTH + 5]), np.array([0.0, 100.0, 250.0]))}
    (finding,) = check_genetic_maps(CONTIGS, {"1": LENGTH}, maps)
    assert (finding.code, finding.severity) == (Code.INTERVALS_CLIPPED, Severity.REMARK)
    assert finding.text.startswith("the genetic map reaches to 249,250,627, 6 bp beyond the end of contig 1")
    assert check_genetic_maps(CONTIGS, {"1": LENGTH}, {"1": straight(0, LENGTH - 1)}) == []
    with pytest.raises(DataError, match="another build"):
        check_genetic_maps(CONTIGS, {"1": 900_000}, {"1": straight(900_000, 3e6)})


def test_a_map_of_elsewhere_and_one_without_chromosomes() -> None:
    (finding,) = check_genetic_maps(CONTIGS, {}, {"1": straight(2e6, 9e6)})
    assert finding.code == Code.GENETIC_MAP
    assert "lies elsewhere" in finding.text
    assert check_genetic_maps(CONTIGS, {}, {"": straight(0, 9e6)}) == []
    with pytest.raises(DataError, match=r"no column with the chromosome, and the VCF has 2 contigs \(1, 2\)"):
        check_genetic_maps([*CONTIGS, ("2", 0, 9)], {}, {"": straight(0, 9e6)})


def test_contigs_found_under_another_spelling_are_counted() -> None:
    what = "contigs matched to the {} without regard to 'chr'"
    table = {"1": 0, "chr2": 0, "chr3": 0}
    assert respelt_contigs(MASK, table, ["1", "2", "3", "4"]) == {what.format("callable regions"): 2}
    assert respelt_contigs(MAP, table, ["1"]) == {}
    assert respelt_contigs(MAP, None, ["1"]) == {}
