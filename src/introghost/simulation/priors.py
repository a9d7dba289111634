"""Prior distributions of a scenario's parameters, and draws from them.

Times are ordered by construction: a bound may refer to a parameter that was drawn before. Nothing is ever drawn and
then rejected, because rejection would change the prior without saying so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from introghost import seeds
from introghost.errors import ConfigError

GENOME, REGION = "genome", "region"


@dataclass(frozen=True)
class Bound:
    """A bound of a prior: ``times * parameter + plus``.

    Attributes
    ----------
    plus : float
        The bound itself where there is no parameter.
    parameter : str or None
        Name of one that is drawn before.
    times : float
    """

    plus: float
    parameter: str | None = None
    times: float = 1.0

    def resolve(self, drawn: Mapping[str, float]) -> float:
        """Value of the bound given the parameters drawn so far."""
        return self.plus if self.parameter is None else self.times * drawn[self.parameter] + self.plus


@dataclass(frozen=True)
class Assignment:
    """Where a parameter goes in the Demes template.

    Attributes
    ----------
    path : str
        Dotted path such as ``demes.Target.epochs.0.start_size``; demes by name, lists by index.
    complement : bool
        Write one minus the value, for the other share of a proportion.
    """

    path: str
    complement: bool = False


@dataclass(frozen=True)
class Prior:
    """Prior of one parameter.

    Attributes
    ----------
    name : str
    distribution : str
        ``uniform``, ``log-uniform``, ``beta`` (on [lower, upper]) or ``fixed`` (lower equals upper).
    lower, upper : Bound
    alpha, beta : float
        Shape of the beta distribution; unused by the others.
    scope : str
        `GENOME` or `REGION`: drawn once for a genome, or afresh for each of its regions.
    assignments : tuple of Assignment
    nuisance : bool
        Drawn, but not inferred.
    """

    name: str
    distribution: str
    lower: Bound
    upper: Bound
    alpha: float = 1.0
    beta: float = 1.0
    scope: str = GENOME
    assignments: tuple[Assignment, ...] = ()
    nuisance: bool = False


class HasParameters(Protocol):
    """Anything with a name and priors, such as a scenario."""

    @property
    def name(self) -> str:
        """Its name, on which the draws depend."""
        ...

    @property
    def parameters(self) -> tuple[Prior, ...]:
        """Its priors, in the order in which they are drawn."""
        ...


def draw(
    scenario: HasParameters, seed: int, *, scope: str = GENOME, given: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Draw the parameters of one genome, or those of one of its regions.

    Parameters
    ----------
    scenario : Scenario
    seed : int
        Each parameter has a random stream of its own under this seed, so that a parameter added to a scenario leaves
        the draws of the others as they were.
    scope : {"genome", "region"}
    given : mapping of str to float, optional
        Parameters drawn before (those of the genome, when a region's are drawn), which bounds may refer to.

    Returns
    -------
    dict of str to float
        Only the parameters of `scope`, in the scenario's order.

    Raises
    ------
    ConfigError
        If a lower bound comes out above its upper bound.
    """
    values = dict(given or {})
    selected: Sequence[Prior] = [prior for prior in scenario.parameters if prior.scope == scope]
    for prior in selected:
        rng = np.random.default_rng(seeds.derive(seed, "prior", prior.name))
        values[prior.name] = _draw_one(prior, values, rng, scenario.name)
    return {prior.name: values[prior.name] for prior in selected}


def _draw_one(prior: Prior, values: Mapping[str, float], rng: np.random.Generator, scenario_name: str) -> float:
    lower, upper = prior.lower.resolve(values), prior.upper.resolve(values)
    if prior.distribution == "fixed":
        return lower
    if lower > upper or (prior.distribution == "log-uniform" and lower <= 0):
        raise ConfigError(
            f"scenario {scenario_name}: parameter {prior.name} has bounds {lower:g} and {upper:g}; "
            "the lower must not exceed the upper, and must be positive for log-uniform"
        )
    if prior.distribution == "beta":
        return float(lower + (upper - lower) * rng.beta(prior.alpha, prior.beta))
    if prior.distribution == "log-uniform":
        return float(np.clip(np.exp(rng.uniform(np.log(lower), np.log(upper))), lower, upper))
    return float(rng.uniform(lower, upper))
