"""A VCF or BCF as a source of `Haplotypes`: strict about what it accepts, and counting all that it drops."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import cyvcf2
import numpy as np
from numpy.typing import NDArray

from introghost.errors import ConfigError, DataError
from introghost.haplotypes import KNOWN_ANCESTRAL, MISSING, TARGET, GeneticMap, Haplotypes
from introghost.variants.annotation import AncestralFasta, on_contig, other_prefix, read_bed, read_genetic_map
from introghost.variants.header import contig_lengths, ends_by_index, is_indexed, read_header, undeclared_contigs
from introghost.variants.htslib import Messages, errors_raised
from introghost.variants.samples import SampleRoles, listed, read_populations, select_samples

INFO_AA, FASTA, OUTGROUP_MAJOR = "info-aa", "fasta", "outgroup-major"
_BASES = frozenset("ACGT")
_BASE_CODES = np.frombuffer(b"ACGT", dtype="S1")
_PADDING = -2  # htslib's mark for a haplotype that a sample does not have
_BLOCK = 1024
_GRID_BP = 10_000

T = TypeVar("T")
Interval = tuple[str, int, int]


@dataclass
class _Sites:
    """Biallelic SNVs of one contig, polymorphic in the selected samples; 0 is REF and 1 is ALT."""

    positions_bp: NDArray[np.int64]
    genotypes: NDArray[np.int8]
    ref: NDArray[np.bytes_]
    alt: NDArray[np.bytes_]
    ancestral: NDArray[np.bytes_]

    def select(self, keep: Any) -> "_Sites":
        return _Sites(*(values[keep] for values in vars(self).values()))


@dataclass
class _Growing:
    """Sites of one contig while they are read: genotypes wait as htslib's codes until a block is full."""

    buffer: NDArray[np.int16]
    filled: int = 0
    positions_bp: list[int] = field(default_factory=list)
    ref: list[str] = field(default_factory=list)
    alt: list[str] = field(default_factory=list)
    ancestral: list[str] = field(default_factory=list)
    blocks: list[NDArray[np.int8]] = field(default_factory=list)
    polymorphic: list[NDArray[np.bool_]] = field(default_factory=list)


