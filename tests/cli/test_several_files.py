"""A genome whose chromosomes lie in several files: every verb says of them what it says of one file with all."""

import json
import os
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest
import yaml
from bad_inputs import Inputs
from untrained import choice_bundle, segments_bundle
from verbs import run

from introghost import provenance
from introghost.inference import bundle_files
from introghost.statistics.table import Statistics

DEMO = Path(__file__).parents[2] / "config" / "demo"
ROLES = ("--outgroup", "Outgroup", "--target", "Target")
Row = tuple[str, ...]


def cut(vcf: Path, contig: str, plain: Path, order: slice) -> Path:
    """The records of one contig, with the samples in another order and no other contig in the header."""
    rows = []
    for line in vcf.read_text().splitlines():
        fields = line.split("\t")
        if line.startswith("##"):
            rows += [line] if "##contig" not in line or f"ID={contig}," in line else []
        elif fields[0] in ("#CHROM", contig):
            rows.append("\t".join([*fields[:9], *fields[9:][order]]))
    plain.write_text("\n".join(rows) + "\n")
    return plain


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One VCF of three contigs, and a bgzipped and indexed VCF, a BCF and a VCF Zarr store of one contig each."""
    convert = pytest.importorskip("bio2zarr.vcf").convert
    folder = tmp_path_factory.mktemp("several")
    sizes = ("--regions", 3, "--region-length-bp", 200_000, "--outgroup-diploids", 5, "--target-diploids", 5)
    assert run("simulate", "--scenario", DEMO, "--genomes", 1, *sizes, "--output", folder / "x.trees") == 0
    written = ("--output", folder / "x.vcf", "--populations-output", folder / "x.tsv")
    assert run("vcf", "write", "--trees", folder / "x.trees", *written) == 0
    orders = (slice(None), slice(None, None, -1), slice(None))
    parts = [cut(folder / "x.vcf", c, folder / f"c{c}.vcf", o) for c, o in zip("123", orders, strict=True)]
    pysam.tabix_compress(str(parts[0]), str(folder / "c1.vcf.gz"))
    pysam.tabix_index(str(folder / "c1.vcf.gz"), preset="vcf")
    pysam.bcftools.view("-Ob", "-o", str(folder / "c2.bcf"), str(parts[1]), catch_stdout=False)
    pysam.tabix_compress(str(parts[2]), str(folder / "c3.vcf.gz"))
    pysam.tabix_index(str(folder / "c3.vcf.gz"), preset="vcf")
    convert([folder / "c3.vcf.gz"], folder / "c3.vcz")
    for bundle in (segments_bundle(), choice_bundle()):
        bundle_files.save(bundle, folder / "model" / bundle.task)
    return folder


def one(data: Path) -> list[object]:
    return ["--vcf", data / "x.vcf", "--populations", data / "x.tsv", *ROLES]


def several(data: Path) -> list[object]:
    files = [word for name in ("c1.vcf.gz", "c2.bcf", "c3.vcz") for word in ("--vcf", data / name)]
    return [*files, "--populations", data / "x.tsv", *ROLES]


def test_apply_answers_as_for_one_file(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, given in (("one", one(data)), ("several", several(data))):
        assert run("apply", "--model", data / "model", *given, "--output", tmp_path / name) == 0, capsys.readouterr()
    written = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert {"segments.bed", "bins.tsv.gz", "model_choice.json"} <= set(written)
    assert sorted(path.name for path in (tmp_path / "several").iterdir()) == written
    for name in set(written) - {provenance.COMPLETE}:
        assert (tmp_path / "several" / name).read_bytes() == (tmp_path / "one" / name).read_bytes(), name
    records = [json.loads((tmp_path / name / provenance.COMPLETE).read_text()) for name in ("one", "several")]
    inputs = [record.pop("inputs") for record in records]
    assert records[0] == records[1]
    assert records[0]["kept_sites"] > 1000
    assert inputs[0].pop("vcf") == {"name": "x.vcf", "sha256": provenance.sha256(data / "x.vcf")}
    for number, name in enumerate(("c1.vcf.gz", "c2.bcf", "c3.vcz")):
        assert inputs[1].pop(f"vcf {number}") == {"name": name, "sha256": provenance.sha256(data / name)}
    assert inputs[0] == inputs[1]


def test_statistics_are_those_of_one_file(data: Path, tmp_path: Path) -> None:
    options = ("--ancestral", "info-aa", "--region-length-bp", 100_000)
    for name, given in (("one", one(data)), ("several", several(data))):
        assert run("statistics", *given, *options, "--output", tmp_path / f"{name}.zarr.zip") == 0
    first, second = (Statistics.read(tmp_path / f"{name}.zarr.zip").dataset for name in ("one", "several"))
    records = [json.loads(dataset.attrs.pop("provenance")) for dataset in (first, second)]
    inputs = [record.pop("inputs") for record in records]
    assert first.identical(second)
    assert first.sizes["region"] == 6
    assert records[0] == records[1]
    assert set(inputs[1]) == {"vcf 0", "vcf 1", "vcf 2", "populations"}


def test_what_is_observed_is_that_of_one_file(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = tmp_path / "few.tsv"  # the other samples are counted too
    table = (data / "x.tsv").read_text().splitlines()
    few.write_text("\n".join(row for row in table if row not in (table[1], table[-1])) + "\n")
    printed = []
    for name, given in (("one", one(data)), ("several", several(data))):
        assert run("observe", *given[:-6], "--populations", few, *ROLES, "--output", tmp_path / name) == 0
        printed.append(capsys.readouterr().out.replace("c1.vcf.gz, c2.bcf, c3.vcz", "x.vcf"))
    first, second = (yaml.safe_load((tmp_path / name).read_text()) for name in ("one", "several"))
    assert first == second
    assert first["observation"]["outgroup_diploids"] == [3, 5]
    assert printed[0] == printed[1]
    assert "4 individuals of the outgroup in x.vcf" in printed[0]
    head = (tmp_path / "several").read_text().splitlines()
    assert head[0].startswith("# What 3 files show of genomes")
    assert head[2] == f"# {provenance.sha256(data / 'c2.bcf')} c2.bcf"


def checked(capsys: pytest.CaptureFixture[str], *words: object) -> list[Row]:
    capsys.readouterr()
    assert run("vcf", "check", *words) == 0
    return [tuple(line.split("\t")) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("has_roles", [True, False])
@pytest.mark.parametrize("region", [[], ["--region", "2:1-100,000"]])
def test_a_check_shows_the_values_of_one_file(
    data: Path, has_roles: bool, region: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (
        checked(capsys, *given[: None if has_roles else -6], *region, "--ancestral", "info-aa")
        for given in (one(data), several(data))
    )
    of_files = [row[1:] for row in second if row[0] == "files"]
    assert [row for row in second if row[0] != "files"] == [row for row in first if row[:2] != ("file", "index")]
    total = next(int(row[2].replace(",", "")) for row in first if row[:2] == ("file", "records"))
    records = [int(value.replace(",", "")) for item, value in of_files if item.endswith(": records")]
    assert len(records) == 3
    assert sum(records) == total > 100
    assert [number > 0 for number in records] == ([False, True, False] if region else [True] * 3)
    assert ("c1.vcf.gz: index", "yes") in of_files
    assert ("c2.bcf: index", "no: the file is read from end to end") in of_files
    assert ("c2.bcf: contigs with records", "2") in of_files
    assert not [item for item, _ in of_files if item == "c3.vcz: index"]


def test_findings_about_one_file_name_it(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("c1.vcf.gz", "c1.vcf.gz.tbi"):
        (tmp_path / name).write_bytes((data / name).read_bytes())
    os.utime(tmp_path / "c1.vcf.gz.tbi", (0, 0))
    rows = checked(capsys, "--vcf", tmp_path / "c1.vcf.gz", *several(data)[2:])
    (text,) = [row[2] for row in rows if row[:2] == ("remark", "index")]
    assert text.startswith("the index c1.vcf.gz.tbi is older than c1.vcf.gz")


@pytest.mark.parametrize("verb", [["vcf", "check"], ["statistics"], ["observe"], ["apply"]])
def test_a_contig_in_two_files_is_one_line(
    verb: list[str], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--ancestral", "outgroup-major", "--output", tmp_path / "out"]
    assert run(*verb, "--vcf", data / "c2.vcf", *several(data), *options) == 3
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"{data / 'c2.bcf'}: contig 2 has records here and in {data / 'c2.vcf'}" in error


@pytest.mark.parametrize("verb", [["vcf", "check"], ["statistics"], ["observe"], ["apply"], ["init"]])
def test_a_file_without_a_record_is_one_line(
    verb: list[str], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.vcf"
    empty.write_text("".join(row for row in (data / "x.vcf").read_text().splitlines(True) if row.startswith("#")))
    options = ["--ancestral", "outgroup-major", "--output", tmp_path / "out"]
    assert run(*verb, "--vcf", empty, *several(data), *options) == 3
    assert capsys.readouterr().err == f"error: {empty}: no record in this file; leave it out or write it again\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("verb", [["vcf", "check"], ["statistics"], ["observe"], ["apply"]])
def test_no_output_is_written_over_any_of_the_files(
    verb: list[str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--ancestral", "outgroup-major", "--output", data / "c2.bcf"]
    before = (data / "c2.bcf").read_bytes()
    assert run(*verb, *several(data), *options) == 2
    assert (data / "c2.bcf").read_bytes() == before


def test_the_order_of_samples_of_the_first_file_is_kept(data: Path, tmp_path: Path) -> None:
    files = [word for name in ("c2.bcf", "c1.vcf.gz", "c3.vcz") for word in ("--vcf", data / name)]
    given = [*files, "--populations", data / "x.tsv", *ROLES]
    assert run("statistics", *given, "--ancestral", "info-aa", "--output", tmp_path / "a.zarr.zip") == 0
    assert run("statistics", *one(data), "--ancestral", "info-aa", "--output", tmp_path / "b.zarr.zip") == 0
    first, second = (Statistics.read(tmp_path / name).dataset for name in ("a.zarr.zip", "b.zarr.zip"))
    for number, of_one in enumerate((1, 0, 2)):  # contigs follow the files, and haplotypes the first file
        mine, other = (x["haplotype_statistics"].values for x in (first, second))
        # samples are reversed, the two haplotypes of each are not
        reversed_order = np.arange(mine.shape[1]).reshape(-1, 2)[::-1].ravel()
        np.testing.assert_array_equal(mine[number], other[of_one][reversed_order])


def test_a_region_without_records_in_any_file(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("vcf", "check", *several(data), "--region", "7") == 3
    assert "no contig '7' in the VCF; it has 1, 2, 3" in capsys.readouterr().err


def test_a_cut_file_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    inputs.header[1] = "##contig=<ID=1,length=5000000>"
    for number, row in enumerate(inputs.rows):
        row[1] = str(1 + 15_000 * number)
    inputs.write()
    rows = checked(capsys, *inputs.arguments())
    text = next(row[2] for row in rows if "end long before" in row[2])
    assert "1 at 2,985,001 of 5,000,000 bp; is the file cut short?" in text
    assert not [row for row in checked(capsys, *inputs.arguments(), "--region", "1") if "end long before" in row[2]]
    inputs.header[1] = "##contig=<ID=1,length=3600000>"
    inputs.write()
    assert not [row for row in checked(capsys, *inputs.arguments()) if "end long before" in row[2]]
