"""The verdict and the parameters on flawed data: every scenario under every flaw.

``python benchmarks/flaws.py --folder F`` simulates unseen genomes of the model's own scenarios, observes them without a
flaw, with sizes of all kinds, with each flaw at its typical level and with all of them, and writes
``flaws.tsv`` (a row for each way of observing) and ``flawed.tsv`` (a row for each scenario in each) of
``benchmarks/choice/`` and ``docs/model_choice.md``. A run goes on from what another left in the folder.
"""

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from choice import OUTPUT, PAGE, manifests, print_tables, run_all, unseen_of
from choice_genomes import Batch, batches
from choice_page import RECORD, page
from genomes import SEED, Section
from introghost import atomic, provenance
from introghost.evaluation.answers import answers
from introghost.evaluation.genome_tables import choice_tables, parameter_tables
from introghost.evaluation.power import PROPORTION
from introghost.evaluation.tables import write_tables
from introghost.evaluation.unseen import UnseenGenomes
from introghost.evaluation.verdicts import decision_table
from introghost.inference.bundles import ChoiceBundle, ParametersBundle
from introghost.inference.decisions import NOVELTY_LEVEL, Decision
from introghost.model import Model, load_model
from introghost.simulation import scenarios
from robustness import CLEAN, LEVELS, PANEL, SCENARIOS, TOGETHER, cells, write_landscape

FIRST = 70_000
SIZES: Section = {"outgroup_diploids": [5, 200], "target_diploids": [1, 200], **PANEL}
# Flaws that docs/robustness.md does not measure segments under.
MORE: dict[str, Section] = {
    "missed rare alleles": {"rare_allele_detection": 0.6},
    "inbreeding": {"inbreeding": 0.05},
    "gene flow into the target": {"target_gene_flow": 0.1},
}
LEAST_PROPORTION = 0.02  # of the ghosts that power is asked of


def looks() -> dict[str, dict[str, Section]]:
    """Observation models by name, by what has to be simulated for them."""
    base = json.dumps({**CLEAN, **PANEL})
    result = {
        simulated: {name: section for name, section in group.items() if _is_asked(name)}
        for simulated, group in cells().items()
    }
    result[base] |= {f"{name}, {LEVELS[0]}": {**CLEAN, **PANEL, **section} for name, section in MORE.items()}
    largest = {**SIZES, "outgroup_diploids": 200, "target_diploids": 200}
    result[json.dumps(largest)] = {"sizes from 5 + 1 to 200 + 200": SIZES}
    return {simulated: group for simulated, group in result.items() if group}


def _is_asked(name: str) -> bool:
    """Every flaw at its typical level alone, and all together at both."""
    return name.endswith(("clean", LEVELS[0])) or name.startswith(TOGETHER)


def all_batches(arguments: argparse.Namespace, model: Model, numbers: Mapping[str, int]) -> dict[str, list[Batch]]:
    """Batches of so many genomes of each scenario, by the look that they are for."""
    result = dict[str, list[Batch]]()
    for simulated, group in looks().items():
        for name, number in numbers.items():
            size = scenarios.load(SCENARIOS / name), FIRST, number, arguments.regions
            made = batches(arguments.folder, model, *size, json.loads(simulated), group)
            for look in group:
                result.setdefault(look, []).extend(made)
    return result


@dataclass(frozen=True)
class Verdicts:
    """What is decided of genomes seen in one way.

    Attributes
    ----------
    by_scenario : DataFrame
        Of `decision_table`.
    figures : mapping of str to float
        By the column of ``flaws.tsv``.
    """

    by_scenario: pd.DataFrame
    figures: Mapping[str, float]

    @classmethod
    def of(cls, choice: ChoiceBundle, posterior: ParametersBundle, unseen: UnseenGenomes) -> "Verdicts":
        """Those of a model's networks."""
        given = answers(choice, unseen)
        tables = {**choice_tables(choice, unseen, seed=SEED), **parameter_tables(posterior, unseen, seed=SEED)}
        whole = {name: table[table["regions"] == table["regions"].max()] for name, table in tables.items()}
        figures = {
            **_decided(given, unseen.parameter(PROPORTION)),
            **_told_apart(whole["power"], posterior.scenario),
            "calibration_error": _value(whole["calibration"], "calibration_error", probability_of="a ghost"),
            "novel": _value(whole["novelty"], "novel", level=0.05),
            **_learnt(whole["posterior_coverage"], whole["posterior_summary"]),
        }
        return cls(decision_table(given), figures)


