"""Several files as one: the same is read as of one file with all contigs, and files that do not fit are refused."""

from pathlib import Path

import pysam
import pysam.bcftools
import pytest

from introghost.data import open_vcf
from introghost.errors import ConfigError, DataError
from introghost.findings import Code
from introghost.variants.allele_counts import allele_counts
from introghost.variants.checks import inspect
from introghost.variants.files import as_paths, by_role, open_files
from introghost.variants.source import VcfSource, open_source
from introghost.variants.tally import Flaw, tally
from introghost.variants.trial import Request

SAMPLES = ("t1", "o1", "x", "o2")
# Genotypes of t1, o1, x and o2.
RECORDS = """1 11 . A G . . AA=A GT:PS 0|1:5 0|0:5 1|1:5 0|0:5
1 12 . A G . . AA=G GT:PS 0|1:5 1|1:5 1|1:5 1|0:5
1 13 . A AT . . AA=A GT:PS 0|1:5 0|0:5 0|0:5 0|0:5
2 21 . C T . q10 AA=C GT:PS 1|0:5 0|1:5 0|0:5 0|0:5
2 30021 . C T . . AA=C GT:PS 0|0:5 .|1:6 0|1:5 0|0:5
2 45021 . C T . . AA=C GT:PS 0|0:5 1|0:7 0|1:5 0|1:5
3 31 . G T . . AA=G GT:PS 1|1:5 0|0:5 1|0:5 1|0:5
"""
LENGTHS = {"1": 50_000, "2": 60_000, "3": 70_000}
KINDS = ["vcf", "indexed", "bcf", "zarr"]


def header(lengths: dict[str, int], samples: tuple[str, ...], more: str = "") -> str:
    contigs = "".join(f"##contig=<ID={name},length={length}>\n" for name, length in lengths.items())
    return (
        f"##fileformat=VCFv4.3\n{contigs}"
        '##FILTER=<ID=q10,Description="Quality">\n'
        '##INFO=<ID=AA,Number=1,Type=String,Description="Ancestral allele">\n'
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        f'##FORMAT=<ID=PS,Number=1,Type=Integer,Description="Phase set">\n{more}'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(samples) + "\n"
    )


def write(
    path: Path,
    contigs: str,
    samples: tuple[str, ...] = SAMPLES,
    lengths: dict[str, int] | None = None,
    kind: str = "vcf",
    records: str = RECORDS,
) -> Path:
    """A file with some contigs of `RECORDS`, its samples in this order; a sample that is not in them is t1 again."""
    rows = []
    for line in records.splitlines():
        fields = line.split(" ")
        if fields[0] in contigs.split(","):
            genotypes = dict(zip(SAMPLES, fields[9:], strict=True))
            rows.append("\t".join([*fields[:9], *(genotypes.get(name, fields[9]) for name in samples)]) + "\n")
    plain = path.with_suffix(".vcf")
    plain.write_text(header(LENGTHS if lengths is None else lengths, samples) + "".join(rows))
    if kind == "vcf":
        return plain
    if kind == "bcf":
        binary = path.with_suffix(".bcf")
        pysam.bcftools.view("-Ob", "-o", str(binary), str(plain), catch_stdout=False)
        return binary
    packed = path.with_suffix(".vcf.gz")
    pysam.tabix_compress(str(plain), str(packed), force=True)
    pysam.tabix_index(str(packed), preset="vcf", force=True)
    if kind == "indexed":
        return packed
    store = path.with_suffix(".vcz")
    pytest.importorskip("bio2zarr.vcf").convert([packed], store, variants_chunk_size=2, samples_chunk_size=3)
    return store


def opened(vcf: Path | list[Path], **options: object) -> VcfSource:
    first = vcf if isinstance(vcf, Path) else vcf[0]
    table = first.parent / "p.tsv"
    table.write_text(str(options.pop("table", "t1\tT\no1\tO\nx\tX\no2\tO\n")))
    return open_source(vcf, table, ["O"], ["T"], **{"ancestral": "outgroup-major", **options})  # type: ignore[arg-type]


