"""The strict reader: what it keeps, what it drops and counts, and what it refuses, whatever the file format."""

import gzip
import itertools
import re
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest

from introghost.errors import ConfigError, DataError
from introghost.findings import Severity
from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP_MAJOR
from introghost.variants import source as source_module
from introghost.variants.allele_counts import allele_counts
from introghost.variants.counts import DropReason
from introghost.variants.source import VcfSource, open_source, parse_region
from introghost.variants.tally import tally

HEADER = """##fileformat=VCFv4.3
##contig=<ID=1,length=5000>
##contig=<ID=2,length=2500000>
##contig=<ID=3,length=900>
##FILTER=<ID=q10,Description="Quality below 10">
##INFO=<ID=END,Number=1,Type=Integer,Description="End">
##INFO=<ID=AA,Number=1,Type=String,Description="Ancestral allele">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tt1\to1\tx\to2
"""
RECORDS = """1 11 . A G . PASS AA=A GT 0|1 0|0 1|1 0|0
1 12 . A G . q10 AA=g GT 0|1 1|1 1|1 1|0
1 13 . A AT . . AA=A GT 0|1 0|0 0|0 0|0
1 14 . A G,T . . AA=A GT 0|1 0|2 0|0 0|0
1 15 . A . . . AA=A GT 0|0 0|0 0|0 0|0
1 16 . A <DEL> . . AA=A GT 0|1 0|0 0|0 0|0
1 17 . A G . . AA=A GT 0|0 0/0 1|1 0|0
1 18 . A G . . AA=A GT 0|1 0|0 0|0 0|0
1 18 . A T . . AA=A GT 1|0 0|0 0|0 0|0
1 19 . c t . . AA=. GT ./. 1|1 0|0 .|0
1 20 . C T . . AA=G||| GT 1|0 1|1 0|0 0|0
2 1500001 . C T . . AA=C GT 0|1 1|1 0|0 0|0
"""


def write_vcf(path: Path, records: str = RECORDS, header: str = HEADER) -> Path:
    path.write_text(header + records.replace(" ", "\t"))
    return path


def make_source(vcf: Path, **options: object) -> VcfSource:
    populations = vcf.parent / "populations.tsv"
    populations.write_text("sample\tpopulation\n" + str(options.pop("table", "t1\tT\no1\tO\no2\tO\nx\tX\n")))
    arguments: dict = {"ancestral": "outgroup-major", **options}
    return open_source(vcf, populations, ["O"], ["T"], **arguments)


def as_bcf(vcf: Path, path: Path) -> Path:
    with pysam.VariantFile(str(vcf)) as source, pysam.VariantFile(str(path), "wb", header=source.header) as out:
        for record in source:
            out.write(record)
    return path


