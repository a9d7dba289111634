"""The report: self-contained, equal bytes, and clear about what is not there."""

import json
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import demes
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from report_inputs import tables_of, write_bin_status, write_tsv

from introghost import models, presets
from introghost.cli.report import command
from introghost.errors import DataError, OutputError
from introghost.findings import Code, Finding, Severity
from introghost.provenance import outputs, sha256
from introghost.report import figures, sections, tables
from introghost.report.page import Sources, write_report
from introghost.report.records import CalledData, CallsRecord, Choice, JsonSection, ScenarioProbability

FINDINGS = (
    Finding(Code.PARAMETERS_WITHHELD, Severity.WITHHELD, "37 diploids, 50 in training"),
    Finding(Code.BLANK_BINS, Severity.WARNING, "a <gap> is there. Look at it."),
    Finding(Code.RECORDS_DROPPED, Severity.REMARK, "3 records are not used"),
)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    calls, evaluation = tmp_path / "calls", tmp_path / "evaluation"
    write_tsv(
        calls / "segments.tsv",
        contig=["1", "1", "2"],
        start=[0, 500_000, 10_000],
        end=[50_000, 620_000, 90_000],
        sample=["A<b>", "B", "B"],
        haplotype=[0, 1, 0],
        mean_posterior=[0.8, 0.95, 0.6],
        num_private_alleles=[3, 9, 2],
    )
    write_tsv(
        calls / "per_sample.tsv",
        sample=["A<b>", "A<b>", "B", "B"],
        haplotype=[0, 1, 0, 1],
        called_bp=[50_000, 0, 80_000, 120_000],
        callable_bp=[2_000_000] * 4,
        fraction=[0.025, 0.0, 0.04, 0.06],
    )
    write_bin_status(calls, {"1": 1_000_000, "2": 1_000_000, "3": 500_000})
    choice = {"probabilities": {"neanderthal": 0.9, "ghost_town": 0.1}, "p_ghost": 0.9, "decision": "ghost"}
    choice |= {"ghost_of_target": {"neanderthal": True, "ghost_town": False}, "novelty_p_value": 0.2}
    (calls / "model_choice.json").write_text(json.dumps(choice))
    write_tsv(evaluation / "summary.tsv", metric=["average_precision"], value=[0.91], lower=[0.88], upper=[0.93])
    write_tsv(evaluation / "precision_recall.tsv", threshold=[0.9, 0.1], precision=[1.0, 0.5], recall=[0.4, 1.0])
    write_tsv(
        evaluation / "reliability.tsv",
        lowest=[0.1, 0.8],
        highest=[0.2, 0.9],
        mean_probability=[0.1, 0.8],
        observed_frequency=[0.12, 0.7],
        lower=[0.05, 0.6],
        upper=[0.2, 0.8],
        count=[50, 50],
    )
    write_tsv(evaluation / "by_scenario.tsv", scenario=["no_ghost"], num_genomes=[3])
    write_tsv(evaluation / "demo" / "summary.tsv", metric=["average_precision"], value=[0.77])
    write_tsv(
        tmp_path / "model" / "segments" / "learning_curve.tsv",
        epoch=[1, 2],
        training_loss=[0.5, 0.3],
        validation_loss=[0.52, 0.35],
    )
    (tmp_path / "model" / "segments" / "model.json").write_text(json.dumps({"provenance": {"verb": "train"}}))
    of_model = {"model": {"sha256": sha256(tmp_path / "model")}}
    made_by = {"verb": "apply", "version": "0", "inputs": of_model, "findings": [one.to_json() for one in FINDINGS]}
    (calls / "provenance.json").write_text(json.dumps(made_by))
    (evaluation / "provenance.json").write_text(json.dumps({"verb": "evaluate", "inputs": of_model}))
    of_calls = {"calls": {"sha256": sha256(calls / "provenance.json")}}
    (evaluation / "demo" / "provenance.json").write_text(json.dumps({"verb": "evaluate", "inputs": of_calls}))
    return tmp_path


