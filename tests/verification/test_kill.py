"""Whatever moment the workflow is killed at, the same command again ends with the same bytes."""

import os
import random
import shutil
from pathlib import Path

import pytest
from kill_demo import Undisturbed, Workflow, differences

pytest.importorskip("snakemake", reason="the extra `workflow` is not installed")

KILLS = int(os.environ.get("INTROGHOST_KILLS", "20"))
SEED = 20260211
CONFIG = """
seed: 5
bin_bp: 10000
ancestral: outgroup-major
scenarios:
  ghost: {folder: config/scenarios/ghost, genomes: 8, batches: 1}
  "null": {folder: config/scenarios/null, genomes: 8, batches: 1}
  structure: {folder: config/scenarios/structure, genomes: 8, batches: 1}
test_genomes: 3
regions_per_genome: 1
region_length_bp: 200000
observation: {outgroup_diploids: 6, target_diploids: 6}
train:
  segments: {epochs: 1}
  model-choice: {epochs: 1}
data:
  simulated: {folder: config/demo, regions: 1, region_length_bp: 200000}
  outgroup: Outgroup
  target: Target
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed.run(Workflow(tmp_path_factory.mktemp("kill") / "undisturbed", CONFIG, 2))


@pytest.mark.slow
def test_results_are_those_that_were_asked_for(undisturbed: Undisturbed) -> None:
    names = set(undisturbed.digests)
    assert {
        "report.html",
        "calls/segments.tsv",
        "calls/segments.bed",
        "calls/windows.tsv",
        "calls/bins.tsv.gz",
        "calls/model_choice.json",
        "calls/provenance.json",
        "evaluation/summary.tsv",
        "evaluation/demo/summary.tsv",
        "model/segments/weights.safetensors",
        "statistics/ghost/0.zarr.zip",
    } <= names


@pytest.mark.slow
@pytest.mark.parametrize("number", range(KILLS))
def test_killed_and_resumed_is_the_same(undisturbed: Undisturbed, tmp_path: Path, number: int) -> None:
    jobs, seconds = undisturbed.place(random.Random(f"{SEED} {number}").uniform(0, undisturbed.seconds))
    workflow = Workflow(tmp_path / "killed", CONFIG, 2)
    killed = workflow.kill_after_jobs(jobs, seconds)
    workflow.finish()
    assert differences(undisturbed.digests, workflow.digests()) == [], f"{seconds:.2f} s after {jobs} jobs ({killed=})"
    assert killed or jobs >= len(undisturbed.jobs_end_s) - 1, "it ended before it could be killed: this can't fail"
    shutil.rmtree(workflow.folder)
