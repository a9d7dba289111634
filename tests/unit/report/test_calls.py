"""A folder of calls is read back as it was written, and refused in one line where it is damaged."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_inputs import write_bin_status, write_calls

from introghost.errors import DataError
from introghost.report.calls import read_calls

CHOICE = {"decision": "ghost", "p_ghost": 0.97}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two contigs, one of which is called NA, of two haplotypes."""
    calls = write_calls(tmp_path / "calls", choice=CHOICE)
    write_bin_status(calls, {"1": 30_000, "NA": 20_000})
    bins = pd.read_csv(calls / "bin_status.tsv", sep="\t", keep_default_na=False)[["contig", "start", "end"]]
    bins["A.0"], bins["A.1"] = [0.1, np.nan, 0.3, 0.4, 0.5], [0.6, 0.7, 0.8, 0.9, 1.0]
    bins.to_csv(calls / "bins.tsv.gz", sep="\t", index=False)
    return calls


def test_everything_is_there(folder: Path) -> None:
    calls = read_calls(folder)
    assert (str(calls.decision), calls.p_ghost) == ("ghost", 0.97)
    assert repr(calls) == f"<Calls {folder}: ghost; 1 segments>"
    assert calls.segments["num_private_alleles"].tolist() == [3]
    assert calls.parameters["parameter"].tolist() == ["pulse_time", "ghost_proportion"]
    assert calls.parameter_draws.empty


def test_posteriors_have_their_places_and_haplotypes(folder: Path) -> None:
    posterior = read_calls(folder).posterior("1")
    np.testing.assert_array_equal(posterior.values, [[0.1, np.nan, 0.3], [0.6, 0.7, 0.8]])
    assert posterior["start"].values.tolist() == [0, 10_000, 20_000]
    assert posterior.sel(haplotype="A.1")["haplotype_index"] == 1
    assert posterior["status"].values.tolist() == ["called"] * 3
    assert read_calls(folder).posterior("NA").shape == (2, 2), "a contig of that name is no missing value"
    with pytest.raises(KeyError, match="no contig '2' in these calls; they have 1, NA"):
        read_calls(folder).posterior("2")


def test_without_parameters_their_table_has_columns_and_no_row(tmp_path: Path) -> None:
    calls = read_calls(write_calls(tmp_path / "calls", choice=CHOICE, proportion=None))
    assert "median" in calls.parameters.columns
    assert calls.parameters.empty


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"contig\tstart\tend\n", "not a tab-separated table"),
        (gzip.compress(b"contig\tstart\tend\tA.0\n1\t0\t10000\t0.5\n" * 99, mtime=0)[:40], "not a tab-separated table"),
        (gzip.compress(b"contig\tstart\n1\t0\n", mtime=0), "column end is missing"),
        (gzip.compress(b"contig\tstart\tend\tA.0\n1\t5\t10\t0.5\n", mtime=0), "differ in their bins"),
    ],
    ids=["absent", "not compressed", "cut short", "without a column", "of other bins"],
)
def test_damaged_bins_are_refused(folder: Path, content: bytes | None, message: str) -> None:
    (folder / "bins.tsv.gz").unlink() if content is None else (folder / "bins.tsv.gz").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_calls(folder).posterior("1")
