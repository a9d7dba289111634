"""The verb `observe` on a VCF of simulated genomes, of which a part of the samples is selected."""

from pathlib import Path

import pytest
import yaml
from verbs import run

from introghost.simulation.observation import ObservationModel

DEMO = Path(__file__).parents[2] / "config" / "demo"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("observe")
    sizes = ("--regions", 2, "--region-length-bp", 300_000, "--outgroup-diploids", 16, "--target-diploids", 14)
    assert run("simulate", "--scenario", DEMO, "--genomes", 1, *sizes, "--output", path / "x.trees") == 0
    written = ("--output", path / "x.vcf", "--populations-output", path / "x.tsv")
    assert run("vcf", "write", "--trees", path / "x.trees", *written) == 0
    table = (path / "x.tsv").read_text().splitlines()
    outgroup, target = ([row for row in table if row.endswith(role)] for role in ("Outgroup", "Target"))
    (path / "part.tsv").write_text("\n".join([table[0], *outgroup[:6], *target[:5]]) + "\n")
    (path / "mask.bed").write_text("1\t0\t150000\n2\t0\t300000\n")
    return path


def observe(folder: Path, output: Path, *more: object, vcf: str = "x.vcf", populations: str = "part.tsv") -> int:
    roles = ("--outgroup", "Outgroup", "--target", "Target")
    data = ("--vcf", folder / vcf, "--populations", folder / populations)
    return run("observe", *data, *roles, "--output", output, *more)


def filtered(path: Path, least: int) -> None:
    """A copy without the sites whose rarer allele is seen less than `least` times in all samples."""
    kept = []
    for line in path.read_text().splitlines():
        alleles = [] if line.startswith("#") else "|".join(line.split("\t")[9:]).split("|")
        if not alleles or min(alleles.count("0"), alleles.count("1")) >= least:
            kept.append(line)
    path.with_name("filtered.vcf").write_text("\n".join(kept) + "\n")


def test_what_is_learned_is_an_observation_model(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "observation.yaml"
    assert observe(folder, output, "--include-bed", folder / "mask.bed") == 0
    printed = capsys.readouterr().out
    learned = yaml.safe_load(output.read_text())["observation"]
    assert (learned["outgroup_diploids"], learned["target_diploids"]) == ([5, 8], [4, 6])
    assert learned["minimum_allele_count"] == 1
    assert learned["include_bed"] == str(folder / "mask.bed")
    assert learned["regions"] == ["1:1-300000", "2:1-300000"]
    assert "callable share\t0.7" in printed
    for key in learned:
        assert f"\n{key}\t" in printed
    assert ObservationModel.parse(str(output)).include_bed


def test_the_filter_is_that_of_all_samples_of_the_file(folder: Path, tmp_path: Path) -> None:
    filtered(folder / "x.vcf", 4)
    assert observe(folder, tmp_path / "part.yaml", vcf="filtered.vcf") == 0
    learned = yaml.safe_load((tmp_path / "part.yaml").read_text())["observation"]
    assert learned["minimum_allele_count"] == 4
    assert 5 <= learned["panel_outgroup_diploids"] <= 19
    assert observe(folder, tmp_path / "all.yaml", vcf="filtered.vcf", populations="x.tsv") == 0
    learned = yaml.safe_load((tmp_path / "all.yaml").read_text())["observation"]
    assert (learned["minimum_allele_count"], learned["outgroup_diploids"]) == (4, [13, 20])
    assert learned["panel_outgroup_diploids"] == learned["panel_target_diploids"] == 0


def test_equal_runs_give_equal_bytes_and_a_region_is_kept_to(folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert observe(folder, tmp_path / name) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert observe(folder, tmp_path / "c", "--region", "2:1-100,000") == 0
    assert "of 100,000 bp" in (tmp_path / "c").read_text()
    assert observe(folder, tmp_path / "d", "--region", "2:1001-100,000", "--include-bed", folder / "mask.bed") == 0
    assert yaml.safe_load((tmp_path / "d").read_text())["observation"]["regions"] == ["2:1001-100000"]


def test_a_file_in_which_nothing_varies_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (folder / "x.vcf").read_text().replace("1|", "0|").replace("|1", "|0")
    (folder / "same.vcf").write_text(lines)
    assert observe(folder, tmp_path / "o.yaml", vcf="same.vcf") == 3
    assert "2,828 that do not vary in the selected samples, 6 multiallelic; give a VCF" in capsys.readouterr().err
    assert not (tmp_path / "o.yaml").exists()
