"""Whether a genome is like any that was simulated: conformal p-values under each scenario, and under all of them.

A network answers whatever it is asked. Genomes are compared with those of training by two measures that fail in
different ways: Mahalanobis' distance with a shrunk covariance (Ledoit and Wolf 2004, J Multivar Anal 88:365), and the
local outlier factor (Breunig et al. 2000, SIGMOD). How far the simulated genomes themselves lie, each measured without
its own share of them, makes the p-values (Vovk et al. 2005, Algorithmic Learning in a Random World). All observations
of a genome are in one share.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.neighbors import LocalOutlierFactor

from introghost.inference.balance import folds
from introghost.inference.decisions import NOVELTY_LEVEL
from introghost.networks.layers import signed_root
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.novelty import Novelty

Array = NDArray[np.float64]

REFERENCES = 500
FOLDS = 20
NEIGHBOURS = 20
UPPER = 0.9
_ALIKE = 1e-4  # relative difference of roots that single precision makes


@dataclass(frozen=True)
class Measures:
    """Both measures of distance from some genomes; the larger, the farther.

    Attributes
    ----------
    mean : ndarray of float64, shape (num_pooled,)
    precision : ndarray of float64, shape (num_pooled, num_pooled)
        Inverse of the shrunk covariance.
    factor : LocalOutlierFactor
    """

    mean: Array
    precision: Array
    factor: LocalOutlierFactor

    @classmethod
    def fit(cls, genomes: Array) -> "Measures":
        """Those from `genomes`, float64 of shape (num_genomes, num_pooled), two at least."""
        covariance = LedoitWolf().fit(genomes)
        factor = LocalOutlierFactor(n_neighbors=min(NEIGHBOURS, len(genomes) - 1), novelty=True).fit(genomes)
        return cls(covariance.location_, covariance.precision_, factor)

    def __call__(self, genomes: Array) -> Array:
        """Mahalanobis' distance and local outlier factor of each genome, shape (num_genomes, 2)."""
        # Squared Mahalanobis distance x' P x of each centred genome x; the outlier factor, which scikit-learn gives
        # negative.
        centred = genomes - self.mean
        mahalanobis = np.einsum("ij,jk,ik->i", centred, self.precision, centred)
        return np.stack([mahalanobis, -self.factor.score_samples(genomes)], axis=1)


def num_references(classes: NDArray[np.int64], identities: NDArray[np.int64]) -> int:
    """Genomes that are kept of each scenario: as many as the rarest has, up to a limit; observations count each.

    0 if they are so few that no p-value could fall below `decisions.NOVELTY_LEVEL`: then novelty cannot be told. For
    that the observations of a genome count once.

    Parameters
    ----------
    classes : ndarray of int64, shape (num_genomes,)
        Index of each genome's scenario.
    identities : ndarray of int64, shape (num_genomes,)
        Equal for the observations of one genome.
    """
    # The smallest p-value there can be is that of data farther away than every reference of every scenario.
    distinct = np.bincount(classes[np.unique(identities, return_index=True)[1]])
    independent = min(int(distinct.min()), REFERENCES)
    if independent < FOLDS or 1 / (1 + independent * len(distinct)) >= NOVELTY_LEVEL:
        return 0
    return min(int(np.bincount(classes).min()), REFERENCES)


