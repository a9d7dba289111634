"""The table of all statistics: what each is called, means and is measured in, and where it comes from."""

import itertools
from dataclasses import dataclass
from typing import Literal


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
    """

    name: str
    level: Literal["haplotype", "population"]
    unit: str
    definition: str
    citation: str


def _population(name: str, unit: str, definition: str, citation: str) -> Statistic:
    return Statistic(name, "population", unit, definition, citation)


def _classes(edges: tuple[str, ...]) -> list[str]:
    return [f"({low}, {high}]" for low, high in itertools.pairwise(edges)]


_FREQUENCY = ("0", "0.05", "0.1", "0.2", "0.5", "1")
_PRIVATE = ("0", "0.02", "0.05", "0.1", "0.2", "1")
_DISTANCE = ("0", "5 kb", "20 kb", "100 kb")
_JOINT = ("absent", *_classes(("0", "0.1", "0.5", "1")))

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
            for index, interval in enumerate(_classes(_FREQUENCY))
        ),
        _population(f"pi_{role}", "per bp", f"Mean pairwise difference in the {role}.", "Nei & Li 1979"),
        _population(f"theta_{role}", "per bp", f"Watterson's estimator in the {role}.", "Watterson 1975"),
        _population(f"tajima_d_{role}", "1", f"Tajima's D in the {role}; 0 below three sites.", "Tajima 1989"),
        *(
            _population(
                f"ld_{role}_{index}",
                "r²",
                f"Mean r² less 1/(n-1) in the {role}, common sites (≥ 0.1) at distances in {interval}.",
                "Hill & Robertson 1968",
            )
            for index, interval in enumerate(_classes(_DISTANCE))
        ),
        _population(
            f"haplotype_diversity_{role}",
            "probability",
            f"Two {role} haplotypes differ in a window of 50 segregating sites, mean over every fourth window.",
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
        for index, interval in enumerate(_classes(_PRIVATE))
    ),
    *(
        _population(
            f"private_run_{name}",
            "bp",
            f"{label} span of runs of two or more private alleles on one haplotype with gaps below 10 kb.",
            "Plagnol & Wall 2006",
        )
        for name, label in (("mean", "Mean"), ("q90", "90 % quantile of the"), ("max", "Largest"))
    ),
    _population(
        "private_ld",
        "r²",
        "Mean r² less 1/(n-1) among private alleles carried at least twice, within 50 kb.",
        "Plagnol & Wall 2006",
    ),
)

POPULATION: tuple[Statistic, ...] = _WITHIN + _BETWEEN


def _haplotype(name: str, unit: str, definition: str, citation: str = "this package") -> Statistic:
    return Statistic(name, "haplotype", unit, definition, citation)


_PRIVATE_CITATION = "Plagnol & Wall 2006; Skov et al. 2018"
_DISTANCE_CITATION = "Durvasula & Sankararaman 2019"

HAPLOTYPE: tuple[Statistic, ...] = (
    _haplotype(
        "private_singletons",
        "per 10 kb",
        "Carried alleles that the outgroup lacks and no other target haplotype carries.",
        _PRIVATE_CITATION,
    ),
    _haplotype(
        "private_shared_rare",
        "per 10 kb",
        "Carried alleles that the outgroup lacks, in two or more target haplotypes, at most 5 % of them.",
        _PRIVATE_CITATION,
    ),
    _haplotype(
        "private_shared_intermediate",
        "per 10 kb",
        "As above, in more than 5 % and at most 20 % of the target haplotypes.",
        _PRIVATE_CITATION,
    ),
    _haplotype(
        "private_shared_common",
        "per 10 kb",
        "As above, in more than 20 % of the target haplotypes.",
        _PRIVATE_CITATION,
    ),
    _haplotype("rare_in_outgroup", "per 10 kb", "Carried alleles that at most 5 % of the outgroup carry, but some."),
    _haplotype("common_in_outgroup", "per 10 kb", "Carried alleles that more than 5 % of the outgroup carry."),
    _haplotype(
        "enriched_in_target",
        "per 10 kb",
        "Carried alleles that some of the outgroup carry, at most a quarter as often as the target: what was private "
        "to the target before its genes flowed into the outgroup.",
    ),
    _haplotype(
        "distance_nearest_outgroup",
        "per 10 kb",
        "Differences to the nearest outgroup haplotype over the window.",
        _DISTANCE_CITATION,
    ),
    _haplotype(
        "distance_quantile_outgroup",
        "per 10 kb",
        "5 % quantile of the differences to the outgroup haplotypes over the window.",
        _DISTANCE_CITATION,
    ),
    _haplotype(
        "distance_mean_outgroup",
        "per 10 kb",
        "Mean of the differences to the outgroup haplotypes over the window.",
        _DISTANCE_CITATION,
    ),
    _haplotype(
        "distance_nearest_outgroup_bin",
        "per 10 kb",
        "Differences to the nearest outgroup haplotype in the bin.",
        _DISTANCE_CITATION,
    ),
    _haplotype(
        "distance_nearest_outgroup_halves",
        "per 10 kb",
        "Differences to the outgroup haplotype that is nearest in each half of the bin, both halves together.",
        _DISTANCE_CITATION,
    ),
    _haplotype(
        "distance_nearest_outgroup_wide",
        "per 10 kb",
        "Differences to the nearest outgroup haplotype over the wide window.",
        _DISTANCE_CITATION,
    ),
    _haplotype("distance_nearest_target", "per 10 kb", "Differences to the nearest other target haplotype."),
    _haplotype("distance_mean_target", "per 10 kb", "Mean of the differences to the other target haplotypes."),
    _haplotype(
        "distance_nearest_target_halves",
        "per 10 kb",
        "Differences to the other target haplotype that is nearest in each half of the bin, both halves together.",
    ),
    _haplotype(
        "distance_nearest_target_wide",
        "per 10 kb",
        "Differences to the nearest other target haplotype over the wide window.",
    ),
    _haplotype(
        "closer_targets",
        "proportion",
        "Other target haplotypes that are closer than the nearest outgroup haplotype is, over the window: the clade "
        "that the outgroup is not in.",
    ),
    _haplotype(
        "private_shared_with_closest_target",
        "per 10 kb",
        "Private alleles shared with the target haplotype that shares most, over the window.",
        _PRIVATE_CITATION,
    ),
    _haplotype(
        "private_shared_with_closest_target_wide",
        "per 10 kb",
        "The same over the wide window.",
        _PRIVATE_CITATION,
    ),
    _haplotype("private_window", "per 10 kb", "Private alleles carried over the window.", _PRIVATE_CITATION),
    *(
        _haplotype(
            f"private_quarter_{number}",
            "per 10 kb",
            f"Private alleles carried in the {name} quarter of the bin, times four.",
            _PRIVATE_CITATION,
        )
        for number, name in enumerate(("first", "second", "third", "last"), start=1)
    ),
    *(
        _haplotype(
            f"closest_target_{name}", "per 10 kb", f"{of} of the nearest other target haplotype over the window."
        )
        for name, of in (
            ("distance_nearest_outgroup", "Distance to the nearest outgroup haplotype"),
            ("distance_quantile_outgroup", "5 % quantile of the distances to the outgroup"),
            ("private_shared", "Private alleles shared with the target haplotype that shares most,"),
            ("private_window", "Private alleles"),
        )
    ),
    _haplotype("outgroup_segregating", "per 10 kb", "Sites that vary in the outgroup; the same for all haplotypes."),
    _haplotype("target_segregating", "per 10 kb", "Sites that vary in the target; the same for all haplotypes."),
    _haplotype("callable_fraction", "proportion", "Callable part of the bin; the same for all haplotypes."),
    _haplotype("outgroup_haplotypes", "1", "Haplotypes of the outgroup; the same for all haplotypes and bins."),
    _haplotype("target_haplotypes", "1", "Haplotypes of the target; the same for all haplotypes and bins."),
)

ALL: tuple[Statistic, ...] = HAPLOTYPE + POPULATION
