"""The names of the package: what is public, what importing costs, and that the answer is that of `introghost apply`."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from verbs import run

import introghost as ig

HEAVY = ("torch", "pandas", "xarray", "snakemake", "lightning", "numpy", "msprime", "cyvcf2", "scipy")
PUBLIC = {
    "Answer",
    "Calls",
    "Choice",
    "Code",
    "Costs",
    "Decision",
    "Finding",
    "IntroghostError",
    "Model",
    "Severity",
    "VcfData",
    "__version__",
    "load_model",
    "open_vcf",
    "read_calls",
}


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_imports_nothing_heavy_and_shows_the_public_names_only() -> None:
    loaded = python(
        f"import introghost, sys; print([name for name in {HEAVY} if name in sys.modules]); print(dir(introghost))"
    )
    assert loaded.splitlines() == ["[]", str(sorted(PUBLIC))]


def test_every_public_name_is_there_and_no_other() -> None:
    assert set(ig.__all__) == set(dir(ig)) == PUBLIC
    for name in PUBLIC:
        assert getattr(ig, name) is not None
    with pytest.raises(AttributeError, match="module 'introghost' has no attribute 'apply'"):
        _ = ig.apply  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def answer(demo: Path) -> ig.Answer:
    data = ig.open_vcf(demo / "demo.vcf.gz", populations=demo / "demo.tsv", outgroup=["Outgroup"], target="Target")
    return ig.load_model("human").apply(data)


@pytest.fixture(scope="module")
def calls(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, of the verb."""
    folder = tmp_path_factory.mktemp("verb") / "calls"
    vcf = ("--vcf", demo / "demo.vcf.gz", "--populations", demo / "demo.tsv")
    assert run("apply", *vcf, "--outgroup", "Outgroup", "--target", "Target", "--output", folder) == 0
    return folder


def test_the_answer_is_that_of_the_verb_to_the_last_byte(answer: ig.Answer, calls: Path, tmp_path: Path) -> None:
    answer.write(tmp_path)
    names = {path.name for path in calls.iterdir()}
    assert names == {path.name for path in tmp_path.iterdir()}
    assert names == {
        "segments.tsv",
        "segments.bed",
        "segments.seg",
        "bins.tsv.gz",
        "bin_status.tsv",
        "posterior.bedgraph",
        "per_sample.tsv",
        "model_choice.json",
        "statistic_percentiles.tsv",
        "parameter_posterior.tsv",
        "parameter_draws.tsv",
        "prior_draws.tsv",
        "provenance.json",
    }
    for name in names:
        assert (tmp_path / name).read_bytes() == (calls / name).read_bytes(), name


def test_the_answer_of_the_demonstration_is_a_ghost_and_its_tables_agree(answer: ig.Answer, calls: Path) -> None:
    assert answer.decision is ig.Decision.GHOST
    assert answer.p_ghost is not None
    assert answer.p_ghost > 0.99
    written = json.loads((calls / "model_choice.json").read_text())
    assert written["p_ghost"] == answer.p_ghost
    assert (written["used_bp"], written["left_out_bp"], written["regions"]) == (10_000_000, 0, 10)
    table = pd.read_csv(calls / "segments.tsv", sep="\t", dtype={"contig": str})
    pd.testing.assert_frame_equal(table, answer.segments, rtol=1e-4, check_dtype=False)
    proportion = answer.parameters.set_index("parameter").loc["ghost_proportion"]
    assert proportion["lower_95"] < 0.0225 < proportion["upper_95"], "as simulated"
    assert len(answer.parameter_draws) == len(answer.prior_draws) == 4_000
    # The prior that is drawn from is the one whose quantiles stand in the table.
    quantiles = answer.prior_draws["ghost_proportion"].quantile([0.025, 0.975]).to_list()
    assert quantiles == pytest.approx(proportion[["prior_lower_95", "prior_upper_95"]].to_list(), rel=0.15)
    assert [str(finding.code) for finding in answer.findings if finding.severity is ig.Severity.WITHHELD] == []


