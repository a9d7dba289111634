"""Exact ghost-derived tracts of a simulated tree sequence, from its migration records."""

import numpy as np
import pandas as pd
import tskit
from numpy.typing import NDArray

from introghost.errors import DataError


def ghost_tracts(ts: tskit.TreeSequence, ghost_deme_name: str | None) -> pd.DataFrame:
    """Intervals in which each sample's ancestry passes through the ghost deme.

    A migration record with the ghost as its destination (backwards in time) says that the lineage above a node entered
    the ghost over an interval. Every sample below that node in that interval is ghost-derived there, also where the
    tract can't be seen because its lineages coalesce early.

    Parameters
    ----------
    ts : tskit.TreeSequence
        Simulated by msprime with ``record_migrations=True``, not simplified since.
    ghost_deme_name : str or None
        None (a scenario without a ghost) gives no tracts.

    Returns
    -------
    DataFrame
        Columns ``haplotype`` (int32, index of the sample), ``start_bp`` and ``end_bp`` (int64, 0-based half-open);
        sorted, disjoint and not abutting within a haplotype.

    Raises
    ------
    DataError
        If no population has that name.
    """
    if ghost_deme_name is None:
        return merge_intervals(np.empty(0, np.int32), np.empty(0), np.empty(0))
    ghost = _population_id(ts, ghost_deme_name)
    migrations = ts.tables.migrations
    entering = migrations.dest == ghost
    sample_index = np.full(ts.num_nodes, -1, dtype=np.int32)
    sample_index[ts.samples()] = np.arange(ts.num_samples, dtype=np.int32)

    # Edges sorted by parent, so that those below node n are a slice that starts at first_edge[n].
    order = np.argsort(ts.edges_parent, kind="stable")
    child, left, right = ts.edges_child[order], ts.edges_left[order], ts.edges_right[order]
    first_edge = np.searchsorted(ts.edges_parent[order], np.arange(ts.num_nodes + 1))

    # Down from the nodes above which lineages entered the ghost: an interval goes on to a child as far as their edge
    # reaches, and counts where it arrives at a sample.
    node, start, end = migrations.node[entering], migrations.left[entering], migrations.right[entering]
    passing: list[tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]] = []
    while len(node):
        is_sample = sample_index[node] >= 0
        passing.append((sample_index[node[is_sample]], start[is_sample], end[is_sample]))
        counts = first_edge[node + 1] - first_edge[node]
        above = np.repeat(np.arange(len(node)), counts)
        edge = np.arange(len(above)) - np.repeat(np.cumsum(counts) - counts, counts) + first_edge[node[above]]
        start, end = np.maximum(start[above], left[edge]), np.minimum(end[above], right[edge])
        overlapping = start < end
        node, start, end = child[edge][overlapping], start[overlapping], end[overlapping]
    if not passing:
        return merge_intervals(np.empty(0, np.int32), np.empty(0), np.empty(0))
    haplotype, tract_start, tract_end = (np.concatenate(column) for column in zip(*passing, strict=True))
    return merge_intervals(haplotype, tract_start, tract_end)


def merge_intervals(haplotype: NDArray[np.int32], start: NDArray[np.float64], end: NDArray[np.float64]) -> pd.DataFrame:
    """Union of each haplotype's intervals, abutting ones joined; columns as those of `ghost_tracts`.

    Parameters
    ----------
    haplotype : ndarray of int32, shape (num_intervals,)
        Index of the sample.
    start, end : ndarray of float64, shape (num_intervals,)
        In bp, 0-based and half-open.
    """
    order = np.lexsort((start, haplotype))
    tracts = pd.DataFrame(
        {
            "haplotype": haplotype[order].astype(np.int32),
            "start_bp": start[order].astype(np.int64),
            "end_bp": end[order].astype(np.int64),
        }
    )
    reached = tracts.groupby("haplotype")["end_bp"].cummax()
    previous = reached.groupby(tracts["haplotype"]).shift(fill_value=-1)
    run = (tracts["start_bp"] > previous).cumsum().rename("run")
    merged = tracts.groupby(run, sort=True).agg({"haplotype": "first", "start_bp": "first", "end_bp": "max"})
    return merged.reset_index(drop=True).astype({"haplotype": np.int32, "start_bp": np.int64, "end_bp": np.int64})


def _population_id(ts: tskit.TreeSequence, name: str) -> int:
    names = [population.metadata.get("name") for population in ts.populations()]
    if name not in names:
        raise DataError(f"the tree sequence has no population '{name}'; it has {', '.join(map(str, names))}")
    return names.index(name)
