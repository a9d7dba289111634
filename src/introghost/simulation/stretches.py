"""What differs along a chromosome: population sizes under linked selection, and the ghost's proportion where it was
selected.

A region is one stretch or three side by side. Each has a demographic model of its own, and its genealogies are
independent of its neighbours', as if a hotspot of recombination lay between.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import demes
import numpy as np

from introghost.simulation.observation import Range

LEAST_SIZE_FACTOR = 0.3
SELECTION_CONCENTRATION = 6.0
SELECTED_BP = (50_000, 500_000)


@dataclass(frozen=True)
class Stretch:
    """A part of a region, and how its demographic model differs from the genome's.

    Attributes
    ----------
    start_bp, end_bp : int
        Counted from the region's start, half-open.
    size_factor : float
        What all population sizes are multiplied by.
    ghost_proportion : float or None
        Proportion of the pulse from the ghost into the target; None leaves the genome's.
    """

    start_bp: int
    end_bp: int
    size_factor: float = 1.0
    ghost_proportion: float | None = None


def draw_size_factor(reduction: float, seed: int) -> float:
    """Factor on all population sizes of one region.

    Selection at linked sites lowers diversity about as a smaller population would (Charlesworth et al. 1993, Genetics
    134:1289; its map in humans: McVicker et al. 2009, PLoS Genet 5:e1000471).

    Parameters
    ----------
    reduction : float
        Mean over regions of one minus the factor, from 0 up to 1. Above 0.3 the bound of the factor makes it less: 0.49
        for 0.5, 0.63 for 0.7.
    seed : int

    Returns
    -------
    float
        From `LEAST_SIZE_FACTOR` to 1; beta-distributed above that bound.
    """
    if reduction <= 0:
        return 1.0
    shape = SELECTION_CONCENTRATION
    drawn = np.random.default_rng(seed).beta((1 - reduction) * shape, reduction * shape)
    return float(max(drawn, LEAST_SIZE_FACTOR))


def draw_stretches(
    length_bp: int, size_factor: float, share: float, ghost_proportion: float | None, seed: int
) -> tuple[Stretch, ...]:
    """Stretches of one region: in a share of regions one in the middle has a ghost's proportion of its own.

    Parameters
    ----------
    length_bp : int
        Of the region.
    size_factor : float
        Of `draw_size_factor`.
    share : float
        Probability that the ghost's proportion differs.
    ghost_proportion : float or None
        The genome's, the least that is drawn, log-uniformly up to 1; where there is no pulse from a ghost into the
        target, None or 0, all is one stretch.
    seed : int

    Returns
    -------
    tuple of Stretch
        Side by side, from 0 to `length_bp`. The one that differs is log-uniform in `SELECTED_BP` long, at most the
        region, and lies anywhere in it.
    """
    rng = np.random.default_rng(seed)
    if not ghost_proportion or rng.random() >= share:
        return (Stretch(0, length_bp, size_factor),)
    selected_bp = min(int(Range(*SELECTED_BP).draw(int(rng.integers(2**31)))), length_bp)
    start = int(rng.integers(length_bp - selected_bp, endpoint=True))
    proportion = float(np.exp(rng.uniform(math.log(ghost_proportion), 0.0)))
    edges = [0, start, start + selected_bp, length_bp]
    parts = zip(edges[:-1], edges[1:], (None, proportion, None), strict=True)
    return tuple(Stretch(left, right, size_factor, each) for left, right, each in parts if left < right)


def pulse_proportion(graph: demes.Graph, roles: Mapping[str, str]) -> float | None:
    """Proportion of the pulse from the ghost into the target; of several, the largest; None without one."""
    places = _ghost_pulses(graph, roles)
    return graph.pulses[places[0][0]].proportions[places[0][1]] if places else None


def _ghost_pulses(graph: demes.Graph, roles: Mapping[str, str]) -> list[tuple[int, int]]:
    """Pulses from the ghost into the target, the largest first, and the ghost's place among the sources of each."""
    ghost, target = roles.get("ghost"), roles["target"]
    places = [
        (number, pulse.sources.index(ghost))
        for number, pulse in enumerate(graph.pulses)
        if pulse.dest == target and ghost in pulse.sources
    ]
    return sorted(places, key=lambda place: -graph.pulses[place[0]].proportions[place[1]])


def graph_of(stretch: Stretch, graph: demes.Graph, roles: Mapping[str, str]) -> demes.Graph:
    """Demographic model of a stretch.

    Parameters
    ----------
    stretch : Stretch
    graph : demes.Graph
        The genome's.
    roles : mapping of str to str
        Deme of each role.
    """
    if stretch.size_factor == 1.0 and stretch.ghost_proportion is None:
        return graph
    model = graph.asdict()
    for deme in model["demes"]:
        for epoch in deme["epochs"]:
            epoch["start_size"] *= stretch.size_factor
            epoch["end_size"] *= stretch.size_factor
    if stretch.ghost_proportion is not None:
        number, index = _ghost_pulses(graph, roles)[0]
        pulse = model["pulses"][number]
        # The other sources of the pulse keep what is left, in their shares.
        others = sum(pulse["proportions"]) - pulse["proportions"][index]
        left = min(1.0, (1 - stretch.ghost_proportion) / others) if others else 0.0
        pulse["proportions"] = [left * proportion for proportion in pulse["proportions"]]
        pulse["proportions"][index] = stretch.ghost_proportion
    return demes.Graph.fromdict(model)
