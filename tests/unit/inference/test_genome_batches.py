"""Genomes that networks are trained on, and the parts of them that training and validation see."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_statistics import small_statistics

from introghost.inference import inputs
from introghost.inference.genome_batches import GenomeBatches, Genomes
from introghost.inference.training import split_genomes

REGIONS = 16


@pytest.fixture(scope="module")
def genomes() -> Genomes:
    """Six genomes whose statistics tell which genome and which of its regions they are of."""
    rows = [np.stack([np.full(REGIONS, g), np.arange(REGIONS), np.ones(REGIONS)], axis=1) for g in range(6)]
    return Genomes([row.astype(np.float32) for row in rows], np.arange(6) > 3, np.arange(6), np.array(["s"] * 6))


def epoch(batches: GenomeBatches) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Values, numbers of regions and labels."""
    values, num_regions, labels = (torch.cat(column) for column in zip(*batches, strict=True))
    return values, num_regions, labels


def of_cases(genomes: Genomes, cases: list[int], seed: int | None, size: int = 4) -> GenomeBatches:
    return GenomeBatches(genomes, np.array(cases), (torch.arange(6),), size, seed)


def test_genomes_are_those_of_the_statistics() -> None:
    """Regions, parameters, scenario and side of each genome, whatever the order of their regions."""
    pairs = [("ghost", 3), ("no_ghost", 3), *(("ghost", number) for number in range(20, 40))]
    statistics = small_statistics(pairs)
    order = np.random.default_rng(1).permutation(2 * len(pairs))
    genomes = Genomes.of(statistics.select(order), seed=5)
    places = {(str(s), int(g)): np.flatnonzero(order // 2 == n) for n, (s, g) in enumerate(pairs)}
    sides = split_genomes(statistics.scenarios, statistics.genome_indices, 5)
    assert 0 < genomes.held_out.sum() < len(pairs)
    assert genomes.train.tolist() == np.flatnonzero(~genomes.held_out).tolist()
    assert genomes.validation.tolist() == np.flatnonzero(genomes.held_out).tolist()
    for index, (scenario, number) in enumerate(zip(genomes.scenarios, genomes.parameters["t"], strict=True)):
        rows = order[places[str(scenario), int(number)]]
        expected = inputs.pool_each(statistics.pooled[rows], statistics.usable[rows], statistics.population[rows])
        np.testing.assert_allclose(genomes.regions[index], expected, rtol=1e-6)
        assert genomes.held_out[index] == sides[rows[0]] == sides[rows[1]]


def test_every_genome_comes_once_in_an_epoch_and_every_second_time_whole(genomes: Genomes) -> None:
    batches = of_cases(genomes, list(range(6)), seed=1)
    numbers = []
    for _ in range(200):
        values, num_regions, labels = epoch(batches)
        assert sorted(labels.tolist()) == list(range(6))
        assert values[:, 0].tolist() == labels.tolist(), "labels stay with their genomes"
        numbers += num_regions.tolist()
    assert {3.0, 16.0} <= set(numbers) <= set(range(3, 17))
    assert 0.45 < np.mean(np.array(numbers) == REGIONS) < 0.65


def test_parts_are_of_distinct_regions(genomes: Genomes) -> None:
    rng = np.random.default_rng(1)
    means = [genomes.part(3, 2, rng).values[0, 1] for _ in range(500)]
    assert min(means) >= 0.5, "0 and 0 would be less"
    assert np.mean(means) == pytest.approx((REGIONS - 1) / 2, abs=0.5)
    whole = genomes.part(3, REGIONS, rng)
    np.testing.assert_allclose(whole.values, [[3, (REGIONS - 1) / 2, 1]])
    assert whole.num_regions.tolist() == [REGIONS]


def test_parts_of_all_genomes_are_whole_ones_first(genomes: Genomes) -> None:
    parts = genomes.parts(np.random.default_rng(1))
    assert [part.num_regions.tolist() for part in parts] == [[number] * 6 for number in (16, 8, 4)]
    for part in parts:
        assert part.values[:, 0].tolist() == list(range(6))
    np.testing.assert_allclose(parts[0].values[:, 1], (REGIONS - 1) / 2)


def test_validation_is_the_same_in_every_epoch_and_training_is_not(genomes: Genomes) -> None:
    values, num_regions, labels = epoch(of_cases(genomes, [4, 5], None))
    assert labels.tolist() == [4] * 3 + [5] * 3
    assert num_regions.tolist() == [16, 8, 4] * 2
    torch.testing.assert_close(values, epoch(of_cases(genomes, [4, 5], None, size=100))[0])
    train = of_cases(genomes, [0, 1, 2, 3], seed=1)
    one, other = epoch(train)[0], epoch(train)[0]
    assert not torch.equal(one, other)
    torch.testing.assert_close(one, epoch(of_cases(genomes, [0, 1, 2, 3], seed=1))[0])


@pytest.mark.parametrize(("seed", "number"), [(1, 2), (None, 3)])
def test_batches_are_as_many_as_they_say(genomes: Genomes, seed: int | None, number: int) -> None:
    batches = of_cases(genomes, [0, 4, 5], seed, size=4 if seed is None else 2)
    assert len(batches) == len(list(batches)) == number


def test_numbers_of_regions_are_those_of_the_smallest_part_and_the_largest_genome(genomes: Genomes) -> None:
    assert genomes.num_regions_range() == (3, 16)
    smaller = replace(genomes, regions=[*genomes.regions[:5], genomes.regions[5][:1]])
    assert smaller.num_regions_range() == (1, 16)
