"""The workflow's configuration: loaded, checked and completed with its defaults before anything runs."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from introghost import presets
from introghost.documents import (
    JsonObject,
    Section,
    check_schema,
    load_schema,
    plain_object,
    read_object,
    suggestion,
)
from introghost.errors import ConfigError
from introghost.inference import decisions
from introghost.simulation.observation import ObservationModel, read_section
from introghost.simulation.scenarios import check_name

TEST_BATCH = "test"
SCHEMA = "config.schema.yaml"


@dataclass(frozen=True)
class ScenarioGenomes:
    """How a scenario is simulated for training.

    Attributes
    ----------
    folder : Path
        Holds ``model.demes.yaml`` and ``priors.yaml``.
    genomes : int
        Number of genomes that are trained on.
    batches : int
        Number of jobs that they are divided into.
    """

    folder: Path
    genomes: int
    batches: int


@dataclass(frozen=True)
class Training:
    """Training of one task.

    Attributes
    ----------
    epochs : int
        The most passes over the genomes.
    scenario : str or None
        Whose parameters are wanted, if any.
    """

    epochs: int
    scenario: str | None = None


@dataclass(frozen=True)
class Decision:
    """What the choice between scenarios is worth, and what was believed before.

    Attributes
    ----------
    costs : mapping of str to float
        By option of ``introghost apply``.
    scenario_prior : mapping of str to float
        Prior probabilities of scenarios.
    """

    costs: Mapping[str, float]
    scenario_prior: Mapping[str, float]


@dataclass(frozen=True)
class SimulatedData:
    """Data that are simulated for the demonstration.

    Attributes
    ----------
    folder : Path
        Of the scenario.
    regions : int
        Number of contigs.
    region_length_bp : int
        Length of each contig.
    """

    folder: Path
    regions: int
    region_length_bp: int


@dataclass(frozen=True)
class Data:
    """The data that the model is applied to.

    Attributes
    ----------
    outgroup, target : tuple of str
        Populations of each role; of simulated data, demes.
    vcf, populations : str or None
        None where the data are simulated.
    region, include_bed, genetic_map : str or None
    simulated : SimulatedData or None
    """

    outgroup: tuple[str, ...]
    target: tuple[str, ...]
    vcf: str | None = None
    populations: str | None = None
    region: str | None = None
    include_bed: str | None = None
    genetic_map: str | None = None
    simulated: SimulatedData | None = None

    def files(self) -> dict[str, str]:
        """The files that are read, by key."""
        named = {
            "vcf": self.vcf,
            "populations": self.populations,
            "include_bed": self.include_bed,
            "genetic_map": self.genetic_map,
        }
        return {key: path for key, path in named.items() if path is not None}


@dataclass(frozen=True)
class Configuration:
    """A configuration that is valid, with defaults where an optional key is absent.

    Attributes are the keys of ``schemas/config.schema.yaml``. Paths are relative to the working directory.

    Attributes
    ----------
    seed : int
    results : str
        Folder.
    bin_bp, region_length_bp : int
    ancestral : str
    scenarios : mapping of str to ScenarioGenomes
        By name.
    test_genomes, regions_per_genome : int
    observation : ObservationModel
    observation_section : dict
        What `observation` was parsed from.
    train : mapping of str to Training
        By task.
    decision : Decision
    data : Data
    """

    seed: int
    results: str
    bin_bp: int
    ancestral: str
    scenarios: Mapping[str, ScenarioGenomes]
    test_genomes: int
    regions_per_genome: int
    region_length_bp: int
    observation: ObservationModel
    observation_section: JsonObject
    train: Mapping[str, Training]
    decision: Decision
    data: Data

    def batches(self, scenario: str) -> dict[str, tuple[int, int]]:
        """First genome and number of genomes of each batch of one scenario.

        The test batch takes the first genomes, so that it stays the same when the number of training genomes changes.

        Returns
        -------
        dict of str to (int, int)
            ``"test"`` and then ``"0"``, ``"1"``, …; together they hold each genome once.
        """
        entry = self.scenarios[scenario]
        bounds = [self.test_genomes + entry.genomes * i // entry.batches for i in range(entry.batches + 1)]
        training = {str(i): (bounds[i], bounds[i + 1] - bounds[i]) for i in range(entry.batches)}
        return {TEST_BATCH: (0, self.test_genomes), **training}

    def observation_json(self) -> str:
        """The section ``observation`` as the option ``--observation`` takes it."""
        return json.dumps(self.observation_section, sort_keys=True)

    def observation_files(self) -> list[str]:
        """Files that the section ``observation`` names."""
        return [path for path in (self.observation.include_bed, self.observation.genetic_map) if path is not None]

    def most_diploids(self, role: str) -> int:
        """The largest number of individuals of a role, ``outgroup`` or ``target``, that is asked for."""
        number = self.observation.diploids(role)
        return 0 if number is None else int(number.high)

    def decision_options(self) -> str:
        """The section ``decision`` as options of ``introghost apply``, quoted for a shell."""
        costs = [f"--{key.replace('_', '-')} {value}" for key, value in self.decision.costs.items()]
        prior = [f"--scenario-prior {name}={value}" for name, value in self.decision.scenario_prior.items()]
        return " ".join(costs + prior)

    def data_options(self) -> str:
        """What is to be read of the VCF, beside its file and the populations, as options quoted for a shell."""
        options = {
            "outgroup": ",".join(self.data.outgroup),
            "target": ",".join(self.data.target),
            "ancestral": self.ancestral,
            "region": self.data.region,
            "include-bed": self.data.include_bed,
        }
        return _options(options)

    def map_options(self) -> str:
        """The genetic map that the VCF is checked against, as an option; simulations have the observation's."""
        return _options({"genetic-map": self.data.genetic_map})

    def scenario_folders(self) -> list[Path]:
        """Folders of all scenarios that are named, the simulated data's among them."""
        folders = [entry.folder for entry in self.scenarios.values()]
        return folders if self.data.simulated is None else [*folders, self.data.simulated.folder]


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
    if isinstance(plain.get("observation"), str):
        plain["observation"] = read_section(Path(str(plain["observation"])))
    check_schema(plain, SCHEMA)
    document = Section(_defaults() | plain)
    observation_section = dict(document.section("observation").content)
    configuration = Configuration(
        seed=document.integer("seed"),
        results=document.text("results"),
        bin_bp=document.integer("bin_bp"),
        ancestral=document.text("ancestral"),
        scenarios=_scenarios(document.section("scenarios")),
        test_genomes=document.integer("test_genomes"),
        regions_per_genome=document.integer("regions_per_genome"),
        region_length_bp=document.integer("region_length_bp"),
        observation=ObservationModel.parse(observation_section),
        observation_section=observation_section,
        train={
            task: Training(entry.integer("epochs"), entry.optional_text("scenario"))
            for task, entry in document.section("train").sections().items()
        },
        decision=_decision(document.section("decision")),
        data=_data(document.section("data")),
    )
    _check_lengths(configuration)
    _check_data(configuration)
    _check_names(configuration)
    return configuration


