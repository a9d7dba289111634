"""The page of a model, and the refusal of networks that were trained on other statistics."""

import dataclasses
import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from report_inputs import tables_of, words_of, write_calls, write_tsv
from untrained import choice_bundle, parameters_bundle, segments_bundle
from verbs import run

from introghost import presets
from introghost.errors import DataError, ModelError
from introghost.inference import bundle_files
from introghost.inference.bundles import Bundle
from introghost.model import Model
from introghost.provenance import sha256
from introghost.report.checks import TrainingStatistics
from introghost.report.model_page import ModelSources, networks_table, write_model_report
from introghost.report.page import Sources, write_report


def trained_on(bundle: Bundle, files: list[Path], start: dict[str, str] | None = None) -> Bundle:
    """The same bundle, with a record of its training as `train` makes it."""
    inputs = {f"statistics {i}": {"name": path.name, "sha256": sha256(path)} for i, path in enumerate(files)}
    inputs["priors.yaml"] = {"name": "priors.yaml", "sha256": "f6"}
    return dataclasses.replace(bundle, provenance={"verb": "train", "inputs": inputs, "options": {"from": start}})


@pytest.fixture
def statistics(tmp_path: Path) -> TrainingStatistics:
    names = ("segments-0", "segments-1", "genomes-0", "genomes-1", "genomes-2")
    paths = [tmp_path / "statistics" / f"{name}.zarr.zip" for name in names]
    paths[0].parent.mkdir()
    for path in paths:
        path.write_text(path.name)
    return TrainingStatistics(tuple(paths[:2]), tuple(paths[2:]))


@pytest.fixture
def model(tmp_path: Path, statistics: TrainingStatistics) -> Path:
    folder = tmp_path / "mine" / "model"
    of_segments, of_genomes = list(statistics.segments), list(statistics.genomes)
    human = {"name": "human", "sha256": "0123456789"}
    bundle_files.save(trained_on(segments_bundle(), of_segments, human), folder / "segments")
    bundle_files.save(trained_on(choice_bundle(), of_genomes), folder / "model-choice")
    bundle_files.save(trained_on(parameters_bundle(), of_genomes), folder / "parameters")
    write_tsv(folder / "segments" / "learning_curve.tsv", epoch=[1, 2], training_loss=[0.5, 0.3],
              validation_loss=[0.52, 0.3456])  # fmt: skip
    return folder


@pytest.fixture
def evaluation(tmp_path: Path, model: Path) -> Path:
    folder = tmp_path / "evaluation"
    write_tsv(folder / "summary.tsv", metric=["average_precision"], value=[0.91], lower=[0.88], upper=[0.93])
    write_tsv(folder / "by_scenario.tsv", scenario=["no_ghost"], num_genomes=[3])
    write_tsv(folder / "precision_recall.tsv", threshold=[0.9, 0.1], precision=[1.0, 0.5], recall=[0.4, 1.0])
    write_tsv(folder / "power.tsv", against=["all"], genomes_of=["ghost"], metric=["area_under_roc"], value=[0.986],
              lower=[0.97], upper=[0.99], regions=[30])  # fmt: skip
    write_tsv(folder / "decisions.tsv", scenario=["ghost"], genomes=[60], decided_ghost=[0.9], regions=[30])
    write_tsv(folder / "novelty.tsv", level=[0.05], novel=[0.0438], regions=[30])
    write_tsv(folder / "calibration.tsv", probability_of=["a ghost"], calibration_error=[0.00939], regions=[30])
    write_tsv(folder / "scenario_reliability.tsv", probability_of=["ghost"] * 21, count=list(range(21)))
    of_model = {"model": {"sha256": sha256(model)}}
    (folder / "provenance.json").write_text(json.dumps({"verb": "evaluate", "inputs": of_model}))
    return folder


@pytest.fixture
def sources(tmp_path: Path, model: Path, evaluation: Path, statistics: TrainingStatistics) -> ModelSources:
    path = tmp_path / "benchmarks" / "train" / "segments.tsv"
    write_tsv(path, s=[7200.0], max_rss=[4096.0], cpu_time=[14400.0])
    return ModelSources(model, evaluation, (), statistics, (path,))


