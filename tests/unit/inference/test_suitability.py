"""Findings about data against training: one for each fact, and none without."""

import dataclasses

import numpy as np
import pytest
from made_calls import BUNDLES, WHOLE, bins_of, calls_of, codes
from untrained import choice_bundle, parameters_bundle

from introghost.findings import Severity
from introghost.inference import suitability
from introghost.inference.bundles import Bundle
from introghost.inference.extent import Extent
from introghost.inference.fields import Range
from introghost.inference.reading import BinStatus


def with_training(bundle: Bundle, **changes: object) -> Bundle:
    return dataclasses.replace(bundle, training=dataclasses.replace(bundle.training, **changes))


def test_unknown_populations_are_told() -> None:
    unknown, known = np.full(3, np.nan, np.float32), np.ones(3, np.float32)
    assert suitability.population_findings(known, 1_000_000) == []
    (finding,) = suitability.population_findings(unknown, 1_000_000)
    assert (finding.code, finding.severity) == ("populations-unknown", Severity.WARNING)
    assert "less than 1 Mb of callable sequence (stretches with less than 0.05 Mb of it do not count)" in finding.text


def test_networks_with_the_same_range_are_told_of_in_one_finding() -> None:
    (finding,) = suitability.sample_size_findings(BUNDLES, (3, 5), WHOLE)
    assert str(finding) == (
        "warning: outgroup diploids: 3 in the data, 4 to 10 in the training of segments and model-choice and "
        "parameters; answers of these may be wrong"
    )
    assert finding.code == "few-samples"
    other = [BUNDLES[0], with_training(BUNDLES[1], outgroup_diploids=Range(8, 10)), BUNDLES[2]]
    (finding,) = suitability.sample_size_findings(other, (3, 5), WHOLE)
    assert "4 to 10 in the training of segments and parameters, 8 to 10 in the training of model-choice" in finding.text
    (finding,) = suitability.sample_size_findings(other, (6, 5), WHOLE)
    assert "6 in the data, 8 to 10 in the training of model-choice; answers" in finding.text


def test_each_role_is_a_fact_of_its_own_and_the_right_numbers_are_none() -> None:
    assert suitability.sample_size_findings(BUNDLES, (5, 5), WHOLE) == []
    assert suitability.sample_size_findings(BUNDLES, (4, 5), WHOLE) == []
    assert suitability.sample_size_findings(BUNDLES, (10, 5), WHOLE) == []
    few = suitability.sample_size_findings(BUNDLES, (3, 4), WHOLE)
    assert codes(few) == ["few-samples", "few-samples"]
    assert [finding.text.split(":")[0] for finding in few] == ["outgroup diploids", "target diploids"]


def test_more_individuals_are_no_trouble_where_they_are_chosen_or_make_groups() -> None:
    whole = [BUNDLES[1], BUNDLES[2]]
    assert suitability.sample_size_findings(whole, (500, 500), WHOLE) == [], "5 and 10 of them are chosen"
    (outgroup,) = suitability.sample_size_findings(BUNDLES[:1], (11, 10), WHOLE)
    assert (outgroup.code, outgroup.text.split(",")[0]) == ("many-samples", "outgroup diploids: 11 in the data")
    assert codes(suitability.sample_size_findings(BUNDLES[:1], (5, 7), WHOLE)) == ["many-samples"]
    wide = with_training(BUNDLES[0], target_diploids=Range(3, 5))
    for number in (6, 7, 8, 500):
        assert suitability.sample_size_findings([wide], (5, number), WHOLE) == [], "groups of 3 to 5"
    unlimited = dataclasses.replace(WHOLE, most_diploids=(3, 4))
    assert len(suitability.sample_size_findings([BUNDLES[1]], (25, 25), unlimited)) == 2, (
        "another network knows no more"
    )


@pytest.mark.parametrize(
    ("diploids", "callable_bp", "outside"),
    [
        ((5, 5), 10_000, False),
        ((3, 5), 10_000, True),
        ((5, 4), 10_000, True),
        ((5, 5), 8_000, True),
        ((5, 5), 8_600, False),
    ],
)
def test_outside_training_is_too_few_individuals_or_another_mask(
    diploids: tuple[int, int], callable_bp: int, outside: bool
) -> None:
    bins = [bins_of([callable_bp] * 20)]
    assert suitability.is_outside_training(BUNDLES[2], diploids, bins, WHOLE) == outside


