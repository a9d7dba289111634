import shutil
from pathlib import Path

import demes
import msprime
import pytest

from introghost.errors import ConfigError
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
    summary = scenarios.check(path, draws=30, figure=tmp_path / "model.svg")
    assert (summary["minimum"] <= summary["maximum"]).all()
    assert (tmp_path / "model.svg").stat().st_size > 0


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
    graph = scenarios.load(CONFIG / "scenarios" / "ghost").graph({**ARCHIE, "migration_rate": 1e-6})
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
        ("priors.yaml", "lower: 7000", "lowr: 7000", r"ancestral_size: unknown key 'lowr'; did you mean 'lower'"),
        ("priors.yaml", "roles:", "rolls:", "unknown key 'rolls'; did you mean 'roles'"),
        ("priors.yaml", "outgroup: Outgroup", "outgroup: Outgrup", "no deme 'Outgrup'.*did you mean 'Outgroup'"),
        ("priors.yaml", "demes.Ghost.start_time", "demes.Ghast.start_time", "no 'Ghast'; did you mean 'Ghost'"),
        ("priors.yaml", "parameter: split_time", "parameter: splt_time", "'splt_time'.*did you mean 'split_time'"),
        ("priors.yaml", "lower: 1.0e-8", "lower: 1e-8", "write 1.0e-8"),
        ("priors.yaml", "distribution: uniform", "distribution: gaussian", "'gaussian' is not one of"),
        ("priors.yaml", "mutation_rate_per_bp", "mutation_rate", "'mutation_rate_per_bp' is a required property"),
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
