"""Models: which networks belong together, how data are read for them, and what they are asked with."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from untrained import TRAINING, choice_bundle, parameters_bundle, segments_bundle
from verbs import run

from introghost.data import VcfData, open_vcf
from introghost.errors import ConfigError, ModelError
from introghost.findings import Code, Severity
from introghost.inference import bundle_files, calling, file_population, reading
from introghost.inference.bundles import GenomeBundle
from introghost.inference.fields import Range
from introghost.inference.file_calibration import UNKNOWN, FileCalibration, posterior_spread
from introghost.inference.offers import Offer
from introghost.model import Model, load_model
from introghost.networks.novelty import RegionNovelty
from introghost.statistics.haplotype import STATISTICS
from introghost.statistics.pooled import PLAIN


def saved(folder: Path, *digests: str | None) -> Path:
    """A model whose networks for whole genomes say that they were trained with these; None is its own."""
    bundle_files.save(segments_bundle(), folder / "segments")
    own = bundle_files.digest(folder / "segments")
    for bundle, digest in zip((choice_bundle(), parameters_bundle()), digests, strict=False):
        trained = dataclasses.replace(bundle, segment_model_digest=own if digest is None else digest)
        bundle_files.save(trained, folder / bundle.task)
    return folder


def test_a_model_is_asked_with_the_segment_network_it_was_trained_with(tmp_path: Path) -> None:
    alone = load_model(saved(tmp_path / "alone"))
    assert (alone.summary, alone.genome_bundles, alone.plan.most_diploids) == (None, (), None)
    assert load_model(saved(tmp_path / "plain", "", "")).summary is PLAIN
    assert load_model(saved(tmp_path / "one", "")).summary is PLAIN
    both = load_model(saved(tmp_path / "both", None, None))
    assert both.summary is not None
    assert both.summary.segment_model_digest == both.segment_model_digest != ""
    assert both.summary.names[-1].endswith("_by_posterior")


@pytest.mark.parametrize("digests", [("0" * 64,), (None, ""), ("", None), (None, "0" * 64), ("0" * 64, "0" * 64)])
def test_networks_of_another_segment_network_or_of_several_are_refused(
    tmp_path: Path, digests: tuple[str | None, ...]
) -> None:
    with pytest.raises(
        ModelError, match="trained on statistics made with another `statistics --segment-model`"
    ) as caught:
        load_model(saved(tmp_path, *digests))
    wrong = "model-choice" if digests[0] is not None else "parameters"
    assert str(caught.value).startswith(f"{tmp_path / wrong}: ")


def with_sizes(bundle: GenomeBundle, outgroup: int, target: int) -> GenomeBundle:
    training = dataclasses.replace(TRAINING, outgroup_diploids=Range(4, outgroup), target_diploids=Range(5, target))
    return dataclasses.replace(bundle, training=training)


def test_data_are_read_as_the_networks_were_trained() -> None:
    choice, parameters = with_sizes(choice_bundle(), 8, 14), with_sizes(parameters_bundle(), 9, 12)
    segments = segments_bundle(
        dataclasses.replace(TRAINING, outgroup_diploids=Range(5, 20), target_diploids=Range(5, 20))
    )
    model = Model(Path("m"), segments, choice, parameters, "")  # type: ignore[arg-type]
    plan = model.plan
    assert (plan.bin_bp, plan.region_length_bp, plan.target_diploids) == (10_000, 200_000, Range(5, 20))
    assert plan.most_diploids == (8, 12), "the least of either role"
    assert plan.population_diploids == (20, 20), "those of the segment network, whatever else is in the folder"
    assert plan.summary is PLAIN
    assert [bundle.task for bundle in model.bundles] == ["segments", "model-choice", "parameters"]


def test_segments_are_called_at_a_threshold_or_a_rate() -> None:
    model = Model(Path("m"), segments_bundle(), None, None, "")
    assert model.threshold(None, None) == (0.6, 0.15)
    assert model.threshold(0.05, None) == (0.9, 0.05)
    assert model.threshold(None, 0.3) == (0.3, None)
    with pytest.raises(ConfigError, match="give one of them"):
        model.threshold(0.05, 0.3)
    with pytest.raises(ConfigError, match=r"has thresholds for 0\.05, 0\.15"):
        model.threshold(0.1, None)


def test_every_network_is_held_against_the_data() -> None:
    offer = Offer.of_this_version(TRAINING.ancestral, 10_000, 200_000, PLAIN)
    model = Model(Path("m"), segments_bundle(), choice_bundle(), parameters_bundle(), "")
    model.check(offer)
    for place, bundle in (("segments", model.segments), ("choice", model.choice), ("parameters", model.parameters)):
        assert bundle is not None
        other = dataclasses.replace(bundle, training=dataclasses.replace(bundle.training, bin_bp=5_000))
        with pytest.raises(ModelError, match=f"^m/{bundle.task}: trained with bin_bp 5000"):
            dataclasses.replace(model, **{place: other}).check(offer)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> VcfData:
    """600 kb of alleles that are drawn at random, for the sizes of `TRAINING`."""
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(1)
    names = [f"{population}{number}" for population in "ot" for number in range(5)]
    table = folder / "table.tsv"
    table.write_text("sample\tpopulation\n" + "".join(f"{name}\t{name[0]}\n" for name in names))
    rows = ["##fileformat=VCFv4.2", "##contig=<ID=1,length=600000>"]
    rows.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(names))
    for position in range(500, 600_000, 1000):
        alleles = rng.choice(["0", "1"], (len(names), 2), p=[0.7, 0.3])
        rows.append(f"1\t{position}\t.\tA\tG\t.\t.\t.\tGT\t" + "\t".join("|".join(pair) for pair in alleles))
    vcf = folder / "x.vcf"
    vcf.write_text("\n".join(rows) + "\n")
    return open_vcf(vcf, populations=table, outgroup=["o"], target=["t"])


def test_posteriors_are_those_given_all_contigs_of_the_file(data: VcfData, tmp_path: Path) -> None:
    """600 kb tell of their bins where a region of training has 200 kb, and not where it has 700 kb."""
    by_file = FileCalibration(
        (-0.3,) * 4, (0.1,) * 4, 0.5, (0.1, 0.2, 0.3, 0.4), 1.5, 1.25, 0.75, (0.1, 0, 0, 0.1), 0.4
    )
    for length_bp in (200_000, 700_000):
        alone = segments_bundle(dataclasses.replace(TRAINING, region_length_bp=length_bp))
        calibrated = dataclasses.replace(alone, file_calibration=by_file)
        first, second = (Model(tmp_path, each, None, None, "").apply(data) for each in (alone, calibrated))
        posterior = first.calls[0].posterior
        spread = posterior_spread([posterior]) if length_bp == 200_000 else UNKNOWN
        expected = by_file.calibrated(posterior, spread)
        np.testing.assert_array_equal(second.calls[0].posterior, expected)
        is_called = expected >= second.settings.threshold
        covered_bp = (second.segments["end"] - second.segments["start"]).sum()
        assert covered_bp == 10_000 * is_called.sum() != 10_000 * (posterior >= second.settings.threshold).sum()


def test_the_posteriors_of_all_contigs_together_tell_of_each() -> None:
    rng = np.random.default_rng(1)
    by_file = FileCalibration(
        (-0.3,) * 4, (0.1,) * 4, 0.5, (0.1, 0.2, 0.3, 0.4), 1.5, 1.25, 0.75, (0.1, 0, 0, 0.1), 0.4
    )
    bundle = dataclasses.replace(segments_bundle(), file_calibration=by_file)
    high, low = rng.uniform(0.5, 1, (4, 30)).astype(np.float32), rng.uniform(0, 0.5, (4, 50)).astype(np.float32)
    nothing = np.full((4, 3), np.nan, dtype=np.float32)
    spread = posterior_spread([high, low])
    for population, expected_spread in ((np.zeros(2, np.float32), spread), (np.full(2, np.nan, np.float32), UNKNOWN)):
        given = bundle.given_file([high, nothing, low], population)
        for posterior, expected in zip(given, (high, nothing, low), strict=True):
            np.testing.assert_array_equal(posterior, by_file.calibrated(expected, expected_spread))
    known = np.zeros(2, np.float32)
    assert not np.array_equal(bundle.given_file([high], known)[0], bundle.given_file([high, nothing, low], known)[0])
    # Half of the 60 bins of three regions.
    expected = by_file.calibrated(high, posterior_spread([high]), 0.5)
    np.testing.assert_array_equal(bundle.given_file([high], known)[0], expected)


def test_calls_hang_on_what_the_file_as_a_whole_is_like_if_it_has_enough_sequence(
    data: VcfData, tmp_path: Path
) -> None:
    posteriors, is_told = {}, {}
    for length_bp in (200_000, 700_000):  # the data have 600 kb
        bundle = segments_bundle(dataclasses.replace(TRAINING, region_length_bp=length_bp))
        bundle_files.save(bundle, tmp_path / str(length_bp) / "segments")
        model = load_model(tmp_path / str(length_bp))
        answer = model.apply(data)
        posteriors[length_bp] = answer.calls[0].posterior
        is_told[length_bp] = Code.POPULATIONS_UNKNOWN in {finding.code for finding in answer.findings}
    assert is_told == {200_000: False, 700_000: True}
    source, plan = data.source.unread(), load_model(tmp_path / "200000").plan
    (interval,) = source.contigs()
    together = file_population.mean_population([reading.contig_population(source, interval, plan)], 200_000)
    assert np.isfinite(together).all()
    statistics, unknown = reading.contig_statistics(source, interval, plan), np.full_like(together, np.nan)
    for length_bp, population in ((200_000, together), (700_000, unknown)):
        expected = calling.call_contig(segments_bundle(), statistics, population).posterior
        np.testing.assert_allclose(posteriors[length_bp], expected, atol=1e-6)
    assert not np.allclose(posteriors[200_000], posteriors[700_000], atol=1e-3, equal_nan=True)


def with_references(folder: Path, distance: float) -> Model:
    """A model whose held-out regions lay that far from the mean of its training, which was 0 of everything."""
    bundle = segments_bundle()
    novelty = RegionNovelty(2 * len(STATISTICS), 500)
    novelty.precision.copy_(torch.eye(len(novelty.mean), dtype=torch.float64))
    novelty.distances.fill_(distance)
    bundle.network.novelty = novelty
    bundle = dataclasses.replace(bundle, architecture={**bundle.architecture, "references": 500})
    bundle_files.save(bundle, folder / "segments")
    return load_model(folder)


def test_segments_of_data_unlike_all_training_are_withheld_unless_forced(data: VcfData, tmp_path: Path) -> None:
    like, unlike = with_references(tmp_path / "like", 1e9), with_references(tmp_path / "unlike", 0.0)
    usual = like.apply(data, threshold=0.2)
    assert len(usual.segments) > 0
    assert Code.SEGMENTS_UNLIKE not in {finding.code for finding in usual.findings}
    withheld = unlike.apply(data, threshold=0.2)
    assert len(withheld.segments) == 0
    assert all(np.isnan(contig.posterior).all() for contig in withheld.calls)
    (finding,) = [finding for finding in withheld.findings if finding.code == Code.SEGMENTS_UNLIKE]
    assert finding.severity is Severity.WITHHELD
    forced = unlike.apply(data, threshold=0.2, force=True)
    assert forced.segments.equals(usual.segments)
    (finding,) = [finding for finding in forced.findings if finding.code == Code.SEGMENTS_UNLIKE]
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("most", [1.0, 1e-6])
def test_more_called_than_of_any_genome_of_training_is_told(data: VcfData, tmp_path: Path, most: float) -> None:
    bundle = dataclasses.replace(segments_bundle(), thresholds={0.15: 0.2}, highest_called_share=most)
    bundle_files.save(bundle, tmp_path / "segments")
    answer = load_model(tmp_path).apply(data)
    share = calling.called_share(answer.calls, 0.2)
    texts = [finding.text for finding in answer.findings if finding.code is Code.MUCH_CALLED]
    assert len(answer.segments) > 0
    assert len(texts) == (share > most)
    assert all(text.startswith(f"{share:.1%} of the sequence is called") for text in texts)
    training = dataclasses.replace(bundle.training, region_length_bp=700_000)
    bundle_files.save(dataclasses.replace(bundle, training=training), tmp_path / "locus" / "segments")
    of_a_locus = load_model(tmp_path / "locus").apply(data)
    assert Code.MUCH_CALLED not in {finding.code for finding in of_a_locus.findings}, "a locus may be a tract"


def test_what_is_withheld_is_in_no_file_and_the_page_says_so(data: VcfData, tmp_path: Path) -> None:
    answer = with_references(tmp_path / "model", 0.0).apply(data, threshold=0.2)
    assert answer.are_segments_withheld
    assert "segments withheld" in repr(answer)
    calls, page = tmp_path / "calls", tmp_path / "page.html"
    answer.write(calls)
    assert (calls / "posterior.bedgraph").read_text() == "track type=bedGraph name=ghost\n"
    status = pd.read_csv(calls / "bin_status.tsv", sep="\t")["status"]
    assert set(status) == {"withheld"}
    per_sample = pd.read_csv(calls / "per_sample.tsv", sep="\t")
    assert (per_sample[["called_bp", "callable_bp"]] == 0).all(axis=None)
    assert per_sample["fraction"].isna().all()
    assert run("report", "--calls", calls, "--model", tmp_path / "model", "--output", page) == 0
    text = page.read_text()
    assert "Segments are withheld" in text
    assert "No segment was called" not in text
