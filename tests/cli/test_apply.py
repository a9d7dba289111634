"""The verbs from a VCF to calls, with a network that was never trained: what is tested is what surrounds it."""

import dataclasses
import errno
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from untrained import choice_bundle, parameters_bundle, segments_bundle
from verbs import run

from introghost import models, provenance
from introghost.answer import Answer
from introghost.errors import ConfigError
from introghost.haplotypes import OUTGROUP_MAJOR
from introghost.inference import bundle_files, bundles, inputs, novelty
from introghost.inference.bundles import Bundle, SegmentsBundle
from introghost.inference.decisions import Decision
from introghost.inference.fields import Range
from introghost.networks.segments import SegmentNetwork
from introghost.statistics.haplotype import STATISTICS
from introghost.statistics.pooled import POOLED
from introghost.statistics.population import POPULATION_STATISTICS

DEMO = Path(__file__).parents[2] / "config" / "demo"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("apply")
    sizes = ("--regions", 2, "--region-length-bp", 200_000, "--outgroup-diploids", 5, "--target-diploids", 5)
    assert run("simulate", "--scenario", DEMO, "--genomes", 1, *sizes, "--output", folder / "x.trees") == 0
    written = ("--output", folder / "x.vcf.gz", "--populations-output", folder / "x.tsv")
    assert run("vcf", "write", "--trees", folder / "x.trees", *written) == 0
    for bundle in (segments_bundle(), choice_bundle()):
        bundle_files.save(bundle, folder / "model" / bundle.task)
    return folder


def save(folder: Path, bundle: Bundle, **training: object) -> None:
    """A bundle, perhaps with something else about its training, into the folder of a model."""
    bundle = dataclasses.replace(bundle, training=dataclasses.replace(bundle.training, **training))
    bundle_files.save(bundle, folder / bundle.task)


def findings(calls: Path) -> list[dict[str, str]]:
    """Findings in the provenance of calls."""
    listed: list[dict[str, str]] = json.loads((calls / "provenance.json").read_text())["findings"]
    return listed


def apply(
    data: Path,
    output: Path,
    *more: object,
    model: Path | str = "model",
    ancestral: str = "outgroup-major",
    populations: Path | None = None,
) -> int:
    given = ("--vcf", data / "x.vcf.gz", "--populations", populations or data / "x.tsv", "--ancestral", ancestral)
    roles = ("--outgroup", "Outgroup", "--target", "Target")
    return run("apply", "--model", data / model, *given, *roles, "--output", output, *more)


def test_the_shipped_model_and_its_ancestral_states_are_the_default(data, tmp_path):
    vcf = ("--vcf", data / "x.vcf.gz", "--populations", data / "x.tsv", "--outgroup", "Outgroup", "--target", "Target")
    assert run("apply", *vcf, "--output", tmp_path) == 0
    recorded = json.loads((tmp_path / "provenance.json").read_text())
    assert recorded["options"]["ancestral"] == OUTGROUP_MAJOR
    shipped = bundle_files.load(models.locate("human") / "segments", SegmentsBundle)
    assert recorded["options"]["threshold"] == shipped.threshold()
    assert recorded["options"]["false_discovery_rate"] == bundles.DEFAULT_FALSE_DISCOVERY_RATE
    assert (
        recorded["inputs"]["model"] == provenance.record("", {}, {"model": models.locate("human")})["inputs"]["model"]
    )
    read_back = {*tmp_path.glob("*.tsv"), tmp_path / "model_choice.json"}
    assert recorded["outputs"] == {path.name: provenance.sha256(path) for path in read_back}


def test_a_folder_of_the_name_of_a_shipped_model_is_not_passed_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "human").mkdir()
    with pytest.raises(ConfigError, match=r"write \./human for the folder"):
        models.locate("human")
    assert models.locate("./human") == Path("human")


