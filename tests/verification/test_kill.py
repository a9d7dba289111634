"""Whatever moment the workflow is killed at, the same command again ends with the same bytes."""

import os
import shutil
from pathlib import Path

import pytest
from kill_demo import GOES_ON, ROUNDS, Outcome, Undisturbed, Workflow, chain

from introghost import locks

pytest.importorskip("snakemake", reason="the extra `workflow` is not installed")

KILLS = int(os.environ.get("INTROGHOST_KILLS", "20"))
SEED = 20260211
CONFIG = """
seed: 5
bin_bp: 10000
ancestral: outgroup-major
region_length_bp: 200000
scenarios: [ghost, no_ghost, structure]
observation:
  outgroup_diploids: 6
  target_diploids: [5, 6]
  panel_target_diploids: 4
  minimum_allele_count: [1, 2]
  missing: [0, 0.1]
  switch_error: 0.01
  include_bed: mask.bed
simulations:
  segments: {genomes: 8, test_genomes: 3, regions: 1, batch_genomes: 8}
  genomes: {genomes: 8, test_genomes: 3, regions: 2, batch_genomes: 8}
train:
  segments: {epochs: 3, width: 8}
  model-choice: {epochs: 3}
data:
  simulated: {folder: config/demo, regions: 1, region_length_bp: 200000}
  outgroup: Outgroup
  target: Target
"""
MASK = "".join(f"1\t{start}\t{start + 900}\n" for start in range(0, 1_000_000, 1_000))


def new(folder: Path) -> Workflow:
    return Workflow(folder, CONFIG, 2, {"mask.bed": MASK})


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed.run(new(tmp_path_factory.mktemp("kill") / "undisturbed"))


@pytest.mark.slow
def test_results_are_those_that_were_asked_for(undisturbed: Undisturbed) -> None:
    names = set(undisturbed.digests)
    assert {
        "report/Target.html",
        "calls/Target/segments.tsv",
        "calls/Target/segments.bed",
        "calls/Target/bin_status.tsv",
        "calls/Target/bins.tsv.gz",
        "calls/Target/model_choice.json",
        "calls/Target/provenance.json",
        "evaluation/summary.tsv",
        "evaluation/calls/Target/summary.tsv",
        "model/segments/weights.safetensors",
        "model/model-choice/weights.safetensors",
        "statistics/segments/ghost/train-3.zarr.zip",
        "statistics/genomes/ghost/train-3.zarr.zip",
    } <= names


@pytest.mark.slow
@pytest.mark.parametrize("number", range(KILLS))
def test_killed_and_resumed_is_the_same(undisturbed: Undisturbed, tmp_path: Path, number: int) -> None:
    def fresh() -> Workflow:
        shutil.rmtree(tmp_path / "killed", ignore_errors=True)
        return new(tmp_path / "killed")

    outcome = chain(undisturbed, fresh, kills=1, seed=SEED + number)
    assert outcome.differing == []
    assert outcome.hits == 1, "each run ended before it could be killed: this can't fail"


@pytest.mark.slow
def test_killed_in_training_it_goes_on_from_an_epoch_and_ends_the_same(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    def fresh() -> Workflow:
        shutil.rmtree(tmp_path / "killed", ignore_errors=True)
        return new(tmp_path / "killed")

    outcome = chain(undisturbed, fresh, kills=1, seed=SEED, in_training=1)
    assert outcome.hits == 1
    assert outcome.differing == []
    assert len(outcome.resumptions) == 1
    assert GOES_ON in outcome.resumptions[0]


class _Imagined:
    """A workflow that is said to be killed, or to have ended before."""

    def __init__(self, kills: list[bool], results: dict[str, str], resumption: str = "") -> None:
        self.kills, self.results, self.said, self.ended = kills, results, resumption, False

    def kill_after_jobs(self, _jobs: int, _seconds: float) -> bool:
        return self.kills.pop(0)

    def kill_in_training(self) -> bool:
        return self.kills.pop(0)

    def finish(self) -> None:
        self.ended = True

    def digests(self) -> dict[str, str]:
        assert self.ended
        return self.results

    def resumption(self) -> str:
        assert self.ended
        return self.said


def outcome_of(workflows: list[_Imagined], *, kills: int, in_training: int = 0) -> Outcome:
    undisturbed = Undisturbed({"a": "1"}, 10.0, [5.0], 5.0)
    new = lambda: workflows.pop(0)  # noqa: E731
    return chain(undisturbed, new, kills=kills, seed=1, in_training=in_training)  # type: ignore[arg-type]


def test_kills_that_came_too_late_are_made_up_for_and_every_run_is_compared() -> None:
    workflows = [_Imagined([True, True, False], {"a": "1"}), _Imagined([True], {"a": "2"})]
    assert outcome_of(workflows, kills=3) == Outcome(3, ["a"], [])
    assert outcome_of([_Imagined([False], {"a": "1"}) for _ in range(ROUNDS)], kills=1) == Outcome(0, [], [])


def test_a_training_that_was_killed_and_began_anew_is_noticed() -> None:
    workflows = [_Imagined([False], {"a": "1"}), _Imagined([True], {"a": "1"}, "goes on after epoch 1")]
    outcome = outcome_of(workflows, kills=1, in_training=1)
    assert outcome == Outcome(1, [], ["goes on after epoch 1"])
    assert outcome.ended_well(1)
    assert not outcome_of([_Imagined([True], {"a": "1"})], kills=1, in_training=1).ended_well(1)


def test_a_dry_run_leaves_the_locks_of_a_killed_run(tmp_path: Path) -> None:
    workflow = new(tmp_path / "x")
    record = workflow.folder / ".snakemake" / "introghost" / f"{locks.this_host()}.{os.getpid()}.0.run"
    lock = workflow.folder / ".snakemake" / "locks" / "0.output.lock"
    for path in (record, lock):
        path.parent.mkdir(parents=True)
        path.touch()
    assert workflow.start("--dry-run").wait() == 0, (workflow.folder / "snakemake.log").read_text()
    assert lock.exists()
    assert workflow.start("--until", "nothing_of_that_name").wait() != 0
    assert not lock.exists(), "the locks of a killed run"
