"""``introghost config``: is this configuration, or this scenario, one that will run?"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from introghost import presets
from introghost.cli.data import length_findings, open_data, open_windows
from introghost.cli.help import Example, Verb, Verbs
from introghost.errors import ConfigError, DataError
from introghost.findings import Code, Finding, Severity

if TYPE_CHECKING:
    from introghost.configuration import Configuration, Data


@click.group("config", cls=Verbs)
def command() -> None:
    """Check a configuration or a scenario before anything runs."""


@command.command(
    "check",
    cls=Verb,
    examples=[
        Example("a configuration", "introghost config check my.yaml"),
        Example("a scenario, with a drawing", "introghost config check ghost --figures drawings"),
    ],
    help="Check CONFIG, a YAML file, with its data and every scenario it names; or a single scenario's folder. What "
    f"comes with introghost may be named: the configurations {', '.join(presets.configurations())}, and the scenarios "
    f"{', '.join(presets.scenarios())}.",
)
@click.argument("config")
@click.option(
    "--draws",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Draws from each prior; shown of a scenario.",
)
@click.option(
    "--figures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for a drawing of each scenario, NAME.svg.",
)
def check(config: str, draws: int, figures: Path | None) -> None:
    """Check a configuration with its data and its scenarios, or a single scenario."""
    from introghost.config import load

    path = presets.locate(config)
    folders = [path]
    if not path.is_dir():
        configuration = load(path)
        for finding in _check_files(configuration):
            click.echo(str(finding), err=True)
        _check_ghosts(configuration)
        _check_starts(configuration)
        _check_held_out(configuration)
        folders = configuration.scenario_folders()
    if figures:
        figures.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        _check_scenario(folder, draws, figures, shows_draws=path.is_dir())
    click.echo(f"{config}: ok")


def _check_ghosts(configuration: "Configuration") -> None:
    """Refuse a segment network that would see no tract, and demes that simulated data lack."""
    from introghost.configuration import Kind
    from introghost.simulation import scenarios

    folders = [configuration.scenarios[name] for name in configuration.simulations[Kind.SEGMENTS].genomes]
    if not any(scenarios.load(folder).has_target_ghost for folder in folders):
        raise ConfigError("simulations.segments.genomes: none of these scenarios has a ghost that gave to the target")
    data = configuration.data
    if data is None or data.simulated is None:
        return
    roles = scenarios.load(data.simulated.folder).roles
    (target,) = data.targets.values()
    for role, names in (("outgroup", data.outgroup), ("target", target)):
        if names != (roles[role],):
            raise ConfigError(f"data.{role}: {', '.join(names)}; of simulated data it is the deme {roles[role]}")


def _check_starts(configuration: "Configuration") -> None:
    """Refuse models that training can't start from: of other bins, scenarios or priors."""
    from introghost import models
    from introghost.configuration import Kind, trees_ancestral
    from introghost.inference.bundles import Task
    from introghost.inference.starting import check_start
    from introghost.simulation import scenarios

    genomes = configuration.simulations.get(Kind.GENOMES)
    chosen = {} if genomes is None else {name: configuration.scenarios[name] for name in genomes.genomes}
    for task, training in configuration.train.items():
        if training.start is not None:
            check_start(
                models.locate(training.start, f"train.{task}.from"),
                Task(task),
                ancestral=trees_ancestral(configuration.ancestral),
                bin_bp=configuration.bin_bp,
                region_length_bp=configuration.region_length_bp,
                regions=1 if genomes is None else genomes.regions,
                scenarios={name: scenarios.load(folder) for name, folder in chosen.items()},
                scenario=training.scenario,
            )


def _check_held_out(configuration: "Configuration") -> None:
    """Refuse so few genomes that a training has none to learn from, or none to validate with.

    Thresholds of segments are those of held-out genomes with a ghost.
    """
    import numpy as np

    from introghost.configuration import Kind
    from introghost.inference.bundles import Task
    from introghost.inference.training import split_genomes
    from introghost.simulation import scenarios

    with_ghost = {name for name, folder in configuration.scenarios.items() if scenarios.load(folder).has_target_ghost}
    for task, training in configuration.train.items():
        kind = Kind.SEGMENTS if Task(task) is Task.SEGMENTS else Kind.GENOMES
        simulation = configuration.simulations[kind]
        names = list(simulation.genomes) if training.scenario is None else [training.scenario]
        if kind is Kind.SEGMENTS:
            names = [name for name in names if name in with_ghost]
        genomes = [(name, number) for name in names for number in simulation.training_genomes(name)]
        scenario, number = zip(*genomes, strict=True)
        try:
            split_genomes(np.array(scenario), np.array(number), configuration.seed)
        except DataError as error:
            raise ConfigError(f"train.{task}: simulations.{kind}.{error}, or take another seed") from None


