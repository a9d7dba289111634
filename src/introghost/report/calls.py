"""A folder of calls, read back."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from introghost.answer import posterior_array
from introghost.errors import DataError
from introghost.findings import Finding
from introghost.inference.decisions import Decision
from introghost.inference.parameters import no_posterior
from introghost.report import checks, tables
from introghost.report.records import CallsRecord, Choice

_PLACE = ("contig", "start", "end")


@dataclass(frozen=True, repr=False)
class Calls:
    """What ``introghost apply`` wrote into a folder; made by `read_calls`.

    Attributes
    ----------
    folder : Path
    segments : DataFrame
        contig, start, end (bp, 0-based and half-open), sample, haplotype, mean_posterior, num_private_alleles.
    per_sample : DataFrame
        sample, haplotype, called_bp, callable_bp, fraction.
    parameters, parameter_draws, prior_draws : DataFrame
        Of the parameter posterior and the prior; without a row where it is withheld, or the model does not know.
    decision : Decision or None
        None if the model does not choose between scenarios.
    p_ghost : float or None
        None where it is withheld, or the model does not know.
    findings : tuple of Finding
        What speaks against believing the answer, the heaviest first.
    """

    folder: Path
    segments: pd.DataFrame
    per_sample: pd.DataFrame
    parameters: pd.DataFrame
    parameter_draws: pd.DataFrame
    prior_draws: pd.DataFrame
    decision: Decision | None
    p_ghost: float | None
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        decision = "" if self.decision is None else f"{self.decision}; "
        return f"<Calls {self.folder}: {decision}{len(self.segments):,} segments>"

    def posterior(self, contig: str) -> xr.DataArray:
        """Probability that each bin of each target haplotype descends from the ghost.

        Parameters
        ----------
        contig : str

        Returns
        -------
        DataArray of float64, dims (haplotype, bin)
            See `answer.posterior_array`; with five decimals, and NaN in bins that are not called.

        Raises
        ------
        KeyError
            The contig is not among those that were read.
        DataError
            A table of bins is missing, damaged, or of other bins than the other.
        """
        bins = tables.read_table(self.folder / "bins.tsv.gz", _PLACE, is_compressed=True)
        status = tables.read_table(self.folder / "bin_status.tsv", tables.BIN_STATUS_COLUMNS)
        if not bins[list(_PLACE)].equals(status[list(_PLACE)]):
            raise DataError(
                f"{self.folder}: bins.tsv.gz and bin_status.tsv differ in their bins; run `introghost apply`"
            )
        is_chosen = bins["contig"] == contig
        if not is_chosen.any():
            raise KeyError(f"no contig {contig!r} in these calls; they have {', '.join(bins['contig'].unique())}")
        rows = bins[is_chosen]
        values = rows.drop(columns=list(_PLACE))
        starts, ends = (rows[column].to_numpy() for column in ("start", "end"))
        chosen = status.loc[is_chosen, "status"].to_list()
        return posterior_array(values.to_numpy(dtype=np.float64).T, list(values.columns), starts, ends, chosen)


def read_calls(folder: str | PathLike[str]) -> Calls:
    """Read what ``introghost apply``, or `Answer.write`, wrote into a folder.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    Calls

    Raises
    ------
    DataError
        The folder is not there or not complete, or a file is not of the form in which it is written.

    Examples
    --------
    >>> import introghost as ig
    >>> roles = {"outgroup": ["Outgroup"], "target": ["Target"]}
    >>> data = ig.open_vcf("demo.vcf.gz", populations="demo.tsv", **roles, region="2")
    >>> answer = ig.load_model("human").apply(data)
    >>> answer.write("calls")
    >>> calls = ig.read_calls("calls")
    >>> calls.decision == answer.decision, len(calls.segments) == len(answer.segments)
    (True, True)
    >>> bool(abs(calls.posterior("2") - answer.posterior("2")).max() < 1e-5)
    True
    """
    folder = Path(folder)
    checks.check_calls(folder)
    choice, record = Choice.read(folder), CallsRecord.read(folder)
    parameters, draws, of_prior = (
        tables.read_optional(folder / f"{name}.tsv")
        for name in ("parameter_posterior", "parameter_draws", "prior_draws")
    )
    return Calls(
        folder=folder,
        segments=tables.read_table(folder / "segments.tsv", tables.SEGMENT_COLUMNS),
        per_sample=tables.read_table(folder / "per_sample.tsv", tables.PER_SAMPLE_COLUMNS),
        parameters=no_posterior() if parameters is None else parameters,
        parameter_draws=pd.DataFrame() if draws is None else draws,
        prior_draws=pd.DataFrame() if of_prior is None else of_prior,
        decision=choice.decision,
        p_ghost=choice.p_ghost,
        findings=record.findings,
    )
