"""Findings: what speaks against believing an answer, or is worth knowing beside it.

Every stage that notices something makes `Finding` values; one place, the verb or `Model.apply`, puts them in order and
shows them. A script can tell one kind from another by its code, whatever the words say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs, the heaviest first."""

    WITHHELD = "withheld"
    """An answer is withheld because of it."""
    WARNING = "warning"
    """An answer is given, and may be wrong."""
    REMARK = "remark"
    """Worth knowing; nothing to mend."""


class Code(StrEnum):
    """Kinds of findings. Codes are stable: scripts may rely on them."""

    # What is asked of the model, heaviest first.
    NO_SCENARIO_FITS = "no-scenario-fits"
    """The data lie farther from every scenario than nearly all simulated genomes."""
    SEGMENTS_UNLIKE = "segments-unlike"
    """The statistics lie farther from the simulated regions of the segment network than nearly all held-out ones."""
    MUCH_CALLED = "much-called"
    """More of the sequence is called than of any genome that training held out."""
    TOO_LITTLE_SEQUENCE = "too-little-sequence"
    """Fewer regions, or less callable sequence, than the networks for whole genomes were trained on."""
    PARAMETERS_WITHHELD = "parameters-withheld"
    """The parameter posterior is not given: the data lie outside the range of its training."""
    VERDICT_AGAINST_SEGMENTS = "verdict-against-segments"
    """The decision and the called segments contradict each other."""
    POSTERIOR_NO_BETTER_THAN_PRIOR = "posterior-no-better-than-prior"
    """Of held-out genomes the parameter posterior tells less than the prior does."""
    POSTERIOR_AT_EDGE = "posterior-at-edge"
    """The posterior of a parameter is squeezed against an edge of its prior."""
    STATISTICS_UNLIKE = "statistics-unlike"
    """Many statistics lie outside the simulated genomes of every scenario."""
    HALVES_DISAGREE = "halves-disagree"
    """Odd and even regions give a ghost very different probabilities."""
    ENSEMBLE_DISAGREES = "ensemble-disagrees"
    """The networks of the ensemble give a ghost very different probabilities."""
    FEW_SAMPLES = "few-samples"
    """Fewer individuals than in training."""
    MANY_SAMPLES = "many-samples"
    """More individuals than in training, and no way to divide them."""
    OUTGROUP_RELATIVES = "outgroup-relatives"
    """Populations related to the outgroup carry what is called."""
    CALLABLE_SHARE = "callable-share"
    """More, or less, of the sequence is masked than in training."""
    SHORT_STRETCHES = "short-stretches"
    """Regions are put together from stretches shorter than those of training."""
    MANY_REGIONS = "many-regions"
    """More sequence than in training: the answer is less sure than it could be."""
    POPULATIONS_UNKNOWN = "populations-unknown"
    """Too little sequence to tell how diverse outgroup and target are and how far apart."""
    NOVELTY_UNKNOWN = "novelty-unknown"
    """Whether the data are like those of training was not checked, for want of genomes there or sequence here."""
    NO_THRESHOLD = "no-threshold"
    """No threshold of the model keeps the false-discovery rate that was asked for."""
    CONTIG_WITHOUT_SITES = "contig-without-sites"
    """A contig has no usable site and is not called."""
    BLANK_BINS = "blank-bins"
    """Bins with few usable sites, or runs of bins without any, which are not called."""
    UNDERFIT = "underfit"
    """The validation loss of a training still fell at its end."""
    OVERFIT = "overfit"
    """The validation loss of a training lies far above its training loss."""
    CALIBRATION_AT_BOUND = "calibration-at-bound"
    """The temperature that calibrates a network reached the end of its range."""
    REGION_LENGTH = "region-length"
    """Simulated regions are longer than every stretch of the mask."""

    SHORT_SIMULATIONS = "short-simulations"
    """Simulated genomes have less sequence than the data they are compared with: a disagreement is harder to see."""

    # What the data files are like.
    ROLES_SWAPPED = "roles-swapped"
    """Outgroup and target may have been exchanged."""
    SAMPLE_OUTLIER = "sample-outlier"
    """A sample is unlike the others of its population."""
    HETEROZYGOSITY = "heterozygosity"
    """Samples have far fewer or more heterozygotes than the others: inbred, haploid, contaminated."""
    PHASE_SETS = "phase-sets"
    """Phase holds within sets only, not along the chromosome."""
    UNPHASED = "unphased"
    """Heterozygotes without phase."""
    GENOTYPES_MISSING = "genotypes-missing"
    """Many genotypes are missing."""
    RECORDS_DROPPED = "records-dropped"
    """Records that were left out, by class."""
    SEQUENCE_WITHOUT_RECORDS = "sequence-without-records"
    """Long stretches without any record are taken as not callable."""
    RECORDS_END_EARLY = "records-end-early"
    """The records of a contig end long before it does, as in a file that was cut short."""
    SAMPLES_ABSENT = "samples-absent"
    """Samples of the populations table are not in the VCF."""
    GENETIC_MAP = "genetic-map"
    """A genetic map has impossible rates, or does not fit the VCF."""
    CALLABLE_REGIONS = "callable-regions"
    """The callable regions count in another way than BED, or say nothing of a contig."""
    INTERVALS_CLIPPED = "intervals-clipped"
    """A mask or a map reaches beyond the end of a contig and was clipped."""
    ANCESTRAL_ALLELES = "ancestral-alleles"
    """Ancestral states are unknown at many sites, or look wrong."""
    REFERENCE_BUILD = "reference-build"
    """Contigs without lengths, so that the reference build can't be told."""
    INDEX = "index"
    """The index of the VCF is older than the file, though it fits."""
    DATA = "data"
    """Anything else that the files show."""


