"""What VCF files hold, as a table for a person to look over before an analysis, and what would go wrong."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity, in_order
from introghost.haplotypes import GeneticMap, on_contig
from introghost.variants.ancestral_fasta import AncestralFasta
from introghost.variants.build import guess_build
from introghost.variants.counts import DropReason, ReadCounts
from introghost.variants.extents import CallableSequence, early_end_findings
from introghost.variants.files import PathInputs, index_findings
from introghost.variants.fit import MAP, MASK, check_genetic_maps, check_intervals, respelt_contigs
from introghost.variants.genetic_map import read_genetic_map
from introghost.variants.header import is_indexed
from introghost.variants.intervals import read_bed
from introghost.variants.populations import read_populations
from introghost.variants.problems import Groups, doubts, refusals, unused
from introghost.variants.samples import listed
from introghost.variants.source import (
    OUTGROUP_MAJOR,
    VcfSource,
    open_source,
    parse_ancestral,
    parse_region,
)
from introghost.variants.tally import AncestralState, Flaw, Tally, tally
from introghost.variants.zarr_source import is_store

FEW_SITES = 5
_TILE_BP = 5_000_000
_LISTED = 5
_EMPTY_BINS = 0.5
_LEAST_CALLABLE = 0.1  # of a bin, for it to be called at all
_CLASS_NAMES = {
    DropReason.NO_ALT: "no ALT (monomorphic)",
    DropReason.NOT_BASES: "alleles not A, C, G, T",
    DropReason.BEFORE_FIRST_BASE: "telomere",
}
_BASE_CODES = np.frombuffer(b"ACGT", dtype="S1")


@dataclass(frozen=True)
class Request:
    """What is to be checked; as in `source.open_source`, but populations and roles may be left out.

    Attributes
    ----------
    vcf : path, or sequence of path
        Several have the records of different contigs.
    populations : Path or None
        Table of the population of each sample.
    outgroup, target : tuple of str
        Populations of either role; empty where it is not known yet.
    ancestral : str
        Where ancestral alleles come from.
    include_bed, genetic_map : Path or None
    region : str or None
        ``CHR`` or ``CHR:START-END``, 1-based and inclusive; None is everything.
    bin_bp : int
        Width of the bins in which sites are counted.
    """

    vcf: PathInputs
    populations: Path | None = None
    outgroup: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    ancestral: str = OUTGROUP_MAJOR
    include_bed: Path | None = None
    genetic_map: Path | None = None
    region: str | None = None
    bin_bp: int = 10_000

    @property
    def has_roles(self) -> bool:
        """Whether any population has a role."""
        return bool(self.outgroup or self.target)


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


@dataclass
class _Reading:
    """What the reader of an analysis made of the file: the sites kept, counts, findings, and why it refused.

    `is_complete` if it read all of it; of roles there are none, or they are refused, otherwise.
    """

    positions: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    counts: ReadCounts = field(default_factory=ReadCounts)
    findings: list[Finding] = field(default_factory=list)
    refusal: DataError | None = None
    is_complete: bool = False


@dataclass
class _Annotations:
    intervals: dict[str, NDArray[np.int64]] | None
    genetic_maps: dict[str, GeneticMap] | None
    fasta: AncestralFasta | None


def inspect(request: Request) -> Check:
    """Describe files from end to end, and say what of them an analysis would refuse or should doubt.

    Raises
    ------
    ConfigError
        Options that can't be understood.
    DataError
        Damage that leaves nothing to describe, or an annotation file that can't be read.
    """
    annotations = _annotations(request)
    populations = None if request.populations is None else read_populations(request.populations)
    counted = tally(request.vcf, None if request.region is None else parse_region(request.region), populations)
    groups = Groups.of(counted.samples, populations, request.outgroup, request.target)
    if request.has_roles:
        reading = _read(request, counted, annotations)
    else:
        reading = _Reading(findings=_misfits(counted, annotations))
        _check_records(request, counted)
    bins = _sites_per_bin(request, counted, reading, annotations)
    rows = _file_rows(counted) + _sample_rows(counted, groups, populations)
    rows += _contig_rows(counted, reading) + _site_rows(counted, reading) + _genotype_rows(counted, groups)
    rows += _ancestral_rows(counted, annotations.fasta)
    rows += _annotation_rows(counted, annotations) + _gap_rows(counted, annotations) + _bin_rows(request.bin_bp, bins)
    findings = in_order(
        [
            *doubts(counted, groups, populations),
            *_sparse_bins(bins),
            *_file_findings(request, counted, reading),
            *_ancestral_doubts(request, _ancestral_counts(counted, annotations.fasta)),
        ]
    )
    rows += _problem_rows(counted, groups, findings, reading.refusal)
    return Check(pd.DataFrame(rows, columns=["section", "item", "value"]), findings, reading.refusal)


def _problem_rows(counted: Tally, groups: Groups, findings: list[Finding], refusal: DataError | None) -> "Rows":
    rows: Rows = [
        ("remark", str(finding.code), finding.text) for finding in findings if finding.severity is Severity.REMARK
    ]
    problems = [("refused", text) for text in ([] if refusal is None else refusals(counted, groups, refusal))]
    problems += [("doubtful", finding.text) for finding in findings if finding.severity is not Severity.REMARK]
    problems += [("not used", text) for text in unused(counted, groups)]
    return rows + [("problem", kind, text) for kind, text in problems or [("none", "nothing found")]]


def _file_findings(request: Request, counted: Tally, reading: _Reading) -> list[Finding]:
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


def _annotations(request: Request) -> _Annotations:
    _, fasta = parse_ancestral(request.ancestral)
    return _Annotations(
        None if request.include_bed is None else read_bed(request.include_bed),
        None if request.genetic_map is None else read_genetic_map(request.genetic_map),
        None if fasta is None else AncestralFasta(fasta),
    )


def _extents(counted: Tally) -> list[tuple[str, int, int]]:
    return [(name, *contig.extent_bp) for name, contig in counted.contigs.items()]


def _misfits(counted: Tally, annotations: _Annotations) -> list[Finding]:
    """What is doubtful about callable regions and genetic maps for any roles; an analysis would refuse some of it."""
    findings: list[Finding] = []
    extents = _extents(counted)
    try:
        if annotations.intervals is not None and extents:
            findings += check_intervals(extents, counted.lengths, annotations.intervals)
        if annotations.genetic_maps is not None and extents:
            findings += check_genetic_maps(extents, counted.lengths, annotations.genetic_maps)
    except DataError as error:
        findings.append(Finding(Code.DATA, Severity.WARNING, str(error)))
    return findings


def _read(request: Request, counted: Tally, annotations: _Annotations) -> _Reading:
    """Read the file as an analysis would, up to the first thing that it refuses."""
    reading = _Reading()
    try:
        if annotations.genetic_maps is not None and counted.contigs:
            reading.findings += check_genetic_maps(_extents(counted), counted.lengths, annotations.genetic_maps)
        source = open_source(
            request.vcf,
            request.populations or Path(),
            list(request.outgroup),
            list(request.target),
            ancestral=request.ancestral,
            include_bed=request.include_bed,
            region=request.region,
        )
        reading.counts = source.counts
        for contig, start, end in source.contigs():
            reading.positions[contig] = _positions(source, contig, start, end)
        source.require_sites()
        reading.findings = [*reading.findings, *source.findings()]
        reading.is_complete = True
    except DataError as error:
        reading.refusal = error
    return reading


def _positions(source: VcfSource, contig: str, start: int, end: int) -> NDArray[np.int64]:
    parts = [np.empty(0, dtype=np.int64)]
    for tile in range(start, end, _TILE_BP):
        parts.append(source.read(contig, tile, min(tile + _TILE_BP, end)).positions_bp)
    return np.concatenate(parts)


def _check_records(request: Request, counted: Tally) -> None:
    if not counted.contigs:
        where = ", none at position 1 or beyond; positions count from 1"
        if request.region is not None:
            where = f" in region {request.region}; is the contig's name right?"
        raise DataError(f"{counted.scan.files.label}: the VCF has no usable records{where}")


Rows = list[tuple[str, str, str]]


def _file_rows(counted: Tally) -> Rows:
    files = counted.scan.files
    rows = [("file", "records", f"{counted.scan.counts.records:,}")]
    filtered = f"{counted.scan.num_filtered:,}, used like the others"
    rows.append(("file", "records whose FILTER names a filter", filtered))
    rows.append(("file", "samples", f"{len(counted.samples):,}"))
    if len(files.paths) == 1:
        rows += [("file", "index", text) for text in _index_texts(files.paths[0])]
    rows.append(("file", "contigs with a length in the header", f"{len(counted.lengths):,}"))
    rows.append(("file", "human build with these lengths", guess_build(counted.lengths) or "unknown"))
    if len(files.paths) == 1:
        return rows
    # Of several files, those rows are of all together, and these of each.
    for name, path, records in zip(files.names, files.paths, counted.scan.file_records, strict=True):
        rows.append(("files", f"{name}: records", f"{records:,}"))
        rows.append(("files", f"{name}: contigs with records", listed(counted.scan.owners.contigs(path)) or "none"))
        rows += [("files", f"{name}: index", text) for text in _index_texts(path)]
    return rows


def _index_texts(path: Path) -> list[str]:
    """Whether a file has an index; nothing of a store, which needs none."""
    if is_store(path):
        return []
    return ["yes" if is_indexed(path) else "no: the file is read from end to end"]


def _sample_rows(counted: Tally, groups: Groups, populations: Mapping[str, str] | None) -> Rows:
    rows = [("samples", group.label, f"{len(group.members):,}") for group in groups.by_population]
    left_out = sorted(set(counted.scan.files.all_samples) - set(counted.samples))
    if left_out:
        rows.append(("samples", "not in every file, left out", f"{len(left_out):,}: {listed(left_out)}"))
    strangers = groups.strangers()
    if strangers:
        rows.append(("samples", "names not in the populations table", listed(strangers)))
    absent = sorted(set(populations or ()) - set(counted.scan.files.all_samples))
    if absent:
        rows.append(("samples", "in the populations table, not in the VCF", f"{len(absent):,}: {listed(absent)}"))
    return rows


def _contig_rows(counted: Tally, reading: _Reading) -> Rows:
    rows: Rows = []
    for name, contig in counted.contigs.items():
        rows.append(("contigs", f"{name}: records", f"{len(contig.record_positions_bp):,}"))
        if name in reading.positions and reading.refusal is None:
            rows.append(("contigs", f"{name}: sites kept", f"{len(reading.positions[name]):,}"))
        else:
            rows.append(("contigs", f"{name}: SNVs that vary", f"{int(contig.varies.sum()):,}"))
        rows.append(("contigs", f"{name}: extent", f"{contig.extent_bp[0] + 1:,}-{contig.extent_bp[1]:,}"))
        length = counted.lengths.get(name)
        rows.append(("contigs", f"{name}: length in the header", "none" if length is None else f"{length:,}"))
    return rows


def _site_rows(counted: Tally, reading: _Reading) -> Rows:
    scan = counted.scan
    rows = [
        ("sites", "biallelic SNV", f"{scan.num_snvs:,}"),
        ("sites", "duplicate position", f"{counted.num_duplicates:,}"),
    ]
    if scan.num_without_genotypes:
        rows.append(("sites", "SNV without genotypes", f"{scan.num_without_genotypes:,}"))
    rows += [("sites", _CLASS_NAMES.get(reason, str(reason)), f"{n:,}") for reason, n in scan.counts.by_frequency()]
    if reading.is_complete:
        counts = reading.counts
        rows += [("reader", "records", f"{counts.records:,}"), ("reader", "kept", f"{counts.kept:,}")]
        rows += [("reader", f"dropped: {reason}", f"{number:,}") for reason, number in counts.by_frequency()]
        rows.append(("reader", "sequence without records", f"{counts.gap_bp:,} bp, taken as not callable"))
    return rows


def _genotype_rows(counted: Tally, groups: Groups) -> Rows:
    snvs, number = counted.num_snvs, counted.genotypes
    total = snvs * len(counted.samples)
    rows = [("genotypes", "at biallelic SNVs", f"{total:,}")]
    rows.append(("genotypes", "missing", percentage(number[Flaw.MISSING].sum(), total)))
    rows.append(("genotypes", "half-missing", f"{number[Flaw.HALF_MISSING].sum():,}"))
    heterozygous, unphased = number[Flaw.HETEROZYGOUS].sum(), number[Flaw.UNPHASED].sum()
    rows.append(("genotypes", "phased heterozygotes", percentage(heterozygous - unphased, heterozygous)))
    for group in groups.by_population:
        members, of_group = group.members, snvs * len(group.members)
        heterozygous, unphased = number[Flaw.HETEROZYGOUS][members].sum(), number[Flaw.UNPHASED][members].sum()
        missing = number[Flaw.MISSING][members].sum()
        rows.append(("genotypes", f"{group.label}: missing", percentage(missing, of_group)))
        rows.append(("genotypes", f"{group.label}: heterozygous", percentage(heterozygous, of_group)))
        phased = percentage(heterozygous - unphased, heterozygous)
        rows.append(("genotypes", f"{group.label}: phased heterozygotes", phased))
    for sample in np.argsort(-number[Flaw.MISSING], kind="stable")[:_LISTED]:
        if number[Flaw.MISSING][sample]:
            share = percentage(number[Flaw.MISSING][sample], snvs)
            rows.append(("genotypes", f"most missing: {counted.samples[sample]}", share))
    haploid, polyploid = number[Flaw.HAPLOID].sum(), number[Flaw.POLYPLOID].sum()
    rows.append(("ploidy", "diploid", percentage(total - haploid - polyploid, total)))
    rows += [("ploidy", name, f"{n:,}") for name, n in (("haploid", haploid), ("more than diploid", polyploid)) if n]
    return rows


def percentage(part: int, whole: int) -> str:
    """A share as text; ``none seen`` of nothing.

    Parameters
    ----------
    part, whole : int
        Counts.
    """
    return f"{100 * int(part) / int(whole):.3f} %" if whole else "none seen"


def _ancestral_counts(counted: Tally, fasta: AncestralFasta | None) -> Counter[AncestralState]:
    """SNVs by ancestral state: of the FASTA if there is one, else of INFO/AA; none if there is neither."""
    if fasta is None:
        return counted.ancestral
    states: Counter[AncestralState] = Counter()
    for name, contig in counted.contigs.items():
        bases = fasta.alleles(name, contig.positions_bp)
        is_base = np.isin(bases, _BASE_CODES)
        fits = (bases[:, None] == contig.alleles).any(axis=1)
        states[AncestralState.KNOWN] += int(fits.sum())
        states[AncestralState.NEITHER] += int((is_base & ~fits).sum())
        states[AncestralState.UNKNOWN] += int((~is_base).sum())
    return states


def _ancestral_rows(counted: Tally, fasta: AncestralFasta | None) -> Rows:
    states = _ancestral_counts(counted, fasta)
    origin = "FASTA" if fasta is not None else "INFO/AA"
    if fasta is None and not counted.scan.declares_aa:
        return [("ancestral states", "INFO/AA", "not declared in the header")]
    what = {
        AncestralState.KNOWN: "is REF or ALT",
        AncestralState.NEITHER: "is neither REF nor ALT",
        AncestralState.UNKNOWN: "is unknown",
    }
    return [
        ("ancestral states", f"{origin} {text}", percentage(states[state], states.total()))
        for state, text in what.items()
    ]


def _annotation_rows(counted: Tally, annotations: _Annotations) -> Rows:
    rows: Rows = []
    for name, contig in counted.contigs.items():
        extent = contig.extent_bp
        if annotations.intervals is not None:
            share = percentage(_overlap(on_contig(annotations.intervals, name), *extent), extent[1] - extent[0])
            rows.append(("annotations", f"{name}: extent inside the callable regions", share))
        if annotations.genetic_maps is not None:
            rows.append(("annotations", f"{name}: genetic map", _map_text(on_contig(annotations.genetic_maps, name))))
    for what, table in ((MASK, annotations.intervals), (MAP, annotations.genetic_maps)):
        respelt = respelt_contigs(what, table, list(counted.contigs))
        rows += [("annotations", item, f"{number:,}") for item, number in respelt.items()]
    return rows


def _overlap(intervals: NDArray[np.int64] | None, start: int, end: int) -> int:
    return 0 if intervals is None else int(np.diff(np.clip(intervals, start, end), axis=1).sum())


def _map_text(genetic_map: GeneticMap | None) -> str:
    if genetic_map is None:
        return "none"
    first, last = genetic_map.positions_bp[0], genetic_map.positions_bp[-1]
    return f"{first + 1:,.0f}-{last + 1:,.0f}, {genetic_map.centimorgans[-1] - genetic_map.centimorgans[0]:.4g} cM"


def _ancestral_doubts(request: Request, states: Counter[AncestralState]) -> list[Finding]:
    """What is doubtful about the ancestral alleles that are asked for, if any are."""
    if request.ancestral == OUTGROUP_MAJOR:
        return []
    texts = []
    neither, unknown, total = states[AncestralState.NEITHER], states[AncestralState.UNKNOWN], states.total()
    if neither > 0.1 * total:
        share = percentage(neither, total)
        texts.append(f"{share} of the ancestral alleles are neither REF nor ALT; are they of this build?")
    if unknown > 0.5 * total:
        share = percentage(unknown, total)
        texts.append(f"{share} of the ancestral alleles are unknown; `--ancestral outgroup-major` needs none")
    return [Finding(Code.ANCESTRAL_ALLELES, Severity.WARNING, text) for text in texts]


def _callable_regions(annotations: _Annotations, contig: str) -> NDArray[np.int64] | None:
    """Callable regions of a contig, shape (num_intervals, 2): None is all of it, nothing where the mask lacks it."""
    if annotations.intervals is None:
        return None
    intervals = on_contig(annotations.intervals, contig)
    return np.empty((0, 2), dtype=np.int64) if intervals is None else intervals


def _gap_rows(counted: Tally, annotations: _Annotations) -> Rows:
    by_contig = {name: contig.gaps_bp(_callable_regions(annotations, name)) for name, contig in counted.contigs.items()}
    gaps = [(gap.callable_bp, name, gap) for name, (_, of_contig) in by_contig.items() for gap in of_contig]
    what = "bp" if annotations.intervals is None else "callable bp"
    rows = [
        ("gaps", f"{name}: gap if longer than", f"{threshold:,} {what}") for name, (threshold, _) in by_contig.items()
    ]
    rows.append(("gaps", "stretches without a record", f"{len(gaps):,}, {sum(gap[0] for gap in gaps):,} {what}"))
    for length, name, gap in sorted(gaps, key=lambda of_contig: -of_contig[0])[:_LISTED]:
        rows.append(("gaps", f"{name}:{gap.start + 1:,}-{gap.end:,}", f"{length:,} {what}"))
    return rows


def _sites_per_bin(request: Request, counted: Tally, reading: _Reading, annotations: _Annotations) -> NDArray[np.int64]:
    """Sites in each bin from the first to the last record of each contig, if the mask leaves enough of the bin."""
    parts: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    for name, contig in counted.contigs.items():
        sequence = CallableSequence(_callable_regions(annotations, name))
        positions = contig.positions_bp[contig.varies]
        if reading.refusal is None and name in reading.positions:
            positions = reading.positions[name]
        positions = positions[sequence.contains(positions)]
        first, last = contig.extent_bp[0] // request.bin_bp, (contig.extent_bp[1] - 1) // request.bin_bp
        sites = np.bincount(positions // request.bin_bp - first, minlength=last - first + 1)
        edges = np.arange(first, last + 2, dtype=np.int64) * request.bin_bp
        is_callable = np.diff(sequence.coordinate(edges)) >= _LEAST_CALLABLE * request.bin_bp
        parts.append(sites[is_callable])
    return np.concatenate(parts)


def _sparse_bins(bins: NDArray[np.int64]) -> list[Finding]:
    if not bins.any() or (bins < FEW_SITES).mean() <= _EMPTY_BINS:
        return []
    text = "more than half of the bins have too few sites; use wider bins, or check the callable regions"
    return [Finding(Code.BLANK_BINS, Severity.WARNING, text)]


def _bin_rows(bin_bp: int, bins: NDArray[np.int64]) -> Rows:
    few = int((bins < FEW_SITES).sum())
    return [
        ("bins", f"bins of {bin_bp:,} bp", f"{len(bins):,}"),
        ("bins", "median sites in a bin", f"{np.median(bins):,.0f}" if len(bins) else "none seen"),
        ("bins", f"with fewer than {FEW_SITES} sites", f"{few:,} ({percentage(few, len(bins))})"),
    ]
