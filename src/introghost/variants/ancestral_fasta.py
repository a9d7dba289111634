"""Ancestral alleles from a FASTA."""

import contextlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.haplotypes import other_prefix
from introghost.text import read_lines

KIND = "a FASTA"


class AncestralFasta:
    """Ancestral alleles from a FASTA, one contig held in memory at a time.

    Lower case (low confidence in the Ensembl convention) counts like upper case; anything but A, C, G, T is missing.
    Names in the Ensembl form ``ANCESTOR_for_chromosome:GRCh37:22:1:51304566:1`` are understood.

    Parameters
    ----------
    path : Path
        Plain or gzip-compressed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._contig: str | None = None
        self._sequence: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)
        with contextlib.closing(read_lines(path, KIND)) as lines:
            if not next(lines, "").startswith(">"):
                raise DataError(f"{path}: not FASTA: it does not begin with '>'")

    def alleles(self, contig: str, positions_bp: NDArray[np.int64]) -> NDArray[np.bytes_]:
        """Upper-case base at 0-based positions, ``N`` beyond the sequence's end.

        Parameters
        ----------
        contig : str
        positions_bp : ndarray of int64, shape (num_sites,)

        Returns
        -------
        ndarray of S1, shape (num_sites,)

        Raises
        ------
        DataError
            No sequence of that name (with or without ``chr``), or a damaged file.
        """
        if contig != self._contig:
            self._sequence, self._contig = self._load(contig), contig
        inside = positions_bp < len(self._sequence)
        bases = np.full(len(positions_bp), ord("N"), dtype=np.uint8)
        bases[inside] = self._sequence[positions_bp[inside]]
        return np.char.upper(bases.view("S1"))

    def check_length(self, contig: str, length: int | None) -> None:
        """Refuse a sequence that is not as long as its contig, if that is known.

        Parameters
        ----------
        contig : str
        length : int or None
            In bp, as the header of the VCF says; None if it does not.

        Raises
        ------
        DataError
            The lengths differ, or the sequence can't be read.
        """
        self.alleles(contig, np.empty(0, dtype=np.int64))
        if length is not None and len(self._sequence) != length:
            raise DataError(
                f"{self.path}: the sequence of contig {contig} has {len(self._sequence):,} bases, the VCF's header "
                f"says {length:,}; is it of another build?"
            )

    def _load(self, contig: str) -> NDArray[np.uint8]:
        wanted = {contig, other_prefix(contig)}
        sequence: list[str] | None = None
        with contextlib.closing(read_lines(self.path, KIND)) as lines:
            for line in lines:
                if line.startswith(">"):
                    if sequence is not None:
                        break
                    name = (line[1:].split() or [""])[0]
                    parts = name.split(":")
                    if name in wanted or (len(parts) > 2 and parts[2] in wanted):
                        sequence = []
                elif sequence is not None:
                    sequence.append(line.strip())
        if sequence is None:
            raise DataError(f"{self.path}: no sequence for contig {contig!r}; give the FASTA of that contig")
        return np.frombuffer("".join(sequence).encode(), dtype=np.uint8)
