"""What a run of the workflow cost: benchmark files as Snakemake writes them, and times worked out by hand."""

from pathlib import Path

import pytest

from introghost.errors import DataError
from introghost.report import costs
from introghost.report.costs import Job

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def benchmark(path: Path, wall_s: str, max_rss: str, cpu_time: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEADER}{wall_s}\t0:00:00\t{max_rss}\t1\t1\t1\t-\t-\t1\t{cpu_time}\n")


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Files of a run, in the order of their names."""
    folder = tmp_path / "results" / "benchmarks"
    sizes = {
        "evaluate.tsv": ("360.0", "1024.00", "360.0"),
        "simulate/genomes/ghost/train-20.tsv": ("1800.0", "1536.00", "1800.0"),
        "simulate/segments/ghost/test-0.tsv": ("3600.0", "500.00", "3600.0"),
        "simulate/segments/no_ghost/train-0.tsv": ("3600.0", "700.00", "3600.0"),
        "statistics/genomes/ghost/train-20.tsv": ("0.7200", "-", "-"),
        "statistics/segments/ghost/test-0.tsv": ("0.3600", "NA", "NA"),
        "train/model-choice.tsv": ("1800.0", "512.00", "1800.0"),
        "train/parameters.tsv": ("900.0", "256.00", "900.0"),
        "train/segments.tsv": ("7200.0", "4096.00", "14400.0"),
    }
    for name, measured in sizes.items():
        benchmark(folder / name, *measured)
    return [folder / name for name in sizes]


def test_costs_by_step_in_the_order_of_the_work(paths: list[Path]) -> None:
    table = costs.by_step(costs.read_jobs(paths)).set_index("step")
    assert table.index.tolist() == [
        "simulate/segments",
        "statistics/segments",
        "train/segments",
        "simulate/genomes",
        "statistics/genomes",
        "train/model-choice",
        "train/parameters",
        "evaluate",
        "all",
    ]
    assert table["jobs"].tolist() == [2, 1, 1, 1, 1, 1, 1, 1, 9]
    core_hours = [2, 0.0001, 4, 0.5, 0.0002, 0.5, 0.25, 0.1]
    assert table["core_hours"].tolist() == pytest.approx([*core_hours, sum(core_hours)])
    wall_hours = [2, 0.0001, 2, 0.5, 0.0002, 0.5, 0.25, 0.1]
    assert table["wall_hours"].tolist() == pytest.approx([*wall_hours, sum(wall_hours)])
    expected_gib = [700 / 1024, float("nan"), 4, 1.5, float("nan"), 0.5, 0.25, 1, 4]
    assert table["max_memory_gib"].tolist() == pytest.approx(expected_gib, nan_ok=True)


def test_files_that_are_not_given_do_not_count(paths: list[Path]) -> None:
    # Jobs of older batches, of the data and of the page itself lie in the same folder.
    for name in ("simulate/segments/ghost/train-999.tsv", "apply/GBR.tsv", "report_model.tsv"):
        benchmark(paths[0].parent / name, "36000.0", "9000.00", "36000.0")
    assert costs.by_step(costs.read_jobs(paths))["jobs"].tolist()[-1] == len(paths)


def test_the_section_says_how_long_it_takes_on_few_and_on_many_cores(paths: list[Path]) -> None:
    section = costs.costs_section(paths)
    assert section.steps.header == ["step", "jobs", "core hours", "hours of wall time", "largest memory (GiB)"]
    assert section.steps.rows[3] == ["simulate/genomes", "1", "0.5", "0.5", "1.5"]
    # Two simulations side by side (1 h), training (2 h), simulation (0.5 h), two trainings side by side (0.5 h) and the
    # evaluation (0.1 h), on two cores as on many.
    assert [(one.num_cores, one.hours) for one in section.estimates] == [(2, "4.1"), (64, "4.1")]
    more = [path.with_name("train-100.tsv") for path in paths if path.name == "train-0.tsv"]
    benchmark(more[0], "3600.0", "1.00", "3600.0")
    assert [one.hours for one in costs.costs_section([*paths, *more]).estimates] == ["5.1", "4.1"]


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("results/benchmarks/simulate/segments/ghost/train-20.tsv", "simulate/segments"),
        ("/a/b/benchmarks/simulate/genomes/no_ghost/test-0.tsv", "simulate/genomes"),
        ("benchmarks/statistics/segments/ghost/test-0.tsv", "statistics/segments"),
        ("benchmarks/statistics/genomes/ghost/test-0.tsv", "statistics/genomes"),
        ("benchmarks/train/segments.tsv", "train/segments"),
        ("benchmarks/train/model-choice.tsv", "train/model-choice"),
        ("benchmarks/train/parameters.tsv", "train/parameters"),
        ("benchmarks/evaluate.tsv", "evaluate"),
        # Results in a folder of that name, and a scenario of that name.
        ("benchmarks/train/benchmarks/evaluate.tsv", "evaluate"),
        ("results/benchmarks/simulate/segments/benchmarks/train-20.tsv", "simulate/segments"),
    ],
)
def test_the_step_of_a_file_is_the_path_below_the_folder_of_benchmarks(path: str, step: str) -> None:
    assert costs.step_of(Path(path)) == step


@pytest.mark.parametrize(
    "path",
    [
        "benchmarks/apply/GBR.tsv",
        "benchmarks/evaluate_calls/calls/GBR.tsv",
        "benchmarks/simulate/other/ghost/test-0.tsv",
        "results/train/segments.tsv",
    ],
)
def test_files_of_no_step_that_makes_a_model_are_refused(path: str) -> None:
    with pytest.raises(DataError, match=rf"^{path}: of no step that makes a model; expected benchmarks/STEP.tsv, "):
        costs.step_of(Path(path))


def test_columns_that_are_absent_are_not_measured(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks" / "evaluate.tsv"
    path.parent.mkdir()
    path.write_text("s\n12.5\n7.5\n")
    assert costs.read_jobs([path]) == [Job("evaluate", 12.5, 12.5, None), Job("evaluate", 7.5, 7.5, None)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("seconds\n1\n", r"evaluate\.tsv: column s is missing; it has seconds"),
        ("s\tmax_rss\n1\tmuch\n", r"evaluate\.tsv: column max_rss: .*'much'"),
        ("s\tmax_rss\n-\t1\n", r"evaluate\.tsv: a job without a time in column s; run it again"),
        ("s\n-3.5\n", r"evaluate\.tsv: a job with -3\.5 in column s; expected 0 or more, run it again"),
        ("s\ninf\n", r"evaluate\.tsv: a job with inf in column s;"),
        ("s\tcpu_time\n1\t1\n2\t-2\n", r"evaluate\.tsv: a job with -2 in column cpu_time;"),
        ("s\tmax_rss\n1\tinf\n", r"evaluate\.tsv: a job with inf in column max_rss;"),
        ("s\tmax_rss\n1\t-inf\n", r"evaluate\.tsv: a job with -inf in column max_rss;"),
        ("s\tmax_rss\n", r"evaluate\.tsv: a job without a time in column s; run it again"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "benchmarks" / "evaluate.tsv"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        costs.read_jobs([path])


def test_a_job_whose_file_is_missing_or_given_twice_is_refused(paths: list[Path]) -> None:
    with pytest.raises(DataError, match=r"evaluate\.tsv: given as --costs 2 times; give each file once"):
        costs.read_jobs([*paths, paths[0]])
    paths[1].unlink()
    with pytest.raises(DataError, match=r"train-20\.tsv: no such benchmark file, so that its job would not be counted"):
        costs.read_jobs(paths)


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
    assert costs.wall_time_s(jobs("simulate/segments", 4, 3, 2, 2, 1), num_cores) == expected_s


def test_a_job_waits_until_as_many_cores_are_free_as_it_keeps_busy() -> None:
    both = jobs("evaluate", 3) + jobs("evaluate", 5, num_cores=2)
    assert costs.wall_time_s(both, 2) == 8
    assert costs.wall_time_s(both, 3) == 5
    assert costs.wall_time_s(jobs("evaluate", 10, num_cores=4), 2) == 20
    assert Job("evaluate", 10.0, 14.0, None).num_cores == 1
    assert Job("evaluate", 0.0, 0.0, None).num_cores == 1


def test_model_choice_and_parameters_are_trained_side_by_side_and_other_steps_one_after_another() -> None:
    train = jobs("train/model-choice", 30, num_cores=2) + jobs("train/parameters", 20, num_cores=2)
    assert [costs.wall_time_s(train, number) for number in (1, 2, 4)] == [100, 50, 30]
    # Jobs of a step that lie apart in the list are of one step.
    simulate = jobs("simulate/genomes", 10)
    every = train + simulate + jobs("statistics/genomes", 4, 4) + jobs("train/segments", 7) + simulate
    assert costs.wall_time_s(every, 2) == 50 + 10 + 4 + 7
    assert costs.wall_time_s(every, 1) == 100 + 20 + 8 + 7


def test_times_behind_an_answer_are_those_of_the_data_after_those_of_the_model(tmp_path: Path) -> None:
    sizes = {"apply/GBR": "1800.0", "predictive/GBR": "360.0", "train/segments": "7200.0", "apply/CHB": "720.0"}
    files = [tmp_path / "benchmarks" / f"{name}.tsv" for name in sizes]
    for path, seconds in zip(files, sizes.values(), strict=True):
        benchmark(path, seconds, "1024.00", seconds)
    table = costs.steps_table(costs.read_jobs(files, costs.OF_ANSWER))
    assert [row[:4] for row in table.rows] == [
        ["train/segments", "1", "2", "2"],
        ["apply", "2", "0.7", "0.7"],
        ["predictive", "1", "0.1", "0.1"],
        ["all", "4", "2.8", "2.8"],
    ]
    with pytest.raises(DataError, match=r"report/GBR.tsv: of no step that answers or makes a model; expected "):
        costs.read_jobs([tmp_path / "benchmarks" / "report" / "GBR.tsv"], costs.OF_ANSWER)
