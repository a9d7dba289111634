"""The files of calls: what is called and callable, and their formats."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from introghost import colours
from introghost.inference import outputs
from introghost.inference.calling import ContigCalls, segments
from introghost.inference.reading import Bins, BinStatus


def calls_of(contig: str = "1", posterior: tuple[float, ...] = (0.9, 0.8, 0.1)) -> ContigCalls:
    """Four bins, the last of which is not called."""
    values = np.array([[*posterior, np.nan], [0.1, 0.1, 0.1, np.nan]], dtype=np.float32)
    starts = np.arange(4, dtype=np.int64) * 10_000
    callable_bp = np.array([10_000, 2_000, 10_000, 0], dtype=np.float32)
    status = np.array([BinStatus.CALLED] * 3 + [BinStatus.TOO_LITTLE_CALLABLE]).astype(np.str_)
    bins = Bins(contig, 10_000, starts, starts + 10_000, callable_bp, np.ones(4, np.int64), status)
    return ContigCalls(bins, ["a.0", "a.1"], values, np.ones((2, 4), dtype=np.int64))


def test_called_and_callable_are_the_same_kind_of_base_pairs(tmp_path: Path) -> None:
    outputs.write_per_sample(tmp_path, [calls_of()], 0.5)
    table = pd.read_csv(tmp_path / "per_sample.tsv", sep="\t")
    assert table["called_bp"].tolist() == [12_000, 0]
    assert table["callable_bp"].tolist() == [22_000, 22_000]
    assert (table["fraction"] <= 1).all()


def test_bins_without_a_call_are_empty_and_never_a_segment(tmp_path: Path) -> None:
    outputs.write_bins(tmp_path, [calls_of()])
    bins = pd.read_csv(tmp_path / "bins.tsv.gz", sep="\t")
    assert bins["a.0"].isna().tolist() == [False, False, False, True]
    assert segments([calls_of()], 0.0)["end"].max() == 30_000


def test_equal_calls_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        outputs.write_bins(tmp_path / name, [calls_of()])
    assert (tmp_path / "a" / "bins.tsv.gz").read_bytes() == (tmp_path / "b" / "bins.tsv.gz").read_bytes()


def test_bed_has_nine_columns(tmp_path: Path) -> None:
    outputs.write_segments(tmp_path, segments([calls_of()], 0.5), 0.5)
    (line,) = (tmp_path / "segments.bed").read_text().splitlines()
    fields = line.split("\t")
    assert len(fields) == 9
    assert fields[:5] == ["1", "0", "20000", "a.0", "850"]


def test_numbers_keep_their_format_where_a_contig_has_no_segment(tmp_path: Path) -> None:
    """Together with a table without types, every number would become a text of 17 digits."""
    with_one, without = calls_of("1", (0.9, 0.7, 0.1)), calls_of("2", (0.1, 0.1, 0.1))
    for calls in ([with_one, without], [without, with_one], [with_one]):
        outputs.write_segments(tmp_path, segments(calls, 0.5), 0.5)
        header, line = (tmp_path / "segments.tsv").read_text().splitlines()
        assert header.split("\t") == [
            "contig",
            "start",
            "end",
            "sample",
            "haplotype",
            "mean_posterior",
            "num_private_alleles",
        ]
        assert line.split("\t") == ["1", "0", "20000", "a", "0", "0.80000", "2"]


def test_no_segment_at_all_is_a_table_of_its_columns_and_an_empty_bed(tmp_path: Path) -> None:
    outputs.write_segments(tmp_path, segments([calls_of()], 0.95), 0.95)
    (header,) = (tmp_path / "segments.tsv").read_text().splitlines()
    assert header.startswith("contig\tstart\tend\tsample")
    assert (tmp_path / "segments.bed").read_text() == ""
    assert pd.read_csv(tmp_path / "segments.tsv", sep="\t").empty


def test_posteriors_have_five_digits_and_means_six(tmp_path: Path) -> None:
    outputs.write_bins(tmp_path, [calls_of("1"), calls_of("X")])
    table = pd.read_csv(tmp_path / "bins.tsv.gz", sep="\t", dtype=str)
    assert table["contig"].tolist() == ["1"] * 4 + ["X"] * 4
    assert table["a.0"].tolist()[:3] == ["0.90000", "0.80000", "0.10000"]
    lines = (tmp_path / "posterior.bedgraph").read_text().splitlines()
    assert lines[0] == "track type=bedGraph name=ghost"
    assert lines[1] == "1\t0\t10000\t0.500000"
    assert len(lines) == 7, "bins that are not called have no line"


def test_the_status_of_every_bin_is_written_with_its_callable_sequence(tmp_path: Path) -> None:
    calls = calls_of()
    calls.bins.callable_bp[1] = 1_999.7
    outputs.write_bin_status(tmp_path, [calls])
    table = pd.read_csv(tmp_path / "bin_status.tsv", sep="\t")
    assert list(table.columns) == ["contig", "start", "end", "callable_bp", "num_sites", "status"]
    assert table["callable_bp"].tolist() == [10_000, 2_000, 10_000, 0]
    assert table["status"].tolist() == ["called"] * 3 + ["too little callable sequence"]


def test_igv_gets_a_row_for_each_haplotype(tmp_path: Path) -> None:
    table = segments([calls_of()], 0.5)
    outputs.write_segments(tmp_path, table, 0.5)
    seg = pd.read_csv(tmp_path / "segments.seg", sep="\t")
    assert list(seg.columns) == ["ID", "chrom", "loc.start", "loc.end", "num.mark", "seg.mean"]
    assert (seg["loc.start"] - 1).tolist() == table["start"].tolist()
    assert seg["loc.end"].tolist() == table["end"].tolist()
    assert seg["ID"].tolist() == [f"{s}.{h}" for s, h in zip(table["sample"], table["haplotype"], strict=True)]
    assert seg["seg.mean"].tolist() == pytest.approx(table["mean_posterior"].tolist(), abs=1e-5)


@pytest.mark.parametrize(("posterior", "number"), [(0.2, 0), (0.52, 3), (1.0, 7)])
def test_colours_go_from_light_at_the_threshold_to_dark_at_one(tmp_path: Path, posterior: float, number: int) -> None:
    table = segments([calls_of(posterior=(posterior, posterior, 0.05))], 0.2)
    outputs.write_segments(tmp_path, table, 0.2)
    written = (tmp_path / "segments.bed").read_text().splitlines()[0].split("\t")[-1]
    assert written == colours.rgb(colours.ON_LIGHT[number])


def test_a_bin_whose_posterior_is_the_threshold_is_called(tmp_path: Path) -> None:
    """As in `segments`: at or above."""
    calls = calls_of(posterior=(0.5, 0.25, 0.1))
    outputs.write_per_sample(tmp_path, [calls], 0.5)
    table = pd.read_csv(tmp_path / "per_sample.tsv", sep="\t")
    assert table["called_bp"].tolist() == [10_000, 0]
    assert segments([calls], 0.5)["end"].tolist() == [10_000]