def test_every_file_is_written_and_they_agree(data, tmp_path):
    assert apply(data, tmp_path / "look") == 0
    posterior = pd.read_csv(tmp_path / "look" / "bins.tsv.gz", sep="\t").iloc[:, 3:]
    threshold = np.median(posterior) + 5e-6  # between two of five decimals, whatever the untrained network gives
    assert apply(data, tmp_path, "--threshold", threshold) == 0
    bins = pd.read_csv(tmp_path / "bins.tsv.gz", sep="\t")
    assert bins.shape == (40, 13)
    called = (bins.iloc[:, 3:] >= threshold).to_numpy()
    assert 0 < called.sum() < called.size, "nothing or everything is called: test can't fail"
    segments = pd.read_csv(tmp_path / "segments.tsv", sep="\t")
    assert (segments["end"] - segments["start"]).sum() == called.sum() * 10_000
    per_sample = pd.read_csv(tmp_path / "per_sample.tsv", sep="\t")
    assert per_sample["called_bp"].tolist() == (called.sum(axis=0) * 10_000).tolist()
    assert json.loads((tmp_path / "model_choice.json").read_text())["p_ghost"] == pytest.approx(0.5)
    frequency = pd.read_csv(tmp_path / "posterior.bedgraph", sep="\t", skiprows=1, header=None)
    np.testing.assert_allclose(frequency[3], bins.iloc[:, 3:].mean(axis=1), atol=2e-5)


def test_percentiles_of_each_statistic_tell_which_are_unlike_the_simulations(data, tmp_path, capsys):
    shutil.copytree(data / "model", tmp_path / "data" / "model")
    for name in ("x.vcf.gz", "x.tsv"):
        shutil.copy(data / name, tmp_path / "data")
    task = tmp_path / "data" / "model" / "model-choice"
    bundle = choice_bundle(references=60)
    simulated = np.random.default_rng(1).normal(size=(1, 120, len(bundle.inputs) - 1)).astype(np.float32)
    classes, identities = np.repeat([0, 1], 60), np.arange(120)
    novelty.fit(bundle.network.novelty, simulated, [2], classes, identities, np.random.default_rng(1))
    shutil.rmtree(task)
    bundle_files.save(bundle, task)
    assert apply(tmp_path / "data", tmp_path / "calls", "--force") == 0
    table = pd.read_csv(tmp_path / "calls" / "statistic_percentiles.tsv", sep="\t", keep_default_na=False)
    assert table.columns.tolist() == ["statistic", "value", "ghost", "no_ghost"]
    assert table["statistic"].tolist() == [*POOLED, *POPULATION_STATISTICS]
    assert table[["ghost", "no_ghost"]].stack().between(0, 100).all()
    value = table.set_index("statistic")["value"]
    assert value["mean_of_target_haplotypes"] == 10
    assert value["mean_of_callable_fraction"] == 1
    large = table["value"] > 100  # whose roots lie beyond all that was drawn
    assert large.any()
    assert (table.loc[large, ["ghost", "no_ghost"]] == 100).all(axis=None)
    assert (
        "statistics lie outside the middle 98 % of the simulated genomes of every scenario" in capsys.readouterr().err
    )
    assert apply(data, tmp_path / "calls") == 0
    assert not (tmp_path / "calls" / "statistic_percentiles.tsv").exists(), "this model has nothing to compare with"


