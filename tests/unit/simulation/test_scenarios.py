import shutil
from pathlib import Path

import demes
import msprime
import pytest

from introghost import presets
from introghost.errors import ConfigError
from introghost.inference.prior_scale import PriorScale
from introghost.simulation import priors, scenarios

CONFIG = Path(__file__).parents[3] / "config"
FOLDERS = [CONFIG / "demo", *(CONFIG / "scenarios" / name for name in ("no_ghost", "ghost", "structure"))]

ARCHIE = {
    "ancestral_size": 10_000,
    "split_time": 2500,
    "outgroup_size": 10_000,
    "target_bottleneck_size": 10_000,
    "target_bottleneck_end_time": 1000,
    "target_expansion_size": 10_000,
    "target_recent_size": 10_000,
    "ghost_split_time": 12_000,
    "ghost_size": 10_000,
    "pulse_time": 2000,
    "ghost_proportion": 0.02,
}
NEANDERTHAL = {
    "ancestral_size": 18_500,
    "split_time": 2265.5,
    "outgroup_size": 27_000,
    "target_bottleneck_size": 1080,
    "target_bottleneck_end_time": 1100,
    "target_expansion_size": 1450,
    "target_recent_size": 13_377,
    "ghost_split_time": 18_965.5,
    "ghost_size": 3400,
    "pulse_time": 1896.6,
    "ghost_proportion": 0.0225,
}


# Neither growth nor founders.
STEADY = {
    "growth_time": 250,
    "outgroup_present_size": 10_000,
    "target_present_size": 10_000,
    "target_founder_time": 25,
    "target_founder_end_time": 15,
    "target_founder_size": 10_000,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONFIG / "scenarios" / "ghost", tmp_path / "ghost"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.name)
def test_every_scenario_is_a_demes_model_and_every_draw_resolves(path: Path, tmp_path: Path) -> None:
    demes.load(path / "model.demes.yaml")
    summary = scenarios.check(scenarios.load(path), draws=30, figure=tmp_path / "model.svg")
    assert (summary["minimum"] <= summary["maximum"]).all()
    assert (tmp_path / "model.svg").stat().st_size > 0
    scenarios.check(scenarios.load(path), draws=1, figure=tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_bytes() == (tmp_path / "model.svg").read_bytes()


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.name)
def test_a_draw_reaches_the_graph(path: Path) -> None:
    scenario = scenarios.load(path)
    for seed in range(5):
        parameters = priors.draw(scenario, seed)
        graph = scenario.graph(parameters)
        assert graph["Target"].start_time == parameters["split_time"]
        if "ghost" in scenario.roles:
            assert graph["Ghost"].start_time == parameters["ghost_split_time"]
            assert graph.pulses[0].time == parameters["pulse_time"]
            assert graph.pulses[0].proportions == [parameters["ghost_proportion"]]


def test_structure_proportions_add_to_one() -> None:
    scenario = scenarios.load(CONFIG / "scenarios" / "structure")
    parameters = priors.draw(scenario, 1)
    share = parameters["second_stem_proportion"]
    assert scenario.graph(parameters)["Target"].proportions == [1 - share, share]


@pytest.mark.parametrize("published", [ARCHIE, NEANDERTHAL], ids=["archie", "neanderthal"])
def test_published_models_lie_inside_the_ghost_prior(published: dict[str, float]) -> None:
    scenario = scenarios.load(CONFIG / "scenarios" / "ghost")
    for prior in scenario.parameters:
        if prior.name in published:
            assert prior.lower.resolve(published) <= published[prior.name] <= prior.upper.resolve(published), prior.name


