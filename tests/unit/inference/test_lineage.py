"""Which statistics a network has seen, by what provenance says of it and of the networks before it."""

from pathlib import Path

from introghost.inference import lineage

A, B, C, OTHER = (letter * 64 for letter in "abce")
RECORD = {
    "inputs": {
        "statistics 0": {"name": "x.zarr.zip", "sha256": A},
        "statistics 1": {"name": "y.zarr.zip", "sha256": B},
        "priors.yaml": {"name": "priors.yaml", "sha256": OTHER},
    },
    "options": {"from": {"name": "human", "sha256": OTHER, "statistics": [C]}},
}


def test_it_has_seen_its_own_statistics_and_those_of_the_networks_before_it() -> None:
    assert lineage.training_digests(RECORD) == [A, B]
    assert lineage.seen_digests(RECORD) == {A, B, C}


def test_a_network_that_was_begun_from_nothing_has_seen_its_own() -> None:
    assert lineage.seen_digests(RECORD | {"options": {"from": None}}) == {A, B}
    assert lineage.seen_digests({}) == set()


def test_the_first_file_that_was_seen_is_told() -> None:
    new, old, older = (Path(name) for name in ("new", "old", "older"))
    assert lineage.first_seen(RECORD, {new: OTHER, old: B, older: C}) == old
    assert lineage.first_seen(RECORD, {older: C}) == older
    assert lineage.first_seen(RECORD, {new: OTHER}) is None
