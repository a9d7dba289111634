"""From probabilities to a decision with a stated cost for each kind of error."""

from collections.abc import Mapping
from typing import Any

COSTS = {"false_ghost": 5.0, "missed_ghost": 1.0, "undecided": 0.5}


def answer(probabilities: Mapping[str, float], costs: Mapping[str, float] = COSTS) -> dict[str, Any]:
    """The decision with the least expected cost (Chow 1970, IEEE Trans. Inf. Theory 16:41).

    Parameters
    ----------
    probabilities : mapping of str to float
        Posterior probability of each scenario; those whose name begins with ``ghost`` have a ghost.
    costs : mapping of str to float
        Of deciding for a ghost where there is none, of missing one, and of not deciding.

    Returns
    -------
    dict
        ``probabilities``, ``p_ghost``, ``decision`` (``"ghost"``, ``"no ghost"`` or ``"undecided"``) and ``costs``.
    """
    p_ghost = sum(p for name, p in probabilities.items() if name.startswith("ghost"))
    expected = {
        "ghost": costs["false_ghost"] * (1 - p_ghost),
        "no ghost": costs["missed_ghost"] * p_ghost,
        "undecided": costs["undecided"],
    }
    return {
        "probabilities": {name: float(p) for name, p in probabilities.items()},
        "p_ghost": float(p_ghost),
        "decision": min(expected, key=lambda action: expected[action]),
        "costs": dict(costs),
    }
