"""An index is used only if it is of the file as it is now."""

import gzip
import os
import shutil
from pathlib import Path

import pysam
import pysam.bcftools
import pytest

from introghost.errors import DataError
from introghost.findings import Code, Severity
from introghost.variants.files import describe, index_findings
from introghost.variants.index import checked_index
from introghost.variants.source import open_source

HEADER = """##fileformat=VCFv4.3
##contig=<ID=1,length=900000>
##contig=<ID=2,length=900000>
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta
"""


def write(path: Path, *contigs: str, number: int = 30_000, kind: str = "tbi") -> Path:
    """A file with so many records on each contig, several compressed blocks, and its index."""
    rows = (f"{contig}\t{i * 7}\t.\tA\tG\t.\t.\t.\tGT\t0|{i % 2}\n" for contig in contigs for i in range(1, number))
    plain = path.with_suffix(".txt")
    plain.write_text(HEADER + "".join(rows))
    if kind == "bcf":
        pysam.bcftools.view("-Ob", "-o", str(path), str(plain), catch_stdout=False)
        pysam.bcftools.index(str(path))
    else:
        pysam.tabix_compress(str(plain), str(path), force=True)
        pysam.tabix_index(str(path), preset="vcf", force=True, csi=kind == "csi")
    return path


@pytest.mark.parametrize("kind", ["tbi", "csi", "bcf"])
def test_its_own_index_is_trusted(tmp_path: Path, kind: str) -> None:
    index = checked_index(write(tmp_path / "a.vcf.gz", "1", "2", kind=kind))
    assert index is not None
    assert index.has_records("1")
    assert not index.has_records("3")
    assert sum(begin is not None for begin in index.begins) == 2


def test_no_index_is_no_fault(tmp_path: Path) -> None:
    vcf = write(tmp_path / "a.vcf.gz", "1")
    Path(f"{vcf}.tbi").unlink()
    assert checked_index(vcf) is None


@pytest.mark.parametrize("kind", ["tbi", "csi", "bcf"])
@pytest.mark.parametrize(
    ("contigs", "number"),
    [(("1",), 30_000), (("2", "1"), 30_000), (("1", "2"), 29_990), (("1", "2"), 30_010), (("1", "2"), 50)],
    ids=["fewer contigs", "other order", "fewer records", "more records", "much shorter"],
)
def test_the_index_of_another_file_is_refused(tmp_path: Path, kind: str, contigs: tuple[str, ...], number: int) -> None:
    """Made after the file, so that no time gives it away."""
    vcf = write(tmp_path / "a.vcf.gz", *contigs, number=number, kind=kind)
    other = write(tmp_path / "b.vcf.gz", "1", "2", kind=kind)
    suffix = ".tbi" if kind == "tbi" else ".csi"
    shutil.copy(f"{other}{suffix}", f"{vcf}{suffix}")
    with pytest.raises(DataError, match=r"the index is not of a\.vcf\.gz as it is now .* re-index with `bcftools"):
        checked_index(vcf)


@pytest.mark.parametrize("kind", ["tbi", "csi", "bcf"])
def test_an_older_index_that_fits_is_used(tmp_path: Path, kind: str) -> None:
    """Downloads and copies change times; what counts is the content."""
    vcf = write(tmp_path / "a.vcf.gz", "1", "2", kind=kind)
    index = Path(f"{vcf}.{'tbi' if kind == 'tbi' else 'csi'}")
    written = vcf.stat().st_mtime
    os.utime(index, (written - 3, written - 3))  # as copying in any order leaves it
    assert not index_findings(vcf)
    os.utime(index, (written - 86_400, written - 86_400))
    used = checked_index(vcf)
    assert used is not None
    assert used.is_older
    (finding,) = index_findings(vcf)
    assert (finding.code, finding.severity) == (Code.INDEX, Severity.REMARK)
    assert finding.text.startswith(f"the index {index.name} is older than a.vcf.gz, but fits")


@pytest.mark.parametrize("kind", ["tbi", "csi"])
def test_an_index_of_other_positions_is_refused(tmp_path: Path, kind: str) -> None:
    """Both files have one block and as many bytes, so that nothing but the positions tells them apart."""
    for name, first in (("a", 100_000), ("b", 700_000)):
        rows = "".join(f"1\t{first + i}\t.\tA\tG\t.\t.\t.\tGT\t0|{i % 2}\n" for i in range(100))
        (tmp_path / f"{name}.txt").write_text(HEADER + rows)
        pysam.tabix_compress(str(tmp_path / f"{name}.txt"), str(tmp_path / f"{name}.vcf.gz"))
        pysam.tabix_index(str(tmp_path / f"{name}.vcf.gz"), preset="vcf", csi=kind == "csi")
    assert checked_index(tmp_path / "a.vcf.gz") is not None
    shutil.copy(tmp_path / f"b.vcf.gz.{kind}", tmp_path / f"a.vcf.gz.{kind}")
    with pytest.raises(DataError, match=r"a record of contig 1 is not where it says\); re-index with"):
        checked_index(tmp_path / "a.vcf.gz")


