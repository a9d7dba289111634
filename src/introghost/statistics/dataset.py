"""Statistics of regions, simulated or real, put together from their haplotypes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from introghost.arrays import bin_edges_bp
from introghost.errors import ConfigError, DataError
from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes, callable_per_bin_bp
from introghost.statistics import stored
from introghost.statistics.haplotype import (
    MOMENTS,
    STATISTICS,
    haplotype_statistics,
    moments,
)
from introghost.statistics.pooled import PLAIN, Summary, few_targets
from introghost.statistics.population import POPULATION_STATISTICS, population_statistics
from introghost.statistics.table import Statistics, join

Attribute: TypeAlias = str | int | Sequence[int]

HAPLOTYPES_PER_REGION = 128
_ROLES = {"outgroup": OUTGROUP, "target": TARGET}


@dataclass(frozen=True)
class Region:
    """Haplotypes of one region and what is known about them.

    Attributes
    ----------
    haplotypes : Haplotypes
    genome, index : int
        The genome that the region belongs to and its number there; genome is -1 for real data.
    scenario : str
        Empty for real data.
    parameters : mapping of str to float
        The draw under which the region was simulated; empty for real data.
    tracts : DataFrame or None
        ``haplotype`` (row among the target haplotypes), ``start_bp``, ``end_bp``; None when unknown.
    rows : ndarray of int64 or None
        Target haplotypes whose statistics are kept; None keeps all.
    ghost_of_target : bool or None
        Whether the scenario has a ghost that gave to the target; None for real data.
    observation : int
        Which of several independent observations of the genome it belongs to; 0 for real data.
    """

    haplotypes: Haplotypes
    index: int
    genome: int = -1
    scenario: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    tracts: pd.DataFrame | None = None
    rows: NDArray[np.int64] | None = None
    ghost_of_target: bool | None = None
    observation: int = 0


def ghost_fraction(
    tracts: pd.DataFrame, num_haplotypes: int, interval_bp: tuple[int, int], bin_bp: int
) -> NDArray[np.float32]:
    """Fraction of each bin that ghost tracts cover.

    Parameters
    ----------
    tracts : DataFrame
        ``haplotype`` in [0, num_haplotypes), ``start_bp``, ``end_bp``; disjoint within a haplotype.
    num_haplotypes : int
    interval_bp : tuple of int
        Half-open; tracts are clipped to it.
    bin_bp : int

    Returns
    -------
    ndarray of float32, shape (num_haplotypes, num_bins)
    """
    edges = bin_edges_bp(*interval_bp, bin_bp)
    covered = np.zeros((num_haplotypes, len(edges) - 1))
    for haplotype, left, right in tracts[["haplotype", "start_bp", "end_bp"]].itertuples(index=False):
        overlap = np.minimum(edges[1:], right) - np.maximum(edges[:-1], left)
        covered[int(haplotype)] += np.maximum(overlap, 0)
    return (covered / bin_bp).astype(np.float32)


def build(
    regions: Iterable[Region],
    *,
    bin_bp: int,
    num_rows: int | None = None,
    attributes: Mapping[str, Attribute] | None = None,
    summary: Summary = PLAIN,
    with_haplotypes: bool = True,
) -> Statistics:
    """Compute the statistics of several regions of equal length.

    Parameters
    ----------
    regions : iterable of Region
        Consumed one at a time, so that haplotypes of only one region are in memory.
    bin_bp : int
        Divides the length of the regions.
    num_rows : int, optional
        Length of the dimension haplotype: a region with fewer haplotypes is filled up with NaN. By default regions
        must have the same target haplotypes, and all of them are kept.
    attributes : mapping, optional
        Further attributes of the dataset; they take the place of what the first region says.
    summary : Summary
        What is kept of a region as a whole.
    with_haplotypes : bool
        False leaves out what the segment network is trained on: statistics of each haplotype, their moments and the
        truth. That is far smaller and faster, and enough for networks of whole genomes.

    Returns
    -------
    Statistics
        Of its dataset's variables, all float32 and with labels as coordinates, ``haplotype_moments`` (region, moment,
        bin, statistic) are over all target haplotypes, those whose ``haplotype_statistics`` (region, haplotype, bin,
        statistic) are not kept among them. ``pooled_statistics`` (region, pooled_statistic) are those of `summary`.
        ``population_statistics`` (region, population_statistic) and ``callable_fraction`` (region, bin) are of the
        region; ``ghost_fraction`` (region, haplotype, bin) is there where the truth is known.

    Raises
    ------
    DataError
        No region, or regions that differ in length or samples.
    ConfigError
        `bin_bp` does not divide the region length.
    """
    rows, first, ghosts = [], None, dict[str, bool]()
    for region in regions:
        first = first or region
        if region.ghost_of_target is not None:
            ghosts[region.scenario] = region.ghost_of_target
        _check_alike(first.haplotypes, region.haplotypes, bin_bp, same_labels=with_haplotypes and num_rows is None)
        rows.append(_region_dataset(region, bin_bp, num_rows, summary, with_haplotypes))
    if first is None:
        raise DataError("there is no region to compute statistics of")
    dataset = join(rows)
    diploids = {role: int((first.haplotypes.roles == code).sum() // 2) for role, code in _ROLES.items()}
    dataset.attrs = {
        "bin_bp": int(bin_bp),
        "region_length_bp": int(first.haplotypes.interval_bp[1] - first.haplotypes.interval_bp[0]),
        **{f"{role}_diploids": [number, number] for role, number in diploids.items()},
        "ancestral": first.haplotypes.ancestral_status,
        "observation": "{}",
        stored.SEGMENT_MODEL: summary.segment_model_digest,
        stored.GHOST_OF_TARGET: json.dumps(ghosts, sort_keys=True),
        **(attributes or {}),
    }
    return Statistics(dataset)


def _check_alike(first: Haplotypes, other: Haplotypes, bin_bp: int, *, same_labels: bool) -> None:
    length = first.interval_bp[1] - first.interval_bp[0]
    if bin_bp < 1 or length % bin_bp:
        raise ConfigError(f"bin_bp {bin_bp:,} does not divide the region length {length:,}")
    if other.interval_bp[1] - other.interval_bp[0] != length:
        raise DataError(f"regions differ in length: {length:,} and {other.interval_bp[1] - other.interval_bp[0]:,} bp")
    if same_labels and first.target_labels != other.target_labels:
        raise DataError("regions differ in their target haplotypes")


def _region_dataset(
    region: Region, bin_bp: int, num_rows: int | None, summary: Summary, with_haplotypes: bool
) -> xr.Dataset:
    """Statistics, truth and labels of one region, in a dataset of one region."""
    haplotypes = region.haplotypes
    statistics = haplotype_statistics(haplotypes, bin_bp).values if with_haplotypes else None
    # Where there are but few individuals, those are all of them, and nothing is computed twice.
    few = few_targets(haplotypes)
    of_few = statistics if few is haplotypes else None
    if of_few is None:
        of_few = haplotype_statistics(few, bin_bp).values
    fraction = (callable_per_bin_bp(haplotypes, bin_bp) / bin_bp).astype(np.float32)
    variables = {} if statistics is None else _haplotype_variables(region, statistics, bin_bp, num_rows)
    population = population_statistics(haplotypes)
    variables |= {
        "pooled_statistics": summary.compute(of_few, fraction),
        "population_statistics": population,
        "callable_fraction": fraction,
    }
    labels = {name: ("region", np.array([value])) for name, value in _labels(region).items()}
    names = {
        "statistic": list(STATISTICS),
        "moment": list(MOMENTS),
        "pooled_statistic": list(summary.names),
        "population_statistic": list(POPULATION_STATISTICS),
    }
    dataset = xr.Dataset({name: (stored.DIMENSIONS[name], value[None]) for name, value in variables.items()})
    dataset = dataset.assign_coords(labels).assign_coords(names)
    if with_haplotypes and num_rows is None:
        dataset = dataset.assign_coords(haplotype_label=("haplotype", np.array(haplotypes.target_labels)))
    return dataset


def _haplotype_variables(
    region: Region, statistics: NDArray[np.float32], bin_bp: int, num_rows: int | None
) -> dict[str, NDArray[np.float32]]:
    """Statistics of the haplotypes of one region that are kept, the moments of all of them, and the truth if known."""
    rows = np.arange(len(statistics)) if region.rows is None else region.rows
    variables = {
        "haplotype_statistics": _fill_up(statistics[rows], num_rows),
        "haplotype_moments": moments(statistics),
    }
    if region.tracts is not None:
        truth = ghost_fraction(region.tracts, len(statistics), region.haplotypes.interval_bp, bin_bp)
        variables["ghost_fraction"] = _fill_up(truth[rows], num_rows)
    return variables


def _labels(region: Region) -> dict[str, str | int | float]:
    """What a region is called, where it is, and its parameters."""
    return {
        "genome": region.genome,
        "scenario": region.scenario,
        "region_index": region.index,
        "observation_index": region.observation,
        "contig": region.haplotypes.contig,
        "start_bp": region.haplotypes.interval_bp[0],
        **{f"{stored.PARAMETER}{name}": float(value) for name, value in region.parameters.items()},
    }


def _fill_up(values: NDArray[np.float32], num_rows: int | None) -> NDArray[np.float32]:
    """`values` with rows of NaN added until there are `num_rows`."""
    if num_rows is None:
        return values
    return np.pad(values, [(0, num_rows - len(values))] + [(0, 0)] * (values.ndim - 1), constant_values=np.nan)
