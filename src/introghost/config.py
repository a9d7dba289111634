"""The workflow's configuration: loaded, checked and completed with its defaults before anything runs."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from introghost import presets
from introghost.configuration import (
    Configuration,
    Data,
    Decision,
    Kind,
    Report,
    SimulatedData,
    Simulation,
    Training,
    trees_ancestral,
)
from introghost.documents import (
    JsonObject,
    Section,
    check_schema,
    load_schema,
    plain_object,
    read_object,
)
from introghost.errors import ConfigError
from introghost.inference import decisions
from introghost.simulation.observation import ObservationModel, read_section
from introghost.simulation.scenarios import check_name
from introghost.spelling import suggestion

SCHEMA = "config.schema.yaml"
_UNSAFE = re.compile(r"[^\w.+-]")  # what the names of folders and pages have no need of


def load(path: Path) -> Configuration:
    """Read and check a configuration file.

    Parameters
    ----------
    path : Path
        YAML with the keys of ``schemas/config.schema.yaml``; paths inside are relative to the working directory.

    Returns
    -------
    Configuration

    Raises
    ------
    ConfigError
        If the file can't be read, or a key or value is not valid; names the section and the nearest valid key.
    """
    content = read_object(path)
    try:
        return parse(content)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse(content: Mapping[str, object]) -> Configuration:
    """Check the content of a configuration file, whoever read it, and add what is left out.

    Parameters
    ----------
    content : mapping
        Where ``observation`` is a path, the section that the file holds takes its place.

    Returns
    -------
    Configuration

    Raises
    ------
    ConfigError
        On the first key or value that is not valid.
    """
    plain = plain_object(content, "configuration")
    for place in _observation_places(plain):
        if isinstance(place.get("observation"), str):
            place["observation"] = read_section(Path(str(place["observation"])))
    check_schema(plain, SCHEMA)
    document = Section(_defaults() | plain)
    scenarios = _scenarios(document)
    train = {task: _training(entry) for task, entry in document.section("train").sections().items()}
    configuration = Configuration(
        seed=document.integer("seed"),
        results=document.text("results"),
        bin_bp=document.integer("bin_bp"),
        ancestral=document.text("ancestral"),
        scenarios=scenarios,
        region_length_bp=document.integer("region_length_bp"),
        observation=ObservationModel.parse(document.section("observation").content),
        simulations={kind: _simulation(document, kind, scenarios) for kind in _kinds(train)},
        train=train,
        decision=_decision(document.section("decision")),
        report=_report(document.section("report")),
        data=_data(document.section("data")) if "data" in document else None,
    )
    _check_lengths(configuration)
    _check_data(configuration)
    _check_names(configuration)
    return configuration


def _observation_places(document: JsonObject) -> Iterator[JsonObject]:
    """The sections that may hold an observation model, or the path of one."""
    yield document
    simulations = document.get("simulations")
    for section in simulations.values() if isinstance(simulations, dict) else ():
        if isinstance(section, dict):
            yield section


def _defaults() -> JsonObject:
    return _defaults_of(Section(load_schema(SCHEMA)))


def _defaults_of(schema: Section) -> JsonObject:
    """Defaults of the keys of an object that a schema describes."""
    properties = schema.section("properties").sections()
    return {key: entry.content["default"] for key, entry in properties.items() if "default" in entry}


def _scenarios(document: Section) -> dict[str, Path]:
    """Folder of each scenario by its name, the last part of what is given."""
    folders: dict[str, Path] = {}
    shipped = presets.scenarios()
    for given in document.texts("scenarios"):
        name = Path(given).name
        check_name(name, "scenarios")
        if name in folders:
            raise ConfigError(f"scenarios: two are named {name}; give one of the folders another name")
        if given not in shipped and "/" not in given and not Path(given).is_dir():
            raise ConfigError(
                f"scenarios: no folder {given}, and no scenario of that name comes with introghost; "
                f"{suggestion(given, shipped)}"
            )
        folders[name] = presets.locate_scenario(given, "scenarios") if given in shipped else Path(given)
    return folders


def _kinds(train: Mapping[str, Training]) -> list[Kind]:
    """Kinds of genomes that the tasks are trained on."""
    return [Kind.SEGMENTS] if set(train) == {"segments"} else list(Kind)


def _simulation(document: Section, kind: Kind, scenarios: Mapping[str, Path]) -> Simulation:
    """The section ``simulations.KIND``, with the defaults of the schema."""
    given = document.section("simulations").section(kind)
    properties = Section(load_schema(SCHEMA)).section("properties").section("simulations").section("properties")
    section = Section({**_defaults_of(properties.section(kind)), **given.content}, given.name)
    observation_section = dict((section if "observation" in section else document).section("observation").content)
    observation = ObservationModel.parse(observation_section)
    if section.integer("observations") > 1 and not observation.varies(trees_ancestral(document.text("ancestral"))):
        raise ConfigError(f"{given.where('observations')}: nothing in the observation model varies; 1 is enough")
    genomes = _numbers(section, "genomes", scenarios)
    return Simulation(
        genomes=genomes,
        test_genomes=_numbers(section, "test_genomes", genomes),
        regions=section.integer("regions"),
        observations=section.integer("observations"),
        batch_genomes=section.integer("batch_genomes"),
        haplotypes=section.integer("haplotypes") if kind is Kind.SEGMENTS else None,
        observation=observation,
        observation_section=observation_section,
    )


def _numbers(section: Section, key: str, scenarios: Collection[str]) -> dict[str, int]:
    """Numbers of genomes by scenario, from one number for all of them or one for each."""
    if not isinstance(section.content[key], dict):
        return dict.fromkeys(scenarios, section.integer(key))
    numbers = section.section(key)
    for name in numbers.content:
        if name not in scenarios:
            raise ConfigError(f"{numbers.name}.{name}: no scenario '{name}'; there are {', '.join(scenarios)}")
    return {name: numbers.integer(name) for name in numbers.content}


def _training(entry: Section) -> Training:
    epochs, width, members = (entry.integer(key) if key in entry else None for key in ("epochs", "width", "members"))
    return Training(epochs, width, members, entry.optional_text("scenario"), entry.optional_text("from"))


def _folder(entry: Section) -> Path:
    """Folder of a scenario that a section names: one that comes with introghost, or a path, there or not yet."""
    given = entry.text("folder")
    return presets.locate_scenario(given, f"{entry.name}.folder") if given in presets.scenarios() else Path(given)


def _decision(section: Section) -> Decision:
    prior = section.section("scenario_prior")
    costs = {key: section.number(key) for key in section.content if key != "scenario_prior"}
    return Decision(costs, {name: prior.number(name) for name in prior.content})


def _report(section: Section) -> Report:
    time = section.number("generation_time") if "generation_time" in section else None
    return Report(time, section.optional_text("genes"))


def _data(section: Section) -> Data:
    simulated = section.section("simulated") if "simulated" in section else None
    return Data(
        outgroup=_populations(section, "outgroup"),
        targets=_targets(section),
        vcf=_paths(section, "vcf"),
        populations=section.optional_text("populations"),
        region=section.optional_text("region"),
        include_bed=section.optional_text("include_bed"),
        genetic_map=section.optional_text("genetic_map"),
        simulated=None
        if simulated is None
        else SimulatedData(_folder(simulated), simulated.integer("regions"), simulated.integer("region_length_bp")),
    )


def _paths(section: Section, key: str) -> tuple[str, ...]:
    """Paths of a list, or the only one; none where the key is absent."""
    value = section.content.get(key)
    paths = section.texts(key) if isinstance(value, list) else tuple(filter(None, [section.optional_text(key)]))
    if len(set(paths)) < len(paths):
        raise ConfigError(f"{section.where(key)}: a file is named twice")
    return paths


def _populations(section: Section, key: str) -> tuple[str, ...]:
    """Names in a list, or separated by commas."""
    value = section.content.get(key)
    listed = section.texts(key) if isinstance(value, list) else (section.text(key),)
    names = tuple(name.strip() for part in listed for name in part.split(",") if name.strip())
    if not names:
        raise ConfigError(f"{section.where(key)}: {value!r} names no population")
    return names


def _targets(section: Section) -> dict[str, tuple[str, ...]]:
    """Populations of each target by its name: of ``target``, or of each entry of it where it is a list."""
    value = section.content["target"]
    listed = section.texts("target") if isinstance(value, list) else (section.text("target"),)
    entries = Section({"target": value} | {str(number): entry for number, entry in enumerate(listed)}, section.name)
    groups = [_populations(entries, str(number)) for number in range(len(listed))]
    targets = {_UNSAFE.sub("_", "+".join(group)).lstrip(".") or "_": group for group in groups}
    if len(targets) < len(groups) or len({frozenset(group) for group in groups}) < len(groups):
        raise ConfigError("data.target: two of them are the same, or would have one folder of results; leave one out")
    return targets


def _check_lengths(configuration: Configuration) -> None:
    lengths = {"region_length_bp": configuration.region_length_bp}
    if configuration.data is not None and configuration.data.simulated is not None:
        lengths["data.simulated.region_length_bp"] = configuration.data.simulated.region_length_bp
    for name, length in lengths.items():
        if length % configuration.bin_bp:
            raise ConfigError(f"{name}: {length} is not a multiple of bin_bp, {configuration.bin_bp}")


def _check_data(configuration: Configuration) -> None:
    data = configuration.data
    if data is None:
        return
    if data.simulated is not None:
        if len(data.targets) > 1:
            raise ConfigError("section 'data': several targets can't go with simulated, which has one target")
        surplus = [*data.files(), *(["region"] if data.region is not None else [])]
        if surplus:
            raise ConfigError(f"section 'data': {', '.join(surplus)} can't go with simulated")
        if configuration.ancestral.startswith("fasta="):
            raise ConfigError("ancestral: a FASTA can't go with simulated data; take info-aa or outgroup-major")
        return
    absent = [key for key in ("vcf", "populations") if key not in data.files()]
    if absent:
        raise ConfigError(f"section 'data' lacks {', '.join(absent)} (or simulated, to simulate the data)")
    for simulation in configuration.simulations.values():
        _check_mask(data.include_bed, simulation.observation.include_bed)


def _check_mask(read: str | None, simulated: str | None) -> None:
    """A mask shortens what can be seen, so that what is trained without it does not fit what is read with it."""
    if read is None and simulated is None:
        return
    if read is not None and simulated is not None and Path(read).resolve() == Path(simulated).resolve():
        return
    first, second = ("data", read), ("observation", simulated)
    (section, path), (other, other_path) = (first, second) if read is not None else (second, first)
    raise ConfigError(
        f"{section}.include_bed: {path}, but {other}.include_bed is {other_path or 'absent'}; the data and the "
        "simulations need the same mask: give one file in both sections, or none"
    )


def _check_names(configuration: Configuration) -> None:
    """Scenarios that other sections name must be there."""
    named = {f"train.{task}.scenario": each.scenario for task, each in configuration.train.items() if each.scenario}
    for key, name in named.items():
        if name not in configuration.scenarios:
            raise ConfigError(f"{key}: no scenario '{name}'; there are {', '.join(configuration.scenarios)}")
    _check_training(configuration)
    _check_prior(configuration)


def _check_prior(configuration: Configuration) -> None:
    """A prior is of the scenarios that the choice is between."""
    prior = configuration.decision.scenario_prior
    if not prior:
        return
    if "model-choice" not in configuration.train:
        raise ConfigError("decision.scenario_prior has no use without train.model-choice")
    chosen = configuration.simulations[Kind.GENOMES].genomes
    for name in prior:
        if name not in chosen:
            raise ConfigError(
                f"decision.scenario_prior.{name}: no scenario '{name}' among those of the choice, {', '.join(chosen)}"
            )
    try:
        decisions.scenario_prior(chosen, prior)
    except ConfigError as error:
        raise ConfigError(f"decision.scenario_prior: {error}") from error


def _check_training(configuration: Configuration) -> None:
    """Every task needs genomes to train on, and what it starts from."""
    for task, training in configuration.train.items():
        if training.start is not None:
            _check_start(configuration, task, training)
        simulation = configuration.simulations[Kind.SEGMENTS if task == "segments" else Kind.GENOMES]
        if training.scenario is not None and training.scenario not in simulation.genomes:
            raise ConfigError(f"train.{task}.scenario: simulations.genomes.genomes has none of {training.scenario}")
        if task == "model-choice" and len(simulation.genomes) < 2:
            raise ConfigError("train.model-choice: simulations.genomes.genomes has one scenario; it needs two at least")


def _check_start(configuration: Configuration, task: str, training: Training) -> None:
    """A model that training starts from must have the task, and says itself how large the network is."""
    manifest = training.start_manifest(task)
    if manifest is not None and manifest.resolve().is_relative_to(Path(configuration.results).resolve()):
        raise ConfigError(f"train.{task}.from: {training.start} is what this configuration makes; copy it elsewhere")
    if manifest is not None and not manifest.is_file():
        raise ConfigError(f"train.{task}.from: {training.start} has no network for {task}")
    for key, number in (("width", training.width), ("members", training.members)):
        if number is not None:
            raise ConfigError(f"train.{task}.{key} can't go with from: the network is as large as that of the model")
