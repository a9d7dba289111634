"""What made an output: versions, options, seed and digests of the inputs; and writing that is all or nothing."""

import contextlib
import fcntl
import glob
import hashlib
import importlib.metadata
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from introghost import __version__
from introghost.errors import DataError, OutputError
from introghost.locks import this_host
from introghost.text import is_pipe, read_pipe

_RECORDED_PACKAGES = ("msprime", "tskit", "numpy", "scikit-allel", "torch", "xarray", "zarr", "cyvcf2")
COMPLETE = "provenance.json"  # of a folder of outputs: removed first, written last
_FASTA = "fasta="
_TEMPORARY = ".tmp"
_LOCKED_WITHIN_S = 1.0  # a temporary file without a lock may be one whose writer is about to take it


def record(verb: str, options: Mapping[str, object], inputs: Mapping[str, Path]) -> dict[str, object]:
    """Provenance of one run of a verb.

    Parameters
    ----------
    verb : str
        The CLI verb, for example ``"simulate"``.
    options : mapping
        The options that change the result (seed among them), JSON-serialisable. Of ``fasta=PATH`` the file's name is
        kept; other paths belong in `inputs`.
    inputs : mapping of str to Path
        The input files or folders by role; each is recorded by name and SHA-256; a pipe, such as the shell's
        ``<(...)``, has the name ``pipe`` and the digest of what was read from it.

    Returns
    -------
    dict
        JSON-serialisable, without times, host names or folders of this machine: equal runs give equal records.
    """
    return {
        "software": "introghost",
        "version": __version__,
        "verb": verb,
        "options": {name: _without_folder(value) for name, value in options.items()},
        "inputs": {role: _input(Path(path)) for role, path in inputs.items()},
        "python": platform.python_version(),
        "packages": {name: _installed_version(name) for name in _RECORDED_PACKAGES},
    }


def _without_folder(option: object) -> object:
    is_file = isinstance(option, str) and option.startswith(_FASTA)
    return f"{_FASTA}{Path(str(option).removeprefix(_FASTA)).name}" if is_file else option


def _input(path: Path) -> dict[str, str]:
    """Name and digest of an input; its resolved name, since ``.`` has none."""
    name = "pipe" if is_pipe(path) else path.name or path.resolve().name
    return {"name": name, "sha256": sha256(path)}


def _installed_version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal; of a folder, over its files' names and digests in sorted order.

    Temporary files that a killed writer left in a folder do not count. Of a pipe it is that of what was read from it.
    """
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and not _is_temporary(p.name))
        listing = "".join(f"{p.relative_to(path).as_posix()} {sha256(p)}\n" for p in files)
        return hashlib.sha256(listing.encode()).hexdigest()
    if is_pipe(path):
        return hashlib.sha256(read_pipe(path)).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{this_host()}.", suffix=_TEMPORARY)
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


def _is_temporary(name: str) -> bool:
    return name.startswith(".") and name.endswith(_TEMPORARY)


def _remove_abandoned(path: Path) -> None:
    """Remove the temporary files of `path` whose writers are gone: nobody holds their locks.

    Only those of writers on this host: not every file system tells a host of locks that another one holds.
    """
    for old in path.parent.glob(f".{glob.escape(path.name)}.{this_host()}.*{_TEMPORARY}"):
        with contextlib.suppress(OSError), old.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - old.stat().st_mtime > _LOCKED_WITHIN_S:
                old.unlink(missing_ok=True)


def _not_written(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path}: can't be written: {error.strerror or error}; free space or choose another place")


def check_complete(folder: Path, verb: str) -> None:
    """Refuse a folder that `verb` did not write to the end.

    Raises
    ------
    DataError
        If the file that is written last is not there.
    """
    if not (folder / COMPLETE).is_file():
        raise DataError(f"{folder}: no complete output of {verb} here (no {COMPLETE}); run `introghost {verb}` again")


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, UTF-8."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Write `value` to `path` atomically as indented JSON with sorted keys."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True) + "\n")