def test_the_callable_share_is_of_usable_bins_of_all_contigs() -> None:
    bins = [bins_of([6_000.0] * 10 + [0.0] * 50), bins_of([10_000.0] * 10, "2")]
    (finding,) = suitability.callable_share_findings(BUNDLES, bins)
    assert finding.code == "callable-share"
    assert finding.text.startswith(
        "80% of the sequence is callable, 90% to 100% in the training of segments and model-choice and "
        "parameters: their answers may be wrong"
    )
    assert suitability.callable_share_findings(BUNDLES, bins[1:]) == []
    assert suitability.callable_share_findings(BUNDLES, [bins_of([0.0] * 5)]) == [], "where nothing is usable"
    less = [with_training(bundle, callable_share=(0.3, 0.7)) for bundle in BUNDLES]
    assert codes(suitability.callable_share_findings(less, bins[1:])) == ["callable-share"], "more than in training"
    assert suitability.callable_share_findings(less, [bins_of([7_400.0])]) == [], "nearly as in training"


def test_holes_of_a_mask_as_wide_as_bins_count_as_masked() -> None:
    """Every fourth bin is masked: 75 % callable, though each bin that is called is whole. A long gap is none."""
    holes = bins_of([10_000.0, 10_000.0, 10_000.0, 0.0] * 10 + [10_000.0])
    (finding,) = suitability.callable_share_findings(BUNDLES, [holes])
    assert finding.text.startswith("76% of the sequence is callable")
    gap = bins_of([10_000.0] * 20 + [0.0] * 15 + [10_000.0] * 20)
    assert suitability.callable_share_findings(BUNDLES, [gap]) == []
    assert suitability.callable_share_findings(BUNDLES, [bins_of([0.0] * 5 + [10_000.0] * 9 + [0.0] * 5)]) == []


def test_bins_that_are_not_called_are_told_of_once_each_fact() -> None:
    nothing = np.full((2, 4), np.nan)
    silent = [calls_of(nothing, bins_of([1.0] * 4, name, BinStatus.CONTIG_WITHOUT_SITES)) for name in ("7", "X")]
    blank = [calls_of(nothing, bins_of([1.0] * 4, name, BinStatus.BLANK)) for name in ("1", "2")]
    findings = suitability.bin_findings([*silent, *blank])
    assert codes(findings) == ["contig-without-sites", "blank-bins"]
    assert findings[0].text == "contigs 7, X have no usable site: not called"
    (one,) = suitability.bin_findings(silent[:1])
    assert one.text == "contig 7 has no usable site: not called"
    assert findings[1].text.startswith("80,000 bp in runs of 5 or more bins without a usable site")
    called = [calls_of(np.zeros((2, 4)), bins_of([10_000.0] * 4))]
    assert suitability.bin_findings(called) == []


def test_more_regions_than_in_training_are_a_remark_and_short_stretches_a_warning() -> None:
    bundles = [choice_bundle(), parameters_bundle()]
    assert suitability.extent_findings(bundles, Extent(2, 1, 40, 400_000, 0)) == []
    (many,) = suitability.extent_findings(bundles, Extent(2_000, 0, 40_000, 400_000_000, 0))
    assert (many.code, many.severity) == ("many-regions", Severity.REMARK)
    assert many.text.startswith("2,000 regions of 200,000 bp, 2 in the training of model-choice and parameters:")
    (short,) = suitability.extent_findings(bundles, Extent(2, 2, 40, 400_000, 0))
    assert (short.code, short.severity) == ("short-stretches", Severity.WARNING)
    assert short.text.startswith("2 of 2 regions are put together from shorter stretches")
    assert suitability.extent_findings([], Extent(2, 2, 40, 400_000, 0)) == []


def test_too_little_sequence_is_told_in_callable_megabases() -> None:
    bundle = choice_bundle()
    training = dataclasses.replace(bundle.training, region_length_bp=1_000_000, callable_share=(1.0, 1.0))
    bundle = dataclasses.replace(bundle, training=training, regions=Range(6, 20))
    masked = dataclasses.replace(training, callable_share=(0.7, 1.0))
    of_masked = dataclasses.replace(bundle, training=masked)
    finding = suitability.too_little_finding([bundle], Extent(6, 6, 370, 3_700_000, 0))
    assert finding.code == "too-little-sequence"
    assert finding.severity is Severity.WITHHELD
    assert finding.text.startswith(
        "too little sequence: 6 regions with 3.7 Mb callable; the networks for whole genomes need 6 regions of 1 Mb "
        "with 5.7 Mb callable in all; scenario"
    )
    assert (
        "6 regions of 1 Mb with 3.9 Mb callable"
        in suitability.too_little_finding([of_masked], Extent(6, 1, 9, 9, 0)).text
    )
    forced = suitability.too_little_finding([bundle], Extent(1, 1, 370, 900_000, 0), is_forced=True)
    assert (forced.severity, "1 region with 0.9 Mb callable;" in forced.text) == (Severity.WARNING, True)
