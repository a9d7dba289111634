"""The answer of a model about a VCF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from introghost import atomic, provenance
from introghost.errors import OutputError
from introghost.findings import Finding
from introghost.haplotypes import label_parts
from introghost.inference import outputs
from introghost.inference.calling import ContigCalls
from introghost.inference.decisions import WITHHELD, Costs, Decision, Doubts, Verdict
from introghost.inference.extent import Extent
from introghost.inference.fields import Json

# Of the files of an answer those that are read again, by reports and in Python.
_READ_BACK = (
    *("segments.tsv", "per_sample.tsv", "bin_status.tsv", "model_choice.json", "statistic_percentiles.tsv"),
    *("parameter_posterior.tsv", "parameter_draws.tsv", "prior_draws.tsv"),
)


@dataclass(frozen=True)
class Choice:
    """The choice between scenarios for one genome.

    Attributes
    ----------
    decision : Decision
        The verdict's, unless doubts stand against it.
    verdict : Verdict
    doubts : Doubts
    extent : Extent
        How much sequence it rests on.
    outgroup_diploids, target_diploids : int
        Individuals that were looked at.
    forced : bool
        Whether probabilities are given although no scenario fits, or the sequence is too little.
    """

    decision: Decision
    verdict: Verdict
    doubts: Doubts
    extent: Extent
    outgroup_diploids: int
    target_diploids: int
    forced: bool

    @property
    def is_withheld(self) -> bool:
        """Whether what rests on the scenarios is withheld."""
        return self.decision in WITHHELD and not self.forced

    def to_json(self) -> Json:
        """Content of ``model_choice.json``; what is withheld is left out."""
        verdict, doubts = self.verdict, self.doubts.to_json()
        content: dict[str, object] = {
            "decision": str(self.decision),
            "prior": verdict.prior,
            "costs": verdict.costs.to_json(),
            "ghost_of_target": dict(verdict.ghost_of_target),
            "novelty_p_value": doubts["novelty_p_value"],
            "novelty_p_values": doubts["novelty_p_values"],
            **self.extent.to_json(),
            "outgroup_diploids": self.outgroup_diploids,
            "target_diploids": self.target_diploids,
        }
        if not self.is_withheld:
            content |= {
                "probabilities": verdict.probabilities,
                "p_ghost": verdict.p_ghost,
                "bayes_factors": verdict.bayes_factors,
                "bayes_factor_ghost": verdict.bayes_factor_ghost,
                "p_ghost_odd": doubts["p_ghost_odd"],
                "p_ghost_even": doubts["p_ghost_even"],
                "p_ghost_standard_deviation": doubts["p_ghost_standard_deviation"],
            }
        return content


@dataclass(frozen=True)
class Settings:
    """What an answer was asked with.

    Attributes
    ----------
    threshold : float
        Posterior from which a bin is called.
    false_discovery_rate : float or None
        That the threshold stands for, if it was chosen by one.
    scenario_prior : mapping of str to float
        Prior probabilities as they were given.
    costs : Costs
        Of the errors of a decision.
    forced : bool
        Whether answers are given that would be withheld.
    """

    threshold: float
    false_discovery_rate: float | None
    scenario_prior: Mapping[str, float]
    costs: Costs
    forced: bool


def posterior_array(
    values: NDArray[np.floating],
    labels: Sequence[str],
    starts_bp: NDArray[np.int64],
    ends_bp: NDArray[np.int64],
    status: Sequence[str] | NDArray[np.str_],
) -> xr.DataArray:
    """Posteriors of one contig with their haplotypes and bins.

    Parameters
    ----------
    values : ndarray of float, shape (num_haplotypes, num_bins)
    labels : sequence of str
        ``SAMPLE.HAPLOTYPE`` of each row.
    starts_bp, ends_bp : ndarray of int64, shape (num_bins,)
    status : sequence of str, length num_bins
        Whether each bin was called, or why not.

    Returns
    -------
    DataArray, dims (haplotype, bin)
        Coordinates: haplotype, sample and haplotype_index along haplotype; start, end (bp) and status along bin.
    """
    samples, indices = zip(*(label_parts(label) for label in labels), strict=True)
    return xr.DataArray(
        values,
        dims=("haplotype", "bin"),
        coords={
            "haplotype": list(labels),
            "sample": ("haplotype", list(samples)),
            "haplotype_index": ("haplotype", list(indices)),
            "start": ("bin", starts_bp),
            "end": ("bin", ends_bp),
            "status": ("bin", status),
        },
        name="posterior",
    )


@dataclass(frozen=True, repr=False)
class Answer:
    """What a model says about a VCF; made by `Model.apply`.

    Attributes
    ----------
    segments : DataFrame
        contig, start, end (bp, 0-based and half-open), sample, haplotype, mean_posterior, num_private_alleles; without
        a row where they are withheld.
    parameters : DataFrame
        A row for each parameter of the ghost scenario, see `inference.parameters.posterior_table`; without a row where
        it is withheld, or the model does not know.
    parameter_draws : DataFrame
        Draws from the posterior, a column for each parameter.
    prior_draws : DataFrame
        As many from the prior; without a row where there is no posterior.
    percentiles : DataFrame
        Each statistic among the simulated genomes of each scenario, see `inference.novelty.percentile_table`; without
        a row where nothing is known of it.
    findings : list of Finding
        What speaks against believing the answer, the heaviest first.
    choice : Choice or None
        The choice between scenarios, if the model makes one.
    calls : tuple of ContigCalls
    settings : Settings
    record : mapping
        Provenance.
    """

    segments: pd.DataFrame
    parameters: pd.DataFrame
    parameter_draws: pd.DataFrame
    prior_draws: pd.DataFrame
    percentiles: pd.DataFrame
    findings: list[Finding]
    choice: Choice | None
    calls: tuple[ContigCalls, ...]
    settings: Settings
    record: Json

    def __repr__(self) -> str:
        p_ghost = "" if self.p_ghost is None else f", p_ghost {self.p_ghost:.3f}"
        decision = "" if self.decision is None else f"{self.decision}{p_ghost}; "
        segments = "segments withheld" if self.are_segments_withheld else f"{len(self.segments):,} segments"
        codes = ", ".join(dict.fromkeys(str(finding.code) for finding in self.findings)) or "none"
        return f"<Answer: {decision}{segments}; findings: {codes}>"

    @property
    def decision(self) -> Decision | None:
        """Whether a ghost gave to the target; None if the model does not choose between scenarios."""
        return None if self.choice is None else self.choice.decision

    @property
    def p_ghost(self) -> float | None:
        """Probability that a ghost gave to the target; None where it is withheld, or the model does not know."""
        return None if self.choice is None or self.choice.is_withheld else self.choice.verdict.p_ghost

    @property
    def are_segments_withheld(self) -> bool:
        """Whether segments and posteriors of bins are kept back, since the data are unlike all training."""
        return any(contig.is_withheld for contig in self.calls)

    def posterior(self, contig: str) -> xr.DataArray:
        """Probability that each bin of each target haplotype descends from the ghost.

        Parameters
        ----------
        contig : str

        Returns
        -------
        DataArray of float32, dims (haplotype, bin)
            NaN in bins that are not called. Coordinates: haplotype (``SAMPLE.HAPLOTYPE``), sample and haplotype_index
            along haplotype; start, end (bp) and status along bin.

        Raises
        ------
        KeyError
            The contig is not among those that were read.

        Examples
        --------
        >>> import introghost as ig
        >>> roles = {"outgroup": ["Outgroup"], "target": ["Target"]}
        >>> data = ig.open_vcf("demo.vcf.gz", populations="demo.tsv", **roles, region="2")
        >>> posterior = ig.load_model("human").apply(data).posterior("2")
        >>> dict(posterior.sizes)
        {'haplotype': 100, 'bin': 200}
        >>> posterior.sel(haplotype="target_0.1").isel(bin=slice(2)).start.values.tolist()
        [0, 5000]
        """
        calls = {one.bins.contig: one for one in self.calls}
        if contig not in calls:
            raise KeyError(f"no contig {contig!r} in this answer; it has {', '.join(map(repr, calls))}")
        one = calls[contig]
        return posterior_array(one.posterior, one.labels, one.bins.starts_bp, one.bins.ends_bp, one.bins.status)

    def write(self, folder: str | PathLike[str]) -> None:
        """Write every file of ``introghost apply`` into a folder, each atomically and ``provenance.json`` last.

        Between the first and the last the folder is marked as not complete. Files of an earlier answer that this one
        lacks are removed.

        Parameters
        ----------
        folder : str or Path
            Made where it is absent.

        Raises
        ------
        OutputError
            The folder can't be written to, or the disk is full.

        Examples
        --------
        >>> import introghost as ig
        >>> roles = {"outgroup": ["Outgroup"], "target": ["Target"]}
        >>> data = ig.open_vcf("demo.vcf.gz", populations="demo.tsv", **roles, region="2")
        >>> answer = ig.load_model("human").apply(data)
        >>> answer.write("calls")
        >>> sorted(path.name for path in Path("calls").glob("*.json"))
        ['model_choice.json', 'provenance.json']
        """
        folder = Path(folder)
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder}: a file, not a folder; name a folder for the answer")
        (folder / provenance.COMPLETE).unlink(missing_ok=True)
        outputs.write_segments(folder, self.segments, self.settings.threshold)
        outputs.write_bins(folder, self.calls)
        outputs.write_bin_status(folder, self.calls)
        outputs.write_per_sample(folder, self.calls, self.settings.threshold)
        choice = folder / "model_choice.json"
        choice.unlink(missing_ok=True)
        if self.choice is not None:
            atomic.write_json(choice, self.choice.to_json())
        for name, table in (
            ("statistic_percentiles.tsv", self.percentiles),
            ("parameter_posterior.tsv", self.parameters),
            ("parameter_draws.tsv", self.parameter_draws),
            ("prior_draws.tsv", self.prior_draws),
        ):
            (folder / name).unlink(missing_ok=True)
            if len(table):
                outputs.write_table(folder / name, table, "%.6g")
        atomic.write_json(
            folder / provenance.COMPLETE, {**self.record, "outputs": provenance.outputs(folder, _READ_BACK)}
        )