def test_page_says_what_the_networks_were_trained_on(sources: ModelSources, tmp_path: Path) -> None:
    output = tmp_path / "model.html"
    write_model_report(sources, output)
    rows = tables_of(output)["What its networks were trained on"]
    assert rows[0] == ["network", "segments", "model-choice", "parameters"]
    table = {name: values for name, *values in rows[1:]}
    assert table["trained on"] == ["9 regions", "9 genomes", "9 genomes"]
    assert table["held out for validation"] == ["1", "1", "1"]
    assert table["files of statistics"] == ["2", "3", "3"]
    assert table["begun from"] == ["human (01234567)", "–", "–"]
    assert table["regions of a genome"] == ["–", "2", "2"]
    assert table["scenarios"] == ["–", "ghost, no_ghost", "ghost"]
    assert table["outgroup individuals"] == ["4 to 10"] * 3
    assert table["target individuals"] == ["5"] * 3
    assert table["callable share"] == ["0.9 to 1"] * 3
    assert table["region length (bp)"] == ["200,000"] * 3
    html = output.read_text()
    write_model_report(sources, output)
    assert output.read_text() == html
    assert "<h1>Accuracy of the model mine</h1>" in html
    assert str(tmp_path) not in html


def test_a_network_that_does_not_say_what_it_was_trained_on_has_dashes() -> None:
    segments = segments_bundle()
    columns = networks_table(Model(Path("any"), segments, None, None, ""))
    table = dict(columns.rows)
    assert columns.header == ["network", "segments"]
    assert (table["files of statistics"], table["begun from"]) == ("–", "–")


def test_page_shows_the_tables_of_the_evaluation_by_title(sources: ModelSources, tmp_path: Path) -> None:
    output = tmp_path / "model.html"
    write_model_report(sources, output)
    tables = tables_of(output)
    assert tables["Local calls on unseen genomes"][1] == ["average_precision", "0.91", "0.88", "0.93"]
    power = tables["Model choice: power and area under the curve against scenarios without a ghost"]
    assert power == [
        ["against", "genomes of", "metric", "value", "lower", "upper", "regions"],
        ["all", "ghost", "area_under_roc", "0.986", "0.97", "0.99", "30"],
    ]
    shown = {title: rows[1] for title, rows in tables.items() if title.startswith("Model choice: ")}
    assert shown["Model choice: what is decided at the default costs, by true scenario"] == ["ghost", "60", "0.9", "30"]
    assert shown["Model choice: how many genomes are taken for unlike every scenario"] == ["0.05", "0.0438", "30"]
    calibration = "Model choice: calibration errors, and those that right probabilities would have"
    assert shown[calibration] == ["a ghost", "0.00939", "30"]
    html = output.read_text()
    assert "Average precision 0.910" in html
    assert "Loss of segments over 2 epochs; least validation loss 0.3456" in html


def test_every_figure_of_the_page_is_a_file_with_its_table(sources: ModelSources, tmp_path: Path) -> None:
    output, folder = tmp_path / "model.html", tmp_path / "figures"
    write_model_report(sources, output, folder)
    drawings, numbers = ({path.stem for path in folder.glob(f"*.{kind}")} for kind in ("svg", "tsv"))
    assert drawings == numbers
    assert drawings == set(re.findall(r'<svg[^>]* id="([^"]+)"', output.read_text()))
    curve = pd.read_csv(folder / "learning-segments.tsv", sep="\t")
    assert curve["validation_loss"].min() == pytest.approx(0.3456)


def test_page_says_what_the_model_cost(sources: ModelSources, tmp_path: Path) -> None:
    output = tmp_path / "model.html"
    write_model_report(sources, output)
    assert tables_of(output)["What it cost"] == [
        ["step", "jobs", "core hours", "hours of wall time", "largest memory (GiB)"],
        ["train/segments", "1", "4", "2", "4"],
        ["all", "1", "4", "2", "4"],
    ]
    words = words_of(output)
    assert "Estimated wall time: 2 hours on 2 cores, 2 hours on 64 cores. Both follow from" in words
    write_model_report(dataclasses.replace(sources, costs=()), output)
    assert "What it cost" not in words_of(output)


def test_evaluations_of_another_model_or_of_calls_are_refused(sources: ModelSources, tmp_path: Path) -> None:
    output = tmp_path / "model.html"
    (sources.evaluation / "provenance.json").write_text(
        json.dumps({"verb": "evaluate", "inputs": {"model": {"sha256": "b2"}}})
    )
    with pytest.raises(DataError, match=r"evaluation: an evaluation of another model than .*model, or"):
        write_model_report(sources, output)
    of_calls = {"verb": "evaluate", "inputs": {"calls": {"sha256": "b2"}}}
    (sources.evaluation / "provenance.json").write_text(json.dumps(of_calls))
    with pytest.raises(DataError, match="an evaluation of a set of calls"):
        write_model_report(sources, output)
    with pytest.raises(DataError, match="nowhere: no such folder of model"):
        write_model_report(dataclasses.replace(sources, model=tmp_path / "nowhere"), output)
    assert not output.exists()