def parse_region(region: str) -> tuple[str, int, int | None]:
    """Contig, 0-based start and end of ``CHR``, or ``CHR:START-END`` (1-based, inclusive; commas allowed).

    Raises
    ------
    ConfigError
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


class VcfSource:
    """Phased haplotypes of an outgroup and a target out of a VCF or BCF; made by `open_source`.

    Kept are biallelic SNVs that are polymorphic in the selected samples, whatever their FILTER. Everything else is
    dropped and counted in `counts`. Genotypes may be missing (whole or one allele); unphased heterozygotes and
    haploid genotypes are refused. With an index only the stretch asked for is read; without one the file is read
    once and the selected samples' sites stay in memory (one byte per genotype).

    Attributes
    ----------
    path : Path
    roles : SampleRoles
    counts : Counter of str to int
        Records read so far and how many of them were kept or dropped, by class. Reading a stretch twice counts twice.
    """

    def __init__(
        self,
        path: Path,
        roles: SampleRoles,
        *,
        contig_lengths: dict[str, int],
        undeclared_contigs: list[str],
        ancestral: str,
        fasta: AncestralFasta | None,
        intervals: dict[str, NDArray[np.int64]] | None,
        genetic_maps: dict[str, GeneticMap] | None,
        region: str | None,
        allow_unphased: bool,
    ) -> None:
        self.path = path
        self.roles = roles
        self.counts: Counter[str] = Counter()
        self._ancestral = ancestral
        self._fasta = fasta
        self._intervals = intervals
        self._genetic_maps = genetic_maps
        self._allow_unphased = allow_unphased
        self._indexed = is_indexed(path)
        self._cache: dict[str, _Sites] | None = None
        self._contigs: list[Interval] | None = None
        self._lengths = contig_lengths
        self._undeclared = undeclared_contigs
        self._region: Interval | None = None
        if region:
            self._region = self._resolve(region)

    def contigs(self) -> list[Interval]:
        """Stretches that the file covers: name, start and end in bp, 0-based and half-open.

        With a region, that interval alone. Otherwise one for each contig with records: from the first to the last,
        rounded to 10 kb within the length that the header gives; or, if it gives none, from the first site to the last.

        Raises
        ------
        DataError
            No records, or the file is damaged.
        """
        if self._contigs is None:
            if self._region is not None:
                self._contigs = [self._region]
            else:
                self._contigs = [self._extent(name, *ends) for name, ends in self._ends().items()]
            if not self._contigs:
                raise DataError(f"{self.path}: the VCF has no usable records")
            self._check_annotations([name for name, _, _ in self._contigs])
        return self._contigs

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
            wanted but unknown, or that lie outside the callable regions, are dropped and counted.

        Raises
        ------
        DataError
            Any flaw of the file; the message says where it is and what to do.
        """
        self._check_contig(contig)
        sites = self._sites(contig, start, end)
        if self._ancestral != OUTGROUP_MAJOR:
            sites = self._polarise(contig, sites)
        haplotypes = self._haplotypes(contig, start, end, sites)
        if self._intervals is not None:
            none_callable = np.empty((0, 2), dtype=np.int64)
            callable_bp = on_contig(self._intervals, contig)
            haplotypes = haplotypes.mask(none_callable if callable_bp is None else callable_bp)
            self.counts["dropped: outside callable regions"] += len(sites.positions_bp) - len(haplotypes.positions_bp)
        self.counts["kept"] += len(haplotypes.positions_bp)
        return haplotypes.polarise_by_outgroup() if self._ancestral == OUTGROUP_MAJOR else haplotypes

    def _haplotypes(self, contig: str, start: int, end: int, sites: _Sites) -> Haplotypes:
        return Haplotypes(
            contig=contig,
            interval_bp=(start, end),
            positions_bp=sites.positions_bp,
            genotypes=sites.genotypes,
            sample_names=tuple(name for name in self.roles.names for _ in range(2)),
            haplotype_indices=np.tile(np.array([0, 1], dtype=np.int8), len(self.roles.names)),
            roles=np.repeat(self.roles.roles, 2),
            callable_bp=np.array([[start, end]], dtype=np.int64),
            ancestral_status=KNOWN_ANCESTRAL,
            genetic_map=None if self._genetic_maps is None else on_contig(self._genetic_maps, contig),
        )

    def num_diploids(self) -> tuple[int, int]:
        """Diploids of the outgroup and of the target."""
        target = int((self.roles.roles == TARGET).sum())
        return len(self.roles.roles) - target, target

    # where the records are

    def _open(self) -> Any:
        vcf = cyvcf2.VCF(str(self.path), samples=list(self.roles.names))
        for name in self._undeclared:  # cyvcf2 is not safe with a damaged record of a contig that it has yet to meet
            vcf.add_to_header(f"##contig=<ID={name}>")
        return vcf

    def _resolve(self, region: str) -> Interval:
        contig, start, end = parse_region(region)
        self._check_contig(contig)
        if end is None:
            if contig not in self._ends():
                raise DataError(f"{self.path}: contig {contig!r} has no records")
            first, last = self._ends()[contig]
            return self._extent(contig, first, last)
        length = self._lengths.get(contig)
        if length is not None and start >= length:
            raise DataError(f"{self.path}: region {region} starts beyond the end of the contig ({length:,} bp)")
        return contig, start, end if length is None else min(end, length)

    def _check_contig(self, contig: str) -> None:
        if contig in self._lengths or contig in self._ends():
            return
        known = {**self._lengths, **self._ends()}
        other = other_prefix(contig)
        hint = f"did you mean {other}?" if other in known else f"it has {listed(list(known))}"
        raise DataError(f"{self.path}: no contig {contig!r} in the VCF; {hint}")

    def _check_annotations(self, contigs: Sequence[str]) -> None:
        tables: tuple[tuple[str, Mapping[str, object] | None], ...] = (
            ("callable regions", self._intervals),
            ("genetic map", self._genetic_maps),
        )
        for what, table in tables:
            if table is None:
                continue
            if all(on_contig(table, contig) is None for contig in contigs):
                raise DataError(
                    f"the {what} have no contig of the VCF: they name {listed(sorted(table))}, it has {listed(contigs)}"
                )
            respelt = sum(contig not in table and other_prefix(contig) in table for contig in contigs)
            if respelt:
                self.counts[f"contigs matched to the {what} without regard to 'chr'"] = respelt

    def _extent(self, contig: str, first: int, end: int) -> Interval:
        length = self._lengths.get(contig)
        if length is None:
            return contig, first, end
        return contig, first // _GRID_BP * _GRID_BP, min(-(-end // _GRID_BP) * _GRID_BP, length)

    def _ends(self) -> dict[str, tuple[int, int]]:
        """First record's position and last record's position + 1 of each contig with records."""
        if not self._indexed:
            return {
                contig: (int(sites.positions_bp[0]), int(sites.positions_bp[-1]) + 1)
                for contig, sites in self._cached().items()
                if len(sites.positions_bp)
            }
        with errors_raised(self.path):
            vcf = cyvcf2.VCF(str(self.path), samples=[])
            names = dict.fromkeys([*self._lengths, *vcf.seqnames])
            found = {name: ends_by_index(vcf, name, self._lengths.get(name)) for name in names}
        return {name: ends for name, ends in found.items() if ends is not None}

    # reading records

    def _sites(self, contig: str, start: int, end: int) -> _Sites:
        if not self._indexed:
            sites = self._cached().get(contig, self._empty())
        else:
            with errors_raised(self.path) as messages:
                records = _sound(self._open()(f"{contig}:{start + 1}-{end}"), messages)
                sites = self._collect(records, (contig, start, end)).get(contig, self._empty())
        first, last = np.searchsorted(sites.positions_bp, [start, end])
        return sites.select(slice(int(first), int(last)))

    def _empty(self) -> _Sites:
        bases = np.empty(0, dtype="S1")
        genotypes = np.empty((0, 2 * len(self.roles.names)), dtype=np.int8)
        return _Sites(np.empty(0, dtype=np.int64), genotypes, bases, bases, bases)

    def _cached(self) -> dict[str, _Sites]:
        if self._cache is None:
            with errors_raised(self.path) as messages:
                self._cache = self._collect(_sound(self._open(), messages), self._region)
        return self._cache

    def _collect(self, records: Iterable[Any], interval: Interval | None) -> dict[str, _Sites]:
        growing: dict[str, _Growing] = {}
        for contig, record in self._in_order(records, interval):
            self.counts["records"] += 1
            alt = record.ALT
            dropped = _dropped_class(record, alt)
            if dropped is not None:
                self.counts[f"dropped: {dropped}"] += 1
                growing.setdefault(contig, self._new())
                continue
            sites = growing.setdefault(contig, self._new())
            sites.positions_bp.append(record.start)
            sites.ref.append(record.REF)
            sites.alt.append(alt[0])
            sites.ancestral.append(_ancestral_base(record.INFO.get("AA")) if self._ancestral == INFO_AA else "N")
            sites.buffer[sites.filled] = self._codes(contig, record)
            sites.filled += 1
            if sites.filled == _BLOCK:
                self._decode(contig, sites)
        return {contig: self._finish(contig, sites) for contig, sites in growing.items()}

    def _new(self) -> _Growing:
        return _Growing(np.empty((_BLOCK, len(self.roles.names), 3), dtype=np.int16))

    def _in_order(self, records: Iterable[Any], interval: Interval | None) -> Iterator[tuple[str, Any]]:
        """Records inside `interval`, or all of them; refused if not sorted or if a contig comes back."""
        contig, previous, done = "", -1, set[str]()
        for record in records:
            position = record.start
            name = record.CHROM
            if contig != name:
                done.add(contig)
                contig, previous = name, -1
                if contig in done:
                    raise DataError(
                        f"{self.path}: contig {contig} comes back at {position + 1:,}; sort with `bcftools sort`"
                    )
            if position < previous:
                raise DataError(
                    f"{self.path}: not sorted: {contig}:{position + 1:,} comes after {contig}:{previous + 1:,}; "
                    "sort with `bcftools sort`"
                )
            previous = position
            length = self._lengths.get(contig)
            if length is not None and position >= length:
                raise DataError(
                    f"{self.path}: {contig}:{position + 1:,} lies outside the contig; is the header's length right?"
                )
            if interval is None or (contig == interval[0] and interval[1] <= position < interval[2]):
                yield contig, record

    def _codes(self, contig: str, record: Any) -> NDArray[np.int16]:
        """Allele, allele and phase of each selected sample, shape (num_samples, 3)."""
        where = f"{self.path}: {contig}:{record.POS:,}"
        if "GT" not in record.FORMAT:
            raise DataError(f"{where}: no genotypes (GT) in this record; introghost needs phased genotypes")
        codes: NDArray[np.int16] = record.genotype.array()
        if codes.shape[1] == 2:
            codes = np.insert(codes, 1, np.where(codes[:, 0] < 0, MISSING, _PADDING), axis=1)
        if codes.shape[1] != 3:
            raise DataError(f"{where}: {codes.shape[1] - 1} alleles in a genotype; only diploid samples are supported")
        return codes

    def _decode(self, contig: str, sites: _Growing) -> None:
        """Turn the waiting codes into genotypes, after checking ploidy, allele numbers and phase."""
        codes = sites.buffer[: sites.filled]
        positions = sites.positions_bp[len(sites.positions_bp) - sites.filled :]
        first, second, phased = codes[:, :, 0], codes[:, :, 1], codes[:, :, 2]
        self._refuse(
            (second == _PADDING) & (first >= 0), contig, positions,
            "a haploid genotype", "leave out chromosomes X, Y and MT, or make genotypes diploid",
        )  # fmt: skip
        self._refuse((first > 1) | (second > 1), contig, positions, "an allele number beyond ALT", "mend the record")
        heterozygous = (first >= 0) & (second >= 0) & (first != second)
        unphased = heterozygous & (phased == 0)
        if not self._allow_unphased:
            self._refuse(unphased, contig, positions, "an unphased heterozygote", "phase the VCF")
        self.counts["genotypes"] += first.size
        self.counts["genotypes: heterozygous"] += int(heterozygous.sum())
        self.counts["genotypes: heterozygous, unphased"] += int(unphased.sum())
        self.counts["genotypes: missing"] += int(((first < 0) | (second < 0)).sum())
        genotypes = np.maximum(codes[:, :, :2], MISSING).astype(np.int8).reshape(len(codes), 2 * len(self.roles.names))
        polymorphic = (genotypes == 0).any(axis=1) & (genotypes == 1).any(axis=1)
        sites.polymorphic.append(polymorphic)
        sites.blocks.append(genotypes[polymorphic])
        sites.filled = 0

    def _refuse(self, wrong: NDArray[np.bool_], contig: str, positions: list[int], what: str, remedy: str) -> None:
        if wrong.any():
            site, sample = (int(i) for i in np.argwhere(wrong)[0])
            raise DataError(
                f"{self.path}: {contig}:{positions[site] + 1:,}: sample {self.roles.names[sample]} has {what}; {remedy}"
            )

    def _finish(self, contig: str, sites: _Growing) -> _Sites:
        """Sites as arrays, without those that share a position or do not vary."""
        self._decode(contig, sites)
        positions = np.array(sites.positions_bp, dtype=np.int64)
        polymorphic = np.concatenate(sites.polymorphic)
        _, index, occurrences = np.unique(positions, return_inverse=True, return_counts=True)
        single = occurrences[index] == 1
        self.counts["dropped: duplicate position"] += int((~single).sum())
        self.counts["dropped: monomorphic in the selected samples"] += int((single & ~polymorphic).sum())
        keep = single & polymorphic
        ref, alt, ancestral = (_upper(bases)[keep] for bases in (sites.ref, sites.alt, sites.ancestral))
        return _Sites(positions[keep], np.concatenate(sites.blocks)[single[polymorphic]], ref, alt, ancestral)

    def _polarise(self, contig: str, sites: _Sites) -> _Sites:
        """Recode so that 0 is the ancestral allele; sites where it is unknown or a third base are dropped."""
        ancestral = sites.ancestral if self._fasta is None else self._fasta.alleles(contig, sites.positions_bp)
        is_ref, is_alt = ancestral == sites.ref, ancestral == sites.alt
        known = np.isin(ancestral, _BASE_CODES)
        self.counts["dropped: ancestral allele unknown"] += int((~known).sum())
        self.counts["dropped: ancestral allele neither REF nor ALT"] += int((known & ~is_ref & ~is_alt).sum())
        usable = is_ref | is_alt
        sites, flip = sites.select(usable), is_alt[usable]
        flipped = sites.genotypes[flip]
        sites.genotypes[flip] = np.where(flipped == MISSING, MISSING, 1 - flipped)
        return sites