def test_every_bin_is_a_row_with_the_reason_if_it_was_not_called(data, tmp_path, capsys):
    bed, calls = tmp_path / "half.bed", tmp_path / "calls"
    bed.write_text("1\t0\t100000\n1\t100000\t100500\n1\t110000\t112000\n")
    assert apply(data, calls, "--include-bed", bed, "--threshold", 0) == 0
    assert "contig 2 has no usable site" in capsys.readouterr().err
    status = pd.read_csv(calls / "bin_status.tsv", sep="\t")
    assert status["contig"].tolist() == [1] * 20 + [2] * 20
    assert (status["end"] - status["start"] == 10_000).all()
    assert status["callable_bp"].tolist() == [10_000] * 10 + [500, 2_000] + [0] * 28
    too_little = ["too little callable sequence"]
    expected = ["called"] * 10 + too_little + ["called"] + too_little * 8 + ["no sites in the contig"] * 20
    assert status["status"].tolist() == expected
    assert status["num_sites"].to_numpy()[10:].sum() < status["num_sites"].sum()
    bins = pd.read_csv(calls / "bins.tsv.gz", sep="\t")
    called = status["status"] == "called"
    assert bins.iloc[:, 3:].notna().all(axis=1).tolist() == called.tolist()
    assert bins.iloc[:, 3:].isna().all(axis=1).tolist() == (~called).tolist()
    bedgraph = pd.read_csv(calls / "posterior.bedgraph", sep="\t", skiprows=1, header=None)
    assert bedgraph[1].tolist() == status["start"][called].tolist()
    segments = pd.read_csv(calls / "segments.tsv", sep="\t")
    assert set(segments["start"]) == {0, 110_000}, "with threshold 0 a segment is a run of called bins"
    assert set(pd.read_csv(calls / "per_sample.tsv", sep="\t")["callable_bp"]) == {102_000}
    (silent,) = [finding for finding in findings(calls) if finding["code"] == "contig-without-sites"]
    assert silent == {
        "code": "contig-without-sites",
        "severity": "warning",
        "text": "contig 2 has no usable site: not called",
    }


def test_no_usable_site_at_all_is_an_error(data, tmp_path, capsys):
    bed = tmp_path / "none.bed"
    bed.write_text("1\t0\t1\n")
    assert apply(data, tmp_path / "calls", "--include-bed", bed) == 3
    assert "no usable site in 1, 2" in capsys.readouterr().err
    assert not (tmp_path / "calls").exists()


def test_a_second_region_is_not_dropped_in_silence(data, tmp_path, capsys):
    assert apply(data, tmp_path / "calls", "--region", "1", "--region", "2") == 2
    error = capsys.readouterr().err
    assert error == "error: --region is given 2 times: put several intervals into a file for --include-bed\n"
    assert not (tmp_path / "calls").exists()


def test_an_empty_region_is_not_the_whole_file(data, tmp_path, capsys):
    assert apply(data, tmp_path, "--region", "") == 2
    assert capsys.readouterr().err.startswith("error: --region is empty")


def test_how_much_and_what_comes_next_are_printed(data, of_parameters, tmp_path, capsys):
    calls = tmp_path / "my calls"
    assert apply(data, calls, "--missed-ghost-cost", 50, model=of_parameters) == 0
    *_, decision, amount, segments, upcoming = capsys.readouterr().err.splitlines()
    assert decision.startswith("decision: undecided;")
    words, _, path = amount.rpartition(": ")
    assert path == str(calls / "parameter_posterior.tsv")
    told = re.fullmatch(r"ghost ancestry: (\S+) %, 95 % interval (\S+) % to (\S+) %", words)
    table = pd.read_csv(calls / "parameter_posterior.tsv", sep="\t").set_index("parameter").loc["ghost_proportion"]
    expected = [100 * table[name] for name in ("median", "lower_95", "upper_95")]
    assert [float(number) for number in told.groups()] == pytest.approx(expected, rel=0.05)
    assert segments.endswith(f"haplotypes: {calls / 'segments.bed'}")
    assert upcoming == f"next: introghost report --calls '{calls}' --output '{calls / 'report.html'}'"
    assert apply(data, calls, model=of_parameters) == 0
    printed = capsys.readouterr().err
    assert "decision: no ghost;" in printed
    assert "ghost ancestry" not in printed, "of a ghost that there is none of"


def test_a_page_of_earlier_calls_is_told_of(data, tmp_path, capsys):
    assert apply(data, tmp_path) == 0
    assert "of earlier calls" not in capsys.readouterr().err
    (tmp_path / "report.html").touch()
    assert apply(data, tmp_path) == 0
    assert f"{tmp_path / 'report.html'}: of earlier calls, write it again" in capsys.readouterr().err


def test_an_answer_of_an_earlier_model_does_not_stay(data, tmp_path):
    (tmp_path / "segments-only").mkdir()
    (tmp_path / "segments-only" / "segments").symlink_to(data / "model" / "segments")
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "model_choice.json").write_text("{}")
    assert apply(data, tmp_path / "calls", model=str(tmp_path / "segments-only")) == 0
    assert not (tmp_path / "calls" / "model_choice.json").exists()


