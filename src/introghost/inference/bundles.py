"""Bundles: a trained network of one task, with all that is needed to use it rightly."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray

from introghost.errors import ConfigError
from introghost.inference import fields, prior_scale
from introghost.inference.fields import Fields, Json, Range
from introghost.inference.file_calibration import FileCalibration
from introghost.inference.prior_scale import PriorScale
from introghost.inference.training_data import TrainingData
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork
from introghost.networks.segments import SegmentNetwork

DEFAULT_FALSE_DISCOVERY_RATE = 0.15
Architecture = Mapping[str, int | float]


class Task(StrEnum):
    """What a network is asked; also the name of its bundle's folder."""

    SEGMENTS = "segments"
    MODEL_CHOICE = "model-choice"
    PARAMETERS = "parameters"


@dataclass(frozen=True)
class Bundle:
    """What the bundles of all tasks have.

    Attributes
    ----------
    network : torch.nn.Module
        In evaluation mode.
    architecture : mapping of str to number
        What the network is made with.
    inputs : tuple of str
        Name of each channel that the network is given, in order; see `inputs.segment_channel_names` and
        `inputs.genome_channel_names`.
    training : TrainingData
    provenance : mapping
        What made the bundle.
    """

    task: ClassVar[Task]
    network_type: ClassVar[type[torch.nn.Module]]

    network: torch.nn.Module
    architecture: Architecture
    inputs: tuple[str, ...]
    training: TrainingData
    provenance: Json

    @classmethod
    @abstractmethod
    def from_json(cls, description: Fields, network: torch.nn.Module) -> Self:
        """The bundle that a description and a network make; refuses what does not fit together.

        Parameters
        ----------
        description : Fields
            Content of ``model.json``.
        network : torch.nn.Module
            Of the type and architecture that the description names.

        Raises
        ------
        ModelError
            A key is absent or has a value that can't be, or values do not fit each other.
        """

    def to_json(self) -> dict[str, object]:
        """Content of ``model.json``, without its version and task."""
        return {
            **self.training.to_json(),
            "architecture": dict(self.architecture),
            "inputs": list(self.inputs),
            "provenance": dict(self.provenance),
        }


def _inputs(description: Fields) -> tuple[str, ...]:
    names = description.names("inputs")
    if len(names) != description.section("architecture").get("channels"):
        raise description.refuse("inputs are not as many as the architecture's channels")
    return names


def _architecture(description: Fields) -> dict[str, int | float]:
    sizes = description.section("architecture")
    return {name: value for name, value in sizes.items() if isinstance(value, int | float)}


