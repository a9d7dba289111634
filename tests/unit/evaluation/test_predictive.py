"""The prior-predictive check: exact where the data are like the simulations, and not blind where they are not."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from introghost.cli import main
from introghost.errors import DataError
from introghost.evaluation import predictive
from introghost.evaluation.predictive import OUTSIDE, TOGETHER, Genomes
from introghost.findings import Code, Severity
from introghost.statistics.haplotype import MOMENTS
from introghost.statistics.table import Statistics

STATISTICS = ["private", "callable_fraction"]


def dataset(num_genomes: int, *, regions: int = 2, scenario: str = "no_ghost", seed: int = 1) -> Statistics:
    """Three haplotypes, the last one a row of NaN, in four bins, one of which is hardly callable."""
    rng = np.random.default_rng(seed)
    number = num_genomes * regions
    fraction = np.tile([1.0, 0.5, 1.0, 0.05], (number, 1))
    haplotype = rng.random((number, 3, 4, 2))
    haplotype[..., 1] = fraction[:, None]
    moments = np.stack([haplotype[:, :2].mean(axis=1), haplotype[:, :2].std(axis=1)], axis=1)
    haplotype[:, 2] = np.nan
    dataset = xr.Dataset(
        {
            "haplotype_statistics": (("region", "haplotype", "bin", "statistic"), haplotype),
            "haplotype_moments": (("region", "moment", "bin", "statistic"), moments),
            "population_statistics": (("region", "population_statistic"), rng.random((number, 1))),
            "pooled_statistics": (("region", "pooled_statistic"), np.zeros((number, 0))),
            "callable_fraction": (("region", "bin"), fraction),
        },
        coords={
            "statistic": STATISTICS,
            "moment": list(MOMENTS),
            "population_statistic": ["pi"],
            "scenario": ("region", [scenario] * number),
            "genome": ("region", np.repeat(np.arange(num_genomes), regions)),
            "observation_index": ("region", np.zeros(number, dtype=np.int64)),
        },
        attrs={"bin_bp": 10_000, "region_length_bp": 40_000, "ancestral": "outgroup-major"},
    )
    return Statistics(dataset)


def test_a_genome_is_summarised_like_its_slow_twin() -> None:
    ds = dataset(2)
    genomes = predictive.summarise(ds)
    for row, regions in enumerate(([0, 1], [2, 3])):
        bins = [(r, h, b) for r in regions for h in range(2) for b in range(3)]
        private = [float(ds.haplotype[r, h, b, 0]) for r, h, b in bins]
        expected = {
            ("pi", "value"): float(ds.population[regions, 0].mean()),
            ("private", "mean"): np.mean(private),
            ("private", "standard_deviation"): np.std(private),
            ("private", "quantile_99"): np.quantile(private, 0.99),
            ("callable_fraction", "mean"): (1 + 0.5 + 1) / 3,
        }
        found = dict(zip(genomes.statistics, genomes.values[row].tolist(), strict=True))
        assert found == pytest.approx(expected)
    assert genomes.scenarios == ["no_ghost", "no_ghost"]


def test_regions_weigh_by_their_callable_sequence_and_may_be_fewer() -> None:
    ds = dataset(1)
    ds.callable_fraction[1] = [0.2, 0.0, 0.0, 0.0]
    pi = ds.population[:, 0]
    assert predictive.summarise(ds).values[0, 0] == pytest.approx((2.55 * pi[0] + 0.2 * pi[1]) / 2.75)
    assert predictive.summarise(ds, 1).values[0, 0] == pytest.approx(pi[0])
    ds.callable_fraction[1] = 0
    assert predictive.num_regions(ds) == 1
    ds.callable_fraction[:] = 0
    with pytest.raises(DataError, match="no bin of the simulated genome"):
        predictive.summarise(ds)


def test_data_with_more_sequence_than_a_genome_have_a_caveat() -> None:
    ds = dataset(3, regions=4)
    sizes = predictive.extents(ds)
    np.testing.assert_allclose(sizes, [[4, 4 * 25_000]] * 3)
    assert predictive.extents(ds, 2).tolist() == [[2, 50_000]] * 3
    assert predictive.caveats(sizes, sizes[:1]) == []
    assert predictive.caveats(sizes, predictive.extents(dataset(1, regions=2))) == []
    (caveat,) = predictive.caveats(sizes, predictive.extents(dataset(1, regions=5)))
    assert "the data have 0.125 Mb of callable sequence in 5 regions, a simulated genome 0.1 Mb in 4" in caveat.text
    assert (caveat.code, caveat.severity) == (Code.SHORT_SIMULATIONS, Severity.WARNING)
    assert len(predictive.caveats(sizes, np.array([[4.0, 130_000.0]]))) == 1


def test_all_simulated_genomes_are_a_number_not_a_share_of_one() -> None:
    assert predictive.share_as_far(1.0, 45) == "45 of 45 simulated genomes (100.0 %)"
    assert predictive.share_as_far(1 / 46, 45) == "0 of 45 simulated genomes (0.0 %)"


def test_the_mean_over_all_haplotypes_is_taken_where_it_is_kept() -> None:
    ds = dataset(1)
    ds.moments[:] = 7
    assert predictive.summarise(ds).values[0, 1] == 7


def cloud(num_genomes: int, num_statistics: int, rng: np.random.Generator) -> np.ndarray:
    """Correlated statistics, half of them with long tails."""
    values = rng.normal(size=(num_genomes, num_statistics)) @ rng.normal(size=(num_statistics, num_statistics))
    values[:, ::2] = np.exp(values[:, ::2] / 3)
    return values


def genomes(values: np.ndarray, scenarios: list[str]) -> Genomes:
    return Genomes(values, [(f"s{i}", "value") for i in range(values.shape[1])], scenarios)


def test_all_together_is_exact_for_data_like_the_simulations() -> None:
    rng = np.random.default_rng(4)
    values = cloud(400, 30, rng)
    probabilities = []
    for index in range(0, 400, 4):
        rest = genomes(np.delete(values, index, axis=0)[:99], ["no_ghost"] * 99)
        table = predictive.compare(rest, genomes(values[index : index + 1], [""]))
        probabilities.append(table["tail_probability"].iloc[0])
    assert 0.4 < np.mean(probabilities) < 0.6
    assert np.mean(np.array(probabilities) < 0.1) < 0.2
    assert min(probabilities) >= 0.01


def test_what_is_outside_is_named_and_who_covers_it() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(200, 4))
    values[:150, 1] += 20
    values[150:, 3] = values[:150, 3].mean()
    scenarios = ["ghost"] * 150 + ["no_ghost"] * 50
    table = predictive.compare(genomes(values, scenarios), genomes(np.array([[9.0, 0.0, 0.0, 0.0]]), [""]))
    together, *rows = table.to_dict("records")
    assert together["statistic"] == TOGETHER
    assert [row["verdict"] for row in rows] == [OUTSIDE, "ok", "ok", "ok"]
    assert [row["covered_by"] for row in rows][:3] == ["", "no_ghost", "ghost,no_ghost"]
    assert rows[0]["tail_probability"] == pytest.approx(2 / 201)
    assert rows[0]["deviation"] == pytest.approx(9, rel=0.25)
    lines = predictive.outcome(table, 200)
    number = round(together["tail_probability"] * 201) - 1
    assert f"together: {number} of 200 simulated genomes ({number / 2:.1f} %) are as far out as the data;" in lines[1]
    assert lines[0].startswith("1 of 4 statistics lie outside")
    assert lines[2].startswith("outside: s0 (value): 9, simulated")
    assert len(lines) == 3


def test_a_statistic_that_never_varies_is_ok_only_where_it_is_the_same() -> None:
    values = np.column_stack([np.full(60, 0.25), np.random.default_rng(1).normal(size=60)])
    for value, verdict in ((0.25, "ok"), (0.26, OUTSIDE)):
        table = predictive.compare(genomes(values, ["no_ghost"] * 60), genomes(np.array([[value, 0.0]]), [""]))
        assert table["verdict"].iloc[1] == verdict
        assert np.isfinite(table["deviation"]).all()


@pytest.mark.parametrize(("observed", "verdict"), [(0.985, "ok"), (0.97, OUTSIDE), (1.015, "ok")])
def test_a_little_less_callable_sequence_is_no_disagreement(observed: float, verdict: str) -> None:
    names = [("callable_fraction", "mean"), ("pi", "value")]
    values = np.column_stack([np.ones(60), np.random.default_rng(1).normal(size=60)])
    table = predictive.compare(Genomes(values, names, ["x"] * 60), Genomes(np.array([[observed, 0.0]]), names, [""]))
    assert table["verdict"].iloc[1] == verdict


def test_a_value_in_another_world_is_farther_than_one_just_beyond_all() -> None:
    values = np.random.default_rng(2).normal(size=(200, 3))

    def distance(value: float) -> float:
        table = predictive.compare(genomes(values, ["x"] * 200), genomes(np.array([[value, 0.0, 0.0]]), [""]))
        return float(table["observed"].iloc[0])

    top = values[:, 0].max()
    assert distance(top + 100) > distance(top + 1) + 0.5 > distance(top + 0.01) + 0.5


def test_other_statistics_and_other_options_are_refused() -> None:
    one, other = dataset(1), dataset(1)
    other.dataset.attrs["bin_bp"] = 5_000
    with pytest.raises(DataError, match="differ in bin_bp: 10000 simulated, 5000 observed"):
        predictive.check_alike(one, other)
    first = predictive.summarise(one)
    second = Genomes(first.values, [("x", "value"), *first.statistics[1:]], first.scenarios)
    for refused in (Genomes.concatenate, lambda parts: predictive.compare(*parts)):
        with pytest.raises(DataError, match="statistics"):
            refused([first, second])


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Genomes of two scenarios as they are and without alleles seen fewer than eight times."""
    path = tmp_path_factory.mktemp("predictive")
    scenarios = Path(__file__).parents[3] / "config" / "scenarios"
    size = ("--regions", 1, "--region-length-bp", 200_000, "--outgroup-diploids", 12, "--target-diploids", 12)
    for name in ("no_ghost", "ghost"):
        trees = path / f"{name}.trees"
        run("simulate", "--scenario", scenarios / name, "--genomes", 30, *size, "--output", trees)
        run("statistics", "--trees", trees, "--output", path / f"{name}.zarr.zip")
        least = ("--observation", '{"minimum_allele_count": 8}')
        run("statistics", "--trees", trees, *least, "--output", path / f"{name}.filtered.zarr.zip")
    return path