def test_other_numbers_of_diploids_are_warned_of(data, tmp_path, capsys):
    table = pd.read_csv(data / "x.tsv", sep="\t")
    table.loc[table["sample"].isin(["target_0", "target_1"]), "population"] = "left out"
    table.to_csv(tmp_path / "x.tsv", sep="\t", index=False)
    assert apply(data, tmp_path / "calls") == 0
    assert "in the training" not in capsys.readouterr().err
    assert apply(data, tmp_path / "calls", populations=tmp_path / "x.tsv") == 0
    error = capsys.readouterr().err
    assert "target diploids: 3 in the data, 5 in the training of segments" in error
    assert "records are not used: " in error
    assert "outgroup" not in error, "5 lies within 4 to 10"


def test_calls_that_were_not_finished_are_recognised(data, tmp_path, monkeypatch, capsys):
    assert apply(data, tmp_path / "calls") == 0
    monkeypatch.setattr("introghost.inference.outputs.write_bin_status", _fail)
    assert apply(data, tmp_path / "calls") == 5
    assert "No space left on device" in capsys.readouterr().err
    assert not (tmp_path / "calls" / "provenance.json").exists()
    tracts = ("--tracts", data / "x.tracts.parquet", "--output", tmp_path / "evaluation")
    assert run("evaluate", "--calls", tmp_path / "calls", *tracts) == 3
    assert "no complete output of apply" in capsys.readouterr().err
    monkeypatch.undo()
    assert apply(data, tmp_path / "calls") == 0
    assert run("evaluate", "--calls", tmp_path / "calls", *tracts) == 0


def test_the_truth_of_other_samples_is_refused(data, tmp_path, capsys):
    table = pd.read_csv(data / "x.tsv", sep="\t")
    table.loc[table["sample"] == "target_0", "population"] = "left out"
    table.to_csv(tmp_path / "x.tsv", sep="\t", index=False)
    assert apply(data, tmp_path / "calls", populations=tmp_path / "x.tsv") == 0
    capsys.readouterr()
    tracts = ("--tracts", data / "x.tracts.parquet", "--output", tmp_path / "evaluation")
    assert run("evaluate", "--calls", tmp_path / "calls", *tracts) == 3
    assert "the truth of 10 target haplotypes, the calls have 8" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["x.trees", "x.parameters.parquet"])
def test_what_holds_no_tracts_is_refused(data, tmp_path, capsys, name):
    assert apply(data, tmp_path / "calls") == 0
    capsys.readouterr()
    tracts = ("--tracts", data / name, "--output", tmp_path / "evaluation")
    assert run("evaluate", "--calls", tmp_path / "calls", *tracts) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {data / name}: ")
    assert "give X.tracts.parquet" in line


def test_statistics_that_the_model_was_trained_on_are_refused(data, tmp_path, capsys):
    statistics, model = tmp_path / "x.zarr.zip", tmp_path / "model"
    assert run("statistics", "--trees", data / "x.trees", "--bin-bp", 10_000, "--output", statistics) == 0
    evaluate = ("evaluate", "--model", model, "--statistics", statistics, "--output", tmp_path / "evaluation")
    for digest, code in (("0" * 64, 0), (provenance.sha256(statistics), 3)):
        listed = {"inputs": {"statistics 0": {"name": "other.zarr.zip", "sha256": digest}}}
        save(model, dataclasses.replace(segments_bundle(), provenance=listed))
        assert run(*evaluate) == code
    assert f"{statistics}: the model was trained on it (segments)" in capsys.readouterr().err