def test_damaged_bundles_are_refused(sources: ModelSources, model: Path, tmp_path: Path) -> None:
    (model / "parameters" / "weights.safetensors").write_bytes(b"")
    record = {"verb": "evaluate", "inputs": {"model": {"sha256": sha256(model)}}}
    (sources.evaluation / "provenance.json").write_text(json.dumps(record))
    with pytest.raises(ModelError, match="parameters"):
        write_model_report(sources, tmp_path / "model.html")


STALE = (
    (("segments", 0), r"model/segments: trained on other statistics than those of --segments-statistics: "),
    (("genomes", 2), r"model/model-choice: trained on other statistics than those of --genomes-statistics: "),
)


@pytest.mark.parametrize(("changed", "message"), STALE)
def test_networks_trained_on_statistics_that_have_changed_are_refused(
    sources: ModelSources, statistics: TrainingStatistics, changed: tuple[str, int], message: str, tmp_path: Path
) -> None:
    kind, index = changed
    paths = statistics.segments if kind == "segments" else statistics.genomes
    paths[index].write_text("made with another seed")
    expected = rf"{message}1 of {len(paths)} files were not there in training, 1 files of training are not given; train"
    with pytest.raises(DataError, match=expected):
        write_model_report(sources, tmp_path / "model.html")


def test_networks_trained_on_more_or_fewer_files_are_refused_on_the_page_of_calls_too(
    model: Path, statistics: TrainingStatistics, tmp_path: Path
) -> None:
    calls = write_calls(tmp_path / "calls", model=("model", sha256(model)))
    output = tmp_path / "report.html"
    write_report(Sources(calls, model=model, statistics=statistics), output)
    assert output.is_file()
    fewer = TrainingStatistics(statistics.segments, statistics.genomes[:2])
    with pytest.raises(DataError, match=r"model-choice: .*: 0 of 2 files were not there in training, 1 files of"):
        write_report(Sources(calls, model=model, statistics=fewer), output)
    more = TrainingStatistics(statistics.segments + statistics.genomes[:1])
    with pytest.raises(DataError, match=r"segments: .*: 1 of 3 files were not there in training, 0 files of"):
        write_report(Sources(calls, model=model, statistics=more), output)
    # The order of files and their names do not matter.
    moved = statistics.genomes[0].rename(tmp_path / "moved.zarr.zip")
    write_report(
        Sources(
            calls,
            model=model,
            statistics=TrainingStatistics(statistics.segments, (*statistics.genomes[1:], moved)),
        ),
        output,
    )


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("segments", r"model/model-choice: not trained on .* of another kind; .* give --genomes-statistics"),
        ("genomes", r"model/segments: not trained on .* of another kind; .* give --segments-statistics"),
    ],
)
def test_networks_of_a_kind_that_no_statistics_are_of_are_refused(
    sources: ModelSources, statistics: TrainingStatistics, kind: str, message: str, tmp_path: Path
) -> None:
    output = tmp_path / "model.html"
    given = {"segments": (statistics.segments, ()), "genomes": ((), statistics.genomes)}[kind]
    with pytest.raises(DataError, match=message):
        write_model_report(dataclasses.replace(sources, statistics=TrainingStatistics(*given)), output)
    assert not output.exists()
    write_model_report(dataclasses.replace(sources, statistics=TrainingStatistics()), output)
    assert output.is_file(), "without any statistics nothing is checked"


def test_parameters_alone_are_refused_beside_statistics_of_segments_alone(
    sources: ModelSources, statistics: TrainingStatistics, tmp_path: Path
) -> None:
    shutil.rmtree(sources.model / "model-choice")
    record = {"verb": "evaluate", "inputs": {"model": {"sha256": sha256(sources.model)}}}
    (sources.evaluation / "provenance.json").write_text(json.dumps(record))
    of_segments = dataclasses.replace(sources, statistics=TrainingStatistics(statistics.segments))
    with pytest.raises(DataError, match=r"model/parameters: not trained on the statistics that are given"):
        write_model_report(of_segments, tmp_path / "model.html")
    shutil.rmtree(sources.model / "parameters")
    record = {"verb": "evaluate", "inputs": {"model": {"sha256": sha256(sources.model)}}}
    (sources.evaluation / "provenance.json").write_text(json.dumps(record))
    write_model_report(of_segments, tmp_path / "model.html")
    assert tables_of(tmp_path / "model.html")["What its networks were trained on"][0] == ["network", "segments"]


