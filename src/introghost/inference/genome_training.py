"""Training of the networks that look at whole genomes: the choice between scenarios, and the parameter posterior."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from introghost import seeds
from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.inference import balance, calibration, inputs, novelty, starting
from introghost.inference.bundles import Architecture, ChoiceBundle, ParametersBundle
from introghost.inference.checkpoints import Checkpoint
from introghost.inference.discriminants import Discriminants, Predictors
from introghost.inference.genome_batches import GenomeBatches, Genomes
from introghost.inference.inputs import Pooled
from introghost.inference.prior_scale import PriorScale
from introghost.inference.starting import AnyGenomeBundle, Start
from introghost.inference.training import Batch, Network, Trained, fit, training_data
from introghost.inference.training_data import TrainingData
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork
from introghost.simulation.priors import HasParameters
from introghost.statistics.table import Statistics

Array = NDArray[np.float32]

CHOICE_WIDTH, PARAMETERS_WIDTH, MEMBERS = 16, 32, 5
PATIENCE = 40
VALIDATION_BATCH = 4096


@dataclass(frozen=True)
class Prepared:
    """What both trainings begin with.

    Attributes
    ----------
    statistics : Statistics
        Of the genomes alone that are trained on or held out.
    genomes : Genomes
    parts : list of Pooled
        Of every genome: as a whole, then parts of fewer and fewer regions.
    """

    statistics: Statistics
    genomes: Genomes
    parts: list[Pooled]

    @classmethod
    def of(cls, statistics: Statistics, seed: int, purpose: str) -> "Prepared":
        """Genomes of these statistics, divided into training and validation, and the parts of all.

        Parameters
        ----------
        statistics : Statistics
        seed : int
            Of the split and of the parts.
        purpose : str
            Of the training; the parts of each purpose have a random stream of their own.

        Raises
        ------
        DataError
            Genomes too few to split, or one without a usable bin.
        """
        genomes = Genomes.of(statistics, seed)
        return cls(statistics, genomes, genomes.parts(np.random.default_rng(seeds.derive(seed, purpose))))

    @property
    def channel_names(self) -> tuple[str, ...]:
        """What the network is given."""
        return inputs.genome_channel_names(self.statistics.pooled_names, self.statistics.population_names)

    def standardise(self, network: ModelChoiceNetwork | PosteriorNetwork) -> Array:
        """Let a network standardise by the training genomes.

        Returns
        -------
        ndarray of float32, shape (num_genomes, channels)
            All genomes, whole, standardised.
        """
        train = [part[~self.genomes.held_out] for part in self.parts]
        values, num_regions = np.stack([part.values for part in train]), np.stack([part.num_regions for part in train])
        network.standardise.fit(torch.from_numpy(values), torch.from_numpy(num_regions))
        with torch.inference_mode():
            return np.asarray(network.standardise(*self.parts[0].tensors()).numpy())

    def fit(
        self,
        network: Network,
        loss: Callable[[Network, Batch], Tensor],
        labels: tuple[Tensor, ...],
        cases: NDArray[np.intp],
        *,
        batch_size: int,
        learning_rate: float,
        epochs: int,
        seed: int,
        start: Start[AnyGenomeBundle] | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> tuple[pd.DataFrame, DataLoader[Batch]]:
        """Train a network on parts of some genomes.

        Parameters
        ----------
        network : ModelChoiceNetwork or PosteriorNetwork
            Trained in place.
        loss : callable
            Takes the network and a batch, and returns a scalar Tensor.
        labels : tuple of Tensor
            Further members of a batch, each with one row for every genome.
        cases : ndarray of int64, shape (num_cases,)
            Indices of the genomes to train on; one that stands there twice counts twice.
        batch_size : int
        learning_rate : float
            The highest of the one-cycle schedule of a training from nothing.
        epochs : int
            The most; training ends once the validation loss has not fallen for `PATIENCE` epochs.
        seed : int
            Of the order of genomes, of the regions drawn of them and of what the network draws.
        start : Start, optional
            Where the network is from, if it was trained before.
        checkpoint : Checkpoint, optional
            See `training.fit`.

        Returns
        -------
        curve : DataFrame
            Training and validation loss of each epoch.
        validation : DataLoader
            Batches of the genomes that are held out.
        """
        train, validation = (
            DataLoader(GenomeBatches(self.genomes, indices, labels, size, order_seed), batch_size=None)
            for indices, size, order_seed in (
                (cases, batch_size, seed),
                (self.genomes.validation, VALIDATION_BATCH, None),
            )
        )
        curve = fit(
            network,
            loss,
            train,
            validation,
            epochs=epochs,
            learning_rate=starting.learning_rate(learning_rate, start),
            patience=PATIENCE,
            seed=seed,
            is_trained=start is not None,
            checkpoint=checkpoint,
        )
        return curve, validation

    def training_data(self) -> TrainingData:
        """What a bundle says of its training."""
        train, validation = (self.genomes.num_genomes(cases) for cases in (self.genomes.train, self.genomes.validation))
        return training_data(self.statistics, num_training=train, num_validation=validation)


def train_model_choice(
    statistics: Statistics,
    *,
    epochs: int,
    seed: int,
    width: int | None = None,
    members: int | None = None,
    start: Start[ChoiceBundle] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Trained[ChoiceBundle]:
    """Train the model-choice network on the pooled statistics of each genome.

    Parameters
    ----------
    statistics : Statistics
        Genomes of at least two scenarios; each scenario weighs the same, however many genomes it has.
    epochs : int
        At most; training ends early when the validation loss has not fallen for forty epochs.
    seed : int
    width : int, optional
        Hidden units between discriminants and logits (16); 0 for none.
    members : int, optional
        Networks whose probabilities are averaged (5); genomes weigh differently for each, see
        `balance.bootstrap_weights`.
    start : Start, optional
        A trained network to start from, in place of a new one of such sizes; it knows these scenarios, and perhaps
        others. Its standardisation and its discriminants stay, and its temperature unless enough genomes are held out.
    checkpoint : Checkpoint, optional
        See `training.fit`.

    Returns
    -------
    Trained
        The weights with the lowest validation loss, calibrated on the validation genomes.

    Raises
    ------
    DataError
        Statistics of a VCF, fewer than two scenarios, a scenario with hardly a genome, or statistics that do not say
        which scenarios have a ghost that gave to the target.
    ConfigError, ModelError
        Sizes beside `start`, or statistics or scenarios that it was not trained on.
    """
    if start is not None:
        start.check(statistics, width, members)
    torch.manual_seed(seeds.derive(seed, "train", "model-choice"))
    scenarios = _scenarios(statistics)
    ghost_of_target = {name: statistics.ghost_of_target[name] for name in scenarios}
    prepared = Prepared.of(statistics, seed, "novelty parts")
    genomes = prepared.genomes
    regions = starting.num_regions(start, *genomes.num_regions_range())
    classes = np.array([scenarios.index(name) for name in genomes.scenarios], dtype=np.int64)
    if start is not None:
        members = int(start.bundle.architecture["members"])
    # Every scenario comes as often, and weighs the same for every member.
    rng = np.random.default_rng(seeds.derive(seed, "balance"))
    balanced = balance.repeated(classes, ~genomes.held_out, genomes.identities, rng)
    weights = balance.bootstrap_weights(classes, genomes.held_out, genomes.identities, members or MEMBERS, rng)
    references = novelty.num_references(classes, genomes.identities)
    if start is None:
        network, discriminants, architecture = _new_choice(prepared, classes, weights, width, references)
    else:
        network, discriminants, architecture = starting.choice(
            start, ghost_of_target, len(classes), references=references, levels=len(prepared.parts)
        )
    labels = torch.from_numpy(classes), torch.from_numpy(weights), discriminants.fold
    curve, validation = prepared.fit(
        network,
        discriminants.loss,
        labels,
        balanced,
        batch_size=32,
        learning_rate=2e-3,
        epochs=epochs,
        seed=seed,
        start=start,
        checkpoint=checkpoint,
    )
    _fit_novelty(network, prepared, classes, seed)
    bundle = ChoiceBundle(
        network=network,
        architecture=architecture,
        inputs=prepared.channel_names,
        training=prepared.training_data(),
        provenance={},
        regions=regions,
        segment_model_digest=statistics.segment_model_digest,
        ghost_of_target=ghost_of_target,
        temperature=_temperature(network, validation, start, genomes.num_genomes(genomes.validation)),
    )
    return Trained(bundle, curve)


def _scenarios(statistics: Statistics) -> list[str]:
    """Names of the scenarios, sorted; two at least, and no real data among them."""
    scenarios = sorted(set(statistics.scenarios.tolist()))
    if "" in scenarios:
        raise DataError("some of these statistics are of a VCF: training needs those of simulations")
    if len(scenarios) < 2:
        raise DataError(f"model choice needs at least two scenarios, the statistics hold only {scenarios}")
    return scenarios


def _new_choice(
    prepared: Prepared, classes: NDArray[np.int64], weights: Array, width: int | None, references: int
) -> tuple[ModelChoiceNetwork, Discriminants, Architecture]:
    """A network that was not trained yet, with the discriminants of these genomes."""
    num_scenarios = int(classes.max()) + 1
    architecture = {
        "channels": len(prepared.channel_names),
        "scenarios": num_scenarios,
        "width": CHOICE_WIDTH if width is None else width,
        "members": weights.shape[1],
        "references": references,
        "levels": len(prepared.parts),
        "discriminants": num_scenarios,
    }
    network = ModelChoiceNetwork(**architecture)
    held_out, identities = prepared.genomes.held_out, prepared.genomes.identities
    discriminants = Discriminants.fit(prepared.standardise(network), classes, weights, held_out, identities)
    discriminants.give(network)
    return network, discriminants, architecture


def _fit_novelty(network: ModelChoiceNetwork, prepared: Prepared, classes: NDArray[np.int64], seed: int) -> None:
    """Let a network know how all genomes, and their parts, are spread."""
    with torch.inference_mode():
        roots = np.stack([network.standardise.roots(torch.from_numpy(part.values)).numpy() for part in prepared.parts])
    genomes, rng = prepared.genomes, np.random.default_rng(seeds.derive(seed, "novelty"))
    novelty.fit(network.novelty, roots, genomes.numbers(), classes, genomes.identities, rng)


def _temperature(
    network: ModelChoiceNetwork, validation: DataLoader[Batch], start: Start[ChoiceBundle] | None, num_genomes: int
) -> float:
    """Temperature that suits the validation genomes and their parts best; of too few genomes that of the start."""
    if start is not None and starting.keeps_calibration(start, num_genomes):
        return start.bundle.temperature
    with torch.inference_mode():
        judged = [
            (network(values, num_regions).numpy(), truth.numpy()) for values, num_regions, truth, *_ in validation
        ]
    logits, classes = (np.concatenate(column) for column in zip(*judged, strict=True))
    return calibration.multinomial_temperature(logits, classes, balance.equal_weights(classes))


def train_parameters(
    statistics: Statistics,
    scenario: HasParameters,
    *,
    epochs: int,
    seed: int,
    width: int | None = None,
    members: int | None = None,
    start: Start[ParametersBundle] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Trained[ParametersBundle]:
    """Train the network of the parameter posterior on the pooled statistics of one scenario's genomes.

    Parameters
    ----------
    statistics : Statistics
        Genomes of other scenarios are left out.
    scenario : Scenario
        Whose priors the genomes were drawn from.
    epochs : int
        At most; training ends early when the validation loss has not fallen for forty epochs.
    seed : int
    width, members : int, optional
        Hidden units (32) and number (5) of the flows whose densities are averaged.
    start : Start, optional
        A trained network of the same scenario and priors to start from, in place of a new one of such sizes; its
        standardisation and its predictors stay.
    checkpoint : Checkpoint, optional
        See `training.fit`.

    Returns
    -------
    Trained
        The weights with the lowest validation loss.

    Raises
    ------
    DataError
        No genome of the scenario or hardly one, or a parameter of its priors that the statistics do not tell.
    ConfigError, ModelError
        Sizes beside `start`, or statistics, a scenario or priors that it was not trained on.
    """
    if start is not None:
        start.check(statistics, width, members)
    torch.manual_seed(seeds.derive(seed, "train", "parameters"))
    rows = np.flatnonzero(statistics.scenarios == scenario.name)
    if not len(rows):
        raise DataError(f"no genome of scenario {scenario.name} in these statistics")
    scale = PriorScale(scenario.parameters)
    if not scale.names:
        raise DataError(f"scenario {scenario.name} has no parameter that varies between genomes")
    prepared = Prepared.of(statistics.select(rows), seed, "scale")
    genomes = prepared.genomes
    regions = starting.num_regions(start, *genomes.num_regions_range())
    num_train = genomes.num_genomes(genomes.train)
    if num_train < 4:
        raise DataError(f"{num_train} genomes of {scenario.name} are left to train on: simulate more of it")
    parameters = scale.to_normal(genomes.parameters).astype(np.float32)
    if start is None:
        network, predictors, architecture = _new_posterior(
            prepared, parameters, width or PARAMETERS_WIDTH, members or MEMBERS
        )
    else:
        network, predictors, architecture = starting.parameters(start, scenario.name, scale, len(parameters))
    labels = torch.from_numpy(parameters), predictors.fold
    curve, _ = prepared.fit(
        network,
        predictors.loss,
        labels,
        genomes.train,
        batch_size=64,
        learning_rate=1e-3,
        epochs=epochs,
        seed=seed,
        start=start,
        checkpoint=checkpoint,
    )
    bundle = ParametersBundle(
        network=network,
        architecture=architecture,
        inputs=prepared.channel_names,
        training=prepared.training_data(),
        provenance={},
        regions=regions,
        segment_model_digest=statistics.segment_model_digest,
        scenario=scenario.name,
        scale=scale,
    )
    return Trained(bundle, curve)


def _new_posterior(
    prepared: Prepared, parameters: Array, width: int, members: int
) -> tuple[PosteriorNetwork, Predictors, Architecture]:
    """A network that was not trained yet, with the predictors of these genomes' parameters."""
    architecture = {"channels": len(prepared.channel_names), "parameters": parameters.shape[1]}
    architecture |= {"width": width, "members": members}
    network = PosteriorNetwork(**architecture)
    held_out, identities = prepared.genomes.held_out, prepared.genomes.identities
    predictors = Predictors.fit(prepared.standardise(network), parameters, held_out, identities)
    predictors.give(network)
    return network, predictors, architecture


def prior_findings(curve: pd.DataFrame, num_parameters: int) -> list[Finding]:
    """A finding if a parameter posterior is of no use: if the prior is at least as good for held-out genomes.

    Parameters
    ----------
    curve : DataFrame
        Learning curve of `train_parameters`; ``validation_loss`` is the negative log density in nats.
    num_parameters : int

    Returns
    -------
    list of Finding
    """
    # Entropy of the prior, which is standard normal in each parameter on the scale of training.
    prior_loss = 0.5 * math.log(2 * math.pi * math.e) * num_parameters
    lowest = float(curve["validation_loss"].min())
    if lowest < prior_loss:
        return []
    text = (
        f"of held-out genomes the posterior of the parameters is no better than the prior ({lowest:.3g} nats against "
        f"{prior_loss:.3g}): do not use it; simulate more genomes, or start from a model that knows such data"
    )
    return [Finding(Code.POSTERIOR_NO_BETTER_THAN_PRIOR, Severity.WARNING, text)]