def test_another_share_of_masked_sequence_than_in_training_is_warned_of(data, tmp_path, capsys):
    mask, model = tmp_path / "mask.bed", tmp_path / "model"
    mask.write_text(
        "".join(f"{contig}\t{start}\t{start + 6000}\n" for contig in "12" for start in range(0, 200_000, 10_000))
    )
    for share, given, message in (
        ((1.0, 1.0), None, None),
        ((0.5, 0.7), mask, None),
        ((0.3, 1.0), mask, None),
        ((1.0, 1.0), mask, "60% of the sequence is callable, 100% in the training of segments"),
        ((0.5, 0.7), None, "100% of the sequence is callable, 50% to 70% in the training of segments"),
    ):
        save(model, segments_bundle(), callable_share=share)
        options = () if given is None else ("--include-bed", given)
        assert apply(data, tmp_path / "calls", *options, model=str(model)) == 0
        error = capsys.readouterr().err
        told = [finding for finding in findings(tmp_path / "calls") if finding["code"] == "callable-share"]
        assert len(told) == (message is not None)
        assert error.count("of the sequence is callable") == (message is not None)
        assert message is None or (f"warning: {message}" in error and told[0]["text"].startswith(message))


def test_segments_are_called_at_the_threshold_of_the_bundle(data, tmp_path, capsys):
    save(tmp_path / "model", dataclasses.replace(segments_bundle(), thresholds={0.05: 0.9, 0.15: 0.3}))
    for threshold, rate in ((0.3, []), (0.9, ["--false-discovery-rate", 0.05])):
        assert apply(data, tmp_path / "own", *rate, model=str(tmp_path / "model")) == 0
        assert apply(data, tmp_path / "said", "--threshold", threshold, model=str(tmp_path / "model")) == 0
        assert (tmp_path / "own" / "segments.tsv").read_bytes() == (tmp_path / "said" / "segments.tsv").read_bytes()
        record = json.loads((tmp_path / "own" / "provenance.json").read_text())
        assert record["options"]["threshold"] == threshold
    capsys.readouterr()
    assert apply(data, tmp_path / "none", "--false-discovery-rate", 0.05, "--threshold", 0.5) == 2
    assert "give one of them" in capsys.readouterr().err
    assert apply(data, tmp_path / "none", "--false-discovery-rate", 0.3, model=str(tmp_path / "model")) == 2
    assert "false-discovery rate 0.3: the model has thresholds for 0.05, 0.15" in capsys.readouterr().err


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 4)])
def test_a_script_can_ask_to_stop_where_no_scenario_fits(data, tmp_path, capsys, monkeypatch, options, code):
    monkeypatch.setattr(Answer, "decision", Decision.NO_SCENARIO_FITS)
    assert apply(data, tmp_path / "calls", *options, model=data / "model") == code
    assert ("no scenario fits these data (--strict)" in capsys.readouterr().err) == bool(code)
    assert (tmp_path / "calls" / "provenance.json").is_file()


def test_strict_says_nothing_of_other_decisions(data, tmp_path):
    assert apply(data, tmp_path / "calls", "--strict", model=data / "model") == 0


def test_a_model_is_a_shipped_one_or_a_folder(data, tmp_path, capsys):
    assert apply(data, tmp_path, model="chimpanzee") == 2
    assert "chimpanzee: no such folder, and no shipped model of that name" in capsys.readouterr().err


def _fail(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_network_for_other_statistics_is_refused(data, tmp_path, capsys):
    bundle = segments_bundle()
    statistics = ("other", *STATISTICS[1:])
    named = dataclasses.replace(bundle, inputs=inputs.segment_channel_names(statistics, POPULATION_STATISTICS))
    save(tmp_path / "model", named, statistics=statistics)
    assert apply(data, tmp_path / "calls", model=str(tmp_path / "model")) == 4
    assert f"statistics number 1 is 'other' in the bundle and '{STATISTICS[0]}'" in capsys.readouterr().err
    fewer = dataclasses.replace(
        bundle,
        network=SegmentNetwork(7, 3, 8).eval(),
        inputs=bundle.inputs[:7],
        architecture={"channels": 7, "population": 3, "width": 8, "members": 1, "references": 0},
    )
    save(tmp_path / "model", fewer)
    assert apply(data, tmp_path / "calls", model=str(tmp_path / "model")) == 4
    assert f"inputs number 8 is none in the bundle and '{bundle.inputs[7]}'" in capsys.readouterr().err


@pytest.mark.parametrize("change", ["another quantile", "two exchanged"])
def test_a_model_one_of_whose_inputs_has_another_name_is_refused_in_one_line(data, tmp_path, capsys, change):
    bundle, model = choice_bundle(), tmp_path / "model"
    names = list(bundle.inputs)
    number = next(index for index, name in enumerate(names) if "0.95" in name)
    if change == "another quantile":
        names[number] = names[number].replace("0.95", "0.9")
    else:
        names[number], names[number + 1] = names[number + 1], names[number]
    save(model, segments_bundle())
    save(model, dataclasses.replace(bundle, inputs=tuple(names)))
    capsys.readouterr()
    assert apply(data, tmp_path / "calls", model=str(model)) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        f"error: {model / 'model-choice'}: inputs number {number + 1} is '{names[number]}' in the bundle"
    )
    assert f"and '{bundle.inputs[number]}' in this version" in line
    assert not (tmp_path / "calls").exists()