def test_a_missing_benchmark_file_is_one_line(
    sources: ModelSources, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "benchmarks" / "evaluate.tsv"
    words = ["--model", sources.model, "--evaluation", sources.evaluation, "--output", tmp_path / "model.html"]
    assert run("report", *words, "--costs", sources.costs[0], "--costs", missing) == 3
    assert capsys.readouterr().err == (
        f"error: {missing}: no such benchmark file, so that its job would not be counted; run this job again\n"
    )


def test_scenarios_are_drawn_by_name(sources: ModelSources, tmp_path: Path) -> None:
    output = tmp_path / "model.html"
    drawn = (presets.locate_scenario("ghost"), presets.locate_scenario("no_ghost"))
    write_model_report(dataclasses.replace(sources, scenarios=drawn), output)
    words = words_of(output)
    for meaning in ("A ghost lineage gives to the target in one pulse.", "Outgroup and target split, and nothing else"):
        assert meaning in words


def test_names_are_escaped(sources: ModelSources, tmp_path: Path) -> None:
    write_tsv(sources.evaluation / "decisions.tsv", scenario=["a<b>&c"], genomes=[60])
    renamed = sources.model.rename(tmp_path / "mine" / "x<i>&y")
    output = tmp_path / "model.html"
    write_model_report(dataclasses.replace(sources, model=renamed), output)
    html = output.read_text()
    assert "<h1>Accuracy of the model x&lt;i&gt;&amp;y</h1>" in html
    assert "<td>a&lt;b&gt;&amp;c</td>" in html
    assert "<b>" not in html
    assert "<i>" not in html


def test_each_network_is_checked_and_one_that_is_not_there_is_said(
    model: Path, statistics: TrainingStatistics, tmp_path: Path
) -> None:
    stale = trained_on(parameters_bundle(), list(statistics.genomes[:2]))
    bundle_files.save(stale, model / "parameters")
    calls = write_calls(tmp_path / "calls", model=("model", sha256(model)))
    with pytest.raises(DataError, match=r"model/parameters: .*: 1 of 3 files were not there in training, 0 files"):
        write_report(Sources(calls, model=model, statistics=statistics), tmp_path / "report.html")
    for name in ("parameters", "model-choice"):
        (model / name / "model.json").unlink()
    calls = write_calls(tmp_path / "calls", model=("model", sha256(model)))
    with pytest.raises(DataError, match="no network that --genomes-statistics could be about"):
        write_report(Sources(calls, model=model, statistics=statistics), tmp_path / "report.html")


def test_an_evaluation_of_networks_for_whole_genomes_alone_is_shown(sources: ModelSources, tmp_path: Path) -> None:
    for name in ("summary", "by_scenario", "precision_recall"):
        (sources.evaluation / f"{name}.tsv").unlink()
    output = tmp_path / "model.html"
    write_model_report(sources, output)
    tables = tables_of(output)
    assert "Model choice: what is decided at the default costs, by true scenario" in tables
    assert "Local calls on unseen genomes" not in tables


def test_command_line(sources: ModelSources, statistics: TrainingStatistics, tmp_path: Path) -> None:
    output, expected = tmp_path / "model.html", tmp_path / "expected.html"
    write_model_report(sources, expected)
    options = {
        "--model": sources.model,
        "--evaluation": sources.evaluation,
        "--costs": sources.costs[0],
        "--output": output,
    }
    words = [str(word) for option in options.items() for word in option]
    for path in statistics.segments:
        words += ["--segments-statistics", str(path)]
    for path in statistics.genomes:
        words += ["--genomes-statistics", str(path)]
    assert run("report", *words) == 0
    assert output.read_bytes() == expected.read_bytes()


def test_command_line_of_stale_networks(
    sources: ModelSources, statistics: TrainingStatistics, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", sources.model, "--evaluation", sources.evaluation, "--output", tmp_path / "model.html"]
    assert run("report", *words, "--segments-statistics", statistics.segments[0]) == 3
    assert capsys.readouterr().err == (
        f"error: {sources.model / 'segments'}: trained on other statistics than those of --segments-statistics: 0 of 1 "
        "files were not there in training, 1 files of training are not given; train it again\n"
    )