def test_a_filter_that_the_simulations_lack_is_found_and_equal_genomes_are_not(folder: Path) -> None:
    plain, filtered = (
        Genomes.concatenate(
            [predictive.summarise(Statistics.read(folder / f"{name}{kind}.zarr.zip")) for name in ("no_ghost", "ghost")]
        )
        for kind in ("", ".filtered")
    )
    found: dict[str, list[tuple[float, int]]] = {"plain": [], "filtered": []}
    for index in range(0, 60, 6):
        rest = Genomes(
            np.delete(plain.values, index, axis=0),
            plain.statistics,
            [s for i, s in enumerate(plain.scenarios) if i != index],
        )
        for name, source in (("plain", plain), ("filtered", filtered)):
            table = predictive.compare(rest, Genomes(source.values[index : index + 1], plain.statistics, [""]))
            found[name].append((table["tail_probability"].iloc[0], int((table["verdict"] == OUTSIDE).sum())))
    probabilities, numbers = (np.array([list(zip(*found[name], strict=True))[i] for name in found]) for i in (0, 1))
    assert (probabilities[1] < 0.05).mean() >= 0.9
    assert (probabilities[0] < 0.05).mean() <= 0.3
    assert np.median(numbers[1]) > 10 > np.median(numbers[0])


def full(*_: object) -> None:
    raise DataError("the disk is full")


