"""Phase that holds within sets only, and the phase notation of VCF 4.4."""

import gzip
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.variants.phase_sets import NO_SET, PhaseSets, set_numbers
from introghost.variants.source import VcfSource, open_source
from introghost.variants.tally import tally

HEADER = """##fileformat=VCFv{version}
##contig=<ID=1,length=900000>
##contig=<ID=2,length=900000>
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=PS,Number=1,Type={kind},Description="Phase set">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\to\tt\tx
"""


def opened(folder: Path, records: str, kind: str = "Integer", version: str = "4.2", suffix: str = "vcf") -> VcfSource:
    path = folder / "a.vcf"
    path.write_text(HEADER.format(version=version, kind=kind) + records.replace(" ", "\t"))
    (folder / "p.tsv").write_text("o O\nt T\n")
    if suffix == "gz":
        path = folder / "a.vcf.gz"
        path.write_bytes(gzip.compress((folder / "a.vcf").read_bytes()))
    elif suffix == "indexed":
        path = folder / "b.vcf.gz"
        pysam.tabix_compress(str(folder / "a.vcf"), str(path))
        pysam.tabix_index(str(path), preset="vcf")
    elif suffix == "bcf":
        path = folder / "a.bcf"
        pysam.bcftools.view("-Ob", "-o", str(path), str(folder / "a.vcf"), catch_stdout=False)
    return open_source(path, folder / "p.tsv", ["O"], ["T"], ancestral="outgroup-major")


def phase_findings(source: VcfSource) -> list[Finding]:
    for contig in source.contigs():
        source.read(*contig)
    return [finding for finding in source.findings() if finding.code is Code.PHASE_SETS]


SETS = """1 100 . A G . . . GT:PS 0|1:100 0|1:100 0|1:1
1 200 . A G . . . GT:PS 0|1:100 0|1:100 0|1:2
1 300 . A G . . . GT:PS 0|1:100 0|1:300 0|1:3
1 400 . A G . . . GT:PS 0|0:400 1|0:300 0|1:4
"""


@pytest.mark.parametrize("suffix", ["vcf", "gz", "indexed", "bcf"])
def test_two_sets_on_a_contig_are_told(tmp_path: Path, suffix: str) -> None:
    """Of o all heterozygotes are of one set, and x is not looked at."""
    (finding,) = phase_findings(opened(tmp_path, SETS, suffix=suffix))
    assert finding.severity is Severity.WARNING
    assert finding.text.startswith("phase holds within phase sets (FORMAT/PS) only, in 1 of 2 samples (t), ")
    assert "up to 2 sets on a contig" in finding.text


def test_sets_have_names_in_some_files(tmp_path: Path) -> None:
    records = SETS.replace(":100", ":a").replace(":300", ":b")
    (finding,) = phase_findings(opened(tmp_path, records, kind="String"))
    assert "in 1 of 2 samples (t)" in finding.text


def test_one_set_on_each_contig_is_chromosome_wide_phase(tmp_path: Path) -> None:
    records = SETS.replace(":300", ":100") + "2 50 . A G . . . GT:PS 0|1:50 0|1:50 0|1:1\n"
    assert not phase_findings(opened(tmp_path, records))


def test_files_without_sets_are_of_one_set(tmp_path: Path) -> None:
    records = "".join(f"1 {position} . A G . . . GT 0|1 1|0 0|1\n" for position in (100, 200, 300))
    assert not phase_findings(opened(tmp_path, records))


def test_a_check_looks_at_all_samples(tmp_path: Path) -> None:
    opened(tmp_path, SETS)
    finding = tally(tmp_path / "a.vcf").phase_sets.finding()
    assert finding is not None
    assert "in 2 of 3 samples (t, x), with up to 4 sets" in finding.text


def test_changes_are_counted_across_blocks() -> None:
    sets = np.array([[1, 1], [1, 2], [1, 1], [NO_SET, 1]])
    heterozygous = np.array([[True, True], [True, True], [True, False], [True, True]])
    whole, parts = PhaseSets(("a", "b")), PhaseSets(("a", "b"))
    whole.add("1", sets, heterozygous)
    for row in range(4):
        parts.add("1", sets[row : row + 1], heterozygous[row : row + 1])
    assert whole._changes["1"].tolist() == parts._changes["1"].tolist() == [1, 2]


def test_missing_sets_and_sets_by_allele() -> None:
    assert set_numbers(np.array([[5], [-(2**31)]])).tolist() == [5, NO_SET]
    first, second, missing = set_numbers(np.array(["x,y", "y", "."])).tolist()
    assert first == second != missing == NO_SET


NOTATION = """1 100 . A G . . . GT |0|1 /0/0 0|1
1 200 . A G . . . GT |1|0 |0|1 /0/1
1 300 . A G . . . GT 0|1 /1/1 |0|0|1
1 400 . A G . . . GT:PS |0|1:7 .|0:7 /.:7
"""


@pytest.mark.parametrize("version", ["4.4", "4.5"])
@pytest.mark.parametrize("suffix", ["vcf", "gz", "indexed"])
def test_leading_phase_of_vcf_4_4(tmp_path: Path, version: str, suffix: str) -> None:
    source = opened(tmp_path, NOTATION, version=version, suffix=suffix)
    haplotypes = source.read("1", 0, 1000)
    assert haplotypes.positions_bp.tolist() == [99, 199, 299, 399]
    assert haplotypes.genotypes.tolist() == [[0, 1, 0, 0], [1, 0, 0, 1], [0, 1, 1, 1], [0, 1, -1, 0]]
    assert tally(source.files.paths).num_snvs == 4


@pytest.mark.parametrize("genotype", ["/0/1", "/0|1", "|0/1"])
def test_an_allele_without_phase_is_none(tmp_path: Path, genotype: str) -> None:
    source = opened(tmp_path, f"1 100 . A G . . . GT {genotype} 0|0 0|0\n", version="4.4")
    with pytest.raises(DataError, match=r"1:100: sample o has an unphased heterozygote; phase the VCF"):
        source.read("1", 0, 1000)


def test_damage_of_a_file_in_that_notation_is_told(tmp_path: Path) -> None:
    source = opened(tmp_path, NOTATION.replace("1 200", "1 50"), version="4.4")
    with pytest.raises(DataError, match=r"a\.vcf: not sorted: 1:50 comes after 1:100"):
        source.read("1", 0, 1000)
