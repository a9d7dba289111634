"""Training of the networks that look at whole genomes: the choice between scenarios, and the parameter posterior."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
import xarray as xr
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.linear_model import RidgeCV
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from introghost import seeds
from introghost.errors import DataError
from introghost.inference import calibration, inputs, novelty
from introghost.inference.bundle import Bundle
from introghost.inference.prior_scale import PriorScale
from introghost.inference.training import Trained, describe, fit, split_genomes
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork
from introghost.simulation.scenarios import Scenario
from introghost.statistics.haplotype import usable_bins

Array = NDArray[np.float32]

PARTS = 8
WHOLE = 0.5
FOLDS = 10
SHRINKAGES = (0.0003, 0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
RIDGE_PENALTIES = np.logspace(-1, 5, 19)


@dataclass(frozen=True)
class _Genomes:
    """Simulated genomes, region by region: of each what `inputs.pool_each` gives, which `apply` uses as well.

    ``first`` are their first regions in the dataset, ``held_out`` is the side of the split.
    """

    regions: list[Array]
    first: NDArray[np.intp]
    held_out: NDArray[np.bool_]

    @classmethod
    def of(cls, dataset: xr.Dataset, held_out: NDArray[np.bool_]) -> "_Genomes":
        keys = pd.MultiIndex.from_arrays([dataset["scenario"].values.astype(str), dataset["genome"].values])
        values, population = dataset["pooled_statistics"].values, dataset["population_statistics"].values
        usable = usable_bins(dataset["callable_fraction"].values)
        rows = [np.flatnonzero(keys == key) for key in keys.unique()]
        pooled = [inputs.pool_each(values[own], usable[own], population[own]).astype(np.float32) for own in rows]
        first = np.array([own[0] for own in rows])
        return cls(pooled, first, held_out[first])

    def part(self, genome: int, number: int, rng: np.random.Generator) -> Array:
        """So many regions of one genome, drawn at random."""
        regions = self.regions[genome]
        return inputs.whole(regions[rng.permutation(len(regions))[:number]])

    def parts(self, numbers: list[int], rng: np.random.Generator) -> Array:
        """One part of each genome for each number of regions, (num_numbers, num_genomes, num_pooled + 1).

        Of a genome that has not so many regions, all of them.
        """
        cases = range(len(self.regions))
        return np.stack([np.stack([self.part(genome, number, rng) for genome in cases]) for number in numbers])

    def most(self) -> int:
        """Regions of the largest genome."""
        return max(len(regions) for regions in self.regions)

    def fewest(self) -> int:
        """Regions of the smallest parts."""
        return max(1, self.most() // PARTS)

    def numbers(self, genome: int | None = None) -> list[int]:
        """How many regions the parts of a genome have in validation: all, half of them, and so on.

        By default of the genome that has the most.
        """
        number = self.most() if genome is None else len(self.regions[genome])
        found = [number]
        number //= 2
        while number >= self.fewest():
            found.append(number)
            number //= 2
        return found


class _Parts(IterableDataset[tuple[Tensor, ...]]):
    """Batches of genomes and of random parts of them, so that a network knows what few regions are worth.

    In training each genome comes once in an epoch, about every second time as a whole; in validation whole and in
    halves, quarters and so on, the same ones in every epoch.
    """

    def __init__(
        self, genomes: _Genomes, cases: NDArray[np.intp], labels: tuple[Tensor, ...], size: int, seed: int | None
    ) -> None:
        self.genomes, self.cases, self.labels, self.size, self.seed, self.epoch = genomes, cases, labels, size, seed, 0

    def __len__(self) -> int:
        parts = len(self.cases) if self.seed is not None else sum(len(self.genomes.numbers(g)) for g in self.cases)
        return -(-parts // self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        pairs, rng = self._pairs()
        for start in range(0, len(pairs), self.size):
            drawn = pairs[start : start + self.size]
            pooled = np.stack([self.genomes.part(*pair, rng) for pair in drawn])
            cases = torch.tensor([genome for genome, _ in drawn])
            yield torch.from_numpy(pooled), *(label[cases] for label in self.labels)

    def _pairs(self) -> tuple[list[tuple[int, int]], np.random.Generator]:
        """Genome and number of regions of each part of an epoch."""
        if self.seed is None:
            pairs = [(genome, number) for genome in self.cases.tolist() for number in self.genomes.numbers(genome)]
            return pairs, np.random.default_rng(0)
        rng = np.random.default_rng(seeds.derive(self.seed, "parts", self.epoch))
        self.epoch += 1
        fewest, pairs = self.genomes.fewest(), []
        for genome in rng.permutation(self.cases).tolist():
            most = len(self.genomes.regions[genome])
            drawn = int(np.exp(rng.uniform(np.log(min(fewest, most)), np.log(most + 1))))
            pairs.append((genome, most if rng.random() < WHOLE else min(drawn, most)))
        return pairs, rng


@dataclass(frozen=True)
class _CrossFitted:
    """Linear functions of standardised statistics, fitted without the genomes of each fold in turn.

    The last ones are of all training genomes: what the network has, and what genomes that are held out are judged with.
    """

    slopes: Tensor
    intercepts: Tensor
    fold: Tensor

    def of(self, standard: Tensor, fold: Tensor) -> Tensor:
        """Of each genome the functions that do not know its fold, (batch, ...)."""
        slopes, intercepts = (part.to(standard.device)[fold] for part in (self.slopes, self.intercepts))
        return torch.einsum("bc,b...c->b...", standard, slopes) + intercepts

    def give(self, network: ModelChoiceNetwork | PosteriorNetwork) -> None:
        """Let the network have those of all training genomes."""
        network.slopes.copy_(self.slopes[-1])
        network.intercepts.copy_(self.intercepts[-1])


class _Discriminants(_CrossFitted):
    """Linear discriminants of the scenarios for each member of an ensemble."""

    @classmethod
    def fit(
        cls, standard: Array, classes: NDArray[np.int64], weights: Array, held_out: NDArray[np.bool_]
    ) -> "_Discriminants":
        """`weights`, (num_genomes, num_members), weigh the genomes for each member.

        Of each class, two genomes at least are not held out.
        """
        fold = np.full(len(classes), FOLDS)
        for index in np.unique(classes):
            own = np.flatnonzero((classes == index) & ~held_out)
            fold[own] = np.arange(len(own)) % FOLDS
        shrinkage = _best_shrinkage(standard, classes, fold)
        fitted = [
            [discriminant(standard[own], classes[own], member[own], shrinkage) for member in weights.T]
            for own in (~held_out & (fold != left_out) for left_out in range(FOLDS + 1))
        ]
        slopes = np.array([[slope for slope, _ in members] for members in fitted], dtype=np.float32)
        intercepts = np.array([[intercept for _, intercept in members] for members in fitted], dtype=np.float32)
        return cls(torch.from_numpy(slopes), torch.from_numpy(intercepts), torch.from_numpy(fold))

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        """Cross-entropy of each genome, weighed anew for each member, with the discriminants of its fold."""
        pooled, classes, weights, fold = batch
        standard = cast(ModelChoiceNetwork, network).standardise(pooled)
        logits = network(pooled, self.of(standard, fold).transpose(0, 1))
        logits = logits if logits.ndim == 3 else logits[None]  # in validation, of all members together
        each = nn.functional.cross_entropy(logits.flatten(0, 1), classes.repeat(len(logits)), reduction="none")
        return (each * weights.T[: len(logits)].flatten()).mean()


def discriminant(
    standard: Array, classes: NDArray[np.int64], weights: NDArray[np.floating], shrinkage: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Linear discriminant analysis with equal priors and a covariance shrunk towards a multiple of the identity.

    Ledoit and Wolf (2004, J Multivar Anal 88:365) is where the shrinkage is from; how strong it is comes from
    cross-validation here.

    Parameters
    ----------
    standard : ndarray of float32, shape (num_genomes, channels)
    classes : ndarray of int, shape (num_genomes,)
        0 to the number of classes less one, each of which is there.
    weights : ndarray of float, shape (num_genomes,)
    shrinkage : float
        In (0, 1].

    Returns
    -------
    ndarray of float64, shape (num_classes, channels)
        Slopes, which add up to 0 over the classes.
    ndarray of float64, shape (num_classes,)
        Intercepts, with the same sum.
    """
    share = weights * (classes == np.arange(classes.max() + 1)[:, None])
    share = share / share.sum(axis=1, keepdims=True)
    means = share @ standard.astype(np.float64)
    centred = (standard - means[classes]) * np.sqrt(share.sum(axis=0) / len(means))[:, None]
    covariance = centred.T @ centred
    size = max(np.trace(covariance) / len(covariance), 1e-9)
    covariance *= 1 - shrinkage
    covariance[np.diag_indices_from(covariance)] += shrinkage * size
    slopes = np.linalg.solve(covariance, means.T).T
    intercepts = -0.5 * (slopes * means).sum(axis=1)
    return slopes - slopes.mean(axis=0), intercepts - intercepts.mean()


