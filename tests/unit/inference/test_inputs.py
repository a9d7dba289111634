import numpy as np
import pytest
import torch

from introghost.errors import DataError
from introghost.inference import inputs
from introghost.inference.extent import pooled_regions
from introghost.inference.inputs import Pooled


def test_the_context_is_the_moments_and_the_population_side_by_side():
    rng = np.random.default_rng(1)
    moments, population = rng.random((2, 30, 3)).astype(np.float32), rng.random(4).astype(np.float32)
    result = inputs.context(moments, population)
    assert result.shape == (30, 10)
    assert (result[:, 6:] == population).all()
    for index in np.ndindex(2, 30, 3):
        moment, place, statistic = index
        assert result[place, 3 * moment + statistic] == moments[index]


def genomes(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random((4, 7), np.float32), rng.random((4, 10)) < 0.8, rng.random((4, 5), np.float32)


def pooled_whole(pooled: np.ndarray, usable: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Values of one genome."""
    return Pooled.of(inputs.pool_each(pooled, usable, population)).values[0]


def test_a_genome_is_the_mean_over_its_regions_and_their_number_up_to_the_most_of_training() -> None:
    regions = np.random.default_rng(1).random((7, 3))
    genome = Pooled.of(regions)
    assert (genome.values.dtype, genome.num_regions.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(genome.values, [regions.mean(axis=0)], rtol=1e-6)
    assert genome.num_regions.tolist() == [7]
    assert Pooled.of(regions, most=5).num_regions.tolist() == [5]
    assert Pooled.of(regions, most=9).num_regions.tolist() == [7]
    np.testing.assert_array_equal(Pooled.of(regions, most=5).values, genome.values)


def test_stacked_genomes_keep_their_order() -> None:
    rng = np.random.default_rng(1)
    genomes = [Pooled.of(rng.random((number, 3))) for number in (4, 2, 9)]
    stacked = Pooled.stack(genomes)
    assert len(stacked) == 3
    assert stacked.num_regions.tolist() == [4, 2, 9]
    for row, genome in enumerate(genomes):
        np.testing.assert_array_equal(stacked.values[row], genome.values[0])
    some = stacked[np.array([2, 0])]
    assert some.num_regions.tolist() == [9, 4]
    np.testing.assert_array_equal(some.values, stacked.values[[2, 0]])
    values, num_regions = stacked.tensors()
    np.testing.assert_array_equal(values.numpy(), stacked.values)
    np.testing.assert_array_equal(num_regions.numpy(), stacked.num_regions)


def test_names_of_segment_channels_say_what_each_holds() -> None:
    """Every channel computed once more from its name alone."""
    names = ("a", "b", "c")
    values = np.random.default_rng(8).random((6, 9, 3)).astype(np.float32)
    moments = np.stack([values.mean(axis=0), values.std(axis=0)])
    population = {"fst": 0.25, "dxy": 0.5}
    around = torch.from_numpy(inputs.context(moments, np.array(list(population.values()), np.float32)))
    given = inputs.segment_input(torch.from_numpy(values), around.expand(6, -1, -1)).numpy()
    channels = inputs.segment_channel_names(names, list(population))
    assert given.shape[2] == len(channels) == len(set(channels)) == 4 * len(names) + 2
    for channel, name in enumerate(channels):
        statistic, *parts = name.split(":")
        if statistic == "population":
            assert (given[:, :, channel] == population[parts[0]]).all()
            continue
        each = values[:, :, names.index(statistic)]
        over = {"mean": each.mean(axis=0), "standard_deviation": each.std(axis=0)}
        expected = {
            (): each,
            ("mean",): over["mean"],
            ("standard_deviation",): over["standard_deviation"],
            ("deviation",): (each - over["mean"]) / (over["standard_deviation"] + 0.02 * (over["mean"] + 0.5)),
        }[tuple(parts)]
        np.testing.assert_allclose(given[:, :, channel], np.broadcast_to(expected, (6, 9)), rtol=1e-4, err_msg=name)


def test_names_of_genome_channels_are_those_of_the_columns_and_the_number_of_regions() -> None:
    names = inputs.genome_channel_names(["mean_of_a", "posterior"], ["fst"])
    assert names == ("mean_of_a", "posterior", "fst", "num_regions")
    pooled, population = np.array([[1.0, 2.0]], np.float32), np.array([[3.0]], np.float32)
    assert inputs.pool_each(pooled, np.ones((1, 2), bool), population).tolist() == [[1.0, 2.0, 3.0]]


def test_pooling_is_symmetric_in_regions():
    pooled, usable, population = genomes(2)
    order = np.random.default_rng(3).permutation(4)
    expected = pooled_whole(pooled, usable, population)
    np.testing.assert_allclose(pooled_whole(pooled[order], usable[order], population[order]), expected, rtol=1e-5)


def test_pooling_without_a_usable_bin_is_refused():
    pooled, usable, population = genomes(5)
    with pytest.raises(DataError, match="mask"):
        pooled_whole(pooled, np.zeros_like(usable), population)


def test_a_scrap_of_a_region_does_not_count_unless_there_is_nothing_else():
    pooled, _, population = genomes(6)
    usable = np.zeros((4, 10), dtype=bool)
    usable[0], usable[1, :5], usable[2, :4] = True, True, True
    assert [group.tolist() for group in pooled_regions(usable)] == [[0], [1]]
    expected = np.concatenate([pooled[:2].mean(axis=0), population[:2].mean(axis=0)])
    np.testing.assert_allclose(pooled_whole(pooled, usable, population), expected, rtol=1e-5)
    assert [group.tolist() for group in pooled_regions(usable[[3, 2]])] == [[1]]


def test_scraps_count_together_as_soon_as_they_make_half_a_region():
    pooled, _, population = genomes(7)
    usable = np.zeros((4, 10), dtype=bool)
    usable[0, :3], usable[1], usable[2, :4], usable[3, 7:] = True, True, True, True
    assert sorted(group.tolist() for group in pooled_regions(usable)) == [[0, 2], [1]]
    values = np.concatenate([pooled, population], axis=1)
    expected = ((3 * values[0] + 4 * values[2]) / 7 + values[1]) / 2
    np.testing.assert_allclose(pooled_whole(pooled, usable, population), expected, rtol=1e-5)


def test_the_callable_share_is_of_usable_bins_alone():
    fractions = np.array([[1.0, 0.5, 0.05], [0.05, 0.0, 0.0]], dtype=np.float32)
    np.testing.assert_allclose(inputs.callable_share(fractions), [0.75, np.nan])


def test_the_input_of_segments_is_what_it_says():
    rng = np.random.default_rng(4)
    own, around = rng.random((2, 3, 5)), rng.random((2, 3, 12))
    given = inputs.segment_input(torch.from_numpy(own), torch.from_numpy(around), 2.0).numpy()
    for index in np.ndindex(2, 3, 5):
        haplotype, position, statistic = index
        mean, deviation = around[haplotype, position, statistic], around[haplotype, position, 5 + statistic]
        assert given[index] == own[index]
        wanted = (own[index] - mean) / (deviation + 0.02 * (mean + 0.5))
        assert given[haplotype, position, 17 + statistic] == pytest.approx(wanted)
    np.testing.assert_array_equal(given[:, :, 5:17], 2 * around)
