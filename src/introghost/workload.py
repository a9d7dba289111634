"""How many genomes to simulate for a data set, so that training is worth it and the time is bearable."""

import math
from dataclasses import dataclass

from introghost.inference.extent import SHARE_TOLERANCE
from introghost.inference.genome_batches import PARTS
from introghost.simulation.observation import ObservationModel

CORES = 2
# Whole genomes are simulated with as many regions as the data have, within these bounds.
FEWEST_REGIONS, MOST_REGIONS = 8, 40
TEST_GENOMES, SEGMENT_TEST_GENOMES = 10, 5
# Regions and observations of each genome, and haplotypes of each region, that the segment network is trained on.
SEGMENT_REGIONS, OBSERVATIONS, HAPLOTYPES = 4, 1, 16
_SEGMENT_PART = 1 / 3  # of the time goes to genomes for the segment network
_STEP = 20  # in which numbers of genomes go up
_JOB_SECONDS, _MOST_IN_JOB = 60, 50  # of a batch, beside which those of starting a program do not matter
_MB = 1e6

# Core seconds, measured in one process on a core of an AMD EPYC, with 18 Mb of each of the scenarios `ghost` and
# `structure`: of 10 + 10, 50 + 50 and 200 + 200 individuals, of 50 + 50 with a panel of 1,000, and of 135 + 114 with a
# panel of 1,511 and the genetic map of DPYD. From 50 + 50 on, sums by this rule are off by a third at most.
_SIMULATE, _SIMULATE_EACH = 0.065, 5e-5  # per Mb, and per simulated individual
_OBSERVE, _OBSERVE_EACH = 0.015, 1e-4  # likewise
_HAPLOTYPES_EACH = 1.8e-3  # statistics of all haplotypes, per Mb and individual that is shown
_POOL, _POOL_EACH = 0.075, 1.7e-4  # statistics of whole regions, per Mb, and per individual that is shown
# The difference between two and four epochs on 144 regions of 40 haplotypes.
_TRAIN_EACH = 1e-3  # segments: per Mb of a haplotype and epoch
_CALL_EACH = 2.9e-2  # calls, by the model that it starts from too, and statistics: per Mb of the data and individual
_START = 8  # a job that simulates and the one that computes statistics, before they get to it
# Training of the verdict and the parameters, evaluation, report: of 72 genomes a minute, of a thousand some.
_REST = 300


@dataclass(frozen=True)
class Limits:
    """Time that is aimed at, and how much is trained.

    Attributes
    ----------
    minutes : float
        On `CORES` cores.
    epochs : int
        Passes over the genomes for the segment network.
    segment_genomes, genomes : tuple of int
        Fewest and most genomes for the segment network, of all its scenarios together; and for the verdict, of each.
    """

    minutes: float
    epochs: int
    segment_genomes: tuple[int, int]
    genomes: tuple[int, int]


# With fewer than 20 genomes of each of nine scenarios there is no novelty; of 40, hardly ever is none held out.
ADAPTED = Limits(minutes=45, epochs=2, segment_genomes=(100, 500), genomes=(40, 200))
# Without a model to start from, linear functions of hundreds of statistics, and segments, are learned from nothing.
FROM_NOTHING = Limits(minutes=150, epochs=8, segment_genomes=(500, 1500), genomes=(100, 300))


@dataclass(frozen=True)
class Amount:
    """How much there is in the data.

    Attributes
    ----------
    callable_bp, surveyed_bp : int
        Callable sequence, and all of the stretches with records.
    num_targets : int
        Targets that are asked about, one after the other.
    has_mask : bool
        Whether callable sequence is that of a mask.
    """

    callable_bp: int
    surveyed_bp: int
    num_targets: int
    has_mask: bool


@dataclass(frozen=True)
class Costs:
    """Core seconds that a megabase takes.

    Attributes
    ----------
    simulate : float
    observe : float
        Drawing what the data show of it.
    haplotypes : float
        Statistics of every target haplotype, for segments.
    pool : float
        Statistics of the region as a whole, for the verdict.
    shown : int
        Individuals of both roles that are shown.
    """

    simulate: float
    observe: float
    haplotypes: float
    pool: float
    shown: int

    @classmethod
    def of(cls, observation: ObservationModel) -> "Costs":
        """Costs under an observation model, by the largest numbers of individuals that it draws.

        Parameters
        ----------
        observation : ObservationModel
            With the numbers of both roles.
        """
        # Individuals that are shown, and those simulated beside them for the filter.
        ranges = observation.outgroup_diploids, observation.target_diploids
        shown = sum(0 if each is None else int(each.high) for each in ranges)
        simulated = shown + observation.panel_outgroup_diploids + observation.panel_target_diploids
        return cls(
            simulate=_SIMULATE + _SIMULATE_EACH * simulated,
            observe=_OBSERVE + _OBSERVE_EACH * simulated,
            haplotypes=_HAPLOTYPES_EACH * shown,
            pool=_POOL + _POOL_EACH * shown,
            shown=shown,
        )


