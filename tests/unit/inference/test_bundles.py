"""What a bundle says of itself, and that data with other inputs than its own are refused by name."""

import dataclasses
from pathlib import Path

import pytest
from untrained import OF_GENOMES, OF_SEGMENTS, TRAINING, choice_bundle, parameters_bundle, segments_bundle

from introghost.errors import ConfigError, ModelError
from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP_MAJOR
from introghost.inference.bundles import Bundle, ChoiceBundle, Task
from introghost.inference.fields import Fields, Range
from introghost.inference.offers import Offer, check_fit
from introghost.statistics.pooled import PLAIN, POOLED
from introghost.statistics.population import POPULATION_STATISTICS

OFFER = Offer.of_this_version(OUTGROUP_MAJOR, 10_000, 200_000, PLAIN)
FOLDER = Path("model")
BUNDLES = [segments_bundle(), choice_bundle(), parameters_bundle()]


def refused(bundle: Bundle, offer: Offer) -> str:
    with pytest.raises(ModelError) as caught:
        check_fit(bundle, offer, FOLDER)
    assert caught.value.exit_code == 4
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: str(bundle.task))
def test_what_this_version_computes_fits(bundle: Bundle) -> None:
    check_fit(bundle, OFFER, FOLDER)


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: str(bundle.task))
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bin_bp": 5_000}, "trained with bin_bp 10000, the data have 5000; make the statistics with --bin-bp 10000"),
        ({"region_length_bp": 400_000}, "region_length_bp 200000, the data have 400000"),
        ({"ancestral": KNOWN_ANCESTRAL}, f"trained with ancestral '{OUTGROUP_MAJOR}', the data have"),
    ],
)
def test_another_size_or_coding_is_refused(bundle: Bundle, change: dict[str, object], words: str) -> None:
    assert words in refused(bundle, dataclasses.replace(OFFER, **change))


@pytest.mark.parametrize("key", ["statistics", "population_statistics"])
def test_the_first_other_statistic_is_named(key: str) -> None:
    names = getattr(OFFER, key)
    for offered, words in (
        (
            (*names[:1], "other", *names[2:]),
            f"{key} number 2 is '{names[1]}' in the bundle and 'other' in this version",
        ),
        (names[:-1], f"{key} number {len(names)} is '{names[-1]}' in the bundle and none in this version"),
        ((*names, "more"), f"{key} number {len(names) + 1} is none in the bundle and 'more' in this version"),
    ):
        assert words in refused(segments_bundle(), dataclasses.replace(OFFER, **{key: offered}))


def test_one_pooled_statistic_of_another_name_is_refused() -> None:
    """As when a quantile is changed in the code: their number is the same."""
    index = next(i for i, name in enumerate(POOLED) if "0.95" in name)
    renamed = [*POOLED]
    renamed[index] = renamed[index].replace("0.95", "0.9")
    offer = dataclasses.replace(OFFER, pooled_statistics=tuple(renamed))
    words = f"inputs number {index + 1} is '{POOLED[index]}' in the bundle and '{renamed[index]}' in this version"
    for bundle in (choice_bundle(), parameters_bundle()):
        assert words in refused(bundle, offer)
    check_fit(segments_bundle(), offer, FOLDER)


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: str(bundle.task))
def test_two_inputs_in_the_other_order_are_refused(bundle: Bundle) -> None:
    names = list(bundle.inputs)
    names[3], names[4] = names[4], names[3]
    message = refused(dataclasses.replace(bundle, inputs=tuple(names)), OFFER)
    assert message.startswith(f"model: inputs number 4 is '{names[3]}' in the bundle and '{names[4]}' in this version")


def test_what_another_segment_network_says_is_refused() -> None:
    for bundle in (choice_bundle(), parameters_bundle()):
        other = dataclasses.replace(bundle, segment_model_digest="0" * 64)
        assert "another segment network" in refused(other, OFFER)
    check_fit(segments_bundle(), dataclasses.replace(OFFER, segment_model_digest="0" * 64), FOLDER)


def test_inputs_are_all_named_and_distinct() -> None:
    assert OFFER.inputs_of(Task.SEGMENTS) == OF_SEGMENTS
    assert OFFER.inputs_of(Task.MODEL_CHOICE) == OFFER.inputs_of(Task.PARAMETERS) == OF_GENOMES
    assert (*POOLED, *POPULATION_STATISTICS, "num_regions") == OF_GENOMES
    for names in (OF_SEGMENTS, OF_GENOMES):
        assert len(set(names)) == len(names)
    assert any("0.95" in name for name in OF_GENOMES), "a quantile's level is part of its name"


def test_thresholds_are_those_of_training() -> None:
    bundle = segments_bundle()
    assert [bundle.threshold(), bundle.threshold(0.15), bundle.threshold(0.05)] == [0.6, 0.6, 0.9]
    with pytest.raises(ConfigError, match=r"false-discovery rate 0\.3: the model has thresholds for 0\.05, 0\.15"):
        bundle.threshold(0.3)


def test_what_scenarios_mean_is_read_from_the_bundle_and_not_from_their_names() -> None:
    meanings = {"neanderthal": True, "ghost_town": False}
    bundle = choice_bundle(meanings)
    again = ChoiceBundle.from_json(Fields(bundle.to_json(), "model.json"), bundle.network)
    assert again.ghost_of_target == meanings
    assert again.scenarios == ("neanderthal", "ghost_town")


def test_numbers_of_individuals_keep_their_roles() -> None:
    training = dataclasses.replace(TRAINING, outgroup_diploids=Range(1, 2), target_diploids=Range(3, 4))
    bundle = segments_bundle(training)
    again = type(bundle).from_json(Fields(bundle.to_json(), "model.json"), bundle.network)
    assert again.training == training
    assert bundle.to_json()["sample_sizes"] == {"outgroup_diploids": [1, 2], "target_diploids": [3, 4]}