def _sound(records: Iterable[Any], messages: Messages) -> Iterator[Any]:
    """The records, each looked at only after htslib has read it without an error."""
    for record in records:
        messages.check()
        yield record


def _dropped_class(record: Any, alt: Sequence[str]) -> str | None:
    """Why a record is not a biallelic SNV, or None if it is one."""
    if record.start < 0:
        return "telomere"
    if not alt:
        return "no ALT"
    if len(alt) > 1:
        return "multiallelic"
    allele = alt[0]
    if allele[0] in "<*" or "[" in allele or "]" in allele:
        return "symbolic"
    ref = record.REF
    if len(ref) != 1 or len(allele) != 1:
        return "indel"
    if ref.upper() not in _BASES or allele.upper() not in _BASES:
        return "not A, C, G or T"
    return None


def _upper(bases: list[str]) -> NDArray[np.bytes_]:
    return np.array([base.upper() for base in bases], dtype="S1")


def _ancestral_base(value: Any) -> str:
    """Base of an INFO/AA value such as ``g``, ``G|||`` or ``.``; ``N`` if it is not a single base."""
    allele = str(value or "").split("|", 1)[0]
    return allele if len(allele) == 1 else "N"


def _optional(reader: Callable[[Path], T], path: Path | None) -> T | None:
    return None if path is None else reader(Path(path))


