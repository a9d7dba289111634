"""Tables of local calls."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from introghost.errors import DataError
from introghost.evaluation import metrics, segments
from introghost.evaluation.tables import write_tables

SHAPE = (12, 8, 50)
GENOMES = np.repeat([f"ghost/{i}" for i in range(4)] + ["no_ghost/0", "no_ghost/1"], 2)
PROPORTION = np.array([0.004, 0.004, 0.02, 0.02, 0.03, 0.03, 0.15, 0.15, np.nan, np.nan, 0.0, 0.0])
SCENARIOS = np.repeat(["ghost", "no_ghost"], [8, 4])


@pytest.fixture
def calls() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    posterior = generator.random(SHAPE) ** 4
    fraction = np.where(generator.random(SHAPE) < posterior, 0.5, 0.49)
    fraction[8:] = 0
    posterior[8:] /= 10
    return posterior, fraction


def test_summary_matches_counting(calls: tuple[np.ndarray, np.ndarray]) -> None:
    posterior, fraction = calls
    tables = segments.evaluate_segments(posterior, fraction, GENOMES, PROPORTION, scenarios=SCENARIOS)
    value = tables["summary"].set_index("metric")["value"]
    called, truth = posterior >= 0.5, fraction >= 0.5
    assert value["precision_at_threshold"] == pytest.approx(truth[called].mean())
    assert value["recall_at_threshold"] == pytest.approx(called[truth].mean())
    assert value["false_call_rate"] == pytest.approx(called[~truth].mean())
    assert value["called_fraction"] == pytest.approx(called.mean())
    assert value["true_fraction"] == pytest.approx(truth.mean())
    assert value["num_genomes"] == 6
    bounded = tables["summary"].dropna()
    assert (bounded["lower"] <= bounded["upper"]).all()
    assert {"average_precision", "recall_at_threshold"} <= set(bounded["metric"])


def test_intervals_of_rates_are_over_genomes(calls: tuple[np.ndarray, np.ndarray]) -> None:
    posterior, fraction = calls
    summary = segments.evaluate_segments(posterior, fraction, GENOMES, PROPORTION, seed=3)["summary"].set_index(
        "metric"
    )
    called, truth = posterior >= 0.5, fraction >= 0.5
    regions = [np.flatnonzero(name == GENOMES) for name in sorted(set(GENOMES))]

    def recall(draw: np.ndarray) -> float:
        rows = np.concatenate([np.tile(rows, number) for rows, number in zip(regions, draw, strict=True)])
        return float(called[rows][truth[rows]].mean()) if truth[rows].any() else np.nan

    expected = metrics.bootstrap_interval(recall, 6, seed=3)
    assert tuple(summary.loc["recall_at_threshold", ["lower", "upper"]]) == pytest.approx(expected)
    assert expected[0] < expected[1]


def test_classes_by_proportion_and_scenario(calls: tuple[np.ndarray, np.ndarray]) -> None:
    tables = segments.evaluate_segments(*calls, GENOMES, PROPORTION, scenarios=SCENARIOS)
    by_proportion = tables["by_proportion"].set_index("proportion")
    nothing = "no ghost tract realised"
    assert by_proportion["num_genomes"].to_dict() == {"0-0.005": 1, "0.02-0.05": 2, "0.1-1": 1, nothing: 2}
    assert np.isnan(by_proportion.loc[nothing, "average_precision"])
    assert by_proportion.loc[nothing, "false_call_rate"] == 0
    assert tables["by_scenario"]["num_genomes"].tolist() == [4, 2]


def test_bins_without_a_call_do_not_count(calls: tuple[np.ndarray, np.ndarray]) -> None:
    posterior, fraction = calls
    before = segments.evaluate_segments(posterior[:, :, :40], fraction[:, :, :40], GENOMES, PROPORTION)
    posterior[:, :, 40:] = np.nan
    after = segments.evaluate_segments(posterior, fraction, GENOMES, PROPORTION)
    for name, table in before.items():
        pd.testing.assert_frame_equal(table, after[name])


def test_worthless_calls_are_exposed(calls: tuple[np.ndarray, np.ndarray]) -> None:
    posterior, fraction = calls
    noise = np.random.default_rng(2).random(SHAPE)
    good, bad = (
        segments.evaluate_segments(p, fraction, GENOMES, PROPORTION)["summary"].set_index("metric")["value"]
        for p in (posterior, noise)
    )
    assert bad["average_precision"] == pytest.approx(bad["true_fraction"], abs=0.05)
    assert good["average_precision"] > 2 * bad["average_precision"]
    assert bad["expected_calibration_error"] > 0.2 > good["expected_calibration_error"]


def test_shapes_that_disagree_are_refused(calls: tuple[np.ndarray, np.ndarray]) -> None:
    posterior, fraction = calls
    with pytest.raises(DataError, match="posterior has shape"):
        segments.evaluate_segments(posterior[:1], fraction, GENOMES, PROPORTION)
    with pytest.raises(DataError, match="12 regions, 11 genomes"):
        segments.evaluate_segments(posterior, fraction, GENOMES[1:], PROPORTION)


def test_tables_are_written_with_na(tmp_path: Path) -> None:
    (path,) = write_tables({"summary": pd.DataFrame({"metric": ["a"], "value": [np.nan]})}, tmp_path / "new")
    assert path.read_text() == "metric\tvalue\na\tNA\n"
