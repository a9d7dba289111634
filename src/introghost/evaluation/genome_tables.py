"""Every table of the networks for whole genomes, for genomes as a whole and for parts of them."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from introghost.evaluation.answers import answers
from introghost.evaluation.model_choice import evaluate_model_choice
from introghost.evaluation.posterior import evaluate_posterior
from introghost.evaluation.power import PROPORTION, power_table
from introghost.evaluation.scenario_calibration import calibration_table, reliability_table
from introghost.evaluation.sharpness import log_r_squared_table
from introghost.evaluation.unseen import UnseenGenomes
from introghost.evaluation.verdicts import decision_table, novelty_table
from introghost.inference import parameters
from introghost.inference.bundles import ChoiceBundle, GenomeBundle, ParametersBundle

PARTS = (1, 2, 5, 8)  # of whole genomes, their half and so on
DRAWS_PER_GENOME = 1_000

Tables = dict[str, pd.DataFrame]


def choice_tables(bundle: ChoiceBundle, unseen: UnseenGenomes, *, seed: int) -> Tables:
    """Accuracy, calibration, power, decisions and novelty of the choice between scenarios.

    Accuracy is of as many genomes of each scenario, and so are calibration and novelty, which are of the bundle's
    scenarios alone. Power and decisions are of all genomes.

    Parameters
    ----------
    bundle : ChoiceBundle
    unseen : UnseenGenomes
    seed : int
        Of bootstraps and of the calibration error by chance.

    Returns
    -------
    dict of str to DataFrame
        The tables of `evaluate_model_choice`, and ``power``, ``decisions``, ``novelty``, ``calibration`` and
        ``scenario_reliability``, each with the column regions: how many the genomes have, as a whole and in parts, see
        `numbers_of_regions`. Empty without a genome; ``novelty``, ``calibration`` and ``scenario_reliability`` are not
        there without a genome of the bundle's scenarios.
    """
    return _by_number(lambda part: _choice_tables(bundle, part, seed), bundle, unseen)


def parameter_tables(bundle: ParametersBundle, unseen: UnseenGenomes, *, seed: int) -> Tables:
    """Calibration and sharpness of the parameter posterior, on the genomes of its scenario.

    Parameters
    ----------
    bundle : ParametersBundle
    unseen : UnseenGenomes
    seed : int
        Of draws, ranks and bootstraps.

    Returns
    -------
    dict of str to DataFrame
        The tables of `evaluate_posterior`, in ``posterior_summary`` also the columns of `log_r_squared_table`, each
        with the column regions; see `choice_tables`. Empty without a genome of the scenario.

    Raises
    ------
    DataError
        A genome without a parameter of the bundle, or with a value that its prior can't have drawn.
    """
    of_scenario = unseen.of_scenarios([bundle.scenario])
    return _by_number(lambda part: _parameter_tables(bundle, part, seed), bundle, of_scenario)


def numbers_of_regions(bundle: GenomeBundle, unseen: UnseenGenomes) -> list[int]:
    """Numbers of regions that genomes are tested with, descending.

    Parameters
    ----------
    bundle : GenomeBundle
    unseen : UnseenGenomes
        One genome at least.

    Returns
    -------
    list of int
        As many as every genome has, and the `PARTS` of that; of parts only those that the network was trained on.
    """
    whole = unseen.fewest_regions
    parts = {whole // part for part in PARTS if whole // part >= bundle.regions.lowest}
    return sorted(parts | {whole}, reverse=True)


def _by_number(tables_of: Callable[[UnseenGenomes], Tables], bundle: GenomeBundle, unseen: UnseenGenomes) -> Tables:
    """Tables of genomes with each of the `numbers_of_regions`, one below the other."""
    if not unseen.genomes:
        return {}
    by_name = dict[str, list[pd.DataFrame]]()
    for number in numbers_of_regions(bundle, unseen):
        for name, table in tables_of(unseen.first_regions(number)).items():
            by_name.setdefault(name, []).append(table.assign(regions=number))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in by_name.items()}


def _choice_tables(bundle: ChoiceBundle, unseen: UnseenGenomes, seed: int) -> Tables:
    names, balanced = list(bundle.scenarios), unseen.balanced()
    every_answer, proportion = answers(bundle, unseen), unseen.parameter(PROPORTION)
    meanings = {**bundle.ghost_of_target, **unseen.ghost_of_target}
    probabilities = answers(bundle, balanced)[names].to_numpy()
    tables = {
        "power": power_table(every_answer, bundle.ghost_of_target, proportion, seed=seed),
        "decisions": decision_table(every_answer),
        **evaluate_model_choice(probabilities, names, balanced.scenarios, meanings, seed=seed),
    }
    of_network = unseen.of_scenarios(names).balanced()
    if of_network.genomes:
        answers_of_network = answers(bundle, of_network)
        tables |= {
            "novelty": novelty_table(answers_of_network),
            "calibration": calibration_table(answers_of_network, names, seed=seed),
            "scenario_reliability": reliability_table(answers_of_network, names),
        }
    return tables


def _parameter_tables(bundle: ParametersBundle, unseen: UnseenGenomes, seed: int) -> Tables:
    names = bundle.scale.names
    # Parameters that genomes were simulated under, and draws from their posteriors: on the scale on which the prior is
    # standard normal, and in their own units.
    values = {name: unseen.parameter(name) for name in names}
    truth = {name: of_genomes for name, of_genomes in values.items() if np.isfinite(of_genomes).all()}
    draws = parameters.draw(bundle, unseen.pooled(bundle), DRAWS_PER_GENOME, seed)
    tables = evaluate_posterior(draws, bundle.scale.to_normal(truth), names, seed=seed)
    logarithms = log_r_squared_table(bundle.scale.from_normal(draws), truth, names, seed=seed)
    tables["posterior_summary"] = pd.concat([tables["posterior_summary"], logarithms], axis=1)
    return tables
