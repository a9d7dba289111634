"""The files of `apply`, in formats that IGV, the UCSC browser, pandas and R open."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from introghost import atomic, provenance
from introghost.inference.application import ContigCalls
from introghost.inference.contigs import CALLED

_CHOICE, _PERCENTILES = "model_choice.json", "statistic_percentiles.tsv"
_POSTERIOR, _DRAWS = "parameter_posterior.tsv", "parameter_draws.tsv"
_COLOURS = ("68,1,84", "33,145,140", "253,231,37")


def write_all(
    folder: Path,
    calls: list[ContigCalls],
    table: pd.DataFrame,
    threshold: float,
    model_choice: Mapping[str, Any] | None,
    percentiles: pd.DataFrame | None,
    parameters: tuple[pd.DataFrame, pd.DataFrame] | None,
    record: Mapping[str, Any],
) -> None:
    """Every file of `apply`; between the first and the last the folder is marked as not complete.

    Parameters
    ----------
    folder : Path
    calls : list of ContigCalls
    table : DataFrame
        Of `application.segments`.
    threshold : float
    model_choice : mapping or None
        Of `decisions.answer`; None removes the answer of an earlier model.
    percentiles : DataFrame or None
        Of `novelty.percentile_table`; None removes those of an earlier model.
    parameters : pair of DataFrame or None
        Of `parameters.posterior_table`; None removes those of an earlier model.
    record : mapping
        Provenance, written last.
    """
    (folder / provenance.COMPLETE).unlink(missing_ok=True)
    for name in (_CHOICE, _PERCENTILES, _POSTERIOR, _DRAWS):
        (folder / name).unlink(missing_ok=True)
    write_segments(folder, table)
    write_bins(folder, calls)
    write_windows(folder, calls)
    write_per_sample(folder, calls, threshold)
    if model_choice is not None:
        atomic.write_json(folder / _CHOICE, model_choice)
    if percentiles is not None:
        atomic.write_text(folder / _PERCENTILES, _tsv(percentiles, "%.6g"))
    if parameters is not None:
        for name, values in zip((_POSTERIOR, _DRAWS), parameters, strict=True):
            atomic.write_text(folder / name, _tsv(values, "%.6g"))
    atomic.write_json(folder / provenance.COMPLETE, record)


def write_segments(folder: Path, table: pd.DataFrame) -> None:
    """``segments.tsv`` and ``segments.bed`` (BED9; name ``SAMPLE.HAPLOTYPE``, score posterior x 1000)."""
    atomic.write_text(folder / "segments.tsv", _tsv(table))
    bed = pd.DataFrame(
        {
            "chrom": table["contig"],
            "start": table["start"],
            "end": table["end"],
            "name": table["sample"] + "." + table["haplotype"].astype(str),
            "score": (table["mean_posterior"] * 1000).round().astype(int),
            "strand": ".",
            "thick_start": table["start"],
            "thick_end": table["end"],
            "rgb": [_COLOURS[min(int(p * 3), 2)] for p in table["mean_posterior"]],
        }
    )
    atomic.write_text(folder / "segments.bed", bed.to_csv(None, sep="\t", header=False, index=False))


def write_bins(folder: Path, calls: list[ContigCalls]) -> None:
    """``bins.tsv.gz`` (a column of posteriors per haplotype, empty where no call) and ``posterior.bedgraph``."""
    tables, means = [], []
    for contig in calls:
        place = pd.DataFrame({"contig": contig.contig, "start": contig.starts_bp, "end": contig.ends_bp})
        tables.append(pd.concat([place, pd.DataFrame(contig.posterior.T, columns=contig.labels)], axis=1))
        called = contig.status == CALLED
        mean = contig.posterior[:, called].mean(axis=0)
        means.append(place[called].assign(posterior=mean))
    # Neither a time nor the temporary file's name in the header of gzip: equal calls give equal bytes.
    with (
        atomic.atomic_path(folder / "bins.tsv.gz") as temporary,
        temporary.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed,
    ):
        pd.concat(tables).to_csv(compressed, sep="\t", index=False, float_format="%.5f", lineterminator="\n")
    text = pd.concat(means).to_csv(None, sep="\t", header=False, index=False, float_format="%.6f")
    atomic.write_text(folder / "posterior.bedgraph", f"track type=bedGraph name=ghost\n{text}")


def write_windows(folder: Path, calls: list[ContigCalls]) -> None:
    """``windows.tsv``: every bin with its callable base pairs, its sites, and why it was not called if it was not."""
    tables = [
        pd.DataFrame(
            {
                "contig": contig.contig,
                "start": contig.starts_bp,
                "end": contig.ends_bp,
                "callable_bp": np.rint(contig.callable_bp).astype(np.int64),
                "num_sites": contig.num_sites,
                "status": contig.status,
            }
        )
        for contig in calls
    ]
    atomic.write_text(folder / "windows.tsv", _tsv(pd.concat(tables)))


def write_per_sample(folder: Path, calls: list[ContigCalls], threshold: float) -> None:
    """``per_sample.tsv``: callable base pairs of each target haplotype, and those in bins called at `threshold`."""
    callable_bp = int(sum(contig.callable_bp[contig.status == CALLED].sum() for contig in calls))
    called = sum((contig.posterior >= threshold) @ contig.callable_bp.astype(np.float64) for contig in calls)
    rows = []
    for label, called_bp in zip(calls[0].labels, np.asarray(called).astype(int), strict=True):
        sample, index = label.rsplit(".", 1)
        rows.append((sample, int(index), called_bp, callable_bp, called_bp / max(callable_bp, 1)))
    columns = ["sample", "haplotype", "called_bp", "callable_bp", "fraction"]
    atomic.write_text(folder / "per_sample.tsv", _tsv(pd.DataFrame(rows, columns=columns)))


def _tsv(table: pd.DataFrame, number: str = "%.5f") -> str:
    return table.to_csv(None, sep="\t", index=False, float_format=number, lineterminator="\n")
