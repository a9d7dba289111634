"""What it cost to make a model and to apply it: the files of Snakemake's ``benchmark:``, by step."""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from introghost.errors import DataError
from introghost.report import tables
from introghost.report.tables import PageTable

# Steps in the order of the work; those of one stage do not depend on each other.
STAGES = (
    ("simulate/segments",),
    ("statistics/segments",),
    ("train/segments",),
    ("simulate/genomes",),
    ("statistics/genomes",),
    ("train/model-choice", "train/parameters"),
    ("evaluate",),
)
STEPS = tuple(step for stage in STAGES for step in stage)
_FOLDER = "benchmarks"  # of the workflow's results; what is below it says which job a file is of
FEW_CORES, MANY_CORES = 2, 64
_WALL, _PROCESSOR, _MEMORY = "s", "cpu_time", "max_rss"  # columns of Snakemake
_UNMEASURED = "-"  # beside the words for missing values that `tables.read_table` knows
_HOUR_S = 3600
_HEADINGS = {"wall_hours": "hours of wall time", "max_memory_gib": "largest memory (GiB)"}


class Steps(NamedTuple):
    """Steps in the order of the work, and what they are for."""

    purpose: str
    names: tuple[str, ...]


OF_MODEL = Steps("makes a model", STEPS)
OF_ANSWER = Steps("answers or makes a model", (*STEPS, "statistics_data", "apply", "predictive"))


@dataclass(frozen=True)
class Job:
    """One job of the workflow.

    Attributes
    ----------
    step : str
        One of `OF_ANSWER`.
    wall_s : float
        How long it ran.
    processor_s : float
        Time of the processor that it took; its wall time where Snakemake could not measure it.
    max_memory_mib : float or None
        Largest resident memory; None where Snakemake could not measure it.
    """

    step: str
    wall_s: float
    processor_s: float
    max_memory_mib: float | None

    @property
    def num_cores(self) -> int:
        """Cores that it kept busy: its mean load, rounded, one at least."""
        return max(1, round(self.processor_s / self.wall_s)) if self.wall_s > 0 else 1


@dataclass(frozen=True)
class Estimate:
    """How long the whole run takes with a number of cores.

    Attributes
    ----------
    num_cores : int
    hours : str
    """

    num_cores: int
    hours: str


@dataclass(frozen=True)
class CostsSection:
    """Costs by step, and of all of them.

    Attributes
    ----------
    steps : PageTable
    estimates : tuple of Estimate
        For `FEW_CORES` and for `MANY_CORES`.
    """

    steps: PageTable
    estimates: tuple[Estimate, ...]


def read_jobs(paths: Sequence[Path], steps: Steps = OF_MODEL) -> list[Job]:
    """The jobs of some benchmark files.

    Parameters
    ----------
    paths : sequence of Path
        A file for each job, see `step_of`; those that Snakemake ran several times have a row for each.
    steps : Steps
        Those that a file may be of.

    Returns
    -------
    list of Job
        In the order of the files.

    Raises
    ------
    DataError
        A file is missing, given twice, of no step, or not a table with the column ``s``; it has no row, or a value is
        not a number, negative or infinite.
    """
    times_given = Counter(path.resolve() for path in paths)
    for path in paths:
        if times_given[path.resolve()] > 1:
            raise DataError(f"{path}: given as --costs {times_given[path.resolve()]} times; give each file once")
    return [job for path in paths for job in _jobs_of(path, step_of(path, steps))]


def step_of(path: Path, steps: Steps = OF_MODEL) -> str:
    """The step that a benchmark file is of, by the folders below ``benchmarks``.

    Parameters
    ----------
    path : Path
        ``…/benchmarks/STEP.tsv``, or below a folder ``…/benchmarks/STEP``.
    steps : Steps
        Those that it may be of.

    Returns
    -------
    str

    Raises
    ------
    DataError
        It is of none of them.

    Examples
    --------
    >>> step_of(Path("results/benchmarks/simulate/segments/ghost/train-20.tsv"))
    'simulate/segments'
    >>> step_of(Path("results/benchmarks/evaluate.tsv"))
    'evaluate'
    """
    parts = path.with_suffix("").parts
    # From the last folder of that name on, since results may lie in one, too; a scenario of that name ends in no step.
    for start in reversed([index for index, part in enumerate(parts) if part == _FOLDER]):
        below = "/".join(parts[start + 1 :]) + "/"
        for step in steps.names:
            if below.startswith(f"{step}/"):
                return step
    names = ", ".join(steps.names)
    raise DataError(f"{path}: of no step that {steps.purpose}; expected {_FOLDER}/STEP.tsv, STEP one of {names}")


