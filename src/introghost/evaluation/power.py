"""How well genomes with a ghost are told from those of scenarios without one, by the proportion that it gave."""

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from introghost.evaluation import metrics

ALL = "all"
POWER = "power"  # the metric, beside the area under the curve
PROPORTION = "ghost_proportion"  # the parameter whose classes are told apart
CLASSES = ((0.003, 0.005), (0.005, 0.02), (0.02, 0.2))  # the lower bound is in the class, the upper one is not
FALSE_POSITIVES = 0.01
COLUMNS = ("against", "genomes_of", "metric", "value", "lower", "upper", "genomes")

_Flags = NDArray[np.bool_]


def rivals(ghost_of_target: Mapping[str, bool]) -> dict[str, list[str]]:
    """Sets of scenarios without a ghost that genomes with one have to be told from, by the name of the set.

    Parameters
    ----------
    ghost_of_target : mapping of str to bool
        Scenarios, and whether in each a ghost gave to the target.

    Returns
    -------
    dict of str to list of str
        Each of those without one alone, every two of them (``no_ghost, structure``, in the order of the mapping), and
        `ALL` of them together; empty if all have one.
    """
    without = [name for name, has_ghost in ghost_of_target.items() if not has_ghost]
    sets = [*([name] for name in without), *map(list, itertools.combinations(without, 2))]
    return {", ".join(names): names for names in sets} | ({ALL: without} if without else {})


def class_name(scenario: str, low: float, high: float) -> str:
    """Name of the genomes of a scenario whose proportion is in a class.

    Examples
    --------
    >>> class_name("ghost", 0.02, 0.2)
    'ghost, 0.02 to 0.2'
    """
    return f"{scenario}, {low:g} to {high:g}"


def power_table(
    answers: pd.DataFrame, ghost_of_target: Mapping[str, bool], proportion: NDArray[np.float64], *, seed: int
) -> pd.DataFrame:
    """Area under the curve, and power at one false positive in a hundred, against sets of scenarios without a ghost.

    The score is the probability of a ghost if only the scenarios of the set and those with a ghost are held possible.
    Sets and scenarios of which there is no genome are left out.

    Parameters
    ----------
    answers : DataFrame
        Of `answers.answers`.
    ghost_of_target : mapping of str to bool
        The scenarios of the network.
    proportion : ndarray of float64, shape (num_genomes,)
        What the ghost gave; NaN where a scenario has no such parameter: its genomes are in no class.
    seed : int
        Of the bootstrap over genomes.

    Returns
    -------
    DataFrame
        against (of `rivals`), genomes_of (a scenario with a ghost, or ``SCENARIO, LOWEST to HIGHEST``, one of its
        `CLASSES` by proportion), metric (area_under_roc or, of both, power), value, lower, upper (95 %; bootstrap of
        areas, binomial of power), genomes (how many with a ghost; of none value and bounds are NaN).
    """
    rows = []
    scenario, groups = answers["scenario"].to_numpy(dtype=str), _groups(answers, proportion)
    with_ghost = answers[[name for name, has_ghost in ghost_of_target.items() if has_ghost]].sum(axis=1).to_numpy()
    for against, others in rivals(ghost_of_target).items():
        without = np.isin(scenario, others)
        if not without.any():
            continue
        # The probability of a ghost among these scenarios; 0.5 where neither side has any.
        total = with_ghost + answers[others].sum(axis=1).to_numpy()
        score = np.divide(with_ghost, total, out=np.full_like(total, 0.5), where=total > 0)
        # At most one in a hundred genomes without a ghost lies above the cutoff.
        cutoff = np.sort(score[without])[-1 - int(FALSE_POSITIVES * without.sum())]
        for name, chosen in groups.items():
            number = int(chosen.sum())
            if name in scenario:
                rows.append((against, name, "area_under_roc", *_area(score, chosen, without, seed), number))
            rows.append((against, name, POWER, *_share(score[chosen] > cutoff), number))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _groups(answers: pd.DataFrame, proportion: NDArray[np.float64]) -> dict[str, _Flags]:
    """Genomes of each scenario with a ghost, and of each of its classes where it has proportions."""
    groups = dict[str, _Flags]()
    scenario = answers["scenario"].to_numpy(dtype=str)
    for name in dict.fromkeys(scenario[answers["has_ghost"].to_numpy(dtype=bool)].tolist()):
        groups[name] = scenario == name
        if np.isfinite(proportion[groups[name]]).any():
            for low, high in CLASSES:
                groups[class_name(name, low, high)] = groups[name] & (proportion >= low) & (proportion < high)
    return groups


def _area(score: NDArray[np.float64], positive: _Flags, negative: _Flags, seed: int) -> tuple[float, float, float]:
    """Area under the curve with its bootstrap interval."""
    both = positive | negative
    scores, labels = score[both], positive[both]

    def area_of_draw(draw: NDArray[np.int64]) -> float:
        return metrics.area_under_roc(np.repeat(scores, draw), np.repeat(labels, draw))

    return metrics.area_under_roc(scores, labels), *metrics.bootstrap_interval(area_of_draw, len(scores), seed=seed)


def _share(flags: _Flags) -> tuple[float, float, float]:
    """Share of the genomes that are flagged with its binomial interval; NaN without a genome."""
    if not len(flags):
        return np.nan, np.nan, np.nan
    interval = stats.binomtest(int(flags.sum()), len(flags)).proportion_ci()
    return float(flags.mean()), interval.low, interval.high
