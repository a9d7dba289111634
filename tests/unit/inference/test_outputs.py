import numpy as np
import pandas as pd

from introghost.inference import outputs
from introghost.inference.application import ContigCalls, segments
from introghost.inference.contigs import CALLED, TOO_LITTLE


def _calls() -> ContigCalls:
    posterior = np.array([[0.9, 0.8, 0.1, np.nan], [0.1, 0.1, 0.1, np.nan]], dtype=np.float32)
    starts = np.arange(4) * 10_000
    callable_bp = np.array([10_000, 2_000, 10_000, 0], dtype=np.float32)
    status = np.array([CALLED, CALLED, CALLED, TOO_LITTLE])
    private, sites = np.ones((2, 4), dtype=np.int64), np.ones(4, dtype=np.int64)
    return ContigCalls("1", starts, starts + 10_000, ["a.0", "a.1"], posterior, private, callable_bp, sites, status)


def test_called_and_callable_are_the_same_kind_of_base_pairs(tmp_path):
    outputs.write_per_sample(tmp_path, [_calls()], 0.5)
    table = pd.read_csv(tmp_path / "per_sample.tsv", sep="\t")
    assert table["called_bp"].tolist() == [12_000, 0]
    assert table["callable_bp"].tolist() == [22_000, 22_000]
    assert (table["fraction"] <= 1).all()


def test_bins_without_a_call_are_empty_and_never_a_segment(tmp_path):
    outputs.write_bins(tmp_path, [_calls()])
    bins = pd.read_csv(tmp_path / "bins.tsv.gz", sep="\t")
    assert bins["a.0"].isna().tolist() == [False, False, False, True]
    assert segments(_calls(), 0.0)["end"].max() == 30_000


def test_equal_calls_are_equal_bytes(tmp_path):
    for name in ("a", "b"):
        outputs.write_bins(tmp_path / name, [_calls()])
    assert (tmp_path / "a" / "bins.tsv.gz").read_bytes() == (tmp_path / "b" / "bins.tsv.gz").read_bytes()


def test_bed_has_nine_columns(tmp_path):
    outputs.write_segments(tmp_path, segments(_calls(), 0.5))
    (line,) = (tmp_path / "segments.bed").read_text().splitlines()
    fields = line.split("\t")
    assert len(fields) == 9
    assert fields[:5] == ["1", "0", "20000", "a.0", "850"]
