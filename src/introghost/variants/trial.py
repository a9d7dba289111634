"""A reading of VCF files as an analysis would read them, up to what it refuses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from introghost.errors import DataError
from introghost.findings import Finding
from introghost.haplotypes import GeneticMap, Haplotypes
from introghost.variants.counts import ReadCounts
from introghost.variants.files import PathInputs
from introghost.variants.fit import check_genetic_maps
from introghost.variants.sites import Interval
from introghost.variants.source import OUTGROUP_MAJOR, VcfSource, open_source
from introghost.variants.tally import Tally

# For what the sequence of contigs is too little, in words, empty if it is enough; the contigs have no haplotype.
Shortage = Callable[[Sequence[Haplotypes]], str]


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
    bin_bp: int = field(kw_only=True)

    @property
    def has_roles(self) -> bool:
        """Whether any population has a role."""
        return bool(self.outgroup or self.target)


@dataclass
class Reading:
    """What the reader of an analysis made of the files.

    Attributes
    ----------
    sites : dict of str to Haplotypes
        Sites that were kept, and callable sequence, by contig; of no haplotype.
    counts : ReadCounts
    findings : list of Finding
    refusal : DataError or None
        Why it refused.
    shortage : str
        For what the sequence is too little, in words; empty if it is enough, or nobody asks.
    is_complete : bool
        Whether it read all; of roles there are none, or they are refused, otherwise.
    """

    sites: dict[str, Haplotypes] = field(default_factory=dict)
    counts: ReadCounts = field(default_factory=ReadCounts)
    findings: list[Finding] = field(default_factory=list)
    refusal: DataError | None = None
    shortage: str = ""
    is_complete: bool = False


def read(
    request: Request,
    counted: Tally,
    genetic_maps: dict[str, GeneticMap] | None,
    shortage: Shortage | None = None,
) -> Reading:
    """Read the files as an analysis would, up to the first thing that it refuses.

    Parameters
    ----------
    request : Request
        With roles.
    counted : Tally
        What all samples show.
    genetic_maps : dict of str to GeneticMap, or None
    shortage : Shortage, optional
    """
    reading = Reading()
    try:
        if genetic_maps is not None and counted.contigs:
            reading.findings += check_genetic_maps(counted.extents(), counted.lengths, genetic_maps)
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
        for interval in source.contigs():
            reading.sites[interval[0]] = _sites(source, interval)
        source.require_sites()
        if shortage is not None:
            reading.shortage = shortage(list(reading.sites.values()))
        reading.findings = [*reading.findings, *source.findings()]
        reading.is_complete = True
    except DataError as error:
        reading.refusal = error
    return reading


def _sites(source: VcfSource, interval: Interval) -> Haplotypes:
    """Kept sites and callable sequence of a contig, without haplotypes, which would fill the memory."""
    contig, start_bp, end_bp = interval
    parts = [(tile.positions_bp, tile.callable_bp) for tile in source.tiles(interval)]
    positions_bp, callable_bp = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Haplotypes(
        contig=contig,
        interval_bp=(start_bp, end_bp),
        positions_bp=positions_bp,
        genotypes=np.empty((len(positions_bp), 0), dtype=np.int8),
        sample_names=(),
        haplotype_indices=np.empty(0, dtype=np.int8),
        roles=np.empty(0, dtype=np.int8),
        callable_bp=callable_bp,
        ancestral_status=OUTGROUP_MAJOR,  # says nothing without genotypes
    )
