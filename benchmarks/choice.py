"""Model choice and parameters where nobody trained: published models.

``python benchmarks/choice.py --folder F`` simulates genomes of models that no network is trained on, many regions each,
applies a model to them, and writes ``families.tsv`` and ``pulses.tsv`` of ``benchmarks/choice/`` and
``docs/model_choice.md``. What a model is worth on unseen genomes of its own scenarios, `introghost evaluate` tells;
``src/introghost/models/human.evaluation/`` holds these tables for the networks that ship, and ``--evaluation`` replaces
them. Of genomes only what is pooled over a region is kept; a run goes on from what another left in the folder.
"""

import argparse
import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from choice_genomes import Batch, batches
from choice_page import EVALUATION, page
from families import MODELS, STDPOPSIM, of_stdpopsim, published, with_mutation_rate, without_pulse
from introghost import atomic, provenance
from introghost.errors import DataError
from introghost.evaluation.answers import answers
from introghost.evaluation.kinds import File, kinds
from introghost.evaluation.tables import write_tables
from introghost.evaluation.truth import TABLES
from introghost.evaluation.unseen import UnseenGenomes
from introghost.evaluation.verdicts import decision_table
from introghost.inference import bundle_files, parameters
from introghost.inference.bundles import ChoiceBundle, ParametersBundle
from introghost.inference.inputs import Pooled
from introghost.model import Model, load_model
from introghost.simulation.scenarios import Scenario
from introghost.statistics.table import Statistics
from local_check import local_p_values

OUTPUT = Path(__file__).parent / "choice"
PAGE = Path(__file__).parents[1] / "docs" / "model_choice.md"
FIRST = 60_000  # genome; the local check's are others
OF_RATES, RATE_FACTORS = "human_neanderthal", (0.5, 2.0)  # beyond the prior on either side
OF_INTEREST = ("ghost_proportion", "pulse_time", "ghost_split_time")

Array = NDArray[np.float64]


def predictors(bundle: ParametersBundle, pooled: Pooled) -> Array:
    """Linear predictors of the parameters, which the posterior of each genome is conditioned on."""
    with torch.inference_mode():
        return np.asarray(bundle.network.predict(*pooled.tensors()).double().numpy())


