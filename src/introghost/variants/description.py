"""What VCF files hold, as rows of a table for a person to look over."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.findings import Finding, Severity
from introghost.haplotypes import GeneticMap, on_contig
from introghost.variants.annotations import Annotations
from introghost.variants.build import guess_build
from introghost.variants.counts import DropReason
from introghost.variants.fit import MAP, MASK, respelt_contigs
from introghost.variants.header import is_indexed
from introghost.variants.problems import Groups, refusals, unused
from introghost.variants.samples import listed
from introghost.variants.tally import AncestralState, Flaw, Tally
from introghost.variants.trial import Reading
from introghost.variants.zarr_source import is_store

Rows = list[tuple[str, str, str]]  # section, item and value

FEW_SITES = 5
_LISTED = 5
_CLASS_NAMES = {
    DropReason.NO_ALT: "no ALT (monomorphic)",
    DropReason.NOT_BASES: "alleles not A, C, G, T",
    DropReason.BEFORE_FIRST_BASE: "telomere",
}


def rows_of_files(
    counted: Tally,
    groups: Groups,
    populations: Mapping[str, str] | None,
    reading: Reading,
    annotations: Annotations,
) -> Rows:
    """Files, samples, contigs, sites, genotypes, ancestral states, annotations and gaps.

    Parameters
    ----------
    counted : Tally
        What all samples show.
    groups : Groups
    populations : mapping of str to str, optional
        Population of each sample of the table.
    reading : Reading
        What an analysis made of the files.
    annotations : Annotations
    """
    return [
        *_file_rows(counted),
        *_sample_rows(counted, groups, populations),
        *_contig_rows(counted, reading),
        *_site_rows(counted, reading),
        *_genotype_rows(counted, groups),
        *_ancestral_rows(counted, annotations),
        *_annotation_rows(counted, annotations),
        *_gap_rows(counted, annotations),
    ]


def problem_rows(counted: Tally, groups: Groups, findings: list[Finding], refusal: DataError | None) -> Rows:
    """Remarks, and what an analysis would refuse, should doubt or does not use.

    Parameters
    ----------
    counted : Tally
    groups : Groups
    findings : list of Finding
    refusal : DataError or None
        What an analysis would stop with.
    """
    rows: Rows = [
        ("remark", str(finding.code), finding.text) for finding in findings if finding.severity is Severity.REMARK
    ]
    problems = [("refused", text) for text in ([] if refusal is None else refusals(counted, groups, refusal))]
    problems += [("doubtful", finding.text) for finding in findings if finding.severity is not Severity.REMARK]
    problems += [("not used", text) for text in unused(counted, groups)]
    return rows + [("problem", kind, text) for kind, text in problems or [("none", "nothing found")]]


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


def _contig_rows(counted: Tally, reading: Reading) -> Rows:
    rows: Rows = []
    for name, contig in counted.contigs.items():
        rows.append(("contigs", f"{name}: records", f"{len(contig.record_positions_bp):,}"))
        if name in reading.sites and reading.refusal is None:
            rows.append(("contigs", f"{name}: sites kept", f"{len(reading.sites[name].positions_bp):,}"))
        else:
            rows.append(("contigs", f"{name}: SNVs that vary", f"{int(contig.varies.sum()):,}"))
        rows.append(("contigs", f"{name}: extent", f"{contig.extent_bp[0] + 1:,}-{contig.extent_bp[1]:,}"))
        length = counted.lengths.get(name)
        rows.append(("contigs", f"{name}: length in the header", "none" if length is None else f"{length:,}"))
    return rows


def _site_rows(counted: Tally, reading: Reading) -> Rows:
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
        callable_bp = sum(sites.num_callable_bp for sites in reading.sites.values())
        rows.append(("reader", "callable sequence", f"{callable_bp:,} bp"))
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


def _ancestral_rows(counted: Tally, annotations: Annotations) -> Rows:
    states = annotations.ancestral_counts(counted)
    origin = "INFO/AA" if annotations.fasta is None else "FASTA"
    if annotations.fasta is None and not counted.scan.declares_aa:
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


def _annotation_rows(counted: Tally, annotations: Annotations) -> Rows:
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


def _gap_rows(counted: Tally, annotations: Annotations) -> Rows:
    by_contig = {name: contig.gaps_bp(annotations.callable_regions(name)) for name, contig in counted.contigs.items()}
    gaps = [(gap.callable_bp, name, gap) for name, (_, of_contig) in by_contig.items() for gap in of_contig]
    what = "bp" if annotations.intervals is None else "callable bp"
    rows = [
        ("gaps", f"{name}: gap if longer than", f"{threshold:,} {what}") for name, (threshold, _) in by_contig.items()
    ]
    rows.append(("gaps", "stretches without a record", f"{len(gaps):,}, {sum(gap[0] for gap in gaps):,} {what}"))
    for length, name, gap in sorted(gaps, key=lambda of_contig: -of_contig[0])[:_LISTED]:
        rows.append(("gaps", f"{name}:{gap.start + 1:,}-{gap.end:,}", f"{length:,} {what}"))
    return rows


def bin_rows(bin_bp: int, bins: NDArray[np.int64]) -> Rows:
    """How many bins have how many sites.

    Parameters
    ----------
    bin_bp : int
        Width of a bin.
    bins : ndarray of int64, shape (num_bins,)
        Sites in each callable bin.
    """
    few = int((bins < FEW_SITES).sum())
    return [
        ("bins", f"bins of {bin_bp:,} bp", f"{len(bins):,}"),
        ("bins", "median sites in a bin", f"{np.median(bins):,.0f}" if len(bins) else "none seen"),
        ("bins", f"with fewer than {FEW_SITES} sites", f"{few:,} ({percentage(few, len(bins))})"),
    ]