@pytest.fixture
def predictive(results: Path) -> Path:
    path = results / "predictive" / "predictive.tsv"
    write_tsv(
        path,
        statistic=[
            "all statistics together",
            "pi_target",
            "pi_outgroup",
            "private_singletons",
            "callable_fraction",
            "dxy",
        ],
        summary=["distance", "value", "value", "mean", "mean", "value"],
        observed=[9.0, 0.001, 0.003, 0.0, 1.0, 0.002],
        median=[5.0, 0.0009, 0.001, 0.4, 1.0, 0.002],
        lower=[4.0, 0.0007, 0.0008, 0.2, 1.0, 0.001],
        upper=[7.0, 0.0012, 0.0012, 0.6, 1.0, 0.003],
        deviation=[4.0, 0.4, 19.6, -900.0, 0.0, 0.0],
        tail_probability=[0.0123, 0.6, 0.004, 0.002, 1.0, 1.0],
        verdict=["outside", "ok", "outside", "outside", "ok", "ok"],
        covered_by=["", "ghost,no_ghost", "", "", "ghost,no_ghost", "ghost"],
    )
    return path


def write(results: Path, name: str = "report.html") -> str:
    output = results / name
    accuracy = results / "evaluation" / "demo"
    write_report(Sources(results / "calls", results / "evaluation", accuracy, results / "model"), output)
    return output.read_text(encoding="utf-8")


def test_page_is_self_contained_small_and_repeatable(results: Path) -> None:
    html = write(results)
    assert html == write(results, "again.html")
    assert html.startswith("<!DOCTYPE html>")
    assert len(html.encode()) < 2_000_000
    assert not re.search(r"<(link|img|iframe)\b", html)
    assert not re.search(r"""(src|href)=["'](?!#|data:)|url\((?!#)|fetch\(|XMLHttpRequest|import\(""", html)
    script = re.search(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    assert script is not None
    assert len(script[1]) < 30_000
    assert str(results) not in html


def test_every_figure_is_well_formed_and_has_alternative_text_and_own_ids(results: Path) -> None:
    html = write(results)
    drawings = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert len(drawings) == 9, "karyogram, three peaks, lengths, individuals, two of accuracy, a learning curve"
    assert all(ElementTree.fromstring(drawing).get("aria-label") for drawing in drawings)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)


def test_every_figure_is_a_file_too_that_needs_no_page(results: Path) -> None:
    sources = Sources(results / "calls", results / "evaluation", model=results / "model")
    write_report(sources, results / "report.html", figures=results / "figures")
    files = {path.name: path.read_text(encoding="utf-8") for path in (results / "figures").iterdir()}
    names = (
        *("individuals", "karyogram", "learning-segments", "lengths", "peak-1", "peak-2", "peak-3"),
        *("precision-recall", "reliability"),
    )
    assert sorted(files) == sorted(f"{name}.{kind}" for name in names for kind in ("svg", "tsv"))
    for text in (text for name, text in files.items() if name.endswith(".svg")):
        root = ElementTree.fromstring(text)
        style = next(one.text for one in root.iter() if one.tag.endswith("style") and "--p0" in (one.text or ""))
        used = {name for one in root.iter() for name in (one.get("class") or "").split()}
        assert all(f".{name}" in (style or "") for name in used - {"strong"})
        assert "{%" not in text
        assert "prefers-color-scheme" not in text, "in the colours of a light page"


def test_a_folder_of_figures_is_that_of_one_page_and_of_figures_alone(results: Path) -> None:
    folder = results / "figures"
    folder.mkdir()
    for name in ("peak-9.svg", "peak-9.tsv"):
        (folder / name).write_text("of an earlier page")
    sources = Sources(results / "calls", results / "evaluation")
    write_report(sources, results / "report.html", figures=folder)
    assert {path.stem for path in folder.glob("peak-*")} == {"peak-1", "peak-2", "peak-3"}
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (folder / "power.tsv").write_text("of the user")
    with pytest.raises(OutputError, match=r"holds power\.tsv, which is no figure"):
        write_report(sources, results / "other.html", figures=folder)
    (folder / "power.tsv").unlink()
    assert before == {path: path.read_bytes() for path in folder.iterdir()}
    assert not (results / "other.html").exists()


def test_calls_that_changed_since_they_were_written_are_refused(results: Path) -> None:
    path = results / "calls" / "provenance.json"
    digests = outputs(results / "calls", ["segments.tsv", "per_sample.tsv"])
    path.write_text(json.dumps({**json.loads(path.read_text()), "outputs": digests}))
    write_report(Sources(results / "calls"), results / "report.html")
    table = results / "calls" / "segments.tsv"
    table.write_text(table.read_text()[:-4])
    with pytest.raises(DataError, match=r"segments\.tsv: changed since `introghost apply` wrote it"):
        write_report(Sources(results / "calls"), results / "report.html")


