"""Genes at the peaks."""

import gzip
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd
import pytest

from introghost.errors import DataError
from introghost.report import karyogram
from introghost.report.genes import Gene, read_genes
from introghost.report.genome import Stretch

WINDOW = Stretch("1", 1_000, 3_000, 0.5)
LINES = [
    "#!genome-build GRCh37",
    'chr1\ths\tgene\t1001\t2000\t.\t+\t.\tgene_id "ENSG1"; gene_name "DPYD"; level 2;',
    'chr1\ths\texon\t1001\t1100\t.\t+\t.\tgene_id "ENSG1"; gene_name "DPYD";',
    'chr1\ths\tgene\t3001\t4000\t.\t+\t.\tgene_name "AFTER";',
    "1\ths\tgene\t2900\t5000\t.\t-\t.\tID=gene:ENSG3;Name=SNX7;biotype=x",
    'chr2\ths\tgene\t1001\t2000\t.\t+\t.\tgene_name "ELSEWHERE";',
]


@pytest.mark.parametrize("is_compressed", [False, True])
def test_genes_of_the_windows_are_read_from_gtf_and_gff(tmp_path: Path, is_compressed: bool) -> None:
    text = "\n".join(LINES) + "\n"
    path = tmp_path / "genes"
    path.write_bytes(gzip.compress(text.encode()) if is_compressed else text.encode())
    assert read_genes(path, [WINDOW]) == [Gene("DPYD", "chr1", 1_000, 2_000), Gene("SNX7", "1", 2_899, 5_000)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1 100 200 DPYD", "line 1 is not of a GTF or GFF3"),
        ("chr1\ths\tgene\tx\t2000\t.\t+\t.\tName=a", "line 1 is not of a GTF or GFF3"),
        ("chr1\ths\tgene\t200\t100\t.\t+\t.\tName=a", "line 1 goes from 200 to 100; positions are from 1 upwards"),
        ("chr1\ths\tgene\t0\t100\t.\t+\t.\tName=a", "line 1 goes from 0 to 100; positions are from 1 upwards"),
        (LINES[2], "no feature of the type gene"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "genes.gtf").write_text(line + "\n")
    with pytest.raises(DataError, match=message):
        read_genes(tmp_path / "genes.gtf", [WINDOW])
    with pytest.raises(DataError, match="no such file"):
        read_genes(tmp_path / "none.gtf", [WINDOW])


def test_names_are_without_the_escapes_of_gff3(tmp_path: Path) -> None:
    path = tmp_path / "genes.gff3"
    path.write_text("1\ths\tgene\t1001\t2000\t.\t+\t.\tName=a%3Bb%20c\n")
    assert [gene.name for gene in read_genes(path, [WINDOW])] == ["a;b c"]


def test_sequences_at_the_end_of_a_gff_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "genes.gff3"
    path.write_text("\n".join([*LINES, "##FASTA", ">1", "ACGT"]) + "\n")
    assert [gene.name for gene in read_genes(path, [WINDOW])] == ["DPYD", "SNX7"]


def test_an_annotation_with_other_contigs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "genes.gtf").write_text(LINES[1].replace("chr1", "NC_000001.11") + "\n")
    with pytest.raises(DataError, match=r"no gene on 1, where segments are; it has nc_000001\.11"):
        read_genes(tmp_path / "genes.gtf", [WINDOW])


def test_genes_whose_names_would_overlap_stand_below_each_other() -> None:
    segments = pd.DataFrame(
        {"contig": ["1"], "start": [1_000], "end": [2_000], "sample": ["A"], "haplotype": [0], "mean_posterior": [0.9],
         "num_private_alleles": [3]}
    )  # fmt: skip
    genes = [Gene("FAR", "1", 2_500, 2_600), Gene("A_LONG_NAME", "1", 1_000, 1_010), Gene("NEAR", "1", 1_020, 1_030)]
    plain = karyogram.enlarged(1, WINDOW, WINDOW, segments, 0.5, 2).drawing
    drawing = karyogram.enlarged(
        1, WINDOW, WINDOW, segments, 0.5, 2, [*genes, Gene("OTHER", "2", 1_000, 2_000)]
    ).drawing
    texts = {one.text: float(one.get("y", "nan")) for one in ElementTree.fromstring(drawing).iter() if one.text}
    assert texts["A_LONG_NAME"] == texts["FAR"] < texts["NEAR"]
    assert "OTHER" not in texts
    heights = [float(ElementTree.fromstring(one).get("viewBox", "").split()[3]) for one in (plain, drawing)]
    assert heights[1] - heights[0] == 2 * 21