@pytest.fixture(params=["vcf", "vcf.gz", "bcf", "gzip", "indexed", "bcf-indexed"])
def any_vcf(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    plain = write_vcf(tmp_path / "plain.vcf")
    if request.param == "vcf":
        return plain
    if request.param == "gzip":
        path = tmp_path / "data.vcf.gz"
        path.write_bytes(gzip.compress(plain.read_bytes()))
        return path
    if request.param.startswith("bcf"):
        path = as_bcf(plain, tmp_path / "data.bcf")
        if request.param == "bcf-indexed":
            pysam.bcftools.index(str(path))
        return path
    path = tmp_path / "data.vcf.gz"
    pysam.tabix_compress(str(plain), str(path))
    if request.param == "indexed":
        pysam.tabix_index(str(path), preset="vcf")
    return path


def test_keeps_biallelic_snvs_of_selected_samples(any_vcf: Path) -> None:
    source = make_source(any_vcf)
    assert source.contigs() == [("1", 0, 5000), ("2", 1_500_000, 1_510_000)]
    h = source.read("1", 0, 5000)
    assert h.ancestral_status == OUTGROUP_MAJOR
    assert h.sample_names == ("t1", "t1", "o1", "o1", "o2", "o2")
    assert h.roles.tolist() == [1, 1, 0, 0, 0, 0]
    assert h.haplotype_indices.tolist() == [0, 1] * 3
    assert h.positions_bp.tolist() == [10, 11, 18, 19]
    assert h.genotypes.dtype == np.int8
    assert h.genotypes.tolist() == [
        [0, 1, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 1],  # the outgroup's major allele is ALT
        [-1, -1, 0, 0, -1, 1],
        [1, 0, 1, 1, 0, 0],  # a tie keeps REF
    ]
    assert source.read("2", 1_500_000, 1_510_000).positions_bp.tolist() == [1_500_000]
    assert source.counts.to_json() == {
        "records": 12,
        "kept_sites": 5,
        "dropped_records": {
            "duplicate-position": 2,
            "indel": 1,
            "monomorphic": 1,
            "multiallelic": 1,
            "no-alt": 1,
            "symbolic": 1,
        },
        "sequence_without_records_bp": 0,
    }


def test_ancestral_alleles_from_info(any_vcf: Path) -> None:
    source = make_source(any_vcf, ancestral="info-aa")
    h = source.read("1", 0, 5000)
    assert h.ancestral_status == KNOWN_ANCESTRAL
    assert h.positions_bp.tolist() == [10, 11]
    assert h.genotypes.tolist() == [[0, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 1]]
    assert source.counts.dropped[DropReason.ANCESTRAL_UNKNOWN] == 1
    assert source.counts.dropped[DropReason.ANCESTRAL_THIRD_BASE] == 1


def test_ancestral_alleles_from_fasta(tmp_path: Path) -> None:
    fasta = tmp_path / "ancestor.fa"
    fasta.write_text(">chr2\nAAAA\n>ANCESTOR_for_chromosome:GRCh37:1:1:30:1\nNNNNNNNNNN\nag\nNNNNNNtCNN\n" + "N" * 4978)
    h = make_source(write_vcf(tmp_path / "a.vcf"), ancestral=f"fasta={fasta}").read("1", 0, 5000)
    assert h.positions_bp.tolist() == [10, 11, 18, 19]
    assert h.genotypes[2].tolist() == [-1, -1, 0, 0, -1, 1]
    assert h.genotypes[3].tolist() == [1, 0, 1, 1, 0, 0]


def test_stretches_are_half_open_and_regions_one_based(any_vcf: Path) -> None:
    assert make_source(any_vcf).read("1", 11, 18).positions_bp.tolist() == [11]
    source = make_source(any_vcf, region="1:12-19")
    assert source.contigs() == [("1", 11, 19)]
    assert source.read("1", 11, 19).positions_bp.tolist() == [11, 18]
    assert make_source(any_vcf, region="2").contigs() == [("2", 1_500_000, 1_510_000)]


@pytest.mark.parametrize("tile_bp", [6, 7, 2_500_000])
def test_tiles_are_the_stretch_without_a_seam(any_vcf: Path, monkeypatch: pytest.MonkeyPatch, tile_bp: int) -> None:
    """Sites 18 and 19 are the last and the first of tiles of 6 bp."""
    monkeypatch.setattr(source_module, "TILE_BP", tile_bp)
    interval = ("1", 0, 40)
    whole, tiles = make_source(any_vcf).read(*interval), list(make_source(any_vcf).tiles(interval))
    assert len(whole.positions_bp) > 2
    edges = [tile.interval_bp for tile in tiles]
    assert edges[0][0] == 0
    assert edges[-1][1] == 40
    assert all(before[1] == after[0] for before, after in itertools.pairwise(edges))
    np.testing.assert_array_equal(np.concatenate([tile.positions_bp for tile in tiles]), whole.positions_bp)
    np.testing.assert_array_equal(np.concatenate([tile.genotypes for tile in tiles]), whole.genotypes)


def test_contigs_without_lengths_span_their_sites(tmp_path: Path) -> None:
    header = "".join(line for line in HEADER.splitlines(keepends=True) if not line.startswith("##contig"))
    plain = write_vcf(tmp_path / "a.vcf", header=header)
    assert make_source(plain).contigs() == [("1", 10, 20), ("2", 1_500_000, 1_500_001)]
    pysam.tabix_compress(str(plain), str(tmp_path / "b.vcf.gz"))
    pysam.tabix_index(str(tmp_path / "b.vcf.gz"), preset="vcf")
    assert make_source(tmp_path / "b.vcf.gz").contigs() == [("1", 10, 20), ("2", 1_500_000, 1_500_001)]


def test_some_contigs_may_lack_lengths(tmp_path: Path) -> None:
    header = HEADER.replace("##contig=<ID=2,length=2500000>", "##contig=<ID=2>")
    plain = write_vcf(tmp_path / "a.vcf", header=header)
    pysam.tabix_compress(str(plain), str(tmp_path / "b.vcf.gz"))
    pysam.tabix_index(str(tmp_path / "b.vcf.gz"), preset="vcf")
    for path in (plain, tmp_path / "b.vcf.gz"):
        source = make_source(path)
        assert source.contigs() == [("1", 0, 5000), ("2", 1_500_000, 1_500_001)]
        assert len(source.read("2", 1_500_000, 1_500_001).positions_bp) == 1


@pytest.mark.parametrize("row", ["2", "2 9 . A G . . . GT 0|A 0|0 0|0 0|0", "2 9 . A G . . . GT 0|1 0|0 0|0 0|0|"])
def test_refuses_a_damaged_first_record_of_an_undeclared_contig(tmp_path: Path, row: str) -> None:
    vcf = write_vcf(tmp_path / "a.vcf", row + "\n", HEADER.replace("##contig=<ID=2,length=2500000>\n", ""))
    with pytest.raises(DataError):
        make_source(vcf).read("2", 0, 100)


def test_a_contig_may_hold_no_site(tmp_path: Path) -> None:
    """With an index or without, a contig's stretch is that of its records of whatever kind."""
    plain = write_vcf(tmp_path / "a.vcf", RECORDS.splitlines()[0] + "\n2 70007 . A . . . . GT 0|0 0|0 0|0 0|0\n")
    pysam.tabix_compress(str(plain), str(tmp_path / "b.vcf.gz"))
    pysam.tabix_index(str(tmp_path / "b.vcf.gz"), preset="vcf")
    for path in (plain, tmp_path / "b.vcf.gz"):
        source = make_source(path)
        assert source.contigs() == [("1", 0, 5000), ("2", 70_000, 80_000)]
        assert len(source.read("2", 70_000, 80_000).positions_bp) == 0


def test_a_contig_of_an_assembly_file_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="symbolic contig <12>, of an assembly file"):
        make_source(write_vcf(tmp_path / "a.vcf", "<12> 5 . A G . . . GT 0|1 0|0 0|0 0|0\n"))