def pulse_table(bundle: ParametersBundle, simulated: UnseenGenomes | None, others: UnseenGenomes) -> pd.DataFrame:
    """The posterior of genomes of models with a pulse that nobody trained on, and whether it is right where they lie.

    The local check is made for the parameters of interest, with the predictors of these; it learns from `simulated`
    genomes of the bundle's scenario, and is not made where there are none.
    """
    interest = [bundle.scale.names.index(name) for name in OF_INTEREST]
    learnt = None if simulated is None else learnt_from(bundle, simulated, interest)
    rows, proportion = [], others.parameter("ghost_proportion")
    for scenario in dict.fromkeys(others.scenarios[np.isfinite(proportion)].tolist()):
        observed = others.of_scenarios([scenario])
        pooled = observed.pooled(bundle)
        posterior, at = parameters.draw(bundle, pooled, 1000), predictors(bundle, pooled)[:, interest]
        rejected = np.nan
        if learnt is not None:
            rejected = np.mean(local_p_values(*learnt, posterior[:, :, interest], at) < 0.05)
        # The posterior of the proportion beside the true one, which is the same in all genomes.
        values = bundle.scale.from_normal(posterior)["ghost_proportion"]
        true_proportion = observed.parameter("ghost_proportion")
        low, median, high = np.quantile(values, (0.05, 0.5, 0.95), axis=1)
        holds = (low <= true_proportion) & (true_proportion <= high)
        rows.append((scenario, len(at), true_proportion[0], np.median(median), np.median(low), np.median(high),
                     np.mean(holds), rejected))  # fmt: skip
    columns = ["scenario", "genomes", "true_proportion", "median", "lower_90", "upper_90", "intervals_90_hold",
               "local_check_rejects"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def learnt_from(bundle: ParametersBundle, simulated: UnseenGenomes, interest: list[int]) -> tuple[Array, Array, Array]:
    """Of each simulated genome a draw from its posterior, of the members of the ensemble by turns, its true parameters
    and its predictors: what the local check learns from, of the parameters of interest."""
    pooled = simulated.pooled(bundle)
    every_draw = parameters.draw(bundle, pooled, 300)
    turns = np.random.default_rng(1).integers(300, size=len(every_draw))
    truth = bundle.scale.to_normal({name: simulated.parameter(name) for name in bundle.scale.names})
    draws = every_draw[np.arange(len(every_draw)), turns]
    return draws[:, interest], truth[:, interest], predictors(bundle, pooled)[:, interest]


def unseen_of(model: Model, paths: Sequence[Path]) -> UnseenGenomes:
    """Genomes of some files of statistics, which must be those that the model's networks for whole genomes take."""
    genomes = kinds(model, [File(path, Statistics.read(path)) for path in paths]).genomes
    if genomes is None:
        raise DataError(f"{model.folder}: none of the statistics is for its networks for whole genomes")
    return UnseenGenomes.of(genomes.genomes(), genomes.ghost_of_target)


def families(folder: Path, python: Path | None) -> list[Scenario]:
    """Models that the networks were not trained on."""
    models = [published(name) for name in MODELS]
    models += [with_mutation_rate(published(OF_RATES), factor) for factor in RATE_FACTORS]
    models += [without_pulse(scenario) for scenario in models if scenario.template.get("pulses")]
    return models + ([of_stdpopsim(python, name, folder) for name in STDPOPSIM] if python else [])


def all_tables(
    model: Model,
    choice: ChoiceBundle,
    posterior: ParametersBundle,
    genomes: Sequence[Batch],
    simulated: UnseenGenomes | None,
) -> dict[str, pd.DataFrame]:
    """Every table of the benchmark, by the name of its file."""
    others = unseen_of(model, [batch.output() for batch in genomes])
    return {
        "families": decision_table(answers(choice, others)),
        "pulses": pulse_table(posterior, simulated, others),
    }


def run_all(genomes: Sequence[Batch], workers: int) -> None:
    """Simulate and pool what no run before has, in so many processes."""
    with ProcessPoolExecutor(workers) as pool:
        for _ in tqdm(pool.map(Batch.run, genomes), total=len(genomes), desc="batches of genomes"):
            pass


def print_tables(tables: Mapping[str, pd.DataFrame]) -> None:
    """Every table below its name."""
    for name, table in tables.items():
        print(f"\n{name}\n{table.to_string(index=False)}")


def manifests(model: Model) -> dict[str, Path]:
    """What stands for each network of a model in the record of a benchmark."""
    return {str(bundle.task): model.folder / bundle.task / bundle_files.MANIFEST for bundle in model.bundles}


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="keep genomes here, and go on from what is there")
    parser.add_argument("--model", default="human", help="a model that comes with introghost, or a folder with bundles")
    parser.add_argument("--regions", type=int, default=50, help="of 1 Mb, of each genome")
    parser.add_argument("--genomes", type=int, default=10, help="of each model that nobody trains on")
    parser.add_argument("--stdpopsim", type=Path, help="python of an environment with stdpopsim: its models as well")
    parser.add_argument(
        "--statistics",
        type=Path,
        action="append",
        default=[],
        help="of unseen genomes of the scenario whose parameters the model knows, for the local check; once for each",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: all cores)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the tables")
    parser.add_argument(
        "--evaluation", type=Path, help="folder of `introghost evaluate`, whose tables are then those of the model"
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="page to be written of them")
    return parser.parse_args()


def main() -> None:
    """Simulate, apply the model and write."""
    arguments = options()
    model = load_model(arguments.model)
    choice, posterior = model.choice, model.parameters
    if choice is None or posterior is None:
        raise SystemExit(f"error: --model {arguments.model}: needs the networks model-choice/ and parameters/")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    size = FIRST, arguments.genomes, arguments.regions
    others = families(arguments.folder / "stdpopsim", arguments.stdpopsim)
    genomes = [batch for scenario in others for batch in batches(arguments.folder, model, scenario, *size)]
    run_all(genomes, arguments.workers)
    logging.basicConfig(format="%(message)s", level=logging.INFO)  # msprime would tell of every genome
    simulated = None
    if arguments.statistics:
        simulated = unseen_of(model, arguments.statistics).of_scenarios([posterior.scenario])
    tables = all_tables(model, choice, posterior, genomes, simulated)
    write_tables(tables, arguments.output)
    if arguments.evaluation is not None:
        for name in (*(f"{table}.tsv" for table in TABLES), provenance.COMPLETE):
            if not (arguments.evaluation / name).is_file():
                continue
            text = (arguments.evaluation / name).read_text(encoding="utf-8")
            atomic.write_text(EVALUATION / name, text)
    sizes = {key: getattr(arguments, key) for key in ("regions", "genomes")}
    files = {f"statistics {number}": path for number, path in enumerate(arguments.statistics)}
    record = provenance.record("benchmarks/choice.py", sizes, {**manifests(model), **files})
    atomic.write_json(arguments.output / provenance.COMPLETE, record)
    atomic.write_text(arguments.page, page(arguments.output))
    print_tables(tables)


if __name__ == "__main__":
    main()
