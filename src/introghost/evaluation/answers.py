"""What the network that weighs scenarios says of each unseen genome, beside the truth."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from introghost.evaluation.unseen import UnseenGenomes
from introghost.inference import decisions, model_choice, novelty
from introghost.inference.bundles import ChoiceBundle
from introghost.inference.inputs import Pooled


def answers(bundle: ChoiceBundle, unseen: UnseenGenomes) -> pd.DataFrame:
    """Probabilities, decision and novelty of each genome.

    Parameters
    ----------
    bundle : ChoiceBundle
    unseen : UnseenGenomes
        One genome at least.

    Returns
    -------
    DataFrame
        A row for each genome: scenario, has_ghost (the truth), a column for each scenario of the bundle with its
        probability, p_ghost, decision (at the default costs, all scenarios equally likely beforehand), and p-values of
        novelty under its own scenario (scenario_p_value, NaN for other scenarios than the bundle's) and under all
        (p_value); both NaN where the bundle can't tell novelty.
    """
    pooled = unseen.pooled(bundle)
    probabilities = model_choice.scenario_probabilities(bundle, pooled)
    rows = [dict(zip(bundle.scenarios, row, strict=True)) for row in probabilities.tolist()]
    verdicts = [decisions.decide(row, bundle.ghost_of_target) for row in rows]
    ghost_of_target = {**bundle.ghost_of_target, **unseen.ghost_of_target}
    # The p-value under its own scenario of each genome whose scenario the bundle has.
    each, together = _novelty_p_values(bundle, pooled)
    columns = [bundle.scenarios.index(name) if name in bundle.scenarios else None for name in unseen.scenarios]
    scenario_p_values = [np.nan if column is None else row[column] for column, row in zip(columns, each, strict=True)]
    return pd.DataFrame(probabilities, columns=list(bundle.scenarios)).assign(
        p_ghost=[verdict.p_ghost for verdict in verdicts],
        decision=[str(verdict.decision) for verdict in verdicts],
        scenario_p_value=scenario_p_values,
        p_value=together,
        scenario=unseen.scenarios,
        has_ghost=[ghost_of_target[name] for name in unseen.scenarios.tolist()],
    )


def _novelty_p_values(bundle: ChoiceBundle, pooled: Pooled) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`novelty.p_values` of genomes; NaN where training had too few genomes to tell novelty."""
    if not bundle.knows_novelty:
        return np.full((len(pooled), len(bundle.scenarios)), np.nan), np.full(len(pooled), np.nan)
    with torch.inference_mode():
        roots = bundle.network.standardise.roots(pooled.tensors()[0]).numpy()
    return novelty.p_values(bundle.network.novelty, roots, pooled.num_regions)