def fit(
    novelty: Novelty,
    genomes: NDArray[np.float32],
    numbers: Sequence[int],
    classes: NDArray[np.int64],
    identities: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Fill in the tensors of `novelty`.

    Parameters
    ----------
    novelty : Novelty
    genomes : ndarray of float32, shape (num_levels, num_genomes, num_pooled)
        Standardised roots: whole genomes first, then parts of them of fewer and fewer regions, which lie farther away.
    numbers : sequence of int, length num_levels
        How many regions those have.
    classes : ndarray of int64, shape (num_genomes,)
        Index of each genome's scenario.
    identities : ndarray of int64, shape (num_genomes,)
        Equal for the observations of one genome.
    rng : numpy.random.Generator
        Chooses the references.
    """
    levels, scenarios, number = novelty.scores.shape[:3]
    novelty.numbers.copy_(torch.tensor(numbers))
    if not number:
        return
    # The references, rounded as they will be kept: (scenarios, levels, number, num_pooled).
    chosen = [rng.permutation(np.flatnonzero(classes == index))[:number] for index in range(scenarios)]
    rounded = genomes.astype(np.float16).astype(np.float64)
    kept = np.stack([rounded[:, rows] for rows in chosen])
    # How far they lie from their scenario, each measured without its own fold.
    measures = [Measures.fit(references[0]) for references in kept]
    fold = [folds(identities[rows], FOLDS) for rows in chosen]
    scores = np.stack([_out_of_fold(*pair) for pair in zip(kept, fold, strict=True)], axis=1)
    # How far they lie from the nearest scenario, by their own scores where that is their own.
    nearest = np.empty((levels, scenarios, number))
    for level, index in np.ndindex(levels, scenarios):
        genomes_here = kept[index, level]
        measured = [
            scores[level, index] if other == index else measures[other](genomes_here) for other in range(scenarios)
        ]
        nearest[level, index] = farness(np.stack(measured), scores[level]).min(axis=0)
    novelty.references.copy_(torch.from_numpy(kept[:, 0]))
    novelty.scores.copy_(torch.from_numpy(scores))
    novelty.nearest.copy_(torch.from_numpy(nearest))


def p_values(novelty: Novelty, roots: NDArray[np.float32], num_regions: NDArray[np.floating]) -> tuple[Array, Array]:
    """How many simulated genomes lie as far as these.

    Parameters
    ----------
    novelty : Novelty
    roots : ndarray of float32, shape (num_genomes, num_pooled)
        Standardised, of `RootsAndLogarithms.roots`.
    num_regions : ndarray of float, shape (num_genomes,)
        Genomes are compared with parts of the simulated ones that have as many regions or fewer.

    Returns
    -------
    ndarray of float64, shape (num_genomes, num_scenarios)
        Under each scenario, by the measure that objects more, with Bonferroni's correction.
    ndarray of float64, shape (num_genomes,)
        Under all of them together: of the distance from the nearest scenario.
    """
    numbers, references, scores, nearest = (
        tensor.double().numpy() for tensor in (novelty.numbers, novelty.references, novelty.scores, novelty.nearest)
    )
    # Both measures of each genome from each scenario, shape (num_scenarios, num_genomes, 2).
    measured = np.stack([Measures.fit(genomes)(roots.astype(np.float64)) for genomes in references])
    # The level of each genome: the first of the descending numbers of regions that is not above its own.
    level = np.minimum((numbers > num_regions[:, None]).sum(axis=1), len(numbers) - 1)
    each, together = np.empty((len(roots), len(references))), np.empty(len(roots))
    for index in np.unique(level):
        rows = level == index
        # Simulated genomes at least as far, by each measure: (scenarios, genomes, 2).
        farther = (scores[index][:, None] >= measured[:, rows, None]).sum(axis=2)
        each[rows] = np.minimum(1, 2 * ((1 + farther) / (1 + scores.shape[2])).min(axis=2)).T
        # The same of the distance from the nearest scenario.
        least = farness(measured[:, rows], scores[index]).min(axis=0)
        together[rows] = (1 + (nearest[index].ravel() >= least[:, None]).sum(axis=1)) / (1 + nearest[index].size)
    return each, together


def percentiles(network: ModelChoiceNetwork, values: NDArray[np.float32]) -> Array:
    """Where each statistic of one genome lies among those of the whole simulated genomes of each scenario.

    Parameters
    ----------
    network : ModelChoiceNetwork
        With references.
    values : ndarray of float32, shape (num_pooled,)
        Of `inputs.Pooled`, finite. Of fewer regions than the whole genomes of training they deviate more by chance.

    Returns
    -------
    ndarray of float64, shape (num_pooled, num_scenarios)
        Percentage of the genomes that have less of it, of those that have the same by half. Of what was the same in all
        of training, 50 if it is that here, 0 if it is less, 100 if it is more.
    """
    scale, references = network.standardise, network.novelty.references
    # Rounded as the references are, but not clipped.
    away = signed_root(torch.from_numpy(values)) - scale.root_mean
    standard = (away / scale.root_deviation).to(references.dtype)
    below, same = (references < standard).double().mean(dim=1), (references == standard).double().mean(dim=1)
    # What never varied: usual where it is the same, up to what single precision makes of a root.
    constant = (references == references[0, 0]).all(dim=1).all(dim=0)
    side = torch.where(away.abs() > _ALIKE * (1 + scale.root_mean.abs()), away.sign(), 0).double()
    return np.asarray(torch.where(constant, 50 * (1 + side), 100 * (below + same / 2)).T.numpy())


def percentile_table(
    network: ModelChoiceNetwork, values: NDArray[np.float32], statistics: Sequence[str], scenarios: Sequence[str]
) -> pd.DataFrame:
    """`percentiles` as a table: statistic, value (the mean over regions), and a column for each scenario.

    Parameters
    ----------
    network : ModelChoiceNetwork
        With references.
    values : ndarray of float32, shape (num_pooled,)
        As for `percentiles`.
    statistics : sequence of str, length num_pooled
    scenarios : sequence of str, length num_scenarios
    """
    table = pd.DataFrame(percentiles(network, values), columns=list(scenarios))
    table.insert(0, "statistic", list(statistics))
    table.insert(1, "value", values)
    return table


def _out_of_fold(genomes: Array, fold: NDArray[np.int64]) -> Array:
    """Both measures of each genome, at each level, from the whole ones among the others that are not in its fold."""
    scores = np.empty((*genomes.shape[:2], 2))
    # The measures are fitted to whole genomes outside each fold, and taken of the genomes of that fold at every level.
    for left_out in np.unique(fold):
        measures = Measures.fit(genomes[0, fold != left_out])
        for level, parts in enumerate(genomes):
            scores[level, fold == left_out] = measures(parts[fold == left_out])
    return scores


def farness(measured: Array, scores: Array) -> Array:
    """One number for both measures: the larger of their deviations from the median of a scenario's own genomes.

    In units of how far the upper tail of those reaches, which differs between scenarios.

    Parameters
    ----------
    measured : ndarray of float64, shape (num_scenarios, num_genomes, 2)
        Both measures of each genome from each scenario; above 0.
    scores : ndarray of float64, shape (num_scenarios, num_references, 2)
        Those of the scenarios' own genomes; above 0.

    Returns
    -------
    ndarray of float64, shape (num_scenarios, num_genomes)
    """
    # On the scale of logarithms, as both measures have long tails: the median of the scenario's own genomes, and the
    # distance from it to their upper quantile.
    median = np.median(np.log(scores), axis=1, keepdims=True)
    spread = np.quantile(np.log(scores), UPPER, axis=1, keepdims=True) - median
    return np.asarray(((np.log(measured) - median) / np.maximum(spread, 1e-9)).max(axis=2))
