"""Operators of the observation model: each does what it says at the rate it says, and nothing else."""

import numpy as np
import pytest

from introghost.simulation import operators

SITES, INDIVIDUALS = 4000, 50


@pytest.fixture
def genotypes() -> np.ndarray:
    rng = np.random.default_rng(1)
    frequency = rng.beta(0.3, 1.0, SITES)[:, None]
    return (rng.random((SITES, 2 * INDIVIDUALS)) < frequency).astype(np.int8)


def heterozygous(genotypes: np.ndarray) -> np.ndarray:
    return genotypes[:, ::2] != genotypes[:, 1::2]


def test_the_rarer_allele_is_counted_where_there_are_two():
    genotypes = np.array([[0, 0, 0, 1], [0, 0, 1, 1], [1, 1, 1, 0], [0, 1, 2, 1], [0, 0, 0, 0]], dtype=np.int8)
    nobody, last = np.array([], dtype=np.int64), np.array([3])
    np.testing.assert_array_equal(operators.minor_allele_counts(genotypes, nobody), [1, 2, 1, 0, 0])
    np.testing.assert_array_equal(operators.minor_allele_counts(genotypes, last), [0, 1, 0, 0, 0])


def test_varies_looks_past_missing_genotypes():
    genotypes = np.array([[0, -1, 1], [0, -1, 0], [-1, -1, -1]], dtype=np.int8)
    np.testing.assert_array_equal(operators.varies(genotypes), [True, False, False])


@pytest.mark.parametrize("rate", [0.01, 0.2])
def test_miscalls_come_at_their_rates_in_either_class(genotypes, rate):
    called = genotypes.copy()
    operators.miscall(called, rate, np.random.default_rng(2))
    truly, now = heterozygous(genotypes), heterozygous(called)
    lost = (truly & ~now).sum() / truly.sum()
    made_up = (~truly & now).sum() / (~truly).sum()
    assert lost == pytest.approx(rate, rel=5 / np.sqrt(rate * truly.sum()))
    assert made_up == pytest.approx(rate / 10, rel=5 / np.sqrt(rate / 10 * (~truly).sum()) + rate)
    homozygous = ~truly & ~now
    np.testing.assert_array_equal(called[:, ::2][homozygous], genotypes[:, ::2][homozygous])


@pytest.mark.parametrize("rate", [0.02, 0.3])
def test_switches_come_at_their_rate_and_undoing_them_gives_the_haplotypes_back(genotypes, rate):
    positions = np.arange(SITES) * 10
    nobody = np.zeros(SITES, dtype=bool)
    phased = genotypes.copy()
    switches = operators.switch_phase(phased, positions, nobody, rate, np.random.default_rng(3))
    np.testing.assert_array_equal(heterozygous(phased), heterozygous(genotypes))
    errors = opportunities = undone_differences = 0
    for i in range(INDIVIDUALS):
        own = slice(2 * i, 2 * i + 2)
        het = heterozygous(genotypes)[:, i]
        orientation = phased[het, 2 * i] != genotypes[het, 2 * i]
        errors += (np.diff(orientation.astype(int)) != 0).sum() + orientation[0]
        opportunities += het.sum()
        parity = np.searchsorted(switches[i], positions, side="right") % 2 == 1
        undone = np.where(parity[:, None], phased[:, own][:, ::-1], phased[:, own])
        undone_differences += (undone != genotypes[:, own]).any(axis=1).sum()
    assert errors / opportunities == pytest.approx(rate, rel=5 / np.sqrt(rate * opportunities) + rate)
    assert undone_differences / opportunities == pytest.approx(rate / 4, rel=0.15)  # the single exchanges remain


def test_phase_is_a_coin_toss_where_nobody_else_carries_the_allele():
    genotypes = np.zeros((2000, 20), dtype=np.int8)
    genotypes[np.arange(2000), 2 * (np.arange(2000) % 10)] = 1
    singleton = np.arange(2000) < 1000  # of the others, somebody in the panel is a carrier too
    operators.switch_phase(genotypes, np.arange(2000), singleton, 1e-9, np.random.default_rng(4))
    assert genotypes[:1000, 1::2].sum() == pytest.approx(500, abs=80)
    assert genotypes[1000:, 1::2].sum() == 0