def test_telomere_records_are_dropped(tmp_path: Path) -> None:
    source = make_source(write_vcf(tmp_path / "a.vcf", "1 0 . A G . . . GT 0|1 0|0 0|0 0|0\n" + RECORDS))
    assert source.read("1", 0, 5000).positions_bp.tolist() == [10, 11, 18, 19]
    assert source.counts.dropped[DropReason.BEFORE_FIRST_BASE] == 1


def test_a_mask_matches_whatever_the_prefix(tmp_path: Path) -> None:
    bed = tmp_path / "mask.bed"
    bed.write_text("chr1\t15\t30\nchr1\t0\t11\n")
    source = make_source(write_vcf(tmp_path / "a.vcf"), include_bed=bed)
    source.contigs()
    h = source.read("1", 0, 25)
    assert h.positions_bp.tolist() == [10, 18, 19]
    assert h.callable_bp.tolist() == [[0, 11], [15, 25]]
    assert source.counts.dropped[DropReason.OUTSIDE_CALLABLE] == 1
    bed.write_text("chr7\t15\t30\n")
    with pytest.raises(DataError, match=r"callable regions have no contig of the VCF: named are chr7, it has 1, 2"):
        make_source(write_vcf(tmp_path / "a.vcf"), include_bed=bed).contigs()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("1 9 . A G . . . GT 0|1 0|0 0|0 0|0", r"not sorted: 1:9 comes after 1:11"),
        ("2 9 . A G . . . GT 0|1 0|0 0|0 0|0\n1 12 . A G . . . GT 0|1 0|0 0|0 0|0", r"contig 1 comes back at 12"),
        ("1 12 . A G . . . GT 0/1 0|0 0|0 0|0", r"1:12: sample t1 has an unphased heterozygote"),
        ("1 12 . A G . . . GT 0|1 1 0|0 0|0", r"1:12: sample o1 has a haploid genotype among diploid ones \(mixed"),
        ("1 12 . A G . . . GT 1 1 0 0", r"1:12: sample t1 has a haploid genotype among diploid ones"),
        ("2 12 . A G . . . GT 1 1 0 0", r"2:12: sample t1 has a haploid genotype, as 3 of 3 selected .* X, Y and MT"),
        ("2 12 . A G . . . GT 0|1 1 0|0 0|0", r"2:12: sample o1 has a haploid genotype, as 1 of 3 selected samples"),
        ("1 12 . A G . . . GT 0|1|1 0|0|0 0|0|0 0|0|0", r"3 alleles in a genotype; only diploid"),
        ("1 12 . A G . . . GT 0|7 0|0 0|0 0|0", r"1:12: sample t1 has an allele number beyond ALT"),
        ("1 12 . A G . . . DP 1 1 1 1", r"1:12: no genotypes"),
        ("1 6000 . A G . . . GT 0|1 0|0 0|0 0|0", r"1:6,000 lies outside the contig"),
        ("1 12 . A G . . . GT 0|1 0|0 0|0 0|0 0|0", r"a.vcf:11: 14 columns, the header has 13"),
        ("1 12 . A G . . AA=A\0 GT 0|1 0|0 0|0 0|0", r"a.vcf:11: a NUL byte"),
        ("\n1 12 . A G . . . GT 0|1 0|0 0|0 0|0", r"a.vcf:11: a blank line"),
        ("1 12 . A G . . . GT 0|1 0|0 0|0 0|0\n", r"a.vcf:12: a blank line"),
        ("#1 12 . A G . . . GT 0|1 0|0 0|0 0|0", r"a.vcf:11: a header line among the records"),
        ("1 abc . A G . . . GT 0|1 0|0 0|0 0|0", r"damaged or not valid VCF"),
        ("1 12 . A G . . . GT 0|1 0|0", r"damaged or not valid VCF"),
    ],
)
def test_refuses_a_bad_record(tmp_path: Path, record: str, message: str) -> None:
    vcf = write_vcf(tmp_path / "a.vcf", RECORDS.splitlines(keepends=True)[0] + record + "\n")
    with pytest.raises(DataError, match=message) as caught:
        make_source(vcf).read(record[0], 0, 5000)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("genotype", ["0/1", "1", ".", "0|1|1", "0/1/1/0", "0|7", "1|.", "./."])
