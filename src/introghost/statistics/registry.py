"""The one list of all statistics: what each is called, means and is measured in, and where it comes from.

What the code needs to know of a statistic beside its value stands here too: over which sequence it is scaled, which one
it changes places with in a sequence that is read backwards. Definitions quote `thresholds`.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from introghost.statistics.thresholds import (
    ENRICHED_RATIO,
    HAPLOTYPE_WINDOW_SITES,
    HAPLOTYPE_WINDOW_STEP_SITES,
    JOINT_EDGES,
    LD_EDGES_BP,
    LD_MINIMUM_FREQUENCY,
    NEARLY_PRIVATE,
    OUTGROUP_QUANTILE,
    POOLED_QUANTILES,
    PRIVATE_EDGES,
    PRIVATE_LD_BP,
    RARE_IN_OUTGROUP,
    RUN_GAP_BP,
    SFS_EDGES,
    SHARED_CLASSES,
    WIDE_BINS,
    WINDOW_BINS,
)


class Scale(StrEnum):
    """The stretch whose callable sequence a count is divided by, so that it is one per 10 kb."""

    BIN = "bin"
    WINDOW = "window"
    """`WINDOW_BINS` bins around the bin."""
    WIDE = "wide window"
    """`WIDE_BINS` bins around the bin."""
    NONE = "none"
    """No count: the value stands as it is."""


@dataclass(frozen=True)
class Statistic:
    """One summary statistic.

    Attributes
    ----------
    name : str
        The name under which datasets and model bundles know it.
    level : {"haplotype", "population"}
        One value per target haplotype and bin, or one per region.
    unit : str
    definition : str
    citation : str
    scale : Scale
    mirror : str
        The statistic with which it changes places when a sequence is read from its other end; empty for none.
    covariate : bool
        It says how much was looked at, callable sequence and haplotypes, and not what was seen there. How it spreads
        over haplotypes and bins tells nothing.
    """

    name: str
    level: Literal["haplotype", "population"]
    unit: str
    definition: str
    citation: str
    scale: Scale = Scale.NONE
    mirror: str = ""
    covariate: bool = False


def _population(name: str, unit: str, definition: str, citation: str) -> Statistic:
    return Statistic(name, "population", unit, definition, citation)


def _classes(edges: Sequence[str]) -> list[str]:
    return [f"({low}, {high}]" for low, high in itertools.pairwise(edges)]


def _frequencies(edges: Sequence[float]) -> list[str]:
    return _classes([f"{edge:g}" for edge in edges])


def _kb(length_bp: int) -> str:
    return f"{length_bp / 1_000:g} kb" if length_bp else "0"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


_JOINT = ("absent", *_frequencies(JOINT_EDGES))

_WITHIN = tuple(
    statistic
    for role in ("outgroup", "target")
    for statistic in (
        *(
            _population(
                f"sfs_{role}_{index}",
                "proportion",
                f"Sites that segregate in the {role} whose derived frequency is in {interval}.",
                "Achaz 2009",
            )
            for index, interval in enumerate(_frequencies(SFS_EDGES))
        ),
        _population(f"pi_{role}", "per bp", f"Mean pairwise difference in the {role}.", "Nei & Li 1979"),
        _population(f"theta_{role}", "per bp", f"Watterson's estimator in the {role}.", "Watterson 1975"),
        _population(f"tajima_d_{role}", "1", f"Tajima's D in the {role}; 0 below three sites.", "Tajima 1989"),
        *(
            _population(
                f"ld_{role}_{index}",
                "r²",
                f"Mean r² less 1/(n-1) in the {role}, common sites (≥ {LD_MINIMUM_FREQUENCY:g}) at distances in "
                f"{interval}.",
                "Hill & Robertson 1968",
            )
            for index, interval in enumerate(_classes([_kb(edge) for edge in LD_EDGES_BP]))
        ),
        _population(
            f"haplotype_diversity_{role}",
            "probability",
            f"Two {role} haplotypes differ in a window of {HAPLOTYPE_WINDOW_SITES} segregating sites, mean over "
            f"windows that start every {HAPLOTYPE_WINDOW_STEP_SITES} sites.",
            "Nei & Tajima 1981",
        ),
    )
)

_BETWEEN = (
    *(
        _population(
            f"joint_sfs_{i}_{j}",
            "proportion",
            f"Segregating sites with derived frequency {first} in the outgroup and {second} in the target.",
            "Gutenkunst et al. 2009",
        )
        for i, first in enumerate(_JOINT)
        for j, second in enumerate(_JOINT)
        if i or j
    ),
    _population("fst", "1", "Hudson's FST, ratio of sums over sites.", "Hudson et al. 1992; Bhatia et al. 2013"),
    _population("dxy", "per bp", "Mean difference between an outgroup and a target haplotype.", "Nei & Li 1979"),
    *(
        _population(
            f"private_{index}",
            "per bp",
            f"Derived alleles that the outgroup lacks, with target frequency in {interval}.",
            "Plagnol & Wall 2006",
        )
        for index, interval in enumerate(_frequencies(PRIVATE_EDGES))
    ),
    *(
        _population(
            f"private_run_{name}",
            "bp",
            f"{label} span of runs of two or more private alleles on one haplotype with gaps below {_kb(RUN_GAP_BP)}.",
            "Plagnol & Wall 2006",
        )
        for name, label in (("mean", "Mean"), ("q90", "90 % quantile of the"), ("max", "Largest"))
    ),
    _population(
        "private_ld",
        "r²",
        f"Mean r² less 1/(n-1) among private alleles carried at least twice, within {_kb(PRIVATE_LD_BP)}.",
        "Plagnol & Wall 2006",
    ),
)

POPULATION: tuple[Statistic, ...] = _WITHIN + _BETWEEN


_PRIVATE_CITATION = "Plagnol & Wall 2006; Skov et al. 2018"
_DISTANCE_CITATION = "Durvasula & Sankararaman 2019"
_OVER = {
    Scale.BIN: "in the bin",
    Scale.WINDOW: f"over a window of {WINDOW_BINS} bins",
    Scale.WIDE: f"over a window of {WIDE_BINS} bins",
}


def _count(
    name: str, definition: str, citation: str = "this package", *, scale: Scale = Scale.BIN, mirror: str = ""
) -> Statistic:
    """A count or a distance of each haplotype, per 10 kb of callable sequence."""
    return Statistic(name, "haplotype", "per 10 kb", definition, citation, scale, mirror)


_PRIVATE = (
    _count(
        "private_singletons",
        "Carried alleles that the outgroup lacks and no other target haplotype carries.",
        _PRIVATE_CITATION,
    ),
    _count(
        "private_shared_rare",
        "Carried alleles that the outgroup lacks, in two or more target haplotypes, at most "
        f"{_percent(SHARED_CLASSES[0])} of them.",
        _PRIVATE_CITATION,
    ),
    _count(
        "private_shared_intermediate",
        f"As above, in more than {_percent(SHARED_CLASSES[0])} and at most {_percent(SHARED_CLASSES[1])} of the target "
        "haplotypes.",
        _PRIVATE_CITATION,
    ),
    _count(
        "private_shared_common",
        f"As above, in more than {_percent(SHARED_CLASSES[1])} of the target haplotypes.",
        _PRIVATE_CITATION,
    ),
)

_KNOWN_TO_OUTGROUP = (
    _count(
        "rare_in_outgroup",
        f"Carried alleles that at most {_percent(RARE_IN_OUTGROUP)} of the outgroup carry, but some.",
    ),
    _count(
        "common_in_outgroup",
        f"Carried alleles that more than {_percent(RARE_IN_OUTGROUP)} of the outgroup carry.",
    ),
    _count(
        "enriched_in_target",
        f"Carried alleles that some of the outgroup carry, at most {_percent(ENRICHED_RATIO)} as often as the target: "
        "what was private to the target before its genes flowed into the outgroup.",
    ),
    _count(
        "nearly_private",
        f"Carried alleles that at most {_percent(NEARLY_PRIVATE)} of the outgroup carry, or none, and at most "
        f"{_percent(ENRICHED_RATIO)} as often as the target.",
    ),
)

_DISTANCES = (
    _count(
        "distance_nearest_outgroup",
        f"Differences to the nearest outgroup haplotype {_OVER[Scale.WINDOW]}.",
        _DISTANCE_CITATION,
        scale=Scale.WINDOW,
    ),
    _count(
        "distance_quantile_outgroup",
        f"{_percent(OUTGROUP_QUANTILE)} quantile of the differences to the outgroup haplotypes {_OVER[Scale.WINDOW]}.",
        _DISTANCE_CITATION,
        scale=Scale.WINDOW,
    ),
    _count(
        "distance_mean_outgroup",
        f"Mean of the differences to the outgroup haplotypes {_OVER[Scale.WINDOW]}.",
        _DISTANCE_CITATION,
        scale=Scale.WINDOW,
    ),
    _count(
        "distance_nearest_outgroup_bin",
        f"Differences to the nearest outgroup haplotype {_OVER[Scale.BIN]}.",
        _DISTANCE_CITATION,
    ),
    _count(
        "distance_nearest_outgroup_halves",
        "Differences to the outgroup haplotype that is nearest in each half of the bin, both halves together.",
        _DISTANCE_CITATION,
    ),
    _count(
        "distance_nearest_outgroup_wide",
        f"Differences to the nearest outgroup haplotype {_OVER[Scale.WIDE]}.",
        _DISTANCE_CITATION,
        scale=Scale.WIDE,
    ),
    _count(
        "distance_quantile_outgroup_wide",
        f"{_percent(OUTGROUP_QUANTILE)} quantile of the differences to the outgroup haplotypes {_OVER[Scale.WIDE]}.",
        _DISTANCE_CITATION,
        scale=Scale.WIDE,
    ),
    _count(
        "distance_nearest_target",
        f"Differences to the nearest other target haplotype {_OVER[Scale.WINDOW]}.",
        scale=Scale.WINDOW,
    ),
    _count(
        "distance_mean_target",
        f"Mean of the differences to the other target haplotypes {_OVER[Scale.WINDOW]}.",
        scale=Scale.WINDOW,
    ),
    _count(
        "distance_nearest_target_halves",
        "Differences to the other target haplotype that is nearest in each half of the bin, both halves together.",
    ),
    _count(
        "distance_nearest_target_wide",
        f"Differences to the nearest other target haplotype {_OVER[Scale.WIDE]}.",
        scale=Scale.WIDE,
    ),
    Statistic(
        "closer_targets",
        "haplotype",
        "proportion",
        f"Other target haplotypes that are closer than the nearest outgroup haplotype is, {_OVER[Scale.WINDOW]}: the "
        "clade that the outgroup is not in.",
        "this package",
    ),
)

_SHARED = (
    _count(
        "private_shared_with_closest_target",
        f"Private alleles shared with the target haplotype that shares most, {_OVER[Scale.WINDOW]}.",
        _PRIVATE_CITATION,
        scale=Scale.WINDOW,
    ),
    _count(
        "private_shared_with_closest_target_wide",
        f"Private alleles shared with the target haplotype that shares most, {_OVER[Scale.WIDE]}.",
        _PRIVATE_CITATION,
        scale=Scale.WIDE,
    ),
    _count("private_window", f"Private alleles carried {_OVER[Scale.WINDOW]}.", _PRIVATE_CITATION, scale=Scale.WINDOW),
    _count(
        "nearly_private_shared_with_closest_target",
        f"Nearly private alleles shared with the target haplotype that shares most, {_OVER[Scale.WINDOW]}.",
        scale=Scale.WINDOW,
    ),
    _count(
        "nearly_private_shared_with_closest_target_wide",
        f"Nearly private alleles shared with the target haplotype that shares most, {_OVER[Scale.WIDE]}.",
        scale=Scale.WIDE,
    ),
    _count("nearly_private_window", f"Nearly private alleles carried {_OVER[Scale.WINDOW]}.", scale=Scale.WINDOW),
)

_QUARTERS = tuple(
    _count(
        f"private_quarter_{number}",
        f"Private alleles carried in the {name} quarter of the bin, times four.",
        _PRIVATE_CITATION,
        mirror=f"private_quarter_{5 - number}",
    )
    for number, name in enumerate(("first", "second", "third", "last"), start=1)
)

_OF_CLOSEST = tuple(
    _count(
        f"closest_target_{name}",
        f"{label} of the nearest other target haplotype {_OVER[Scale.WINDOW]}.",
        scale=Scale.WINDOW,
    )
    for name, label in (
        ("distance_nearest_outgroup", "Distance to the nearest outgroup haplotype"),
        ("distance_quantile_outgroup", f"{_percent(OUTGROUP_QUANTILE)} quantile of the distances to the outgroup"),
        ("private_shared", "Private alleles shared with the target haplotype that shares most,"),
        ("private_window", "Private alleles"),
        ("nearly_private_window", "Nearly private alleles"),
    )
)

_SEGREGATING = tuple(
    _count(f"{role}_segregating", f"Sites that vary in the {role}; the same for all haplotypes.")
    for role in ("outgroup", "target")
)


def _covariate(name: str, unit: str, definition: str) -> Statistic:
    return Statistic(name, "haplotype", unit, definition, "this package", covariate=True)


_COVARIATES = (
    _covariate("callable_fraction", "proportion", "Callable part of the bin; the same for all haplotypes."),
    *(
        _covariate(f"{role}_haplotypes", "1", f"Haplotypes of the {role}; the same for all haplotypes and bins.")
        for role in ("outgroup", "target")
    ),
)

HAPLOTYPE: tuple[Statistic, ...] = (
    *_PRIVATE,
    *_KNOWN_TO_OUTGROUP,
    *_DISTANCES,
    *_SHARED,
    *_QUARTERS,
    *_OF_CLOSEST,
    *_SEGREGATING,
    *_COVARIATES,
)

# Names in the order in which values stand in arrays, in files and in what networks are given.
STATISTICS: tuple[str, ...] = tuple(statistic.name for statistic in HAPLOTYPE)
POPULATION_STATISTICS: tuple[str, ...] = tuple(statistic.name for statistic in POPULATION)
POOLED: tuple[str, ...] = tuple(
    f"{part}_of_{name}" for part in ("mean", *(f"quantile_{q}" for q in POOLED_QUANTILES)) for name in STATISTICS
)

PRIVATE_CLASSES: tuple[str, ...] = tuple(statistic.name for statistic in _PRIVATE)
QUARTERS: tuple[str, ...] = tuple(statistic.name for statistic in _QUARTERS)
# Statistics that change places when a sequence is read from its other end.
MIRRORED: dict[str, str] = {statistic.name: statistic.mirror for statistic in HAPLOTYPE if statistic.mirror}
COVARIATES: tuple[str, ...] = tuple(statistic.name for statistic in HAPLOTYPE if statistic.covariate)
# The same in every bin of a file, callable or not.
SAMPLE_SIZES = ("outgroup_haplotypes", "target_haplotypes")
