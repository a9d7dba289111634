"""An index is used only if it is of the file as it is now."""

import gzip
import os
import shutil
from pathlib import Path

import pysam
import pysam.bcftools
import pytest

from introghost.errors import DataError
from introghost.variants.index import checked_index

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


def test_an_index_older_than_the_file_is_refused(tmp_path: Path) -> None:
    vcf = write(tmp_path / "a.vcf.gz", "1")
    written = vcf.stat().st_mtime
    os.utime(f"{vcf}.tbi", (written - 3, written - 3))  # as copying in any order leaves it
    assert checked_index(vcf) is not None
    os.utime(f"{vcf}.tbi", (written - 60, written - 60))
    with pytest.raises(DataError, match=r"older than a\.vcf\.gz; re-index with `bcftools index -f"):
        checked_index(vcf)


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
