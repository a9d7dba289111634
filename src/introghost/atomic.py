"""Writing that is all or nothing: an output has its name only when it is complete."""

import contextlib
import fcntl
import glob
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from introghost.errors import OutputError
from introghost.locks import this_host

_SUFFIX = ".tmp"
_LOCKED_WITHIN_S = 1.0  # a temporary file without a lock may be one whose writer is about to take it


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Path of a temporary file beside `path` that takes its name when the block ends without an error.

    A killed or failed writer leaves either the old file or nothing under `path`, never half a file. What a killed
    writer left beside it is removed by the next one on the same host; a temporary file that is still being written is
    locked and stays.

    Raises
    ------
    OutputError
        If the folder can't be written to or the disk is full.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise OutputError(f"{path}: not a plain file (a folder, device or pipe); name a file")
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{this_host()}.", suffix=_SUFFIX)
    except OSError as error:
        raise _not_written(path, error) from error
    temporary = Path(name)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except OSError as error:
        if isinstance(error, BrokenPipeError) or error.filename not in (
            None,
            name,
        ):  # of another file, such as an input
            raise
        raise _not_written(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def is_temporary(name: str) -> bool:
    """Whether a file's name is that of a temporary file of `atomic_path`."""
    return name.startswith(".") and name.endswith(_SUFFIX)


def _remove_abandoned(path: Path) -> None:
    """Remove the temporary files of `path` whose writers are gone: nobody holds their locks.

    Only those of writers on this host: not every file system tells a host of locks that another one holds.
    """
    for old in path.parent.glob(f".{glob.escape(path.name)}.{this_host()}.*{_SUFFIX}"):
        with contextlib.suppress(OSError), old.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - old.stat().st_mtime > _LOCKED_WITHIN_S:
                old.unlink(missing_ok=True)


def _not_written(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or error
    return OutputError(f"{path}: can't be written: {reason}; check the disk and the folder, or choose another place")


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, UTF-8.

    Parameters
    ----------
    path : Path
        Its folder is made where it is absent.
    text : str

    Raises
    ------
    OutputError
        The folder can't be written to, or the disk is full.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Write `value` to `path` atomically as indented JSON with sorted keys.

    Parameters
    ----------
    path : Path
    value : object
        Of JSON's types alone: dictionaries, lists, texts, numbers, bools and None.

    Raises
    ------
    OutputError
        The folder can't be written to, or the disk is full.
    """
    write_text(path, json.dumps(value, indent=2, sort_keys=True) + "\n")
