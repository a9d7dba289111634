"""What a VCF holds, as a table for a person to look over before an analysis, and what would go wrong in it."""

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
from introghost.variants.comparison import Comparison
from introghost.variants.fit import MAP, check_genetic_maps, check_intervals, respelt_contigs
from introghost.variants.genetic_map import read_genetic_map
from introghost.variants.header import is_indexed
from introghost.variants.intervals import read_bed
from introghost.variants.populations import read_populations
from introghost.variants.problems import Groups, doubts, refusals, unused
from introghost.variants.samples import listed
from introghost.variants.source import GAP_COUNT, OUTGROUP_MAJOR, VcfSource, open_source, parse_ancestral, parse_region
from introghost.variants.tally import Tally, tally
from introghost.variants.zarr_source import is_store

FEW_SITES = 5
_TILE_BP = 5_000_000
_LISTED = 5
_CLASS_NAMES = {"no ALT": "no ALT (monomorphic)"}
_BASE_CODES = np.frombuffer(b"ACGT", dtype="S1")


@dataclass(frozen=True)
class Request:
    """What is to be checked; as in `source.open_source`, but populations and roles may be left out.

    Attributes
    ----------
    bin_bp : int
        Width of the bins in which sites are counted.
    """

    vcf: Path
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
        return bool(self.outgroup or self.target)


@dataclass(frozen=True)
class Check:
    """Outcome of a check.

    Attributes
    ----------
    table : DataFrame
        Columns section, item and value (text).
    refusal : DataError or None
        What an analysis with these roles would stop with.
    """

    table: pd.DataFrame
    refusal: DataError | None


@dataclass
class _Reading:
    """What the reader of an analysis made of the file: the sites kept, counts, and why it refused."""

    positions: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    refusal: DataError | None = None
    comparison: Comparison = field(default_factory=Comparison)
    findings: list[Finding] = field(default_factory=list)


@dataclass
class _Annotations:
    intervals: dict[str, NDArray[np.int64]] | None
    genetic_maps: dict[str, GeneticMap] | None
    fasta: AncestralFasta | None


def inspect(request: Request) -> Check:
    """Describe a file from end to end, and say what of it an analysis would refuse or should doubt.

    Raises
    ------
    ConfigError
        Options that can't be understood.
    DataError
        Damage that leaves nothing to describe, or an annotation file that can't be read.
    """
    annotations = _annotations(request)
    populations = None if request.populations is None else read_populations(request.populations)
    counted = tally(request.vcf, None if request.region is None else parse_region(request.region))
    groups = Groups.of(counted.samples, populations, request.outgroup, request.target)
    if request.has_roles:
        reading = _read(request, counted, annotations)
    else:
        reading = _Reading(findings=_misfits(counted, annotations))
        _check_records(request, counted)
    rows = _file_rows(request, counted) + _sample_rows(counted, groups, populations)
    rows += _contig_rows(counted, reading, request) + _site_rows(counted, reading) + _genotype_rows(counted, groups)
    rows += _ancestral_rows(counted, annotations.fasta)
    rows += _annotation_rows(counted, annotations) + _gap_rows(counted)
    bins = _sites_per_bin(request, counted, reading)
    rows += _bin_rows(request.bin_bp, bins)
    if reading.refusal is not None:
        rows += [("problem", "refused", text) for text in refusals(counted, groups, reading.refusal)]
    problems = {Severity.REMARK: "remark"}
    rows += [("problem", problems.get(one.severity, "doubtful"), one.text) for one in in_order(reading.findings)]
    found = [
        *doubts(counted, groups, populations, bins),
        *reading.comparison.doubts(),
        *_annotation_doubts(
            counted, annotations, request, _ancestral_counts(counted, annotations.fasta), reading.counts[GAP_COUNT]
        ),
    ]
    rows += [("problem", "doubtful", text) for text in found]
    rows += [("problem", "not used", text) for text in unused(counted, groups)]
    if not any(section == "problem" for section, _, _ in rows):
        rows.append(("problem", "none", "nothing found"))
    return Check(pd.DataFrame(rows, columns=["section", "item", "value"]), reading.refusal)


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
        reading.findings += source.input_findings()
        reading.counts = source.counts
        reading.counts.update(respelt_contigs(MAP, annotations.genetic_maps, list(counted.contigs)))
        for contig, start, end in source.contigs():
            reading.positions[contig] = _positions(source, contig, start, end, reading.comparison)
        if not any(len(positions) for positions in reading.positions.values()):
            raise DataError(
                f"{request.vcf}: no usable site in {listed(list(reading.positions))}; check --region and --include-bed"
            )
    except DataError as error:
        reading.refusal = error
    return reading