@pytest.mark.parametrize("is_bcf", [False, True])
def test_unselected_samples_never_matter(tmp_path: Path, genotype: str, is_bcf: bool) -> None:
    plain = write_vcf(
        tmp_path / "a.vcf", f"1 12 . A G . . . GT 0|1 0|0 {genotype} 0|.\n", HEADER.replace("\tx", "\tx,y")
    )
    vcf = as_bcf(plain, tmp_path / "a.bcf") if is_bcf else plain
    source = make_source(vcf, table="t1\tT\no1\tO\no2\tO\nx,y\tX\n")
    assert source.read("1", 0, 50).genotypes.tolist() == [[0, 1, 0, 0, 0, -1]]
    assert source.counts.genotypes.missing == source.counts.genotypes.half_missing == 1


def test_homozygotes_need_no_phase(tmp_path: Path) -> None:
    vcf = write_vcf(tmp_path / "a.vcf", "1 12 . A G . . . GT 1/1 0/0 0|0 0|0\n")
    assert make_source(vcf).read("1", 0, 50).genotypes.tolist() == [[1, 1, 0, 0, 0, 0]]


@pytest.mark.parametrize("name", ["x,y", "^x", "-"])
def test_a_selected_name_that_htslib_reads_as_something_else_is_refused(tmp_path: Path, name: str) -> None:
    vcf = write_vcf(tmp_path / "a.vcf", header=HEADER.replace("\tx", f"\t{name}"))
    with pytest.raises(DataError, match=f"sample '{re.escape(name)}': htslib can't be asked for a name with a comma"):
        make_source(vcf, table=f"t1\tT\n{name}\tO\n")


