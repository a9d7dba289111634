"""Answers: posteriors of contigs with their coordinates, and what is written of what is withheld."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from introghost.answer import Answer, Choice, Settings
from introghost.inference.calling import ContigCalls, segments
from introghost.inference.decisions import Costs, Decision, Doubts, decide
from introghost.inference.extent import Extent
from introghost.inference.parameters import no_posterior
from introghost.inference.reading import Bins, BinStatus
from introghost.provenance import sha256

VERDICT = decide({"ghost": 0.99, "no_ghost": 0.01}, {"ghost": True, "no_ghost": False})
CHOICE = Choice(
    VERDICT.decision, VERDICT, Doubts(0.4, {"ghost": 0.9}, 0.7, 0.8, 0.01), Extent(6, 1, 9, 8, 7), 5, 4, False
)


def calls_of(contig: str) -> ContigCalls:
    """Two haplotypes of a sample whose name has dots, three bins, the second of which is not called."""
    starts = np.array([100, 110, 120], dtype=np.int64)
    status = np.array([BinStatus.CALLED, BinStatus.BLANK, BinStatus.CALLED]).astype(np.str_)
    bins = Bins(
        contig, 10, starts, starts + np.array([10, 10, 5]), np.full(3, 5, np.float32), np.ones(3, np.int64), status
    )
    posterior = np.array([[0.9, np.nan, 0.2], [0.1, np.nan, 0.4]], dtype=np.float32)
    return ContigCalls(bins, ["NA.1.2.0", "NA.1.2.1"], posterior, np.ones((2, 3), np.int64))


@pytest.fixture
def answer() -> Answer:
    calls = (calls_of("1"), calls_of("chrX"))
    empty = pd.DataFrame()
    settings = Settings(0.5, 0.15, {}, Costs(), False)
    return Answer(
        segments(calls, 0.5), no_posterior(), empty, empty, empty, [], CHOICE, calls, settings, {"verb": "apply"}
    )


def test_the_posterior_of_a_contig_has_its_coordinates(answer: Answer) -> None:
    posterior = answer.posterior("chrX")
    assert (posterior.dims, posterior.dtype, posterior.name) == (("haplotype", "bin"), np.float32, "posterior")
    assert set(posterior.coords) == {"haplotype", "sample", "haplotype_index", "start", "end", "status"}
    assert posterior["haplotype"].values.tolist() == ["NA.1.2.0", "NA.1.2.1"]
    assert posterior["sample"].values.tolist() == ["NA.1.2", "NA.1.2"]
    assert posterior["haplotype_index"].values.tolist() == [0, 1]
    assert posterior["start"].values.tolist() == [100, 110, 120]
    assert posterior["end"].values.tolist() == [110, 120, 125]
    assert posterior["status"].values.tolist() == ["called", str(BinStatus.BLANK), "called"]
    assert np.isnan(posterior.values).tolist() == [[False, True, False]] * 2
    assert posterior.sel(haplotype="NA.1.2.1").values[[0, 2]].tolist() == pytest.approx([0.1, 0.4])


def test_a_contig_that_is_absent_is_an_error_that_names_those_there_are(answer: Answer) -> None:
    with pytest.raises(KeyError, match="no contig 'X' in this answer; it has '1', 'chrX'"):
        answer.posterior("X")


@pytest.mark.parametrize("decision", [Decision.NO_SCENARIO_FITS, Decision.TOO_LITTLE_SEQUENCE])
def test_what_is_withheld_is_not_given_but_for_force(answer: Answer, decision: Decision, tmp_path: Path) -> None:
    secret = {
        "probabilities",
        "p_ghost",
        "bayes_factors",
        "bayes_factor_ghost",
        "p_ghost_odd",
        "p_ghost_even",
        "p_ghost_standard_deviation",
    }
    assert answer.p_ghost == pytest.approx(0.99)
    assert secret <= set(CHOICE.to_json())
    withheld = dataclasses.replace(answer, choice=dataclasses.replace(CHOICE, decision=decision))
    assert (withheld.decision, withheld.p_ghost) == (decision, None)
    withheld.write(tmp_path)
    written = json.loads((tmp_path / "model_choice.json").read_text())
    assert written["decision"] == str(decision)
    assert not secret & set(written)
    forced = dataclasses.replace(CHOICE, decision=decision, forced=True)
    assert forced.to_json()["p_ghost"] == pytest.approx(0.99)
    assert forced.to_json()["decision"] == str(decision)


def test_the_choice_is_written_value_by_value() -> None:
    content = CHOICE.to_json()
    assert {
        name: content[name] for name in ("regions", "regions_of_short_stretches", "bins", "used_bp", "left_out_bp")
    } == {
        "regions": 6,
        "regions_of_short_stretches": 1,
        "bins": 9,
        "used_bp": 8,
        "left_out_bp": 7,
    }
    assert (content["outgroup_diploids"], content["target_diploids"]) == (5, 4)
    assert content["costs"] == {"false_ghost": 5.0, "missed_ghost": 1.0, "undecided": 0.5}
    assert (content["p_ghost_odd"], content["p_ghost_even"]) == (0.7, 0.8)
    assert (content["novelty_p_value"], content["novelty_p_values"]) == (0.4, {"ghost": 0.9})
    assert content["ghost_of_target"] == {"ghost": True, "no_ghost": False}
    assert content["prior"] == {"ghost": 0.5, "no_ghost": 0.5}
    assert content["bayes_factor_ghost"] == pytest.approx(99)


def test_an_answer_without_a_choice_and_without_parameters_writes_neither(answer: Answer, tmp_path: Path) -> None:
    of_choice, of_parameters = ("model_choice.json", "statistic_percentiles.tsv"), ("posterior", "draws")
    for name in (*of_choice, *(f"parameter_{what}.tsv" for what in of_parameters), "prior_draws.tsv"):
        (tmp_path / name).write_text("of an earlier answer")
    nothing = dataclasses.replace(answer, choice=None)
    assert (nothing.decision, nothing.p_ghost) == (None, None)
    nothing.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "segments.tsv",
        "segments.bed",
        "segments.seg",
        "bins.tsv.gz",
        "bin_status.tsv",
        "posterior.bedgraph",
        "per_sample.tsv",
        "provenance.json",
    }
    tables = ("segments.tsv", "per_sample.tsv", "bin_status.tsv")
    digests = {name: sha256(tmp_path / name) for name in tables}
    assert json.loads((tmp_path / "provenance.json").read_text()) == {"verb": "apply", "outputs": digests}


def test_no_parameters_are_a_table_of_the_right_types() -> None:
    table = no_posterior()
    assert list(table.columns)[:3] == ["parameter", "mean", "median"]
    assert table.empty
    assert all(dtype == np.float64 for dtype in table.dtypes.iloc[1:])
    assert pd.api.types.is_string_dtype(table["parameter"])