def contents(source: VcfSource) -> tuple[object, ...]:
    """All that can be read of a source, and what is counted and told after it."""
    read = []
    for contig, start, end in source.contigs():
        haplotypes = source.read(contig, start, end)
        names = list(zip(haplotypes.sample_names, haplotypes.roles.tolist(), strict=True))
        read.append(
            (
                (contig, start, end, names),
                haplotypes.positions_bp.tolist(),
                haplotypes.genotypes.tolist(),
                haplotypes.callable_bp.tolist(),
            )
        )
    return read, source.counts.to_json(), vars(source.counts.genotypes), source.findings()


@pytest.mark.parametrize("ancestral", ["outgroup-major", "info-aa"])
@pytest.mark.parametrize("kinds", [[kind] * 3 for kind in KINDS] + [["vcf", "bcf", "zarr"], ["zarr", "indexed", "vcf"]])
def test_files_of_any_kinds_are_read_as_one_file(tmp_path: Path, kinds: list[str], ancestral: str) -> None:
    orders = (SAMPLES, ("o1", "x", "o2", "t1"), ("x", "t1", "o2", "y", "o1"))
    parts = [
        write(tmp_path / f"part{contig}", contig, order, kind=kind)
        for contig, order, kind in zip("123", orders, kinds, strict=True)
    ]
    whole = write(tmp_path / "whole", "1,2,3")
    several, one = (contents(opened(vcf, ancestral=ancestral)) for vcf in (parts, whole))
    assert several == one
    read, counts, genotypes, findings = several
    assert [positions for _, positions, _, _ in read] == [[10, 11], [20, 30_020, 45_020], [30]]  # type: ignore
    assert counts["records"] == 7  # type: ignore[index]
    assert genotypes["half_missing"] == 1  # type: ignore[index]
    phase = next(finding.text for finding in findings if finding.code is Code.PHASE_SETS)  # type: ignore[attr-defined]
    assert "in 1 of 3 samples (o1), with up to 2 sets" in phase
    of_all = [tally(vcf).phase_sets.finding() for vcf in (parts, whole)]
    assert of_all[0] == of_all[1]
    assert "in 1 of 4 samples (o1), with up to 2 sets" in of_all[0].text  # type: ignore[union-attr]


