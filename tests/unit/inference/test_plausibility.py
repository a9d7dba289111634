"""Findings about answers, alone and against each other: one for each fact, and none without."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from made_calls import BUNDLES, DOUBTS, WHOLE, bins_of, calls_of, codes
from untrained import choice_bundle, parameters_bundle, segments_bundle

from introghost.findings import Severity, in_order
from introghost.inference import decisions, plausibility, suitability
from introghost.inference.bundles import SegmentsBundle
from introghost.inference.calling import ContigCalls
from introghost.inference.decisions import Decision
from introghost.inference.extent import Extent


def calls_with_share(share: float) -> list[ContigCalls]:
    """Two haplotypes of 10,000 bins, of which this share is called."""
    posterior = np.zeros((2, 10_000))
    posterior[:, : round(share * 10_000)] = 1
    return [calls_of(posterior, bins_of([10_000.0] * 10_000))]


def test_a_rate_that_no_threshold_keeps_is_told() -> None:
    (finding,) = plausibility.threshold_findings(1.0, 0.05)
    assert (finding.code, "below 5%" in finding.text) == ("no-threshold", True)
    assert plausibility.threshold_findings(0.99, 0.05) == []
    assert plausibility.threshold_findings(1.0, None) == [], "it was asked for"


def test_without_doubt_there_is_no_finding() -> None:
    for decision in (Decision.GHOST, Decision.NO_GHOST, Decision.UNDECIDED):
        assert plausibility.choice_findings(decision, DOUBTS) == []
    assert (
        plausibility.choice_findings(Decision.TOO_LITTLE_SEQUENCE, dataclasses.replace(DOUBTS, novelty_p_value=None))
        == []
    )


def test_no_scenario_fits_is_told_with_how_few_simulations_lie_as_far() -> None:
    doubts = dataclasses.replace(DOUBTS, novelty_p_value=0.002)
    (finding,) = plausibility.choice_findings(Decision.NO_SCENARIO_FITS, doubts)
    assert (finding.code, finding.severity) == ("no-scenario-fits", Severity.WITHHELD)
    assert "only 0.20% of the simulated genomes lie as far" in finding.text
    (forced,) = plausibility.choice_findings(Decision.NO_SCENARIO_FITS, doubts, is_forced=True)
    assert (forced.severity, "because they are forced" in forced.text) == (Severity.WARNING, True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"novelty_p_value": None}, "novelty-unknown"),
        ({"p_ghost_odd": 0.2}, "halves-disagree"),
        ({"p_ghost_even": 0.39, "p_ghost_odd": 0.9}, "halves-disagree"),
        ({"p_ghost_standard_deviation": 0.2}, "ensemble-disagrees"),
    ],
)
def test_each_doubt_is_told(change: dict[str, float | None], code: str) -> None:
    (finding,) = plausibility.choice_findings(Decision.GHOST, dataclasses.replace(DOUBTS, **change))
    assert (finding.code, finding.severity) == (code, Severity.WARNING)


def test_doubts_that_are_small_or_of_no_consequence_are_not_told() -> None:
    for change in ({"p_ghost_odd": 0.5}, {"p_ghost_odd": None}, {"p_ghost_standard_deviation": 0.1}):
        assert plausibility.choice_findings(Decision.GHOST, dataclasses.replace(DOUBTS, **change)) == []
    withheld = dataclasses.replace(DOUBTS, p_ghost_standard_deviation=0.4)
    assert codes(plausibility.choice_findings(Decision.NO_SCENARIO_FITS, withheld)) == ["no-scenario-fits"]


@pytest.mark.parametrize(
    ("decision", "share", "contradicts"),
    [
        (Decision.NO_GHOST, 0.02, True),
        (Decision.NO_GHOST, 0.0051, True),
        (Decision.NO_GHOST, 0.005, False),
        (Decision.NO_GHOST, 0.0, False),
        (Decision.GHOST, 0.0, True),
        (Decision.GHOST, 0.0001, False),
        (Decision.GHOST, 0.02, False),
        (Decision.UNDECIDED, 0.02, False),
        (Decision.UNDECIDED, 0.0, False),
        (Decision.NO_SCENARIO_FITS, 0.02, False),
        (Decision.TOO_LITTLE_SEQUENCE, 0.0, False),
        (None, 0.02, False),
    ],
)
def test_a_decision_and_segments_that_contradict_each_other_are_told(
    decision: Decision | None, share: float, contradicts: bool
) -> None:
    bundle: SegmentsBundle = segments_bundle()
    findings = plausibility.contradiction_findings(decision, bundle, calls_with_share(share))
    assert codes(findings) == (["verdict-against-segments"] if contradicts else [])
    for finding in findings:
        assert finding.severity is Severity.WARNING
        assert f"the decision is {decision}" in finding.text


def test_segments_are_held_against_the_decision_at_the_threshold_of_the_model() -> None:
    (calls,) = calls_with_share(0.02)
    calls.posterior[calls.posterior > 0] = 0.59  # below .6, whatever the user calls
    assert plausibility.contradiction_findings(Decision.NO_GHOST, segments_bundle(), [calls]) == []


def test_a_posterior_squeezed_against_the_edge_of_its_prior_is_told() -> None:
    bundle, rng = parameters_bundle(), np.random.default_rng(1)
    inside = rng.normal(size=(1_000, 2))
    assert plausibility.edge_findings(bundle, inside) == []
    assert plausibility.edge_findings(bundle, inside * 0.1 + 1.9) == [], "far out, and not at the edge"
    (upper,) = plausibility.edge_findings(bundle, inside * [1, 0.1] + [0, 2.5])
    assert (upper.code, upper.severity) == ("posterior-at-edge", Severity.WARNING)
    assert "edge of the prior: ghost_proportion (upper); the truth" in upper.text
    (lower,) = plausibility.edge_findings(bundle, inside * [0.1, 1] - [2.5, 0])
    assert "edge of the prior: split_time (lower); the truth" in lower.text
    assert "exchanged" not in lower.text
    (both,) = plausibility.edge_findings(bundle, inside * 0.1 + [-2.5, 2.5])
    assert "split_time (lower), ghost_proportion (upper)" in both.text


def test_an_outgroup_that_seems_small_may_be_the_target() -> None:
    bundle = dataclasses.replace(parameters_bundle(), scale=SimpleNamespace(names=("outgroup_size", "split_time")))
    squeezed = 0.1 * np.random.default_rng(1).normal(size=(1_000, 2))
    (lower,) = plausibility.edge_findings(bundle, squeezed - [2.5, 0])
    assert lower.text.endswith("; an outgroup that seems so small may be the target: have the two been exchanged?")
    (upper,) = plausibility.edge_findings(bundle, squeezed - [-2.5, 0])
    assert "exchanged" not in upper.text


@pytest.mark.parametrize(("extreme", "warned"), [(0, False), (2, False), (3, True)])
def test_many_extreme_statistics_are_told(extreme: int, warned: bool) -> None:
    ghost = [100.0] * extreme + [50.0] * (100 - extreme)
    names = [f"s{number}" for number in range(100)]
    table = pd.DataFrame({"statistic": names, "value": 1.0, "ghost": ghost, "no_ghost": ghost[::-1]})
    assert plausibility.unlike_findings(table) == [], "each fits one scenario"
    assert decisions.Unlike.of(table).rows.empty
    findings = plausibility.unlike_findings(table.assign(no_ghost=0.0))
    assert codes(findings) == (["statistics-unlike"] if warned else [])
    assert [finding.text.split(" statistics")[0] for finding in findings] == ([f"{extreme} of 100"] if warned else [])
    # Covariates do not count, neither among the extreme ones nor among all.
    covariate = pd.DataFrame({"statistic": ["mean_of_callable_fraction"], "value": [1.0], "ghost": [0.0]})
    unlike = decisions.Unlike.of(pd.concat([table, covariate], ignore_index=True).assign(no_ghost=0.0))
    assert unlike.rows["statistic"].tolist() == names[:extreme]
    assert unlike.num_statistics == 100


def test_findings_come_in_the_order_of_their_weight_and_each_once() -> None:
    doubts = dataclasses.replace(DOUBTS, novelty_p_value=0.002, p_ghost_odd=0.1)
    findings = [
        *suitability.extent_findings([choice_bundle()], Extent(9, 0, 180, 1_800_000, 0)),
        *suitability.sample_size_findings(BUNDLES, (3, 5), WHOLE),
        *plausibility.choice_findings(Decision.NO_SCENARIO_FITS, doubts),
        suitability.parameters_finding(),
        *suitability.sample_size_findings(BUNDLES, (3, 5), WHOLE),
    ]
    ordered = in_order(findings)
    expected = ["no-scenario-fits", "parameters-withheld", "halves-disagree", "few-samples", "many-regions"]
    assert codes(ordered) == expected
    assert in_order(findings[::-1]) == ordered
    assert [str(finding).split(":")[0] for finding in ordered] == ["withheld"] * 2 + ["warning"] * 2 + ["remark"]


BUNDLE = segments_bundle()


def novel(*p_values: float) -> ContigCalls:
    calls = calls_of(np.full((2, 2), 0.1), bins_of([10_000, 10_000]))
    return dataclasses.replace(calls, novelty_p_values=np.array(p_values))


def test_data_unlike_the_simulations_of_the_segment_network_are_told_of_or_withheld() -> None:
    assert plausibility.segments_findings(BUNDLE, [novel(0.03, 0.5), novel(0.4)]) == []
    (unknown,) = plausibility.segments_findings(BUNDLE, [novel(), novel(np.nan)])
    assert (unknown.code, unknown.severity) == ("novelty-unknown", "remark")
    assert unknown.text.endswith("a stretch of 0.2 Mb at least half of which is callable; ask about more of the genome")
    (unknown,) = plausibility.segments_findings(BUNDLE, [novel()])
    assert unknown.text.endswith("that takes a model which was trained on more genomes")
    (finding,) = plausibility.segments_findings(BUNDLE, [novel(0.005, 0.005), novel(0.4, np.nan)])
    assert (finding.code, finding.severity) == ("segments-unlike", "warning")
    assert "(p = 0.01): segments may be wrong; look for a filter" in finding.text
    assert not plausibility.are_segments_withheld([novel(0.005, 0.005)])
    (finding,) = plausibility.segments_findings(BUNDLE, [novel(0.002)])
    assert (finding.severity, plausibility.are_segments_withheld([novel(0.002)])) == ("withheld", True)
    assert "segments are not given without --force" in finding.text
    (finding,) = plausibility.segments_findings(BUNDLE, [novel(0.002)], is_forced=True)
    assert finding.severity == "warning"
    assert "segments are given because they are forced" in finding.text