def test_what_a_scenario_means_is_said_by_the_model_and_not_by_its_name(data, tmp_path):
    for meanings in ({"neanderthal": True, "ghost_town": False}, {"neanderthal": False, "ghost_town": True}):
        bundle = choice_bundle(meanings)
        with torch.no_grad():
            bundle.network.intercepts[0, 0] = 9.0  # the first scenario is the likelier
        model = tmp_path / "model"
        save(model, segments_bundle())
        save(model, bundle)
        assert apply(data, tmp_path / "calls", "--force", model=str(model)) == 0
        choice = json.loads((tmp_path / "calls" / "model_choice.json").read_text())
        assert choice["ghost_of_target"] == meanings
        assert choice["probabilities"]["neanderthal"] > 0.98
        assert choice["p_ghost"] == pytest.approx(
            choice["probabilities"]["neanderthal" if meanings["neanderthal"] else "ghost_town"]
        )
        assert choice["decision"] == ("ghost" if meanings["neanderthal"] else "no ghost")


@pytest.fixture
def of_parameters(tmp_path: Path) -> Path:
    """A model that knows of parameters too."""
    for bundle in (segments_bundle(), choice_bundle(), parameters_bundle()):
        save(tmp_path / "model", bundle)
    return tmp_path / "model"


def test_parameters_are_withheld_outside_the_range_of_training_but_for_force(data, of_parameters, tmp_path, capsys):
    calls, table = tmp_path / "calls", pd.read_csv(data / "x.tsv", sep="\t")
    assert apply(data, calls, model=of_parameters) == 0
    assert (calls / "parameter_posterior.tsv").exists()
    inside = pd.read_csv(calls / "parameter_posterior.tsv", sep="\t")
    assert inside["parameter"].tolist() == ["split_time", "ghost_proportion"]
    assert "in which parameters were trained" not in capsys.readouterr().err
    table.loc[table["sample"].isin(["target_0", "target_1"]), "population"] = "left out"
    table.to_csv(tmp_path / "few.tsv", sep="\t", index=False)
    few = {"populations": tmp_path / "few.tsv", "model": of_parameters}
    assert apply(data, calls, **few) == 0
    assert not (calls / "parameter_posterior.tsv").exists()
    assert not (calls / "parameter_draws.tsv").exists()
    assert capsys.readouterr().err.startswith(
        "withheld: the numbers of individuals or the mask lie outside the range in which parameters were trained"
    )
    assert findings(calls)[0]["code"] == "parameters-withheld"
    assert [finding["code"] for finding in findings(calls)].count("few-samples") == 1, "one fact of three networks"
    assert apply(data, calls, "--force", **few) == 0
    forced = pd.read_csv(calls / "parameter_posterior.tsv", sep="\t")
    assert forced["parameter"].tolist() == inside["parameter"].tolist()
    (told,) = [finding for finding in findings(calls) if finding["code"] == "parameters-withheld"]
    assert told["severity"] == "warning"
    assert told["text"].endswith("parameters are given because they are forced; train with data like yours")


