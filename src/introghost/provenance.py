"""What made an output: versions, options, seed and digests of the inputs."""

import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from introghost import __version__
from introghost.atomic import is_temporary
from introghost.documents import JsonObject, parse_object
from introghost.errors import ConfigError, DataError
from introghost.text import is_pipe, read_pipe

_RECORDED_PACKAGES = ("msprime", "tskit", "numpy", "scikit-allel", "torch", "xarray", "zarr", "cyvcf2")
README = "README.md"  # what is written of a folder is none of its content
COMPLETE = "provenance.json"  # of a folder of outputs: removed first, written last
_FASTA = "fasta="
_MODEL = "model"  # what the workflow calls the folder of every model, and so the name of none


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


def outputs(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """SHA-256 of those of some files that are in a folder, by their names."""
    return {name: sha256(folder / name) for name in names if (folder / name).is_file()}


def check_outputs(folder: Path, verb: str) -> None:
    """Refuse a folder of outputs of which a file was changed, cut short or lost since its verb wrote it.

    Parameters
    ----------
    folder : Path
    verb : str

    Raises
    ------
    DataError
        A file is not as its record says, or the record is damaged.
    """
    digests = read(folder, verb).get("outputs")
    for name, digest in digests.items() if isinstance(digests, dict) else ():
        path = folder / name
        if not path.is_file():
            raise DataError(f"{path}: no such file; run `introghost {verb}` again")
        if sha256(path) != digest:
            raise DataError(f"{path}: changed since `introghost {verb}` wrote it; run it again")


def _without_folder(option: object) -> object:
    is_file = isinstance(option, str) and option.startswith(_FASTA)
    return f"{_FASTA}{Path(str(option).removeprefix(_FASTA)).name}" if is_file else option


def _input(path: Path) -> dict[str, str]:
    return {"name": "pipe" if is_pipe(path) else input_name(path), "sha256": sha256(path)}


def input_name(path: Path) -> str:
    """Name by which records and pages call an input.

    Parameters
    ----------
    path : Path
        A file or a folder.

    Returns
    -------
    str
        The last part of the path, resolved where it is ``.`` or ``..``; of a path that ends in ``model`` the part
        before it, if it has one.

    Examples
    --------
    >>> input_name(Path("results/human/model")), input_name(Path("models/mine")), input_name(Path("model"))
    ('human', 'mine', 'model')
    """
    named = path if path.name not in ("", "..") else path.resolve()
    return named.parent.name or named.name if named.name == _MODEL else named.name


def _installed_version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal; of a folder, over its files' names and digests in sorted order.

    Of a folder its ``README.md`` does not count, nor do temporary files that a killed writer left. Of a pipe it is that
    of what was read from it.
    """
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and p.name != README and not is_temporary(p.name))
        listing = "".join(f"{p.relative_to(path).as_posix()} {sha256(p)}\n" for p in files)
        return hashlib.sha256(listing.encode()).hexdigest()
    if is_pipe(path):
        return hashlib.sha256(read_pipe(path)).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(folder: Path, verb: str) -> JsonObject:
    """The record that `verb` wrote last into a folder of outputs.

    Parameters
    ----------
    folder : Path
    verb : str
        Such as ``apply``.

    Raises
    ------
    DataError
        The folder is not complete, or the record is damaged.
    """
    check_complete(folder, verb)
    try:
        return parse_object((folder / COMPLETE).read_text(encoding="utf-8"), str(folder / COMPLETE))
    except (OSError, UnicodeDecodeError, ConfigError) as error:
        raise DataError(f"{folder / COMPLETE}: damaged ({error}); run `introghost {verb}` again") from error


def check_complete(folder: Path, verb: str) -> None:
    """Refuse a folder that `verb` did not write to the end.

    Parameters
    ----------
    folder : Path
    verb : str
        Such as ``apply``.

    Raises
    ------
    DataError
        If the file that is written last is not there.
    """
    if not (folder / COMPLETE).is_file():
        raise DataError(f"{folder}: no complete output of {verb} here (no {COMPLETE}); run `introghost {verb}` again")