def _best_shrinkage(standard: Array, classes: NDArray[np.int64], fold: NDArray[np.intp]) -> float:
    """The shrinkage under which genomes left out are told apart best, by the cross-entropy at its best temperature."""
    losses = []
    for shrinkage in SHRINKAGES:
        logits = np.zeros((len(classes), classes.max() + 1))
        for left_out in range(FOLDS):
            others, own = (fold != left_out) & (fold < FOLDS), fold == left_out
            slopes, intercepts = discriminant(standard[others], classes[others], np.ones(others.sum()), shrinkage)
            logits[own] = standard[own] @ slopes.T + intercepts
        kept = fold < FOLDS
        weights = _equal_weights(classes[kept])
        temperature = calibration.multinomial_temperature(logits[kept], classes[kept], weights)
        scaled = log_softmax(logits[kept] / temperature, axis=1)
        losses.append(-np.average(scaled[np.arange(kept.sum()), classes[kept]], weights=weights))
    return SHRINKAGES[int(np.argmin(losses))]


class _Predictors(_CrossFitted):
    """Ridge regressions of the parameters."""

    @classmethod
    def fit(cls, standard: Array, values: Array, held_out: NDArray[np.bool_]) -> "_Predictors":
        fold = np.full(len(values), FOLDS)
        fold[~held_out] = np.arange((~held_out).sum()) % FOLDS
        fitted = []
        for left_out in range(FOLDS + 1):
            own = ~held_out & (fold != left_out)
            ridge = RidgeCV(RIDGE_PENALTIES, alpha_per_target=True).fit(standard[own], values[own])
            fitted.append((ridge.coef_.reshape(values.shape[1], -1), np.atleast_1d(ridge.intercept_)))
        slopes, intercepts = (torch.from_numpy(np.stack(part).astype(np.float32)) for part in zip(*fitted, strict=True))
        return cls(slopes, intercepts, torch.from_numpy(fold))

    def loss(self, network: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        """Negative log density of a batch's parameters, with the predictors of its genomes' folds."""
        pooled, values, fold = batch
        standard = cast(PosteriorNetwork, network).standardise(pooled)
        density: Tensor = network(pooled, values, self.of(standard, fold))
        return -density.mean()


def train_model_choice(dataset: xr.Dataset, *, epochs: int, seed: int, width: int = 16, members: int = 5) -> Trained:
    """Train the model-choice network on the pooled statistics of each genome.

    Parameters
    ----------
    dataset : xarray.Dataset
        Genomes of at least two scenarios; each scenario weighs the same, however many genomes it has.
    epochs : int
        At most; training ends early when the validation loss has not fallen for forty epochs.
    seed : int
    width : int
        Hidden units between discriminants and logits; 0 for none.
    members : int
        Networks whose probabilities are averaged; genomes weigh differently for each (the Bayesian bootstrap, Rubin
        1981, Ann Stat 9:130).
    """
    torch.manual_seed(seeds.derive(seed, "train", "model-choice"))
    scenarios = sorted({str(s) for s in dataset["scenario"].values})
    if "" in scenarios:
        raise DataError("some of these statistics are of a VCF: training needs those of simulations")
    if len(scenarios) < 2:
        raise DataError(f"model choice needs at least two scenarios, the statistics hold only {scenarios}")
    genomes = _Genomes.of(dataset, split_genomes(dataset, seed))
    held_out, numbers = genomes.held_out, genomes.numbers()
    names = dataset["scenario"].values[genomes.first]
    classes = np.array([scenarios.index(str(name)) for name in names], dtype=np.int64)
    parts = genomes.parts(numbers, np.random.default_rng(seeds.derive(seed, "novelty parts")))
    architecture = {"channels": parts.shape[2], "scenarios": len(scenarios), "width": width, "members": members}
    architecture |= {"references": novelty.num_references(classes), "levels": len(numbers)}
    network = ModelChoiceNetwork(**architecture)
    _scale(network, parts[:, ~held_out])
    with torch.inference_mode():
        standard = network.standardise(torch.from_numpy(parts[0])).numpy()
        roots = network.standardise.roots(torch.from_numpy(parts)).numpy()
    rng = np.random.default_rng(seeds.derive(seed, "balance"))
    balanced = _balance(classes, ~held_out, rng)
    drawn = rng.exponential(size=(len(classes), members))
    drawn[held_out] = _equal_weights(classes[held_out])[:, None]
    for index in range(len(scenarios)):  # every scenario weighs the same for every member
        mine = (classes == index) & ~held_out
        drawn[mine] /= drawn[mine].mean(axis=0)
    weights = drawn.astype(np.float32)
    discriminants = _Discriminants.fit(standard, classes, weights, held_out)
    discriminants.give(network)
    labels = torch.from_numpy(classes), torch.from_numpy(weights), discriminants.fold
    train, validation = (
        DataLoader(_Parts(genomes, cases, labels, size, order_seed), batch_size=None)
        for cases, size, order_seed in ((balanced, 32, seed), (np.flatnonzero(held_out), 4096, None))
    )
    curve = fit(network, discriminants.loss, train, validation, epochs=epochs, learning_rate=2e-3, patience=40)
    with torch.inference_mode():
        judged = [(network(pooled).numpy(), truth.numpy()) for pooled, truth, *_ in validation]
    logits, truth = (np.concatenate(part) for part in zip(*judged, strict=True))
    novelty.fit(network.novelty, roots, numbers, classes, np.random.default_rng(seeds.derive(seed, "novelty")))
    temperature = calibration.multinomial_temperature(logits, truth, _equal_weights(truth))
    description = describe(dataset, architecture, np.flatnonzero(~held_out), np.flatnonzero(held_out))
    description |= {"temperature": temperature, "scenarios": scenarios, **_of_genomes(dataset, genomes)}
    return Trained(Bundle("model-choice", network, description), curve)


def train_parameters(
    dataset: xr.Dataset, scenario: Scenario, *, epochs: int, seed: int, width: int = 32, members: int = 5
) -> Trained:
    """Train the network of the parameter posterior on the pooled statistics of one scenario's genomes.

    Parameters
    ----------
    dataset : xarray.Dataset
        Genomes of other scenarios are left out.
    scenario : Scenario
        Whose priors the genomes were drawn from.
    epochs : int
        At most; training ends early when the validation loss has not fallen for forty epochs.
    seed : int
    width, members : int
        Hidden units and number of the flows whose densities are averaged.

    Raises
    ------
    DataError
        No genome of the scenario, or a parameter of its priors that the statistics do not tell.
    """
    torch.manual_seed(seeds.derive(seed, "train", "parameters"))
    own = dataset.isel(region=np.flatnonzero(dataset["scenario"].values == scenario.name))
    if not own.sizes["region"]:
        raise DataError(f"no genome of scenario {scenario.name} in these statistics")
    scale = PriorScale(scenario.parameters)
    if not scale.names:
        raise DataError(f"scenario {scenario.name} has no parameter that varies between genomes")
    genomes = _Genomes.of(own, split_genomes(own, seed))
    held_out = genomes.held_out
    if (~held_out).sum() < 4:
        raise DataError(f"{(~held_out).sum()} genomes of {scenario.name} are left to train on: simulate more of it")
    parts = genomes.parts(genomes.numbers(), np.random.default_rng(seeds.derive(seed, "scale")))
    told = {name: f"parameter_{name}" for name in scale.names}
    normal = scale.to_normal(
        {name: own[label].values[genomes.first] for name, label in told.items() if label in own.coords}
    )
    architecture = {"channels": parts.shape[2], "parameters": len(scale.names), "width": width, "members": members}
    network = PosteriorNetwork(**architecture)
    _scale(network, parts[:, ~held_out])
    values = normal.astype(np.float32)
    with torch.inference_mode():
        standard = network.standardise(torch.from_numpy(parts[0])).numpy()
    predictors = _Predictors.fit(standard, values, held_out)
    predictors.give(network)
    labels = (torch.from_numpy(values), predictors.fold)
    loaders = [
        DataLoader(_Parts(genomes, np.flatnonzero(cases), labels, size, order_seed), batch_size=None)
        for cases, size, order_seed in ((~held_out, 64, seed), (held_out, 4096, None))
    ]
    curve = fit(network, predictors.loss, *loaders, epochs=epochs, learning_rate=1e-3, patience=40)
    description = describe(own, architecture, np.flatnonzero(~held_out), np.flatnonzero(held_out))
    description |= {"scenario": scenario.name, "priors": scale.describe(), **_of_genomes(own, genomes)}
    return Trained(Bundle("parameters", network, description), curve)


def _of_genomes(dataset: xr.Dataset, genomes: _Genomes) -> dict[str, Any]:
    """What a network for whole genomes must find again: the segment network whose answers are in the statistics.

    And what it should: fewest and most regions of a genome or a part of it.
    """
    fewest = min(genomes.fewest(), *(len(regions) for regions in genomes.regions))
    return {"regions": [fewest, genomes.most()], "segments": str(dataset.attrs["segments"])}


def _scale(network: ModelChoiceNetwork | PosteriorNetwork, parts: Array) -> None:
    """Let a network standardise by the first of these parts, whole genomes, and the number of regions by all."""
    values = torch.from_numpy(parts)
    network.standardise.set_floor(values[0])
    transformed = network.standardise.transform(values)
    mean, deviation = transformed[0].mean(0), transformed[0].std(0)
    mean[-1], deviation[-1] = transformed[:, :, -1].mean(), transformed[:, :, -1].std()
    network.standardise.set(mean, deviation)


def _equal_weights(classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weights of genomes with which each class that is there weighs the same; their mean is 1."""
    _, index, counts = np.unique(classes, return_inverse=True, return_counts=True)
    weights: NDArray[np.float64] = len(classes) / len(counts) / counts[index]
    return weights


def _balance(classes: NDArray[np.int64], train: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of training genomes, the rarer scenarios repeated until each has as many as the commonest."""
    groups = [np.flatnonzero(train & (classes == c)) for c in np.unique(classes)]
    if min(len(group) for group in groups) < 2:
        raise DataError("a scenario has not two genomes left to train on after the split: simulate more of it")
    most = max(len(group) for group in groups)
    return np.concatenate([np.resize(rng.permutation(group), most) for group in groups])
