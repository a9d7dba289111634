"""How many genomes a data set asks for: against what was measured, what training needs, and a slow twin of the sum."""

import itertools

import numpy as np
import pytest

from introghost.inference import novelty
from introghost.simulation.observation import ObservationModel
from introghost.workload import (
    ADAPTED,
    CORES,
    FROM_NOTHING,
    Amount,
    Costs,
    Limits,
    Workload,
    least_callable_bp,
    num_regions,
)

REGION_BP = 1_000_000
LEAST_REGIONS = 6  # of the model that comes with introghost
SCENARIOS, SEGMENT_SCENARIOS = 8, 3
# Core seconds of a megabase: simulating, observing, and then statistics of haplotypes and of regions, each with
# observing; the mean of the scenarios ghost and structure.
MEASURED = {
    (50, 50, 0): (0.069, 0.025, 0.172, 0.107),
    (200, 200, 0): (0.092, 0.049, 0.914, 0.196),
    (50, 50, 1000): (0.134, 0.083, 0.266, 0.194),
    (135, 114, 1511): (0.138, 0.181, 0.550, 0.305),
}


def costs(outgroup: int, target: int, panel: int = 0) -> Costs:
    sizes = {"outgroup_diploids": [outgroup // 2, outgroup], "target_diploids": target, "panel_target_diploids": panel}
    return Costs.of(ObservationModel.parse(sizes))


def amount(megabases: float, *, targets: int = 1, share: float = 1.0, has_mask: bool = False) -> Amount:
    return Amount(int(megabases * 1e6), int(megabases * 1e6 / share), targets, has_mask)


def workload(held: Amount, cost: Costs, limits: Limits = ADAPTED) -> Workload:
    numbers = {"num_scenarios": SCENARIOS, "num_segment_scenarios": SEGMENT_SCENARIOS}
    return Workload.of(held, cost, limits, **numbers, region_length_bp=REGION_BP, least_regions=LEAST_REGIONS)


@pytest.mark.parametrize("sizes", MEASURED)
def test_sums_of_costs_are_near_what_was_measured(sizes: tuple[int, int, int]) -> None:
    simulate, observe, haplotypes, pool = MEASURED[sizes]
    rule = costs(*sizes)
    for_segments = rule.simulate + 2 * (rule.observe + rule.haplotypes)
    assert for_segments == pytest.approx(simulate + 2 * haplotypes, rel=1 / 3)
    assert rule.simulate + rule.observe + rule.pool == pytest.approx(simulate + pool, rel=1 / 3)
    assert rule.observe <= 2 * observe


CASES = [
    (amount(megabases, targets=targets), costs(*sizes), limits)
    for megabases, sizes, limits, targets in itertools.product(
        (0.5, 10, 60, 2900), ((10, 10), (62, 62, 10), (135, 114, 1500), (250, 250)), (ADAPTED, FROM_NOTHING), (1, 3)
    )
]


@pytest.mark.parametrize(("held", "cost", "limits"), CASES)
def test_there_are_never_fewer_genomes_than_training_needs(held: Amount, cost: Costs, limits: Limits) -> None:
    work = workload(held, cost, limits)
    classes = np.repeat(np.arange(SCENARIOS), work.genomes)
    assert novelty.num_references(classes, np.arange(len(classes))) == work.genomes
    # Of this many genomes of one scenario, none is held out with a probability of
    assert 0.85**work.genomes < 0.002
    assert limits.segment_genomes[0] <= work.segment_genomes <= limits.segment_genomes[1]
    assert limits.genomes[0] <= work.genomes <= limits.genomes[1]
    assert min(work.segment_batch, work.genome_batch) >= 1


@pytest.mark.parametrize(("megabases", "sizes"), [(10, (135, 114, 1500)), (10, (250, 250)), (60, (10, 10))])
def test_the_time_that_is_aimed_at_is_used_where_there_is_no_other_bound(
    megabases: float, sizes: tuple[int, ...]
) -> None:
    work = workload(amount(megabases), costs(*sizes))
    assert ADAPTED.genomes[0] < work.genomes < ADAPTED.genomes[1]
    assert 40 * 60 < work.seconds <= 45 * 60


def test_more_individuals_take_more_time_or_leave_fewer_genomes() -> None:
    few, many = (workload(amount(20), costs(number, number)) for number in (60, 200))
    assert many.segment_genomes < few.segment_genomes
    assert many.genomes < few.genomes
    assert many.segment_batch < few.segment_batch


def test_the_estimate_is_the_sum_over_all_genomes() -> None:
    held, cost = amount(23, targets=2), costs(108, 91, 800)
    work = workload(held, cost)
    total = 300.0  # of what does not grow
    for _ in range(held.num_targets):
        total += 23 * 0.029 * (108 + 91)
    for _ in range(SEGMENT_SCENARIOS * 5):
        for _ in range(4):  # regions
            total += cost.simulate + cost.observe + cost.haplotypes
    for _ in range(work.segment_genomes):
        for _ in range(4):
            total += cost.simulate + cost.observe + cost.haplotypes + 16 * 2 * 0.001  # haplotypes and epochs
    for _ in range(SCENARIOS * (work.genomes + 10)):
        for _ in range(work.regions):
            total += cost.simulate + cost.observe + cost.pool
    # Jobs, those of test genomes for each scenario among them, take 8 seconds to start.
    batches = work.segment_genomes / work.segment_batch + SEGMENT_SCENARIOS
    batches += SCENARIOS * (work.genomes + 10) / work.genome_batch + SCENARIOS
    total += 8 * batches
    assert work.regions == 23
    assert work.seconds == pytest.approx(total / CORES, rel=0.005)


@pytest.mark.parametrize(("megabases", "regions"), [(0.85, 8), (8.4, 8), (22.6, 23), (2900, 40)])
def test_genomes_have_as_much_sequence_as_the_data(megabases: float, regions: int) -> None:
    assert num_regions(amount(megabases), REGION_BP, LEAST_REGIONS) == regions
    assert workload(amount(megabases), costs(50, 50)).regions == regions


@pytest.mark.parametrize(("least_regions", "regions"), [(1, 8), (12, 12), (50, 50)])
def test_genomes_have_as_many_regions_as_the_model_that_they_adapt_needs(least_regions: int, regions: int) -> None:
    assert num_regions(amount(2), REGION_BP, least_regions) == regions


def test_a_verdict_needs_a_fifth_of_what_genomes_have_and_what_the_model_needs() -> None:
    for held, least_regions, regions, share in (
        (amount(100), 1, 8, 0.95),
        (amount(100), 10, 10, 0.95),
        (amount(0.85), 1, 1, 0.95),
        (amount(0.85), 6, 6, 0.95),
        (amount(100, share=0.6, has_mask=True), 1, 8, 0.55),
        (amount(100, share=0.6, has_mask=True), 10, 10, 0.55),
        # Gaps of a file without a mask do not make simulated regions shorter.
        (amount(100, share=0.6), 1, 8, 0.95),
    ):
        needed = least_callable_bp(held, REGION_BP, least_regions)
        assert needed == pytest.approx(regions * share * 1e6)


def test_without_a_verdict_time_goes_to_segments() -> None:
    cost = costs(250, 250)
    little, enough = workload(amount(5.6), cost), workload(amount(5.8), cost)
    assert little.genomes == ADAPTED.genomes[0] < enough.genomes
    assert little.segment_genomes > enough.segment_genomes