def test_the_posterior_of_a_contig_is_what_bins_say(answer: ig.Answer, calls: Path) -> None:
    posterior = answer.posterior("3")
    assert posterior.dims == ("haplotype", "bin")
    assert posterior.shape == (100, 200)
    bins = pd.read_csv(calls / "bins.tsv.gz", sep="\t", dtype={"contig": str}).query("contig == '3'")
    assert posterior["haplotype"].values.tolist() == list(bins.columns[3:])
    assert posterior["start"].values.tolist() == bins["start"].tolist()
    np.testing.assert_allclose(posterior.values.T, bins.iloc[:, 3:], atol=6e-6)


def of_few(demo: Path, folder: Path, num_outgroup: int, num_target: int) -> ig.VcfData:
    """The demonstration's data of so many individuals."""
    table = pd.read_csv(demo / "demo.tsv", sep="\t")
    wanted = table["population"].map({"Outgroup": num_outgroup, "Target": num_target})
    table[table.groupby("population").cumcount() < wanted].to_csv(folder / "few.tsv", sep="\t", index=False)
    data = ig.open_vcf(demo / "demo.vcf.gz", populations=folder / "few.tsv", outgroup="Outgroup", target="Target")
    assert data.source.num_diploids() == (num_outgroup, num_target)
    return data


def test_of_37_and_23_individuals_parameters_are_given(demo: Path, tmp_path: Path) -> None:
    answer = ig.load_model("human").apply(of_few(demo, tmp_path, 37, 23))
    assert not answer.parameters.empty
    assert not {str(finding.code) for finding in answer.findings} & {"parameters-withheld", "few-samples"}


def test_of_fewer_individuals_than_in_training_parameters_are_withheld(demo: Path, tmp_path: Path) -> None:
    """The intervals would be confidently wrong."""
    data = of_few(demo, tmp_path, 4, 23)
    answer = ig.load_model("human").apply(data)
    assert answer.parameters.empty
    assert answer.parameter_draws.empty
    assert answer.prior_draws.empty
    codes = [str(finding.code) for finding in answer.findings]
    assert codes.count("parameters-withheld") == 1
    assert answer.decision is not None
    answer.write(tmp_path / "calls")
    assert not (tmp_path / "calls" / "parameter_posterior.tsv").exists()
    assert "parameters-withheld" in (tmp_path / "calls" / "provenance.json").read_text()
    few = [finding.text for finding in answer.findings if finding.code == "few-samples"]
    assert len(few) == len({text.split(":")[0] for text in few}) <= 2, "one of each role"


def test_data_that_are_asked_about_twice_give_the_same_answer(demo: Path) -> None:
    """What was read for one answer does not count for the next."""
    names = {"outgroup": "Outgroup", "target": "Target", "region": "1"}
    data = ig.open_vcf(demo / "demo.vcf.gz", populations=demo / "demo.tsv", **names)
    model = ig.load_model("human")
    first, second = model.apply(data), model.apply(data)
    assert first.record == second.record
    assert first.findings == second.findings
    pd.testing.assert_frame_equal(first.segments, second.segments)


@pytest.mark.parametrize("threshold", [-0.1, 1.5, float("nan")])
def test_a_threshold_that_is_no_posterior_is_refused(demo: Path, threshold: float) -> None:
    data = ig.open_vcf(demo / "demo.vcf.gz", populations=demo / "demo.tsv", outgroup="Outgroup", target="Target")
    with pytest.raises(ig.IntroghostError, match="a posterior is between 0 and 1"):
        ig.load_model("human").apply(data, threshold=threshold)


def test_what_is_no_open_vcf_or_no_folder_is_named(demo: Path, answer: ig.Answer) -> None:
    with pytest.raises(TypeError, match=r"introghost\.open_vcf"):
        ig.load_model("human").apply("demo.vcf.gz")  # type: ignore[arg-type]
    with pytest.raises(ig.IntroghostError, match="a file, not a folder"):
        answer.write(demo / "demo.tsv")
    with pytest.raises(ig.IntroghostError, match="can't be read"):
        ig.open_vcf(demo / "demo.vcf.gz", populations=demo, outgroup="Outgroup", target="Target")
