"""Heterozygosity of each sample against what its population makes expected."""

import numpy as np
import pytest

from introghost.findings import Code, Finding, Severity
from introghost.variants.heterozygosity import Heterozygosity

LENGTH_BP = 2_000_000


def population(num_sites: int = 4000, diploids: int = 20, seed: int = 1) -> np.ndarray:
    """Genotypes of shape (num_sites, num_samples, 2) under random mating, sites being independent."""
    rng = np.random.default_rng(seed)
    return (rng.random((num_sites, diploids, 2)) < rng.beta(0.5, 2, (num_sites, 1, 1))).astype(np.int8)


def found(genotypes: np.ndarray, length_bp: int = LENGTH_BP, contig: str = "X") -> list[Finding]:
    names = [f"s{i}" for i in range(genotypes.shape[1])]
    heterozygosity = Heterozygosity(names, ["a"] * len(names))
    positions = np.sort(np.random.default_rng(2).choice(length_bp, len(genotypes), replace=False))
    for start in range(0, len(genotypes), 300):  # as a reader hands them over, across the stretches
        part = slice(start, start + 300)
        heterozygosity.add(contig, positions[part], genotypes[part])
    return heterozygosity.findings()


def homozygous(genotypes: np.ndarray, samples: slice | int, sites: slice = slice(None)) -> np.ndarray:
    result = genotypes.copy()
    result[sites, samples, 1] = result[sites, samples, 0]
    return result


def test_random_mating_is_nothing_to_tell() -> None:
    assert not found(population())


def test_expected_and_observed_by_hand() -> None:
    """Four chromosomes with k copies: chance 2 k (4 - k) / 12 that two differ; a missing genotype expects nothing."""
    genotypes = np.array([[[0, 1], [0, 0]], [[1, 1], [0, 0]], [[0, 1], [-1, -1]]], dtype=np.int8)
    heterozygosity = Heterozygosity(["a", "b"], ["p", "p"])
    heterozygosity.add("1", np.array([5, 50, 500]), genotypes)
    assert not heterozygosity.findings()
    sums = heterozygosity._sums["1"]
    assert sums.observed.tolist() == [2, 0]
    assert sums.expected == pytest.approx([0.5 + 2 / 3 + 1, 0.5 + 2 / 3])


@pytest.mark.parametrize("share", [2, 1])
def test_males_on_x_and_haploid_data_written_as_diploid(share: int) -> None:
    (finding,) = found(homozygous(population(), slice(0, None, share)))
    assert (finding.code, finding.severity) == (Code.HETEROZYGOSITY, Severity.WARNING)
    assert finding.text.startswith(f"{20 // share} of 20 samples (s0, s{share}, s{2 * share}, ")
    assert "hardly any heterozygote on X" in finding.text


def test_males_are_told_although_the_other_chromosomes_are_diploid() -> None:
    names = [f"s{i}" for i in range(20)]
    heterozygosity = Heterozygosity(names, ["a"] * 20)
    positions = np.arange(4000) * 500
    for contig in ("1", "2", "X"):
        genotypes = population(seed=ord(contig))
        if contig == "X":
            genotypes = homozygous(genotypes, slice(0, 10))
        heterozygosity.add(contig, positions, genotypes)
    (finding,) = heterozygosity.findings()
    assert finding.text.startswith("10 of 20 samples (s0, s1, s2, s3, s4 and 5 more;")
    assert " on X: " in finding.text
    assert heterozygosity.haploid() == names[:10]


def test_one_homozygous_sample_on_a_megabase_is_nothing_unusual() -> None:
    """Parents are related: of 2,504 people at 850 kb of DPYD 22 are so."""
    assert not found(homozygous(population(), 3))
    assert not found(homozygous(population(), slice(0, 3)))


def test_half_of_the_samples_homozygous_in_one_gene_is_nothing_to_tell() -> None:
    assert not found(homozygous(population(400), slice(0, 10)), length_bp=200_000)


def test_inbred_over_many_megabases() -> None:
    genotypes = homozygous(population(40_000), 3, slice(0, 24_000))
    (finding,) = found(genotypes, length_bp=40_000_000)
    assert finding.text.startswith("1 of 20 samples (s3; ")
    assert "far fewer heterozygotes" in finding.text


def test_contaminated() -> None:
    """Whoever has reads of another, too, is heterozygous wherever either has both alleles or they differ."""
    genotypes = population(diploids=21)
    both = np.concatenate([genotypes[:, 3], genotypes[:, 20]], axis=1)
    genotypes[:, 3] = np.stack([both.min(axis=1), both.max(axis=1)], axis=1)
    (finding,) = found(genotypes[:, :20])
    assert finding.code is Code.HETEROZYGOSITY
    assert finding.text.startswith("1 of 20 samples (s3; ")
    assert "far more heterozygotes" in finding.text


def test_females_are_not_told_for_the_males() -> None:
    (finding,) = found(homozygous(population(), slice(0, 15)))
    assert finding.text.startswith("15 of 20 samples")


def test_missing_genotypes_do_not_count_as_homozygous() -> None:
    genotypes = population()
    genotypes[:, 3] = -1
    genotypes[::2, 5] = -1
    assert not found(genotypes)
