"""Parameters on the scale on which their prior is standard normal."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from introghost.errors import DataError
from introghost.simulation import priors
from introghost.simulation.priors import Bound, Prior

DISTRIBUTIONS = ("uniform", "log-uniform", "beta", "fixed")
_EDGE = 1e-6

Array = NDArray[np.float64]
Bounds = Array | float  # a float where it is the same for all genomes


class PriorScale:
    """The way from parameters to independent standard normal variables and back, by the prior's quantiles.

    Each parameter is replaced by its quantile in its own prior, whose bounds may depend on parameters before it, and
    the quantile by that of the normal distribution. A density on this scale cannot leave the prior: whatever is drawn
    from it comes back inside, so that no mass leaks and none has to be cut off.

    Parameters
    ----------
    parameters : sequence of Prior
        Of one scenario, in its order. Those of regions are left out; those that are fixed are known.
    """

    def __init__(self, parameters: Sequence[Prior]) -> None:
        self._priors = [prior for prior in parameters if prior.scope == priors.GENOME]
        self.names = [prior.name for prior in self._priors if prior.distribution != "fixed"]

    def describe(self) -> list[dict[str, Any]]:
        """The priors as JSON, for `parse`."""
        keys = ("name", "distribution", "lower", "upper", "alpha", "beta")
        return [{key: asdict(prior)[key] for key in keys} for prior in self._priors]

    def to_normal(self, values: Mapping[str, Array]) -> Array:
        """Parameters of genomes, each of shape (num_genomes,), to shape (num_genomes, len(names)).

        Raises
        ------
        DataError
            A parameter that is not given, or a value that its prior cannot have drawn.
        """
        known: dict[str, Any] = dict(values)
        columns = list[Array]()
        for prior in self._priors:
            lower, upper = prior.lower.resolve(known), prior.upper.resolve(known)
            if prior.distribution == "fixed":
                known[prior.name] = np.asarray(lower)
            else:
                if prior.name not in known:
                    raise DataError(f"these statistics do not tell the parameter {prior.name}")
                with np.errstate(invalid="ignore", divide="ignore"):
                    quantile = _quantile(prior, np.asarray(known[prior.name], dtype=np.float64), lower, upper)
                if not ((quantile > -_EDGE) & (quantile < 1 + _EDGE)).all():
                    raise DataError(
                        f"parameter {prior.name}: a value that its prior can't have drawn; were the genomes simulated "
                        "with other priors?"
                    )
                columns.append(stats.norm.ppf(np.clip(quantile, _EDGE, 1 - _EDGE)))
        return np.stack(columns, axis=-1)

    def from_normal(self, normal: Array) -> dict[str, Array]:
        """The inverse: shape (..., len(names)) to an array of shape (...) for each name."""
        known = dict[str, Any]()
        quantiles = dict(zip(self.names, np.moveaxis(stats.norm.cdf(normal), -1, 0), strict=True))
        for prior in self._priors:
            lower, upper = prior.lower.resolve(known), prior.upper.resolve(known)
            if prior.distribution == "fixed":
                known[prior.name] = np.asarray(lower)
            else:
                known[prior.name] = _value(prior, quantiles[prior.name], lower, upper)
        return {name: known[name] for name in self.names}


def parse(described: Sequence[Mapping[str, Any]]) -> PriorScale:
    """The scale that `PriorScale.describe` describes.

    Raises
    ------
    ValueError, KeyError, TypeError
        On anything that it would not have written.
    """
    known, found = set[str](), list[Prior]()
    for entry in described:
        lower, upper = (Bound(**entry[key]) for key in ("lower", "upper"))
        numbers = [float(n) for n in (lower.plus, lower.times, upper.plus, upper.times, entry["alpha"], entry["beta"])]
        if not np.isfinite(numbers).all() or {lower.parameter, upper.parameter} - known - {None}:
            raise ValueError(f"no prior of these bounds: {entry['name']}")
        if entry["distribution"] not in DISTRIBUTIONS or not isinstance(entry["name"], str) or entry["name"] in known:
            raise ValueError(f"no such prior: {entry['name']}")
        known.add(entry["name"])
        found.append(Prior(entry["name"], entry["distribution"], lower, upper, numbers[4], numbers[5]))
    scale = PriorScale(found)
    if not scale.names or not np.isfinite(list(scale.from_normal(np.zeros(len(scale.names))).values())).all():
        raise ValueError("no finite median")
    return scale


def _quantile(prior: Prior, value: Array, lower: Bounds, upper: Bounds) -> Array:
    if prior.distribution == "log-uniform":
        value, lower, upper = np.log(value), np.log(lower), np.log(upper)
    share = (value - lower) / (upper - lower)
    if prior.distribution == "beta":
        return np.asarray(stats.beta.cdf(share, prior.alpha, prior.beta))
    return np.asarray(share)


def _value(prior: Prior, quantile: Array, lower: Bounds, upper: Bounds) -> Array:
    if prior.distribution == "beta":
        quantile = stats.beta.ppf(quantile, prior.alpha, prior.beta)
    if prior.distribution == "log-uniform":
        return np.asarray(np.exp(np.log(lower) + quantile * (np.log(upper) - np.log(lower))))
    return np.asarray(lower + quantile * (upper - lower))