def test_the_verb(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output, data = tmp_path / "predictive.tsv", tmp_path / "data.zarr.zip"
    filtered = Statistics.read(folder / "no_ghost.filtered.zarr.zip")
    filtered.select(np.array([3])).write(data)
    simulated = [word for name in ("no_ghost", "ghost") for word in ("--simulated", str(folder / f"{name}.zarr.zip"))]
    assert run("predictive", *simulated, "--observed", data, "--output", output) == 0
    lines = capsys.readouterr().err.splitlines()
    table = pd.read_csv(output, sep="\t", keep_default_na=False)
    assert lines[0].split()[0] == str((table["verdict"][1:] == OUTSIDE).sum())
    assert any("sfs" in line for line in lines)
    about = json.loads(output.with_suffix(".provenance.json").read_text())
    assert (about["simulated_genomes"], about["caveats"]) == (60, [])
    assert not any(line.startswith("warning: ") for line in lines)
    longer = filtered.select(np.array([3, 4]))
    longer.genome_indices[:] = 0
    longer.write(data)
    assert run("predictive", *simulated, "--observed", data, "--output", output) == 0
    assert "warning: the data have 0.4 Mb of callable sequence in 2 regions" in capsys.readouterr().err
    filtered.select(np.array([3])).write(data)
    with monkeypatch.context() as patch:
        patch.setattr("introghost.evaluation.tables.write_table", full)
        assert run("predictive", *simulated, "--observed", data, "--output", output) == 3
    assert not output.with_suffix(".provenance.json").exists()
    capsys.readouterr()
    arguments = ("--observed", folder / "no_ghost.filtered.zarr.zip", "--output", tmp_path / "no.tsv")
    assert run("predictive", *simulated, *arguments) == 3
    assert "are of 30 genomes" in capsys.readouterr().err


@pytest.mark.parametrize("num_genomes", [2, 10, 200])
def test_few_genomes_leave_more_outside_by_chance(num_genomes: int) -> None:
    draws = np.random.default_rng(1).normal(size=(20_000, num_genomes + 1))
    low, high = np.quantile(draws[:, 1:], (0.025, 0.975), axis=1)
    outside = ((draws[:, 0] < low) | (draws[:, 0] > high)).mean()
    assert predictive.chance_outside(num_genomes) == pytest.approx(outside, abs=0.015)
