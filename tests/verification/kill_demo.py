"""Kill a workflow without warning at random moments, resume it, and compare with a run that nothing disturbed.

``python tests/verification/kill_demo.py --kills 20`` does so with ``config/config.yaml``: one undisturbed run, and one
that is killed and resumed that many times, the moments spread evenly over the work. Where a kill came after the end,
the run is compared, and another one is killed for it. ``--in-training 1`` has one of the kills come while the segment
network is trained, after a whole epoch: the log of the training then says from which epoch it went on.
``--config tests/verification/small_model.yaml`` is a model that is applied to nothing.
"""

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
LEFT_OUT = {"logs", "benchmarks", "model.html"}  # they hold times
ROUNDS = 5
TRAINING = Path("train", "segments")  # of the logs and of the times
GOES_ON = "training goes on after epoch"
_POLL_S = 0.05
_POLL_TRAINING_S = 0.002  # an epoch of a small network is short


class Workflow:
    """A copy of the workflow in a folder of its own.

    Parameters
    ----------
    folder : Path
        Made here.
    config : str
        Content of the configuration.
    cores : int
    files : mapping of str to str, optional
        Content of further files that the configuration names.
    """

    def __init__(self, folder: Path, config: str, cores: int, files: Mapping[str, str] | None = None) -> None:
        self.folder, self.cores = folder, cores
        self.results = folder / str(yaml.safe_load(config).get("results", "results"))
        folder.mkdir(parents=True)
        shutil.copy(ROOT / "Snakefile", folder)
        for name in ("workflow", "config"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".snakemake"))
        for name, text in {**(files or {}), "config/config.yaml": config}.items():
            (folder / name).write_text(text, encoding="utf-8")

    def start(self, *more: str) -> "subprocess.Popen[bytes]":
        """The one command that a user gives, each time the same; `more` only to look at what it would do."""
        binaries = Path(sys.executable).parent
        environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
        command = [str(binaries / "snakemake"), "--cores", str(self.cores)]
        command += ["--workflow-profile", "workflow/profiles/default", *more]
        with (self.folder / "snakemake.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def finish(self) -> None:
        """Run to the end."""
        process = self.start()
        if process.wait() != 0:
            raise RuntimeError((self.folder / "snakemake.log").read_text(errors="replace")[-6000:])

    def kill_after_jobs(self, jobs: int, seconds: float) -> bool:
        """Start, and kill every process `seconds` after as many jobs in all are done; False if it ended before."""
        process = self.start()
        while len(self.benchmarks()) < jobs and process.poll() is None:
            time.sleep(_POLL_S)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            kill(process)
            return True
        return False

    def kill_in_training(self) -> bool:
        """Start, and kill every process when a further epoch of the segment network is done; False if none was left."""
        checkpoint = self.results / "model" / "segments" / "checkpoint" / "state.safetensors"
        before = _modified_ns(checkpoint)
        process = self.start()
        while _modified_ns(checkpoint) in (None, before):
            if process.poll() is not None:
                return False
            time.sleep(_POLL_TRAINING_S)
        kill(process)
        return checkpoint.exists()

    def resumption(self) -> str:
        """What the log says of the epoch that the training of the segment network went on from; empty if from none."""
        log = self.results / "logs" / TRAINING.with_suffix(".log")
        return next((line for line in log.read_text(encoding="utf-8").splitlines() if GOES_ON in line), "")

    def benchmarks(self) -> list[Path]:
        """One file for each job that is done."""
        return list((self.results / "benchmarks").rglob("*.tsv"))

    def digests(self) -> dict[str, str]:
        """SHA-256 of every result, hidden and temporary files among them.

        Tree sequences of the training are left out: they are thrown away after use, at the latest by the next run.
        """
        files = {path.relative_to(self.results): path for path in sorted(self.results.rglob("*")) if path.is_file()}
        return {
            str(name): hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in files.items()
            if name.parts[0] not in LEFT_OUT and not (name.parts[0] == "simulations" and name.suffix == ".trees")
        }


def _modified_ns(path: Path) -> int | None:
    """When a file was written last; None where there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def kill(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL to every process of the session that `process` leads."""
    while members := _session(process.pid):
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        process.poll()
        time.sleep(_POLL_S)
    process.wait()


def _session(leader: int) -> list[int]:
    """Processes of a session that are not yet dead."""
    members = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _parent, _group, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state not in "ZX":
            members.append(int(folder.name))
    return members


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """Results that are missing, surplus or of other bytes."""
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))


