"""VCF, BCF and VCF Zarr files as a source of `Haplotypes`: strict in what it takes, counting all that it drops."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from introghost.errors import ConfigError, DataError
from introghost.findings import Code, Finding, Severity
from introghost.haplotypes import (
    KNOWN_ANCESTRAL,
    OUTGROUP,
    TARGET,
    Haplotypes,
    exchange_alleles,
    on_contig,
    other_prefix,
)
from introghost.variants.ancestral_fasta import AncestralFasta
from introghost.variants.comparison import Comparison
from introghost.variants.counts import DropReason, ReadCounts
from introghost.variants.extents import GAP_BP, CallableSequence, early_end_findings, gap_threshold_bp
from introghost.variants.files import PathInputs, VariantFiles, check_not_exchanged, index_findings, open_files
from introghost.variants.fit import check_intervals
from introghost.variants.heterozygosity import Heterozygosity
from introghost.variants.intervals import read_bed
from introghost.variants.phase_sets import PhaseSets
from introghost.variants.populations import read_populations
from introghost.variants.samples import SampleRoles, listed, select_samples
from introghost.variants.sites import BASES, Interval, Selection, Sites

INFO_AA, FASTA, OUTGROUP_MAJOR = "info-aa", "fasta", "outgroup-major"
_BASE_CODES = np.array(sorted(BASES), dtype="S1")
_ROLES = ("outgroup", "target")
_GRID_BP = 10_000
TILE_BP = 5_000_000
# Of sites with a known ancestral base, 1-3 % have a third base; half of them do where the sequence is shifted.
_ENOUGH_KNOWN, _MAX_THIRD_BASE = 1000, 0.2

T = TypeVar("T")


def parse_region(region: str) -> tuple[str, int, int | None]:
    """Contig, 0-based start and end of ``CHR``, or ``CHR:START-END`` (1-based, inclusive; commas allowed).

    Raises
    ------
    ConfigError
        Text of another form, or an end before the start.
    """
    match = re.fullmatch(r"(.+?)(?::([\d,]+)-([\d,]+))?", region)
    if match is None or (match[2] is None and ":" in region):
        raise ConfigError(f"region {region!r}: expected CHR:START-END, for example 1:97,000,001-98,000,000")
    if match[2] is None:
        return match[1], 0, None
    start, end = (int(number.replace(",", "")) for number in match.group(2, 3))
    if not 1 <= start <= end:
        raise ConfigError(f"region {region!r}: START must be at least 1 and not beyond END")
    return match[1], start - 1, end


def parse_ancestral(ancestral: str) -> tuple[str, Path | None]:
    """Where ancestral alleles come from, and the file of ``fasta=FILE``.

    Raises
    ------
    ConfigError
        None of the three sources, or a file where none is taken, or no file where one is.
    """
    kind, _, fasta = ancestral.partition("=")
    if kind not in (INFO_AA, FASTA, OUTGROUP_MAJOR) or (kind == FASTA) != bool(fasta):
        raise ConfigError(f"ancestral {ancestral!r}: expected info-aa, fasta=FILE or outgroup-major")
    return kind, Path(fasta) if fasta else None


class VcfSource:
    """Phased haplotypes of an outgroup and a target out of VCF, BCF or VCF Zarr files; made by `open_source`.

    Kept are biallelic SNVs that are polymorphic in the selected samples, whatever their FILTER. Everything else is
    dropped and counted in `counts`. Genotypes may be missing (whole or one allele); unphased heterozygotes and
    haploid genotypes are refused, in the selected samples alone. Stretches in which the file has no record of any
    kind are not callable (`gap_threshold_bp`), whatever a BED says of them; its holes are no such stretches.

    Parameters
    ----------
    files : VariantFiles
        One file, or several with the records of different contigs.
    roles : SampleRoles
    ancestral : str
        `INFO_AA`, `FASTA` or `OUTGROUP_MAJOR`.
    fasta : AncestralFasta or None
        Ancestral alleles, if `ancestral` is `FASTA`.
    intervals : dict of str to ndarray of int64, shape (num_intervals, 2), or None
        Callable intervals by contig, 0-based and half-open; None takes everything as callable.
    region : str or None
        ``CHR`` or ``CHR:START-END``, 1-based and inclusive; None is everything.

    Attributes
    ----------
    files : VariantFiles
    roles : SampleRoles
    header_lengths : dict of str to int
        Lengths of the contigs that a file declares with one.
    counts : ReadCounts
        Records read so far and how many of them were kept, or dropped and why. Reading a stretch twice counts twice.
    """

    def __init__(
        self,
        files: VariantFiles,
        roles: SampleRoles,
        *,
        ancestral: str,
        fasta: AncestralFasta | None,
        intervals: dict[str, NDArray[np.int64]] | None,
        region: str | None,
    ) -> None:
        self.files = files
        self.roles = roles
        self._region_text = region
        self.header_lengths = files.lengths
        self.counts = ReadCounts()
        self._phase_sets = PhaseSets(roles.names)
        self._comparison = Comparison()
        self._heterozygosity = Heterozygosity(roles.names, [_ROLES[int(role)] for role in roles.roles])
        selection = Selection(roles.names, ancestral == INFO_AA, self.counts, self._phase_sets)
        self._records = files.records(selection, is_whole=not region)
        self._ancestral = ancestral
        self._fasta = fasta
        self._intervals = intervals
        self._mask_findings: list[Finding] = []
        self._known_ancestral = 0
        self._third_base = 0
        self._contigs: list[Interval] | None = None
        self._gap_thresholds_bp: dict[str, int] = {}
        self._region: Interval | None = None
        if region:
            self._region = self._resolve(region)
            self._records.limit(*self._region)

    def unread(self) -> "VcfSource":
        """The same source with nothing counted yet: each reading of a file has its own counts and findings."""
        return VcfSource(
            self.files,
            self.roles,
            ancestral=self._ancestral,
            fasta=self._fasta,
            intervals=self._intervals,
            region=self._region_text,
        )

    def contigs(self) -> list[Interval]:
        """Stretches that the files cover, in their order: name, start and end in bp, 0-based and half-open.

        With a region, that interval alone. Otherwise one for each contig with records: from the first to the last,
        rounded to 10 kb within the length that the header gives; or, if it gives none, not rounded.

        Raises
        ------
        DataError
            No records, a file that is damaged, or callable regions that don't fit.
        """
        if self._contigs is None:
            if self._region is not None:
                self._require_records(self._region[0])
                self._contigs = [self._region]
            else:
                self._contigs = [(name, *self._extent(name, *ends)) for name, ends in self._records.ends().items()]
            if not self._contigs:
                raise DataError(
                    f"{self.files.label}: the VCF has no usable records, none at position 1 or beyond; positions "
                    "count from 1"
                )
            if self._intervals is not None:
                self._mask_findings = check_intervals(self._contigs, self.header_lengths, self._intervals)
        return self._contigs

    def tiles(self, interval: Interval) -> Iterator[Haplotypes]:
        """Haplotypes of one stretch in parts of `TILE_BP`, so that memory does not grow with it; see `read`.

        Parameters
        ----------
        interval : tuple of str, int and int
            Contig, start and end, 0-based and half-open.
        """
        contig, start, end = interval
        for tile in range(start, end, TILE_BP):
            yield self.read(contig, tile, min(tile + TILE_BP, end))

    def read(self, contig: str, start: int, end: int) -> Haplotypes:
        """Haplotypes of one stretch.

        Parameters
        ----------
        contig : str
        start, end : int
            In bp, 0-based and half-open.

        Returns
        -------
        Haplotypes
            Two haplotypes per selected sample, samples in the order of the VCF. Sites whose ancestral allele is
            wanted but unknown, that lie outside the callable regions, or at which the outgroup has no genotype, are
            dropped and counted.

        Raises
        ------
        DataError
            Any flaw of the file; the message says where it is and what to do.
        """
        self._check_contig(contig)
        threshold = self.gap_threshold_bp(contig)
        named = None if self._intervals is None else on_contig(self._intervals, contig)
        if self._intervals is not None and named is None:
            named = np.empty((0, 2), dtype=np.int64)
        seen = CallableSequence(named)
        sites, positions = self._records.sites(contig, start, end, seen.reach(start, end, threshold))
        if self._ancestral != OUTGROUP_MAJOR:
            sites = self._polarise(contig, sites)
        sites = self._with_outgroup(sites)
        ends = self._records.ends().get(contig)
        extent = None if ends is None else self._extent(contig, *ends)
        stretches = seen.stretches(start, end, positions, extent, threshold)
        haplotypes = self._haplotypes(contig, start, end, sites, stretches)
        if named is not None:
            haplotypes = haplotypes.mask(named)
            self.counts.dropped[DropReason.OUTSIDE_CALLABLE] += len(sites.positions_bp) - len(haplotypes.positions_bp)
        named_bp = int(np.diff(seen.coordinate(np.array([start, end], dtype=np.int64)))[0])
        self.counts.gap_bp += named_bp - haplotypes.num_callable_bp
        self.counts.kept += len(haplotypes.positions_bp)
        self._comparison.add(haplotypes)
        by_sample = haplotypes.genotypes.reshape(-1, len(self.roles.names), 2)
        self._heterozygosity.add(contig, haplotypes.positions_bp, by_sample)
        return haplotypes.polarise_by_outgroup() if self._ancestral == OUTGROUP_MAJOR else haplotypes

    def _with_outgroup(self, sites: Sites) -> Sites:
        """Sites at which somebody of the outgroup has an allele: of others nobody knows what the outgroup lacks."""
        of_outgroup = np.repeat(self.roles.roles, 2) == OUTGROUP
        is_known = (sites.genotypes[:, of_outgroup] >= 0).any(axis=1)
        self.counts.dropped[DropReason.OUTGROUP_MISSING] += int((~is_known).sum())
        return sites.select(is_known)

    def _haplotypes(
        self, contig: str, start: int, end: int, sites: Sites, callable_bp: NDArray[np.int64]
    ) -> Haplotypes:
        return Haplotypes(
            contig=contig,
            interval_bp=(start, end),
            positions_bp=sites.positions_bp,
            genotypes=sites.genotypes,
            sample_names=tuple(name for name in self.roles.names for _ in range(2)),
            haplotype_indices=np.tile(np.array([0, 1], dtype=np.int8), len(self.roles.names)),
            roles=np.repeat(self.roles.roles, 2),
            callable_bp=callable_bp,
            ancestral_status=KNOWN_ANCESTRAL,
        )

    def num_diploids(self) -> tuple[int, int]:
        """Diploids of the outgroup and of the target."""
        target = int((self.roles.roles == TARGET).sum())
        return len(self.roles.roles) - target, target

    def findings(self) -> list[Finding]:
        """What to tell the user of the file and of what was read of it so far.

        Records that are not used, sequence without records, phase that holds in sets only, samples unlike the others,
        roles that may have been exchanged, an index older than the file, contigs that no mask or map names.
        """
        facts = (self.counts.finding(), self.counts.missing_finding(), self._phase_sets.finding())
        findings = [finding for finding in facts if finding is not None]
        findings += self._heterozygosity.findings() + self._comparison.findings(self._heterozygosity.haploid())
        findings += [finding for path in self.files.paths for finding in index_findings(path)]
        if self._region is None:
            findings += early_end_findings(self._records.ends(), self.header_lengths)
        if self.counts.gap_bp:
            where, hint = "", "give the callable regions as --include-bed if there are any"
            if self._intervals is not None:
                where, hint = "of the callable regions ", "is this the mask of this file?"
            text = (
                f"{self.counts.gap_bp:,} bp {where}lie in stretches without any record and are taken as not callable; "
                f"{hint}"
            )
            findings.append(Finding(Code.SEQUENCE_WITHOUT_RECORDS, Severity.WARNING, text))
        return findings + self.input_findings()

    def require_sites(self) -> None:
        """Refuse a file of which no site was kept, after all of it has been read.

        Raises
        ------
        DataError
            It says which classes took the records, the most frequent first, and what to do.
        """
        if not self.counts.kept:
            where = listed([name for name, _, _ in self.contigs()])
            raise self.counts.nothing_kept(self.files.label, where)

    def input_findings(self) -> list[Finding]:
        """What speaks against the populations table and the callable regions, beside what `contigs` refuses."""
        self.contigs()
        return [*self.roles.findings, *self._mask_findings]

    def gap_threshold_bp(self, contig: str) -> int:
        """Length from which a stretch without any record is not callable.

        10 kb, or fifty times the contig's median distance between records where that is more.
        """
        if contig not in self._gap_thresholds_bp:
            ends = self._records.ends().get(contig)
            self._gap_thresholds_bp[contig] = GAP_BP
            if ends is not None:
                self._gap_thresholds_bp[contig] = gap_threshold_bp(
                    *ends, lambda start, number: self._records.positions_from(contig, start, number)
                )
        return self._gap_thresholds_bp[contig]

    def _resolve(self, region: str) -> Interval:
        contig, start, end = parse_region(region)
        self._check_contig(contig)
        if end is None:
            self._require_records(contig)
            return contig, *self._extent(contig, *self._records.ends()[contig])
        length = self.header_lengths.get(contig)
        if length is not None and start >= length:
            raise DataError(f"{self.files.label}: region {region} starts beyond the end of the contig ({length:,} bp)")
        return contig, start, end if length is None else min(end, length)

    def _require_records(self, contig: str) -> None:
        contigs = list(self._records.ends())
        if contig not in contigs:
            have = listed(contigs) if contigs else "none"
            raise DataError(f"{self.files.label}: contig {contig!r} has no records; contigs with records: {have}")

    def _check_contig(self, contig: str) -> None:
        if contig in self.header_lengths or contig in self._records.ends():
            return
        contigs = {**self.header_lengths, **self._records.ends()}
        other = other_prefix(contig)
        hint = f"did you mean {other}?" if other in contigs else f"it has {listed(list(contigs))}"
        raise DataError(f"{self.files.label}: no contig {contig!r} in the VCF; {hint}")

    def _extent(self, contig: str, first: int, end: int) -> tuple[int, int]:
        length = self.header_lengths.get(contig)
        if length is None:
            return first, end
        return first // _GRID_BP * _GRID_BP, min(-(-end // _GRID_BP) * _GRID_BP, length)

    def _polarise(self, contig: str, sites: Sites) -> Sites:
        """Recode so that 0 is the ancestral allele; sites where it is unknown or a third base are dropped."""
        ancestral = sites.ancestral
        if self._fasta is not None:
            self._fasta.check_length(contig, self.header_lengths.get(contig))
            ancestral = self._fasta.alleles(contig, sites.positions_bp)
        is_ref, is_alt = ancestral == sites.ref, ancestral == sites.alt
        is_base = np.isin(ancestral, _BASE_CODES)
        third = is_base & ~is_ref & ~is_alt
        self.counts.dropped[DropReason.ANCESTRAL_UNKNOWN] += int((~is_base).sum())
        self.counts.dropped[DropReason.ANCESTRAL_THIRD_BASE] += int(third.sum())
        self._check_fasta(contig, int(is_base.sum()), int(third.sum()))
        usable = is_ref | is_alt
        sites, flip = sites.select(usable), is_alt[usable]
        sites.genotypes[flip] = exchange_alleles(sites.genotypes[flip])
        return sites

    def _check_fasta(self, contig: str, num_bases: int, third: int) -> None:
        """Refuse an ancestral sequence whose bases have nothing to do with the alleles that the file has there."""
        self._known_ancestral += num_bases
        self._third_base += third
        if self._fasta is None or self._known_ancestral < _ENOUGH_KNOWN:
            return
        share = self._third_base / self._known_ancestral
        if share > _MAX_THIRD_BASE:
            raise DataError(
                f"{self._fasta.path}: at {share:.0%} of {self._known_ancestral:,} sites up to contig {contig} the "
                "ancestral base is neither REF nor ALT; is the ancestral FASTA of another build?"
            )


def _optional(reader: Callable[[Path], T], path: Path | None) -> T | None:
    return None if path is None else reader(Path(path))


def open_source(
    vcf: PathInputs,
    populations: Path,
    outgroup: list[str],
    target: list[str],
    *,
    ancestral: str,
    include_bed: Path | None = None,
    region: str | None = None,
) -> VcfSource:
    """Open VCF, BCF or VCF Zarr files and check all of them that can be checked without reading their records.

    Parameters
    ----------
    vcf : path, or sequence of path
        Plain, gzip or bgzip; an index beside it (``.tbi`` or ``.csi``) is used. Or VCF Zarr, a folder or a zip file.
        Several have the records of different contigs, and the individuals of both roles, in any order.
    populations : Path
        Table of samples and their populations, see `populations.read_populations`.
    outgroup, target : list of str
        Populations.
    ancestral : str
        ``info-aa``, ``fasta=FILE`` or ``outgroup-major``.
    include_bed : Path, optional
        Callable regions; without it everything counts as callable. Long stretches without any record never do.
    region : str, optional
        ``CHR`` or ``CHR:START-END``, 1-based and inclusive.

    Raises
    ------
    ConfigError
        An `ancestral` or `region` that can't be understood.
    DataError
        A file that is missing, damaged or does not fit the others.
    """
    kind, fasta = parse_ancestral(ancestral)
    check_not_exchanged(vcf, Path(populations))
    files = open_files(vcf)
    for file in files.files:
        if kind == INFO_AA and not file.declares_aa:
            raise DataError(
                f"{file.path}: the header declares no INFO/AA; use --ancestral fasta=FILE or outgroup-major"
            )
    table = read_populations(Path(populations))
    roles = select_samples(Path(populations), table, files.all_samples, outgroup, target)
    files.require_samples(roles.names)
    return VcfSource(
        files,
        roles,
        ancestral=kind,
        fasta=_optional(AncestralFasta, fasta),
        intervals=_optional(read_bed, include_bed),
        region=region,
    )
