"""What a run of the workflow cost: benchmark files as Snakemake writes them, and times worked out by hand."""

from pathlib import Path

import pandas as pd
import pytest

from introghost.errors import DataError
from introghost.report import costs
from introghost.report.costs import Job

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def benchmark(path: Path, wall_s: str, max_rss: str, cpu_time: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEADER}{wall_s}\t0:00:00\t{max_rss}\t1\t1\t1\t-\t-\t1\t{cpu_time}\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    benchmark(tmp_path / "simulate" / "segments" / "ghost" / "test-0.tsv", "3600.0", "500.00", "3600.0")
    benchmark(tmp_path / "simulate" / "genomes" / "ghost" / "train-20.tsv", "1800.0", "1536.00", "1800.0")
    benchmark(tmp_path / "train" / "segments.tsv", "7200.0", "4096.00", "14400.0")
    benchmark(tmp_path / "check.tsv", "0.3600", "NA", "NA")
    benchmark(tmp_path / "apply" / "GBR.tsv", "0.7200", "-", "-")
    return tmp_path


def test_costs_by_step(folder: Path) -> None:
    table = costs.by_step(costs.read_jobs(folder)).set_index("step")
    assert table.index.tolist() == ["train", "simulate", "apply", "check", "all"]
    assert table["jobs"].tolist() == [1, 2, 1, 1, 5]
    assert table["core_hours"].tolist() == pytest.approx([4, 1.5, 0.0002, 0.0001, 5.5003])
    assert table["wall_hours"].tolist() == pytest.approx([2, 1.5, 0.0002, 0.0001, 3.5003])
    assert table["max_memory_gib"].tolist()[:2] == [4, 1.5]
    assert table["max_memory_gib"].isna().tolist() == [False, False, True, True, False]


def test_the_section_says_how_long_it_takes_on_few_and_on_many_cores(folder: Path) -> None:
    section = costs.costs_section(folder)
    assert section.steps.header == ["step", "jobs", "core hours", "hours of wall time", "largest memory (GiB)"]
    assert section.steps.rows[1] == ["simulate", "2", "1.5", "1.5", "1.5"]
    # Two simulations side by side (1 h), then training (2 h), on two cores as on many.
    assert [(one.num_cores, one.hours) for one in section.estimates] == [(2, "3"), (64, "3")]


def test_columns_that_are_absent_are_not_measured(tmp_path: Path) -> None:
    (tmp_path / "simulate.tsv").write_text("s\n12.5\n7.5\n")
    assert costs.read_jobs(tmp_path) == [Job("simulate", 12.5, 12.5, None), Job("simulate", 7.5, 7.5, None)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "seconds\n1\n", r"a\.tsv: column s is missing; it has seconds"),
        ("a.tsv", "s\tmax_rss\n1\tmuch\n", r"a\.tsv: column max_rss: .*'much'"),
        ("a.tsv", "s\tmax_rss\n-\t1\n", r"a\.tsv: a job without a time in column s"),
        ("a.txt", "s\n1\n", r"no benchmark file of Snakemake here"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        costs.read_jobs(tmp_path)
    with pytest.raises(DataError, match="nowhere: no such folder of costs"):
        costs.read_jobs(tmp_path / "nowhere")


def jobs(step: str, *times_s: float, num_cores: int = 1) -> list[Job]:
    return [Job(step, time_s, time_s * num_cores, None) for time_s in times_s]


@pytest.mark.parametrize(
    ("num_cores", "expected_s"),
    [
        (1, 12),
        # First core 0–4 and 5–… : 4 | 3; 2 follows at 3, 2 at 4, 1 at 5: both end at 6.
        (2, 6),
        # 4 | 3 | 2, then 2 at 2 and 1 at 3.
        (3, 4),
        (64, 4),
    ],
)
def test_jobs_of_a_step_are_spread_over_the_cores(num_cores: int, expected_s: float) -> None:
    assert costs.wall_time_s(jobs("simulate", 4, 3, 2, 2, 1), num_cores) == expected_s


def test_a_job_waits_until_as_many_cores_are_free_as_it_keeps_busy() -> None:
    both = jobs("apply", 3) + jobs("apply", 5, num_cores=2)
    assert costs.wall_time_s(both, 2) == 8
    assert costs.wall_time_s(both, 3) == 5
    assert costs.wall_time_s(jobs("apply", 10, num_cores=4), 2) == 20
    assert Job("apply", 10.0, 14.0, None).num_cores == 1
    assert Job("apply", 0.0, 0.0, None).num_cores == 1


def test_training_is_a_chain_and_steps_come_one_after_another() -> None:
    train = jobs("train", 30, 20, num_cores=2)
    assert costs.wall_time_s(train, 64) == 50
    assert costs.wall_time_s(train, 1) == 100
    # Steps that lie apart in the list are one step.
    every = jobs("simulate", 10) + jobs("statistics", 4, 4) + train + jobs("simulate", 10)
    assert costs.wall_time_s(every, 2) == 10 + 4 + 50
    assert costs.wall_time_s(every, 1) == 20 + 8 + 100


def test_equal_costs_are_in_the_order_of_names() -> None:
    table = costs.by_step(jobs("b", 1) + jobs("a", 1))
    expected = {"step": ["a", "b", "all"], "jobs": [1, 1, 2]}
    pd.testing.assert_frame_equal(table[["step", "jobs"]], pd.DataFrame(expected))