def test_refuses_truncation_at_any_block(tmp_path: Path) -> None:
    rows = "".join(f"1 {i} . A G . . . GT 0|1 0|0 0|0 0|0\n" for i in range(1, 5000))
    pysam.tabix_compress(str(write_vcf(tmp_path / "a.vcf", rows)), str(tmp_path / "a.vcf.gz"))
    whole = (tmp_path / "a.vcf.gz").read_bytes()
    for cut in (1, 28, 29, len(whole) // 2):
        path = tmp_path / "cut.vcf.gz"
        path.write_bytes(whole[:-cut])
        with pytest.raises(DataError, match="truncated"):
            make_source(path)
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(20) + whole[middle + 20 :])
    with pytest.raises(DataError, match="damaged"):
        make_source(path).read("1", 0, 5000)


def test_refuses_files_that_do_not_fit(tmp_path: Path) -> None:
    vcf, populations = write_vcf(tmp_path / "a.vcf"), tmp_path / "p.tsv"

    def opened(table: str, outgroup: list[str], target: list[str], **options: object) -> VcfSource:
        populations.write_text(table)
        return open_source(vcf, populations, outgroup, target, **{"ancestral": "info-aa", **options})  # type: ignore

    good = "t1 T\no1 O\n"
    (finding,) = opened(good + "z T\ny T\n", ["O"], ["T"]).input_findings()
    assert finding.text.startswith("2 of 4 samples of the chosen populations are not in the VCF: y, z;")
    with pytest.raises(DataError, match=r"2 of 3 samples are not in the VCF, among them all of T: the table has y, z"):
        opened("z T\ny T\no1 O\n", ["O"], ["T"])
    with pytest.raises(DataError, match=r"target population 'Q' has no samples; the table has O, T"):
        opened(good, ["O"], ["Q"])
    with pytest.raises(DataError, match="both outgroup and target"):
        opened(good, ["O", "T"], ["T"])
    with pytest.raises(DataError, match="no target population"):
        opened(good, ["O"], [])
    with pytest.raises(DataError, match="in two populations"):
        opened(good + "o1 T\n", ["O"], ["T"])
    with pytest.raises(DataError, match=r"no contig 'chr1' in the VCF; did you mean 1\?"):
        opened(good, ["O"], ["T"], region="chr1:1-10")
    with pytest.raises(DataError, match="starts beyond the end"):
        opened(good, ["O"], ["T"], region="1:6000-7000")
    with pytest.raises(DataError, match="no such file"):
        opened(good, ["O"], ["T"], include_bed=tmp_path / "none.bed")
    with pytest.raises(ConfigError, match="expected info-aa"):
        opened(good, ["O"], ["T"], ancestral="ref")
    vcf.write_text("")
    with pytest.raises(DataError, match="empty"):
        opened(good, ["O"], ["T"])
    vcf.write_text("not a VCF\n")
    with pytest.raises(DataError, match="not a VCF"):
        opened(good, ["O"], ["T"])
    vcf.write_text("\n".join(line.split("\tFORMAT")[0] for line in HEADER.splitlines()) + "\n")
    with pytest.raises(DataError, match="the VCF has no samples"):
        opened(good, ["O"], ["T"])
    write_vcf(vcf, header="".join(line for line in HEADER.splitlines(keepends=True) if "AA" not in line))
    with pytest.raises(DataError, match="declares no INFO/AA"):
        opened(good, ["O"], ["T"])