def test_ghost_graph_equals_a_demography_written_by_hand() -> None:
    graph = scenarios.load(CONFIG / "scenarios" / "ghost").graph({**ARCHIE, **STEADY, "migration_rate": 1e-6})
    demography = msprime.Demography()
    for name in ("Ancestral", "Outgroup", "Target", "Ghost"):
        demography.add_population(name=name, initial_size=10_000)
    demography.set_symmetric_migration_rate(["Outgroup", "Target"], 1e-6)
    demography.add_mass_migration(time=2000, source="Target", dest="Ghost", proportion=0.02)
    demography.add_population_split(time=2500, derived=["Outgroup", "Target"], ancestral="Ancestral")
    demography.add_population_split(time=12_000, derived=["Ghost"], ancestral="Ancestral")
    msprime.Demography.from_demes(graph).assert_equivalent(demography, rel_tol=1e-9)


def test_demo_equals_the_published_demography() -> None:
    scenario = scenarios.load(CONFIG / "demo")
    years = 29
    demography = msprime.Demography()
    demography.add_population(name="Ancestral", initial_size=18_500)
    demography.add_population(name="Ghost", initial_size=3400)
    demography.add_population(name="Outgroup", initial_size=27_000)
    growth = 0.00202
    demography.add_population(name="Target", initial_size=13_377.357734109575, growth_rate=growth)
    demography.add_population_parameters_change(time=1100, population="Target", initial_size=1080, growth_rate=0)
    demography.add_mass_migration(time=55_000 / years, source="Target", dest="Ghost", proportion=0.0225)
    demography.add_population_split(time=65_700 / years, derived=["Outgroup", "Target"], ancestral="Ancestral")
    demography.add_population_split(time=550_000 / years, derived=["Ghost"], ancestral="Ancestral")
    built = msprime.Demography.from_demes(scenario.graph(priors.draw(scenario, 1)))
    built.assert_equivalent(demography, rel_tol=1e-5)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "priors.yaml",
            "lower: 7000",
            "lowr: 7000",
            "unknown key 'lowr' in section 'parameters.ancestral_size'; did you mean 'lower'",
        ),
        ("priors.yaml", "roles:", "rolls:", "unknown key 'rolls' in the top level; did you mean 'roles'"),
        ("priors.yaml", "outgroup: Outgroup", "outgroup: Outgrup", "no deme 'Outgrup'.*did you mean 'Outgroup'"),
        ("priors.yaml", "demes.Ghost.start_time", "demes.Ghast.start_time", "no 'Ghast'; did you mean 'Ghost'"),
        ("priors.yaml", "parameter: split_time", "parameter: splt_time", "'splt_time'.*did you mean 'split_time'"),
        ("priors.yaml", "lower: 1.0e-8", "lower: 1e-8", "write 1.0e-8"),
        ("priors.yaml", "distribution: uniform", "distribution: gaussian", "'gaussian' is not one of"),
        ("priors.yaml", "mutation_rate_per_bp", "mutation_rate", "section 'parameters' lacks mutation_rate_per_bp"),
        ("priors.yaml", "target: Target", "target: NO", "roles.target: YAML reads the value as False.*quotes"),
        ("priors.yaml", "target: Target", "target: 001", "roles.target: YAML reads the value as 1,.*quotes"),
        ("priors.yaml", "split_time:", "yes:", "reads a key as True.*quotes"),
        ("priors.yaml", "ancestral_size:", "split_time:", "the key 'split_time' is given twice"),
        ("priors.yaml", "ghost_of_target: true", "ghost_of_target: 1", "ghost_of_target: 1 is not of type 'boolean'"),
        ("priors.yaml", "  ghost: Ghost\n", "", "ghost_of_target: true, but roles name no ghost"),
        ("priors.yaml", "ghost_of_target: true\n", "", "roles name a ghost, Ghost.*write `ghost_of_target: true`"),
        (
            "model.demes.yaml",
            "sources: [Ghost]",
            "sources: [Outgroup]",
            "no pulse, migration or descent leads from Ghost",
        ),
        ("priors.yaml", "roles:", "roles: [", "not valid YAML"),
        ("model.demes.yaml", "time_units: generations", "time_units: years", "time_units: generations"),
    ],
)
def test_a_mistake_is_named(folder: Path, file: str, old: str, new: str, message: str) -> None:
    edit(folder / file, old, new)
    with pytest.raises(ConfigError, match=message):
        scenarios.load(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "priors.yaml").unlink()
    with pytest.raises(ConfigError, match=r"priors\.yaml: no such file"):
        scenarios.load(folder)


