"""Whether a genome is like any that was simulated: conformal p-values under each scenario, and under all of them.

A network answers whatever it is asked. Genomes are compared with those of training by two measures that fail in
different ways: Mahalanobis' distance with a shrunk covariance (Ledoit and Wolf 2004, J Multivar Anal 88:365), and the
local outlier factor (Breunig et al. 2000, SIGMOD). How far the simulated genomes themselves lie, each measured without
its own share of them, makes the p-values (Vovk et al. 2005, Algorithmic Learning in a Random World).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.neighbors import LocalOutlierFactor

from introghost.inference.bundle import Bundle
from introghost.inference.decisions import NOVELTY_LEVEL
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.novelty import Novelty

Array = NDArray[np.float64]

REFERENCES = 500
FOLDS = 20
NEIGHBOURS = 20
UPPER = 0.9
_ALIKE = 1e-4  # relative difference of roots that single precision makes


@dataclass(frozen=True)
class _Measures:
    """Both measures of distance from some genomes; the larger, the farther."""

    mean: Array
    precision: Array
    factor: LocalOutlierFactor

    @classmethod
    def fit(cls, genomes: Array) -> "_Measures":
        covariance = LedoitWolf().fit(genomes)
        factor = LocalOutlierFactor(n_neighbors=min(NEIGHBOURS, len(genomes) - 1), novelty=True).fit(genomes)
        return cls(covariance.location_, covariance.precision_, factor)

    def __call__(self, genomes: Array) -> Array:
        """Shape (num_genomes, 2)."""
        centred = genomes - self.mean
        mahalanobis = np.einsum("ij,jk,ik->i", centred, self.precision, centred)
        return np.stack([mahalanobis, -self.factor.score_samples(genomes)], axis=1)


def num_references(classes: NDArray[np.intp]) -> int:
    """Genomes that are kept of each scenario: as many as the rarest has, up to a limit.

    0 if they are so few that no p-value could fall below `decisions.NOVELTY_LEVEL`: then nothing is known of novelty.
    """
    counts = np.bincount(classes)
    number = min(int(counts.min()), REFERENCES)
    return number if number >= FOLDS and 1 / (1 + number * len(counts)) < NOVELTY_LEVEL else 0


def fit(
    novelty: Novelty,
    genomes: NDArray[np.float32],
    numbers: Sequence[int],
    classes: NDArray[np.intp],
    rng: np.random.Generator,
) -> None:
    """Fill in the tensors of `novelty`.

    Parameters
    ----------
    novelty : Novelty
    genomes : ndarray of float32, shape (num_levels, num_genomes, channels)
        Standardised: whole ones first, then parts of them of fewer and fewer regions, which lie farther away.
    numbers : sequence of int, length num_levels
        How many regions those have.
    classes : ndarray of int, shape (num_genomes,)
        Index of each genome's scenario.
    rng : numpy.random.Generator
        Chooses the references.
    """
    levels, scenarios, number = novelty.scores.shape[:3]
    novelty.numbers.copy_(torch.tensor(numbers))
    if not number:
        return
    chosen = [rng.permutation(np.flatnonzero(classes == index))[:number] for index in range(scenarios)]
    as_read = genomes.astype(np.float16).astype(np.float64)  # as the references will be
    kept = np.stack([as_read[:, index] for index in chosen])  # (scenarios, levels, number, channels)
    whole = [_Measures.fit(own[0]) for own in kept]
    scores = np.stack([_out_of_fold(own) for own in kept], axis=1)
    nearest = np.empty((levels, scenarios, number))
    for level, index in np.ndindex(levels, scenarios):
        own = kept[index, level]
        measured = [scores[level, index] if other == index else whole[other](own) for other in range(scenarios)]
        nearest[level, index] = _farness(np.stack(measured), scores[level]).min(axis=0)
    for name, values in {"references": kept[:, 0], "scores": scores, "nearest": nearest}.items():
        getattr(novelty, name).copy_(torch.from_numpy(values))


def p_values(novelty: Novelty, genomes: NDArray[np.float32], numbers: NDArray[np.floating]) -> tuple[Array, Array]:
    """How many simulated genomes lie as far as these.

    Parameters
    ----------
    novelty : Novelty
    genomes : ndarray of float32, shape (num_genomes, channels)
        Standardised.
    numbers : ndarray, shape (num_genomes,)
        How many regions they have: compared with parts of the simulated genomes that have as many or fewer.

    Returns
    -------
    ndarray of float64, shape (num_genomes, num_scenarios)
        Under each scenario, by the measure that objects more, with Bonferroni's correction.
    ndarray of float64, shape (num_genomes,)
        Under all of them together: of the distance from the nearest scenario.
    """
    known, references, scores, nearest = (
        getattr(novelty, name).double().numpy() for name in ("numbers", "references", "scores", "nearest")
    )
    measured = np.stack([_Measures.fit(own)(genomes.astype(np.float64)) for own in references])
    level = np.minimum((known > numbers[:, None]).sum(axis=1), len(known) - 1)
    each, together = np.empty((len(genomes), len(references))), np.empty(len(genomes))
    for index in np.unique(level):
        own = level == index
        farther = (scores[index][:, None] >= measured[:, own, None]).sum(axis=2)
        each[own] = np.minimum(1, 2 * ((1 + farther) / (1 + scores.shape[2])).min(axis=2)).T
        least = _farness(measured[:, own], scores[index]).min(axis=0)
        together[own] = (1 + (nearest[index].ravel() >= least[:, None]).sum(axis=1)) / (1 + nearest[index].size)
    return each, together


def percentiles(network: ModelChoiceNetwork, genome: NDArray[np.float32]) -> Array:
    """Where each statistic of one genome lies among those of the whole simulated genomes of each scenario.

    Parameters
    ----------
    network : ModelChoiceNetwork
        With references.
    genome : ndarray of float32, shape (channels,)
        Of `inputs.whole`, finite. Of fewer regions than the whole genomes of training it deviates more by chance.

    Returns
    -------
    ndarray of float64, shape (channels - 1, num_scenarios)
        Percentage of the genomes that have less of it, of those that have the same by half. Of what was the same in all
        of training, 50 if it is that here, 0 if it is less, 100 if it is more.
    """
    scale, references = network.standardise, network.novelty.references
    roots = slice(len(scale.floor), -1)
    away = (scale.transform(torch.from_numpy(genome)) - scale.mean)[roots]
    own = (away / scale.deviation[roots]).to(references.dtype)  # not clipped, but rounded as the references are
    below, same = (references < own).double().mean(dim=1), (references == own).double().mean(dim=1)
    constant = (references == references[0, 0]).all(dim=1).all(dim=0)
    side = torch.where(away.abs() > _ALIKE * (1 + scale.mean[roots].abs()), away.sign(), 0).double()
    return np.asarray(torch.where(constant, 50 * (1 + side), 100 * (below + same / 2)).T.numpy())


def percentile_table(bundle: Bundle, genome: NDArray[np.float32], names: Sequence[str]) -> pd.DataFrame:
    """`percentiles` as a table: statistic, value (the mean over regions), and a column for each scenario.

    Parameters
    ----------
    bundle : Bundle
        Of the task ``"model-choice"``, with references.
    genome : ndarray of float32, shape (channels,)
    names : sequence of str, length channels - 1
    """
    found = percentiles(cast(ModelChoiceNetwork, bundle.network), genome)
    table = pd.DataFrame(found, columns=bundle.description["scenarios"])
    table.insert(0, "statistic", list(names))
    table.insert(1, "value", genome[:-1])
    return table


def _out_of_fold(genomes: Array) -> Array:
    """Both measures of each genome, at each level, from the whole ones among the others that are not in its fold."""
    scores = np.empty((*genomes.shape[:2], 2))
    folds = np.arange(genomes.shape[1]) % FOLDS
    for fold in range(FOLDS):
        measures = _Measures.fit(genomes[0, folds != fold])
        for level, own in enumerate(genomes):
            scores[level, folds == fold] = measures(own[folds == fold])
    return scores


def _farness(measured: Array, scores: Array) -> Array:
    """One number for both measures: the larger of their deviations from the median of a scenario's own genomes.

    In units of how far the upper tail of those reaches, which differs between scenarios. `measured` is of shape
    (num_scenarios, num_genomes, 2), the result (num_scenarios, num_genomes).
    """
    median = np.median(np.log(scores), axis=1, keepdims=True)
    spread = np.quantile(np.log(scores), UPPER, axis=1, keepdims=True) - median
    return np.asarray(((np.log(measured) - median) / np.maximum(spread, 1e-9)).max(axis=2))