@pytest.mark.parametrize(
    ("region", "parsed"),
    [("1", ("1", 0, None)), ("chr1:5-7", ("chr1", 4, 7)), ("X:1,000-2,000", ("X", 999, 2000))],
)
def test_regions(region: str, parsed: tuple[str, int, int | None]) -> None:
    assert parse_region(region) == parsed


@pytest.mark.parametrize("region", ["", "1:5", "1:7-5", "1:0-5", "1:a-b"])
def test_refuses_bad_regions(region: str) -> None:
    with pytest.raises(ConfigError, match="region"):
        parse_region(region)


def test_a_mask_is_held_against_the_contigs(tmp_path: Path) -> None:
    vcf = write_vcf(tmp_path / "a.vcf", header=HEADER.replace("ID=1,length=5000", "ID=1,length=249250621"))
    bed = tmp_path / "mask.bed"

    def opened(bed_rows: str) -> VcfSource:
        bed.write_text(bed_rows)
        source = make_source(vcf, include_bed=bed)
        assert len(source.contigs()) == 2
        return source

    unnamed = "the callable regions name nothing on 2: nothing is callable there"
    assert [finding.text for finding in opened("1\t0\t249250621\n").input_findings()] == [unnamed]
    source = opened("1\t0\t249250622\n")
    beyond = [finding for finding in source.input_findings() if finding.severity == Severity.REMARK]
    assert [finding.text for finding in beyond] == [
        "the callable regions reach to 249,250,622, 1 bp beyond the end of contig 1 (249,250,621 bp); what lies beyond "
        "is left out"
    ]
    assert source.read("1", 249_240_000, 249_250_621).callable_bp.max(initial=0) <= 249_250_621
    with pytest.raises(DataError, match=r"contig 1 leave out all of 1-10,000, where the records are; is the mask"):
        opened("1\t10000\t20000\n")


@pytest.mark.parametrize(("third_bases", "is_refused"), [(0.03, False), (0.19, False), (0.22, True), (0.5, True)])
def test_refuses_an_ancestral_sequence_that_has_nothing_to_do_with_the_alleles(
    tmp_path: Path, third_bases: float, is_refused: bool
) -> None:
    rng = np.random.default_rng(5)
    rows = "".join(f"1 {i} . A G . . . GT 0|1 0|0 0|0 0|0\n" for i in range(1, 4001))
    vcf, fasta = write_vcf(tmp_path / "a.vcf", rows), tmp_path / "a.fa"
    third = rng.permutation(5000) < third_bases * 5000
    fasta.write_text(">1\n" + "".join("C" if wrong else rng.choice(["A", "G"]) for wrong in third) + "\n")
    source = make_source(vcf, ancestral=f"fasta={fasta}")
    assert len(source.read("1", 0, 500).positions_bp) > 100  # too few to tell
    if is_refused:
        with pytest.raises(
            DataError, match=r"a\.fa: at \d+% of [\d,]+ sites .* is the ancestral FASTA of another build"
        ):
            source.read("1", 500, 5000)
    else:
        assert len(source.read("1", 500, 5000).positions_bp) > 1000
    fasta.write_text(">1\nACGT\n")
    with pytest.raises(DataError, match=r"contig 1 has 4 bases, the VCF's header says 5,000; is it of another build\?"):
        make_source(vcf, ancestral=f"fasta={fasta}").read("1", 0, 500)


