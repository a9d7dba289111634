"""``introghost vcf``: from simulated trees to a checked VCF, and what a check says of a file."""

import os
import re
from pathlib import Path

import pysam
import pytest
from bad_inputs import ALT, FORMAT, INFO, POS, REF, SAMPLES, Inputs
from verbs import run

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("INTROGHOST_SHARED", ROOT.parent / "shared"))
CHR22 = SHARED / "data" / "1000genomes-chr22-1mb"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("vcf")
    trees, vcf, populations = folder / "a.trees", folder / "a.vcf.gz", folder / "p.tsv"
    sizes = ["--outgroup-diploids", 3, "--target-diploids", 2, "--region-length-bp", 50_000]
    scenario = ROOT / "config" / "demo"
    assert run("simulate", "--scenario", scenario, "--genomes", 1, "--regions", 2, *sizes, "--output", trees) == 0
    assert run("vcf", "write", "--trees", trees, "--output", vcf, "--populations-output", populations) == 0
    return vcf, populations


class Table:
    """What a check printed."""

    def __init__(self, output: str) -> None:
        self.rows = [tuple(line.split("\t")) for line in output.splitlines()]
        assert all(len(row) == 3 for row in self.rows)

    def __getitem__(self, place: tuple[str, str]) -> str:
        return next(value for section, item, value in self.rows if (section, item) == place)

    def problems(self, kind: str) -> list[str]:
        return [value for section, item, value in self.rows if (section, item) == ("problem", kind)]


