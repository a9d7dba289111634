"""Prior-predictive check: do simulated genomes, seen through the observation model, look like the data?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.special
import scipy.stats
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.sizes import megabases
from introghost.statistics import stored
from introghost.statistics.haplotype import MOMENTS
from introghost.statistics.registry import COVARIATES
from introghost.statistics.table import GenomeStatistics, Statistics

Array = NDArray[np.float64]

INTERVAL = (0.025, 0.975)
TOGETHER = "all statistics together"
OUTSIDE, INSIDE = "outside", "ok"
_CALLABLE_TOLERANCE = 0.02  # the last bin of a contig is seldom complete
_RELATIVE_TOLERANCE = 1e-6
_NORMAL_WIDTH, _NORMAL_80 = 3.92, 2.563  # of a 95 % and an 80 % interval, in standard deviations
_RIDGE = 3.0
_PER_GENOME = 0.99
LONGER = 1.25  # times a simulated genome; by less than that, windows of a mask differ too


@dataclass(frozen=True)
class Genomes:
    """One value of each statistic for each genome.

    Attributes
    ----------
    values : ndarray of float64, shape (num_genomes, num_statistics)
    statistics : list of tuple of str
        Name and summary: ``value`` of a population statistic; ``mean``, ``standard_deviation`` or ``quantile_99``
        over the haplotypes and callable bins of a haplotype statistic.
    scenarios : list of str
        Empty text for real data.
    """

    values: Array
    statistics: list[tuple[str, str]]
    scenarios: list[str]

    @classmethod
    def concatenate(cls, parts: list["Genomes"]) -> "Genomes":
        """All genomes of several parts.

        Parameters
        ----------
        parts : list of Genomes
            At least one.

        Raises
        ------
        DataError
            Parts with different statistics.
        """
        if any(part.statistics != parts[0].statistics for part in parts):
            raise DataError("the files hold different statistics; compute them again with one version")
        scenarios = [scenario for part in parts for scenario in part.scenarios]
        return cls(np.concatenate([part.values for part in parts]), parts[0].statistics, scenarios)


def check_alike(simulated: Statistics, observed: Statistics) -> None:
    """Refuse data that were not cut and coded like the simulations.

    Parameters
    ----------
    simulated, observed : Statistics

    Raises
    ------
    DataError
        They differ in bin size, region length or ancestral coding.
    """
    for name in stored.CUT_AND_CODED:
        here, there = observed.dataset.attrs.get(name), simulated.dataset.attrs.get(name)
        if here != there:
            raise DataError(
                f"statistics differ in {name}: {there} simulated, {here} observed; "
                "compute them again with the same options"
            )


def num_regions(observed: Statistics) -> int:
    """Number of regions in which there is a usable bin."""
    return int(observed.usable.any(axis=1).sum())


def extents(statistics: Statistics, most_regions: int | None = None) -> Array:
    """How much of each genome `summarise` uses.

    Parameters
    ----------
    statistics : Statistics
    most_regions : int, optional
        As in `summarise`.

    Returns
    -------
    ndarray of float64, shape (num_genomes, 2)
        Regions, and callable base pairs in their usable bins; genomes in the order of `summarise`.
    """
    # Callable base pairs of each region in its usable bins.
    fraction = statistics.callable_fraction.astype(np.float64)
    callable_bp = np.where(statistics.usable, fraction, 0).sum(axis=1) * float(statistics.bin_bp)
    used = (_used_regions(genome, most_regions) for genome in _in_order(statistics))
    return np.array([(len(rows), callable_bp[rows].sum()) for rows in used], dtype=np.float64)


def caveats(simulated: Array, observed: Array) -> list[Finding]:
    """What makes `compare` see less than it could.

    A mean over more sequence varies less: the interval of genomes that are shorter than the data is too wide for them.

    Parameters
    ----------
    simulated, observed : ndarray of float64, shape (num_genomes, 2) and (1, 2)
        `extents` of the simulated genomes and of the data.

    Returns
    -------
    list of Finding
        Empty if simulated genomes are about as large as the data.
    """
    (regions, length_bp), (data_regions, data_length_bp) = np.median(simulated, axis=0), observed[0]
    if data_regions <= regions and data_length_bp <= LONGER * length_bp:
        return []
    text = (
        f"the data have {megabases(data_length_bp)} of callable sequence in {data_regions:,.0f} regions, a simulated "
        f"genome {megabases(length_bp)} in {regions:,.0f}: disagreements are harder to see than with genomes as large"
    )
    return [Finding(Code.SHORT_SIMULATIONS, Severity.WARNING, text)]


def summarise(statistics: Statistics, most_regions: int | None = None) -> Genomes:
    """Statistics of whole genomes.

    Parameters
    ----------
    statistics : Statistics
        All regions of the same scenario and genome are pooled.
    most_regions : int, optional
        Regions of each genome to use, the first ones with a usable bin: those of the data may be fewer, and vary more
        for it.

    Returns
    -------
    Genomes
        Sorted by scenario and number.

    Raises
    ------
    DataError
        A genome without a usable bin.
    """
    values, scenarios = [], []
    for genome in _in_order(statistics):
        rows = _used_regions(genome, most_regions)
        if not len(rows):
            whose = f"simulated genome {genome.genome} of {genome.scenario!r}" if genome.scenario else "data"
            raise DataError(f"no bin of the {whose} has enough callable sequence; check the mask")
        values.append(_genome_values(statistics, rows))
        scenarios.append(genome.scenario)
    return Genomes(np.array(values), _names(statistics), scenarios)


def _in_order(statistics: Statistics) -> list[GenomeStatistics]:
    """Each genome as it was observed first, by scenario and number: further observations are not further genomes."""
    genomes = (genome for genome in statistics.genomes() if not genome.observation)
    return sorted(genomes, key=lambda genome: (genome.scenario, genome.genome))


def _used_regions(genome: GenomeStatistics, most_regions: int | None) -> NDArray[np.intp]:
    """The first regions of a genome in which there is a usable bin, among all regions of the statistics."""
    return genome.rows[genome.usable.any(axis=1)][:most_regions]


def _names(statistics: Statistics) -> list[tuple[str, str]]:
    """Name and summary of each column of `_genome_values`."""
    varying = [name for name in statistics.haplotype_names if name not in COVARIATES]
    return [
        *((name, "value") for name in statistics.population_names),
        *((name, "mean") for name in statistics.haplotype_names),
        *((name, "standard_deviation") for name in varying),
        *((name, "quantile_99") for name in varying),
    ]


def _genome_values(statistics: Statistics, rows: NDArray[np.intp]) -> Array:
    """One value of each of `_names` for the genome whose regions these are."""
    usable = statistics.usable[rows]
    # Population statistics of regions, weighed by callable sequence.
    callable_bins = statistics.callable_fraction[rows].astype(np.float64).sum(axis=1)
    population = np.average(statistics.population[rows].astype(np.float64), axis=0, weights=callable_bins)
    # The mean over all target haplotypes, also those whose own statistics are not kept.
    means = statistics.moments[rows, MOMENTS.index("mean")][usable].mean(axis=0, dtype=np.float64)
    # Spread and upper tail over the haplotypes that are kept, rows of NaN being none, and usable bins.
    names = statistics.haplotype_names
    pieces = [
        of_region[:, bins].reshape(-1, len(names))
        for of_region, bins in zip(statistics.haplotype[rows], usable, strict=True)
    ]
    flat = np.concatenate(pieces).astype(np.float64)
    flat = flat[~np.isnan(flat).any(axis=1)][:, ~np.isin(names, COVARIATES)]
    return np.concatenate([population, means, flat.std(axis=0), np.quantile(flat, _PER_GENOME, axis=0)])


def compare(simulated: Genomes, observed: Genomes) -> pd.DataFrame:
    """Where the data lie among simulated genomes, statistic by statistic and all together.

    Parameters
    ----------
    simulated : Genomes
    observed : Genomes
        Exactly one.

    Returns
    -------
    DataFrame
        One row per statistic: statistic, summary, observed; median, lower and upper, the centre and 95 % interval of
        simulated genomes; deviation, the distance from the median in standard deviations (of a normal distribution
        with that interval); tail_probability, two-sided; verdict; covered_by, the scenarios whose own interval holds
        the data, comma-separated. The first row, `TOGETHER`, is the distance of the data from the centre of
        the simulated genomes in all statistics at once, and its tail_probability one-sided.

    Raises
    ------
    DataError
        Different statistics, or data of more than one genome.
    """
    if len(observed.values) != 1:
        raise DataError(f"the observed statistics are of {len(observed.values)} genomes; give those of one data set")
    if simulated.statistics != observed.statistics:
        raise DataError("simulated and observed statistics differ in their names; compute them again with one version")
    target = observed.values[0]
    groups = {name: np.array(simulated.scenarios) == name for name in sorted(set(simulated.scenarios))}
    rows = [_together(simulated.values, target, groups)]
    for index, (name, summary) in enumerate(simulated.statistics):
        # Whether the interval of all genomes holds the data, up to a tolerance, and which intervals of one scenario do.
        values, value = simulated.values[:, index], float(target[index])
        tolerance = _CALLABLE_TOLERANCE if name == "callable_fraction" else _RELATIVE_TOLERANCE * abs(value)
        covering = [scenario for scenario, members in groups.items() if _covers(values[members], value, tolerance)]
        rows.append(
            {
                **_place(name, summary, values, value),
                "tail_probability": _two_sided(values, value, tolerance),
                "verdict": INSIDE if _covers(values, value, tolerance) else OUTSIDE,
                "covered_by": ",".join(covering),
            }
        )
    return pd.DataFrame(rows)


def _place(name: str, summary: str, values: Array, value: float) -> dict[str, str | float]:
    # Distance from the median, in standard deviations of a normal distribution with the same 95 % interval; one that is
    # empty is as wide as rounding.
    median, lower, upper = (float(x) for x in np.quantile(values, [0.5, *INTERVAL]))
    scale = max((upper - lower) / _NORMAL_WIDTH, _RELATIVE_TOLERANCE * max(abs(median), abs(value)), 1e-300)
    return {
        "statistic": name,
        "summary": summary,
        "observed": value,
        "median": median,
        "lower": lower,
        "upper": upper,
        "deviation": (value - median) / scale,
    }


def _covers(values: Array, value: float, tolerance: float) -> bool:
    lower, upper = np.quantile(values, INTERVAL)
    return bool(lower - tolerance <= value <= upper + tolerance)


def _two_sided(values: Array, value: float, tolerance: float) -> float:
    """Twice the smaller of the shares of genomes at most and at least as large, the data counted among them."""
    least = min(int((values <= value + tolerance).sum()), int((values >= value - tolerance).sum()))
    return min(1.0, 2 * (least + 1) / (len(values) + 1))


def _together(simulated: Array, observed: Array, groups: dict[str, NDArray[np.bool_]]) -> dict[str, str | float]:
    """The first row of `compare`: the distance of the data in all statistics at once."""
    usual = 1 - (INTERVAL[1] - INTERVAL[0])
    # Share of genomes that lie as far out as the data: of all scenarios together, and of each by itself.
    distances = _distances(np.vstack([simulated, observed]))
    probability = _one_sided(distances)
    of_scenarios = {
        name: _one_sided(_distances(np.vstack([simulated[members], observed]))) for name, members in groups.items()
    }
    return {
        **_place(TOGETHER, "distance", distances[:-1], float(distances[-1])),
        "tail_probability": probability,
        "verdict": INSIDE if probability >= usual else OUTSIDE,
        "covered_by": ",".join(name for name, p in of_scenarios.items() if p >= usual),
    }


def _distances(values: Array) -> Array:
    """Mahalanobis distance of each row from the centre of all, on the scores of each column, shape (num_rows,).

    The data are one of the rows, so that they and the simulated genomes are treated alike: were they a simulated
    genome, each rank among the distances would be as likely as any other. The ridge is for fewer rows than columns.
    """
    # A column that is constant but for rounding says nothing, and has no score.
    varying = values.std(axis=0) > _RELATIVE_TOLERANCE * np.abs(values).max(axis=0)
    scores = _scores(values[:, varying])
    # Correlations of the scores, whose means are 0, shrunk by the ridge; then x' C^-1 x of each row x.
    covariance = scores.T @ scores / len(scores) + _RIDGE * np.eye(scores.shape[1])
    squared = np.einsum("ij,ij->i", scores, np.linalg.solve(covariance, scores.T).T)
    distances: Array = np.sqrt(np.maximum(squared, 0))
    return distances


def _scores(values: Array) -> Array:
    """Normal scores of the ranks in each column; the first and last also by the logarithm of their gap to the rest.

    Many statistics have long tails, in which some simulated genome is always far out: hence ranks. Ranks alone would
    not tell a value just beyond all others from one in another world: hence the gap.
    """
    # Spread of each column without its tails, from its 80 % interval; where that is empty, the standard deviation.
    spread = (np.quantile(values, 0.9, axis=0) - np.quantile(values, 0.1, axis=0)) / _NORMAL_80
    spread = np.where(spread > 0, spread, values.std(axis=0))
    # How far a value is above the second largest and below the second smallest: 0 but for the first and the last.
    ordered = np.sort(values, axis=0)
    above, below = np.maximum(values - ordered[-2], 0), np.maximum(ordered[1] - values, 0)
    # Normal quantiles of mid-ranks and the gaps in units of the spread, with mean 0 and variance 1 in each column.
    ranks = scipy.stats.rankdata(values, axis=0)
    scores = scipy.special.ndtri((ranks - 0.5) / len(values)) + np.log1p(above / spread) - np.log1p(below / spread)
    result: Array = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    return result


def _one_sided(distances: Array) -> float:
    """Share of rows at least as far out as the last one, itself included."""
    return float((distances >= distances[-1]).mean())


def share_as_far(tail_probability: float, num_genomes: int) -> str:
    """The simulated genomes at least as far out as the data, in words.

    Parameters
    ----------
    tail_probability : float
        Of the first row of `compare`, in which the data count as one of the genomes; here they do not.
    num_genomes : int
        Simulated genomes.
    """
    number = round(tail_probability * (num_genomes + 1)) - 1
    return f"{number:,} of {num_genomes:,} simulated genomes ({number / num_genomes:.1%})".replace("%", " %")


def chance_outside(num_genomes: int) -> float:
    """Chance that a genome like the simulated ones lies outside the interval of so many of them.

    Interpolated quantiles of few draws lie inward of those of the distribution (Hyndman and Fan 1996, Am Stat 50:361,
    type 7): the quantile p of n draws has the expected rank (1 + (n - 1) p) / (n + 1).

    Parameters
    ----------
    num_genomes : int
    """
    return 1 - (INTERVAL[1] - INTERVAL[0]) * (num_genomes - 1) / (num_genomes + 1)


def outcome(table: pd.DataFrame, num_genomes: int, *, most: int = 10) -> list[str]:
    """The outcome of `compare` in a few lines, the worst disagreement first.

    Parameters
    ----------
    table : DataFrame
        Of `compare`.
    num_genomes : int
        Simulated genomes.
    most : int
        Statistics outside their interval that get a line each.
    """
    together, single = table.iloc[0], table.iloc[1:]
    outside = single[single["verdict"] == OUTSIDE].sort_values("deviation", key=np.abs, ascending=False)
    chance = round(chance_outside(num_genomes) * len(single))
    lines = [
        f"{len(outside)} of {len(single)} statistics lie outside the 95 % interval of {num_genomes} simulated genomes; "
        f"about {chance} would by chance",
        f"all statistics together: {share_as_far(float(together['tail_probability']), num_genomes)} are as far out as "
        f"the data; tail probability {together['tail_probability']:.3g}",
    ]
    for row in outside.head(most).to_dict("records"):
        covered = f"; within the interval of {row['covered_by']}" if row["covered_by"] else ""
        lines.append(
            f"outside: {row['statistic']} ({row['summary']}): {row['observed']:.4g}, simulated {row['median']:.4g} "
            f"({row['lower']:.4g} to {row['upper']:.4g}){covered}"
        )
    if len(outside) > most:
        lines.append(f"... and {len(outside) - most} more")
    return lines
