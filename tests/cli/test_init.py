"""The verb `init` on VCF files of simulated genomes: the configuration is one that runs, and what `observe` learns."""

from pathlib import Path

import pytest
import yaml
from bad_inputs import Inputs
from verbs import run

from introghost.config import load
from introghost.configuration import Configuration, Kind
from introghost.simulation.observation import ObservationModel

DEMO = Path(__file__).parents[2] / "config" / "demo"
DATA = ("--vcf", "x.vcf", "--populations", "x.tsv", "--outgroup", "Outgroup")
UNPHASED = "0/1"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VCF of 12 individuals of the outgroup, 6 of the population Near and 4 of Far, on two contigs."""
    path = tmp_path_factory.mktemp("init")
    sizes = ("--regions", 2, "--region-length-bp", 300_000, "--outgroup-diploids", 12, "--target-diploids", 10)
    assert run("simulate", "--scenario", DEMO, "--genomes", 1, *sizes, "--output", path / "x.trees") == 0
    written = ("--output", path / "x.vcf", "--populations-output", path / "x.tsv")
    assert run("vcf", "write", "--trees", path / "x.trees", *written) == 0
    rows = (path / "x.tsv").read_text().splitlines()
    targets = [row.partition("\t")[0] for row in rows if row.endswith("Target")]
    population = {name: "Near" if number < 6 else "Far" for number, name in enumerate(targets)}
    renamed = [f"{name}\t{population.get(name, old)}" for name, old in (row.split("\t") for row in rows)]
    (path / "x.tsv").write_text("\n".join(renamed) + "\n")
    (path / "mask.bed").write_text("1\t0\t150000\n2\t0\t300000\n")
    return path


@pytest.fixture
def folder(simulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, in which the files of `simulated` are."""
    for path in simulated.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*more: object, output: str = "my.yaml") -> Configuration:
    assert run("init", *DATA, "--output", output, *more) == 0
    return load(Path(output))


def test_the_configuration_is_of_the_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configuration = init("--target", "Near,Far", "--include-bed", "mask.bed", "--region", "2")
    printed = dict(line.split("\t", 1) for line in capsys.readouterr().out.splitlines())
    data = configuration.data
    assert data is not None
    assert (data.vcf, data.populations, data.outgroup) == (("x.vcf",), "x.tsv", ("Outgroup",))
    assert (data.targets, data.include_bed, data.region) == ({"Near+Far": ("Near", "Far")}, "mask.bed", "2")
    assert configuration.results == "results/my"
    assert printed["individuals"] == "12 of the outgroup Outgroup; 10 of the target Near,Far"
    assert printed["contigs"] == "1"
    assert printed["verdict"].startswith("too little sequence is expected: 0.3 Mb callable")
    assert "0 stretches of 1 Mb in which the outgroup varies, 20 are needed" in Path("my.yaml").read_text()
    assert printed["estimated time"].endswith(" minutes on 2 cores")
    assert printed["next"] == "introghost run my.yaml"


def test_the_observation_is_what_observe_learns(folder: Path) -> None:
    more = ("--target", "Near,Far", "--include-bed", "mask.bed")
    configuration = init(*more)
    assert run("observe", *DATA, *more, "--output", "o.yaml") == 0
    assert configuration.observation == ObservationModel.parse("o.yaml")


def test_the_observation_of_several_targets_holds_that_of_each(folder: Path) -> None:
    configuration = init("--target", "Near", "--target", "Far")
    assert configuration.data is not None
    assert list(configuration.data.targets) == ["Near", "Far"]
    both = configuration.observation
    for target, sizes in (("Near", (5, 8)), ("Far", (3, 5))):
        assert run("observe", *DATA, "--target", target, "--output", "o.yaml") == 0
        one = ObservationModel.parse("o.yaml")
        assert one.target_diploids is not None
        assert both.target_diploids is not None
        assert (one.target_diploids.low, one.target_diploids.high) == sizes
        assert both.target_diploids.low <= one.target_diploids.low
        assert both.target_diploids.high >= one.target_diploids.high
        assert both.outgroup_diploids == one.outgroup_diploids
        assert both.minimum_allele_count == one.minimum_allele_count
        assert both.panel_target_diploids >= one.panel_target_diploids
    assert both.target_diploids is not None
    assert (both.target_diploids.low, both.target_diploids.high) == (3, 8)