def _check_scenario(folder: Path, draws: int, figures: Path | None, shows_draws: bool) -> None:
    """Load a scenario, draw from its priors, and say what it is and, if that is wanted, what the draws span."""
    from introghost.simulation import scenarios

    scenario = scenarios.load(folder)
    figure = figures / f"{folder.name}.svg" if figures else None
    marginals = scenarios.check(scenario, draws=draws, figure=figure)
    meaning = "a ghost gave to the target" if scenario.has_target_ghost else "no ghost gave to the target"
    if not shows_draws:
        click.echo(f"{folder}: ok: {meaning}")
        return
    click.echo(f"{folder}: ok: {meaning}; its parameters in {draws} draws:")
    click.echo(marginals.to_string(index=False, float_format="{:.4g}".format))


def _check_files(configuration: "Configuration") -> list[Finding]:
    """Check what the data and the observation models name, without reading a record."""
    configuration.check_files()
    findings: list[Finding] = []
    observations = {simulation.observation for simulation in configuration.simulations.values()}
    for observation in observations:
        windows, _, of_windows = open_windows(observation)
        findings += [*of_windows, *length_findings(windows, configuration.region_length_bp, "region_length_bp")]
    data = configuration.data
    if data is None or data.simulated is not None:
        return findings
    for target in data.targets.values():
        findings += _check_samples(configuration, data, target)
    return findings + _check_map(configuration, data)


def _check_samples(configuration: "Configuration", data: "Data", target: Sequence[str]) -> list[Finding]:
    """Find the individuals of a target and of the outgroup in the data."""
    source, _ = open_data(_data_options(data, target, configuration.ancestral))
    numbers = dict(zip(("outgroup", "target"), source.num_diploids(), strict=True))
    name = f"{','.join(data.outgroup)} and {','.join(target)}"
    click.echo(f"{name}: {numbers['outgroup']} individuals of the outgroup, {numbers['target']} of the target")
    return [one for role, number in numbers.items() for one in _check_number(configuration, role, number)]


def _check_map(configuration: "Configuration", data: "Data") -> list[Finding]:
    """Compare the data's genetic map with that of the simulations."""
    from introghost.variants.genetic_map import rate_findings, read_genetic_map

    if data.genetic_map == configuration.observation.genetic_map:
        return []
    findings = []
    if data.genetic_map is not None:
        maps = read_genetic_map(Path(data.genetic_map))
        findings += rate_findings(maps, list(maps))
    text = "data.genetic_map and observation.genetic_map differ; give one file in both sections"
    return [*findings, Finding(Code.GENETIC_MAP, Severity.WARNING, text)]


def _data_options(
    data: "Data", target: Sequence[str], ancestral: str
) -> dict[str, str | Path | tuple[Path, ...] | None]:
    """The data as the options of a verb that reads VCF files."""
    single = {"populations": data.populations, "include_bed": data.include_bed}
    return {
        "vcf": tuple(Path(path) for path in data.vcf),
        **{key: Path(path) if path else None for key, path in single.items()},
        "outgroup": ",".join(data.outgroup),
        "target": ",".join(target),
        "region": data.region,
        "ancestral": ancestral,
    }


def _check_number(configuration: "Configuration", role: str, number: int) -> list[Finding]:
    """A finding if the data have more or fewer individuals of a role than the simulations will show."""
    wanted = configuration.observation.diploids(role)
    if wanted is None or wanted.low <= number <= wanted.high:
        return []
    drawn = f"{wanted.low}" if wanted.low == wanted.high else f"{wanted.low} to {wanted.high}"
    text = (
        f"{number} individuals of the {role} in the data, outside "
        f"observation.{role}_diploids, {drawn}; posteriors may be off: widen it"
    )
    code = Code.FEW_SAMPLES if number < wanted.low else Code.MANY_SAMPLES
    return [Finding(code, Severity.WARNING, text)]
