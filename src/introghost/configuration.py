"""A valid configuration of the workflow as typed values, and what its rules ask of it."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from introghost import models, seeds
from introghost.documents import JsonObject
from introghost.errors import ConfigError
from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP_MAJOR
from introghost.simulation.observation import ObservationModel


def trees_ancestral(ancestral: str) -> str:
    """How alleles of simulations are coded: ancestral states are known there, whichever way a VCF's are."""
    return OUTGROUP_MAJOR if ancestral == OUTGROUP_MAJOR else KNOWN_ANCESTRAL


class Kind(StrEnum):
    """The kinds of genomes that are simulated, each for networks of its own."""

    SEGMENTS = "segments"
    GENOMES = "genomes"


@dataclass(frozen=True)
class Batch:
    """Genomes that are simulated by one job.

    Attributes
    ----------
    first, number : int
        Number of the first genome within its scenario and kind, and how many there are.
    is_test : bool
        Whether they are for evaluation alone.
    """

    first: int
    number: int
    is_test: bool

    @property
    def name(self) -> str:
        """What the files of the batch are called, ``test-0`` or ``train-20``."""
        return f"{'test' if self.is_test else 'train'}-{self.first}"


@dataclass(frozen=True)
class Simulation:
    """How genomes of one kind are simulated and observed.

    Attributes
    ----------
    genomes, test_genomes : mapping of str to int
        By scenario: those that are trained on, and those for evaluation, which are numbered first.
    regions : int
        Of each genome.
    observations : int
        Independent draws of the observation model for each genome that is trained on.
    batch_genomes : int
        The most genomes of one job.
    haplotypes : int or None
        Target haplotypes of each region whose statistics are kept; None keeps whole regions alone.
    observation : ObservationModel
    observation_section : dict
        What `observation` was parsed from.
    """

    genomes: Mapping[str, int]
    test_genomes: Mapping[str, int]
    regions: int
    observations: int
    batch_genomes: int
    haplotypes: int | None
    observation: ObservationModel
    observation_section: JsonObject

    def batches(self, scenario: str) -> dict[str, Batch]:
        """Batches of one scenario by name, those for evaluation first.

        Test genomes are numbered first, so that they stay the same when the number of training genomes changes.
        """
        trained = self.training_genomes(scenario)
        spans = (0, trained.start, True), (trained.start, trained.stop, False)
        batches = [
            Batch(start, min(self.batch_genomes, end - start), is_test)
            for first, end, is_test in spans
            for start in range(first, end, self.batch_genomes)
        ]
        return {batch.name: batch for batch in batches}

    def training_genomes(self, scenario: str) -> range:
        """Numbers of the genomes of one scenario that are trained on."""
        num_test = self.test_genomes.get(scenario, 0)
        return range(num_test, num_test + self.genomes.get(scenario, 0))

    def observation_json(self) -> str:
        """The observation model as the option ``--observation`` takes it."""
        return json.dumps(self.observation_section, sort_keys=True)

    def observation_files(self) -> list[str]:
        """Files that the observation model names."""
        return [path for path in (self.observation.include_bed, self.observation.genetic_map) if path is not None]


@dataclass(frozen=True)
class Training:
    """Training of one task; what is None is left to ``introghost train``.

    Attributes
    ----------
    epochs, width, members : int or None
        The most passes over the genomes, and the size of the network.
    scenario : str or None
        Whose parameters are wanted, if any.
    start : str or None
        The model that training starts from, a name or a folder.
    """

    epochs: int | None = None
    width: int | None = None
    members: int | None = None
    scenario: str | None = None
    start: str | None = None

    def options(self) -> str:
        """What ``introghost train`` is to be told, as options quoted for a shell."""
        numbers = {"epochs": self.epochs, "width": self.width, "members": self.members}
        given = {name: None if number is None else str(number) for name, number in numbers.items()}
        return _options({**given, "from": self.start})

    def start_manifest(self, task: str) -> Path | None:
        """The file that stands for the network that training starts from; None where it starts from nothing.

        Raises
        ------
        ConfigError
            A model that is neither a shipped one nor a folder.
        """
        if self.start is None:
            return None
        return models.locate(self.start, f"train.{task}.from") / task / models.MANIFEST


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
class Report:
    """What the page of an answer shows beside it.

    Attributes
    ----------
    generation_time : float or None
        Years of a generation; None: of humans.
    genes : str or None
        Annotation of the genes at the peaks.
    """

    generation_time: float | None = None
    genes: str | None = None

    def options(self) -> str:
        """Options of ``introghost report``, quoted for a shell."""
        time = [] if self.generation_time is None else [f"--generation-time {self.generation_time:g}"]
        genes = [] if self.genes is None else [f"--genes {shlex.quote(self.genes)}"]
        return " ".join([*time, *genes])

    def files(self) -> list[str]:
        """The files that are read."""
        return [] if self.genes is None else [self.genes]