def _decided(given: pd.DataFrame, proportion: NDArray[np.float64]) -> dict[str, float]:
    """Shares that are decided ghost, as `apply` decides, of large ghosts and of genomes without one."""
    is_told = given["p_value"].fillna(1).to_numpy() >= NOVELTY_LEVEL
    is_ghost = (given["decision"] == str(Decision.GHOST)).to_numpy() & is_told
    has_ghost = given["has_ghost"].to_numpy(dtype=bool)
    figures = dict[str, float]()
    for name, chosen in (("power", has_ghost & (proportion >= LEAST_PROPORTION)), ("false_ghosts", ~has_ghost)):
        interval = stats.binomtest(int(is_ghost[chosen].sum()), int(chosen.sum())).proportion_ci()
        figures |= {name: is_ghost[chosen].mean(), f"{name}_lower": interval.low, f"{name}_upper": interval.high}
        figures[f"{name}_genomes"] = int(chosen.sum())
    return figures


def _told_apart(power: pd.DataFrame, ghost: str) -> dict[str, float]:
    """Area under the curve and power at one false positive in a hundred, against `no_ghost` and `structure`."""
    against = {"against": "no_ghost, structure"}
    rows = {
        "area": {"genomes_of": ghost, "metric": "area_under_roc"},
        "power_large": {"genomes_of": f"{ghost}, 0.02 to 0.2", "metric": "power"},
        "power_small": {"genomes_of": f"{ghost}, 0.005 to 0.02", "metric": "power"},
    }
    return {
        name if column == "value" else f"{name}_{column}": _value(power, column, **against, **row)
        for name, row in rows.items()
        for column in ("value", "lower", "upper")
    }


def _learnt(coverage: pd.DataFrame, summary: pd.DataFrame) -> dict[str, float]:
    """How often 95 % intervals hold, over all parameters and of the worst, and what is learnt of the pulse."""
    held = coverage.loc[coverage["level"] == 0.95].set_index("parameter")["coverage"]
    learnt = summary.set_index("parameter")["log_r_squared"]
    return {
        "intervals_hold": held.mean(),
        "lowest_interval_holds": held.min(),
        "log_proportion_r_squared": learnt["ghost_proportion"],
        "log_pulse_time_r_squared": learnt["pulse_time"],
    }


def _value(table: pd.DataFrame, column: str, **row: object) -> float:
    """The value of the row that these columns name."""
    is_row = np.logical_and.reduce([table[name] == value for name, value in row.items()])
    (value,) = table.loc[is_row, column]
    return float(value)


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="keep genomes here, and go on from what is there")
    parser.add_argument("--model", default="human", help="a model that comes with introghost, or a folder with bundles")
    parser.add_argument("--regions", type=int, default=25, help="of 1 Mb, of each genome")
    parser.add_argument("--genomes", type=int, default=40, help="of each scenario but that of the parameters")
    parser.add_argument("--ghosts", type=int, default=120, help="of the scenario of the parameters")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: all cores)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the tables")
    parser.add_argument("--page", type=Path, default=PAGE, help="page to be written of them and those of choice.py")
    return parser.parse_args()


def main() -> None:
    """Simulate, ask the model and write."""
    arguments = options()
    model = load_model(arguments.model)
    choice, posterior = model.choice, model.parameters
    if choice is None or posterior is None or not choice.knows_novelty:
        raise SystemExit(
            f"error: --model {arguments.model}: needs the networks model-choice/, which tells novelty, and parameters/"
        )
    arguments.folder.mkdir(parents=True, exist_ok=True)
    write_landscape(arguments.folder)
    numbers = {**dict.fromkeys(choice.scenarios, arguments.genomes), posterior.scenario: arguments.ghosts}
    of_look = all_batches(arguments, model, numbers)
    everything = list({id(batch): batch for group in of_look.values() for batch in group}.values())
    run_all(everything, arguments.workers)
    verdicts = {
        look: Verdicts.of(choice, posterior, unseen_of(model, [batch.output(look) for batch in group]))
        for look, group in of_look.items()
    }
    tables = {
        "flaws": pd.DataFrame([{"look": look, **verdict.figures} for look, verdict in verdicts.items()]),
        "flawed": pd.concat([verdict.by_scenario.assign(look=look) for look, verdict in verdicts.items()]),
    }
    tables["flaws"] = tables["flaws"].assign(regions=arguments.regions, ghosts=arguments.ghosts)
    has_ghost = tables["flawed"]["scenario"].map(choice.ghost_of_target)
    tables["flawed"] = tables["flawed"].assign(has_ghost=has_ghost)
    write_tables(tables, arguments.output)
    sizes = {"genomes": arguments.genomes, "ghosts": arguments.ghosts, "regions": arguments.regions}
    atomic.write_json(arguments.output / RECORD, provenance.record("benchmarks/flaws.py", sizes, manifests(model)))
    atomic.write_text(arguments.page, page(arguments.output))
    print_tables(tables)


if __name__ == "__main__":
    main()