def _jobs_of(path: Path, step: str) -> list[Job]:
    if not path.is_file():
        raise DataError(f"{path}: no such benchmark file, so that its job would not be counted; run this job again")
    table = tables.read_table(path, (_WALL,))
    wall, processor, memory = (_measured(table, column, path) for column in (_WALL, _PROCESSOR, _MEMORY))
    if table.empty or wall.isna().any():
        raise DataError(f"{path}: a job without a time in column {_WALL}; run it again")
    return [
        Job(step, wall_s, wall_s if pd.isna(processor_s) else processor_s, None if pd.isna(memory_mib) else memory_mib)
        for wall_s, processor_s, memory_mib in zip(wall, processor, memory, strict=True)
    ]


def _measured(table: pd.DataFrame, column: str, path: Path) -> pd.Series:
    """A column as finite numbers, none negative; NaN where it is absent, or a job was too short for a measurement."""
    if column not in table.columns:
        return pd.Series(float("nan"), index=table.index)
    values = table[column]
    try:
        numbers = pd.to_numeric(values.mask(values == _UNMEASURED)).astype("float64")
    except ValueError as error:
        raise DataError(f"{path}: column {column}: {error}; expected a benchmark file of Snakemake") from None
    impossible = numbers[(numbers < 0) | np.isinf(numbers)]
    if len(impossible):
        raise DataError(
            f"{path}: a job with {impossible.iloc[0]:g} in column {column}; expected 0 or more, run it again"
        )
    return numbers


def by_step(jobs: Sequence[Job]) -> pd.DataFrame:
    """What each step cost.

    Parameters
    ----------
    jobs : sequence of Job

    Returns
    -------
    DataFrame
        Columns step, jobs, core_hours (processor time), wall_hours (of its jobs one after another) and max_memory_gib
        (the largest of a job; NaN where none was measured); a row for each of `OF_ANSWER` that has a job, in this
        order, then a row ``all``.
    """
    table = pd.DataFrame(
        {
            "step": [job.step for job in jobs],
            "jobs": 1,
            "core_hours": [job.processor_s / _HOUR_S for job in jobs],
            "wall_hours": [job.wall_s / _HOUR_S for job in jobs],
            "max_memory_gib": pd.Series([job.max_memory_mib for job in jobs], dtype="float64") / 1024,
        }
    )
    how = {"jobs": "sum", "core_hours": "sum", "wall_hours": "sum", "max_memory_gib": "max"}
    steps = table.groupby("step", as_index=False).agg(how)
    everything = table.assign(step="all").groupby("step", as_index=False).agg(how)
    ordered = steps.sort_values("step", key=lambda names: names.map(OF_ANSWER.names.index))
    return pd.concat([ordered, everything], ignore_index=True)


def wall_time_s(jobs: Sequence[Job], num_cores: int) -> float:
    """Estimated wall time of a run with so many cores.

    The `STAGES` come one after another. The jobs of a stage are spread over the cores by list scheduling: each, in the
    order in which they are given, begins as soon as as many cores are free as it keeps busy (`Job.num_cores`), and runs
    as long as it did: it does not gain from more cores than it had. A job that kept more cores busy than there are
    takes accordingly longer. Waiting, starting and copying are not counted.

    Parameters
    ----------
    jobs : sequence of Job
    num_cores : int

    Returns
    -------
    float
        Seconds.

    Examples
    --------
    Four jobs of 10 s on two cores; with four cores, two trainings that were measured on two run side by side:

    >>> simulate = [Job("simulate/genomes", 10.0, 10.0, None)] * 4
    >>> train = [Job(f"train/{task}", 30.0, 60.0, None) for task in ("model-choice", "parameters")]
    >>> wall_time_s(simulate, 2), wall_time_s(simulate + train, 4)
    (20.0, 40.0)
    """
    return sum(_stage_s([job for job in jobs if job.step in stage], num_cores) for stage in STAGES)


def _stage_s(jobs: Sequence[Job], num_cores: int) -> float:
    """Time from the beginning of the first job of a stage to the end of its last; 0 without jobs."""
    # When each core is free again, the earliest first; a job begins when the last of the cores that it needs is free.
    free_s = [0.0] * num_cores
    for job in jobs:
        taken = [heapq.heappop(free_s) for _ in range(min(job.num_cores, num_cores))]
        end_s = taken[-1] + job.wall_s * max(1.0, job.num_cores / num_cores)
        for _ in taken:
            heapq.heappush(free_s, end_s)
    return max(free_s)


def costs_section(paths: Sequence[Path]) -> CostsSection:
    """What the jobs of some benchmark files cost.

    Parameters
    ----------
    paths : sequence of Path
        See `read_jobs`.

    Returns
    -------
    CostsSection

    Raises
    ------
    DataError
        See `read_jobs`.
    """
    jobs = read_jobs(paths)
    estimates = (Estimate(number, f"{wall_time_s(jobs, number) / _HOUR_S:.3g}") for number in (FEW_CORES, MANY_CORES))
    return CostsSection(steps_table(jobs), tuple(estimates))


def steps_table(jobs: Sequence[Job]) -> PageTable:
    """What each step cost, see `by_step`, as a page shows it."""
    return tables.page_table(by_step(jobs).rename(columns=_HEADINGS))