def _positions(source: VcfSource, contig: str, start: int, end: int, comparison: Comparison) -> NDArray[np.int64]:
    parts = [np.empty(0, dtype=np.int64)]
    for tile in range(start, end, _TILE_BP):
        haplotypes = source.read(contig, tile, min(tile + _TILE_BP, end))
        comparison.add(haplotypes)
        parts.append(haplotypes.positions_bp)
    return np.concatenate(parts)


def _check_records(request: Request, counted: Tally) -> None:
    if not counted.contigs:
        where = "" if request.region is None else f" in region {request.region}; is the contig's name right?"
        raise DataError(f"{request.vcf}: the VCF has no usable records{where}")


Rows = list[tuple[str, str, str]]


def _file_rows(request: Request, counted: Tally) -> Rows:
    rows = [("file", "records", f"{counted.num_records:,}")]
    rows.append(("file", "records whose FILTER names a filter", f"{counted.num_filtered:,}, used like the others"))
    rows.append(("file", "samples", f"{len(counted.samples):,}"))
    if not is_store(request.vcf):
        rows.append(("file", "index", "yes" if is_indexed(request.vcf) else "no: the file is read from end to end"))
    rows.append(("file", "contigs with a length in the header", f"{len(counted.lengths):,}"))
    rows.append(("file", "human build with these lengths", guess_build(counted.lengths) or "unknown"))
    return rows


def _sample_rows(counted: Tally, groups: Groups, populations: Mapping[str, str] | None) -> Rows:
    rows = [("samples", name, f"{number:,}") for name, number in groups.sizes()]
    strangers = groups.strangers()
    if strangers:
        rows.append(("samples", "names not in the populations table", listed(strangers)))
    absent = sorted(set(populations or ()) - set(counted.samples))
    if absent:
        rows.append(("samples", "in the populations table, not in the VCF", f"{len(absent):,}: {listed(absent)}"))
    return rows


def _contig_rows(counted: Tally, reading: _Reading, request: Request) -> Rows:
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
    rows = [("sites", _CLASS_NAMES.get(kind, kind), f"{n:,}") for kind, n in counted.classes.items() if n]
    rows.append(("sites", "duplicate position", f"{counted.num_duplicates:,}"))
    if reading.refusal is None:
        counts = {item: n for item, n in reading.counts.items() if n and not item.startswith("genotypes")}
        rows += [("reader", item, f"{number:,}") for item, number in counts.items()]
    return rows


def _genotype_rows(counted: Tally, groups: Groups) -> Rows:
    snvs, number = counted.num_snvs, counted.genotypes
    total = snvs * len(counted.samples)
    rows = [("genotypes", "at biallelic SNVs", f"{total:,}")]
    rows.append(("genotypes", "missing", percentage(number["missing"].sum(), total)))
    rows.append(("genotypes", "half-missing", f"{number['half-missing'].sum():,}"))
    heterozygous, unphased = number["heterozygous"].sum(), number["unphased"].sum()
    rows.append(("genotypes", "phased heterozygotes", percentage(heterozygous - unphased, heterozygous)))
    for name, members in groups.members():
        heterozygous, unphased = number["heterozygous"][members].sum(), number["unphased"][members].sum()
        missing = number["missing"][members].sum()
        rows.append(("genotypes", f"{name}: missing", percentage(missing, snvs * len(members))))
        rows.append(("genotypes", f"{name}: heterozygous", percentage(heterozygous, snvs * len(members))))
        phased = percentage(heterozygous - unphased, heterozygous)
        rows.append(("genotypes", f"{name}: phased heterozygotes", phased))
    for sample in np.argsort(-number["missing"], kind="stable")[:_LISTED]:
        if number["missing"][sample]:
            share = percentage(number["missing"][sample], snvs)
            rows.append(("genotypes", f"most missing: {counted.samples[sample]}", share))
    haploid, polyploid = number["haploid"].sum(), number["polyploid"].sum()
    rows.append(("ploidy", "diploid", percentage(total - haploid - polyploid, total)))
    rows += [("ploidy", name, f"{n:,}") for name, n in (("haploid", haploid), ("more than diploid", polyploid)) if n]
    return rows


def percentage(part: int, whole: int) -> str:
    """A share as text; ``none seen`` of nothing."""
    return f"{100 * int(part) / int(whole):.3f} %" if whole else "none seen"