def test_refuses_a_header_that_would_fill_the_memory(tmp_path: Path) -> None:
    vcf = write_vcf(tmp_path / "a.vcf", header=HEADER.replace("ID=3,", "ID=3,IDX=999999999,"))
    with pytest.raises(DataError, match="IDX=999999999 in the header"):
        make_source(vcf)


def test_allele_counts_of_any_ploidy(tmp_path: Path) -> None:
    rows = RECORDS + "2 1500007 . C T . . AA=C GT 0/1 1 0|1|1 .|1\n2 1500009 . C T . . AA=C DP 0 1 0 0\n"
    plain = write_vcf(tmp_path / "a.vcf", rows)
    pysam.tabix_compress(str(plain), str(tmp_path / "b.vcf.gz"))
    pysam.tabix_index(str(tmp_path / "b.vcf.gz"), preset="vcf")
    for path in (plain, tmp_path / "b.vcf.gz"):
        first, second = allele_counts(path, subsets=[["t1", "o1"]])
        assert (first.contig, first.positions_bp.tolist()) == ("1", [10, 11, 16, 18, 19])
        assert first.alternate.tolist() == [[3, 1], [6, 3], [2, 0], [2, 2], [3, 3]]
        assert first.called.tolist() == [[8, 4], [8, 4], [8, 4], [5, 2], [8, 4]]
        assert second.alternate.tolist() == [[3, 3], [5, 2]]
        assert second.called.tolist() == [[8, 4], [7, 3]]
        (only,) = allele_counts(path, region=("1", 11, 17))
        assert only.positions_bp.tolist() == [11, 16]


ALLELES = """1 11 . A G,<NON_REF> . . . GT 0|1 0|0 1|1 0|0
1 12 . A <*>,G . . . GT 0|2 2|0 0|0 0|0
1 13 . A G,* . . . GT 0|1 .|0 0|0 0|0
1 14 . A G,* . . . GT 0|2 1|0 0|0 0|0
1 15 . A G,* . . . GT 0|1 0|0 0|2 0|0
1 16 . A <NON_REF> . . . GT 0|0 0|0 0|0 0|0
1 17 . A G,T,<NON_REF> . . . GT 0|1 0|0 0|0 0|0
1 18 . A AT,<NON_REF> . . . GT 0|1 0|0 0|0 0|0
"""


@pytest.mark.parametrize("kind", ["vcf", "bcf", "zarr"])
def test_a_symbolic_allele_that_nobody_selected_has_does_not_matter(tmp_path: Path, kind: str) -> None:
    vcf = write_vcf(tmp_path / "a.vcf", ALLELES)
    if kind == "bcf":
        vcf = as_bcf(vcf, tmp_path / "a.bcf")
    elif kind == "zarr":
        vcf = as_store(vcf)
    source = make_source(vcf)
    h = source.read("1", 0, 5000)
    assert h.positions_bp.tolist() == [10, 11, 12, 14], "at 15 it is a sample without a role that has it"
    assert h.genotypes.tolist() == [
        [0, 1, 0, 0, 0, 0],
        [0, 1, 1, 0, 0, 0],
        [0, 1, -1, 0, 0, 0],
        [0, 1, 0, 0, 0, 0],
    ]
    assert source.counts.to_json()["dropped_records"] == {"indel": 1, "multiallelic": 1, "no-alt": 1, "symbolic": 1}
    counted = tally(vcf)
    assert counted.num_snvs == 3
    assert counted.scan.counts.dropped[DropReason.SYMBOLIC] == 2
    assert counted.contigs["1"].record_positions_bp.tolist() == list(range(10, 18)), "all are seen"


def as_store(vcf: Path) -> Path:
    convert = pytest.importorskip("bio2zarr.vcf").convert
    packed = vcf.with_suffix(".vcf.gz")
    pysam.tabix_compress(str(vcf), str(packed), force=True)
    pysam.tabix_index(str(packed), preset="vcf", force=True)
    convert([packed], vcf.with_suffix(".vcz"), show_progress=False)
    return vcf.with_suffix(".vcz")


