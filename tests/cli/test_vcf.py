"""``introghost vcf`` from simulated trees to a checked VCF."""

from pathlib import Path

import pytest

from introghost.cli import main

ROOT = Path(__file__).parents[2]


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("vcf")
    trees, vcf, populations = folder / "a.trees", folder / "a.vcf.gz", folder / "p.tsv"
    sizes = ["--outgroup-diploids", 3, "--target-diploids", 2, "--panel-diploids", 1, "--region-length-bp", 50_000]
    scenario = ROOT / "config" / "demo"
    assert run("simulate", "--scenario", scenario, "--genomes", 1, "--regions", 2, *sizes, "--output", trees) == 0
    assert run("vcf", "write", "--trees", trees, "--output", vcf, "--populations-output", populations) == 0
    return vcf, populations


def test_what_is_written_passes_the_check(written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    vcf, populations = written
    names = sorted({line.split("\t")[1] for line in populations.read_text().splitlines()[1:]})
    assert names == ["Outgroup", "Target"]
    roles = ["--populations", populations, "--outgroup", "Outgroup", "--target", "Target"]
    assert run("vcf", "check", "--vcf", vcf, *roles, "--ancestral", "info-aa") == 0
    output = capsys.readouterr().out
    assert "samples\tOutgroup (outgroup)\t3\nsamples\tTarget (target)\t2\n" in output
    assert "contigs\t1:1-50,000\t" in output
    assert "contigs\t2:1-50,000\t" in output
    assert "genotypes\tphased heterozygotes\t100.000 %\n" in output


def test_check_without_populations(written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("vcf", "check", "--vcf", written[0], "--region", "2:1-20,000") == 0
    output = capsys.readouterr().out
    assert "samples\tall (target)\t5\n" in output
    assert "contigs\t2:1-20,000\t" in output


def test_errors_are_one_line(written: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut.vcf.gz"
    cut.write_bytes(written[0].read_bytes()[:-100])
    assert run("vcf", "check", "--vcf", cut) == 3
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "truncated" in error
    assert error.count("\n") == 1
    assert run("vcf", "check", "--vcf", written[0], "--outgroup", "Outgroup") == 2
    assert "go together" in capsys.readouterr().err