@dataclass(frozen=True)
class SegmentsBundle(Bundle):
    """The network that finds segments.

    Attributes
    ----------
    network : SegmentNetwork
    temperature : float
        What logits are divided by before they become probabilities.
    thresholds : mapping of float to float
        For false-discovery rates, ascending, the posterior from which at most that part of what is called was false in
        held-out simulations with a ghost.
    highest_called_share : float
        The largest share of the usable bins of a held-out simulated genome that is called at the default rate, above 0;
        of regions at least half of which is usable.
    file_calibration : FileCalibration or None
        How a posterior changes with those of its file; None if too few genomes were held out to tell, or none of these
        has a ghost.
    """

    task = Task.SEGMENTS
    network_type = SegmentNetwork

    network: SegmentNetwork
    temperature: float
    thresholds: Mapping[float, float]
    highest_called_share: float
    file_calibration: FileCalibration | None

    @classmethod
    def from_json(cls, description: Fields, network: torch.nn.Module) -> Self:
        """See `Bundle.from_json`.

        Parameters
        ----------
        description : Fields
        network : SegmentNetwork

        Raises
        ------
        ModelError
            As for `Bundle.from_json`.
        """
        return cls(
            network=cast(SegmentNetwork, network),
            architecture=_architecture(description),
            inputs=_inputs(description),
            training=TrainingData.from_json(description),
            provenance=description.section("provenance"),
            temperature=description.scale("temperature"),
            thresholds=description.take(
                "thresholds", _thresholds, "pairs of a false-discovery rate and a posterior, each above 0 and at most 1"
            ),
            highest_called_share=description.share("highest_called_share"),
            file_calibration=description.take(
                "file_calibration", _file_calibration, "null or an object with a line and what changes it"
            ),
        )

    def to_json(self) -> dict[str, object]:
        """See `Bundle.to_json`."""
        return {
            **super().to_json(),
            "temperature": self.temperature,
            "thresholds": [[rate, posterior] for rate, posterior in self.thresholds.items()],
            "highest_called_share": self.highest_called_share,
            "file_calibration": None if self.file_calibration is None else self.file_calibration.to_json(),
        }

    def given_file(
        self, posteriors: Sequence[NDArray[np.float32]], population: NDArray[np.float32]
    ) -> list[NDArray[np.float32]]:
        """Posteriors of a file, each calibrated by all of them; see `file_calibration`.

        Parameters
        ----------
        posteriors : sequence of ndarray of float32, each of shape (num_haplotypes, num_bins)
            Of `calling.segment_posterior`: of all contigs of the file.
        population : ndarray of float32, shape (num_population,)
            Population statistics of the file. Where they are unknown, NaN, there is too little sequence to tell how
            posteriors are spread.
        """
        if self.file_calibration is None:
            return list(posteriors)
        region_bins = 0 if np.isnan(population).any() else self.training.region_length_bp // self.training.bin_bp
        return self.file_calibration.given_file(posteriors, region_bins)

    def given_spread(self, posterior: NDArray[np.float32], spread: NDArray[np.float64]) -> NDArray[np.float32]:
        """Posteriors in a long file whose posteriors are spread like that, see `file_calibration.posterior_spread`.

        Parameters
        ----------
        posterior : ndarray of float32
        spread : ndarray of float64, shape (file_calibration.SPREADS,)
        """
        return posterior if self.file_calibration is None else self.file_calibration.calibrated(posterior, spread)

    def threshold(self, false_discovery_rate: float = DEFAULT_FALSE_DISCOVERY_RATE) -> float:
        """Posterior from which at most that part of what is called was false in held-out simulations with a ghost.

        Raises
        ------
        ConfigError
            If it is none of the rates that training gave a threshold for.
        """
        if false_discovery_rate not in self.thresholds:
            rates = ", ".join(f"{rate:g}" for rate in self.thresholds)
            raise ConfigError(f"false-discovery rate {false_discovery_rate:g}: the model has thresholds for {rates}")
        return self.thresholds[false_discovery_rate]


@dataclass(frozen=True)
class GenomeBundle(Bundle):
    """What the bundles of networks for whole genomes have.

    Attributes
    ----------
    regions : Range
        Numbers of regions of the genomes, and of the parts of genomes, in training.
    segment_model_digest : str
        Digest of the segment network whose answers are among the inputs; empty for none.
    """

    regions: Range
    segment_model_digest: str


