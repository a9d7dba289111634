"""Training that starts from a network that was trained before: what must be alike, and what is taken over."""

import copy
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch

from introghost import provenance
from introghost.errors import ConfigError, DataError, ModelError
from introghost.inference import bundle_files, lineage, offers
from introghost.inference.bundles import (
    TYPES,
    Architecture,
    Bundle,
    ChoiceBundle,
    GenomeBundle,
    ParametersBundle,
    Task,
)
from introghost.inference.discriminants import CrossFitted, Discriminants, Predictors
from introghost.inference.fields import Range
from introghost.inference.offers import Offer
from introghost.inference.prior_scale import PriorScale
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork
from introghost.simulation.scenarios import Scenario
from introghost.statistics.table import Statistics

logger = logging.getLogger(__name__)

# Of the learning rate of a training from nothing.
LEARNING_RATE_SHARE = 0.1
# Held-out genomes from which temperature and thresholds are fitted anew: of fewer they would be chance.
ENOUGH_TO_CALIBRATE = 40

AnyBundle = TypeVar("AnyBundle", bound=Bundle)
AnyGenomeBundle = TypeVar("AnyGenomeBundle", bound=GenomeBundle)
Functions = TypeVar("Functions", bound=CrossFitted)


@dataclass(frozen=True)
class Start(Generic[AnyBundle]):
    """A bundle whose weights, standardisation and linear functions are where a training starts.

    Attributes
    ----------
    bundle : Bundle
        Left as it is.
    folder : Path
        Of the bundle, for messages.
    """

    bundle: AnyBundle
    folder: Path

    @classmethod
    def load(cls, model: Path, bundle_type: type[AnyBundle]) -> "Start[AnyBundle]":
        """The bundle of one task in the folder of a model.

        Parameters
        ----------
        model : Path
        bundle_type : type
            `bundles.SegmentsBundle`, `bundles.ChoiceBundle` or `bundles.ParametersBundle`.

        Raises
        ------
        ConfigError, ModelError
            As for `bundle_folder` and `bundle_files.load`.
        """
        folder = bundle_folder(model, bundle_type.task)
        return cls(bundle_files.load(folder, bundle_type), folder)

    def check(self, statistics: Statistics, width: int | None, members: int | None) -> None:
        """Refuse statistics that are not what the network was trained on, and sizes, which are the network's.

        Whose answers are among the statistics may differ: to get used to another segment network is what training
        from a model is for.

        Parameters
        ----------
        statistics : Statistics
        width, members : int or None
            Asked for.

        Raises
        ------
        ConfigError
            A width or a number of members is asked for.
        ModelError
            On the first difference; of names it says which.
        """
        if width is not None or members is not None:
            raise ConfigError("--width and --members are those of the model that training starts from: leave them out")
        offer = Offer.of_statistics(statistics)
        self.check_settings(offer.ancestral, offer.bin_bp, offer.region_length_bp)
        difference = offers.first_difference(self.bundle.inputs, offer.inputs_of(self.bundle.task))
        if difference is not None:
            number, trained, offered = difference
            raise self.refusal(
                f"input number {number} is {trained} in the model and {offered} in these statistics; compute them as "
                "the model's were (with --segment-model or without, by the same version)"
            )

    def check_settings(self, ancestral: str, bin_bp: int, region_length_bp: int) -> None:
        """Refuse other settings of statistics than those that the network was trained with.

        Parameters
        ----------
        ancestral : str
            `haplotypes.KNOWN_ANCESTRAL` or `haplotypes.OUTGROUP_MAJOR`.
        bin_bp, region_length_bp : int

        Raises
        ------
        ModelError
            On the first difference.
        """
        training = self.bundle.training
        for key, trained, given in (
            ("ancestral", training.ancestral, ancestral),
            ("bin_bp", training.bin_bp, bin_bp),
            ("region_length_bp", training.region_length_bp, region_length_bp),
        ):
            if trained != given:
                raise self.refusal(f"trained with {key} {trained!r}, which is {given!r} here; make them alike")

    def origin(self) -> dict[str, object]:
        """What provenance says of where a training began.

        Returns
        -------
        dict of str to object
            Name of the model, ``sha256`` of the bundle, and in ``statistics`` the digests of all files of statistics
            that its network has seen, sorted.
        """
        return {
            "name": provenance.input_name(self.folder.parent),
            "sha256": bundle_files.digest(self.folder),
            "statistics": sorted(lineage.seen_digests(self.bundle.provenance)),
        }

    def refusal(self, problem: str) -> ModelError:
        """The error that says why training can't start from this bundle."""
        return ModelError(f"{self.folder}: {problem}, or train without this model")