@dataclass(frozen=True)
class Data:
    """The data that the model is applied to.

    Attributes
    ----------
    outgroup : tuple of str
        Its populations; of simulated data, demes.
    targets : mapping of str to tuple of str
        Populations of each target by its name, which folders and pages have.
    vcf : tuple of str
        Files of one genome; none where the data are simulated.
    populations : str or None
        None where the data are simulated.
    region, include_bed, genetic_map : str or None
    simulated : SimulatedData or None
    """

    outgroup: tuple[str, ...]
    targets: Mapping[str, tuple[str, ...]]
    vcf: tuple[str, ...] = ()
    populations: str | None = None
    region: str | None = None
    include_bed: str | None = None
    genetic_map: str | None = None
    simulated: SimulatedData | None = None

    def files(self) -> dict[str, list[str]]:
        """The files that are read, by key; keys without one are left out."""
        single = {"populations": self.populations, "include_bed": self.include_bed, "genetic_map": self.genetic_map}
        named = {"vcf": list(self.vcf)} | {key: [] if path is None else [path] for key, path in single.items()}
        return {key: paths for key, paths in named.items() if paths}


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
    scenarios : mapping of str to Path
        Folders, which hold ``model.demes.yaml`` and ``priors.yaml``, by name.
    observation : ObservationModel
        Of the data.
    simulations : mapping of Kind to Simulation
        Without `Kind.GENOMES` where no network looks at whole genomes.
    train : mapping of str to Training
        By task.
    decision : Decision
    report : Report
    data : Data or None
        None where a model is made and applied to nothing.
    """

    seed: int
    results: str
    bin_bp: int
    ancestral: str
    scenarios: Mapping[str, Path]
    region_length_bp: int
    observation: ObservationModel
    simulations: Mapping[Kind, Simulation]
    train: Mapping[str, Training]
    decision: Decision
    report: Report
    data: Data | None

    def seed_of(self, kind: Kind) -> int:
        """Root seed of the genomes of one kind: none of them is of the other kind too."""
        return seeds.derive(self.seed, str(kind))

    def most_diploids(self, role: str) -> int:
        """The largest number of individuals of a role, ``outgroup`` or ``target``, that the data are said to have."""
        number = self.observation.diploids(role)
        return 0 if number is None else int(number.high)

    @property
    def start(self) -> str | None:
        """The model that the segment network is adapted from, a name or a folder; None where it starts from nothing."""
        return self.train["segments"].start

    def cost_options(self) -> str:
        """Costs of wrong decisions as options of ``introghost apply``, quoted for a shell."""
        return " ".join(f"--{key.replace('_', '-')} {value}" for key, value in self.decision.costs.items())

    def prior_options(self) -> str:
        """Prior probabilities of scenarios, likewise."""
        return " ".join(f"--scenario-prior {name}={value}" for name, value in self.decision.scenario_prior.items())

    def scenario_folders(self) -> list[Path]:
        """Folders of all scenarios that are named, the simulated data's among them."""
        folders = list(self.scenarios.values())
        return folders if self.data is None or self.data.simulated is None else [*folders, self.data.simulated.folder]

    def check_files(self) -> None:
        """Refuse a configuration that names a file of the user's that is not there.

        Raises
        ------
        ConfigError
            With the key, the path, and the folder that paths are relative to.
        """
        named = [("observation", path) for one in self.simulations.values() for path in one.observation_files()]
        if self.data is not None:
            named += [(f"data.{key}", path) for key, paths in self.data.files().items() for path in paths]
        named += [("report.genes", path) for path in self.report.files()]
        for key, path in named:
            if not Path(path).exists():
                raise ConfigError(
                    f"{key}: {path}: no such file; paths are relative to the folder of the call, {Path.cwd()}"
                )

    def data_options(self, data: Data, target: Sequence[str]) -> str:
        """What is to be read of the VCF, beside its files and the populations, as options quoted for a shell.

        Parameters
        ----------
        data : Data
        target : sequence of str
            Populations.
        """
        options = {
            "outgroup": ",".join(data.outgroup),
            "target": ",".join(target),
            "ancestral": self.ancestral,
            "region": data.region,
            "include-bed": data.include_bed,
        }
        return _options(options)


def _options(values: Mapping[str, str | None]) -> str:
    """Options of a command line, quoted for a shell; those without a value are left out."""
    return " ".join(f"--{key} {shlex.quote(value)}" for key, value in values.items() if value is not None)
