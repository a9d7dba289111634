"""Which samples are chosen, and what is said where the table and the VCF spell them otherwise."""

from pathlib import Path

import pytest

from introghost.errors import DataError
from introghost.findings import Code, Severity
from introghost.variants.samples import SampleRoles, select_samples

TABLE = {"o1": "O", "o2": "O", "o3": "O", "t1": "T", "t2": "T", "x1": "X"}


def select(vcf_samples: list[str], table: dict[str, str] | None = None) -> SampleRoles:
    return select_samples(Path("p.tsv"), table or TABLE, vcf_samples, ["O"], ["T"])


def test_samples_in_the_order_of_the_vcf() -> None:
    roles = select(["t2", "y", "o3", "o1", "x1", "t1", "o2"])
    assert roles.names == ("t2", "o3", "o1", "t1", "o2")
    assert roles.roles.tolist() == [1, 0, 0, 1, 0]
    assert roles.findings == ()


def test_samples_that_the_vcf_lacks_are_told() -> None:
    roles = select(["o2", "t1", "t2"])
    assert roles.names == ("o2", "t1", "t2")
    (finding,) = roles.findings
    assert (finding.code, finding.severity) == (Code.SAMPLES_ABSENT, Severity.WARNING)
    assert finding.text.startswith("2 of 5 samples of the chosen populations are not in the VCF: o1, o3;")


def test_a_population_without_a_sample_in_the_vcf_is_refused() -> None:
    with pytest.raises(DataError, match=r"2 of 5 samples are not in the VCF, among them all of T: .*t1, t2"):
        select(["o1", "o2", "o3"])


@pytest.mark.parametrize(
    ("spelt", "example"),
    [
        ("0_{}", r"o1 in the table may be 0_o1 in the VCF: FID_IID"),
        ("{0}_{0}", r"o1 in the table may be o1_o1 in the VCF: FID_IID"),
        ("a_b_{}", r"o1 in the table may be a_b_o1 in the VCF: FID_IID"),
        ("{}_run2", r"o1 in the table may be o1_run2 in the VCF: with something after '_'"),
        ("00{}", r"o1 in the table may be 00o1 in the VCF: with zeros before it"),
        ("{}.merged", r"o1 in the table may be o1\.merged in the VCF: with something after '\.'"),
        ("/data/{}.bam", r"o1 in the table may be /data/o1\.bam in the VCF: a path"),
    ],
)
def test_both_spellings_are_shown(spelt: str, example: str) -> None:
    names = [spelt.format(name) for name in TABLE]
    with pytest.raises(DataError, match=rf"5 of 5 samples are not in the VCF.* the VCF has .*{names[0]}.*{example}"):
        select(names)
    with pytest.raises(DataError, match=r"5 of 5 samples are not in the VCF"):
        select(list(TABLE), {spelt.format(name): population for name, population in TABLE.items()})


def test_case_and_names_that_have_nothing_in_common() -> None:
    with pytest.raises(DataError, match="o1 in the table may be O1 in the VCF: in other case"):
        select([name.upper() for name in TABLE])
    with pytest.raises(DataError, match=r"as the VCF has them$"):
        select(["HG_1", "HG_2", "HG_3"])
