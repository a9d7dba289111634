"""Every scenario against a demography that is written from its description, without Demes."""

import math
from collections.abc import Callable
from pathlib import Path

import msprime
import pytest

from introghost.simulation import priors, scenarios

FOLDER = Path(__file__).parents[3] / "config" / "scenarios"
Parameters = dict[str, float]


def ancestors(p: Parameters, others: dict[str, tuple[float, float]] | None = None) -> msprime.Demography:
    """Ancestral population, others of constant size until a time, outgroup and target with the migration between."""
    demography = msprime.Demography()
    demography.add_population(name="Ancestral", initial_size=p["ancestral_size"])
    for name, (size, end_time) in (others or {}).items():
        demography.add_population(name=name, initial_size=size, default_sampling_time=end_time, initially_active=False)
    growth_time, founder_time = p["growth_time"], p["target_founder_time"]
    demography.add_population(
        name="Outgroup",
        initial_size=p["outgroup_present_size"],
        growth_rate=math.log(p["outgroup_present_size"] / p["outgroup_size"]) / growth_time,
    )
    demography.add_population(name="Target", initial_size=p["target_present_size"])
    demography.set_symmetric_migration_rate(["Outgroup", "Target"], p["migration_rate"])
    # Backwards in time: founders, recent growth, growth after the bottleneck, bottleneck.
    of_target = [
        (p["target_founder_end_time"], p["target_founder_size"], 0.0),
        (
            founder_time,
            p["target_present_size"],
            math.log(p["target_present_size"] / p["target_recent_size"]) / (growth_time - founder_time),
        ),
        (
            growth_time,
            p["target_recent_size"],
            math.log(p["target_recent_size"] / p["target_expansion_size"])
            / (p["target_bottleneck_end_time"] - growth_time),
        ),
        (p["target_bottleneck_end_time"], p["target_bottleneck_size"], 0.0),
    ]
    for population, time, size, rate in [
        ("Outgroup", growth_time, p["outgroup_size"], 0.0),
        *(("Target", *change) for change in of_target),
    ]:
        demography.add_population_parameters_change(
            time=time, population=population, initial_size=size, growth_rate=rate
        )
    return demography


def split(demography: msprime.Demography, p: Parameters, ancestor: str = "Ancestral") -> msprime.Demography:
    demography.add_population_split(time=p["split_time"], derived=["Outgroup", "Target"], ancestral=ancestor)
    return demography


def no_ghost(p: Parameters) -> msprime.Demography:
    return split(ancestors(p), p)


def bottleneck(p: Parameters) -> msprime.Demography:
    demography = ancestors(p)
    demography.add_population_parameters_change(
        time=p["outgroup_bottleneck_end_time"], population="Outgroup", initial_size=p["outgroup_bottleneck_size"]
    )
    return split(demography, p)


def with_ghost(p: Parameters) -> msprime.Demography:
    demography = no_ghost(p)
    demography.add_population(name="Ghost", initial_size=p["ghost_size"])
    demography.add_population_split(time=p["ghost_split_time"], derived=["Ghost"], ancestral="Ancestral")
    return demography


def pulse(demography: msprime.Demography, p: Parameters, source: str, dest: str, share: str) -> msprime.Demography:
    """With a pulse from `source` to `dest`, forwards in time."""
    demography.add_mass_migration(time=p["pulse_time"], source=dest, dest=source, proportion=p[share])
    return demography


def ghost(p: Parameters) -> msprime.Demography:
    return pulse(with_ghost(p), p, "Ghost", "Target", "ghost_proportion")


def outgroup_ghost(p: Parameters) -> msprime.Demography:
    return pulse(with_ghost(p), p, "Ghost", "Outgroup", "ghost_proportion")


def ghost_continuous(p: Parameters) -> msprime.Demography:
    """Backwards in time lineages go from the target to the ghost while migrants come from there."""
    demography = with_ghost(p)
    for time, rate in (("end", p["ghost_migration_rate"]), ("start", 0.0)):
        demography.add_migration_rate_change(
            time=p[f"ghost_migration_{time}_time"], source="Target", dest="Ghost", rate=rate
        )
    return demography


def back_migration(p: Parameters) -> msprime.Demography:
    return pulse(no_ghost(p), p, "Target", "Outgroup", "back_migration_proportion")


def stems(p: Parameters, end_time: float) -> dict[str, tuple[float, float]]:
    return {"FirstStem": (p["first_stem_size"], end_time), "SecondStem": (p["second_stem_size"], end_time)}


def separate(demography: msprime.Demography, p: Parameters, end_time: float) -> None:
    """The two stems, from their separation to the end of both."""
    demography.add_symmetric_migration_rate_change(
        time=end_time, populations=["FirstStem", "SecondStem"], rate=p["stem_migration_rate"]
    )
    demography.add_population_split(
        time=p["structure_time"], derived=["FirstStem", "SecondStem"], ancestral="Ancestral"
    )


def structure(p: Parameters) -> msprime.Demography:
    demography = ancestors(p, stems(p, p["split_time"]))
    share = p["second_stem_proportion"]
    demography.add_admixture(
        time=p["split_time"], derived="Target", ancestral=["FirstStem", "SecondStem"], proportions=[1 - share, share]
    )
    demography.add_population_split(time=p["split_time"], derived=["Outgroup"], ancestral="FirstStem")
    separate(demography, p, p["split_time"])
    return demography


def ghost_with_structure(p: Parameters) -> msprime.Demography:
    demography = structure(p)
    demography.add_population(name="Ghost", initial_size=p["ghost_size"])
    demography.add_population_split(time=p["ghost_split_time"], derived=["Ghost"], ancestral="Ancestral")
    return pulse(demography, p, "Ghost", "Target", "ghost_proportion")


def structure_merged(p: Parameters) -> msprime.Demography:
    merged = {"Merged": (p["merged_size"], p["split_time"])}
    demography = split(ancestors(p, stems(p, p["merge_time"]) | merged), p, "Merged")
    share = p["second_stem_proportion"]
    demography.add_admixture(
        time=p["merge_time"], derived="Merged", ancestral=["FirstStem", "SecondStem"], proportions=[1 - share, share]
    )
    separate(demography, p, p["merge_time"])
    return demography


TWINS: dict[str, Callable[[Parameters], msprime.Demography]] = {
    twin.__name__: twin
    for twin in (
        no_ghost,
        bottleneck,
        structure,
        structure_merged,
        ghost,
        ghost_continuous,
        ghost_with_structure,
        outgroup_ghost,
        back_migration,
    )
}


@pytest.mark.parametrize(
    "path", [path for path in sorted(FOLDER.iterdir()) if path.name != "apes"], ids=lambda p: p.name
)
def test_every_draw_is_the_demography_of_its_description(path: Path) -> None:
    scenario = scenarios.load(path)
    for seed in range(20):
        parameters = priors.draw(scenario, seed)
        twin = TWINS[path.name](parameters)
        twin.sort_events()
        built = msprime.Demography.from_demes(scenario.graph(parameters))
        built.assert_equivalent(twin, rel_tol=1e-6)


def test_a_pulse_the_other_way_round_is_another_demography() -> None:
    scenario = scenarios.load(FOLDER / "ghost")
    parameters = priors.draw(scenario, 1)
    built = msprime.Demography.from_demes(scenario.graph(parameters))
    twin = outgroup_ghost(parameters)
    twin.sort_events()
    with pytest.raises(AssertionError):
        built.assert_equivalent(twin, rel_tol=1e-6)