@pytest.mark.parametrize("mean", [0.02, 0.3])
def test_missing_genotypes_have_their_mean_and_more_spread_than_chance(genotypes, mean):
    seen = genotypes.copy()
    operators.lose(seen, mean, np.random.default_rng(5))
    missing = seen[:, ::2] == -1
    np.testing.assert_array_equal(missing, seen[:, 1::2] == -1)
    assert missing.mean() == pytest.approx(mean, rel=0.25)
    by_individual = missing.mean(axis=0)
    assert by_individual.std() > 3 * np.sqrt(mean * (1 - mean) / SITES)
    kept = np.repeat(~missing, 2, axis=1)
    np.testing.assert_array_equal(seen[kept], genotypes[kept])


def test_ancestral_mistakes_exchange_alleles_of_whole_sites(genotypes):
    genotypes[:, 0] = -1
    mistaken = genotypes.copy()
    operators.mistake_ancestral(mistaken, 0.1, np.random.default_rng(6))
    changed = (mistaken != genotypes).any(axis=1)
    assert changed.mean() == pytest.approx(0.1, abs=0.025)
    np.testing.assert_array_equal(mistaken[changed][:, 1:], 1 - genotypes[changed][:, 1:])
    np.testing.assert_array_equal(mistaken[:, 0], -1)


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_gene_flow_covers_its_share_at_every_place(share):
    length = 2_000_000
    tracts = operators.draw_tracts(400, 6, length, share, (50_000, 500_000), np.random.default_rng(7))
    assert {donor for _, donor, _, _ in tracts} == set(range(6))
    for position in (0, 10, length // 2, length - 1):
        covered = {receiver for receiver, _, start, end in tracts if start <= position < end}
        assert len(covered) / 400 == pytest.approx(share, abs=4 * np.sqrt(share / 400))


def test_swap_exchanges_between_the_groups():
    first, second = np.arange(1000), np.arange(1000, 3000)
    operators.swap(first, second, 0.05, np.random.default_rng(8))
    assert (first >= 1000).sum() == (second < 1000).sum()
    assert (first >= 1000).sum() == pytest.approx(50, abs=30)
    np.testing.assert_array_equal(np.sort(np.concatenate([first, second])), np.arange(3000))


@pytest.mark.parametrize("probability", [0.3, 0.7, 1.0])
def test_rare_alleles_are_found_by_chance(probability):
    minor = np.repeat([1, 2, 5], 20_000)
    kept = operators.detected(minor, probability, np.random.default_rng(1)).reshape(3, -1).mean(axis=1)
    np.testing.assert_allclose(kept, 1 - (1 - probability) ** np.array([1, 2, 5]), atol=0.01)


def test_the_inbred_have_one_haplotype_twice():
    columns = np.arange(4_000)
    shown = operators.inbred(columns, 0.25, np.random.default_rng(1)).reshape(-1, 2)
    assert (shown[:, 0] == columns[::2]).all()
    autozygous = shown[:, 0] == shown[:, 1]
    assert abs(autozygous.mean() - 0.25) < 0.03
    assert (shown[~autozygous, 1] == columns[1::2][~autozygous]).all()
    assert (columns == np.arange(4_000)).all()


def test_loci_lie_apart_within_the_region():
    several = [operators.draw_loci(1_000_000, np.random.default_rng(seed)) for seed in range(500)]
    for loci in several:
        assert 0 <= loci[0, 0] < loci[-1, 1] <= 1_000_000
        assert (loci[:, 0] < loci[:, 1]).all()
        assert (loci[1:, 0] > loci[:-1, 1]).all()
    assert {len(loci) for loci in several} == {1, 2, 3}
    single = np.concatenate([np.diff(loci, axis=1) for loci in several if len(loci) == 3])
    assert operators.LOCUS_BP[0] <= single.min() < 25_000
    assert 200_000 < single.max() <= operators.LOCUS_BP[1]
    assert operators.draw_loci(5_000, np.random.default_rng(1)).tolist() == [[0, 5_000]]