def bundle_folder(model: Path, task: Task) -> Path:
    """Folder of the bundle that a model has for a task.

    Parameters
    ----------
    model : Path
    task : Task

    Raises
    ------
    ConfigError
        It has none.
    """
    if not (model / task).is_dir():
        raise ConfigError(f"{model}: it has no {task}/; start from a model that has, or train without one")
    return model / task


def check_start(
    model: Path,
    task: Task,
    *,
    ancestral: str,
    bin_bp: int,
    region_length_bp: int,
    regions: int,
    scenarios: Mapping[str, Scenario],
    scenario: str | None,
) -> None:
    """Refuse a training from a model as soon as its configuration is known, without statistics.

    Parameters
    ----------
    model : Path
        Folder of the model that training starts from.
    task : Task
        What is trained.
    ancestral : str
        `haplotypes.KNOWN_ANCESTRAL` or `haplotypes.OUTGROUP_MAJOR`.
    bin_bp, region_length_bp : int
        Of the statistics.
    regions : int
        Of a genome that networks for whole genomes are trained on.
    scenarios : mapping of str to Scenario
        By name, those whose genomes networks for whole genomes are trained on; `scenario` is among them.
    scenario : str or None
        Whose parameters are wanted; None for other tasks.

    Raises
    ------
    ConfigError
        The model has no network of the task.
    ModelError
        Its network was trained with other settings, more regions, other scenarios or other priors.
    """
    if task is Task.MODEL_CHOICE:
        of_choice = Start.load(model, ChoiceBundle)
        of_choice.check_settings(ancestral, bin_bp, region_length_bp)
        num_regions(of_choice, 1, regions)
        _check_scenarios(of_choice, {name: each.has_target_ghost for name, each in scenarios.items()})
    elif task is Task.PARAMETERS and scenario is not None:
        of_parameters = Start.load(model, ParametersBundle)
        of_parameters.check_settings(ancestral, bin_bp, region_length_bp)
        num_regions(of_parameters, 1, regions)
        _check_priors(of_parameters, scenario, PriorScale(scenarios[scenario].parameters))
    else:
        Start.load(model, TYPES[task]).check_settings(ancestral, bin_bp, region_length_bp)


def check_unseen(start: Start[AnyBundle], digests: Mapping[Path, str]) -> None:
    """Refuse statistics that the network has seen: its fit to them would pass for what it knows of others.

    Parameters
    ----------
    start : Start
    digests : mapping of Path to str
        SHA-256 of each file of statistics.

    Raises
    ------
    DataError
        On the first of them.
    """
    path = lineage.first_seen(start.bundle.provenance, digests)
    if path is not None:
        raise DataError(f"{path}: {start.folder}, which training starts from, was trained on it; give new genomes")


def learning_rate(highest: float, start: Start[AnyBundle] | None) -> float:
    """The highest learning rate: `highest` from nothing, a tenth of it from a trained network."""
    return highest if start is None else highest * LEARNING_RATE_SHARE


def num_regions(start: Start[AnyGenomeBundle] | None, fewest: int, most: int) -> Range:
    """Numbers of regions of a genome of which a network can be asked once it is trained.

    Of fewer regions than the model knows nothing is claimed: few new genomes do not teach what they are worth.

    Parameters
    ----------
    start : Start or None
        The trained network that training starts from.
    fewest, most : int
        Regions of the genomes of training and of parts of them.

    Raises
    ------
    ModelError
        Every genome has fewer regions than the model knows.
    """
    if start is None:
        return Range(fewest, most)
    lowest = start.bundle.regions.lowest
    if most < lowest:
        raise start.refusal(
            f"trained on genomes of {lowest} regions and more, those here have {most} at most; simulate more regions"
        )
    return Range(max(fewest, lowest), most)


