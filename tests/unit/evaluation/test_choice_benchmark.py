"""What `benchmarks/choice.py` makes of genomes of models that nobody trained on, and of its page."""

import dataclasses
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from made_up import unseen

from introghost.evaluation.unseen import UnseenGenomes
from introghost.inference.bundles import ParametersBundle
from introghost.statistics.table import Statistics

ROOT = Path(__file__).parents[3]


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


def test_the_page_keeps_what_stands_before_its_part(choice: ModuleType, tmp_path: Path) -> None:
    place, folder = tmp_path / "page.md", ROOT / "benchmarks" / "choice"
    assert "human_neanderthal-without | 10 | 0 % | 100 %" in choice.written_into(place, folder)
    place.write_text("# By hand\n" + choice.written_into(place, folder).replace("archie", "stale"))
    written = choice.written_into(place, folder)
    assert written.startswith("# By hand\n")
    assert "stale" not in written
    place.write_text(written)
    assert choice.written_into(place, folder) == written
    regions = json.loads((folder / "provenance.json").read_text())["options"]["regions"]
    assert f"A genome is {regions} regions of 1 Mb" in written


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
