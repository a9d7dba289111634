"""What made an output: versions, options, seed and digests of the inputs; and writing that is all or nothing."""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from introghost import __version__

_RECORDED_PACKAGES = ("msprime", "tskit", "numpy", "scikit-allel", "torch", "xarray", "zarr", "cyvcf2")


def record(verb: str, options: Mapping[str, Any], inputs: Mapping[str, Path]) -> dict[str, Any]:
    """Provenance of one run of a verb.

    Parameters
    ----------
    verb : str
        The CLI verb, for example ``"simulate"``.
    options : mapping
        The options that change the result (seed among them), JSON-serialisable. Paths belong in `inputs`.
    inputs : mapping of str to Path
        The input files by role; each is recorded by file name and SHA-256. No folder of this machine is kept.

    Returns
    -------
    dict
        JSON-serialisable, without times or host names: equal runs give equal records.
    """
    return {
        "software": "introghost",
        "version": __version__,
        "verb": verb,
        "options": dict(options),
        "inputs": {role: {"name": Path(p).name, "sha256": sha256(Path(p))} for role, p in inputs.items()},
        "python": platform.python_version(),
        "packages": {name: _installed_version(name) for name in _RECORDED_PACKAGES},
    }


def _installed_version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal; of a folder, over its files' names and digests in sorted order."""
    if path.is_dir():
        listing = "".join(
            f"{p.relative_to(path).as_posix()} {sha256(p)}\n" for p in sorted(path.rglob("*")) if p.is_file()
        )
        return hashlib.sha256(listing.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Path of a temporary file beside `path` that takes its name when the block ends without an error.

    A killed or failed writer leaves either the old file or nothing under `path`, never half a file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, UTF-8."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` atomically as indented JSON with sorted keys."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True) + "\n")