@dataclass(frozen=True)
class _PerGenome:
    """Core seconds of a test genome for segments, of one to train on, and of a genome for the verdict.

    The latter two come in batches.
    """

    test: float
    train: float
    whole: float
    train_batch: int
    whole_batch: int

    @classmethod
    def of(cls, costs: Costs, limits: Limits, length_mb: float, regions: int) -> "_PerGenome":
        """Costs of genomes whose regions have a length in Mb; with its share of starting a job."""
        # Genomes to train on are simulated once, observed and read in every epoch.
        shown = costs.observe + costs.haplotypes
        each = OBSERVATIONS * (shown + HAPLOTYPES * limits.epochs * _TRAIN_EACH)
        short = length_mb * SEGMENT_REGIONS
        train = short * (costs.simulate + each)
        whole = length_mb * regions * (costs.simulate + costs.observe + costs.pool)
        train_batch, whole_batch = _batch(train), _batch(whole)
        return cls(
            test=short * (costs.simulate + shown),
            train=train + _START / train_batch,
            whole=whole + _START / whole_batch,
            train_batch=train_batch,
            whole_batch=whole_batch,
        )


@dataclass(frozen=True)
class Workload:
    """How much is simulated and trained, and how long it takes.

    Attributes
    ----------
    segment_genomes : int
        Genomes of `SEGMENT_REGIONS` that the segment network is trained on, of all its scenarios together.
    segment_batch : int
        Genomes of one job.
    genomes : int
        Genomes of each scenario that the verdict and the parameters are trained on.
    regions : int
        Of each of them.
    genome_batch : int
        Genomes of one job.
    seconds : float
        Estimated time on `CORES` cores.
    """

    segment_genomes: int
    segment_batch: int
    genomes: int
    regions: int
    genome_batch: int
    seconds: float

    @classmethod
    def of(
        cls,
        amount: Amount,
        costs: Costs,
        limits: Limits,
        *,
        num_scenarios: int,
        num_segment_scenarios: int,
        region_length_bp: int,
        least_regions: int,
    ) -> "Workload":
        """The workload that suits a data set.

        Where there is too little sequence for a verdict, only as much is simulated for it as training needs.

        Parameters
        ----------
        amount : Amount
        costs : Costs
        limits : Limits
        num_scenarios, num_segment_scenarios : int
            Scenarios of the verdict, and those of the segment network.
        region_length_bp : int
        least_regions : int
            Of a genome, for the model that training starts from; 1 without one.
        """
        length, regions = region_length_bp / _MB, num_regions(amount, region_length_bp, least_regions)
        is_enough = amount.callable_bp >= least_callable_bp(amount, region_length_bp, least_regions)
        seconds = _PerGenome.of(costs, limits, length, regions)
        # What is spent whatever the numbers of genomes are, and how many genomes fit into the rest, or into half of the
        # time where large data take more.
        fixed = _REST + amount.num_targets * amount.surveyed_bp / _MB * _CALL_EACH * costs.shown
        fixed += num_segment_scenarios * SEGMENT_TEST_GENOMES * seconds.test
        fixed += num_scenarios * TEST_GENOMES * seconds.whole
        fixed += _START * (num_segment_scenarios + num_scenarios)
        aim = limits.minutes * 60 * CORES
        left = max(aim - fixed, aim / 2)
        part = left * _SEGMENT_PART if is_enough else left - num_scenarios * limits.genomes[0] * seconds.whole
        segment_genomes = _within(limits.segment_genomes, part / seconds.train)
        left -= segment_genomes * seconds.train
        genomes = _within(limits.genomes, left / (num_scenarios * seconds.whole)) if is_enough else limits.genomes[0]
        spent = fixed + segment_genomes * seconds.train + num_scenarios * genomes * seconds.whole
        return cls(
            segment_genomes=segment_genomes,
            segment_batch=seconds.train_batch,
            genomes=genomes,
            regions=regions,
            genome_batch=seconds.whole_batch,
            seconds=spent / CORES,
        )


def num_regions(amount: Amount, region_length_bp: int, least_regions: int) -> int:
    """Regions of a simulated genome: as much sequence as the data have, within bounds.

    Parameters
    ----------
    amount : Amount
    region_length_bp : int
    least_regions : int
        As for `Workload.of`.
    """
    return max(min(round(amount.callable_bp / region_length_bp), MOST_REGIONS), FEWEST_REGIONS, least_regions)


def least_callable_bp(amount: Amount, region_length_bp: int, least_regions: int) -> float:
    """Callable sequence that networks for whole genomes need, trained on so many regions and parts of them.

    The share of a mask is that of the data here, which simulated regions have on average; see
    `inference.extent.Least`.

    Parameters
    ----------
    amount : Amount
    region_length_bp : int
    least_regions : int
        As for `Workload.of`.
    """
    share = amount.callable_bp / amount.surveyed_bp if amount.has_mask else 1
    fewest = max(least_regions, num_regions(amount, region_length_bp, least_regions) // PARTS)
    return fewest * region_length_bp * (share - SHARE_TOLERANCE)


def _within(bounds: tuple[int, int], number: float) -> int:
    """A number between bounds, in whole steps."""
    return min(max(math.floor(number / _STEP) * _STEP, bounds[0]), bounds[1])


def _batch(seconds: float) -> int:
    """Genomes of a job that takes about a minute."""
    return min(max(round(_JOB_SECONDS / seconds), 1), _MOST_IN_JOB)
