"""The models that come with the package: they load, fit this version, and hold what is said of them."""

import dataclasses
import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from introghost import models, provenance
from introghost.haplotypes import OUTGROUP_MAJOR, Haplotypes
from introghost.inference import calling, file_population
from introghost.inference.bundle_files import MANIFEST
from introghost.inference.bundles import SegmentsBundle, Task
from introghost.inference.extent import Least
from introghost.inference.offers import Offer
from introghost.model import Model, load_model
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel
from introghost.simulation.observed import observe
from introghost.statistics.haplotype import haplotype_statistics
from introghost.statistics.pooled import PLAIN

MAXIMUM_BYTES = 5_000_000
ROOT = Path(__file__).parents[2]
DEMO = ROOT / "config" / "demo"
# What doubling the panel may change: posteriors on average over the bins in which one of them is worth a look, and the
# part of calls that appear or vanish.
WORTH_A_LOOK = 0.1
MEAN_CHANGE, FLIPPED = 0.1, 0.1


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("human")


@pytest.fixture(scope="module")
def human(model: Model) -> SegmentsBundle:
    return model.segments


def test_the_default_is_shipped_and_verbs_have_its_bins(human: SegmentsBundle):
    assert models.DEFAULT == "human"
    assert "human" in models.names()
    assert human.training.bin_bp == models.BIN_BP


def test_what_a_shipped_model_needs_is_told_without_its_weights(model: Model):
    """What the networks say, read from the descriptions beside them."""
    least = Least.of_model(models.folder("human"))
    assert least is not None
    assert least == Least.together([Least.of(bundle.training, bundle.regions) for bundle in model.genome_bundles])
    assert (least.bin_bp, least.region_length_bp, least.regions) == (5_000, 1_000_000, 6)
    imports = "import sys, introghost.inference.extent; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", imports], check=False).returncode == 0


@pytest.mark.parametrize("name", models.names())
def test_a_shipped_model_is_small_and_fits_this_version(name):
    folder = models.locate(name)
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < MAXIMUM_BYTES
    loaded = load_model(name)
    assert [bundle.task for bundle in loaded.bundles] == [task for task in Task if (folder / task).is_dir()]
    training = loaded.segments.training
    assert loaded.summary is not None or not loaded.genome_bundles
    loaded.check(
        Offer.of_this_version(training.ancestral, training.bin_bp, training.region_length_bp, loaded.summary or PLAIN)
    )
    assert training.ancestral == OUTGROUP_MAJOR, "the default of apply"
    assert list(loaded.segments.thresholds) == [0.05, 0.1, 0.15, 0.2], "what apply's help says"


# A quantile of the pooled statistics, changed in the code before anything else is imported. Their number stays.
CHANGED = """
import sys
from introghost.statistics import thresholds
thresholds.POOLED_QUANTILES = tuple(0.9 if q == 0.95 else q for q in thresholds.POOLED_QUANTILES)
import introghost as ig
from introghost.errors import IntroghostError
from introghost.inference.offers import Offer
model = ig.load_model("human")
training = model.segments.training
try:
    offer = Offer.of_this_version(training.ancestral, training.bin_bp, training.region_length_bp, model.summary)
    model.check(offer)
except IntroghostError as error:
    print(error)
    sys.exit(error.exit_code)
"""


def test_a_quantile_changed_in_the_code_is_refused_by_the_shipped_model_in_one_line():
    done = subprocess.run([sys.executable, "-c", CHANGED], capture_output=True, text=True, check=False)
    (line,) = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (4, "")
    assert "model-choice: inputs number" in line
    assert "quantile_0.95" in line
    assert "'quantile_0.9_of_" in line


def test_the_page_beside_human_is_about_this_model(monkeypatch: pytest.MonkeyPatch):
    measured = json.loads((ROOT / "benchmarks" / "accuracy" / "provenance.json").read_text())
    manifest = models.locate("human") / "segments" / MANIFEST
    assert measured["inputs"]["model"]["sha256"] == provenance.sha256(manifest), "run benchmarks/accuracy.py again"
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    page = importlib.import_module("accuracy_page").page
    written = (models.locate("human") / "README.md").read_text()
    assert page(ROOT / "benchmarks" / "accuracy" / "results.tsv", models.locate("human")) == written


