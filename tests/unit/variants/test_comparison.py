"""Roles that look swapped, and samples that do not belong where the table puts them."""

from pathlib import Path

import msprime
import numpy as np
import pytest

from introghost.haplotypes import KNOWN_ANCESTRAL, Haplotypes
from introghost.variants.checks import Request, inspect
from introghost.variants.comparison import Comparison

HEADER = (
    "##fileformat=VCFv4.3\n##contig=<ID=1,length=900000>\n"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
)


def haplotypes(outgroup: np.ndarray, target: np.ndarray) -> Haplotypes:
    genotypes = np.concatenate([outgroup, target], axis=1).astype(np.int8)
    num_sites, number = genotypes.shape
    return Haplotypes(
        contig="1",
        interval_bp=(0, num_sites),
        positions_bp=np.arange(num_sites),
        genotypes=genotypes,
        sample_names=tuple(f"s{i // 2}" for i in range(number)),
        haplotype_indices=np.tile(np.array([0, 1], dtype=np.int8), number // 2),
        roles=np.repeat([0, 1], [outgroup.shape[1], target.shape[1]]).astype(np.int8),
        callable_bp=np.array([[0, num_sites]]),
        ancestral_status=KNOWN_ANCESTRAL,
    )


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
        o[:1000], t[1000:] = alleles(rng, 1000, num_outgroup), alleles(rng, 1000, num_target)
        comparison.add(haplotypes(o, t))
    assert comparison.num_private[1] / comparison.num_private[0] == pytest.approx(1, abs=0.15)
    assert not comparison.doubts()


def test_a_target_richer_than_the_outgroup_is_doubtful() -> None:
    rng = np.random.default_rng(2)
    rich, poor = np.zeros((1500, 30)), np.zeros((1500, 30))
    rich[:1000], poor[1000:] = alleles(rng, 1000, 30), alleles(rng, 500, 30)
    swapped, right = Comparison(), Comparison()
    swapped.add(haplotypes(poor, rich))
    right.add(haplotypes(rich, poor))
    (text,) = swapped.doubts()
    assert "are the two swapped?" in text
    assert not right.doubts()
    few = Comparison()
    few.add(haplotypes(poor[:150], rich[:150]))
    assert not few.doubts(), "a few sites say nothing"


@pytest.mark.parametrize("role", [0, 1])
def test_a_stranger_is_named(role: int) -> None:
    rng = np.random.default_rng(3)
    samples = [alleles(rng, 1000, 24).astype(np.int8) for _ in range(2)]
    samples[role][:100] = 0
    samples[role][:100, 6:8] = 1
    comparison = Comparison()
    comparison.add(haplotypes(*samples))
    (text,) = comparison.doubts()
    assert text.startswith(f"{('outgroup', 'target')[role]}: s{3 + 12 * role}: homozygous for up to ")
    samples[role][:80, 6:8] = 0
    less = Comparison()
    less.add(haplotypes(*samples))
    assert not less.doubts()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_of_two_plain_populations_is_a_stranger(seed: int) -> None:
    demography = msprime.Demography()
    for name in ("O", "T", "A"):
        demography.add_population(name=name, initial_size=10_000)
    demography.add_population_split(time=2_000, derived=["O", "T"], ancestral="A")
    ts = msprime.sim_ancestry(
        {"O": 10, "T": 10}, demography=demography, sequence_length=1e6, recombination_rate=1e-8, random_seed=seed
    )
    genotypes = msprime.sim_mutations(ts, rate=1.25e-8, random_seed=seed).genotype_matrix().clip(0, 1).astype(np.int8)
    comparison = Comparison()
    comparison.add(haplotypes(genotypes[:, :20], genotypes[:, 20:]))
    assert not comparison.doubts()


def doubtful(folder: Path, calls: np.ndarray) -> list[str]:
    """Doubts about a VCF with genotypes `calls`, shape (num_sites, num_samples, 2); -1 is missing."""
    names = [f"{'ot'[i % 2]}{i}" for i in range(calls.shape[1])]
    rows = []
    for position, row in enumerate(calls.tolist()):
        genotypes = "\t".join("|".join("." if allele < 0 else str(allele) for allele in pair) for pair in row)
        rows.append(f"1\t{1000 * position + 1}\t.\tA\tG\t.\t.\t.\tGT\t{genotypes}\n")
    (folder / "a.vcf").write_text(HEADER + "\t".join(names) + "\n" + "".join(rows))
    (folder / "p.tsv").write_text("".join(f"{name}\t{name[0]}\n" for name in names))
    table = inspect(Request(folder / "a.vcf", folder / "p.tsv", ("o",), ("t",))).table
    return table["value"][(table["section"] == "problem") & (table["item"] == "doubtful")].tolist()


def test_samples_far_off_their_group_are_doubtful(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    calls = (rng.random((800, 24, 2)) < 0.3).astype(int)
    told = "does it belong there?"
    assert not [text for text in doubtful(tmp_path, calls) if told in text]
    calls[:, 3, 1] = calls[:, 3, 0]
    calls[::5, 6] = -1
    found = [text for text in doubtful(tmp_path, calls) if told in text]
    assert [text.split(" at ")[0] for text in found] == [
        "o (outgroup): sample o6 lacks genotypes",
        "t (target): sample t3 is heterozygous",
    ]
    assert "at 20.0% of the SNVs, the others at 0.0%" in found[0]
