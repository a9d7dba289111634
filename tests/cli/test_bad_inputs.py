"""Inputs that are damaged, do not fit each other or are merely odd: each its own message and exit code, or accepted."""

import gzip
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from bad_inputs import ALT, CHROM, FORMAT, INFO, LENGTH, POS, REF, ROWS, SAMPLES, Inputs

from introghost.cli import main

CONFIG, DATA, BGZF_END = 2, 3, 28
CASES: list["Case"] = []


@dataclass(frozen=True)
class Case:
    """One way to spoil good inputs, and what must come of it; a `message` of an accepted one is on its table."""

    name: str
    exit_code: int
    message: str
    spoil: Callable[[Inputs], object]


def case(exit_code: int, message: str) -> Callable[[Callable[[Inputs], object]], Callable[[Inputs], object]]:
    def register(spoil: Callable[[Inputs], object]) -> Callable[[Inputs], object]:
        CASES.append(Case(spoil.__name__, exit_code, message, spoil))
        return spoil

    return register


def field(name: str, exit_code: int, message: str, column: int, value: str, row: int = 20) -> None:
    """A case in which one field of one record is other than it should be."""

    def spoil(inputs: Inputs) -> None:
        inputs.set(row, column, value)
        inputs.write(index=False)

    CASES.append(Case(name, exit_code, message, spoil))


def lines(name: str, exit_code: int, message: str, option: str, *text: str) -> None:
    """A case in which a further file, of these lines, is given by an option."""

    def spoil(inputs: Inputs) -> None:
        inputs.write()
        inputs.add(option, f"{option}.txt", text)

    CASES.append(Case(name, exit_code, message, spoil))


def option(name: str, exit_code: int, message: str, **options: str) -> None:
    """A case in which an option has another value."""

    def spoil(inputs: Inputs) -> None:
        inputs.write()
        inputs.options.update({key.replace("_", "-"): value for key, value in options.items()})

    CASES.append(Case(name, exit_code, message, spoil))


# The file as bytes


def cut(inputs: Inputs, find: Callable[[bytes], int]) -> None:
    inputs.lengthen(6000)
    inputs.write()
    whole = inputs.vcf.read_bytes()
    inputs.vcf.write_bytes(whole[: find(whole)])


@case(DATA, "end-of-file block is missing")
def cut_at_a_block_boundary(inputs: Inputs) -> None:
    cut(inputs, lambda whole: 1 + int.from_bytes(whole[16:18], "little"))