def test_beside_each_figure_stands_the_table_that_it_shows(results: Path) -> None:
    write_report(
        Sources(results / "calls", results / "evaluation"), results / "report.html", figures=results / "figures"
    )
    read = {path.stem: pd.read_csv(path, sep="\t") for path in (results / "figures").glob("*.tsv")}
    called = read["karyogram"].dropna()
    assert called[called["frequency"] > 0].to_numpy().tolist() == [
        [1, 0, 50_000, 0.25], [1, 500_000, 620_000, 0.25], [2, 10_000, 90_000, 0.25],
    ]  # fmt: skip
    assert read["peak-1"][["sample", "start", "end"]].to_numpy().tolist() == [["B", 500_000, 620_000]]
    assert read["lengths"]["segments"].sum() == 3
    assert read["lengths"].set_index("length").loc["50–100 kb", "segments"] == 2
    assert read["individuals"].to_numpy().tolist() == [
        ["B", 200_000, 4_000_000, 0.05],
        ["A<b>", 50_000, 4_000_000, 0.0125],
    ]
    assert read["reliability"]["observed_frequency"].tolist() == [0.12, 0.7]


def test_the_page_says_what_the_learning_curve_says(results: Path) -> None:
    assert "<figcaption>Training of segments.</figcaption>" in write(results), "two epochs are too few to tell"
    path = results / "model" / "segments" / "learning_curve.tsv"
    losses = [0.6, 0.5, 0.4, 0.3]
    write_tsv(path, epoch=[1, 2, 3, 4], training_loss=losses, validation_loss=losses)
    of_model = {"model": {"sha256": sha256(results / "model")}}
    for folder, verb in (("calls", "apply"), ("evaluation", "evaluate")):
        (results / folder / "provenance.json").write_text(json.dumps({"verb": verb, "inputs": of_model}))
    write_report(Sources(results / "calls", results / "evaluation", model=results / "model"), results / "report.html")
    html = (results / "report.html").read_text(encoding="utf-8")
    assert "Training of segments: underfit: 33 % of the fall of the validation loss came in the last quarter" in html


def test_page_says_what_was_found(results: Path) -> None:
    html = write(results)
    for words in (
        "<strong>Yes</strong> P(ghost) = 0.900.",
        "(p-value of novelty)</dt><dd>0.2</dd>",
        "0.77",
        "<strong>3.1 % of the sequence</strong> 3 segments in 4 haplotypes, 1 of them with a posterior above 0.9.",
        "No segment in 1 of 3 contigs: 3.",
        "train&#34;",
        "Average precision 0.910",
    ):
        assert words in html
    assert "A<b>" not in html
    assert html.index("<td>B</td><td>1</td>") < html.index("<td>B</td><td>0</td>")
    text: list[str] = []
    parser = HTMLParser()
    parser.handle_data = text.append  # type: ignore[method-assign]
    parser.feed(html)
    assert "A<b>" in text


def test_page_says_how_the_data_compare_with_the_simulations(results: Path, predictive: Path) -> None:
    output = results / "report.html"
    write_report(Sources(results / "calls", predictive=predictive), output)
    html = " ".join(output.read_text(encoding="utf-8").split())
    assert "1.23 % of the simulated genomes are as far from their centre as the data (tail probability 0.0123)" in html
    assert "Warning: the data have" not in html
    assert "may not hold for them" in html
    assert "2 of 5 statistics lie outside the 95 % interval" in html
    assert html.index("<td>private_singletons</td>") < html.index("<td>pi_outgroup</td>"), "the farther one first"
    assert "<td>pi_target</td>" not in html
    drawing = next(d for d in re.findall(r"<svg.*?</svg>", html) if "simulated interval" in d)
    assert "pi_target (value)" in drawing
    about = {"simulated_genomes": 161, "caveats": ["the data have <more> sequence"]}
    predictive.with_suffix(".provenance.json").write_text(json.dumps(about))
    write_report(Sources(results / "calls", predictive=predictive), output)
    html = " ".join(output.read_text(encoding="utf-8").split())
    assert "1 of 161 simulated genomes (0.6 %) are as far" in html
    assert "Warning: the data have &lt;more&gt; sequence." in html
    single = pd.read_csv(predictive, sep="\t").iloc[:1].assign(verdict="ok")
    single.to_csv(predictive, sep="\t", index=False)
    write_report(Sources(results / "calls", predictive=predictive), output)
    assert "may not hold" not in output.read_text(encoding="utf-8")


