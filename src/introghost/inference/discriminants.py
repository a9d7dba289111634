"""Linear functions of pooled statistics: discriminants of the scenarios and predictors of the parameters.

They are what networks for whole genomes see of the statistics, cross-fitted: in training a genome is judged by those
that were fitted without it, as it will be with any other genome. Of a genome that was observed several times, no
observation is judged by those that were fitted with another.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.linear_model import Ridge, RidgeCV
from torch import Tensor, nn

from introghost.inference import calibration
from introghost.inference.balance import equal_weights, folds
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork

Array = NDArray[np.float32]

FOLDS = 10
SHRINKAGES = (0.0003, 0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
RIDGE_PENALTIES = np.logspace(-1, 5, 19)


@dataclass(frozen=True)
class CrossFitted:
    """Linear functions of standardised statistics, fitted without the genomes of each fold in turn.

    Attributes
    ----------
    slopes : Tensor of float32, shape (FOLDS + 1, ..., channels)
        The last ones are of all training genomes: what the network has, and what held-out genomes are judged by.
    intercepts : Tensor of float32, shape (FOLDS + 1, ...)
    fold : Tensor of int64, shape (num_genomes,)
        `FOLDS` where a genome is held out.
    """

    slopes: Tensor
    intercepts: Tensor
    fold: Tensor

    def of(self, standard: Tensor, fold: Tensor) -> Tensor:
        """Values for each genome of the functions that were fitted without its fold.

        Parameters
        ----------
        standard : Tensor of float32, shape (batch, channels)
            Standardised statistics.
        fold : Tensor of int64, shape (batch,)

        Returns
        -------
        Tensor of float32, shape (batch, ...)
        """
        slopes, intercepts = (part.to(standard.device)[fold] for part in (self.slopes, self.intercepts))
        return torch.einsum("bc,b...c->b...", standard, slopes) + intercepts

    def give(self, network: ModelChoiceNetwork | PosteriorNetwork) -> None:
        """Let the network have those of all training genomes."""
        network.slopes.copy_(self.slopes[-1])
        network.intercepts.copy_(self.intercepts[-1])


class Discriminants(CrossFitted):
    """Linear discriminants for each member of an ensemble: slopes (FOLDS + 1, members, scenarios, channels)."""

    @classmethod
    def fit(
        cls,
        standard: Array,
        classes: NDArray[np.int64],
        weights: Array,
        held_out: NDArray[np.bool_],
        identities: NDArray[np.int64],
    ) -> "Discriminants":
        """Fit them to the genomes that are not held out, at least two of each class.

        Parameters
        ----------
        standard : ndarray of float32, shape (num_genomes, channels)
            Standardised statistics.
        classes : ndarray of int64, shape (num_genomes,)
        weights : ndarray of float32, shape (num_genomes, members)
            Of each genome for each member.
        held_out : ndarray of bool, shape (num_genomes,)
        identities : ndarray of int64, shape (num_genomes,)
            Equal for the observations of one genome, which are in one fold.
        """
        # Folds have as many genomes of each class as can be.
        fold = np.full(len(classes), FOLDS)
        for index in np.unique(classes):
            rows = np.flatnonzero((classes == index) & ~held_out)
            fold[rows] = folds(identities[rows], FOLDS)
        shrinkage = best_shrinkage(standard, classes, fold)
        # Without each fold in turn, and last without none: held-out genomes are in no fold.
        fitted = [
            [discriminant(standard[rows], classes[rows], member[rows], shrinkage) for member in weights.T]
            for rows in (~held_out & (fold != left_out) for left_out in range(FOLDS + 1))
        ]
        slopes = np.array([[slope for slope, _ in members] for members in fitted], dtype=np.float32)
        intercepts = np.array([[intercept for _, intercept in members] for members in fitted], dtype=np.float32)
        return cls(torch.from_numpy(slopes), torch.from_numpy(intercepts), torch.from_numpy(fold))

    def loss(self, network: ModelChoiceNetwork, batch: tuple[Tensor, ...]) -> Tensor:
        """Cross-entropy of each genome, weighed anew for each member, with the discriminants of its fold.

        Parameters
        ----------
        network : ModelChoiceNetwork
        batch : tuple of Tensor
            Pooled statistics, float32 of shape (batch, num_pooled); number of regions, float32 of shape (batch,); index
            of the scenario, int64 of shape (batch,); weights, float32 of shape (batch, members); fold, int64 of shape
            (batch,).

        Returns
        -------
        Tensor of float32, shape ()
            Mean over genomes, and over members in training.
        """
        values, num_regions, classes, weights, fold = batch
        standard = network.standardise(values, num_regions)
        logits = network(values, num_regions, self.of(standard, fold).transpose(0, 1))
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
    classes : ndarray of int64, shape (num_genomes,)
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
    # Weights that add up to 1 in each class, hence means of the classes and the covariance within them.
    share = weights * (classes == np.arange(classes.max() + 1)[:, None])
    share = share / share.sum(axis=1, keepdims=True)
    means = share @ standard.astype(np.float64)
    centred = (standard - means[classes]) * np.sqrt(share.sum(axis=0) / len(means))[:, None]
    covariance = centred.T @ centred
    # Shrink towards the identity times the mean variance.
    size = max(np.trace(covariance) / len(covariance), 1e-9)
    covariance *= 1 - shrinkage
    covariance[np.diag_indices_from(covariance)] += shrinkage * size
    # Log density of each class, up to what is the same for all of them.
    slopes = np.linalg.solve(covariance, means.T).T
    intercepts = -0.5 * (slopes * means).sum(axis=1)
    return slopes - slopes.mean(axis=0), intercepts - intercepts.mean()


def best_shrinkage(standard: Array, classes: NDArray[np.int64], fold: NDArray[np.intp]) -> float:
    """The shrinkage under which genomes left out are told apart best, by the cross-entropy at its best temperature.

    Parameters
    ----------
    standard : ndarray of float32, shape (num_genomes, channels)
    classes : ndarray of int64, shape (num_genomes,)
    fold : ndarray of int, shape (num_genomes,)
        0 to `FOLDS` less one; `FOLDS` for genomes that take no part.

    Returns
    -------
    float
        One of `SHRINKAGES`.
    """
    losses = []
    for shrinkage in SHRINKAGES:
        # Logits of each genome by the discriminants of the other folds.
        logits = np.zeros((len(classes), classes.max() + 1))
        for left_out in range(FOLDS):
            others, rows = (fold != left_out) & (fold < FOLDS), fold == left_out
            slopes, intercepts = discriminant(standard[others], classes[others], np.ones(others.sum()), shrinkage)
            logits[rows] = standard[rows] @ slopes.T + intercepts
        kept = fold < FOLDS
        weights = equal_weights(classes[kept])
        temperature = calibration.multinomial_temperature(logits[kept], classes[kept], weights)
        scaled = log_softmax(logits[kept] / temperature, axis=1)
        losses.append(-np.average(scaled[np.arange(kept.sum()), classes[kept]], weights=weights))
    return SHRINKAGES[int(np.argmin(losses))]


class Predictors(CrossFitted):
    """Ridge regressions of the parameters: slopes (FOLDS + 1, parameters, channels)."""

    @classmethod
    def fit(
        cls, standard: Array, parameters: Array, held_out: NDArray[np.bool_], identities: NDArray[np.int64]
    ) -> "Predictors":
        """Fit them to the genomes that are not held out; each parameter has the penalty that suits it best.

        Parameters
        ----------
        standard : ndarray of float32, shape (num_genomes, channels)
            Standardised statistics.
        parameters : ndarray of float32, shape (num_genomes, num_parameters)
            On the scale on which the prior is standard normal.
        held_out : ndarray of bool, shape (num_genomes,)
        identities : ndarray of int64, shape (num_genomes,)
            Equal for the observations of one genome, which are in one fold.
        """
        fold = np.full(len(parameters), FOLDS)
        fold[~held_out] = folds(identities[~held_out], FOLDS)
        fitted = []
        for left_out in range(FOLDS + 1):
            rows = ~held_out & (fold != left_out)
            ridge = ridge_regression(standard[rows], parameters[rows], identities[rows])
            fitted.append((ridge.coef_.reshape(parameters.shape[1], -1), np.atleast_1d(ridge.intercept_)))
        slopes, intercepts = (torch.from_numpy(np.stack(part).astype(np.float32)) for part in zip(*fitted, strict=True))
        return cls(slopes, intercepts, torch.from_numpy(fold))

    def loss(self, network: PosteriorNetwork, batch: tuple[Tensor, ...]) -> Tensor:
        """Negative log density of a batch's parameters, with the predictors of its genomes' folds.

        Parameters
        ----------
        network : PosteriorNetwork
        batch : tuple of Tensor
            Pooled statistics, float32 of shape (batch, num_pooled); number of regions, float32 of shape (batch,);
            parameters on the scale on which the prior is standard normal, float32 of shape (batch, num_parameters);
            fold, int64 of shape (batch,).

        Returns
        -------
        Tensor of float32, shape ()
            Mean over genomes, and over members in training.
        """
        values, num_regions, parameters, fold = batch
        standard = network.standardise(values, num_regions)
        density: Tensor = network(values, num_regions, parameters, self.of(standard, fold))
        return -density.mean()


def ridge_regression(standard: Array, parameters: Array, identities: NDArray[np.int64]) -> Ridge | RidgeCV:
    """Ridge regression of each parameter, with the penalty under which genomes left out are predicted best.

    Parameters
    ----------
    standard : ndarray of float32, shape (num_genomes, channels)
    parameters : ndarray of float32, shape (num_genomes, num_parameters)
    identities : ndarray of int64, shape (num_genomes,)
        Equal for the observations of one genome.

    Returns
    -------
    Ridge or RidgeCV
        Fitted. Genomes weigh the same, however often they were observed.
    """
    # The penalty is that of one observation of each genome: one left out would be told by another that is not.
    _, first, index, counts = np.unique(identities, return_index=True, return_inverse=True, return_counts=True)
    first.sort()
    ridge = RidgeCV(RIDGE_PENALTIES, alpha_per_target=True).fit(standard[first], parameters[first])
    if len(first) == len(identities):
        return ridge
    return Ridge(ridge.alpha_).fit(standard, parameters, sample_weight=1 / counts[index])
