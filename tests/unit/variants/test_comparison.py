"""Roles that look swapped, and samples that do not belong where the table puts them."""

from dataclasses import replace
from pathlib import Path

import msprime
import numpy as np
import pytest

from introghost.findings import Code, Finding, Severity
from introghost.haplotypes import KNOWN_ANCESTRAL, Haplotypes
from introghost.variants.checks import inspect
from introghost.variants.comparison import Comparison
from introghost.variants.trial import Request

HEADER = (
    "##fileformat=VCFv4.3\n##contig=<ID=1,length=900000>\n"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
)


def haplotypes(outgroup: np.ndarray, target: np.ndarray, spacing_bp: int = 1000) -> Haplotypes:
    genotypes = np.concatenate([outgroup, target], axis=1).astype(np.int8)
    num_sites, number = genotypes.shape
    return Haplotypes(
        contig="1",
        interval_bp=(0, num_sites * spacing_bp),
        positions_bp=np.arange(num_sites) * spacing_bp,
        genotypes=genotypes,
        sample_names=tuple(f"s{i // 2}" for i in range(number)),
        haplotype_indices=np.tile(np.array([0, 1], dtype=np.int8), number // 2),
        roles=np.repeat([0, 1], [outgroup.shape[1], target.shape[1]]).astype(np.int8),
        callable_bp=np.array([[0, num_sites * spacing_bp]]),
        ancestral_status=KNOWN_ANCESTRAL,
    )


def found(*parts: Haplotypes) -> list[Finding]:
    comparison = Comparison()
    for part in parts:
        comparison.add(part)
    return comparison.findings()


def alleles(rng: np.random.Generator, num_sites: int, number: int) -> np.ndarray:
    """Sites of a population whose spectrum has many rare alleles."""
    return rng.random((num_sites, number)) < rng.beta(0.3, 3, (num_sites, 1))


@pytest.mark.parametrize(("num_outgroup", "num_target"), [(40, 40), (8, 80), (80, 8)])
def test_private_alleles_are_compared_in_samples_of_equal_size(num_outgroup: int, num_target: int) -> None:
    """Both roles are of equal diversity, and each has alleles that the other lacks."""
    rng = np.random.default_rng(1)
    comparison = Comparison()
    for _ in range(4):
        o, t = np.zeros((2000, num_outgroup)), np.zeros((2000, num_target))
        private = rng.permutation(2000)
        o[private[:1000]], t[private[1000:]] = alleles(rng, 1000, num_outgroup), alleles(rng, 1000, num_target)
        comparison.add(haplotypes(o, t))
    assert comparison.num_private[1] / comparison.num_private[0] == pytest.approx(1, abs=0.15)
    assert not comparison.findings()


def test_private_alleles_of_the_median_haplotype_by_hand() -> None:
    """Four outgroup haplotypes with 3, 2, 2 and 0 alleles that the target lacks; the target has 1, 1, 1 and 9."""
    o, t = np.zeros((20, 4)), np.zeros((20, 4))
    o[0:3, 0] = o[3:5, 1] = o[5:7, 2] = 1
    t[8, 0] = t[9, 1] = t[10, 2] = 1
    t[11:20, 3] = 1
    comparison = Comparison()
    comparison.add(haplotypes(o, t))
    assert comparison.num_private == pytest.approx([2, 1], abs=1)
    assert comparison.num_private[0] > comparison.num_private[1], "nine of one haplotype alone do not matter"


def simulated(target_size: float, ghost: float, seed: int, diploids: int = 10) -> np.ndarray:
    """Genotypes by position of 1 Mb: positions in the first column, outgroup haplotypes, target haplotypes."""
    demography = msprime.Demography()
    for name, size in (("O", 14e3), ("T", target_size), ("G", 3e3), ("A", 12e3), ("R", 15e3)):
        demography.add_population(name=name, initial_size=size)
    demography.add_population_parameters_change(time=1500, population="T", initial_size=6000)
    if ghost:
        demography.add_mass_migration(time=1800, source="T", dest="G", proportion=ghost)
    demography.add_population_split(time=2500, derived=["O", "T"], ancestral="A")
    demography.add_population_split(time=22000, derived=["A", "G"], ancestral="R")
    demography.sort_events()
    samples = {"O": diploids, "T": diploids}
    ts = msprime.sim_ancestry(
        samples, demography=demography, sequence_length=1e6, recombination_rate=1.1e-8, random_seed=seed
    )
    mutated = msprime.sim_mutations(ts, rate=1.3e-8, random_seed=seed)
    positions = mutated.tables.sites.position.astype(int)
    return np.column_stack([positions, mutated.genotype_matrix().clip(0, 1)])


def at_their_places(table: np.ndarray, swapped: bool) -> Haplotypes:
    number = (table.shape[1] - 1) // 2
    first, second = table[:, 1 : 1 + number], table[:, 1 + number :]
    plain = haplotypes(second, first) if swapped else haplotypes(first, second)
    keep = np.flatnonzero(np.diff(table[:, 0], prepend=-1) > 0)
    return replace(plain, interval_bp=(0, 1_000_000), positions_bp=table[keep, 0], genotypes=plain.genotypes[keep])


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize(("target_size", "ghost"), [(1200, 0), (1200, 0.05), (6000, 0), (6000, 0.05)])
def test_roles_that_are_right_are_not_doubted(target_size: float, ghost: float, seed: int) -> None:
    """Ghost haplotypes of the target are rich in private alleles; that is what is looked for, no mistake."""
    table = simulated(target_size, ghost, seed)
    assert not [finding for finding in found(at_their_places(table, False)) if finding.code is Code.ROLES_SWAPPED]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_exchanged_roles_are_doubted(seed: int) -> None:
    (finding,) = found(at_their_places(simulated(1200, 0, seed), True))
    assert finding.code is Code.ROLES_SWAPPED
    assert finding.severity is Severity.WARNING
    assert "are the two swapped?" in finding.text


def test_a_few_sites_say_nothing_of_roles() -> None:
    table = simulated(1200, 0, 1)
    assert not found(at_their_places(table[table[:, 0] < 300_000], True))


@pytest.mark.parametrize("role", [0, 1])
def test_a_stranger_is_named(role: int) -> None:
    rng = np.random.default_rng(3)
    samples = [alleles(rng, 1000, 24).astype(np.int8) for _ in range(2)]
    own = rng.permutation(1000)[:250]
    samples[role][own] = 0
    samples[role][np.ix_(own, [6, 7])] = 1
    (finding,) = found(haplotypes(*samples))
    assert finding.code is Code.SAMPLE_OUTLIER
    assert finding.text.startswith(f"{('outgroup', 'target')[role]}: s{3 + 12 * role}: homozygous for up to ")
    comparison = Comparison()
    comparison.add(haplotypes(*samples))
    assert not comparison.findings([f"s{3 + 12 * role}"]), "something else explains it"
    assert not found(haplotypes(*samples, spacing_bp=200)), "two copies of a rare haplotype, in one gene"
    samples[role][own[:200]] = 0
    assert not [finding for finding in found(haplotypes(*samples)) if finding.code is Code.SAMPLE_OUTLIER]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_of_two_plain_populations_is_a_stranger(seed: int) -> None:
    table = simulated(6000, 0, seed)
    assert not found(at_their_places(table, False))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_copies_of_one_haplotype_make_no_stranger(seed: int) -> None:
    table = simulated(6000, 0, seed)
    table[:, 22] = table[:, 21]
    assert not [finding for finding in found(at_their_places(table, False)) if finding.code is Code.SAMPLE_OUTLIER]


def doubtful(folder: Path, calls: np.ndarray) -> list[str]:
    """Doubts about a VCF with genotypes `calls`, shape (num_sites, num_samples, 2); -1 is missing."""
    names = [f"{'ot'[i % 2]}{i}" for i in range(calls.shape[1])]
    rows = []
    for position, row in enumerate(calls.tolist()):
        genotypes = "\t".join("|".join("." if allele < 0 else str(allele) for allele in pair) for pair in row)
        rows.append(f"1\t{1000 * position + 1}\t.\tA\tG\t.\t.\t.\tGT\t{genotypes}\n")
    (folder / "a.vcf").write_text(HEADER + "\t".join(names) + "\n" + "".join(rows))
    (folder / "p.tsv").write_text("".join(f"{name}\t{name[0]}\n" for name in names))
    table = inspect(Request(folder / "a.vcf", folder / "p.tsv", ("o",), ("t",), bin_bp=5_000)).table
    return table["value"][(table["section"] == "problem") & (table["item"] == "doubtful")].tolist()


def test_samples_far_off_their_group_are_doubtful(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    calls = (rng.random((800, 24, 2)) < 0.3).astype(int)
    told = "does it belong there?"
    assert not [text for text in doubtful(tmp_path, calls) if told in text]
    calls[:, 3, 1] = calls[:, 3, 0]
    calls[::5, 6] = -1
    texts = [text for text in doubtful(tmp_path, calls) if told in text]
    assert texts == [
        "o (outgroup): sample o6 lacks genotypes at 20.0% of the SNVs, the others at 0.0%; does it belong there?"
    ], "t3 is homozygous on less than a megabase, as children of relatives are"
