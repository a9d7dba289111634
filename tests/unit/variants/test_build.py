"""Builds are told by the lengths of their chromosomes."""

import pytest

from introghost.variants.build import BUILDS, guess_build


def test_lengths_add_up_to_those_of_the_assemblies() -> None:
    """Sums of the lengths of chromosomes 1-22, X and Y, computed from the assemblies' own tables."""
    totals = {name: sum(lengths.values()) for name, lengths in BUILDS.items()}
    assert totals == {"GRCh37": 3_095_677_412, "GRCh38": 3_088_269_832, "T2T-CHM13v2.0": 3_117_275_501}
    assert all(len(lengths) == 24 for lengths in BUILDS.values())


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("prefix", ["", "chr"])
def test_any_chromosome_tells_the_build(build: str, prefix: str) -> None:
    for name, length in BUILDS[build].items():
        assert guess_build({f"{prefix}{name}": length, "GL000191.1": 106_433}) == build


def test_nothing_is_guessed_from_nothing_or_from_contradictions() -> None:
    assert guess_build({}) is None
    assert guess_build({"GL000191.1": 106_433}) is None
    assert guess_build({"1": 5000}) is None
    assert guess_build({"1": BUILDS["GRCh37"]["1"], "2": BUILDS["GRCh38"]["2"]}) is None