def test_an_impossible_model_is_one_error() -> None:
    scenario = scenarios.load(CONFIG / "scenarios" / "ghost")
    parameters = {**priors.draw(scenario, 1), "pulse_time": 1e6}
    with pytest.raises(ConfigError, match="scenario ghost: not a valid Demes model"):
        scenario.graph(parameters)


def test_digest_changes_with_priors_and_not_with_descriptions(folder: Path) -> None:
    original = scenarios.digest(scenarios.load(folder))
    edit(folder / "model.demes.yaml", "description: never sampled", "description: unseen")
    edit(folder / "priors.yaml", "Wide enough", "Large enough")
    assert scenarios.digest(scenarios.load(folder)) == original
    edit(folder / "priors.yaml", "upper: 0.2", "upper: 0.3")
    assert scenarios.digest(scenarios.load(folder)) != original


MEANING = {
    "back_migration": False,
    "bottleneck": False,
    "ghost": True,
    "ghost_continuous": True,
    "ghost_with_structure": True,
    "no_ghost": False,
    "outgroup_ghost": False,
    "structure": False,
    "structure_merged": False,
    "apes/bonobo_ghost": True,
    "apes/ghost": True,
    "apes/no_ghost": False,
    "demo": True,
}


def test_every_shipped_scenario_says_whether_its_ghost_gave_to_the_target() -> None:
    shipped = presets.scenarios()
    assert {name: scenarios.load(folder).has_target_ghost for name, folder in shipped.items()} == MEANING
    for folder in shipped.values():
        assert "\nghost_of_target: " in (folder / "priors.yaml").read_text()


def test_the_meaning_is_not_in_the_name(folder: Path) -> None:
    renamed = folder.rename(folder.with_name("neanderthal"))
    assert scenarios.load(renamed).has_target_ghost
    edit(renamed / "priors.yaml", "ghost_of_target: true", "ghost_of_target: false")
    assert not scenarios.load(renamed.rename(folder)).has_target_ghost


def test_without_a_ghost_among_the_roles_none_gave_to_the_target(folder: Path) -> None:
    edit(folder / "priors.yaml", "  ghost: Ghost\n", "")
    edit(folder / "priors.yaml", "ghost_of_target: true\n", "")
    assert not scenarios.load(folder).has_target_ghost


def test_what_a_scenario_means_is_part_of_its_digest(folder: Path) -> None:
    before = scenarios.digest(scenarios.load(folder))
    edit(folder / "priors.yaml", "ghost_of_target: true", "ghost_of_target: false")
    assert scenarios.digest(scenarios.load(folder)) != before, "what is kept under it says whose ghost it is"


def test_a_folder_cannot_be_called_null(folder: Path) -> None:
    for name in ("null", "NA", "None"):
        folder = folder.rename(folder.with_name(name))
        with pytest.raises(ConfigError, match=f"no scenario can be called {name}.*no_ghost"):
            scenarios.load(folder)


def test_a_nuisance_is_drawn_and_not_inferred(folder: Path) -> None:
    scenario = scenarios.load(folder)
    nuisances = {prior.name for prior in scenario.parameters if prior.nuisance}
    assert nuisances == set(STEADY)
    assert nuisances < set(priors.draw(scenario, 1))
    assert not nuisances & set(PriorScale(scenario.parameters).names)


def test_what_is_inferred_does_not_rest_on_a_nuisance(folder: Path) -> None:
    edit(folder / "priors.yaml", "  split_time:\n    {", "  split_time:\n    {nuisance: true, ")
    with pytest.raises(ConfigError, match=r"target_bottleneck_end_time is inferred.*'split_time', which is a nuisance"):
        scenarios.load(folder)