@case(DATA, "end-of-file block is missing")
def cut_within_a_block(inputs: Inputs) -> None:
    cut(inputs, lambda whole: len(whole) // 2)


@case(DATA, "end-of-file block is missing")
def without_the_last_block(inputs: Inputs) -> None:
    cut(inputs, lambda whole: len(whole) - BGZF_END)


@case(DATA, "damaged (CRC")
def a_bit_flipped(inputs: Inputs) -> None:
    inputs.lengthen(6000)
    inputs.write()
    whole = bytearray(inputs.vcf.read_bytes())
    whole[len(whole) // 2] ^= 8
    inputs.vcf.write_bytes(whole)


@case(0, "")
def without_an_index(inputs: Inputs) -> None:
    inputs.write(index=False)


@case(DATA, "byte-order mark")
def a_mark_before_the_text(inputs: Inputs) -> None:
    inputs.write(index=False)
    inputs.vcf.write_bytes(b"\xef\xbb\xbf" + gzip.decompress(inputs.vcf.read_bytes()))


@case(0, "older than")
def an_index_older_than_the_file(inputs: Inputs) -> None:
    inputs.write()
    os.utime(f"{inputs.vcf}.tbi", (1, 1))


@case(DATA, "the index is not of")
def the_index_of_another_file(inputs: Inputs) -> None:
    inputs.lengthen(6000)
    inputs.write()
    index = Path(f"{inputs.vcf}.tbi")
    other = index.read_bytes()
    for row in inputs.rows:
        row[CHROM] = "2"
    inputs.write()
    index.write_bytes(other)


@case(DATA, "the file is empty")
def an_empty_file(inputs: Inputs) -> None:
    inputs.write(index=False)
    inputs.vcf.write_bytes(b"")


@case(DATA, "no usable records")
def only_a_header(inputs: Inputs) -> None:
    inputs.rows = []
    inputs.write(index=False)


@case(DATA, "no usable records")
def only_a_header_and_an_index(inputs: Inputs) -> None:
    inputs.rows = []
    inputs.write()


@case(0, "")
def plain_gzip(inputs: Inputs) -> None:
    inputs.write(compress="gzip")


@case(DATA, "Gzip file truncated")
def plain_gzip_cut(inputs: Inputs) -> None:
    inputs.write(compress="gzip")
    inputs.vcf.write_bytes(inputs.vcf.read_bytes()[:-300])


@case(0, "")
def text_named_as_if_compressed(inputs: Inputs) -> None:
    inputs.write(index=False)
    inputs.vcf.write_bytes(inputs.plain.read_bytes())


@case(DATA, "the last line has no end")
def text_cut_within_its_last_field(inputs: Inputs) -> None:
    inputs.rows[-1][-1] += ":35"
    inputs.rows[-1][FORMAT] = "GT:DP"
    inputs.write(index=False)
    inputs.vcf.write_bytes(inputs.plain.read_bytes()[:-2])  # 0|1:3 for 0|1:35


@case(DATA, "not a VCF")
def text_of_another_kind(inputs: Inputs) -> None:
    inputs.write(index=False)
    inputs.vcf.write_text("Dear all,\nplease find the data attached.\n")


@case(DATA, "end-of-file block is missing")
def a_bcf_cut(inputs: Inputs) -> None:
    inputs.write_bcf()
    inputs.vcf.write_bytes(inputs.vcf.read_bytes()[:-200])


@case(DATA, "damaged or not VCF Zarr")
def a_directory(inputs: Inputs) -> None:
    inputs.write()
    inputs.options["vcf"] = str(inputs.folder)


@case(CONFIG, "does not exist")
def no_file(inputs: Inputs) -> None:
    inputs.write()
    inputs.options["vcf"] = str(inputs.folder / "none.vcf.gz")


@case(DATA, "NUL")
def a_nul_byte(inputs: Inputs) -> None:
    inputs.set(20, INFO, "AA=\0")
    inputs.write(index=False)


@case(0, "")
def crlf(inputs: Inputs) -> None:
    inputs.newline = "\r\n"
    inputs.write(index=False)


@case(DATA, "spaces")
def spaces_for_tabs(inputs: Inputs) -> None:
    inputs.separator = " "
    inputs.write(index=False)


@case(DATA, "a blank line")
def a_blank_line(inputs: Inputs) -> None:
    inputs.rows.insert(20, [])
    inputs.write(index=False)


@case(0, "")
def info_of_20_megabytes(inputs: Inputs) -> None:
    inputs.set(20, INFO, "AA=A;NOTE=" + "x" * 20_000_000)
    inputs.write(index=False)


@case(DATA, "IDX=999999999 in the header")
def a_header_that_wants_16_gigabytes(inputs: Inputs) -> None:
    inputs.header.insert(1, "##contig=<ID=3,idx= 999999999>")
    inputs.write(index=False)


@case(DATA, "a header line among the records")
def a_header_line_among_the_records(inputs: Inputs) -> None:
    inputs.rows.insert(20, ["##contig=<ID=3>"])
    inputs.write(index=False)


@case(DATA, "a blank line")
def a_blank_line_at_the_end(inputs: Inputs) -> None:
    inputs.rows.append([])
    inputs.write(index=False)


# Records


@case(DATA, "not sorted")
def unsorted(inputs: Inputs) -> None:
    inputs.rows[20], inputs.rows[30] = inputs.rows[30], inputs.rows[20]
    inputs.write(index=False)


@case(DATA, "comes back")
def a_contig_that_comes_back(inputs: Inputs) -> None:
    inputs.set(20, CHROM, "2")
    inputs.write(index=False)


@case(0, "duplicate position\t2")
def a_position_twice(inputs: Inputs) -> None:
    inputs.set(21, POS, inputs.rows[20][POS])
    inputs.write()


@case(DATA, "does not match the number of samples")
def too_few_columns(inputs: Inputs) -> None:
    del inputs.rows[20][-2:]
    inputs.write(index=False)


@case(DATA, "columns, the header has")
def too_many_columns(inputs: Inputs) -> None:
    inputs.rows[20].append("0|1")
    inputs.write(index=False)


@case(0, "")
def no_contig_in_the_header(inputs: Inputs) -> None:
    inputs.header = [line for line in inputs.header if "contig" not in line]
    inputs.write()


@case(DATA, "the VCF has no samples")
def no_format(inputs: Inputs) -> None:
    inputs.samples = []
    inputs.rows = [row[:8] for row in inputs.rows]
    inputs.write(index=False)


@case(DATA, "the VCF has no samples")
def no_samples(inputs: Inputs) -> None:
    inputs.samples = []
    inputs.rows = [row[:9] for row in inputs.rows]
    inputs.write(index=False)


@case(DATA, "3 alleles in a genotype")
def triploid(inputs: Inputs) -> None:
    for column in range(FORMAT + 1, len(inputs.rows[20])):
        inputs.set(20, column, "0|1|1")
    inputs.write(index=False)


@case(DATA, "selected samples have on this contig")
def haploid(inputs: Inputs) -> None:
    for row in range(len(inputs.rows)):
        inputs.set(row, FORMAT + 1, "1")
    inputs.write()


@case(0, "half-missing\t2")
def half_missing_genotypes(inputs: Inputs) -> None:
    inputs.set(20, FORMAT + 1, ".|1")
    inputs.set(21, FORMAT + 1, "0|.")
    inputs.write()


@case(0, "")
def missing_genotypes(inputs: Inputs) -> None:
    inputs.set(20, FORMAT + 1, "./.")
    inputs.set(21, FORMAT + 1, ".")
    inputs.write()


@case(DATA, "no usable site")
def nothing_but_monomorphic_records(inputs: Inputs) -> None:
    for row in inputs.rows:
        row[ALT] = "."
        row[FORMAT + 1 :] = ["0|0"] * len(inputs.samples)
    inputs.write()


field("position_zero", 0, "telomere", POS, "0", row=0)
field("negative_position", DATA, "Could not parse the position", POS, "-5")
field("position_not_a_number", DATA, "Could not parse the position", POS, "x")
field("beyond_the_contig", DATA, "lies outside the contig", POS, str(LENGTH + 1), row=ROWS - 1)
field("no_gt", DATA, "no genotypes (GT)", FORMAT, "XY")
field("unphased", DATA, "unphased heterozygote", FORMAT + 1, "0/1")
field("unphased_elsewhere", 0, "", FORMAT + 6, "0/1")
field("mixed_ploidy", DATA, "a haploid genotype among diploid ones", FORMAT + 1, "1")
field("triploid_sample", DATA, "3 alleles in a genotype", FORMAT + 1, "0|1|1")
field("allele_beyond_alt", DATA, "an allele number beyond ALT", FORMAT + 1, "0|7")
field("negative_allele", DATA, "read GT data", FORMAT + 1, "0|-1")
field("letter_for_an_allele", DATA, "read GT data", FORMAT + 1, "0|A")
field("symbolic", 0, "symbolic", ALT, "<DEL>")
field("overlapping_deletion", 0, "symbolic", ALT, "*")
field("breakend", 0, "symbolic", ALT, "G]2:300]")
field("multiallelic", 0, "multiallelic", ALT, "G,T")
field("iupac_ref", 0, "1 whose alleles are not A, C, G, T", REF, "R")
field("lower_case_ref", 0, "", REF, "a")
field("ref_of_digits", 0, "1 whose alleles are not A, C, G, T", REF, "17")
field("unknown_contig", 0, "", CHROM, "GL000191.1", row=ROWS - 1)
field("contig_like_a_comment", DATA, "a header line among the records", CHROM, "#1", row=0)
field("ancestral_allele_not_ascii", 0, "1 whose ancestral allele is unknown", INFO, "AA=é")
field("no_ancestral_allele_here", 0, "1 whose ancestral allele is unknown", INFO, "AA=.")

# Samples and populations


@case(DATA, "declares no INFO/AA")
def no_ancestral_alleles(inputs: Inputs) -> None:
    inputs.header = [line for line in inputs.header if "AA" not in line]
    inputs.write(index=False)


@case(DATA, "Duplicated sample name")
def sample_names_twice(inputs: Inputs) -> None:
    inputs.samples[1] = "o1"
    inputs.write(index=False)


@case(0, "1 of 6 samples of the chosen populations are not in the VCF: o9")
def a_sample_that_the_vcf_lacks(inputs: Inputs) -> None:
    inputs.table += "o9\tO\n"
    inputs.write()


@case(
    DATA,
    "5 of 5 samples are not in the VCF, among them all of O, T: the table has o1, o2, o3, t1, t2, the VCF has 0_o1",
)
def samples_that_the_vcf_spells_otherwise(inputs: Inputs) -> None:
    inputs.samples = [f"0_{name}" for name in inputs.samples]
    inputs.write()


@case(0, "")
def names_that_are_not_ascii(inputs: Inputs) -> None:
    inputs.samples[0] = "Žofie"
    inputs.table = inputs.table.replace("o1", "Žofie")
    inputs.write()


@case(0, "")
def a_comma_in_a_name(inputs: Inputs) -> None:
    inputs.samples[5] = "x,1"
    inputs.write(index=False)


@case(DATA, "comma")
def a_comma_in_a_chosen_name(inputs: Inputs) -> None:
    inputs.samples[0] = "o,1"
    inputs.table = inputs.table.replace("o1", "o,1")
    inputs.write(index=False)


@case(0, "")
def roles_swapped(inputs: Inputs) -> None:
    """Nothing in a file says which population is which: accepted."""
    inputs.options.update(outgroup="T", target="O")
    inputs.write()


option("the_same_population_in_both_roles", DATA, "can have only one role", target="T,O")
option("an_unknown_population", DATA, "has no samples", target="Q")
option("a_population_in_lower_case", DATA, "has no samples; the table has O, T, X; did you mean 'T'?", target="t")
option("no_population_named", DATA, "no target population given", target=",")


@case(DATA, "this is a VCF, not a table of samples and populations; are two files swapped?")
def a_compressed_vcf_for_the_table(inputs: Inputs) -> None:
    inputs.write()
    inputs.options["populations"] = str(inputs.vcf)


@case(DATA, "this is a VCF, not a table of samples and populations; are two files swapped?")
def a_vcf_for_the_table(inputs: Inputs) -> None:
    inputs.write()
    inputs.options["populations"] = str(inputs.plain)


@case(DATA, "this is a BCF, not a table of samples and populations; are two files swapped?")
def a_bcf_for_the_table(inputs: Inputs) -> None:
    inputs.write_bcf()
    inputs.options["populations"] = str(inputs.vcf)


@case(DATA, "they look exchanged; give each in the place of the other")
def vcf_and_table_exchanged(inputs: Inputs) -> None:
    inputs.write()
    inputs.options.update(vcf=str(inputs.folder / "populations.tsv"), populations=str(inputs.vcf))


@case(DATA, "this is an HTML page, not a VCF: a download may have failed")
def a_web_page_for_the_vcf(inputs: Inputs) -> None:
    inputs.write(index=False)
    inputs.vcf.write_bytes(b"<!DOCTYPE html>\n<html><title>404 Not Found</title></html>\n")


@case(DATA, "this is an HTML page, not a table of samples and populations: a download may have failed")
def a_web_page_for_the_table(inputs: Inputs) -> None:
    inputs.table = "\n<HTML lang=en>\n<title>404 Not Found</title></HTML>\n"
    inputs.write()


@case(DATA, "this is a BAM, not a VCF")
def a_bam_for_the_vcf(inputs: Inputs) -> None:
    inputs.write(index=False)
    inputs.vcf.write_bytes(gzip.compress(b"BAM\1rest"))


@case(DATA, "O is in two populations: o1 and o2; the columns look exchanged")
def a_table_with_exchanged_columns(inputs: Inputs) -> None:
    inputs.table = "sample\tpopulation\n" + "".join(f"{name[0].upper()}\t{name}\n" for name in SAMPLES)
    inputs.write()


@case(
    DATA,
    "outgroup population 'O' is a sample, of population 'o1': name a population; if it is one, the columns",
)
def exchanged_columns_of_one_sample_each(inputs: Inputs) -> None:
    inputs.table = "O\to1\nT\tt1\n"
    inputs.write()


@case(0, "")
def a_compressed_table(inputs: Inputs) -> None:
    inputs.write()
    path = inputs.folder / "populations.tsv"
    path.write_bytes(gzip.compress(path.read_bytes()))


@case(DATA, "chr1 is in two populations: 0 and 700; the table has no heading with the columns sample and population")
def a_mask_for_the_table(inputs: Inputs) -> None:
    inputs.table = "chr1\t0\t500\nchr1\t700\t900\n"
    inputs.write()


@case(DATA, "is in two populations")
def a_sample_in_two_populations(inputs: Inputs) -> None:
    inputs.table += "o1\tT\n"
    inputs.write()


@case(DATA, "no sample in the table")
def no_populations(inputs: Inputs) -> None:
    inputs.table = ""
    inputs.write()


@case(DATA, "expected a sample and a population")
def populations_of_one_column(inputs: Inputs) -> None:
    inputs.table = "o1\no2\n"
    inputs.write()


# Region, mask, map and ancestral sequence

option("region_of_another_prefix", DATA, "did you mean 1?", region="chr1:1000001-1010000")
option("region_of_another_contig", DATA, "no contig '7' in the VCF", region="7:1-100")
option("region_beyond_the_contig", DATA, "starts beyond the end of the contig", region="1:300000000-300000100")
option("region_backwards", CONFIG, "not beyond END", region="1:2000-1000")
option("region_of_no_form", CONFIG, "expected CHR:START-END", region="1:2000")
option("region_without_sites", DATA, "no usable site", region="1:200000001-200100000")
option("ancestral_of_no_kind", CONFIG, "expected info-aa, fasta=FILE", ancestral="reference")

lines("mask_with_another_prefix", 0, "without regard to 'chr'", "include-bed", "chr1\t1000000\t1050000")
lines("mask_that_is_empty", DATA, "no interval in the BED file", "include-bed", "")
lines("mask_of_another_contig", DATA, "the callable regions have no contig", "include-bed", "7\t0\t5000000")
lines("mask_elsewhere", DATA, "leave out all of", "include-bed", "1\t5000000\t6000000")
lines("mask_that_overhangs", 0, "10 bp beyond the end of contig 1", "include-bed", f"1\t0\t{LENGTH + 10}")
lines("mask_of_another_build", DATA, "the callable regions reach to", "include-bed", f"1\t1000000\t{2 * LENGTH}")
lines("mask_with_a_heading", 0, "", "include-bed", "chrom\tstart\tend", "1\t1000000\t1050000")
lines("mask_that_counts_from_1", DATA, "every interval ends where it starts", "include-bed", "1\t5\t5")
lines("mask_backwards", DATA, "are not an interval", "include-bed", "1\t1050000\t1000000")
lines("mask_without_numbers", DATA, "not a BED interval", "include-bed", "1\tstart\tend")
lines("mask_of_two_columns", DATA, "not a BED interval", "include-bed", "1\t1000000")

MAP = ("pos\tchr\tcM", "1\t1\t0", "5000000\t1\t5")
CHR_MAP = [line.replace("\t1\t", "\tchr1\t") for line in MAP]
lines("map_with_another_prefix", 0, "without regard to 'chr'", "genetic-map", *CHR_MAP)
lines("map_that_is_empty", DATA, "genetic map has no points", "genetic-map", MAP[0])
lines("map_of_another_contig", DATA, "the genetic map has no contig", "genetic-map", MAP[0], "1\t7\t0", "50\t7\t1")
BEYOND = [f"{LENGTH + 500_000 * i}\t1\t{300 + i}" for i in (1, 2, 3)]
lines("map_that_overhangs", 0, "500,000 bp beyond the end of contig 1", "genetic-map", *MAP, BEYOND[0])
lines("map_of_another_build", DATA, "the genetic map reaches to", "genetic-map", *MAP, *BEYOND)
lines("map_in_morgans", 0, "in Morgans", "genetic-map", MAP[0], MAP[1], "5000000\t1\t0.05")
lines("map_of_plink", 0, "5 cM", "genetic-map", "1 rs1 0 1", "1 rs2 5 5000000")
lines("map_without_cm", DATA, "has no genetic positions", "genetic-map", "1 rs1 1000", "1 rs2 5000000")


@case(DATA, "no column with the chromosome, and the VCF has 2 contigs")
def map_without_chromosomes_for_two_contigs(inputs: Inputs) -> None:
    for row in inputs.rows[-50:]:
        row[CHROM] = "2"
    inputs.write()
    inputs.add("genetic-map", "map.txt", ("pos\tcM", "1\t0", "5000000\t5"))


lines("map_backwards", DATA, "map not increasing", "genetic-map", *MAP, "6000000\t1\t4")
lines("map_unsorted", DATA, "positions not increasing", "genetic-map", *MAP, "4000000\t1\t6")
lines("map_without_numbers", DATA, "not a point of a genetic map", "genetic-map", *MAP, "6000000\t1\tx")
lines("map_not_finite", DATA, "not finite", "genetic-map", *MAP, "6000000\t1\tnan")
lines("map_of_one_point", DATA, "one point", "genetic-map", *MAP[:2])
lines("map_of_unknown_columns", DATA, "unknown columns", "genetic-map", "where\twhat", "1\t2")


def fasta(name: str, exit_code: int, message: str, *text: str) -> None:
    def spoil(inputs: Inputs) -> None:
        inputs.write()
        inputs.add("ancestral", "ancestor.fa", text)
        inputs.options["ancestral"] = "fasta=" + inputs.options["ancestral"]

    CASES.append(Case(name, exit_code, message, spoil))


fasta("fasta_of_another_contig", DATA, "no sequence for contig '1'", ">7", "ACGT")
fasta("fasta_that_is_not", DATA, "not FASTA", "ACGT")
fasta("fasta_of_another_build", DATA, "bases", ">1", "ACGT" * 20)


# Messages that several cases share, since they have the same fault.
SAME_FAULT = (
    {"cut_at_a_block_boundary", "cut_within_a_block", "without_the_last_block", "a_bcf_cut"},
    {"a_blank_line", "a_blank_line_at_the_end"},
    {"a_header_line_among_the_records", "contig_like_a_comment"},
    {"only_a_header", "only_a_header_and_an_index"},
    {"no_format", "no_samples"},
    {"triploid", "triploid_sample"},
    {"negative_position", "position_not_a_number"},
    {"negative_allele", "letter_for_an_allele"},
    {"mask_without_numbers", "mask_of_two_columns"},
    {"a_compressed_vcf_for_the_table", "a_vcf_for_the_table"},
    {"nothing_but_monomorphic_records", "region_without_sites"},
)


def run(verb: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(verb)
    captured = capsys.readouterr()
    return int(end.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
def test_input(bad: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    bad.spoil(inputs)
    before = sorted(tmp_path.iterdir())
    code, table, error = run(["vcf", "check", *inputs.arguments(), "--output", str(tmp_path / "table.tsv")], capsys)
    expect(bad, code, error)
    assert bad.exit_code or bad.message in table
    (tmp_path / "table.tsv").unlink(missing_ok=True)
    verb = "observe" if "genetic-map" in inputs.options else "statistics"
    output = tmp_path / "output"
    code, _, error = run([verb, *inputs.arguments(), "--output", str(output)], capsys)
    expect(bad, code, error)
    assert output.is_file() == (code == 0)
    output.unlink(missing_ok=True)
    assert sorted(tmp_path.iterdir()) == before


def expect(bad: Case, code: int, error: str) -> None:
    assert code == bad.exit_code, error
    assert "Traceback" not in error
    assert error.lower().count("error: ") == bool(code)
    if code:
        last = error.rstrip("\n").rsplit("\n", 1)[-1]
        assert last.lower().startswith("error: ")
        assert bad.message in last


def test_each_fault_has_its_own_message() -> None:
    assert len({bad.name for bad in CASES}) == len(CASES)
    assert sum(bool(bad.exit_code) for bad in CASES) >= 40
    sharing = defaultdict(set)
    for bad in CASES:
        if bad.exit_code:
            sharing[bad.message].add(bad.name)
    assert "" not in sharing
    assert [names for names in sharing.values() if len(names) > 1 and names not in SAME_FAULT] == []
