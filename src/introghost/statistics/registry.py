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
            f"Two {role} haplotypes differ in a window of 50 segregating sites, mean over windows.",
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
