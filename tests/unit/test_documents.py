"""Every code block of a document is run by a test, or compared with what it is about; so is every call in the text."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
import yaml
from code_blocks import ROOT, all_blocks, blocks, commands, followed, in_shell, inline_commands
from verbs import leaves, run

from introghost import errors
from introghost.config import load
from introghost.simulation import scenarios

PAGES = ["README.md", "CONTRIBUTING.md", "config/README.md", *sorted(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))]
MADE_BY_SPHINX = ("{toctree}", "{eval-rst}", "{include}")

# The tests that see to each block of a page, in the order of the blocks. Those of the whole page are slow.
TESTED: dict[str, list[str]] = {
    "README.md": [
        "test_the_readme_installs_as_make_does",
        "test_the_readmes_three_commands_run",
        "test_the_readmes_python_runs",
    ],
    "CONTRIBUTING.md": ["test_targets_of_make_are_there"],
    "config/README.md": ["test_the_page_of_configurations"] * 3,
    "docs/architecture.md": ["test_the_picture_of_the_architecture_is_no_code"],
    "docs/cluster.md": ["test_the_page_of_clusters"] * 5,
    "docs/command_line.md": ["test_strict_is_an_exit_code"],
    "docs/new_scenario.md": ["test_the_page_of_new_scenarios"] * 10,
    "docs/no_scenario_fits.md": ["test_the_page_of_no_scenario_fits"] * 6,
    "docs/other_species.md": ["test_the_page_of_other_species"] * 8,
    "docs/own_data.md": ["test_the_page_of_own_data"],
    "docs/several_targets.md": ["test_the_page_of_several_targets"] * 9,
    "docs/step_by_step.md": ["test_step_by_step"],
    "docs/tutorial.md": ["test_the_tutorial_on_simulated_data_runs"] * 4
    + ["test_the_tutorial_on_a_real_locus_runs_and_says_what_comes_out"] * 2,
}


@pytest.mark.parametrize("page", PAGES)
def test_every_block_has_a_test(page: str) -> None:
    found = [block for block in all_blocks(page) if block.language not in MADE_BY_SPHINX]
    tests = TESTED.get(page, [])
    assert len(found) == len(tests)
    code = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert all(f"def {name}(" in code for name in tests)


@pytest.mark.parametrize("page", PAGES)
def test_calls_have_verbs_and_options_that_there_are(page: str) -> None:
    verbs = dict(leaves())
    lines = [words for block in blocks(page) for words in commands(re.sub("^ +", "", block, flags=re.MULTILINE))]
    for words in [*lines, *inline_commands(page)]:
        names = [name for name in verbs if words[1 : 1 + len(name.split())] == name.split()]
        if not names:  # VERB, and groups with --help
            assert "--help" in words or words[1] in ("VERB", "vcf", "config") or words[1].startswith("--"), words
            continue
        (name,) = names
        options = {option for parameter in verbs[name].params for option in parameter.opts} | {"--help"}
        given = words[: words.index("--")] if "--" in words else words
        assert {word.partition("=")[0] for word in given if word.startswith("--")} <= options, words
        if words in lines:
            required = [p for p in verbs[name].params if p.required and isinstance(p, click.Option)]
            in_variable = any(word.startswith("$") for word in words)
            assert in_variable or all(set(each.opts) & set(given) for each in required), words


def check_printed(quoted: str, printed: str) -> None:
    """Every line that a page quotes was printed, as a line or a part of one."""
    for line in quoted.splitlines():
        assert line in printed, (line, printed)


def follow(page: str, old: str = "", new: str = "") -> str:
    """Do what the blocks for a shell say, and check what a page says that they print.

    With a word in place of another, such as less sequence, other things are printed. What is printed last is returned.
    """
    printed = ""
    for block in all_blocks(page):
        if not block.language:
            printed = followed(block.text.replace(old, new))
        elif block.language == "text" and old == new:
            check_printed(block.text, printed)
    return printed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of who follows a page, in which the files of the repository are."""
    for name in ("config", "workflow"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def link(demo: Path, name: str) -> None:
    """The data of the README under another name in the working directory."""
    for suffix in ("vcf.gz", "tsv"):
        Path(f"{name}.{suffix}").symlink_to(demo / f"demo.{suffix}")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small ``demo.vcf.gz`` and ``demo.tsv``."""
    path = tmp_path_factory.mktemp("small")
    sizes = ("--regions", 2, "--region-length-bp", 300_000, "--outgroup-diploids", 12, "--target-diploids", 8)
    assert run("simulate", "--scenario", "demo", "--genomes", 1, *sizes, "--output", path / "demo.trees") == 0
    written = ("--output", path / "demo.vcf.gz", "--populations-output", path / "demo.tsv")
    assert run("vcf", "write", "--trees", path / "demo.trees", *written) == 0
    return path


def executed(code: str) -> dict[str, Any]:
    """The names that a block of Python defines."""
    values: dict[str, Any] = {}
    exec(code, values)
    return values


def table(page: str, heading: str) -> list[list[str]]:
    """Cells of the rows of the table of a page whose header begins with some words."""
    lines = (ROOT / page).read_text(encoding="utf-8").split(f"| {heading}")[1].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_the_readme_installs_as_make_does() -> None:
    recipe = (ROOT / "Makefile").read_text()
    make, install = blocks("README.md")[0].splitlines()[0].split(" && ")
    assert make.endswith("-m venv .venv")
    (wanted,) = re.findall(r"-m pip (install .*)", recipe)
    assert install.removeprefix(".venv/bin/pip ") == wanted.replace("--quiet --disable-pip-version-check ", "")


def test_targets_of_make_are_there() -> None:
    named = re.findall(r"^make (\S+)", blocks("CONTRIBUTING.md")[0], flags=re.MULTILINE)
    assert len(named) == 4
    for target in named:
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


def test_the_picture_of_the_architecture_is_no_code() -> None:
    (picture,) = blocks("docs/architecture.md")
    assert "──►" in picture


def test_the_page_of_configurations(folder: Path, small: Path) -> None:
    check, observe = blocks("config/README.md")
    assert "ok" in followed(check)
    assert {path.stem for path in Path("figures").glob("*.svg")} > {"ghost", "no_ghost"}
    link(small, "data")
    Path("populations.tsv").symlink_to(small / "demo.tsv")
    followed(observe.replace("YRI", "Outgroup").replace("GBR", "Target"))
    assert "minimum_allele_count" in Path("observation.yaml").read_text()
    (priors,) = blocks("config/README.md", "yaml")
    merge(Path("config/scenarios/ghost"), priors)
    assert scenarios.load(Path("config/scenarios/ghost")).has_target_ghost


def merge(scenario: Path, block: str) -> None:
    """Put what a block has of priors, or of their parameters or bounds, into a scenario's."""
    path, new = scenario / "priors.yaml", yaml.safe_load(block)
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, value in new.get("parameters", {} if "roles" in new else new).items():
        entry = content["parameters"].setdefault(name, {})
        entry.update(value)
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def test_strict_is_an_exit_code(folder: Path, small: Path) -> None:
    link(small, "my")
    (line,) = commands(blocks("docs/command_line.md")[0])
    words = [word.replace("YRI,ESN", "Outgroup").replace("CEU", "Target") for word in line[1:]]
    assert run(*words) == 0
    rows = dict(table("docs/command_line.md", "code | meaning"))
    for error in (errors.ConfigError, errors.DataError, errors.ModelError, errors.OutputError):
        assert str(error.exit_code) in rows


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_lines_that_complete_words_are_taken_by_the_shell(shell: str) -> None:
    (line,) = [row[2] for row in table("docs/command_line.md", "shell | file") if row[0] == shell]
    code = line.strip("`").replace("\\", "")
    asked = f"_INTROGHOST_COMPLETE={shell}_source"
    assert asked in code
    if shutil.which(shell) and shell == "bash":
        assert "complete" in in_shell(f"{code}\ncomplete -p introghost")


def test_the_page_of_own_data(folder: Path, small: Path) -> None:
    pytest.importorskip("snakemake")
    link(small, "my")
    Path("my.bed").write_text("".join(f"{contig}\t0\t300000\n" for contig in (1, 2)))
    (script,) = blocks("docs/own_data.md")
    assert "apply_start" in followed(script.replace("--outgroup A --target B", "--outgroup Outgroup --target Target"))


@pytest.mark.parametrize("megabases", [pytest.param(3, marks=pytest.mark.slow), 0.3])
def test_the_page_of_several_targets(megabases: float, folder: Path) -> None:
    """As it is, and quicker with a tenth of the sequence, of which the page gives no figures."""
    pytest.importorskip("snakemake")
    page = "docs/several_targets.md"
    assert "compare" in follow(page, " 3000000", f" {megabases * 1e6:.0f}")
    (code,) = blocks(page, "python")
    values = executed(code)
    rows = {row[0]: [int(cell) for cell in row[1:]] for row in table(page, "target | 1 | 2 | 3")}
    assert list(values["answers"]) == list(rows)
    compared = Path("comparison.html").read_text(encoding="utf-8")
    assert all(f'href="pages/{target}.html"' in compared for target in rows)
    assert list(load(Path("my.yaml")).data.targets) == list(rows)  # type: ignore[union-attr]
    if megabases == 3:
        assert values["per_chromosome"].T.to_dict("list") == rows
        assert f"{rows['North'][0]} segments lie on chromosome 1" in (ROOT / page).read_text(encoding="utf-8")


def test_the_page_of_new_scenarios(folder: Path, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = "docs/new_scenario.md"
    copy, *others = [block.text for block in all_blocks(page)]
    model, priors, check, said, simulate, code, configuration, check_all, refused = others
    followed(copy)
    path = Path("two_pulses/model.demes.yaml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("pulses:")] + model)
    merge(Path("two_pulses"), priors)
    check_printed(said, followed(check))
    drawn = Path("drawings/two_pulses.svg").read_text(encoding="utf-8")
    assert drawn.count("<path") == (ROOT / "docs" / "pictures" / "two_pulses.svg").read_text().count("<path")
    followed(simulate)
    values = executed(code)
    measured = pd.DataFrame({"expected": values["expected"], "share": values["share"]}).round(3)
    assert measured.reset_index().to_numpy().tolist() == [list(map(float, row)) for row in table(page, "genome |")]
    link(small, "demo")
    Path("two.yaml").write_text(configuration)
    followed(check_all)
    Path("wrong.yaml").write_text(configuration.replace("model-choice: {}", "model-choice: {from: human}"))
    capsys.readouterr()
    assert run("config", "check", "wrong.yaml") != 0
    check_printed(refused, capsys.readouterr().err)


def other_species() -> tuple[str, ...]:
    """The scenarios of the page, as a reader makes them; the blocks that come after."""
    look, copy, *others = [block.text for block in all_blocks("docs/other_species.md")]
    followed(look)
    followed(copy)
    bounds, check, *rest = others
    of_ghost = ("ghost_split_time", "ghost_size", "pulse_time")
    both = "".join(line for line in bounds.splitlines(keepends=True) if not line.startswith(of_ghost))
    assert bounds.splitlines()[-3].startswith(of_ghost[0]), "the last three are of the ghost"
    merge(Path("birds/ghost"), bounds)
    merge(Path("birds/no_ghost"), both)
    followed(check)
    return tuple(rest)


def bird_data(regions: int) -> None:
    """Data of one genome of the page's ghost scenario, as the page says that it made them."""
    sizes = ("--regions", regions, "--region-length-bp", 200_000, "--outgroup-diploids", 20, "--target-diploids", 20)
    simulated = ("--scenario", "birds/ghost", "--genomes", 1, "--first", 5, *sizes, "--seed", 7, "--output", "my.trees")
    assert run("simulate", *simulated) == 0
    written = ("--output", "my.vcf.gz", "--populations-output", "my.tsv")
    assert run("vcf", "write", "--trees", "my.trees", *written) == 0


def test_the_configuration_of_another_species_is_valid(folder: Path) -> None:
    pytest.importorskip("snakemake")
    compare, configuration, check, go = other_species()
    bird_data(regions=2)
    followed("".join(f"introghost {line}" for line in compare.split("introghost ")[1:2]))
    Path("birds.yaml").write_text(configuration)
    assert "birds.yaml: ok" in followed(check)
    assert "train" in followed(go)


@pytest.mark.slow
def test_the_page_of_other_species(folder: Path) -> None:
    """What `predictive` says is in the table of the page, for the new scenario and for that of apes."""
    page = "docs/other_species.md"
    compare, *_ = other_species()
    bird_data(regions=20)
    followed(compare)
    tables = [pd.read_csv("predictive.tsv", sep="\t").drop_duplicates("statistic").set_index("statistic")]
    followed(compare.replace("birds/no_ghost", "apes/no_ghost"))
    tables.append(pd.read_csv("predictive.tsv", sep="\t").drop_duplicates("statistic").set_index("statistic"))
    first, *rows = table(page, "statistic | data")
    for cell, made in zip(first[2:4], tables, strict=True):
        row = made.loc["all statistics together"]
        assert cell == f"{row['tail_probability']:.2g}, {row['verdict']}"
    for name, value, *cells, _ in rows:
        for cell, made in zip(cells, tables, strict=True):
            row = made.loc[name.strip("`")]
            assert value == f"{row['observed']:.2g}"
            assert cell == f"{row['median']:.2g}, {row['verdict']}"


@pytest.mark.slow
def test_the_page_of_no_scenario_fits(folder: Path, demo: Path) -> None:
    """In the order of the page, and then its table of what the test does not notice."""
    page = "docs/no_scenario_fits.md"
    link(demo, "demo")
    (code,) = blocks(page, "python")
    executed(code)
    follow(page)
    percentiles = pd.read_csv("calls/common/statistic_percentiles.tsv", sep="\t", index_col="statistic")
    for names, values, percentile, _ in table(page, "statistic | value"):
        for name, value in zip(re.findall(r"`(.*?)`", names), values.split(", "), strict=True):
            row = percentiles.loc[name]
            assert f"{row['value']:.2g}" == value
            assert set(row.drop("value")) == {float(percentile)}
    assert "minimum_allele_count: 40 " in Path("observation.yaml").read_text()
    for line, name in (("unfiltered", 1), ("filtered", 2)):
        made = pd.read_csv(f"{line}.tsv", sep="\t").drop_duplicates("statistic").set_index("statistic")
        first, *rows = table(page, "first row, and two more, of")
        together = made.loc["all statistics together"]
        assert first[name] == f"{together['tail_probability']:.2g}, {together['verdict']}"
        for cells in rows:
            row = made.loc[re.findall(r"`(.*?)`", cells[0])[0]]
            assert cells[name] == f"{row['median']:.2g}, {row['verdict']}"
            assert f" {row['observed']:.2g} in the data" in cells[0]
    apply = next(line for block in blocks(page) for line in commands(block) if "common.vcf.gz" in line)
    for _, condition, p_value, decision, segments in table(page, "records that are kept"):
        executed(code.replace("0.2 <= record.aaf <= 0.8", condition.strip("`")))
        assert run(*apply[1:]) == 0
        choice = yaml.safe_load(Path("calls/common/model_choice.json").read_text())
        probability = f", {choice['p_ghost']:.3f}" if "p_ghost" in choice else ""
        assert f"{choice['novelty_p_value']:.2g}" == p_value
        assert f"{choice['decision']}{probability}" == decision
        assert len(Path("calls/common/segments.tsv").read_text().splitlines()) - 1 == int(segments)


@pytest.mark.slow
def test_step_by_step(folder: Path) -> None:
    """A quarter of an hour on an idle core."""
    (script,) = blocks("docs/step_by_step.md")
    in_shell(script)
    assert "These calls against their true tracts" in Path("report.html").read_text(encoding="utf-8")


def test_the_page_of_clusters(folder: Path) -> None:
    """A profile is planned as it is, but for its executor, which need not be installed; and pip is not called."""
    pytest.importorskip("snakemake")
    page = "docs/cluster.md"
    install, plan, unlock = blocks(page)
    assert install == "pip install snakemake-executor-plugin-slurm\n"
    shutil.copy(ROOT / "config" / "config.yaml", "my.yaml")
    for block in blocks(page, "yaml"):
        first, rest = block.split("\n", 1)
        path = Path(first.removeprefix("# "))
        path.parent.mkdir()
        path.write_text(
            "".join(line for line in rest.splitlines(True) if not re.match("executor|cluster-generic", line))
        )
        planned = in_shell(plan.replace("--profile cluster", f"--profile {path.parent} --cores 16"))
        profile = yaml.safe_load(block)
        train = planned.split("rule train:")[1].split("\n\n")[0]
        assert f"threads: {profile['set-threads']['train']}" in train
        for name, value in profile.get("set-resources", {}).get("train", {}).items():
            assert f"{name}={value}" in train
        for name in ("slurm_account", "slurm_partition"):
            value = profile.get("default-resources", {}).get(name)
            assert value is None or f"{name}={value}" in planned
    assert "Unlocked" in in_shell(unlock)
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    assert "threads: 64" in rules
    assert "resources:" not in rules
    assert os.listdir(ROOT / "workflow" / "profiles") == ["default"]
