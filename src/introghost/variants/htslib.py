"""htslib, kept strict: its complaints become errors, and a file that was cut short is refused."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from introghost.errors import DataError

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_GZIP_MAGIC = b"\x1f\x8b"


def check_complete(path: Path) -> None:
    """Refuse a file that is missing, empty, or BGZF-compressed without the end-of-file block.

    Raises
    ------
    DataError
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; check the path")
    with path.open("rb") as file:
        head = file.read(18)
        if not head:
            raise DataError(f"{path}: the file is empty; copy it again")
        is_bgzf = head[:2] == _GZIP_MAGIC and head[12:14] == b"BC"
        file.seek(0, os.SEEK_END)
        if not is_bgzf:
            return
        file.seek(-min(file.tell(), len(BGZF_END)), os.SEEK_END)
        if file.read() != BGZF_END:
            raise DataError(f"{path}: the bgzip end-of-file block is missing, so the file is truncated; copy it again")


@contextlib.contextmanager
def errors_raised(path: Path) -> Iterator[None]:
    """Run htslib calls with its messages held back; an error among them, or an exception, becomes a `DataError`.

    htslib reports damage only on file descriptor 2 and then goes on as if the file had ended, so that descriptor is
    read while the block runs. Mere warnings are dropped, except those about the compression.

    Raises
    ------
    DataError
    """
    failure: Exception | None = None
    with tempfile.TemporaryFile() as held:
        descriptor = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except DataError:
            raise
        except Exception as error:  # cyvcf2 raises bare Exception
            failure = error
        finally:
            os.dup2(descriptor, 2)
            os.close(descriptor)
        held.seek(0)
        lines = held.read().decode(errors="replace").splitlines()
    complaints = [line for line in lines if line.startswith(("[E::", "[W::bgzf"))]
    if complaints:
        raise DataError(
            f"{path}: damaged or not valid VCF: {complaints[0]}; check it with `bcftools view`"
        ) from failure
    if failure is not None:
        raise DataError(f"{path}: damaged or not valid VCF: {failure}; check it with `bcftools view`") from failure
