"""Training that starts from a network that was trained before: what must be alike, and what is taken over."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch

from introghost.errors import ConfigError, ModelError
from introghost.inference import bundle_files, offers
from introghost.inference.bundles import Architecture, Bundle, ChoiceBundle, ParametersBundle, Task
from introghost.inference.discriminants import CrossFitted, Discriminants, Predictors
from introghost.inference.offers import Offer
from introghost.inference.prior_scale import PriorScale
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork
from introghost.statistics.table import Statistics

# Of the learning rate of a training from nothing.
LEARNING_RATE_SHARE = 0.1
# Held-out genomes from which a temperature is fitted anew: of fewer it would be chance.
ENOUGH_TO_CALIBRATE = 40

AnyBundle = TypeVar("AnyBundle", bound=Bundle)
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
        training, offer = self.bundle.training, Offer.of_statistics(statistics)
        for key, trained, offered in (
            ("ancestral", training.ancestral, offer.ancestral),
            ("bin_bp", training.bin_bp, offer.bin_bp),
            ("region_length_bp", training.region_length_bp, offer.region_length_bp),
        ):
            if trained != offered:
                raise self.refusal(
                    f"trained with {key} {trained!r}, these statistics have {offered!r}; make them alike"
                )
        difference = offers.first_difference(self.bundle.inputs, offer.inputs_of(self.bundle.task))
        if difference is not None:
            number, trained, offered = difference
            raise self.refusal(
                f"input number {number} is {trained} in the model and {offered} in these statistics; compute them as "
                "the model's were (with --segment-model or without, by the same version)"
            )

    def refusal(self, problem: str) -> ModelError:
        """The error that says why training can't start from this bundle."""
        return ModelError(f"{self.folder}: {problem}, or train without --from")


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
        raise ConfigError(f"--from {model}: it has no {task}/; name a model that has, or leave --from out")
    return model / task


def learning_rate(highest: float, start: Start[AnyBundle] | None) -> float:
    """The highest learning rate: `highest` from nothing, a tenth of it from a trained network."""
    return highest if start is None else highest * LEARNING_RATE_SHARE


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
    known = start.bundle.ghost_of_target
    for name, ghost in ghost_of_target.items():
        if name not in known:
            raise start.refusal(f"does not know the scenario {name}, only {', '.join(known)}; leave it out")
        if known[name] != ghost:
            one, other = ("with", "without") if ghost else ("without", "with")
            raise start.refusal(f"scenario {name} is {one} a ghost that gave to the target, in the model {other}")
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
    if scenario != start.bundle.scenario:
        raise start.refusal(f"has the parameters of scenario {start.bundle.scenario}, not of {scenario}; give that one")
    trained, given = start.bundle.scale.describe(), scale.describe()
    if trained != given:
        pairs = zip(trained, given, strict=False)
        name = next((theirs["name"] for theirs, ours in pairs if theirs != ours), "(more or fewer of them)")
        raise start.refusal(f"trained with other priors of scenario {scenario}, first {name}; use the same priors")
    network = copy.deepcopy(start.bundle.network)
    return network, _same_for_all(Predictors, network, num_genomes), start.bundle.architecture


def _same_for_all(kind: type[Functions], network: ModelChoiceNetwork | PosteriorNetwork, num_genomes: int) -> Functions:
    """A trained network's linear functions, which were fitted without every one of these genomes."""
    fold = torch.zeros(num_genomes, dtype=torch.int64)
    return kind(network.slopes[None].clone(), network.intercepts[None].clone(), fold)
