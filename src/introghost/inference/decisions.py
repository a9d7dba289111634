"""From probabilities to a decision with a stated cost for each kind of error."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost.errors import ConfigError

COSTS = {"false_ghost": 5.0, "missed_ghost": 1.0, "undecided": 0.5}
NO_SCENARIO, TOO_LITTLE = "no scenario fits", "too little sequence"
OF_LITTLE = "so little sequence: probabilities of scenarios and parameters are not written; --force writes them"
NOVELTY_LEVEL = 0.01
DISAGREEMENT = 0.5
SPREAD = 0.1
MANY = 0.02  # of the statistics; simulated genomes hardly ever have more that are unlike every scenario
_LEAST = 1e-300  # evidence that underflowed is not none at all
_WITHHELD = ("probabilities", "p_ghost", "bayes_factors", "bayes_factor_ghost", "p_ghost_odd", "p_ghost_even",
             "p_ghost_standard_deviation")  # fmt: skip


def has_ghost(scenario: str) -> bool:
    """Whether the target of a scenario has ancestry of a ghost: by convention its name begins with ``ghost``."""
    return scenario.startswith("ghost")


def scenario_prior(scenarios: Iterable[str], given: Mapping[str, float]) -> dict[str, float]:
    """Prior probability of each scenario: those that are given, and equal shares of the rest for the others.

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


def answer(
    probabilities: Mapping[str, float],
    *,
    prior: Mapping[str, float] | None = None,
    costs: Mapping[str, float] = COSTS,
) -> dict[str, Any]:
    """The decision with the least expected cost (Chow 1970, IEEE Trans. Inf. Theory 16:41).

    Parameters
    ----------
    probabilities : mapping of str to float
        Posterior probability of each scenario, all of them equally likely beforehand.
    prior : mapping of str to float, optional
        How likely they are beforehand, see `scenario_prior`; by default equally.
    costs : mapping of str to float
        Of deciding for a ghost where there is none, of missing one, and of not deciding.

    Returns
    -------
    dict
        ``probabilities`` under the prior, ``prior``, ``p_ghost`` (of the scenarios with a ghost together),
        ``bayes_factors``, those of each scenario against all others, ``bayes_factor_ghost``, of those with a ghost
        against those without, weighed by the prior within either side (None where one side has no prior probability or
        the other no evidence),
        ``decision`` (``"ghost"``, ``"no ghost"`` or ``"undecided"``) and ``costs``.
    """
    names = list(probabilities)
    evidence = np.array([probabilities[name] for name in names], dtype=np.float64)
    prior = scenario_prior(names, prior or {})
    wrong = [name for name, cost in costs.items() if not np.isfinite(cost) or cost < 0]
    if wrong:
        raise ConfigError(f"cost of {wrong[0].replace('_', ' ')} is {costs[wrong[0]]}; it must be a number from 0 on")
    weights = np.array([prior[name] for name in names])
    joint = np.maximum(evidence, _LEAST) * weights
    posterior = joint / joint.sum()
    ghost = np.array([has_ghost(name) for name in names])
    p_ghost = float(posterior[ghost].sum())
    expected = {
        "ghost": costs["false_ghost"] * (1 - p_ghost),
        "no ghost": costs["missed_ghost"] * p_ghost,
        "undecided": costs["undecided"],
    }
    return {
        "probabilities": dict(zip(names, posterior.tolist(), strict=True)),
        "prior": prior,
        "p_ghost": p_ghost,
        "bayes_factors": {
            name: _bayes_factor(evidence, weights, np.arange(len(names)) == index) for index, name in enumerate(names)
        },
        "bayes_factor_ghost": _bayes_factor(evidence, weights, ghost),
        "decision": min(expected, key=lambda action: expected[action]),
        "costs": dict(costs),
    }


def doubted(
    answer: Mapping[str, Any], doubts: Mapping[str, Any], *, too_little: bool = False, force: bool = False
) -> dict[str, Any]:
    """An answer together with what speaks against it, see `application.doubts`.

    Where hardly any simulated genome lies as far from all scenarios as the data, the decision is
    ``"no scenario fits"``; where there are fewer regions than the network has seen (`too_little`), it is ``"too little
    sequence"``. Then whatever rests on the scenarios is withheld, unless `force`.
    """
    told = {**answer, **doubts}
    p_value = doubts["novelty_p_value"]
    if too_little:
        told["decision"] = TOO_LITTLE
    elif p_value is not None and p_value < NOVELTY_LEVEL:
        told["decision"] = NO_SCENARIO
    if not fits(told) and not force:
        told = {key: value for key, value in told.items() if key not in _WITHHELD}
    return told


def fits(answer: Mapping[str, Any]) -> bool:
    """Whether any scenario fits the data, as far as they are enough to tell."""
    return answer["decision"] not in (NO_SCENARIO, TOO_LITTLE)


def warnings(answer: Mapping[str, Any]) -> list[str]:
    """What to tell the user of the doubts in an answer."""
    found = []
    if answer["decision"] == TOO_LITTLE:
        found.append(OF_LITTLE)
    if answer["decision"] == NO_SCENARIO:
        found.append(
            f"no scenario fits: of the simulated genomes only {answer['novelty_p_value']:.2%} lie as far from all "
            "scenarios as the data, so what rests on scenarios is withheld but for --force; look for other numbers of "
            "individuals, a mask or errors that training did not have; statistic_percentiles.tsv tells which "
            "statistics are unlike the simulations"
        )
    if answer["novelty_p_value"] is None and answer["decision"] != TOO_LITTLE:
        found.append("training had too few genomes of a scenario to tell whether any scenario fits the data")
    odd, even = answer.get("p_ghost_odd"), answer.get("p_ghost_even")
    if odd is not None and even is not None and abs(odd - even) > DISAGREEMENT:
        found.append(
            f"one half of the regions gives a ghost the probability {odd:.2f}, the other {even:.2f}: a few regions "
            "decide, or some are unlike the simulations"
        )
    if answer.get("p_ghost_standard_deviation", 0) > SPREAD:
        found.append(
            f"members of the ensemble differ by {answer['p_ghost_standard_deviation']:.2f} in the probability of a "
            "ghost: take it as uncertain; more sequence helps, and so does training on more genomes"
        )
    return found


def unlike(percentiles: pd.DataFrame) -> pd.DataFrame:
    """The rows of a `novelty.percentile_table` that lie outside the middle 98 % of every scenario."""
    each = percentiles.drop(columns=["statistic", "value"])
    return percentiles[((each < 1) | (each > 99)).all(axis=1)]


def unlike_warnings(percentiles: pd.DataFrame) -> list[str]:
    """What to tell the user if more statistics are `unlike` every scenario than are by chance."""
    found = unlike(percentiles)["statistic"]
    if len(found) <= MANY * len(percentiles):
        return []
    return [
        f"{len(found)} of {len(percentiles)} statistics lie outside the middle 98 % of the simulated genomes of every "
        f"scenario ({', '.join(found.head(3))}, ...): look for a filter, a mask or errors that training did not have; "
        "statistic_percentiles.tsv tells which"
    ]


def _bayes_factor(
    evidence: NDArray[np.float64], weights: NDArray[np.float64], inside: NDArray[np.bool_]
) -> float | None:
    """Mean evidence of some scenarios over that of the others, each side weighed by the prior."""
    if not (weights[inside].any() and (evidence * weights)[~inside].any()):
        return None
    first, second = (np.average(evidence[side], weights=weights[side]) for side in (inside, ~inside))
    return float(first / second)