def open_source(
    vcf: Path,
    populations: Path,
    outgroup: list[str],
    target: list[str],
    *,
    ancestral: str,
    include_bed: Path | None = None,
    genetic_map: Path | None = None,
    region: str | None = None,
    allow_unphased: bool = False,
) -> VcfSource:
    """Open a VCF or BCF and check everything about it that can be checked without reading its records.

    Parameters
    ----------
    vcf : Path
        Plain, gzip or bgzip; an index beside it (``.tbi`` or ``.csi``) is used.
    populations : Path
        Table of samples and their populations, see `samples.read_populations`.
    outgroup, target : list of str
        Populations.
    ancestral : str
        ``info-aa``, ``fasta=FILE`` or ``outgroup-major``.
    include_bed : Path, optional
        Callable regions; without it everything counts as callable.
    genetic_map : Path, optional
    region : str, optional
        ``CHR`` or ``CHR:START-END``, 1-based and inclusive.
    allow_unphased : bool
        Take unphased heterozygotes in the order in which the file writes them.

    Raises
    ------
    ConfigError
        An `ancestral` or `region` that can't be understood.
    DataError
        A file that is missing, damaged or does not fit the others.
    """
    vcf = Path(vcf)
    kind, _, fasta = ancestral.partition("=")
    if kind not in (INFO_AA, FASTA, OUTGROUP_MAJOR) or (kind == FASTA) != bool(fasta):
        raise ConfigError(f"ancestral {ancestral!r}: expected info-aa, fasta=FILE or outgroup-major")
    samples, header = read_header(vcf)
    if kind == INFO_AA and "##INFO=<ID=AA," not in header:
        raise DataError(f"{vcf}: the header declares no INFO/AA; use --ancestral fasta=FILE or outgroup-major")
    return VcfSource(
        vcf,
        select_samples(Path(populations), read_populations(Path(populations)), samples, outgroup, target),
        contig_lengths=contig_lengths(header),
        undeclared_contigs=undeclared_contigs(vcf, header),
        ancestral=kind,
        fasta=AncestralFasta(Path(fasta)) if fasta else None,
        intervals=_optional(read_bed, include_bed),
        genetic_maps=_optional(read_genetic_map, genetic_map),
        region=region,
        allow_unphased=allow_unphased,
    )


def open_all_samples(vcf: Path, *, region: str | None = None, allow_unphased: bool = False) -> VcfSource:
    """Open a VCF or BCF with all its samples in one target population, ``all``; for checking a file by itself.

    Parameters and errors are those of `open_source`.
    """
    vcf = Path(vcf)
    samples, header = read_header(vcf)
    return VcfSource(
        vcf,
        SampleRoles(tuple(samples), ("all",) * len(samples), np.full(len(samples), TARGET, dtype=np.int8)),
        contig_lengths=contig_lengths(header),
        undeclared_contigs=undeclared_contigs(vcf, header),
        ancestral=OUTGROUP_MAJOR,
        fasta=None,
        intervals=None,
        genetic_maps=None,
        region=region,
        allow_unphased=allow_unphased,
    )