@dataclass(frozen=True)
class ChoiceBundle(GenomeBundle):
    """The network that weighs scenarios against each other.

    Attributes
    ----------
    ghost_of_target : mapping of str to bool
        The scenarios, in the order of the network's outputs, and whether in each a ghost gave to the target.
    temperature : float
        What logits are divided by before they become probabilities.
    """

    task = Task.MODEL_CHOICE
    network_type = ModelChoiceNetwork

    network: ModelChoiceNetwork
    ghost_of_target: Mapping[str, bool]
    temperature: float

    @classmethod
    def from_json(cls, description: Fields, network: torch.nn.Module) -> Self:
        """See `Bundle.from_json`.

        Parameters
        ----------
        description : Fields
        network : ModelChoiceNetwork

        Raises
        ------
        ModelError
            As for `Bundle.from_json`; scenarios must be as many as the outputs of the network.
        """
        architecture = _architecture(description)
        ghost_of_target = description.take(
            "scenarios", _scenarios, "a list of scenarios, each with a distinct name and ghost_of_target true or false"
        )
        if architecture.get("references") == 1:
            raise description.refuse("architecture.references is 1, one genome has no neighbours")
        if len(ghost_of_target) != architecture.get("scenarios"):
            raise description.refuse("scenarios are not as many as the architecture's outputs")
        return cls(
            network=cast(ModelChoiceNetwork, network),
            architecture=architecture,
            inputs=_inputs(description),
            training=TrainingData.from_json(description),
            provenance=description.section("provenance"),
            regions=description.interval("regions"),
            segment_model_digest=description.digest("segment_model"),
            ghost_of_target=ghost_of_target,
            temperature=description.scale("temperature"),
        )

    def to_json(self) -> dict[str, object]:
        """See `Bundle.to_json`."""
        return {
            **super().to_json(),
            "regions": self.regions.to_json(),
            "segment_model": self.segment_model_digest,
            "scenarios": [{"name": name, "ghost_of_target": ghost} for name, ghost in self.ghost_of_target.items()],
            "temperature": self.temperature,
        }

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios, in the order of the network's outputs."""
        return tuple(self.ghost_of_target)

    @property
    def knows_novelty(self) -> bool:
        """Whether simulated genomes are kept with which others can be compared."""
        return bool(self.architecture["references"])


@dataclass(frozen=True)
class ParametersBundle(GenomeBundle):
    """The network of the parameter posterior.

    Attributes
    ----------
    scenario : str
        Whose parameters they are.
    scale : PriorScale
        On which the network knows them.
    """

    task = Task.PARAMETERS
    network_type = PosteriorNetwork

    network: PosteriorNetwork
    scenario: str
    scale: PriorScale

    @classmethod
    def from_json(cls, description: Fields, network: torch.nn.Module) -> Self:
        """See `Bundle.from_json`.

        Parameters
        ----------
        description : Fields
        network : PosteriorNetwork

        Raises
        ------
        ModelError
            As for `Bundle.from_json`; priors must be as many as the outputs of the network.
        """
        scale = description.take("priors", prior_scale.parse, "priors, each after those it refers to")
        architecture = _architecture(description)
        if len(scale.names) != architecture.get("parameters"):
            raise description.refuse("priors are not as many as the architecture's outputs")
        return cls(
            network=cast(PosteriorNetwork, network),
            architecture=architecture,
            inputs=_inputs(description),
            training=TrainingData.from_json(description),
            provenance=description.section("provenance"),
            regions=description.interval("regions"),
            segment_model_digest=description.digest("segment_model"),
            scenario=description.name("scenario"),
            scale=scale,
        )

    def to_json(self) -> dict[str, object]:
        """See `Bundle.to_json`."""
        return {
            **super().to_json(),
            "regions": self.regions.to_json(),
            "segment_model": self.segment_model_digest,
            "scenario": self.scenario,
            "priors": self.scale.describe(),
        }


TYPES: Mapping[Task, type[Bundle]] = {kind.task: kind for kind in (SegmentsBundle, ChoiceBundle, ParametersBundle)}


def _thresholds(value: object) -> dict[float, float]:
    """Pairs of a false-discovery rate and a posterior, rates ascending."""
    if not isinstance(value, list) or not value:
        raise ValueError
    pairs = [(fields.share(rate), fields.share(posterior)) for rate, posterior in value]
    rates = [rate for rate, _ in pairs]
    if rates != sorted(set(rates)):
        raise ValueError
    return dict(pairs)


def _file_calibration(value: object) -> FileCalibration | None:
    return None if value is None else FileCalibration.from_json(value)


def _scenarios(value: object) -> dict[str, bool]:
    if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
        raise ValueError
    scenarios = {entry["name"]: entry["ghost_of_target"] for entry in value}
    names = Fields({"names": list(scenarios)}, "").names("names")
    if len(names) != len(value) or not all(isinstance(ghost, bool) for ghost in scenarios.values()):
        raise ValueError
    return scenarios