def test_the_page_beside_human_says_how_its_networks_were_trained(model: Model):
    written = " ".join((models.locate("human") / "README.md").read_text().split())
    assert {bundle.provenance["verb"] for bundle in model.bundles} == {"train"}
    choice, posterior = model.choice, model.parameters
    assert choice is not None
    assert posterior is not None
    number, of_ghost = (one.training.num_training + one.training.num_validation for one in (choice, posterior))
    genomes = f"{number:,} genomes of {choice.regions.highest} regions of 1 Mb"
    assert f"{genomes}, and that of `parameters/` on those of the scenario `ghost`, {of_ghost} of them" in written
    assert {bundle.training.observation.get("flawless") for bundle in model.bundles} == {0.4}
    assert posterior.regions.highest == choice.regions.highest


def is_of(record: dict[str, object], model: Model) -> bool:
    """Whether a record of `benchmarks/choice.py` is of the networks for whole genomes of a model."""
    inputs = record["inputs"]
    assert isinstance(inputs, dict)
    return all(
        inputs.get(str(bundle.task), {}).get("sha256") == provenance.sha256(model.folder / bundle.task / MANIFEST)
        for bundle in model.genome_bundles
    )


def test_the_page_of_model_choice_is_about_this_model(model: Model, monkeypatch: pytest.MonkeyPatch):
    folder = ROOT / "benchmarks" / "choice"
    assert is_of(json.loads((folder / provenance.COMPLETE).read_text()), model), "run benchmarks/choice.py again"
    if (flaws := folder / "flaws.json").exists():
        assert is_of(json.loads(flaws.read_text()), model), "run benchmarks/flaws.py again"
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    page = importlib.import_module("choice_page").page
    assert page(folder) == (ROOT / "docs" / "model_choice.md").read_text()


def test_the_tables_of_the_networks_that_ship_are_theirs(model: Model):
    folder = models.evaluation("human")
    assert folder is not None
    record = json.loads((folder / provenance.COMPLETE).read_text())
    expected = provenance.sha256(model.folder)
    assert record["inputs"]["model"]["sha256"] == expected, "run benchmarks/choice.py with --evaluation again"


def test_a_record_of_other_networks_is_not_of_this_model(model: Model):
    manifests = {str(bundle.task): model.folder / bundle.task / MANIFEST for bundle in model.bundles}
    measured = provenance.record("benchmarks/choice.py", {"regions": 50, "genomes": 10}, manifests)
    assert is_of(measured, model)
    for task in ("model-choice", "parameters"):
        swapped = provenance.record("benchmarks/choice.py", {}, {**manifests, task: manifests["segments"]})
        assert not is_of(swapped, model)
        assert not is_of({**measured, "inputs": {"segments": {"sha256": "a1"}}}, model)


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


def posterior(bundle: SegmentsBundle, haplotypes: Haplotypes) -> np.ndarray:
    training = bundle.training
    statistics = haplotype_statistics(haplotypes, training.bin_bp).values
    population = file_population.mean_population(
        [file_population.region_population([haplotypes])], training.region_length_bp
    )
    alone = calling.segment_posterior(bundle, statistics, np.ones(statistics.shape[1], np.float32), population)
    (given_file,) = bundle.given_file([alone], population)
    return given_file


def test_doubling_the_target_panel_hardly_changes_the_calls(human: SegmentsBundle, haplotypes: Haplotypes):
    torch.set_num_threads(1)
    half, whole = posterior(human, of_target(haplotypes, 100)), posterior(human, haplotypes)[:100]
    seen = np.maximum(half, whole) >= WORTH_A_LOOK
    assert seen.sum() > 100
    assert np.abs(half - whole)[seen].mean() < MEAN_CHANGE
    called, called_of_whole = (values >= human.threshold() for values in (half, whole))
    assert (called != called_of_whole).sum() < FLIPPED * called.sum()
