"""Lengths in words: digits that tell something, whatever the length."""

import pytest

from introghost.sizes import megabases


@pytest.mark.parametrize(
    ("length_bp", "words"),
    [
        (0, "0 Mb"),
        (150, "150 bp"),
        (12_345, "0.0123 Mb"),
        (300_000, "0.3 Mb"),
        (296_849, "0.297 Mb"),
        (2_772_534.9, "2.77 Mb"),
        (999_600_000, "1,000 Mb"),
        (2_875_001_522, "2,880 Mb"),
    ],
)
def test_megabases(length_bp: float, words: str) -> None:
    assert megabases(length_bp) == words
