"""What `benchmarks/choice.py` makes of genomes of models that nobody trained on, and of its page."""

import dataclasses
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from made_up import unseen

from introghost.evaluation.unseen import UnseenGenomes
from introghost.inference.bundles import ParametersBundle
from introghost.simulation import priors
from introghost.statistics.table import Statistics

ROOT = Path(__file__).parents[3]
RIVALS = ["no_ghost, structure", "no_ghost, structure_merged", "all"]


@pytest.fixture(scope="module")
def choice() -> Iterator[ModuleType]:
    """The benchmark, which imports from its own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("choice")


def test_pulses_are_held_against_their_true_proportion(
    choice: ModuleType, statistics: Statistics, posterior: ParametersBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_check.TRIALS", 5)
    simulated = unseen(statistics).of_scenarios(["ghost"])
    # Another model's genomes: copies of one genome, so that all have the same proportion.
    one = simulated.genomes[:1] * 3
    others = UnseenGenomes(tuple(dataclasses.replace(genome, scenario="published") for genome in one), {})
    (row,) = choice.pulse_table(posterior, simulated, others).to_dict("records")
    assert (row["scenario"], row["genomes"]) == ("published", 3)
    assert row["true_proportion"] == one[0].parameters["ghost_proportion"]
    assert row["lower_90"] < row["median"] < row["upper_90"]
    assert row["median"] == pytest.approx(row["true_proportion"], abs=0.2)
    assert row["intervals_90_hold"] == float(row["lower_90"] <= row["true_proportion"] <= row["upper_90"])
    assert np.isfinite(row["local_check_rejects"])
    (unchecked,) = choice.pulse_table(posterior, None, others).to_dict("records")
    assert np.isnan(unchecked["local_check_rejects"])
    assert {k: v for k, v in unchecked.items() if k != "local_check_rejects"} == {
        k: v for k, v in row.items() if k != "local_check_rejects"
    }


@pytest.fixture(scope="module")
def page(choice: ModuleType) -> str:
    """What is written of the tables that are kept."""
    written: str = choice.page(ROOT / "benchmarks" / "choice")
    return written


def test_only_the_mutation_rate_of_a_model_is_changed(choice: ModuleType) -> None:
    model = choice.published("human_neanderthal")
    twice = choice.with_mutation_rate(model, 2.0)
    before, after = (priors.draw(scenario, 1) for scenario in (model, twice))
    assert after.pop("mutation_rate_per_bp") == 2 * before.pop("mutation_rate_per_bp")
    assert (after, twice.template, twice.name) == (before, model.template, "human_neanderthal-rate-x2")


def test_the_page_says_what_became_of_models_that_nobody_trained_on(page: str) -> None:
    folder = ROOT / "benchmarks" / "choice"
    regions = json.loads((folder / "provenance.json").read_text())["options"]["regions"]
    assert f"A genome is {regions} regions of 1 Mb" in page
    families = pd.read_csv(folder / "families.tsv", sep="\t", keep_default_na=False, na_values="NA")
    assert len(families) >= 5
    for row in families.itertuples():
        decided = f"{100 * row.decided_ghost:.0f} % | {100 * row.decided_no_ghost:.0f} %"
        assert f"\n| {row.scenario} | {row.genomes} | {decided} |" in page


def shipped_table(name: str) -> pd.DataFrame:
    """Rows of whole genomes of one of the tables of the networks that ship."""
    path = ROOT / "src" / "introghost" / "models" / "human.evaluation" / f"{name}.tsv"
    table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values="NA")
    return table[table["regions"] == table["regions"].max()]


def test_the_page_says_the_power_of_the_networks_that_ship(page: str) -> None:
    power = shipped_table("power").query("against in @RIVALS")
    for (genomes_of, genomes, metric), rows in power.groupby(["genomes_of", "genomes", "metric"]):
        assert sorted(rows["against"]) == sorted(RIVALS)
        cells = " | ".join(f"{row.value:.3f} [{row.lower:.3f}–{row.upper:.3f}]" for row in rows.itertuples())
        figure = {"area_under_roc": "area under the curve", "power": "power"}[str(metric)]
        assert f"\n| {genomes_of} ({genomes} genomes) | {figure} | {cells} |\n" in page


def test_the_page_says_the_decisions_of_the_networks_that_ship(page: str) -> None:
    decisions = shipped_table("decisions")
    assert len(decisions) >= 8
    for _, row in decisions.iterrows():
        shares = [f"{100 * row[f'decided_{name}']:.0f} %" for name in ("ghost", "no_ghost", "undecided")]
        unlike = [f"{100 * row[name]:.0f} %" for name in ("novel_at_0.05", "no_scenario_fits")]
        cells = [row["scenario"], str(row["genomes"]), *shares, f"{row['mean_p_ghost']:.2f}", *unlike]
        assert f"\n| {' | '.join(cells)} |\n" in page
    for row in shipped_table("calibration").itertuples():
        error = f"{row.calibration_error:.3f} | {row.if_right:.3f} ({row.if_right_upper:.3f})"
        assert f"\n| {row.probability_of} | {error} |\n" in page
    novelty = ", ".join(
        f"{100 * row.novel:.1f} % [{100 * row.lower:.1f}–{100 * row.upper:.1f}] at {row.level}"
        for row in shipped_table("novelty").itertuples()
    )
    assert f"that the networks were trained on, are novel: {novelty}.\n" in page


def test_the_page_says_the_posteriors_of_the_networks_that_ship(page: str) -> None:
    summary, coverage = shipped_table("posterior_summary"), shipped_table("posterior_coverage")
    assert len(summary) >= 13
    for row in summary.itertuples():
        between = f"{row.log_r_squared:.2f} [{row.log_r_squared_lower:.2f}–{row.log_r_squared_upper:.2f}]"
        assert f"\n| {row.parameter} | {between} | {row.r_squared:.2f} | {row.contraction:.2f} | " in page
        holds = coverage[(coverage["parameter"] == row.parameter) & coverage["level"].isin([0.9, 0.95])]
        shares = " | ".join(
            f"{100 * one.coverage:.0f} % [{100 * one.lower:.0f}–{100 * one.upper:.0f}]" for one in holds.itertuples()
        )
        assert f" | {row.contraction:.2f} | {shares} | {row.sbc_p_value:.2g} |\n" in page


def test_the_page_says_how_genomes_are_confused_and_what_less_sequence_tells(page: str) -> None:
    confusion = shipped_table("model_choice_confusion").set_index(["truth", "assigned"])["count"]
    names = sorted(set(confusion.index.get_level_values("truth")))
    assert f"\n| scenario | {' | '.join(names)} |\n" in page
    for truth in names:
        counts = " | ".join(str(confusion.get((truth, assigned), 0)) for assigned in names)
        assert f"\n| {truth} | {counts} |\n" in page
    power = pd.read_csv(ROOT / "src" / "introghost" / "models" / "human.evaluation" / "power.tsv", sep="\t")
    areas = power.query("metric == 'area_under_roc' and genomes_of == 'ghost' and against in @RIVALS")
    assert areas["regions"].nunique() > 1
    for regions, rows in areas.groupby("regions"):
        assert f"\n| {regions} | {' | '.join(f'{value:.3f}' for value in rows['value'])} |" in page


def test_batches_have_the_name_of_what_they_depend_on(choice: ModuleType, tmp_path: Path) -> None:
    human = choice.load_model("human").folder
    pulse = choice.published("human_neanderthal")
    names = {
        batch.output
        for scenario in (pulse, choice.without_pulse(pulse))
        for observation in (None, {"missing": 0.1})
        for batch in choice.batches(tmp_path, human, scenario, 5, 7, 2, observation)
    }
    assert len(names) == 2 * 2 * 2, "seven genomes are two batches"
