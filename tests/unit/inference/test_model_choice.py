"""The choice between scenarios: probabilities, which halves agree, and how much sequence is enough."""

import dataclasses

import numpy as np
import pytest
import torch
from random_source import contig_of
from untrained import OF_GENOMES, choice_bundle

from introghost.inference import decisions, model_choice
from introghost.inference.bundles import ChoiceBundle
from introghost.inference.decisions import Decision
from introghost.inference.extent import Extent
from introghost.inference.fields import Range
from introghost.inference.genome import Genome

NUM_POOLED = len(OF_GENOMES) - 1


def with_slope(bundle: ChoiceBundle) -> ChoiceBundle:
    """A network that finds the first scenario the likelier, the larger the first pooled value is."""
    with torch.no_grad():
        bundle.network.slopes[:, 0, 0] = 1.0
    return bundle


def genome(first_values: list[float], used_bp: int | None = None) -> Genome:
    """Regions of 200 kb that differ in their first value alone."""
    regions = np.zeros((len(first_values), NUM_POOLED))
    regions[:, 0] = first_values
    number = len(first_values)
    return Genome(regions, Extent(number, 0, 20 * number, used_bp or 200_000 * number, 0))


def test_probabilities_add_up_and_temperature_softens_them() -> None:
    bundle = with_slope(choice_bundle())
    pooled = model_choice.pooled(bundle, genome([3.0, 5.0]).regions)
    (sharp,) = model_choice.scenario_probabilities(bundle, pooled)
    (soft,) = model_choice.scenario_probabilities(dataclasses.replace(bundle, temperature=2.0), pooled)
    assert sharp.sum() == pytest.approx(1)
    logits = np.log(sharp[0] / sharp[1])
    assert logits > 0.1
    assert np.log(soft[0] / soft[1]) == pytest.approx(logits / 2, rel=1e-5)


def test_odd_and_even_regions_are_told_apart() -> None:
    bundle = with_slope(choice_bundle())
    doubts = model_choice.doubts(bundle, genome([9.0, 0.0, 9.0, 0.0]))
    odd = model_choice.scenario_probabilities(bundle, model_choice.pooled(bundle, genome([9.0, 9.0]).regions))[0, 0]
    even = model_choice.scenario_probabilities(bundle, model_choice.pooled(bundle, genome([0.0, 0.0]).regions))[0, 0]
    assert odd - even > 0.2
    assert doubts.p_ghost_odd == pytest.approx(odd)
    assert doubts.p_ghost_even == pytest.approx(even)


def test_halves_are_looked_at_only_where_each_is_enough() -> None:
    bundle = choice_bundle()
    assert bundle.regions.lowest == 2
    assert model_choice.doubts(bundle, genome([1.0] * 3)).p_ghost_odd is None
    doubts = model_choice.doubts(bundle, genome([1.0] * 4))
    assert (doubts.p_ghost_odd, doubts.p_ghost_even) == (pytest.approx(0.5), pytest.approx(0.5))


@pytest.mark.parametrize("meanings", [{"neanderthal": True, "ghost_town": False}, {"ghost": False, "other": True}])
def test_which_scenarios_count_as_a_ghost_is_said_by_the_bundle(meanings: dict[str, bool]) -> None:
    bundle = with_slope(choice_bundle(meanings))
    doubts = model_choice.doubts(bundle, genome([9.0] * 4))
    first = model_choice.scenario_probabilities(bundle, model_choice.pooled(bundle, genome([9.0] * 2).regions))[0, 0]
    assert first > 0.7
    expected = first if next(iter(meanings.values())) else 1 - first
    assert doubts.p_ghost_odd == pytest.approx(expected)


def test_the_spread_is_that_of_the_members() -> None:
    bundle = choice_bundle()
    architecture = {**bundle.architecture, "members": 2}
    network = type(bundle.network)(**architecture).eval()
    with torch.no_grad():
        network.intercepts[0, 0], network.intercepts[1, 0] = 4.0, -4.0
    several = dataclasses.replace(bundle, network=network, architecture=architecture)
    logits = network.each(*model_choice.pooled(several, genome([0.0] * 2).regions).tensors())[:, 0].double()
    members = torch.softmax(logits, dim=1)[:, 0].tolist()
    assert abs(members[0] - members[1]) > 0.5
    doubts = model_choice.doubts(several, genome([0.0] * 2))
    assert doubts.p_ghost_standard_deviation == pytest.approx(abs(members[0] - members[1]) / 2)
    assert model_choice.doubts(bundle, genome([0.0] * 2)).p_ghost_standard_deviation == 0


@pytest.mark.parametrize(
    ("regions", "used_bp", "share", "is_too_little"),
    [
        (6, 6_000_000, (1.0, 1.0), False),
        (6, 5_700_000, (1.0, 1.0), False),  # as good as all of it
        (6, 5_699_999, (1.0, 1.0), True),
        (6, 3_700_000, (1.0, 1.0), True),  # 57 short stretches of real Europeans
        (5, 6_000_000, (1.0, 1.0), True),
        (6, 3_700_000, (0.5, 1.0), False),  # as much as in training through a mask
        (6, 2_600_000, (0.5, 1.0), True),
    ],
)
def test_sequence_is_counted_in_callable_base_pairs(
    regions: int, used_bp: int, share: tuple[float, float], is_too_little: bool
) -> None:
    bundle = choice_bundle()
    training = dataclasses.replace(bundle.training, region_length_bp=1_000_000, callable_share=share)
    bundle = dataclasses.replace(bundle, training=training, regions=Range(6, 20))
    of_genome = Genome(np.zeros((regions, NUM_POOLED)), Extent(regions, regions, 100, used_bp, 0))
    assert model_choice.is_too_little(bundle, of_genome) == is_too_little


@pytest.mark.parametrize(
    ("stretches", "bins", "regions", "decision"),
    [(57, 13, 7, Decision.TOO_LITTLE_SEQUENCE), (6, 200, 6, Decision.NO_GHOST)],
    ids=["57 short stretches", "6 whole regions"],
)
def test_short_stretches_of_3_7_megabases_are_too_little_and_6_whole_regions_are_not(
    stretches: int, bins: int, regions: int, decision: Decision
) -> None:
    """Regions of 1 Mb in bins of 5 kb, 6 to 20 of them in training, as in the model `human`."""
    choice = choice_bundle()
    training = dataclasses.replace(choice.training, region_length_bp=1_000_000, bin_bp=5_000, callable_share=(1.0, 1.0))
    bundle = dataclasses.replace(choice, training=training, regions=Range(6, 20))
    contigs = [
        contig_of(np.full(bins, 5_000.0), str(number), 5_000, pooled=NUM_POOLED - 1) for number in range(stretches)
    ]
    of_stretches = Genome.of(contigs, 1_000_000)
    assert (of_stretches.extent.regions, of_stretches.regions.shape) == (regions, (regions, NUM_POOLED))
    assert of_stretches.extent.used_bp + of_stretches.extent.left_out_bp == stretches * bins * 5_000
    verdict = decisions.decide({"ghost": 0.006, "no_ghost": 0.994}, bundle.ghost_of_target)
    doubts = model_choice.doubts(bundle, of_stretches)
    is_too_little = model_choice.is_too_little(bundle, of_stretches)
    assert decisions.final_decision(verdict, doubts, is_too_little=is_too_little) is decision