def test_parameters_that_need_more_sequence_than_the_choice_are_withheld(data, of_parameters, tmp_path):
    more = dataclasses.replace(parameters_bundle(), regions=Range(3, 4))
    bundle_files.save(more, of_parameters / more.task)
    assert apply(data, tmp_path / "calls", model=of_parameters) == 0
    assert json.loads((tmp_path / "calls" / "model_choice.json").read_text())["decision"] != "too little sequence"
    assert "too-little-sequence" in [finding["code"] for finding in findings(tmp_path / "calls")]
    assert not (tmp_path / "calls" / "parameter_posterior.tsv").exists()


def test_parameters_are_withheld_under_another_mask(data, of_parameters, tmp_path):
    mask, calls = tmp_path / "mask.bed", tmp_path / "calls"
    rows = [f"{contig}\t{start}\t{start + 6000}\n" for contig in "12" for start in range(0, 200_000, 10_000)]
    mask.write_text("".join(rows))
    save(of_parameters, choice_bundle(), callable_share=(0.5, 1.0))
    assert apply(data, calls, "--include-bed", mask, model=of_parameters) == 0
    assert not (calls / "parameter_posterior.tsv").exists()
    save(of_parameters, parameters_bundle(), callable_share=(0.5, 1.0))
    assert apply(data, calls, "--include-bed", mask, model=of_parameters) == 0
    assert (calls / "parameter_posterior.tsv").exists()


def test_short_stretches_do_not_pass_for_regions(data, of_parameters, tmp_path, capsys):
    """Bins with a little callable sequence make two regions by their number, with 60 % of the sequence of two."""
    mask, calls = tmp_path / "mask.bed", tmp_path / "calls"
    rows = [f"{contig}\t{start}\t{start + 6000}\n" for contig in "12" for start in range(0, 200_000, 10_000)]
    mask.write_text("".join(rows))
    assert apply(data, calls, "--include-bed", mask, model=of_parameters) == 0
    choice = json.loads((calls / "model_choice.json").read_text())
    assert (choice["decision"], choice["regions"], choice["used_bp"]) == ("too little sequence", 2, 240_000)
    assert choice["left_out_bp"] == 0
    assert not {"p_ghost", "probabilities", "bayes_factors"} & set(choice)
    assert not (calls / "parameter_posterior.tsv").exists()
    error = capsys.readouterr().err
    assert error.startswith("withheld: too little sequence: 2 regions with 0.24 Mb callable; the networks for whole")
    assert "decision: too little sequence: " in error
    assert findings(calls)[0]["code"] == "too-little-sequence"
    assert apply(data, calls, "--include-bed", mask, "--force", model=of_parameters) == 0
    forced = json.loads((calls / "model_choice.json").read_text())
    assert (forced["decision"], forced["p_ghost"]) == ("too little sequence", pytest.approx(0.5))
    assert (calls / "parameter_posterior.tsv").exists()


def test_findings_are_printed_and_recorded_in_the_order_of_their_weight(data, of_parameters, tmp_path, capsys):
    mask, calls = tmp_path / "mask.bed", tmp_path / "calls"
    mask.write_text("1\t0\t200000\n")
    assert apply(data, calls, "--include-bed", mask, model=of_parameters) == 0
    listed = findings(calls)
    assert [set(finding) for finding in listed] == [{"code", "severity", "text"}] * len(listed)
    weights = ["withheld", "warning", "remark"]
    order = [weights.index(finding["severity"]) for finding in listed]
    assert order == sorted(order)
    assert {"too-little-sequence", "contig-without-sites"} <= {finding["code"] for finding in listed}
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.split(":")[0] in weights] == [
        f"{finding['severity']}: {finding['text']}" for finding in listed
    ]


def test_alleles_coded_otherwise_than_in_training_are_refused(data, tmp_path, capsys):
    assert apply(data, tmp_path, ancestral="info-aa") == 4
    assert "trained with ancestral 'outgroup-major'" in capsys.readouterr().err


def test_a_tasks_folder_for_the_models_is_refused_with_a_hint(data, tmp_path, capsys):
    assert apply(data, tmp_path, model="model/segments") == 4
    assert "--model is the folder that holds segments/" in capsys.readouterr().err