@dataclass(frozen=True)
class Undisturbed:
    """A run that nothing disturbed.

    Attributes
    ----------
    digests : dict of str to str
    seconds : float
    jobs_end_s : list of float
        When each job was done, in seconds from the start.
    training_end_s : float
        When the segment network was trained.
    """

    digests: dict[str, str]
    seconds: float
    jobs_end_s: list[float]
    training_end_s: float

    @classmethod
    def run(cls, workflow: Workflow) -> "Undisturbed":
        """Run `workflow` to the end and look at what it did."""
        started = time.time()
        workflow.finish()
        seconds = time.time() - started
        ends = {path: path.stat().st_mtime - started for path in workflow.benchmarks()}
        training = workflow.results / "benchmarks" / TRAINING.with_suffix(".tsv")
        return cls(workflow.digests(), seconds, sorted(ends.values()), ends[training])

    def place(self, moment_s: float) -> tuple[int, float]:
        """Jobs done at a moment, and the seconds since the last of them: found again on a faster or slower machine."""
        before = [end for end in self.jobs_end_s if end <= moment_s]
        return len(before), moment_s - max(before, default=0.0)


@dataclass(frozen=True)
class Outcome:
    """What came of kills.

    Attributes
    ----------
    hits : int
        Kills that hit a running workflow: fewer than were wanted only if `ROUNDS` workflows were not enough.
    differing : list of str
        Results that differ.
    resumptions : list of str
        What the log of each training that was killed says of how it went on; empty text where it says nothing.
    """

    hits: int
    differing: list[str]
    resumptions: list[str]

    def ended_well(self, kills: int) -> bool:
        """Whether all kills hit and left no trace in the results."""
        return self.hits == kills and not self.differing and all(self.resumptions)


def chain(
    undisturbed: Undisturbed, new: Callable[[], Workflow], *, kills: int, seed: int, in_training: int = 0
) -> Outcome:
    """Kill and resume workflows `kills` times in all, and finish each.

    Parameters
    ----------
    undisturbed : Undisturbed
    new : callable
        Makes a workflow; called again for the kills that came after the end of the last one.
    kills : int
    seed : int
    in_training : int
        How many of the kills come while the segment network is trained.
    """
    rng = random.Random(seed)
    anywhere, training = kills - in_training, in_training
    outcome = Outcome(0, [], [])
    for _ in range(ROUNDS):
        workflow = new()
        moments = [(rng.uniform(0, undisturbed.seconds), False) for _ in range(anywhere)]
        moments += [(undisturbed.training_end_s, True) for _ in range(training)]
        resumptions = 0
        for moment, is_training in sorted(moments):
            hit = _killed(undisturbed, workflow, moment, is_training=is_training)
            resumptions += hit and is_training
            anywhere, training = anywhere - (hit and not is_training), training - (hit and is_training)
        workflow.finish()
        outcome = Outcome(
            kills - anywhere - training,
            [*outcome.differing, *differences(undisturbed.digests, workflow.digests())],
            [*outcome.resumptions, *[workflow.resumption()][:resumptions]],
        )
        if outcome.hits == kills:
            break
    return outcome


def _killed(undisturbed: Undisturbed, workflow: Workflow, moment_s: float, *, is_training: bool) -> bool:
    """Whether the workflow still ran when it was to be killed."""
    if is_training:
        hit, when = workflow.kill_in_training(), "in training"
    else:
        jobs, seconds = undisturbed.place(moment_s)
        hit, when = workflow.kill_after_jobs(jobs, seconds), f"moment {moment_s:.1f} s, {jobs} jobs done"
    print(f"{when}: {'killed' if hit else 'had ended'}", flush=True)
    return hit


def main() -> int:
    """Run the demonstration; 1 if a result differs, not every kill hit, or a training did not go on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--in-training", type=int, default=0, help="how many of the kills come in training")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--config", type=Path, default=ROOT / "config" / "config.yaml")
    arguments = parser.parse_args()
    config = arguments.config.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = Undisturbed.run(Workflow(Path(folder) / "undisturbed", config, arguments.cores))
        print(f"undisturbed: {undisturbed.seconds:.0f} s, {len(undisturbed.jobs_end_s)} jobs", flush=True)
        places = (Path(folder) / f"disturbed-{number}" for number in range(ROUNDS))
        outcome = chain(
            undisturbed,
            lambda: Workflow(next(places), config, arguments.cores),
            kills=arguments.kills,
            seed=arguments.seed,
            in_training=arguments.in_training,
        )
    print(*outcome.resumptions, sep="\n")
    differing = outcome.differing
    compared = f"{len(undisturbed.digests)} results compared, {len(differing)} differ"
    print(f"{outcome.hits} kills; {compared}", *differing, sep="\n")
    return 0 if outcome.ended_well(arguments.kills) else 1


if __name__ == "__main__":
    sys.exit(main())
