"""Simulated genomes as a VCF, so that simulations can go the way of real data."""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tskit
from numpy.typing import NDArray

from introghost.atomic import atomic_path, write_text
from introghost.errors import ConfigError, DataError
from introghost.simulation.ancestry import read_trees
from introghost.simulation.layout import RegionRecord, SampleLayout
from introghost.variants.htslib import BGZF_END

_BGZF_BLOCK = 65_280
_BGZF_HEADER = bytes.fromhex("1f8b08040000000000ff060042430200")


class _BgzfWriter:
    """Write bytes as BGZF blocks; the same bytes give the same file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._waiting = bytearray()

    def write(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) >= _BGZF_BLOCK:
            self._write_block(bytes(self._waiting[:_BGZF_BLOCK]))
            del self._waiting[:_BGZF_BLOCK]

    def close(self) -> None:
        if self._waiting:
            self._write_block(bytes(self._waiting))
        self._file.write(BGZF_END)

    def _write_block(self, data: bytes) -> None:
        compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
        deflated = compressor.compress(data) + compressor.flush()
        size = len(_BGZF_HEADER) + 2 + len(deflated) + 8
        self._file.write(_BGZF_HEADER + struct.pack("<H", size - 1) + deflated)
        self._file.write(struct.pack("<II", zlib.crc32(data), len(data)))


def write_vcf(trees: Path, vcf: Path, populations: Path) -> None:
    """Write a batch of simulated tree sequences as one phased VCF, and the table of its samples' populations.

    Each tree sequence becomes one contig, named ``1``, ``2``, … in the order of the file. Samples are
    ``outgroup_0``, …, ``target_0``, …; extra panel samples are left out. REF and INFO/AA are the ancestral allele,
    ALT every other allele that a written sample carries; sites where nobody carries one are left out.

    Parameters
    ----------
    trees : Path
        A batch written by ``introghost simulate``.
    vcf : Path
        Plain text if the name ends in ``.vcf``, else bgzip. Equal batches give equal bytes.
    populations : Path
        Tab-separated, columns ``sample`` and ``population`` (the names of the demes).

    Raises
    ------
    ConfigError
        A batch of several genomes, whose samples have no history in common.
    DataError
        A batch that is missing, damaged, or without introghost's metadata, or whose regions differ in their samples.
    """
    vcf, batch = Path(vcf), _Batch.of(Path(trees))
    with atomic_path(vcf) as temporary, temporary.open("wb") as file:
        if vcf.name.endswith(".vcf"):
            _write_text(batch, file)
        else:
            writer = _BgzfWriter(file)
            _write_text(batch, writer)
            writer.close()
    rows = zip(batch.samples.names(), batch.samples.populations(batch.roles), strict=True)
    text = "".join(f"{name}\t{population}\n" for name, population in rows)
    write_text(Path(populations), "sample\tpopulation\n" + text)


@dataclass(frozen=True)
class _Batch:
    """A batch of the regions of one genome.

    Attributes
    ----------
    trees : Path
    lengths_bp : list of int
        Of its regions, in the order of the file.
    samples : SampleLayout
    roles : dict of str to str
        Deme of each role.
    """

    trees: Path
    lengths_bp: list[int]
    samples: SampleLayout
    roles: dict[str, str]

    @classmethod
    def of(cls, trees: Path) -> "_Batch":
        """The batch of a file, read once to the end; of several genomes, or of regions that differ, none is made."""
        lengths_bp, records = [], []
        for ts in read_trees(trees):
            lengths_bp.append(int(ts.sequence_length))
            records.append(RegionRecord.of(ts))
        genomes = {(record.scenario, record.genome, record.seed) for record in records}
        if len(genomes) > 1:
            raise ConfigError(f"{trees}: {len(genomes)} genomes, a VCF holds one; simulate with --genomes 1")
        layouts = {(record.samples, tuple(sorted(record.roles.items()))) for record in records}
        if len(layouts) != 1:
            raise DataError(f"{trees}: {len(layouts)} different sets of samples in the batch; expected one")
        return cls(trees, lengths_bp, records[0].samples, records[0].roles)

    @property
    def columns(self) -> NDArray[np.int64]:
        """Haplotypes that are written, as indices among the samples."""
        return np.concatenate([self.samples.haplotypes("outgroup"), self.samples.haplotypes("target")])


def _write_text(batch: _Batch, file: "BinaryIO | _BgzfWriter") -> None:
    lines = ["##fileformat=VCFv4.3", "##source=introghost", '##FILTER=<ID=PASS,Description="All filters passed">']
    lines += [f"##contig=<ID={name},length={length}>" for name, length in enumerate(batch.lengths_bp, start=1)]
    lines.append('##INFO=<ID=AA,Number=1,Type=String,Description="Ancestral allele">')
    lines.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">')
    fixed = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    lines.append("\t".join([*fixed, *batch.samples.names()]))
    file.write(("\n".join(lines) + "\n").encode())
    for contig, ts in enumerate(read_trees(batch.trees), start=1):
        for variant in ts.variants(samples=ts.samples()[batch.columns], isolated_as_missing=False):
            carried = np.unique(variant.genotypes)
            carried = carried[carried > 0]
            if len(carried):
                file.write(_record(contig, variant, carried))


def _record(contig: int, variant: tskit.Variant, carried: NDArray[np.integer]) -> bytes:
    """One line of the VCF; `carried` are the numbers of the derived alleles that the samples have."""
    numbers = np.zeros(len(variant.alleles), dtype=np.uint8)
    numbers[carried] = np.arange(1, len(carried) + 1)
    genotypes = numbers[variant.genotypes] + ord("0")
    columns = np.empty((len(genotypes) // 2, 4), dtype=np.uint8)
    columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3] = ord("\t"), genotypes[::2], ord("|"), genotypes[1::2]
    ref = variant.alleles[0]
    alt = ",".join(variant.alleles[number] for number in carried)
    fixed = f"{contig}\t{int(variant.site.position) + 1}\t.\t{ref}\t{alt}\t.\tPASS\tAA={ref}\tGT"
    return fixed.encode() + columns.tobytes() + b"\n"
