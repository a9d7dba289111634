"""The phase notation of VCF 4.4 and later, ``|0|1`` and ``/0/1``, which the htslib of cyvcf2 takes for damage.

A file that uses it is rewritten, for as long as the program runs, in the notation of VCF 4.3.
"""

import gzip
import re
import tempfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from introghost.variants.htslib import open_bytes

_KNOWS_LEADING_PHASE = re.compile(rb"##fileformat=VCFv(4\.[4-9]|4\.\d\d|[5-9])")
_LEADING_PHASE = re.compile(rb"(^|\t)([|/])([^\t:\r\n]*)")
_FIXED_COLUMNS = 9


def in_older_notation(path: Path) -> Path:
    """The file itself, or a temporary copy without leading phase indicators if a genotype has one.

    ``|0|1`` becomes ``0|1``. A genotype of which an allele is unphased, as in ``/0|1`` or ``|0/1``, becomes ``0/1``.
    The copy has no index.
    """
    status = path.stat()
    copy = _rewritten(path, status.st_mtime_ns, status.st_size)
    return path if copy is None else Path(copy.name) / "copy.vcf.gz"


@lru_cache(maxsize=16)
def _rewritten(path: Path, modified_ns: int, size: int) -> tempfile.TemporaryDirectory[str] | None:
    try:
        if not _has_leading_phase(path):
            return None
        folder = tempfile.TemporaryDirectory(prefix="introghost-")
        with open_bytes(path) as lines, gzip.open(Path(folder.name) / "copy.vcf.gz", "wb", compresslevel=1) as copy:
            copy.writelines(_older(line) for line in lines)
    except (EOFError, OSError, zlib.error):
        return None  # damage, which whoever reads the file itself describes better
    return folder


def _has_leading_phase(path: Path) -> bool:
    with open_bytes(path) as lines:
        if not _KNOWS_LEADING_PHASE.match(lines.readline()):
            return False
        return any(b"\t|" in genotypes or b"\t/" in genotypes for genotypes in _genotypes(lines))


def _genotypes(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Columns from FORMAT on of the records that have GT, which comes first if it is there."""
    for line in lines:
        columns = line.split(b"\t", _FIXED_COLUMNS - 1)
        if not line.startswith(b"#") and len(columns) == _FIXED_COLUMNS and columns[-1].startswith(b"GT"):
            yield columns[-1]


def _older(line: bytes) -> bytes:
    columns = line.split(b"\t", _FIXED_COLUMNS)
    if line.startswith(b"#") or len(columns) <= _FIXED_COLUMNS or not columns[-2].startswith(b"GT"):
        return line
    return b"\t".join([*columns[:-1], _LEADING_PHASE.sub(_without_leading_phase, columns[-1])])


def _without_leading_phase(genotype: re.Match[bytes]) -> bytes:
    before, phase, alleles = genotype.groups()
    return before + (alleles if phase == b"|" else alleles.replace(b"|", b"/"))