def test_statistics_that_are_unlike_every_scenario_are_shown(results: Path) -> None:
    path = results / "calls" / "statistic_percentiles.tsv"
    percentiles = {"ghost": [100.0, 100.0, 0.5, 50.0], "no_ghost": [99.5, 60.0, 0.0, 50.0]}
    write_tsv(path, statistic=["high", "fits_no_ghost", "low", "middle"], value=[1.0, 2.0, 3.0, 4.0], **percentiles)
    html = " ".join(write(results).split())
    assert "2 of 4 statistics of the data lie outside the middle 98 %" in html
    assert html.index(">high<") < html.index(">low<")
    assert "fits_no_ghost" not in html
    names = [f"s{number}" for number in range(12)]
    write_tsv(path, statistic=names, value=[4.0] * 12, ghost=[100.0] * 12, no_ghost=[0.0] * 12)
    html = " ".join(write(results).split())
    assert "10 of 12 rows; statistic_percentiles.tsv holds all" in html
    assert (">s9<" in html, ">s10<" in html) == (True, False)
    write_tsv(path, statistic=["middle"], value=[4.0], ghost=[50.0], no_ghost=[50.0])
    html = " ".join(write(results).split())
    assert "0 of 1 statistics of the data lie outside the middle 98 %" in html
    assert "statistic_percentiles.tsv" not in html


@pytest.mark.parametrize("columns", [{}, {"ghost": ["much"]}, {"ghost": [50.0], "no_ghost": [None]}])
def test_percentiles_of_the_wrong_form_are_refused(results: Path, columns: dict[str, list[object]]) -> None:
    write_tsv(results / "calls" / "statistic_percentiles.tsv", statistic=["one"], value=[1.0], **columns)
    with pytest.raises(DataError, match=r"statistic_percentiles\.tsv: expected a column of percentiles"):
        write(results)


def test_page_without_calls_evaluation_or_model_choice(results: Path) -> None:
    calls = results / "calls"
    (calls / "model_choice.json").unlink()
    header = (calls / "segments.tsv").read_text().splitlines()[0]
    (calls / "segments.tsv").write_text(header + "\n")
    write_report(Sources(calls), results / "report.html")
    html = (results / "report.html").read_text()
    assert "No segment was called" in html
    assert "This model only calls segments" in html
    assert "Can it be believed?" not in html
    assert "<svg" not in html


def test_times_are_shown_of_the_jobs_that_are_given(results: Path) -> None:
    path = results / "benchmarks" / "apply" / "GBR.tsv"
    write_tsv(path, s=[1800.0], max_rss=[512.0], cpu_time=[3600.0])
    write_report(Sources(results / "calls", costs=(path,)), results / "page.html")
    rows = tables_of(results / "page.html")["Time per step"]
    assert rows[1:] == [["apply", "1", "1", "0.5", "0.5"], ["all", "1", "1", "0.5", "0.5"]]
    write_report(Sources(results / "calls"), results / "page.html")
    assert "Time per step" not in (results / "page.html").read_text(encoding="utf-8")


