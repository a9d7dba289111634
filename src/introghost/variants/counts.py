"""What became of the records of a file: how many were read and kept, and why the others were dropped."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity

_MATTERING_SHARE = 0.05


class DropReason(StrEnum):
    """Why a record is not used. Codes are stable: `provenance.json` has them, and scripts may rely on them."""

    BEFORE_FIRST_BASE = "before-first-base"
    """POS is 0, which VCF keeps for telomeres."""
    NO_ALT = "no-alt"
    """ALT is empty, or nothing but ``<NON_REF>`` or ``<*>``."""
    MULTIALLELIC = "multiallelic"
    """Several alternative alleles."""
    SYMBOLIC = "symbolic"
    """A symbolic, breakend or overlapping-deletion allele that a genotype names, or that stands alone."""
    INDEL = "indel"
    """An allele of several bases."""
    NOT_BASES = "not-bases"
    """An allele that is not written in A, C, G, T, such as 0 and 1, A and B, I and D, or N."""
    DUPLICATE_POSITION = "duplicate-position"
    """Another record has the same position."""
    MONOMORPHIC = "monomorphic"
    """All selected samples have the same allele."""
    OUTGROUP_MISSING = "outgroup-missing"
    """Nobody of the outgroup has a genotype."""
    OUTSIDE_CALLABLE = "outside-callable-regions"
    """The mask leaves it out."""
    ANCESTRAL_UNKNOWN = "ancestral-unknown"
    """No ancestral base is given."""
    ANCESTRAL_THIRD_BASE = "ancestral-third-base"
    """The ancestral base is neither REF nor ALT."""

    @property
    def description(self) -> str:
        """The class of such records, in words that follow their number."""
        return _WORDS[self][0]

    @property
    def remedy(self) -> str:
        """What to do where this took every record."""
        return _WORDS[self][1]


_WORDS = {
    DropReason.BEFORE_FIRST_BASE: ("at position 0", "positions count from 1: write them so"),
    DropReason.NO_ALT: (
        "without an alternative allele (ALT)",
        "nothing varies there: give a VCF with the variants of these samples",
    ),
    DropReason.MULTIALLELIC: (
        "multiallelic",
        "only sites with two alleles are used: take out alleles that nobody carries with `bcftools view -a`",
    ),
    DropReason.SYMBOLIC: (
        "with a symbolic, breakend or overlapping-deletion allele",
        "give a VCF of single-nucleotide variants",
    ),
    DropReason.INDEL: ("indels or several bases at once", "give a VCF of single-nucleotide variants"),
    DropReason.NOT_BASES: (
        "whose alleles are not A, C, G, T",
        "write the bases as REF and ALT (alleles such as 0 and 1 or A and B come from simulations and array data)",
    ),
    DropReason.DUPLICATE_POSITION: (
        "that share their position with another",
        "give each site one record, or take one of two files joined here",
    ),
    DropReason.MONOMORPHIC: (
        "that do not vary in the selected samples",
        "give a VCF in which --outgroup and --target vary, and check that these populations are meant",
    ),
    DropReason.OUTGROUP_MISSING: (
        "at which nobody of the outgroup has a genotype",
        "check that its samples were genotyped there",
    ),
    DropReason.OUTSIDE_CALLABLE: (
        "outside the callable regions",
        "check --include-bed: it names what to keep, in this build",
    ),
    DropReason.ANCESTRAL_UNKNOWN: (
        "whose ancestral allele is unknown",
        "use --ancestral outgroup-major, which needs none",
    ),
    DropReason.ANCESTRAL_THIRD_BASE: (
        "whose ancestral allele is neither REF nor ALT",
        "check that the ancestral alleles are of this build",
    ),
}
# What is lost of these is no single-nucleotide variant of the selected samples in callable sequence.
_NO_LOSS = frozenset(
    {
        DropReason.BEFORE_FIRST_BASE,
        DropReason.NO_ALT,
        DropReason.SYMBOLIC,
        DropReason.INDEL,
        DropReason.MONOMORPHIC,
        DropReason.OUTSIDE_CALLABLE,
    }
)


@dataclass
class GenotypeCounts:
    """Genotypes of the selected samples at biallelic SNVs.

    Attributes
    ----------
    total, heterozygous, missing, half_missing : int
        All; those with two different alleles; those that lack an allele; of these, the ones that lack one of two.
    """

    total: int = 0
    heterozygous: int = 0
    missing: int = 0
    half_missing: int = 0


@dataclass
class ReadCounts:
    """What has been read so far. Reading a stretch twice counts twice.

    Attributes
    ----------
    records : int
        Records of any kind.
    kept : int
        Sites of the haplotypes that were handed out.
    dropped : Counter of DropReason to int
        Records that are not among them, by reason.
    gap_bp : int
        Callable sequence without any record, taken as not callable.
    genotypes : GenotypeCounts
    """

    records: int = 0
    kept: int = 0
    dropped: Counter[DropReason] = field(default_factory=Counter)
    gap_bp: int = 0
    genotypes: GenotypeCounts = field(default_factory=GenotypeCounts)

    def by_frequency(self) -> list[tuple[DropReason, int]]:
        """Reasons for which records were dropped, the most frequent first."""
        return sorted(((reason, n) for reason, n in self.dropped.items() if n), key=lambda pair: (-pair[1], pair[0]))

    def classes(self) -> str:
        """Numbers and classes of the records that were dropped, the most frequent first, in words."""
        return ", ".join(f"{number:,} {reason.description}" for reason, number in self.by_frequency())

    def to_json(self) -> dict[str, int | dict[str, int]]:
        """What provenance keeps: records read, sites kept, records dropped by reason, and sequence without records."""
        return {
            "records": self.records,
            "kept_sites": self.kept,
            "dropped_records": {str(reason): number for reason, number in self.by_frequency()},
            "sequence_without_records_bp": self.gap_bp,
        }

    def finding(self) -> Finding | None:
        """The one finding about records that were dropped; None if none was.

        A warning where 5 % or more of the single-nucleotide variants that vary in the selected samples, and that the
        mask does not leave out, are lost; a remark otherwise.
        """
        if not self.dropped.total():
            return None
        no_loss = sum(self.dropped[reason] for reason in _NO_LOSS)
        lost, variants = self.dropped.total() - no_loss, self.records - no_loss
        severity = Severity.WARNING if lost and lost >= _MATTERING_SHARE * variants else Severity.REMARK
        text = f"{self.dropped.total():,} of {self.records:,} records are not used: {self.classes()}"
        return Finding(Code.RECORDS_DROPPED, severity, text)

    def missing_finding(self) -> Finding | None:
        """That many genotypes of the selected samples are missing; None where few are."""
        share = self.genotypes.missing / max(self.genotypes.total, 1)
        if share < _MATTERING_SHARE:
            return None
        text = f"{share:.0%} of the genotypes are missing; haplotypes are compared over what both have, less surely"
        return Finding(Code.GENOTYPES_MISSING, Severity.WARNING, text)

    def nothing_kept(self, files: str, where: str) -> DataError:
        """The error of files of which no site is kept: the classes that took the records, and what to do.

        Parameters
        ----------
        files : str
            Their paths.
        where : str
            The contigs or the region that was read.
        """
        if not self.records:
            return DataError(f"{files}: no usable site in {where}: it has no record there; check --region")
        remedy = f"; {self.by_frequency()[0][0].remedy}" if self.dropped.total() else ""
        return DataError(f"{files}: no usable site in {where}: of {self.records:,} records, {self.classes()}{remedy}")
