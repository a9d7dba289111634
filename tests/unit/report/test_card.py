"""The verdict card: a sentence for each question, also where an answer is withheld."""

from pathlib import Path

import pandas as pd
import pytest
from report_inputs import write_calls, write_evaluation_of_calls, write_tsv

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.report.card import Card
from introghost.report.overview import Overview

GHOST = {
    "decision": "ghost",
    "p_ghost": 0.97,
    "bayes_factor_ghost": 64.7,
    "prior": {"ghost": 0.25, "ghost_continuous": 0.25, "no_ghost": 0.5},
    "ghost_of_target": {"ghost": True, "ghost_continuous": True, "no_ghost": False},
}


def card(calls: Path, generation_years: float = 29.0, evaluation: Path | None = None) -> Card:
    return Card.read(calls, Overview.read(calls, evaluation), generation_years)


def lines(calls: Path, generation_years: float = 29.0) -> list[tuple[str, str]]:
    return [(line.answer, line.reason) for line in card(calls, generation_years).lines]


def test_a_ghost_has_a_probability_an_amount_a_time_and_a_place(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls", choice=GHOST)
    assert lines(calls) == [
        ("Yes", "P(ghost) = 0.970 (prior 0.5, Bayes factor 65)."),
        (
            "2.1 % of ancestry",
            "95 % interval 0.43 % to 9.9 %. Time: 23,000 to 87,000 years, median 44,000 (1,500 generations at 29 "
            "years), hardly narrower than the prior: the data say little of it.",
        ),
        (
            "1.2 % of the sequence",
            "1 segment in 2 haplotypes, 0 of them with a posterior above 0.9. By their posteriors, 20 % of the called "
            "sequence is expected to be false: more of short segments, and where the data differ from the simulations. "
            "What is missed or false, and drift since the pulse, set this share apart from the proportion above.",
        ),
    ]
    assert "Time: 8,000 to 30,000 years, median 15,000 (1,500 generations at 10 years)" in lines(calls, 10)[1][1]
    table = pd.read_csv(calls / "parameter_posterior.tsv", sep="\t")
    table.assign(contraction=0.15).to_csv(calls / "parameter_posterior.tsv", sep="\t", index=False)
    answer, reason = lines(calls, 10)[1]
    assert answer == "2.1 % of ancestry"
    assert reason.endswith("; the prior is 7,000 to 35,000 years, and the data took 15 % of its variance.")
    table.assign(contraction=0.5).to_csv(calls / "parameter_posterior.tsv", sep="\t", index=False)
    assert lines(calls)[1][0] == "2.1 % of ancestry, 44,000 years ago", "the time is a headline once it is learnt"


def test_the_title_says_who_was_tested_against_whom(tmp_path: Path) -> None:
    one = card(write_calls(tmp_path / "calls", target="GBR", outgroup="YRI,ESN"))
    assert one.title == "GBR (1 individual) tested for ghost ancestry with YRI, ESN as outgroup"
    assert one.data == "vcf · 2 Mb callable · model human"


@pytest.mark.parametrize(
    ("choice", "proportion", "expected"),
    [
        (
            None,
            None,
            [("Not asked", "This model only calls segments."), ("Not asked", "This model has no network for ")],
        ),
        (
            {"decision": "too little sequence"},
            None,
            [("Too little sequence", "No verdict is given; segments are."),
             ("Withheld", "There is too little sequence to estimate them.")],
        ),
        (
            {"decision": "no scenario fits"},
            None,
            [("No answer", "The data lie outside everything"), ("Withheld", "No scenario fits the data.")],
        ),
        (
            GHOST | {"decision": "no ghost", "p_ghost": 1e-5, "bayes_factor_ghost": 0.002},
            (0.02, 0.01, 0.04),
            [("No", "P(ghost) < 0.001 (prior 0.5, Bayes factor 1/500)."),
             ("Nothing, by the verdict", "Had there been a ghost: 2.0 % of ancestry, 95 % interval")],
        ),
        (
            GHOST | {"decision": "undecided", "p_ghost": 0.6, "bayes_factor_ghost": 1.5},
            None,
            [("Undecided", "At the stated costs of errors, neither answer is worth its risk."),
             ("Not asked", "This model does not estimate the proportion")],
        ),
    ],
)  # fmt: skip
def test_what_is_not_answered_says_why(
    tmp_path: Path,
    choice: dict[str, object] | None,
    proportion: tuple[float, float, float] | None,
    expected: list[tuple[str, str]],
) -> None:
    made = lines(write_calls(tmp_path / "calls", choice=choice, proportion=proportion))
    for (answer, reason), (start, part) in zip(made, expected, strict=False):
        assert answer.startswith(start)
        assert part in reason


@pytest.mark.parametrize("decision", ["too little sequence", "no scenario fits"])
def test_what_was_forced_is_not_to_be_relied_on(tmp_path: Path, decision: str) -> None:
    whether, how_much, _ = lines(write_calls(tmp_path / "calls", choice=GHOST | {"decision": decision}))
    assert whether[0] != "Yes"
    assert whether[1].startswith("Forced, and not to be relied on: P(ghost) = 0.970")
    assert how_much[0] == "Forced"
    assert how_much[1].startswith("Not to be relied on: 2.1 % of ancestry. 95 % interval")


def test_a_damaged_posterior_is_refused(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls", choice=GHOST)
    write_tsv(calls / "parameter_posterior.tsv", parameter=["pulse_time"], median=[1.0])
    with pytest.raises(DataError, match=r"parameter_posterior\.tsv: column lower_95"):
        card(calls)


def test_of_little_sequence_segments_say_less(tmp_path: Path) -> None:
    """As does their absence."""
    calls = write_calls(tmp_path / "calls", choice={"decision": "too little sequence"}, proportion=None)
    *_, (_, reason) = lines(calls)
    assert reason.endswith("In so little sequence more is missed and more may be false.")
    path = calls / "segments.tsv"
    pd.read_csv(path, sep="\t").head(0).to_csv(path, sep="\t", index=False)
    assert lines(calls)[-1] == (
        "Nothing called",
        "No segment was called in 2 haplotypes. The sequence is too little to show that there is no ghost ancestry in "
        "it.",
    )


def test_withheld_parameters_say_which_limit_the_data_pass(tmp_path: Path) -> None:
    finding = Finding(Code.PARAMETERS_WITHHELD, Severity.WITHHELD, "4 outgroup diploids, 5 to 50 in training")
    calls = write_calls(tmp_path / "calls", choice=GHOST, proportion=None, findings=[finding])
    assert lines(calls)[1] == ("Withheld", "4 outgroup diploids, 5 to 50 in training.")


def test_withheld_segments_and_warnings_about_segments_are_told(tmp_path: Path) -> None:
    unlike = Finding(Code.SEGMENTS_UNLIKE, Severity.WITHHELD, "unlike")
    assert lines(write_calls(tmp_path / "a", findings=[unlike]))[2][0] == "Withheld"
    forced = Finding(Code.SEGMENTS_UNLIKE, Severity.WARNING, "unlike")
    answer, reason = lines(write_calls(tmp_path / "b", findings=[forced]))[2]
    assert answer == "1.2 % of the sequence"
    assert reason.endswith("See the warnings below.")
    relatives = Finding(Code.OUTGROUP_RELATIVES, Severity.WARNING, "in LWK too")
    assert lines(write_calls(tmp_path / "c", findings=[relatives]))[2][1].endswith("See the warnings below.")
    remark = Finding(Code.RECORDS_DROPPED, Severity.WARNING, "3 records")
    assert "warnings" not in lines(write_calls(tmp_path / "d", findings=[remark]))[2][1]


def test_the_truth_is_told_where_it_is_known(tmp_path: Path) -> None:
    calls = write_calls(tmp_path / "calls")
    evaluation = write_evaluation_of_calls(tmp_path / "evaluation", calls, 0.5, 1.0)
    assert "Against the true tracts, F1 of bins is 0.67." in card(calls, evaluation=evaluation).lines[2].reason
