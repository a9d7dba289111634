"""What is decided of genomes of each scenario, and how many of them are taken for novel."""

import numpy as np
import pandas as pd
from scipy import stats

from introghost.inference.decisions import NOVELTY_LEVEL, Decision

ACTIONS = (Decision.GHOST, Decision.NO_GHOST, Decision.UNDECIDED)
LEVELS = (0.05, NOVELTY_LEVEL)


def decision_table(answers: pd.DataFrame) -> pd.DataFrame:
    """What was decided at the default costs, and how many genomes are novel, by scenario.

    Parameters
    ----------
    answers : DataFrame
        Of `answers.answers`.

    Returns
    -------
    DataFrame
        scenario, genomes, decided_ghost, decided_no_ghost and decided_undecided (shares of the genomes), mean_p_ghost,
        novel_to_own_at_0.05, novel_at_0.05 and no_scenario_fits (shares with a p-value below 0.05 under the genome's
        own scenario, below 0.05 under all, and below the level at which `apply` withholds its answer; NaN where the
        model can't tell novelty, the first also of scenarios that the model lacks).
    """
    rows = []
    for scenario, genomes in answers.groupby("scenario", sort=False):
        shares = genomes["decision"].value_counts(normalize=True)
        rows.append(
            {
                "scenario": scenario,
                "genomes": len(genomes),
                **{f"decided_{action.replace(' ', '_')}": shares.get(str(action), 0.0) for action in ACTIONS},
                "mean_p_ghost": genomes["p_ghost"].mean(),
                "novel_to_own_at_0.05": _share_below(genomes["scenario_p_value"], 0.05),
                "novel_at_0.05": _share_below(genomes["p_value"], 0.05),
                "no_scenario_fits": _share_below(genomes["p_value"], NOVELTY_LEVEL),
            }
        )
    return pd.DataFrame(rows)


def novelty_table(answers: pd.DataFrame) -> pd.DataFrame:
    """How many genomes are novel at each level: of scenarios of the model, as many of each, the level itself.

    Parameters
    ----------
    answers : DataFrame
        Of `answers.answers`, for genomes of `UnseenGenomes.balanced`.

    Returns
    -------
    DataFrame
        level, novel (share of the genomes), lower, upper (95 %, binomial), genomes; no row where the model can't tell
        novelty.
    """
    rows = []
    for level in LEVELS if answers["p_value"].notna().all() else ():
        number = int((answers["p_value"] < level).sum())
        interval = stats.binomtest(number, len(answers)).proportion_ci()
        rows.append((level, number / len(answers), *interval, len(answers)))
    return pd.DataFrame(rows, columns=["level", "novel", "lower", "upper", "genomes"])


def _share_below(p_values: pd.Series, level: float) -> float:
    """How many are below; NaN where one is not known."""
    return float((p_values < level).mean()) if p_values.notna().all() else np.nan
