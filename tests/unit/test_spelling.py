"""What may have been meant: initials and beginnings of words, else what is spelt like it."""

import pytest

from introghost.spelling import did_you_mean, suggestion

OPTIONS = ("--false-discovery-rate", "--false-ghost-cost", "--force", "--outgroup", "--output", "--vcf", "-h")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("--fdr", "did you mean '--false-discovery-rate'?"),
        ("--fgc", "did you mean '--false-ghost-cost'?"),
        ("--fa-disc-r", "did you mean '--false-discovery-rate'?"),
        ("--false_discovery_rate", "did you mean '--false-discovery-rate'?"),
        ("--outpt", "did you mean '--output'?"),
        ("--FORCE", "did you mean '--force'?"),
        ("--out", "did you mean '--outgroup' or '--output'?"),
        ("--abc", ""),  # like none of them but for its dashes
    ],
)
def test_of_options(word: str, meant: str) -> None:
    assert did_you_mean(word, OPTIONS) == meant


def test_of_many_three_are_offered() -> None:
    assert did_you_mean("p", [f"p{number}" for number in range(9)]) == "did you mean 'p0' or 'p1' or 'p2'?"


def test_of_names() -> None:
    assert did_you_mean("yri", ["CEU", "YRI"]) == "did you mean 'YRI'?"
    assert did_you_mean("apes/gost", ["ghost", "apes/ghost"]) == "did you mean 'apes/ghost'?"
    assert did_you_mean("gws", ["ghost", "ghost_with_structure"]) == "did you mean 'ghost_with_structure'?"
    assert did_you_mean("ghots", ["ghost", "ghost_with_structure"]) == "did you mean 'ghost'?"


def test_where_nothing_is_near_all_are_named() -> None:
    assert suggestion("x", ["b", "a"]) == "valid: a, b"
    assert suggestion("x", []) == "valid: none"
    assert suggestion("aa", ["ab"]) == "did you mean 'ab'?"
