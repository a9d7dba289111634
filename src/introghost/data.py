"""The data that a model is asked about: phased genomes of an outgroup and a target in a VCF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP_MAJOR
from introghost.variants.source import VcfSource, open_source

PathInput = str | PathLike[str]


@dataclass(frozen=True, repr=False)
class VcfData:
    """A VCF that was opened and checked, and what it was opened with; made by `open_vcf`.

    Attributes
    ----------
    source : VcfSource
        Reads the haplotypes.
    files : mapping of str to Path
        The input files by role, for provenance.
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
        return f"<VcfData {self.files['vcf'].name}: {outgroup} outgroup and {target} target individuals>"

    @property
    def ancestral_status(self) -> str:
        """`haplotypes.OUTGROUP_MAJOR` or `haplotypes.KNOWN_ANCESTRAL`."""
        return OUTGROUP_MAJOR if self.ancestral == OUTGROUP_MAJOR else KNOWN_ANCESTRAL


def open_vcf(
    vcf: PathInput,
    *,
    populations: PathInput,
    outgroup: Sequence[str] | str,
    target: Sequence[str] | str,
    mask: PathInput | None = None,
    region: str | None = None,
    ancestral: str = "outgroup-major",
) -> VcfData:
    """Open a VCF, BCF or VCF Zarr store and check all of it that can be checked without reading its records.

    Parameters
    ----------
    vcf : path
        Phased and diploid; plain, gzip or bgzip, an index beside it is used. Or VCF Zarr, a folder or a zip file.
    populations : path
        Table with the columns sample and population.
    outgroup, target : sequence of str, or str
        Populations assumed free of ghost ancestry, and those that are tested for it.
    mask : path, optional
        BED of the intervals in which sites could have been seen. Without it everything counts as callable but long
        stretches without any record.
    region : str, optional
        ``CHR`` or ``CHR:START-END``, 1-based and inclusive; by default all of the file.
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
        A file that is missing, damaged or does not fit the others.

    Examples
    --------
    >>> import introghost as ig
    >>> data = ig.open_vcf("demo.vcf.gz", populations="demo.tsv", outgroup=["Outgroup"], target=["Target"])
    >>> data.source.num_diploids()
    (50, 50)
    """
    outgroup, target = (((names,) if isinstance(names, str) else tuple(names)) for names in (outgroup, target))
    kind, _, fasta = ancestral.partition("=")
    files = {"vcf": Path(vcf), "populations": Path(populations)}
    if mask is not None:
        files["include_bed"] = Path(mask)
    if fasta:
        files["ancestral"] = Path(fasta)
    source = open_source(
        files["vcf"],
        files["populations"],
        list(outgroup),
        list(target),
        ancestral=ancestral,
        include_bed=files.get("include_bed"),
        region=region,
    )
    return VcfData(source, files, outgroup, target, kind, region)
