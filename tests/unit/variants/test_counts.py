"""What is told of records that are not used."""

from collections import Counter

import pytest

from introghost.findings import Code, Severity
from introghost.variants.counts import DropReason, GenotypeCounts, ReadCounts


def counts(records: int, **dropped: int) -> ReadCounts:
    by_reason = Counter({DropReason[name]: number for name, number in dropped.items()})
    return ReadCounts(records, records - by_reason.total(), by_reason)


def test_nothing_dropped_is_nothing_to_tell() -> None:
    assert counts(100).finding() is None


@pytest.mark.parametrize(
    ("dropped", "severity"),
    [
        ({"MULTIALLELIC": 2}, Severity.REMARK),
        ({"MULTIALLELIC": 49}, Severity.REMARK),
        ({"MULTIALLELIC": 50}, Severity.WARNING),
        ({"MULTIALLELIC": 30, "ANCESTRAL_UNKNOWN": 20}, Severity.WARNING),
        ({"MULTIALLELIC": 5, "MONOMORPHIC": 900}, Severity.WARNING),
        ({"MULTIALLELIC": 4, "MONOMORPHIC": 900}, Severity.REMARK),
        ({"MONOMORPHIC": 900, "NO_ALT": 50, "INDEL": 20, "OUTSIDE_CALLABLE": 30}, Severity.REMARK),
    ],
)
def test_a_warning_only_where_the_share_matters(dropped: dict[str, int], severity: Severity) -> None:
    finding = counts(1000, **dropped).finding()
    assert finding is not None
    assert (finding.code, finding.severity) == (Code.RECORDS_DROPPED, severity)


def test_one_finding_names_all_classes_the_most_frequent_first() -> None:
    finding = counts(1000, MULTIALLELIC=2, MONOMORPHIC=500, INDEL=30).finding()
    assert finding is not None
    assert finding.text == (
        "532 of 1,000 records are not used: 500 that do not vary in the selected samples, 30 indels or several bases "
        "at once, 2 multiallelic"
    )


def test_provenance_has_stable_codes() -> None:
    assert counts(10, NOT_BASES=3, INDEL=3, NO_ALT=1).to_json() == {
        "records": 10,
        "kept_sites": 3,
        "dropped_records": {"indel": 3, "not-bases": 3, "no-alt": 1},
        "sequence_without_records_bp": 0,
    }


def test_every_reason_has_words() -> None:
    for reason in DropReason:
        assert reason.description
        assert reason.remedy
        assert str(reason) == reason.name.lower().replace("_", "-") or reason is DropReason.OUTSIDE_CALLABLE


def test_a_region_without_records_sends_to_the_region() -> None:
    assert str(ReadCounts().nothing_kept("a.vcf", "1")) == (
        "a.vcf: no usable site in 1: it has no record there; check --region"
    )


@pytest.mark.parametrize(("missing", "is_told"), [(0, False), (4, False), (5, True), (30, True)])
def test_missing_genotypes_are_told_where_they_matter(missing: int, is_told: bool) -> None:
    finding = ReadCounts(genotypes=GenotypeCounts(total=100, missing=missing)).missing_finding()
    assert (finding is not None) == is_told
    assert finding is None or finding.text.startswith(f"{missing}% of the genotypes are missing")
