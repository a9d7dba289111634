"""The files of `apply`, in formats that IGV, the UCSC browser, pandas and R open."""

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from introghost import atomic, colours
from introghost.haplotypes import label_parts
from introghost.inference.calling import ContigCalls
from introghost.tsv import to_tsv


def write_segments(folder: Path, table: pd.DataFrame, threshold: float) -> None:
    """``segments.tsv``, ``segments.bed`` and ``segments.seg``.

    The BED has nine columns, with ``SAMPLE.HAPLOTYPE`` as name and the posterior x 1000 as score. Of the third file IGV
    shows a row for each haplotype.

    Parameters
    ----------
    folder : Path
    table : DataFrame
        Of `calling.segments`.
    threshold : float
        Posterior from which a bin was called, which has the lightest colour.
    """
    write_table(folder / "segments.tsv", table, "%.5f")
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
            "rgb": [colours.rgb(colours.ON_LIGHT[colours.level(p, threshold)]) for p in table["mean_posterior"]],
        }
    )
    atomic.write_text(folder / "segments.bed", bed.to_csv(None, sep="\t", header=False, index=False))
    seg = pd.DataFrame(
        {
            "ID": bed["name"],
            "chrom": table["contig"],
            "loc.start": table["start"] + 1,  # from 1, both ends included
            "loc.end": table["end"],
            "num.mark": table["num_private_alleles"],
            "seg.mean": table["mean_posterior"],
        }
    )
    write_table(folder / "segments.seg", seg, "%.5f")


def write_bins(folder: Path, calls: Sequence[ContigCalls]) -> None:
    """``bins.tsv.gz`` (a column of posteriors per haplotype, empty where no call) and ``posterior.bedgraph``.

    Parameters
    ----------
    folder : Path
    calls : sequence of ContigCalls
        At least one contig; all of the same haplotypes.

    Raises
    ------
    OutputError
        The folder can't be written to, or the disk is full.
    """
    tables, means = [], []
    for contig in calls:
        place = pd.DataFrame({"contig": contig.bins.contig, "start": contig.bins.starts_bp, "end": contig.bins.ends_bp})
        tables.append(pd.concat([place, pd.DataFrame(contig.posterior.T, columns=contig.labels)], axis=1))
        called = contig.bins.called
        means.append(place[called].assign(posterior=contig.posterior[:, called].mean(axis=0)))
    # Neither a time nor the temporary file's name in the header of gzip: equal calls give equal bytes.
    with (
        atomic.atomic_path(folder / "bins.tsv.gz") as temporary,
        temporary.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed,
    ):
        pd.concat(tables).to_csv(compressed, sep="\t", index=False, float_format="%.5f", lineterminator="\n")
    text = pd.concat(means).to_csv(None, sep="\t", header=False, index=False, float_format="%.6f")
    atomic.write_text(folder / "posterior.bedgraph", f"track type=bedGraph name=ghost\n{text}")


def write_bin_status(folder: Path, calls: Sequence[ContigCalls]) -> None:
    """``bin_status.tsv``: every bin with its callable base pairs, its sites, and whether it was called or why not.

    Parameters
    ----------
    folder : Path
    calls : sequence of ContigCalls
        At least one contig.

    Raises
    ------
    OutputError
        The folder can't be written to, or the disk is full.
    """
    tables = [
        pd.DataFrame(
            {
                "contig": contig.bins.contig,
                "start": contig.bins.starts_bp,
                "end": contig.bins.ends_bp,
                "callable_bp": np.rint(contig.bins.callable_bp).astype(np.int64),
                "num_sites": contig.bins.num_sites,
                "status": contig.bins.status,
            }
        )
        for contig in calls
    ]
    write_table(folder / "bin_status.tsv", pd.concat(tables), "%.5f")


def write_per_sample(folder: Path, calls: Sequence[ContigCalls], threshold: float) -> None:
    """``per_sample.tsv``: callable base pairs of each target haplotype, and those in bins called at `threshold`.

    Bins without a posterior don't count; if none has one, the fraction is empty.

    Parameters
    ----------
    folder : Path
    calls : sequence of ContigCalls
        At least one contig; all of the same haplotypes.
    threshold : float
        Posterior at or above which a bin is called; NaN is below every threshold.

    Raises
    ------
    OutputError
        The folder can't be written to, or the disk is full.
    """
    callable_bp = int(sum(contig.bins.callable_bp[contig.bins.called].sum() for contig in calls))
    called = sum((contig.posterior >= threshold) @ contig.bins.callable_bp.astype(np.float64) for contig in calls)
    rows = []
    for label, called_bp in zip(calls[0].labels, np.asarray(called).astype(int), strict=True):
        rows.append((*label_parts(label), called_bp, callable_bp, called_bp / callable_bp if callable_bp else np.nan))
    columns = ["sample", "haplotype", "called_bp", "callable_bp", "fraction"]
    write_table(folder / "per_sample.tsv", pd.DataFrame(rows, columns=columns), "%.5f")


def write_table(path: Path, table: pd.DataFrame, number: str) -> None:
    """Write a tab-separated table; missing values are empty.

    Parameters
    ----------
    path : Path
    table : DataFrame
    number : str
        Format of floating-point numbers, such as ``%.5f``.

    Raises
    ------
    OutputError
        The folder can't be written to, or the disk is full.
    """
    atomic.write_text(path, to_tsv(table, float_format=number))