def keeps_calibration(start: Start[AnyBundle], num_genomes: int) -> bool:
    """Whether so few genomes are held out that the model's calibration is better than theirs; the log says so.

    Parameters
    ----------
    start : Start
    num_genomes : int
        Held out, each counted once.
    """
    if num_genomes >= ENOUGH_TO_CALIBRATE:
        return False
    logger.info(
        "genomes held out: %d, fewer than the %d from which probabilities are calibrated; calibration stays that of %s",
        num_genomes,
        ENOUGH_TO_CALIBRATE,
        start.folder,
    )
    return True


def choice(
    start: Start[ChoiceBundle], ghost_of_target: Mapping[str, bool], num_genomes: int, *, references: int, levels: int
) -> tuple[ModelChoiceNetwork, Discriminants, Architecture]:
    """A network that chooses between some of the scenarios that a trained one knows.

    Parameters
    ----------
    start : Start of ChoiceBundle
    ghost_of_target : mapping of str to bool
        The scenarios, in the order of the network's outputs, and whether in each a ghost gave to the target.
    num_genomes : int
        Of the new statistics; none of them was in the trained network's training.
    references, levels : int
        Of `networks.novelty.Novelty`, which is to be filled in.

    Returns
    -------
    network : ModelChoiceNetwork
        Before any step, each member's probabilities are those of the trained one's member, divided by their sum over
        these scenarios.
    discriminants : Discriminants
        Those of the trained network, the same for all genomes.
    architecture : mapping of str to number

    Raises
    ------
    ModelError
        A scenario that the trained network does not know, or knows as one with a ghost where it is now without, or the
        other way round.
    """
    _check_scenarios(start, ghost_of_target)
    network = copy.deepcopy(start.bundle.network)
    network.keep([start.bundle.scenarios.index(name) for name in ghost_of_target], references, levels)
    sizes = {"scenarios": len(ghost_of_target), "references": references, "levels": levels}
    return network, _same_for_all(Discriminants, network, num_genomes), {**start.bundle.architecture, **sizes}


def parameters(
    start: Start[ParametersBundle], scenario: str, scale: PriorScale, num_genomes: int
) -> tuple[PosteriorNetwork, Predictors, Architecture]:
    """A network of the parameter posterior that a trained one is at first.

    Parameters
    ----------
    start : Start of ParametersBundle
    scenario : str
    scale : PriorScale
        Of the scenario's priors.
    num_genomes : int
        Of the new statistics; none of them was in the trained network's training.

    Returns
    -------
    network : PosteriorNetwork
    predictors : Predictors
        Those of the trained network, the same for all genomes.
    architecture : mapping of str to number

    Raises
    ------
    ModelError
        The trained network is of another scenario or of other priors.
    """
    _check_priors(start, scenario, scale)
    network = copy.deepcopy(start.bundle.network)
    return network, _same_for_all(Predictors, network, num_genomes), start.bundle.architecture


def _same_for_all(kind: type[Functions], network: ModelChoiceNetwork | PosteriorNetwork, num_genomes: int) -> Functions:
    """A trained network's linear functions, which were fitted without every one of these genomes."""
    fold = torch.zeros(num_genomes, dtype=torch.int64)
    return kind(network.slopes[None].clone(), network.intercepts[None].clone(), fold)


def _check_scenarios(start: Start[ChoiceBundle], ghost_of_target: Mapping[str, bool]) -> None:
    """Refuse scenarios that a trained network does not know, or that mean something else to it."""
    trained = start.bundle.ghost_of_target
    for name, ghost in ghost_of_target.items():
        if name not in trained:
            raise start.refusal(f"does not know the scenario {name}, only {', '.join(trained)}; leave it out")
        if trained[name] != ghost:
            one, other = ("with", "without") if ghost else ("without", "with")
            raise start.refusal(f"scenario {name} is {one} a ghost that gave to the target, in the model {other}")


def _check_priors(start: Start[ParametersBundle], scenario: str, scale: PriorScale) -> None:
    """Refuse another scenario than that of a trained network, and other priors."""
    if scenario != start.bundle.scenario:
        raise start.refusal(f"has the parameters of scenario {start.bundle.scenario}, not of {scenario}; give that one")
    trained, given = start.bundle.scale.describe(), scale.describe()
    if trained != given:
        pairs = zip(trained, given, strict=False)
        name = next((theirs["name"] for theirs, ours in pairs if theirs != ours), "(more or fewer of them)")
        raise start.refusal(f"trained with other priors of scenario {scenario}, first {name}; use the same priors")