def test_an_allele_number_beyond_alt_is_refused_beside_a_symbolic_one(tmp_path: Path) -> None:
    vcf = write_vcf(tmp_path / "a.vcf", "1 11 . A G,<NON_REF> . . . GT 0|3 0|0 1|1 0|0\n")
    with pytest.raises(DataError, match=r"1:11: sample t1 has an allele number beyond ALT"):
        make_source(vcf).read("1", 0, 5000)


@pytest.mark.parametrize(
    ("ref", "alt", "reason"),
    [
        ("0", "1", DropReason.NOT_BASES),
        ("A", "B", DropReason.NOT_BASES),
        ("1", "2", DropReason.NOT_BASES),
        ("I", "D", DropReason.NOT_BASES),
        ("A", "-", DropReason.NOT_BASES),
        ("N", "A", DropReason.NOT_BASES),
        ("A", "INS", DropReason.NOT_BASES),
        ("AC", "A", DropReason.INDEL),
        ("AC", "GT", DropReason.INDEL),
        ("A", "<DEL>", DropReason.SYMBOLIC),
        ("A", "*", DropReason.SYMBOLIC),
        ("A", "<*>", DropReason.NO_ALT),
        ("A", ".", DropReason.NO_ALT),
        ("A", "G,T", DropReason.MULTIALLELIC),
    ],
)
def test_the_error_names_the_class_that_took_every_record(
    tmp_path: Path, ref: str, alt: str, reason: DropReason
) -> None:
    rows = "".join(f"1 {position} . {ref} {alt} . . . GT 0|1 0|0 0|0 0|0\n" for position in (11, 12, 13))
    source = make_source(write_vcf(tmp_path / "a.vcf", rows + "1 20 . A G . . . GT 0|0 0|0 0|0 0|0\n"))
    source.read(*source.contigs()[0])
    with pytest.raises(DataError) as caught:
        source.require_sites()
    message = str(caught.value).removeprefix(f"{tmp_path}/a.vcf: ")
    assert message == (
        f"no usable site in 1: of 4 records, 3 {reason.description}, 1 that do not vary in the selected samples; "
        f"{reason.remedy}"
    )


def test_a_mask_that_takes_every_site_is_named(tmp_path: Path) -> None:
    bed = tmp_path / "mask.bed"
    bed.write_text("1\t100\t4000\n2\t0\t1\n")
    source = make_source(write_vcf(tmp_path / "a.vcf", RECORDS.split("2 15")[0]), include_bed=bed)
    for contig in source.contigs():
        source.read(*contig)
    with pytest.raises(DataError, match=r"of 11 records, 4 outside the callable regions, .*; check --include-bed"):
        source.require_sites()


def test_lower_case_is_read_like_upper_case(tmp_path: Path) -> None:
    source = make_source(write_vcf(tmp_path / "a.vcf", "1 11 . a g . . . GT 0|1 0|0 0|0 0|0\n"))
    assert source.read("1", 0, 5000).positions_bp.tolist() == [10]
    source.require_sites()


def test_a_site_without_a_genotype_of_the_outgroup_is_dropped(tmp_path: Path) -> None:
    """Nobody knows what the outgroup lacks there. A target without a genotype stays."""
    genotypes = ("0|1 0|0 1|1 .|0", "0|1 .|. 1|1 .|.", ".|. 0|1 1|1 0|0")  # t1, o1, x, o2
    records = "".join(f"1 {11 + site} . A G . . . GT {text}\n" for site, text in enumerate(genotypes))
    source = make_source(write_vcf(tmp_path / "x.vcf", records))
    haplotypes = source.read("1", 0, 5000)
    assert haplotypes.positions_bp.tolist() == [10, 12]
    assert source.counts.dropped[DropReason.OUTGROUP_MISSING] == 1