def test_files_of_one_contig_each_are_one_genome(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Path("x.vcf").read_text().splitlines()
    for contig in "12":
        kept = [line for line in lines if line.startswith("#") or line.split("\t")[0] == contig]
        Path(f"{contig}.vcf").write_text("\n".join(kept) + "\n")
    several = ("--vcf", "1.vcf", "--vcf", "2.vcf", *DATA[2:], "--target", "Near")
    assert run("init", *several, "--output", "several.yaml") == 0
    printed = capsys.readouterr().out
    assert "files\t1.vcf, 2.vcf\n" in printed
    assert "contigs\t2\n" in printed
    configuration, joined = load(Path("several.yaml")), init("--target", "Near")
    assert configuration.data is not None
    assert configuration.data.vcf == ("1.vcf", "2.vcf")
    assert configuration.observation == joined.observation
    assert configuration.simulations == joined.simulations


def test_equal_runs_give_equal_bytes(folder: Path) -> None:
    init("--target", "Near")
    before = Path("my.yaml").read_bytes()
    Path("my.yaml").unlink()
    init("--target", "Near")
    assert Path("my.yaml").read_bytes() == before


def test_a_configuration_that_is_there_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("exists.yaml").write_text("edited: true\n")
    assert run("init", *DATA, "--target", "Near", "--output", "exists.yaml") == 2
    assert capsys.readouterr().err == "error: exists.yaml is there already; name another file or remove it\n"
    assert Path("exists.yaml").read_text() == "edited: true\n"


def test_results_have_no_leading_dots(folder: Path) -> None:
    assert init("--target", "Near", output="..my.run.yaml").results == "results/my.run"


def test_a_year_may_be_aimed_at(folder: Path) -> None:
    segments = init("--target", "Near", "--minutes", 525_600).simulations[Kind.SEGMENTS]
    assert segments.genomes == {"ghost": 250, "no_ghost": 125, "structure": 125}  # the most that are worth it


def test_simulations_take_the_configuration_as_it_is(folder: Path) -> None:
    configuration = init("--target", "Near", "--include-bed", "mask.bed")
    section = yaml.safe_load(Path("my.yaml").read_text())["observation"]
    Path("o.yaml").write_text(yaml.safe_dump({"observation": section}))
    observed = ("--observation", "o.yaml")
    scenario = ("--scenario", configuration.scenarios["no_ghost"], "--region-length-bp", 100_000)
    assert run("simulate", *scenario, "--genomes", 1, *observed, "--output", "s.trees") == 0
    assert run("statistics", "--trees", "s.trees", "--bin-bp", 5000, *observed, "--output", "s.zarr.zip") == 0


def test_what_a_check_refuses_is_refused_in_the_same_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Inputs(tmp_path)
    inputs.set(20, 9, UNPHASED)
    inputs.options["ancestral"] = "outgroup-major"
    inputs.write()
    assert run("vcf", "check", *inputs.arguments()) == 3
    expected = capsys.readouterr().err.splitlines()[-1]
    assert run("init", *inputs.arguments(), "--output", tmp_path / "my.yaml") == 3
    assert capsys.readouterr().err.splitlines()[-1] == expected
    assert "unphased" in expected
    assert not (tmp_path / "my.yaml").exists()


def test_a_flaw_of_one_of_several_targets_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Path("x.vcf").read_text().splitlines()
    last = next(number for number, line in reversed(list(enumerate(lines))) if line.endswith(("0|1", "1|0")))
    lines[last] = lines[last][:-3] + UNPHASED
    Path("unphased.vcf").write_text("\n".join(lines) + "\n")
    data = ("--vcf", "unphased.vcf", *DATA[2:])
    assert run("init", *data, "--target", "Near", "--output", "one.yaml") == 0
    capsys.readouterr()
    assert run("init", *data, "--target", "Near", "--target", "Far", "--output", "two.yaml") == 3
    assert "unphased" in capsys.readouterr().err
    assert not Path("two.yaml").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--target", "Near", "--target", "Near"], "--target Near is given twice; leave one out"),
        (
            ["--target", "Near,Far", "--target", "Far, Near"],
            "--target Far, Near is given twice, once as Near,Far; leave",
        ),
        (["--target", "Near", "--minutes", "nan"], "--minutes nan: expected 1 to 525600 minutes"),
        (["--target", "Near", "--minutes", "inf"], "--minutes inf: expected 1 to 525600 minutes"),
        (["--target", "Near", "--minutes", "1e308"], "--minutes 1e+308: expected 1 to 525600 minutes"),
        (["--target", "Near", "--minutes", "0.5"], "--minutes 0.5: expected 1 to 525600 minutes"),
        (["--target", "Near", "--output", "...yaml"], "--output '...yaml': results are named like it, without dots"),
        (["--target", "Near", "--output", "-my.yaml"], "--output '-my.yaml': commands take it for an option"),
        (["--target", "Near", "--output", "a{b}.yaml"], "--output 'a{b}.yaml': results are named like it"),
        (["--target", "Near", "--include-bed", "<m>.bed"], "--include-bed '<m>.bed': Snakemake does not take braces"),
    ],
)
def test_what_the_workflow_could_not_take_is_refused(
    more: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("<m>.bed").write_text("1\t0\t150000\n")
    output = [] if "--output" in more else ["--output", "my.yaml"]
    before = sorted(path.name for path in folder.iterdir())
    assert run("init", *DATA, *more, *output) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}")
    assert error.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_folder_that_is_named_like_a_scenario_is_told_before_anything_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "ghost").mkdir()
    assert run("init", *DATA, "--target", "Near", "--output", "my.yaml") == 2
    assert "scenarios ghost: the shipped scenario or the folder here?" in capsys.readouterr().err
    assert not Path("my.yaml").exists()