LONG = [100, 5_000, 300_000_000, 536_870_900, 536_870_920, 600_000_000, 699_999_990]


def long_vcf(folder: Path, declared: str, kind: str) -> Path:
    """A file whose records reach beyond 2^29 bp, with a CSI index."""
    header = HEADER.replace("##contig=<ID=1,length=900000>\n", declared).replace("\ta\n", "\to\tt\n")
    rows = "".join(f"1\t{position}\t.\tA\tG\t.\t.\t.\tGT\t0|1\t0|0\n" for position in LONG)
    (folder / "a.txt").write_text(header + rows)
    (folder / "p.tsv").write_text("o\tO\nt\tT\n")
    path = folder / ("a.bcf" if kind == "bcf" else "a.vcf.gz")
    if kind == "bcf":
        pysam.bcftools.view("-Ob", "-o", str(path), str(folder / "a.txt"), catch_stdout=False)
        pysam.bcftools.index(str(path))
    else:
        pysam.tabix_compress(str(folder / "a.txt"), str(path))
        pysam.tabix_index(str(path), preset="vcf", csi=True)
    return path


@pytest.mark.parametrize(
    ("kind", "declared"),
    [
        ("csi", ""),
        ("csi", "##contig=<ID=1>\n"),
        ("csi", "##contig=<ID=1,length=700000000>\n"),
        ("bcf", "##contig=<ID=1,length=700000000>\n"),  # without a length bcftools makes no index of it
    ],
)
def test_nothing_beyond_the_reach_of_tabix_is_lost(tmp_path: Path, kind: str, declared: str) -> None:
    vcf = long_vcf(tmp_path, declared, kind)
    source = open_source(vcf, tmp_path / "p.tsv", ["O"], ["T"], ancestral="outgroup-major")
    ((contig, start, end),) = source.contigs()
    assert end == (700_000_000 if "length" in declared else 699_999_990)
    assert source.read(contig, start, end).positions_bp.tolist() == [position - 1 for position in LONG]
    part = open_source(
        vcf, tmp_path / "p.tsv", ["O"], ["T"], ancestral="outgroup-major", region="1:536870910-650000000"
    )
    assert part.read(*part.contigs()[0]).positions_bp.tolist() == [536_870_919, 599_999_999]


def test_a_tabix_index_of_a_longer_contig_is_refused_by_name(tmp_path: Path) -> None:
    header = HEADER.replace("##contig=<ID=1,length=900000>", "##contig=<ID=1,length=700000000>")
    (tmp_path / "a.txt").write_text(header + "1\t100\t.\tA\tG\t.\t.\t.\tGT\t0|1\n")
    vcf = tmp_path / "a.vcf.gz"
    pysam.tabix_compress(str(tmp_path / "a.txt"), str(vcf))
    pysam.tabix_index(str(vcf), preset="vcf")
    with pytest.raises(DataError, match=r"a TBI index reaches to 536,870,912 bp, contig 1 is 700,000,000 .* CSI index"):
        describe(vcf)


@pytest.mark.parametrize("kind", ["tbi", "csi"])
@pytest.mark.parametrize("keep", [0, 20, 0.5, -1, -28], ids=["empty", "head", "half", "a byte less", "no end block"])
def test_a_damaged_index_is_refused(tmp_path: Path, kind: str, keep: float) -> None:
    vcf = write(tmp_path / "a.vcf.gz", "1", kind=kind)
    index = Path(f"{vcf}.{kind}")
    whole = index.read_bytes()
    cut = whole[: int(keep * len(whole)) if isinstance(keep, float) else keep]
    if keep == -28:  # nothing of the content is lost
        index.write_bytes(cut)
        assert checked_index(vcf) is not None
        return
    index.write_bytes(cut)
    with pytest.raises(DataError, match=r"the index is damaged .* re-index"):
        checked_index(vcf)


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    vcf = write(tmp_path / "a.vcf.gz", "1")
    Path(f"{vcf}.tbi").write_bytes(gzip.compress(b"BAI\1" + bytes(40)))
    with pytest.raises(DataError, match="the index is damaged"):
        checked_index(vcf)
    plain = write(tmp_path / "b.vcf.gz", "1").with_suffix(".txt")
    shutil.copy(tmp_path / "b.vcf.gz.tbi", f"{plain}.tbi")
    with pytest.raises(DataError, match="no compressed block"):
        checked_index(plain)
