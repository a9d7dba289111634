"""Outputs do not tell where they were made: equal runs in different folders give equal bytes, paths being absolute."""

from pathlib import Path

import pytest
from verbs import run

ROOT = Path(__file__).parents[2]
LENGTH_BP = 60_000


def chain(folder: Path) -> None:
    """Every verb that writes a record, from simulation to report, each file of it under `folder`."""
    for name, text in {
        "mask.bed": f"1\t0\t{LENGTH_BP // 3}\n1\t{LENGTH_BP // 2}\t{LENGTH_BP}\n",
        "whole.bed": f"1\t0\t{LENGTH_BP}\n",
        "map.tsv": f"pos\tchr\tcM\n1\t1\t0\n{LENGTH_BP}\t1\t0.06\n",
        "reference.fa": f">1\n{'A' * LENGTH_BP}\n",
    }.items():
        (folder / name).write_text(text)
    (folder / "observation.yaml").write_text(f"include_bed: {folder / 'mask.bed'}\ngenetic_map: {folder / 'map.tsv'}\n")
    trees, vcf, populations = (folder / name for name in ("x.trees", "x.vcf.gz", "x.tsv"))
    sizes = ("--genomes", 1, "--region-length-bp", LENGTH_BP, "--outgroup-diploids", 12, "--target-diploids", 3)
    observation = ("--observation", folder / "observation.yaml")
    data = ("--vcf", vcf, "--populations", populations, "--outgroup", "Outgroup", "--target", "Target")
    fasta = ("--ancestral", f"fasta={folder / 'reference.fa'}")
    for words in (
        ("simulate", "--scenario", ROOT / "config" / "demo", *sizes, *observation, "--output", trees),
        ("statistics", "--trees", trees, *observation, "--output", folder / "trees.zarr.zip"),
        ("vcf", "write", "--trees", trees, "--output", vcf, "--populations-output", populations),
        ("statistics", *data, *fasta, "--include-bed", folder / "mask.bed", "--output", folder / "vcf.zarr.zip"),
        ("apply", *data, "--include-bed", folder / "whole.bed", "--output", folder / "calls"),
        ("report", "--calls", folder / "calls", "--output", folder / "report.html"),
    ):
        assert run(*words) == 0, words[0]


def contents(folder: Path) -> dict[str, bytes]:
    """Every output; the observation file names its mask, which is what it is for."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "observation.yaml"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_outputs_made_in_two_folders_are_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [tmp_path / name for name in ("one", "another with a longer name")]
    for folder in folders:
        folder.mkdir()
        chain(folder)
    first, second = map(contents, folders)
    assert {"x.trees", "x.tracts.parquet", "vcf.zarr.zip", "calls/provenance.json", "report.html"} <= set(first)
    assert [name for name in first if first[name] != second.get(name)] == []
    assert set(first) == set(second)
    assert not any(str(tmp_path).encode() in content for content in first.values())
