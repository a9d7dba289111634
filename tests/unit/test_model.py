"""Models: which networks belong together, how data are read for them, and what they are asked with."""

import dataclasses
from pathlib import Path

import pytest
from untrained import TRAINING, choice_bundle, parameters_bundle, segments_bundle

from introghost.errors import ConfigError, ModelError
from introghost.inference import bundle_files
from introghost.inference.bundles import GenomeBundle
from introghost.inference.fields import Range
from introghost.inference.offers import Offer
from introghost.model import Model, load_model
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
    model = Model(Path("m"), segments_bundle(), choice, parameters, "")  # type: ignore[arg-type]
    plan = model.plan
    assert (plan.bin_bp, plan.region_length_bp, plan.target_diploids) == (10_000, 200_000, Range(5, 5))
    assert plan.most_diploids == (8, 12), "the least of either role"
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