def _defaults() -> JsonObject:
    properties = Section(load_schema(SCHEMA)).section("properties").sections()
    return {key: entry.content["default"] for key, entry in properties.items() if "default" in entry}


def _scenarios(section: Section) -> dict[str, ScenarioGenomes]:
    for name in section.content:
        check_name(name, "section 'scenarios'")
    return {name: _scenario(name, entry) for name, entry in section.sections().items()}


def _scenario(name: str, entry: Section) -> ScenarioGenomes:
    genomes, batches = entry.integer("genomes"), entry.integer("batches")
    if batches > genomes:
        raise ConfigError(f"{entry.name}: {batches} batches for {genomes} genomes")
    if "folder" not in entry:
        shipped = presets.scenarios()
        if name not in shipped:
            raise ConfigError(
                f"{entry.name} has no folder, and no scenario of that name comes with introghost; "
                f"{suggestion(name, shipped)}"
            )
        return ScenarioGenomes(shipped[name], genomes, batches)
    folder = _folder(entry)
    if folder.name != name:  # genomes and networks know a scenario by its folder
        raise ConfigError(f"{entry.name}.folder is {entry.text('folder')}: the folder has to be named {name} too")
    return ScenarioGenomes(folder, genomes, batches)


def _folder(entry: Section) -> Path:
    """Folder of a scenario that a section names: one that comes with introghost, or a path, there or not yet."""
    given = entry.text("folder")
    return presets.locate_scenario(given, f"{entry.name}.folder") if given in presets.scenarios() else Path(given)


