"""What a run of the workflow cost: the files of Snakemake's ``benchmark:``, by step."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from introghost.errors import DataError
from introghost.report import tables
from introghost.report.tables import PageTable

CHAINED = ("train",)  # steps whose jobs come one after another
FEW_CORES, MANY_CORES = 2, 64
_WALL, _PROCESSOR, _MEMORY = "s", "cpu_time", "max_rss"  # columns of Snakemake
_UNMEASURED = "-"  # beside the words for missing values that `tables.read_table` knows
_HOUR_S = 3600
_HEADINGS = {"wall_hours": "hours of wall time", "max_memory_gib": "largest memory (GiB)"}


@dataclass(frozen=True)
class Job:
    """One job of the workflow.

    Attributes
    ----------
    step : str
        The rule that it is of.
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


def read_jobs(folder: Path) -> list[Job]:
    """Every job of the benchmark files in a folder and those below it.

    Parameters
    ----------
    folder : Path
        The step of ``STEP/…/NAME.tsv`` and of ``STEP.tsv`` is STEP. Each row of a file is a job.

    Returns
    -------
    list of Job
        In the order of the files' names.

    Raises
    ------
    DataError
        There is no file, one is not a table with the column ``s``, or a value is not a number.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of costs")
    paths = sorted(folder.rglob("*.tsv"), key=lambda path: path.relative_to(folder).as_posix())
    if not paths:
        raise DataError(f"{folder}: no benchmark file of Snakemake here (*.tsv); name the folder of `benchmark:`")
    return [job for path in paths for job in _jobs_of(path, path.relative_to(folder).with_suffix("").parts[0])]


def _jobs_of(path: Path, step: str) -> list[Job]:
    table = tables.read_table(path, (_WALL,))
    wall, processor, memory = (_measured(table, column, path) for column in (_WALL, _PROCESSOR, _MEMORY))
    if wall.isna().any():
        raise DataError(f"{path}: a job without a time in column {_WALL}; run its rule again")
    return [
        Job(step, wall_s, wall_s if pd.isna(processor_s) else processor_s, None if pd.isna(memory_mib) else memory_mib)
        for wall_s, processor_s, memory_mib in zip(wall, processor, memory, strict=True)
    ]


def _measured(table: pd.DataFrame, column: str, path: Path) -> pd.Series:
    """A column as numbers; NaN where it is absent, or a job was too short for a measurement."""
    if column not in table.columns:
        return pd.Series(float("nan"), index=table.index)
    values = table[column]
    try:
        return pd.to_numeric(values.mask(values == _UNMEASURED)).astype("float64")
    except ValueError as error:
        raise DataError(f"{path}: column {column}: {error}; expected a benchmark file of Snakemake") from None


def by_step(jobs: Sequence[Job]) -> pd.DataFrame:
    """What each step cost.

    Parameters
    ----------
    jobs : sequence of Job

    Returns
    -------
    DataFrame
        Columns step, jobs, core_hours (processor time), wall_hours (of its jobs one after another) and max_memory_gib
        (the largest of a job; NaN where none was measured); the costliest step first, then a row ``all``.
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
    ranked = steps.sort_values(["core_hours", "step"], ascending=[False, True])
    return pd.concat([ranked, everything], ignore_index=True)


def wall_time_s(jobs: Sequence[Job], num_cores: int) -> float:
    """Estimated wall time of a run with so many cores.

    Steps come one after another. The jobs of a step are spread over the cores by list scheduling: each, in the order in
    which they are given, begins as soon as as many cores are free as it keeps busy (`Job.num_cores`), and runs as long
    as it did. Jobs of the steps `CHAINED` come one after another, and do not gain from more cores than they had. A job
    that kept more cores busy than there are takes accordingly longer. Waiting, starting and copying are not counted.

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
    Four jobs of 10 s on two cores, then training, which was measured on two cores and is given four:

    >>> simulate, train = Job("simulate", 10.0, 10.0, None), Job("train", 30.0, 60.0, None)
    >>> wall_time_s([simulate] * 4, 2), wall_time_s([simulate] * 4 + [train] * 2, 4)
    (20.0, 70.0)
    """
    steps = dict.fromkeys(job.step for job in jobs)
    return sum(_step_s([job for job in jobs if job.step == step], num_cores) for step in steps)


def _step_s(jobs: Sequence[Job], num_cores: int) -> float:
    """Time from the beginning of the first job of a step to the end of its last."""
    durations_s = [job.wall_s * max(1.0, job.num_cores / num_cores) for job in jobs]
    if jobs[0].step in CHAINED:
        return sum(durations_s)
    # When each core is free again, the earliest first; a job begins when the last of the cores that it needs is free.
    free_s = [0.0] * num_cores
    for job, duration_s in zip(jobs, durations_s, strict=True):
        taken = [heapq.heappop(free_s) for _ in range(min(job.num_cores, num_cores))]
        for _ in taken:
            heapq.heappush(free_s, taken[-1] + duration_s)
    return max(free_s)


def costs_section(folder: Path) -> CostsSection:
    """What the jobs of a folder of benchmark files cost.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    DataError
        See `read_jobs`.
    """
    jobs = read_jobs(folder)
    estimates = (Estimate(number, f"{wall_time_s(jobs, number) / _HOUR_S:.3g}") for number in (FEW_CORES, MANY_CORES))
    steps = by_step(jobs).rename(columns=_HEADINGS)
    return CostsSection(tables.page_table(steps), tuple(estimates))
