"""Simulated genomes as a VCF, so that simulations can go the way of real data."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tskit
from numpy.typing import NDArray

from introghost.atomic import atomic_path, write_text
from introghost.errors import ConfigError, DataError
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
    vcf, batch = Path(vcf), _Batch(Path(trees))
    with atomic_path(vcf) as temporary, temporary.open("wb") as file:
        if vcf.name.endswith(".vcf"):
            _write_text(batch, file)
        else:
            writer = _BgzfWriter(file)
            _write_text(batch, writer)
            writer.close()
    rows = "".join(f"{name}\t{population}\n" for name, population in batch.samples())
    write_text(Path(populations), "sample\tpopulation\n" + rows)


class _Batch:
    """The tree sequences of a batch, and who their samples are."""

    def __init__(self, trees: Path) -> None:
        self._trees = trees
        self.lengths: list[int] = []
        layouts: set[tuple[int, int, str, str]] = set()
        genomes: set[tuple[Any, ...]] = set()
        for ts in self.tree_sequences():
            metadata = ts.metadata.get("introghost") if isinstance(ts.metadata, dict) else None
            if metadata is None:
                raise DataError(f"{trees}: a tree sequence without introghost's metadata; simulate it with introghost")
            roles = metadata["roles"]
            layouts.add(
                (metadata["outgroup_diploids"], metadata["target_diploids"], roles["outgroup"], roles["target"])
            )
            genomes.add(tuple(metadata.get(key) for key in ("scenario", "genome", "seed")))
            self.lengths.append(int(ts.sequence_length))
        if len(genomes) > 1:
            raise ConfigError(f"{trees}: {len(genomes)} genomes, a VCF holds one; simulate with --genomes 1")
        if len(layouts) != 1:
            raise DataError(f"{trees}: {len(layouts)} different sets of samples in the batch; expected one")
        self._outgroup, self._target, self._outgroup_deme, self._target_deme = layouts.pop()

    @property
    def num_haplotypes(self) -> int:
        return 2 * (self._outgroup + self._target)

    def samples(self) -> list[tuple[str, str]]:
        """Name and population of each diploid that is written."""
        outgroup = [(f"outgroup_{i}", self._outgroup_deme) for i in range(self._outgroup)]
        return outgroup + [(f"target_{i}", self._target_deme) for i in range(self._target)]

    def tree_sequences(self) -> Iterator[Any]:
        """The tree sequences, one after the other."""
        try:
            with self._trees.open("rb") as file:
                while True:
                    try:
                        yield tskit.load(file)
                    except EOFError:
                        return
        except (OSError, tskit.FileFormatError, tskit.LibraryError) as error:
            raise DataError(f"{self._trees}: not a readable batch of tree sequences: {error}") from error


def _write_text(batch: _Batch, file: "BinaryIO | _BgzfWriter") -> None:
    lines = ["##fileformat=VCFv4.3", "##source=introghost", '##FILTER=<ID=PASS,Description="All filters passed">']
    lines += [f"##contig=<ID={name},length={length}>" for name, length in enumerate(batch.lengths, start=1)]
    lines.append('##INFO=<ID=AA,Number=1,Type=String,Description="Ancestral allele">')
    lines.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">')
    names = [name for name, _ in batch.samples()]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names]))
    file.write(("\n".join(lines) + "\n").encode())
    for contig, ts in enumerate(batch.tree_sequences(), start=1):
        for variant in ts.variants(samples=ts.samples()[: batch.num_haplotypes], isolated_as_missing=False):
            carried = np.unique(variant.genotypes)
            carried = carried[carried > 0]
            if len(carried):
                file.write(_record(contig, variant, carried))


def _record(contig: int, variant: Any, carried: NDArray[np.integer]) -> bytes:
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
