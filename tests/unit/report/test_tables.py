"""Reading of the tables that the report shows."""

from pathlib import Path

from introghost.report import tables


def test_names_that_look_like_missing_values_are_names(tmp_path: Path) -> None:
    path = tmp_path / "segments.tsv"
    path.write_text("contig\tsample\tmean_posterior\nNA\tnan\tNA\n1\tNA\t0.5\n")
    table = tables.read_table(path)
    assert table[["contig", "sample"]].to_numpy().tolist() == [["NA", "nan"], ["1", "NA"]]
    assert table["mean_posterior"].isna().tolist() == [True, False]