def _ancestral_counts(counted: Tally, fasta: AncestralFasta | None) -> Counter[str]:
    """SNVs by ancestral state: of the FASTA if there is one, else of INFO/AA; none if there is neither."""
    if fasta is None:
        return counted.ancestral
    states: Counter[str] = Counter()
    for name, contig in counted.contigs.items():
        bases = fasta.alleles(name, contig.positions_bp)
        known = np.isin(bases, _BASE_CODES)
        fits = (bases[:, None] == contig.alleles).any(axis=1)
        states["known"] += int(fits.sum())
        states["neither"] += int((known & ~fits).sum())
        states["unknown"] += int((~known).sum())
    return states


def _ancestral_rows(counted: Tally, fasta: AncestralFasta | None) -> Rows:
    states = _ancestral_counts(counted, fasta)
    origin = "FASTA" if fasta is not None else "INFO/AA"
    if fasta is None and not counted.declares_aa:
        return [("ancestral states", "INFO/AA", "not declared in the header")]
    what = {"known": "is REF or ALT", "neither": "is neither REF nor ALT", "unknown": "is unknown"}
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
    return rows


def _overlap(intervals: NDArray[np.int64] | None, start: int, end: int) -> int:
    return 0 if intervals is None else int(np.diff(np.clip(intervals, start, end), axis=1).sum())


def _map_text(genetic_map: GeneticMap | None) -> str:
    if genetic_map is None:
        return "none"
    first, last = genetic_map.positions_bp[0], genetic_map.positions_bp[-1]
    return f"{first + 1:,.0f}-{last + 1:,.0f}, {genetic_map.centimorgans[-1] - genetic_map.centimorgans[0]:.4g} cM"


def _annotation_doubts(
    counted: Tally, annotations: _Annotations, request: Request, ancestral: Counter[str], gap_bp: int
) -> list[str]:
    found: list[str] = []
    if annotations.intervals is not None and gap_bp:
        found.append(
            f"{gap_bp:,} bp of the callable regions lie in stretches without any record and are taken as not callable; "
            "is this the mask of this file?"
        )
    if request.ancestral != OUTGROUP_MAJOR:
        if ancestral["neither"] > 0.1 * ancestral.total():
            share = percentage(ancestral["neither"], ancestral.total())
            found.append(f"{share} of the ancestral alleles are neither REF nor ALT; are they of this build?")
        if ancestral["unknown"] > 0.5 * ancestral.total():
            share = percentage(ancestral["unknown"], ancestral.total())
            found.append(f"{share} of the ancestral alleles are unknown; `--ancestral outgroup-major` needs none")
    return found


def _gap_rows(counted: Tally) -> Rows:
    found = {name: contig.gaps_bp() for name, contig in counted.contigs.items()}
    gaps = [(end - start, name, start, end) for name, (_, pairs) in found.items() for start, end in pairs]
    rows = [("gaps", f"{name}: gap if longer than", f"{threshold:,} bp") for name, (threshold, _) in found.items()]
    rows.append(("gaps", "stretches without a record", f"{len(gaps):,}, {sum(gap[0] for gap in gaps):,} bp"))
    for length, name, start, end in sorted(gaps, key=lambda gap: -gap[0])[:_LISTED]:
        rows.append(("gaps", f"{name}:{start + 1:,}-{end:,}", f"{length:,} bp"))
    return rows


def _sites_per_bin(request: Request, counted: Tally, reading: _Reading) -> NDArray[np.int64]:
    """Sites in each bin from the first to the last record of each contig."""
    parts: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    for name, contig in counted.contigs.items():
        positions = contig.positions_bp[contig.varies]
        if reading.refusal is None and name in reading.positions:
            positions = reading.positions[name]
        first, last = contig.extent_bp[0] // request.bin_bp, (contig.extent_bp[1] - 1) // request.bin_bp
        parts.append(np.bincount(positions // request.bin_bp - first, minlength=last - first + 1))
    return np.concatenate(parts)


def _bin_rows(bin_bp: int, bins: NDArray[np.int64]) -> Rows:
    few = int((bins < FEW_SITES).sum())
    return [
        ("bins", f"bins of {bin_bp:,} bp", f"{len(bins):,}"),
        ("bins", "median sites in a bin", f"{np.median(bins):,.0f}" if len(bins) else "none seen"),
        ("bins", f"with fewer than {FEW_SITES} sites", f"{few:,} ({percentage(few, len(bins))})"),
    ]
