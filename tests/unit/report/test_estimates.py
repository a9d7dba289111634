"""The parameter posterior: numbers with units, densities and pairs where the draws are."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_inputs import write_tsv

from introghost.errors import DataError
from introghost.report import estimates

NAMESPACE = "{http://www.w3.org/2000/svg}"


def write_posterior(folder: Path, draws: pd.DataFrame | None = None) -> Path:
    write_tsv(
        folder / "parameter_posterior.tsv",
        parameter=["ancestral_size", "pulse_time", "ghost_proportion"],
        median=[14_321.4, 1_184.3, 0.0369], lower_95=[9_000.0, 807.4, 0.0076], upper_95=[20_000.0, 2_390.9, 0.126],
        prior_lower_95=[7_229.4, 500.0, 0.001], prior_upper_95=[24_187.8, 5_000.0, 0.1],
        contraction=[0.75, 0.08, 0.74],
    )  # fmt: skip
    if draws is not None:
        folder.mkdir(exist_ok=True)
        draws.to_csv(folder / "parameter_draws.tsv", sep="\t", index=False)
        prior_table().to_csv(folder / "prior_draws.tsv", sep="\t", index=False)
    return folder


def prior_table(number: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    ends = {"ancestral_size": (6_000, 26_000), "pulse_time": (450, 5_500), "ghost_proportion": (0.0009, 0.12)}
    return pd.DataFrame({name: np.exp(rng.uniform(*np.log(pair), number)) for name, pair in ends.items()})


def draws_table(number: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "ancestral_size": rng.uniform(9_000, 20_000, number),
            "pulse_time": np.r_[500.0, 5_000.0, rng.uniform(900, 2_000, number - 2)],
            "ghost_proportion": np.r_[0.001, 0.1, rng.uniform(0.01, 0.05, number - 2)],
        }
    )


def test_the_table_has_what_readers_ask_for_first_with_units(tmp_path: Path) -> None:
    section = estimates.estimates_section(write_posterior(tmp_path))
    assert section is not None
    assert section.table.rows == [
        ["ghost proportion", "3.7 %", "0.76 % to 13 %", "0.10 % to 10 %", "–", "74 %"],
        ["pulse time", "1,180", "807 to 2,390", "500 to 5,000", "generations", "little"],
        ["ancestral size", "14,300", "9,000 to 20,000", "7,230 to 24,200", "individuals", "75 %"],
    ]
    assert (section.first, section.others, section.pair) == (None, None, None), "there are no draws to draw"


def test_each_bar_is_as_high_as_there_are_draws(tmp_path: Path) -> None:
    draws = draws_table()
    section = estimates.estimates_section(write_posterior(tmp_path, draws))
    assert section is not None
    assert section.first is not None
    assert section.others is not None
    outlines = re.findall(r'd="M14 76((?:V[\d.]+H[\d.]+)+)V76z"', section.first.drawing)
    assert len(outlines) == 4, "prior and posterior of two parameters"
    # Bars of equal width on a logarithmic axis from the least draw to the highest; prior and posterior on one scale,
    # the highest bar of both 52 units high; draws of the prior beyond the axis are in no bar.
    shares = []
    for table in (prior_table(), draws):
        edges = np.geomspace(0.001, 0.1, 45)
        shares.append(np.histogram(table["ghost_proportion"], edges)[0] / len(table))
    highest = max(share.max() for share in shares)
    for outline, share in zip(outlines, shares, strict=False):
        tops = np.array([float(top) for top in re.findall(r"V([\d.]+)", outline)])
        np.testing.assert_allclose(76 - tops, 52 * share / highest, atol=0.06)
    assert "ancestral size" in section.others.drawing
    assert "ancestral size" not in section.first.drawing
    table = section.first.table
    assert table["draws"].value_counts().to_dict() == {"prior": 500, "posterior": 400}
    assert list(table.columns) == ["ghost_proportion", "pulse_time", "draws"]


def test_without_draws_of_the_prior_the_posterior_is_drawn_alone(tmp_path: Path) -> None:
    folder = write_posterior(tmp_path, draws_table())
    (folder / "prior_draws.tsv").unlink()
    section = estimates.estimates_section(folder)
    assert section is not None
    assert section.first is not None
    assert section.pair is not None
    assert 'class="prior"' not in section.first.drawing
    assert section.first.drawing.count('class="posterior"') == 2
    assert set(section.first.table["draws"]) == {"posterior"}


def test_each_dot_of_the_pair_is_a_draw(tmp_path: Path) -> None:
    draws = draws_table()
    section = estimates.estimates_section(write_posterior(tmp_path, draws), generation_years=25)
    assert section is not None
    assert section.pair is not None
    dots = np.array(re.findall(r"M(\d+) (\d+)h0", section.pair.drawing), dtype=float)
    assert len(dots) == len(draws)
    across = 72 + 330 * np.log(draws["pulse_time"] / 500) / np.log(10)
    upwards = 340 - 330 * np.log(draws["ghost_proportion"] / 0.001) / np.log(100)
    np.testing.assert_allclose(dots, np.stack([across, upwards], axis=1), atol=0.51)
    assert "generations of 25 years" in section.pair.drawing
    ElementTree.fromstring(section.pair.drawing)


def test_nothing_is_shown_without_a_posterior_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    assert estimates.estimates_section(tmp_path) is None
    write_tsv(tmp_path / "parameter_posterior.tsv", parameter=["pulse_time"], median=[1.0])
    with pytest.raises(DataError, match=r"parameter_posterior\.tsv: column lower_95, upper_95"):
        estimates.estimates_section(tmp_path)