def test_contigs_follow_the_order_of_the_files(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", "3", kind="indexed"), write(tmp_path / "b", "1,2")]
    assert [name for name, _, _ in opened(parts).contigs()] == ["3", "1", "2"]
    assert [name for name, _, _ in opened(parts[::-1]).contigs()] == ["1", "2", "3"]
    assert [counts.contig for counts in allele_counts(parts)] == ["3", "1", "2"]
    assert list(tally(parts).contigs) == ["3", "1", "2"]


def test_the_first_file_gives_the_order_of_the_samples(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", "3", ("o2", "t1", "x", "o1")), write(tmp_path / "b", "1,2")]
    assert opened(parts).roles.names == ("o2", "t1", "o1")
    assert opened(parts[::-1]).roles.names == ("t1", "o1", "o2")
    assert open_files(parts).samples == ["o2", "t1", "x", "o1"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("region", ["2", "2:1-40,000"])
def test_a_region_is_read_from_the_file_that_has_it(tmp_path: Path, kind: str, region: str) -> None:
    parts = [write(tmp_path / "a", "1,3", kind=kind), write(tmp_path / "b", "2", ("o2", "x", "o1", "t1"), kind=kind)]
    whole = write(tmp_path / "whole", "1,2,3", kind=kind)
    several, one = (contents(opened(vcf, region=region)) for vcf in (parts, whole))
    assert several == one
    assert [place[0] for place, _, _, _ in several[0]] == ["2"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["vcf", "indexed"])
@pytest.mark.parametrize("region", ["4", "4:1-40,000"])
def test_a_region_of_no_file_is_refused_with_the_contigs_that_there_are(tmp_path: Path, kind: str, region: str) -> None:
    lengths = {**LENGTHS, "4": 80_000}
    parts = [write(tmp_path / name, contig, lengths=lengths, kind=kind) for name, contig in (("a", "3"), ("b", "1"))]
    with pytest.raises(DataError, match=r"contig '4' has no records; contigs with records: 3, 1$"):
        opened(parts, region=region).contigs()
    with pytest.raises(DataError, match=r"no contig '5' in the VCF; it has 1, 2, 3, 4$"):
        opened(parts, region=region.replace("4", "5", 1))


def test_individuals_that_a_file_lacks_are_named(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", "1"), write(tmp_path / "b", "2", ("o1", "x"))]
    for files in (parts, parts[::-1]):
        with pytest.raises(DataError) as raised:
            opened(files)
        assert str(raised.value) == (
            f"{parts[1]}: 2 of 3 individuals of outgroup and target are not in this file, but in others: t1, o2; every "
            "file must have them all: add them, or take them out of the populations table"
        )


def test_individuals_without_a_role_may_be_in_some_files_only(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", "1", ("t1", "o1", "y", "o2")), write(tmp_path / "b", "2,3")]
    assert opened(parts).roles.names == ("t1", "o1", "o2")
    assert open_files(parts).samples == ["t1", "o1", "o2"]
    table = inspect(Request(parts, bin_bp=5_000)).table
    rows = {(section, item): value for section, item, value in table.itertuples(index=False, name=None)}
    assert rows["samples", "all"] == "3"
    assert rows["samples", "not in every file, left out"] == "2: x, y"


def test_individuals_that_no_file_has_are_a_warning_as_of_one_file(tmp_path: Path) -> None:
    table = "t1\tT\no1\tO\nx\tX\no2\tO\no3\tO\n"
    parts = [write(tmp_path / "a", "1"), write(tmp_path / "b", "2,3")]
    whole = write(tmp_path / "whole", "1,2,3")
    several, one = (opened(vcf, table=table).input_findings() for vcf in (parts, whole))
    assert several == one
    assert [finding.code for finding in several] == [Code.SAMPLES_ABSENT]


@pytest.mark.parametrize("kind", KINDS)
def test_a_contig_in_two_files_is_refused_and_both_are_named(tmp_path: Path, kind: str) -> None:
    parts = [write(tmp_path / "a", "1,2", kind=kind), write(tmp_path / "b", "2,3", kind=kind)]
    text = f"{parts[1]}: contig 2 has records here and in {parts[0]}; give all records of a contig in one file"
    for reader in (lambda: opened(parts).contigs(), lambda: tally(parts)):
        with pytest.raises(DataError) as raised:
            reader()
        assert str(raised.value).startswith(text)


def test_a_contig_in_two_files_is_refused_whichever_way_it_is_written(tmp_path: Path) -> None:
    records = RECORDS.replace("\n2 ", "\nchr2 ")
    first = write(tmp_path / "a", "1,2")
    second = write(tmp_path / "b", "chr2", lengths={"chr2": 60_000}, records=records)
    with pytest.raises(DataError, match=f"^{second}: contig chr2 has records here and in {first} \\(as 2\\);"):
        opened([first, second]).contigs()


@pytest.mark.parametrize("kind", ["vcf", "indexed", "bcf"])
def test_a_file_without_a_record_is_refused_unless_a_region_of_another_is_read(tmp_path: Path, kind: str) -> None:
    parts = [write(tmp_path / "a", "1"), write(tmp_path / "empty", "none", kind=kind), write(tmp_path / "b", "2,3")]
    for reader in (lambda: opened(parts).contigs(), lambda: tally(parts), lambda: allele_counts(parts)):
        with pytest.raises(DataError) as raised:
            reader()
        assert str(raised.value) == f"{parts[1]}: no record in this file; leave it out or write it again"
    assert opened(parts, region="2").contigs() == [("2", 0, 50_000)]
    assert tally(parts, ("2", 0, None)).scan.file_records == [0, 0, 3]


def test_lengths_that_disagree_are_refused(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", "1"), write(tmp_path / "b", "2", lengths={"2": 61_000})
    with pytest.raises(DataError) as raised:
        opened([first, second])
    assert str(raised.value) == (
        f"{second}: contig 2 has 61,000 bp in the header, but 60,000 bp in that of {first}; are they of two builds of "
        "the reference? give files of one"
    )


def test_files_of_two_builds_are_refused_though_no_contig_is_in_both(tmp_path: Path) -> None:
    first = write(tmp_path / "a", "1", lengths={"1": 249_250_621})
    second = write(tmp_path / "b", "2", lengths={"2": 242_193_529})
    with pytest.raises(DataError) as raised:
        opened([first, second])
    assert str(raised.value) == (
        f"{first} is of GRCh37, {second} of GRCh38, by the lengths of contigs; give files of one build"
    )


def test_every_file_must_have_the_ancestral_alleles_that_are_asked_for(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", "1"), write(tmp_path / "b", "2,3")]
    parts[1].write_text("".join(line for line in parts[1].read_text().splitlines(True) if "ID=AA" not in line))
    with pytest.raises(DataError, match=f"^{parts[1]}: the header declares no INFO/AA"):
        opened(parts, ancestral="info-aa")
    assert opened(parts).contigs()


@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_genotype_is_that_of_the_right_sample_and_file(tmp_path: Path, kind: str) -> None:
    records = RECORDS.replace("2 21 . C T . q10 AA=C GT:PS 1|0:5", "2 21 . C T . q10 AA=C GT:PS 1/0:5")
    parts = [
        write(tmp_path / "a", "1"),
        write(tmp_path / "b", "2", ("o2", "x", "o1", "t1"), kind=kind, records=records),
    ]
    source = opened(parts)
    with pytest.raises(DataError, match=f"^{parts[1]}: 2:21: sample t1 has an unphased heterozygote"):
        [source.read(*contig) for contig in source.contigs()]
    counted = tally(parts)
    assert dict(zip(counted.samples, counted.genotypes[Flaw.UNPHASED].tolist(), strict=True)) == {
        **dict.fromkeys(SAMPLES, 0),
        "t1": 1,
    }


def test_paths(tmp_path: Path) -> None:
    assert by_role("a.vcf") == by_role([Path("a.vcf")]) == {"vcf": Path("a.vcf")}
    assert by_role(["a.vcf", "b.bcf"]) == {"vcf 0": Path("a.vcf"), "vcf 1": Path("b.bcf")}
    with pytest.raises(ConfigError, match=r"^a\.vcf: this VCF is given 2 times; give each file once"):
        as_paths(["a.vcf", "b.vcf", "./a.vcf"])
    with pytest.raises(ConfigError, match="no VCF is given"):
        as_paths([])


def test_files_without_a_common_individual_are_refused(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", "1"), write(tmp_path / "b", "2", ("p", "q"))]
    with pytest.raises(DataError, match="these files have no individual in common"):
        tally(parts)


def test_files_in_python(tmp_path: Path) -> None:
    parts = [write(tmp_path / "a", "1"), write(tmp_path / "b", "2,3")]
    (tmp_path / "p.tsv").write_text("t1\tT\no1\tO\no2\tO\n")
    given = {"populations": tmp_path / "p.tsv", "outgroup": "O", "target": "T"}
    several = open_vcf([str(part) for part in parts], **given)  # type: ignore[arg-type]
    assert repr(several) == "<VcfData a.vcf, b.vcf: 2 outgroup and 1 target individuals>"
    assert list(several.files) == ["vcf 0", "vcf 1", "populations"]
    assert [name for name, _, _ in several.source.contigs()] == ["1", "2", "3"]
    one = open_vcf(parts[0], **given)  # type: ignore[arg-type]
    assert one.files["vcf"] == parts[0]


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    parts = [write(tmp_path / "a", "1"), write(tmp_path / "2" / "a", "2")]
    assert open_files(parts).names == tuple(map(str, parts))
    assert open_files(parts[:1]).names == ("a.vcf",)
