"""What VCF files hold, as a table for a person to look over before an analysis, and what would go wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity, in_order
from introghost.variants import description, trial
from introghost.variants.ancestral_fasta import AncestralFasta
from introghost.variants.annotations import Annotations
from introghost.variants.extents import CallableSequence, early_end_findings
from introghost.variants.files import check_not_exchanged, index_findings
from introghost.variants.fit import check_genetic_maps, check_intervals
from introghost.variants.genetic_map import read_genetic_map
from introghost.variants.intervals import read_bed
from introghost.variants.populations import read_populations
from introghost.variants.problems import Groups, doubts
from introghost.variants.samples import listed
from introghost.variants.source import OUTGROUP_MAJOR, parse_ancestral, parse_region
from introghost.variants.tally import AncestralState, Tally, tally
from introghost.variants.trial import Reading, Request, Shortage

_EMPTY_BINS = 0.5
_LEAST_CALLABLE = 0.1  # of a bin, for it to be called at all


@dataclass(frozen=True)
class Check:
    """Outcome of a check.

    Attributes
    ----------
    table : DataFrame
        Columns section, item and value (text).
    findings : list of Finding
        What a person should look at, or may want to know, the heaviest first.
    refusal : DataError or None
        What an analysis with these roles would stop with.
    """

    table: pd.DataFrame
    findings: list[Finding]
    refusal: DataError | None


def inspect(request: Request, shortage: Shortage | None = None) -> Check:
    """Describe files from end to end, and say what of them an analysis would refuse or should doubt.

    Parameters
    ----------
    request : Request
    shortage : Shortage, optional
        Of a model that may be asked: for what the sequence is too little.

    Raises
    ------
    ConfigError
        Options that can't be understood.
    DataError
        Damage that leaves nothing to describe, or an annotation file that can't be read.
    """
    annotations = _annotations(request)
    populations = None
    if request.populations is not None:
        check_not_exchanged(request.vcf, request.populations)
        populations = read_populations(request.populations)
    counted = tally(request.vcf, None if request.region is None else parse_region(request.region), populations)
    groups = Groups.of(counted.samples, populations, request.outgroup, request.target)
    if request.has_roles:
        reading = trial.read(request, counted, annotations.genetic_maps, shortage)
    else:
        reading = Reading(findings=_misfits(counted, annotations))
        _check_records(request, counted)
    bins = _sites_per_bin(request, counted, reading, annotations)
    rows = description.rows_of_files(counted, groups, populations, reading, annotations)
    rows += description.bin_rows(request.bin_bp, bins)
    findings = in_order(
        [
            *doubts(counted, groups, populations),
            *_sparse_bins(bins),
            *_file_findings(request, counted, reading),
            *_ancestral_doubts(request, annotations.ancestral_counts(counted)),
        ]
    )
    rows += description.problem_rows(counted, groups, findings, reading.refusal)
    rows.append(("verdict", "an analysis", _verdict(request, findings, reading)))
    return Check(pd.DataFrame(rows, columns=["section", "item", "value"]), findings, reading.refusal)


def _verdict(request: Request, findings: Sequence[Finding], reading: Reading) -> str:
    """Whether an analysis would take the file, and for what, in words."""
    if reading.refusal is not None:
        return "would refuse this file"
    if not request.has_roles:
        return "not asked: give --populations, --outgroup and --target"
    number = sum(finding.severity is Severity.WARNING for finding in findings)
    warnings = f" with {number} warning{'' if number == 1 else 's'}, see above" if number else ""
    return f"would take this file{warnings}" + (f"; {reading.shortage}" if reading.shortage else "")


def _file_findings(request: Request, counted: Tally, reading: Reading) -> list[Finding]:
    """What an analysis would tell of the file; if there is none, or it stopped, what all samples show of that."""
    if reading.is_complete:  # missing genotypes are told with what all samples show of them
        return [finding for finding in reading.findings if finding.code is not Code.GENOTYPES_MISSING]
    findings = [*reading.findings, *counted.heterozygosity.findings()]
    findings += [finding for path in counted.scan.files.paths for finding in index_findings(path)]
    if request.region is None:
        ends = {name: contig.extent_bp for name, contig in counted.contigs.items()}
        findings += early_end_findings(ends, counted.lengths)
    phase_sets = counted.phase_sets.finding()
    if phase_sets is not None:
        findings.append(phase_sets)
    if not counted.num_snvs and not counted.scan.num_without_genotypes and reading.refusal is None:
        error = counted.scan.counts.nothing_kept(counted.scan.files.label, listed(list(counted.contigs)))
        findings.append(Finding(Code.RECORDS_DROPPED, Severity.WARNING, str(error)))
    return findings


def _annotations(request: Request) -> Annotations:
    _, fasta = parse_ancestral(request.ancestral)
    return Annotations(
        None if request.include_bed is None else read_bed(request.include_bed),
        None if request.genetic_map is None else read_genetic_map(request.genetic_map),
        None if fasta is None else AncestralFasta(fasta),
    )


def _misfits(counted: Tally, annotations: Annotations) -> list[Finding]:
    """What is doubtful about callable regions and genetic maps for any roles; an analysis would refuse some of it."""
    findings: list[Finding] = []
    extents = counted.extents()
    try:
        if annotations.intervals is not None and extents:
            findings += check_intervals(extents, counted.lengths, annotations.intervals)
        if annotations.genetic_maps is not None and extents:
            findings += check_genetic_maps(extents, counted.lengths, annotations.genetic_maps)
    except DataError as error:
        findings.append(Finding(Code.DATA, Severity.WARNING, str(error)))
    return findings


def _check_records(request: Request, counted: Tally) -> None:
    if not counted.contigs:
        where = ", none at position 1 or beyond; positions count from 1"
        if request.region is not None:
            where = f" in region {request.region}; is the contig's name right?"
        raise DataError(f"{counted.scan.files.label}: the VCF has no usable records{where}")


def _ancestral_doubts(request: Request, states: Counter[AncestralState]) -> list[Finding]:
    """What is doubtful about the ancestral alleles that are asked for, if any are."""
    if request.ancestral == OUTGROUP_MAJOR:
        return []
    texts = []
    neither, unknown, total = states[AncestralState.NEITHER], states[AncestralState.UNKNOWN], states.total()
    if neither > 0.1 * total:
        share = description.percentage(neither, total)
        texts.append(f"{share} of the ancestral alleles are neither REF nor ALT; are they of this build?")
    if unknown > 0.5 * total:
        share = description.percentage(unknown, total)
        texts.append(f"{share} of the ancestral alleles are unknown; `--ancestral outgroup-major` needs none")
    return [Finding(Code.ANCESTRAL_ALLELES, Severity.WARNING, text) for text in texts]


def _sites_per_bin(request: Request, counted: Tally, reading: Reading, annotations: Annotations) -> NDArray[np.int64]:
    """Sites in each bin from the first to the last record of each contig, if the mask leaves enough of the bin."""
    parts: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    for name, contig in counted.contigs.items():
        sequence = CallableSequence(annotations.callable_regions(name))
        positions = contig.positions_bp[contig.varies]
        if reading.refusal is None and name in reading.sites:
            positions = reading.sites[name].positions_bp
        positions = positions[sequence.contains(positions)]
        first, last = contig.extent_bp[0] // request.bin_bp, (contig.extent_bp[1] - 1) // request.bin_bp
        sites = np.bincount(positions // request.bin_bp - first, minlength=last - first + 1)
        edges = np.arange(first, last + 2, dtype=np.int64) * request.bin_bp
        is_callable = np.diff(sequence.coordinate(edges)) >= _LEAST_CALLABLE * request.bin_bp
        parts.append(sites[is_callable])
    return np.concatenate(parts)


def _sparse_bins(bins: NDArray[np.int64]) -> list[Finding]:
    if not bins.any() or (bins < description.FEW_SITES).mean() <= _EMPTY_BINS:
        return []
    text = "more than half of the bins have too few sites; use wider bins, or check the callable regions"
    return [Finding(Code.BLANK_BINS, Severity.WARNING, text)]
