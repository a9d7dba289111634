"""Parameters on the scale on which their prior is standard normal."""

from collections.abc import Mapping, Sequence

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
        Of one scenario, in its order. Those of regions and nuisances are left out; those that are fixed need no
        inference.
    """

    def __init__(self, parameters: Sequence[Prior]) -> None:
        self._priors = [prior for prior in parameters if prior.scope == priors.GENOME and not prior.nuisance]
        self.names = [prior.name for prior in self._priors if prior.distribution != "fixed"]

    def describe(self) -> list[dict[str, object]]:
        """The priors as JSON, for `parse`."""
        return [
            {
                "name": prior.name,
                "distribution": prior.distribution,
                "lower": _describe_bound(prior.lower),
                "upper": _describe_bound(prior.upper),
                "alpha": prior.alpha,
                "beta": prior.beta,
            }
            for prior in self._priors
        ]

    def to_normal(self, values: Mapping[str, Array]) -> Array:
        """Parameters on the scale on which they are standard normal.

        Parameters
        ----------
        values : mapping of str to ndarray of float64, shape (num_genomes,)
            Each parameter in its own unit; others than `names` are not looked at.

        Returns
        -------
        ndarray of float64, shape (num_genomes, len(names))

        Raises
        ------
        DataError
            A parameter that is not given, or a value that its prior cannot have drawn.
        """
        resolved = dict[str, Bounds](values)
        columns = list[Array]()
        for prior in self._priors:
            lower, upper = _resolve(prior.lower, resolved), _resolve(prior.upper, resolved)
            if prior.distribution == "fixed":
                resolved[prior.name] = np.asarray(lower)
                continue
            if prior.name not in resolved:
                raise DataError(f"these statistics do not tell the parameter {prior.name}")
            with np.errstate(invalid="ignore", divide="ignore"):
                quantile = _quantile(prior, np.asarray(resolved[prior.name], dtype=np.float64), lower, upper)
            if not ((quantile > -_EDGE) & (quantile < 1 + _EDGE)).all():
                raise DataError(
                    f"parameter {prior.name}: a value that its prior can't have drawn; were the genomes simulated "
                    "with other priors?"
                )
            # At either end the normal quantile would be infinite.
            columns.append(stats.norm.ppf(np.clip(quantile, _EDGE, 1 - _EDGE)))
        return np.stack(columns, axis=-1)

    def from_normal(self, normal: Array) -> dict[str, Array]:
        """The inverse of `to_normal`.

        Parameters
        ----------
        normal : ndarray of float64, shape (..., len(names))

        Returns
        -------
        dict of str to ndarray of float64, shape (...)
            Each of `names` in its own unit, within its prior.
        """
        resolved = dict[str, Bounds]()
        quantiles = dict(zip(self.names, np.moveaxis(stats.norm.cdf(normal), -1, 0), strict=True))
        for prior in self._priors:
            lower, upper = _resolve(prior.lower, resolved), _resolve(prior.upper, resolved)
            if prior.distribution == "fixed":
                resolved[prior.name] = np.asarray(lower)
            else:
                resolved[prior.name] = _value(prior, quantiles[prior.name], lower, upper)
        return {name: np.asarray(resolved[name]) for name in self.names}


def parse(described: object) -> PriorScale:
    """The scale that `PriorScale.describe` describes.

    Parameters
    ----------
    described : object
        Read from JSON, so that it may be anything.

    Raises
    ------
    ValueError, KeyError, TypeError
        On anything that it would not have written.
    """
    if not isinstance(described, list):
        raise TypeError("priors are a list")
    names, parameters = set[str](), list[Prior]()
    for entry in described:
        name, distribution = entry["name"], entry["distribution"]
        lower, upper = _parse_bound(entry["lower"]), _parse_bound(entry["upper"])
        if {lower.parameter, upper.parameter} - names - {None}:
            raise ValueError(f"no prior of these bounds: {name}")
        if distribution not in DISTRIBUTIONS or not isinstance(name, str) or name in names:
            raise ValueError(f"no such prior: {name}")
        names.add(name)
        parameters.append(Prior(name, distribution, lower, upper, _number(entry["alpha"]), _number(entry["beta"])))
    scale = PriorScale(parameters)
    if not scale.names or not np.isfinite(list(scale.from_normal(np.zeros(len(scale.names))).values())).all():
        raise ValueError("no finite median")
    return scale


def _describe_bound(bound: Bound) -> dict[str, object]:
    return {"plus": bound.plus, "parameter": bound.parameter, "times": bound.times}


def _parse_bound(described: object) -> Bound:
    if not isinstance(described, dict) or set(described) - {"plus", "parameter", "times"}:
        raise ValueError(f"no bound: {described}")
    parameter = described.get("parameter")
    if not isinstance(parameter, str | None):
        raise TypeError(f"no name of a parameter: {parameter}")
    return Bound(_number(described["plus"]), parameter, _number(described.get("times", 1.0)))


def _number(value: object) -> float:
    """A finite number, as which JSON's true and false do not count."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not np.isfinite(value):
        raise ValueError(f"no finite number: {value}")
    return float(value)


def _resolve(bound: Bound, values: Mapping[str, Bounds]) -> Bounds:
    """`Bound.resolve` for the parameters of many genomes."""
    return bound.plus if bound.parameter is None else bound.times * values[bound.parameter] + bound.plus


def _quantile(prior: Prior, value: Array, lower: Bounds, upper: Bounds) -> Array:
    """Of each value in its prior between these bounds."""
    if prior.distribution == "log-uniform":
        value, lower, upper = np.log(value), np.log(lower), np.log(upper)
    share = (value - lower) / (upper - lower)
    if prior.distribution == "beta":
        return np.asarray(stats.beta.cdf(share, prior.alpha, prior.beta))
    return np.asarray(share)


def _value(prior: Prior, quantile: Array, lower: Bounds, upper: Bounds) -> Array:
    """The inverse of `_quantile`."""
    if prior.distribution == "beta":
        quantile = stats.beta.ppf(quantile, prior.alpha, prior.beta)
    if prior.distribution == "log-uniform":
        return np.asarray(np.exp(np.log(lower) + quantile * (np.log(upper) - np.log(lower))))
    return np.asarray(lower + quantile * (upper - lower))