def _decision(section: Section) -> Decision:
    prior = section.section("scenario_prior")
    costs = {key: section.number(key) for key in section.content if key != "scenario_prior"}
    return Decision(costs, {name: prior.number(name) for name in prior.content})


def _data(section: Section) -> Data:
    simulated = section.section("simulated") if "simulated" in section else None
    return Data(
        outgroup=_populations(section, "outgroup"),
        target=_populations(section, "target"),
        vcf=section.optional_text("vcf"),
        populations=section.optional_text("populations"),
        region=section.optional_text("region"),
        include_bed=section.optional_text("include_bed"),
        genetic_map=section.optional_text("genetic_map"),
        simulated=None
        if simulated is None
        else SimulatedData(_folder(simulated), simulated.integer("regions"), simulated.integer("region_length_bp")),
    )


def _populations(section: Section, key: str) -> tuple[str, ...]:
    """Names in a list, or separated by commas."""
    value = section.content.get(key)
    listed = section.texts(key) if isinstance(value, list) else (section.text(key),)
    names = tuple(name.strip() for part in listed for name in part.split(",") if name.strip())
    if not names:
        raise ConfigError(f"{section.where(key)}: {value!r} names no population")
    return names


def _check_lengths(configuration: Configuration) -> None:
    lengths = {"region_length_bp": configuration.region_length_bp}
    if configuration.data.simulated is not None:
        lengths["data.simulated.region_length_bp"] = configuration.data.simulated.region_length_bp
    for name, length in lengths.items():
        if length % configuration.bin_bp:
            raise ConfigError(f"{name}: {length} is not a multiple of bin_bp, {configuration.bin_bp}")


def _check_data(configuration: Configuration) -> None:
    data = configuration.data
    if data.simulated is not None:
        surplus = [*data.files(), *(["region"] if data.region is not None else [])]
        if surplus:
            raise ConfigError(f"section 'data': {', '.join(surplus)} can't go with simulated")
        if configuration.ancestral.startswith("fasta="):
            raise ConfigError("ancestral: a FASTA can't go with simulated data; take info-aa or outgroup-major")
        return
    absent = [key for key in ("vcf", "populations") if key not in data.files()]
    if absent:
        raise ConfigError(f"section 'data' lacks {', '.join(absent)} (or simulated, to simulate the data)")
    _check_mask(data.include_bed, configuration.observation.include_bed)


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
    prior = configuration.decision.scenario_prior
    named = {f"decision.scenario_prior.{name}": name for name in prior}
    named |= {f"train.{task}.scenario": each.scenario for task, each in configuration.train.items() if each.scenario}
    for key, name in named.items():
        if name not in configuration.scenarios:
            raise ConfigError(f"{key}: no scenario '{name}'; there are {', '.join(configuration.scenarios)}")
    try:
        decisions.scenario_prior(configuration.scenarios, prior)
    except ConfigError as error:
        raise ConfigError(f"decision.scenario_prior: {error}") from error


def _options(values: Mapping[str, str | None]) -> str:
    """Options of a command line, quoted for a shell; those without a value are left out."""
    return " ".join(f"--{key} {shlex.quote(value)}" for key, value in values.items() if value is not None)