@dataclass(frozen=True)
class Finding:
    """One fact, told once.

    Attributes
    ----------
    code : Code
        Its kind.
    severity : Severity
    text : str
        One sentence or two for a person: the fact first, then what to do.

    Examples
    --------
    >>> Finding(Code.FEW_SAMPLES, Severity.WARNING, "3 outgroup diploids, 10 to 200 in training")
    Finding(code='few-samples', severity='warning', text='3 outgroup diploids, 10 to 200 in training')
    """

    code: Code
    severity: Severity
    text: str

    def __repr__(self) -> str:
        return f"Finding(code='{self.code}', severity='{self.severity}', text={self.text!r})"

    def __str__(self) -> str:
        return f"{self.severity}: {self.text}"

    def to_json(self) -> dict[str, str]:
        """The finding as a JSON object."""
        return {"code": str(self.code), "severity": str(self.severity), "text": self.text}


def withheld_severity(is_forced: bool) -> Severity:
    """Severity of what withholds an answer: one that is forced is given, and may be wrong."""
    return Severity.WARNING if is_forced else Severity.WITHHELD


def withheld_text(what: str, is_forced: bool) -> str:
    """What becomes of an answer that is withheld, as part of a sentence.

    Parameters
    ----------
    what : str
        The answer, in the plural.
    is_forced : bool
        Whether it is given all the same.
    """
    return f"{what} are given because they are forced" if is_forced else f"{what} are not given without --force"


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once, the heaviest first: by severity, then in the order of `Code`.

    Examples
    --------
    >>> few = Finding(Code.FEW_SAMPLES, Severity.WARNING, "3 outgroup diploids, 10 to 200 in training")
    >>> little = Finding(Code.TOO_LITTLE_SEQUENCE, Severity.WITHHELD, "too little sequence")
    >>> [str(one) for one in in_order([few, little, few])]
    ['withheld: too little sequence', 'warning: 3 outgroup diploids, 10 to 200 in training']
    """
    severities, codes = list(Severity), list(Code)
    return sorted(dict.fromkeys(findings), key=lambda one: (severities.index(one.severity), codes.index(one.code)))
