"""The data that a model is asked about: phased genomes of an outgroup and a target in a VCF or several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP_MAJOR
from introghost.variants.files import PathInput, PathInputs, by_role
from introghost.variants.source import VcfSource, open_source


@dataclass(frozen=True, repr=False)
class VcfData:
    """VCF files that were opened and checked, and what it was opened with; made by `open_vcf`.

    Attributes
    ----------
    source : VcfSource
        Reads the haplotypes.
    files : mapping of str to Path
        The input files by role, for provenance; several VCF files are ``vcf 0``, ``vcf 1``, ….
    outgroup, target : tuple of str
        Populations.
    ancestral : str
        Where ancestral alleles come from: ``info-aa``, ``fasta`` or ``outgroup-major``.
    region : str or None
    """

    source: VcfSource
    files: Mapping[str, Path]
    outgroup: tuple[str, ...]
    target: tuple[str, ...]
    ancestral: str
    region: str | None

    def __repr__(self) -> str:
        outgroup, target = self.source.num_diploids()
        return f"<VcfData {', '.join(self.source.files.names)}: {outgroup} outgroup and {target} target individuals>"

    @property
    def ancestral_status(self) -> str:
        """`haplotypes.OUTGROUP_MAJOR` or `haplotypes.KNOWN_ANCESTRAL`."""
        return OUTGROUP_MAJOR if self.ancestral == OUTGROUP_MAJOR else KNOWN_ANCESTRAL


def open_vcf(
    vcf: PathInputs,
    *,
    populations: PathInput,
    outgroup: Sequence[str] | str,
    target: Sequence[str] | str,
    mask: PathInput | None = None,
    region: str | None = None,
    ancestral: str = "outgroup-major",
) -> VcfData:
    """Open VCF, BCF or VCF Zarr files and check all of them that can be checked without reading their records.

    Parameters
    ----------
    vcf : path, or sequence of path
        Phased and diploid; plain, gzip or bgzip, an index beside it is used. Or VCF Zarr, a folder or a zip file.
        Several files, of any of these formats, have the records of different contigs; the individuals of the outgroup
        and the target must be in each, in any order. Contigs follow each other in the order of the files.
    populations : path
        Table with the columns sample and population.
    outgroup, target : sequence of str, or str
        Populations assumed free of ghost ancestry, and those that are tested for it.
    mask : path, optional
        BED of the intervals in which sites could have been seen. Without it everything counts as callable but long
        stretches without any record.
    region : str, optional
        ``CHR`` or ``CHR:START-END``, 1-based and inclusive; by default everything.
    ancestral : str
        ``outgroup-major``, ``info-aa`` or ``fasta=FILE``: as the model was trained.

    Returns
    -------
    VcfData

    Raises
    ------
    ConfigError
        A region or `ancestral` that can't be understood.
    DataError
        A file that is missing, damaged or does not fit the others: individuals that one lacks, a contig with records in
        two, contigs of two builds of the reference.

    Examples
    --------
    >>> import introghost as ig
    >>> data = ig.open_vcf("demo.vcf.gz", populations="demo.tsv", outgroup=["Outgroup"], target=["Target"])
    >>> data.source.num_diploids()
    (50, 50)
    """
    outgroup, target = (((names,) if isinstance(names, str) else tuple(names)) for names in (outgroup, target))
    kind, _, fasta = ancestral.partition("=")
    files = {**by_role(vcf), "populations": Path(populations)}
    if mask is not None:
        files["include_bed"] = Path(mask)
    if fasta:
        files["ancestral"] = Path(fasta)
    source = open_source(
        vcf,
        files["populations"],
        list(outgroup),
        list(target),
        ancestral=ancestral,
        include_bed=files.get("include_bed"),
        region=region,
    )
    return VcfData(source, files, outgroup, target, kind, region)