def test_missing_folder_file_and_column_are_named(results: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such folder of calls"):
        write_report(Sources(results / "nowhere"), results / "report.html")
    write_tsv(results / "calls" / "per_sample.tsv", sample=["A"])
    with pytest.raises(DataError, match=r"per_sample\.tsv: column haplotype"):
        write(results)
    (results / "calls" / "segments.tsv").unlink()
    with pytest.raises(DataError, match=r"segments\.tsv: no such file"):
        write(results)
    assert not (results / "report.html").exists()


def test_folders_and_tables_of_something_else_are_refused(results: Path, predictive: Path) -> None:
    calls, evaluation, output = results / "calls", results / "evaluation", results / "report.html"
    for folder in (calls, results / "model"):
        with pytest.raises(DataError, match=r"no complete output of evaluate here; run `introghost evaluate --model`"):
            write_report(Sources(calls, folder), output)
    with pytest.raises(DataError, match="of a set of calls, not of a model; give it as --calls-evaluation"):
        write_report(Sources(calls, evaluation / "demo"), output)
    with pytest.raises(DataError, match="of a model, not of a set of calls; give it as --evaluation"):
        write_report(Sources(calls, calls_evaluation=evaluation), output)
    store = results / "data.zarr.zip"
    with zipfile.ZipFile(store, "w") as archive:
        archive.writestr("a", bytes(range(256)))
        archive.writestr("b", "b")
    with pytest.raises(DataError, match=r"data\.zarr\.zip: not text; .* with the columns statistic, summary"):
        write_report(Sources(calls, predictive=store), output)
    predictive.write_text(predictive.read_text().splitlines()[0] + "\n")
    with pytest.raises(DataError, match=r"predictive\.tsv: no row in the table"):
        write_report(Sources(calls, predictive=predictive), output)
    assert not output.exists()


def test_evaluations_of_another_model_or_of_other_calls_are_refused(results: Path) -> None:
    calls, evaluation, output = results / "calls", results / "evaluation", results / "report.html"
    of_another = {"verb": "evaluate", "inputs": {"model": {"sha256": "b2"}}}
    (evaluation / "provenance.json").write_text(json.dumps(of_another))
    with pytest.raises(DataError, match="an evaluation of another model"):
        write_report(Sources(calls, evaluation), output)
    (results / "model" / "segments" / "more").write_text("")
    with pytest.raises(DataError, match="not the model that made these calls"):
        write_report(Sources(calls, model=results / "model"), output)
    (calls / "provenance.json").write_text(json.dumps({"verb": "apply", "version": "1"}))
    with pytest.raises(DataError, match="an evaluation of other calls"):
        write_report(Sources(calls, calls_evaluation=evaluation / "demo"), output)
    (evaluation / "demo" / "provenance.json").unlink()
    with pytest.raises(DataError, match="no complete output of evaluate"):
        write_report(Sources(calls, calls_evaluation=evaluation / "demo"), output)
    assert not output.exists()


def test_the_findings_stand_beside_the_answer_by_what_they_do_to_it(results: Path) -> None:
    html = write(results)
    lines = (
        "<h3>This stops an answer</h3>",
        "<li>37 diploids, 50 in training.</li>",
        "<h3>This weakens an answer</h3>",
        "<li>A &lt;gap&gt; is there. Look at it.</li>",
        "<h3>Worth knowing</h3>",
        "<li>3 records are not used.</li>",
    )
    places = [html.index(line) for line in ('id="answer"', *lines, 'id="segments"')]
    assert places == sorted(places)


def test_which_scenarios_have_a_ghost_is_read_and_not_guessed_from_names(results: Path) -> None:
    html = write(results)
    rows = [re.sub(r"<[^>]*>|\s+", " ", row).split() for row in re.findall(r"<tr>.*?</tr>", html, flags=re.DOTALL)]
    assert ["neanderthal", "yes", "0.900", "0.900"] in rows
    assert ["ghost_town", "no", "0.100", "0.100"] in rows
    path = results / "calls" / "model_choice.json"
    content = json.loads(path.read_text())
    del content["ghost_of_target"]["ghost_town"]
    path.write_text(json.dumps(content))
    assert html.index("<td>neanderthal</td>") < html.index("<td>ghost_town</td>"), "the most probable first"
    ghosts = {one.name: one.ghost_of_target for one in Choice.read(results / "calls").scenarios}
    assert ghosts == {"neanderthal": True, "ghost_town": None}


@pytest.mark.parametrize(
    ("name", "key", "value", "message"),
    [
        ("model_choice.json", "decision", "perhaps", "decision is 'perhaps', expected one of ghost, no ghost"),
        ("model_choice.json", "decision", 1, "decision is 1, expected a text"),
        ("model_choice.json", "p_ghost", "high", 'p_ghost is "high", expected a number'),
        ("model_choice.json", "p_ghost", True, "p_ghost is true, expected a number"),
        ("model_choice.json", "probabilities", [1], r"probabilities is \[1\], expected an object"),
        ("model_choice.json", "probabilities", {"a": "b"}, 'probabilities.a is "b", expected a number'),
        (
            "model_choice.json",
            "ghost_of_target",
            {"neanderthal": "yes"},
            "ghost_of_target.neanderthal is .*true or fal",
        ),
        ("provenance.json", "findings", ["text"], "findings is .*, expected a list of objects"),
        ("provenance.json", "findings", {"code": "data"}, "findings is .*, expected a list"),
        (
            "provenance.json",
            "findings",
            [{"code": "data", "severity": "grave", "text": ""}],
            r"findings\[0\]: 'grave' is",
        ),
        ("provenance.json", "inputs", {"model": "human"}, 'inputs.model is "human", expected an object'),
    ],
)
def test_json_of_the_wrong_form_is_refused(results: Path, name: str, key: str, value: object, message: str) -> None:
    path = results / "calls" / name
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(DataError, match=message):
        write_report(Sources(results / "calls"), results / "report.html")


def test_the_record_of_calls_is_read_as_it_was_written(results: Path) -> None:
    path = results / "calls" / "provenance.json"
    digest = sha256(results / "model")
    content = json.loads(path.read_text())
    content["options"] = {"threshold": 0.5, "false_discovery_rate": None, "outgroup": "YRI", "target": "GBR"}
    content["inputs"] = {"model": {"name": "human", "sha256": digest}, "vcf": {"sha256": "a1"}, "include_bed": {}}
    path.write_text(json.dumps(content))
    data = CalledData(
        {"include_bed": None, "vcf": "a1"}, {"outgroup": "YRI", "target": "GBR", "region": None, "ancestral": None}
    )
    assert CallsRecord.read(results / "calls") == CallsRecord(FINDINGS, 0.5, None, "human", digest, data)


def test_an_evaluation_and_calls_that_name_no_model_are_not_taken_for_the_same(results: Path) -> None:
    calls, evaluation = results / "calls", results / "evaluation"
    (calls / "provenance.json").write_text("{}")
    with pytest.raises(DataError, match="an evaluation of another model"):
        write_report(Sources(calls, evaluation), results / "report.html")
    (evaluation / "provenance.json").write_text(json.dumps({"verb": "evaluate"}))
    with pytest.raises(DataError, match="no complete output of evaluate here"):
        write_report(Sources(calls, evaluation), results / "report.html")


def test_calls_that_were_not_finished_are_refused(results: Path) -> None:
    (results / "calls" / "provenance.json").unlink()
    with pytest.raises(DataError, match=r"no complete output of apply here \(no provenance\.json\)"):
        write(results)


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_broken_json_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(DataError, match=r"x\.json"):
        JsonSection.read(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (float("nan"), "–"), ("a", "a"), (3, "3"), (12_345, "12,345"), (0.0, "0"), (2.0, "2"),
        (1e3, "1,000"), (31_249.6, "31,250"), (-7229.4, "-7,229"), (0.123456, "0.1235"), (1.2584e-8, "1.258e-08"),
        (6.2e300, "6.2e+300"), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_numbers_are_written_for_people(value: object, text: str) -> None:
    assert tables.format_value(value) == text


def test_sample_names_stay_text(tmp_path: Path) -> None:
    write_tsv(tmp_path / "x.tsv", sample=["001"], fraction=[0.5])
    assert tables.read_table(tmp_path / "x.tsv")["sample"].tolist() == ["001"]


def test_the_page_of_a_whole_genome_stays_small(tmp_path: Path) -> None:
    """22 chromosomes, 100 haplotypes and 40,000 segments."""
    calls, rng = tmp_path / "calls", np.random.default_rng(1)
    lengths_bp = {str(number): int(250e6 / number**0.5) // 100_000 * 100_000 for number in range(1, 23)}
    write_bin_status(calls, lengths_bp, 5_000)
    contig = rng.choice(list(lengths_bp), 40_000)
    # Alike segments of many haplotypes at few places, as real ones are.
    place = rng.integers(0, 300, 40_000) * 250_000
    start, haplotype = place + rng.integers(0, 20, 40_000) * 5_000, rng.integers(0, 100, 40_000)
    write_tsv(
        calls / "segments.tsv", contig=list(contig), start=list(start), end=list(start + 60_000),
        sample=[f"s{each // 2}" for each in haplotype], haplotype=list(haplotype % 2),
        mean_posterior=list(rng.uniform(0.5, 1, 40_000)), num_private_alleles=[5] * 40_000,
    )  # fmt: skip
    write_tsv(
        calls / "per_sample.tsv", sample=[f"s{each // 2}" for each in range(100)], haplotype=[0, 1] * 50,
        called_bp=[24_000_000] * 100, callable_bp=[2_000_000_000] * 100, fraction=[0.012] * 100,
    )  # fmt: skip
    (calls / "provenance.json").write_text(json.dumps({"verb": "apply"}))
    write_report(Sources(calls), tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 3_000_000


def test_scenario_drawing_is_repeatable() -> None:
    builder = demes.Builder()
    builder.add_deme("Ancestor", epochs=[{"start_size": 1000, "end_time": 100}])
    for name in ("Outgroup", "Target"):
        builder.add_deme(name, ancestors=["Ancestor"], epochs=[{"start_size": 500}])
    graph = builder.resolve()
    roles = {"outgroup": "Outgroup", "target": "Target"}
    drawing = figures.scenario_drawing(graph, "no_ghost", roles).drawing
    assert drawing == figures.scenario_drawing(graph, "no_ghost", roles).drawing
    assert all(figures.ROLE_COLOURS[role].lower() in drawing.lower() for role in roles)
    assert figures.ROLE_COLOURS["ghost"] not in drawing
    assert "Outgroup" in drawing


def test_calls_of_a_shipped_model_show_its_evaluation_and_its_scenarios(results: Path) -> None:
    path = results / "calls" / "provenance.json"
    record = json.loads(path.read_text())
    record["inputs"]["model"] = {"name": "human", "sha256": sha256(models.locate("human"))}
    path.write_text(json.dumps(record))
    choice = json.loads((results / "calls" / "model_choice.json").read_text())
    choice |= {"probabilities": {"ghost": 0.8, "no_ghost": 0.2}, "ghost_of_target": {"ghost": True, "no_ghost": False}}
    (results / "calls" / "model_choice.json").write_text(json.dumps(choice))
    write_report(Sources(results / "calls"), results / "report.html")
    html = (results / "report.html").read_text()
    for name in ("power", "confusion", "coverage", "scenario-ghost", "scenario-no_ghost"):
        assert f'id="{name}"' in html
    record["inputs"]["model"]["sha256"] = "another"
    path.write_text(json.dumps(record))
    write_report(Sources(results / "calls"), results / "report.html")
    assert 'id="power"' not in (results / "report.html").read_text()


def test_peaks_come_by_the_haplotypes_that_are_expected_to_carry_them(results: Path) -> None:
    """Three haplotypes with a posterior of 0.3 are fewer than one with 0.95."""
    write_tsv(
        results / "calls" / "segments.tsv", contig=["1", "2", "2", "2"], start=[0] * 4, end=[50_000] * 4,
        sample=["A", "A", "B", "B"], haplotype=[0, 1, 0, 1], mean_posterior=[0.95, 0.3, 0.3, 0.3],
        num_private_alleles=[1] * 4,
    )  # fmt: skip
    write_report(Sources(results / "calls"), results / "report.html")
    rows = tables_of(results / "report.html")["Peaks"]
    assert [(row[1], row[5]) for row in rows[1:]] == [("1:1–50,000", "0.95"), ("2:1–50,000", "0.30")]


def test_scenarios_come_by_probability_with_their_meaning() -> None:
    folders = [presets.scenarios()[name] for name in ("no_ghost", "ghost", "structure")]
    probabilities = [ScenarioProbability("ghost", 0.7, True), ScenarioProbability("structure", 0.2, False)]
    drawn = sections.scenario_drawings(folders, probabilities)
    assert [(one.name, one.probability) for one in drawn] == [("ghost", 0.7), ("structure", 0.2), ("no_ghost", None)]
    assert drawn[1].meaning.startswith("Structure among the ancestors")


def test_command_line(results: Path) -> None:
    output = results / "out" / "report.html"
    arguments = ["--calls", str(results / "calls"), "--model", str(results / "model"), "--output", str(output)]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert output.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"threshold": 0.4, "false_discovery_rate": 0.15},
            "is at least 0.4, the threshold at which at most 15 % of the called sequence was false in held-out",
        ),
        ({"threshold": 0.4, "false_discovery_rate": None}, "where the posterior is at least 0.4."),
        ({}, None),
    ],
)
def test_the_threshold_is_told(results: Path, options: dict[str, float], expected: str | None) -> None:
    path = results / "calls" / "provenance.json"
    about = json.loads(path.read_text()) | {"options": options}
    path.write_text(json.dumps(about))
    write_report(Sources(results / "calls"), results / "report.html")
    html = (results / "report.html").read_text()
    assert expected is None or expected in html
    assert ("Segments are called where" in html) == (expected is not None)
