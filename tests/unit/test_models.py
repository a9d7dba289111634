"""The models that come with the package: they load, fit this version, and hold what is said of them."""

import dataclasses
import importlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from introghost import models, provenance
from introghost.haplotypes import OUTGROUP_MAJOR, Haplotypes
from introghost.inference import application, regions
from introghost.inference.bundle import MANIFEST, Bundle, check_fit, load
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel, observe
from introghost.statistics.haplotype import haplotype_statistics

MAXIMUM_BYTES = 5_000_000
ROOT = Path(__file__).parents[2]
DEMO = ROOT / "config" / "demo"
# What doubling the panel may change: posteriors on average over the bins in which one of them is worth a look, and the
# part of calls that appear or vanish.
WORTH_A_LOOK = 0.1
MEAN_CHANGE, FLIPPED = 0.1, 0.1


@pytest.fixture(scope="module")
def human() -> Bundle:
    return load(models.locate("human") / "segments", "segments")


def test_human_is_shipped():
    assert "human" in models.names()


@pytest.mark.parametrize("name", models.names())
def test_a_shipped_model_is_small_and_fits_this_version(name):
    folder = models.locate(name)
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < MAXIMUM_BYTES
    bundle = load(folder / "segments", "segments")
    size = {key: bundle.description[key] for key in ("bin_bp", "region_length_bp")}
    others = [load(folder / task, task) for task in ("model-choice", "parameters") if (folder / task).is_dir()]
    for one in (bundle, *others):
        check_fit(one, folder, application.offered(bundle.description["ancestral"], size))
    assert regions.summary_of_model(folder, bundle, others) is not None or not others
    assert bundle.description["ancestral"] == OUTGROUP_MAJOR, "the default of apply"
    assert [rate for rate, _ in bundle.description["thresholds"]] == [0.05, 0.1, 0.15, 0.2], "what apply's help says"


def test_the_page_beside_human_is_about_this_model(human: Bundle, monkeypatch: pytest.MonkeyPatch):
    measured = json.loads((ROOT / "benchmarks" / "accuracy" / "provenance.json").read_text())
    manifest = models.locate("human") / "segments" / MANIFEST
    assert measured["inputs"]["model"]["sha256"] == provenance.sha256(manifest), "run benchmarks/accuracy.py again"
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    page = importlib.import_module("accuracy_page").page
    written = (models.locate("human") / "README.md").read_text()
    assert page(ROOT / "benchmarks" / "accuracy" / "results.tsv", human.description) == written


def test_the_page_of_model_choice_is_about_this_model(monkeypatch: pytest.MonkeyPatch):
    folder = ROOT / "benchmarks" / "choice"
    measured = json.loads((folder / provenance.COMPLETE).read_text())
    for task in ("model-choice", "parameters"):
        shipped = load(models.locate("human") / task, task)
        assert shipped.description["provenance"] == measured, "run benchmarks/choice.py --save again"
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    page = importlib.import_module("choice_page").page
    assert page(folder) == (ROOT / "docs" / "model_choice.md").read_text()


@pytest.fixture(scope="module", params=[0, 2])
def haplotypes(request: pytest.FixtureRequest) -> Haplotypes:
    """One Mb of the demonstration's model with ghost tracts, 20 outgroup and 100 target individuals."""
    sizes = {"outgroup_diploids": 20, "target_diploids": 100}
    settings = SimulationSettings(seed=5, num_regions=1, region_length_bp=1_000_000, **sizes)
    ((ts, tracts),) = simulate_genome_with_tracts(scenarios.load(DEMO), request.param, settings)
    assert len(tracts) > 100
    model = ObservationModel.parse(sizes)
    return observe(ts, model, ancestral=OUTGROUP_MAJOR, seed=5, windows=None).haplotypes


def of_target(haplotypes: Haplotypes, number: int) -> Haplotypes:
    """The outgroup and the first `number` target haplotypes, sites that vary among them."""
    kept = np.concatenate([np.flatnonzero(haplotypes.roles == 0), np.flatnonzero(haplotypes.roles == 1)[:number]])
    genotypes = haplotypes.genotypes[:, kept]
    varied = genotypes.min(axis=1) != genotypes.max(axis=1)
    return dataclasses.replace(
        haplotypes,
        genotypes=genotypes[varied],
        positions_bp=haplotypes.positions_bp[varied],
        sample_names=tuple(haplotypes.sample_names[i] for i in kept),
        haplotype_indices=haplotypes.haplotype_indices[kept],
        roles=haplotypes.roles[kept],
    )


def posterior(bundle: Bundle, haplotypes: Haplotypes) -> np.ndarray:
    statistics = haplotype_statistics(haplotypes, bundle.description["bin_bp"]).values
    return application.segment_posterior(bundle, statistics, np.ones(statistics.shape[1], np.float32))


def test_doubling_the_target_panel_hardly_changes_the_calls(human: Bundle, haplotypes: Haplotypes):
    torch.set_num_threads(1)
    half, whole = posterior(human, of_target(haplotypes, 100)), posterior(human, haplotypes)[:100]
    seen = np.maximum(half, whole) >= WORTH_A_LOOK
    assert seen.sum() > 100
    assert np.abs(half - whole)[seen].mean() < MEAN_CHANGE
    called, called_of_whole = (values >= human.threshold() for values in (half, whole))
    assert (called != called_of_whole).sum() < FLIPPED * called.sum()
