"""From probabilities to a decision with a stated cost for each kind of error."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost.errors import ConfigError
from introghost.statistics.registry import COVARIATES

NOVELTY_LEVEL = 0.01
_LEAST = 1e-300  # evidence that underflowed is not none at all


class Decision(StrEnum):
    """The answer to the question whether a ghost gave to the target."""

    GHOST = "ghost"
    NO_GHOST = "no ghost"
    UNDECIDED = "undecided"
    NO_SCENARIO_FITS = "no scenario fits"
    TOO_LITTLE_SEQUENCE = "too little sequence"


WITHHELD = (Decision.NO_SCENARIO_FITS, Decision.TOO_LITTLE_SEQUENCE)


@dataclass(frozen=True)
class Costs:
    """What each kind of error costs.

    Attributes
    ----------
    false_ghost : float
        Of deciding for a ghost where there is none.
    missed_ghost : float
        Of deciding against one that there is.
    undecided : float
        Of not deciding.

    Examples
    --------
    A false ghost that costs 5 asks for a probability above 0.9, as the default cost of staying undecided is 0.5:

    >>> Costs()
    Costs(false_ghost=5.0, missed_ghost=1.0, undecided=0.5)
    >>> ghost_of_target = {"one_ghost": True, "no_ghost": False}
    >>> print(decide({"one_ghost": 0.85, "no_ghost": 0.15}, ghost_of_target).decision)
    undecided
    >>> print(decide({"one_ghost": 0.95, "no_ghost": 0.05}, ghost_of_target).decision)
    ghost
    >>> print(decide({"one_ghost": 0.85, "no_ghost": 0.15}, ghost_of_target, costs=Costs(false_ghost=1)).decision)
    ghost
    """

    false_ghost: float = 5.0
    missed_ghost: float = 1.0
    undecided: float = 0.5

    def __post_init__(self) -> None:
        for field in fields(self):
            cost = getattr(self, field.name)
            if not np.isfinite(cost) or cost < 0:
                raise ConfigError(f"cost of {field.name.replace('_', ' ')} is {cost}; it must be a number from 0 on")

    def to_json(self) -> dict[str, float]:
        """Every attribute under its name."""
        return asdict(self)


@dataclass(frozen=True)
class Verdict:
    """The choice between scenarios under a prior, and the decision with the least expected cost.

    Attributes
    ----------
    decision : Decision
        `GHOST`, `NO_GHOST` or `UNDECIDED`.
    p_ghost : float
        Probability of the scenarios in which a ghost gave to the target, together.
    probabilities, prior : dict of str to float
        Of each scenario.
    bayes_factors : dict of str to float or None
        Of each scenario against all others; None where one side has no prior probability or the other no evidence.
    bayes_factor_ghost : float or None
        Of the scenarios with a ghost against those without, weighed by the prior within either side.
    costs : Costs
    ghost_of_target : mapping of str to bool
        Whether in each scenario a ghost gave to the target.
    """

    decision: Decision
    p_ghost: float
    probabilities: dict[str, float]
    prior: dict[str, float]
    bayes_factors: dict[str, float | None]
    bayes_factor_ghost: float | None
    costs: Costs
    ghost_of_target: Mapping[str, bool]


@dataclass(frozen=True)
class Doubts:
    """What speaks against believing the choice between scenarios for one genome.

    Attributes
    ----------
    novelty_p_value : float or None
        How many of all simulated genomes lie as far from the nearest scenario; None where training had too few genomes
        to tell, and of too little sequence.
    novelty_p_values : dict of str to float, or None
        The same under each scenario.
    p_ghost_odd, p_ghost_even : float or None
        Probability of a ghost from every second region alone, under equal priors; None of too few regions for that.
    p_ghost_standard_deviation : float
        Over the networks of the ensemble.
    """

    novelty_p_value: float | None
    novelty_p_values: dict[str, float] | None
    p_ghost_odd: float | None
    p_ghost_even: float | None
    p_ghost_standard_deviation: float

    def to_json(self) -> dict[str, float | dict[str, float] | None]:
        """Every attribute under its name."""
        return asdict(self)


def scenario_prior(scenarios: Iterable[str], given: Mapping[str, float]) -> dict[str, float]:
    """Prior probability of each scenario: those that are given, and equal shares of the rest for the others.

    Parameters
    ----------
    scenarios : iterable of str
        Those that the model knows.
    given : mapping of str to float
        Prior probabilities in [0, 1] of some of them.

    Returns
    -------
    dict of str to float
        In the order of `scenarios`; they add up to 1.

    Raises
    ------
    ConfigError
        A scenario that the model does not know, a probability below 0, or a sum that is not 1 or leaves nothing.
    """
    names = list(scenarios)
    for name, probability in given.items():
        if name not in names:
            raise ConfigError(f"prior of scenario '{name}': the model knows {', '.join(names)}")
        if not 0 <= probability <= 1:
            raise ConfigError(f"prior of scenario '{name}' is {probability:g}; it must be between 0 and 1")
    rest, others = 1 - sum(given.values()), len(names) - len(given)
    if rest < -1e-9 or (others == 0 and rest > 1e-9):
        raise ConfigError(f"prior probabilities of the scenarios add up to {1 - rest:g}; all together must be 1")
    return {name: float(given[name]) if name in given else max(rest, 0) / others for name in names}


def decide(
    probabilities: Mapping[str, float],
    ghost_of_target: Mapping[str, bool],
    *,
    prior: Mapping[str, float] | None = None,
    costs: Costs | None = None,
) -> Verdict:
    """The decision with the least expected cost (Chow 1970, IEEE Trans. Inf. Theory 16:41).

    Parameters
    ----------
    probabilities : mapping of str to float
        Posterior probability of each scenario, all of them equally likely beforehand.
    ghost_of_target : mapping of str to bool
        Whether in each scenario a ghost gave to the target.
    prior : mapping of str to float, optional
        How likely they are beforehand, see `scenario_prior`; by default equally.
    costs : Costs, optional

    Returns
    -------
    Verdict
    """
    names, costs = list(probabilities), costs or Costs()
    evidence = np.array([probabilities[name] for name in names], dtype=np.float64)
    priors = scenario_prior(names, prior or {})
    weights = np.array([priors[name] for name in names])
    ghost = np.array([ghost_of_target[name] for name in names])
    # Bayes' rule: the network's probabilities are evidence under equal priors.
    joint = np.maximum(evidence, _LEAST) * weights
    posterior = joint / joint.sum()
    p_ghost = float(posterior[ghost].sum())
    expected_costs = {
        Decision.GHOST: costs.false_ghost * (1 - p_ghost),
        Decision.NO_GHOST: costs.missed_ghost * p_ghost,
        Decision.UNDECIDED: costs.undecided,
    }
    return Verdict(
        decision=min(expected_costs, key=lambda decision: expected_costs[decision]),
        p_ghost=p_ghost,
        probabilities=dict(zip(names, posterior.tolist(), strict=True)),
        prior=priors,
        bayes_factors={
            name: _bayes_factor(evidence, weights, np.arange(len(names)) == index) for index, name in enumerate(names)
        },
        bayes_factor_ghost=_bayes_factor(evidence, weights, ghost),
        costs=costs,
        ghost_of_target=dict(ghost_of_target),
    )


def final_decision(verdict: Verdict, doubts: Doubts, *, is_too_little: bool) -> Decision:
    """The decision once doubts are heard.

    Where hardly any simulated genome lies as far from all scenarios as the data, no scenario fits; where there is less
    sequence than the network has seen, there is too little.

    Parameters
    ----------
    verdict : Verdict
    doubts : Doubts
        A novelty p-value of None objects to nothing.
    is_too_little : bool
        See `model_choice.is_too_little`.
    """
    if is_too_little:
        return Decision.TOO_LITTLE_SEQUENCE
    if doubts.novelty_p_value is not None and doubts.novelty_p_value < NOVELTY_LEVEL:
        return Decision.NO_SCENARIO_FITS
    return verdict.decision


@dataclass(frozen=True, eq=False)
class Unlike:
    """Statistics that lie outside the middle 98 % of the simulated genomes of every scenario.

    Numbers of haplotypes and callable shares do not count: they have findings of their own.

    Attributes
    ----------
    rows : DataFrame
        Of a `novelty.percentile_table`.
    num_statistics : int
        Out of how many.
    """

    rows: pd.DataFrame
    num_statistics: int

    @classmethod
    def of(cls, percentiles: pd.DataFrame) -> "Unlike":
        """Those among a `novelty.percentile_table`."""
        counted = percentiles[~percentiles["statistic"].str.endswith(tuple(COVARIATES))]
        each = counted.drop(columns=["statistic", "value"])
        return cls(counted[((each < 1) | (each > 99)).all(axis=1)], len(counted))


def _bayes_factor(
    evidence: NDArray[np.float64], weights: NDArray[np.float64], inside: NDArray[np.bool_]
) -> float | None:
    """Mean evidence of some scenarios over that of the others, each side weighed by the prior."""
    if not (weights[inside].any() and (evidence * weights)[~inside].any()):
        return None
    first, second = (np.average(evidence[side], weights=weights[side]) for side in (inside, ~inside))
    return float(first / second)