def checked(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Table:
    capsys.readouterr()
    assert run("vcf", "check", *arguments) == code
    return Table(capsys.readouterr().out)


def test_what_is_written_passes_the_check(written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    vcf, populations = written
    roles = ["--populations", populations, "--outgroup", "Outgroup", "--target", "Target"]
    table = checked(capsys, "--vcf", vcf, *roles, "--ancestral", "info-aa")
    assert table["samples", "Outgroup (outgroup)"] == "3"
    assert table["samples", "Target (target)"] == "2"
    kept = sum(int(table["contigs", f"{name}: sites kept"].replace(",", "")) for name in (1, 2))
    assert kept == int(table["reader", "kept"].replace(",", "")) > 0
    assert table["contigs", "1: length in the header"] == "50,000"
    assert table["genotypes", "phased heterozygotes"] == "100.000 %"
    assert table["ancestral states", "INFO/AA is REF or ALT"] == "100.000 %"
    assert table["ploidy", "diploid"] == "100.000 %"


def test_the_verdict_says_where_a_file_is_enough_for_segments_only(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It counts sequence as `apply` does, which then says the same: here of a locus with holes."""
    given = ["--vcf", demo / "demo.vcf.gz", "--populations", demo / "demo.tsv"]
    given += ["--outgroup", "Outgroup", "--target", "Target"]
    assert "segments only" not in checked(capsys, *given)["verdict", "an analysis"]
    mask = tmp_path / "mask.bed"
    mask.write_text("".join(f"2\t{start}\t{start + 7_000}\n" for start in range(0, 600_000, 20_000)))
    locus = [*given, "--region", "2", "--include-bed", mask]
    verdict = checked(capsys, *locus)["verdict", "an analysis"]
    assert run("apply", *locus, "--output", tmp_path / "calls") == 0
    told = re.search("too little sequence: (.*); the networks for whole genomes need (.*?);", capsys.readouterr().err)
    assert told is not None
    assert told[1] == "1 region with 0.21 Mb callable"
    assert verdict.startswith("would take this file")
    shortage = f"enough for segments only; whether, how much and when need {told[2]}; this file has {told[1]}"
    assert verdict.endswith(f"; {shortage} (model human)")


def test_the_verdict_says_where_no_bin_is_usable(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = tmp_path / "mask.bed"
    mask.write_text("".join(f"2\t{start}\t{start + 400}\n" for start in range(0, 1_000_000, 5_000)))
    given = ["--vcf", demo / "demo.vcf.gz", "--populations", demo / "demo.tsv"]
    given += ["--outgroup", "Outgroup", "--target", "Target", "--region", "2", "--include-bed", mask]
    assert "; nothing is called: no bin of the target has enough" in checked(capsys, *given)["verdict", "an analysis"]


def test_check_without_populations(written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    whole = checked(capsys, "--vcf", written[0])
    part = checked(capsys, "--vcf", written[0], "--region", "2:1-20,000")
    assert part["samples", "all"] == "5"
    numbers = [int(table["contigs", "2: records"].replace(",", "")) for table in (part, whole)]
    assert 0 < numbers[0] < numbers[1]
    assert not [row for row in part.rows if row[1].startswith("1: ")]


def test_bins_follow_their_width(written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(capsys, "--vcf", written[0])["bins", "bins of 5,000 bp"] == "20"
    assert checked(capsys, "--vcf", written[0], "--bin-bp", 25_000)["bins", "bins of 25,000 bp"] == "4"


def test_the_table_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    inputs.set(3, FORMAT + 1, "0/1")
    inputs.write()
    output = tmp_path / "table.tsv"
    assert run("vcf", "check", *inputs.arguments(), "--output", output) == 3
    captured = capsys.readouterr()
    assert output.read_text() == "section\titem\tvalue\n" + captured.out
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1


def test_all_that_would_be_refused_is_in_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    for row in (3, 4):
        inputs.set(row, FORMAT + 1, "0/1")
    inputs.set(50, FORMAT + 2, "0|9")
    inputs.set(60, FORMAT + 6, "0/1")
    inputs.write()
    table = checked(capsys, *inputs.arguments(), code=3)
    refused = " ".join(table.problems("refused"))
    assert "2 unphased heterozygotes in 1 samples (o1)" in refused
    assert "1 genotypes with an allele number beyond ALT in 1 samples (o2)" in refused
    assert (refused.count("unphased"), table.problems("not used")) == (1, []), "told once"
    assert table["genotypes", "O (outgroup): phased heterozygotes"] != "100.000 %"
    assert table["genotypes", "T (target): phased heterozygotes"] == "100.000 %"


def test_none_stands_alone_and_only_where_there_is_no_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    assert checked(capsys, *inputs.arguments()).problems("none") == ["nothing found"]
    inputs.set(60, FORMAT + 6, "0/1")
    inputs.write()
    table = checked(capsys, *inputs.arguments())
    assert table.problems("not used")
    assert not table.problems("none")


def test_a_region_without_records_does_not_make_lengths_vanish(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    table = checked(capsys, *inputs.arguments(), "--region", "1:1-1,000", code=3)
    assert "no usable site" in table.problems("refused")[0]
    assert not [text for text in table.problems("doubtful") if "gives no length" in text]
    inputs.header = [line for line in inputs.header if not line.startswith("##contig")]
    inputs.write()
    table = checked(capsys, *inputs.arguments())
    assert [text for text in table.problems("doubtful") if "gives no length" in text]


def test_without_roles_nothing_of_that_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    inputs.table = inputs.table.replace("x1\tX\n", "y1\tY\n")
    for column in range(FORMAT + 1, FORMAT + 1 + len(SAMPLES)):
        inputs.set(3, column, "0/1")
    inputs.set(4, FORMAT + 1, "1")
    inputs.set(5, FORMAT + 1, ".|1")
    inputs.set(6, FORMAT + 2, "./.")
    inputs.set(7, ALT, "<DEL>")
    inputs.set(8, ALT, "AT")
    inputs.set(9, ALT, ".")
    inputs.set(10, ALT, "G,T")
    inputs.set(12, POS, inputs.rows[11][POS])
    inputs.set(13, INFO, "AA=C")
    inputs.set(14, INFO, "AA=.")
    inputs.write()
    table = checked(capsys, "--vcf", inputs.vcf, "--populations", tmp_path / "populations.tsv")
    assert [table["samples", name] for name in ("O", "T", "not in the populations table")] == ["3", "2", "1"]
    assert table["samples", "in the populations table, not in the VCF"] == "1: y1"
    kinds = ("biallelic SNV", "symbolic", "indel", "no ALT (monomorphic)", "multiallelic", "duplicate position")
    assert [table["sites", kind] for kind in kinds] == ["196", "1", "1", "1", "1", "2"]
    assert table["genotypes", "half-missing"] == "1"
    assert table["genotypes", "most missing: o1"] == table["genotypes", "most missing: o2"] == "0.510 %"
    assert table["ploidy", "haploid"] == "1"
    assert table["ancestral states", "INFO/AA is neither REF nor ALT"] == "0.510 %"
    assert table["ancestral states", "INFO/AA is unknown"] == "0.510 %"
    assert table["file", "human build with these lengths"] == "GRCh37"
    assert "5 unphased heterozygotes in 5 samples" in table.problems("doubtful")[0]
    assert any("1 haploid genotypes in 1 samples (o1)" in text for text in table.problems("doubtful"))
    assert not table.problems("refused")


def test_a_zarr_store_is_described_as_its_vcf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    convert = pytest.importorskip("bio2zarr.vcf").convert
    inputs = Inputs(tmp_path)
    inputs.set(3, FORMAT + 1, "0/1")
    inputs.set(4, FORMAT + 1, "1")
    inputs.set(5, FORMAT + 2, ".|1")
    inputs.set(7, ALT, "<DEL>")
    inputs.set(9, ALT, "G,T")
    inputs.set(13, INFO, "AA=C")
    inputs.write()
    convert([inputs.vcf], tmp_path / "in.vcz", show_progress=False)
    tables = [checked(capsys, "--vcf", path) for path in (inputs.vcf, tmp_path / "in.vcz")]
    rows = [sorted(row for row in table.rows if row[:2] != ("file", "index")) for table in tables]
    assert rows[0] == rows[1]


def test_annotations_are_described_without_roles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    bed, genetic_map, fasta = tmp_path / "m.bed", tmp_path / "m.map", tmp_path / "a.fa"
    bed.write_text("chr1\t0\t1015150\n")
    genetic_map.write_text("pos\tchr\tcM\n1000001\t1\t2\n1100001\t1\t2.5\n")
    fasta.write_text(">1\n" + "C" * 1_020_000 + "\n")
    options = ["--include-bed", bed, "--genetic-map", genetic_map, "--ancestral", f"fasta={fasta}"]
    table = checked(capsys, "--vcf", inputs.vcf, *options)
    assert table["annotations", "1: extent inside the callable regions"] == "50.250 %"
    assert table["annotations", "1: genetic map"] == "1,000,001-1,100,001, 0.5 cM"
    share = float(table["ancestral states", "FASTA is neither REF nor ALT"].split()[0])
    assert 60 < share < 70
    assert "neither REF nor ALT" in " ".join(table.problems("doubtful"))
    bed.write_text("1\t0\t500\n")
    assert "the callable regions of contig 1 leave out all of 1,000,151-1,030,001" in " ".join(
        checked(capsys, "--vcf", inputs.vcf, *options).problems("doubtful")
    )


def test_gaps_and_sparse_bins_are_reckoned_within_the_mask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Records every 150 bp, none in the middle, which the mask leaves out; the mask's own gap stays one."""
    inputs = Inputs(tmp_path)
    inputs.rows = [row for index, row in enumerate(inputs.rows) if not 20 <= index < 180]
    for row in inputs.rows[20:]:
        row[POS] = str(int(row[POS]) + 200_000)
    inputs.write()
    places = [int(row[POS]) - 1 for row in inputs.rows]
    bed = tmp_path / "m.bed"
    bed.write_text(f"1\t{places[0]}\t{places[19] + 1}\n1\t{places[20]}\t{places[-1] + 1}\n")
    plain = checked(capsys, "--vcf", inputs.vcf)
    assert plain["gaps", "stretches without a record"] == f"1, {places[20] - places[19] - 1:,} bp"
    assert any("more than half of the bins" in text for text in plain.problems("doubtful"))
    for roles in ([], inputs.arguments()[2:]):
        masked = checked(capsys, "--vcf", inputs.vcf, *roles, "--include-bed", bed)
        assert masked["gaps", "stretches without a record"] == "0, 0 callable bp"
        assert int(masked["bins", "bins of 5,000 bp"]) < 5
        assert not any("more than half of the bins" in text for text in masked.problems("doubtful"))
    bed.write_text(f"1\t{places[0]}\t{places[19] + 50_001}\n1\t{places[20]}\t{places[-1] + 1}\n")
    masked = checked(capsys, *inputs.arguments(), "--include-bed", bed)
    assert masked["gaps", "stretches without a record"] == "1, 50,000 callable bp"
    assert masked["reader", "sequence without records"] == "50,000 bp, taken as not callable"


@pytest.mark.parametrize("verb", ["apply", "statistics", "observe", "vcf check"])
def test_every_verb_names_the_class_that_took_all_records(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = Inputs(tmp_path)
    for row in inputs.rows:
        row[REF], row[ALT] = "0", "1"
    inputs.options["ancestral"] = "outgroup-major"
    inputs.write()
    output = [] if verb == "vcf check" else ["--output", tmp_path / "out.zarr.zip"]
    assert run(*verb.split(), *inputs.arguments(), *output) == 3
    error = capsys.readouterr().err
    assert "no usable site in 1: of 200 records, 200 whose alleles are not A, C, G, T; write the bases" in error
    assert "--include-bed" not in error


def test_an_older_index_is_a_remark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    inputs.write()
    vcf = inputs.vcf
    pysam.tabix_index(str(vcf), preset="vcf", force=True)
    written = vcf.stat().st_mtime
    os.utime(f"{vcf}.tbi", (written - 86_400, written - 86_400))
    table = checked(capsys, *inputs.arguments())
    assert table["remark", "index"].startswith("the index in.vcf.gz.tbi is older than in.vcf.gz, but fits")
    assert table.problems("none") == ["nothing found"]


@pytest.mark.skipif(not CHR22.is_dir(), reason=f"no real data in {SHARED}; set INTROGHOST_SHARED")
@pytest.mark.parametrize("roles", [[], ["--outgroup", "YRI", "--target", "CEU"]])
def test_an_awkward_real_file(roles: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    populations = tmp_path / "p.tsv"
    names = {p: (CHR22 / f"{p}.indlist").read_text().split() for p in ("CEU", "YRI")}
    populations.write_text("sample\tpopulation\n" + "".join(f"{n}\t{p}\n" for p, found in names.items() for n in found))
    table = checked(capsys, "--vcf", CHR22 / "1000g.Nea.22.1mb.vcf.gz", "--populations", populations, *roles)
    assert table["file", "records"] == "13,010"
    assert table["sites", "no ALT (monomorphic)"] == "10,433"
    assert table["file", "human build with these lengths"] == "GRCh37"
    assert table["samples", "names not in the populations table"] == "AltaiNeandertal, Vindija33.19"
    assert table["genotypes", "not in the populations table: phased heterozygotes"] == "0.000 %"
    assert table["gaps", "22:21,465,174-21,797,411"] == "332,238 bp"
    assert "(AltaiNeandertal, Vindija33.19)" in table.problems("not used")[0]
    if roles:
        assert table["samples", "CEU (target)"] == "99"


def test_errors_are_one_line(written: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut.vcf.gz"
    cut.write_bytes(written[0].read_bytes()[:-100])
    assert run("vcf", "check", "--vcf", cut) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert "truncated" in captured.err
    assert captured.err.count("\n") == 1
    assert run("vcf", "check", "--vcf", written[0], "--outgroup", "Outgroup") == 2
    assert "go together" in capsys.readouterr().err
    assert run("vcf", "check", "--vcf", written[0], "--allow-unphased") == 2, "no analysis would take such a file"


def test_files_in_one_word_are_told_how_to_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = [tmp_path / "1.vcf", tmp_path / "2.vcf"]
    for path in both:
        path.touch()
    word = ",".join(map(str, both))
    assert run("vcf", "check", "--vcf", word) == 2
    assert f"{word} names 2 files; give the option again before each" in capsys.readouterr().err
