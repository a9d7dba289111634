"""Which statistics a network has seen: those of its own training, and of the trainings that it was begun from."""

from collections.abc import Mapping
from pathlib import Path

from introghost.inference.fields import Json

_ROLE = "statistics"  # with a number after it: the role of a file of statistics in the provenance of `train`


def training_digests(record: Json) -> list[str]:
    """Digests of the files of statistics that a network was trained on itself.

    Parameters
    ----------
    record : mapping of str to object
        Provenance of its bundle.

    Returns
    -------
    list of str
        SHA-256, in hexadecimal, in the order of the record; none where it does not say.
    """
    entries = (_object(entry) for role, entry in _object(record.get("inputs")).items() if role.startswith(_ROLE))
    return [str(entry.get("sha256")) for entry in entries]


def seen_digests(record: Json) -> set[str]:
    """Digests of all files of statistics that a network has seen.

    Parameters
    ----------
    record : mapping of str to object
        Provenance of its bundle.

    Returns
    -------
    set of str
        Those of `training_digests`, and those that the network had seen from which its training began.
    """
    earlier = _object(_object(record.get("options")).get("from")).get("statistics")
    return {*training_digests(record), *(earlier if isinstance(earlier, list) else ())}


def first_seen(record: Json, digests: Mapping[Path, str]) -> Path | None:
    """The first of some files that a network has seen, whatever its name was then.

    Parameters
    ----------
    record : mapping of str to object
        Provenance of its bundle.
    digests : mapping of Path to str
        SHA-256 of each file.

    Returns
    -------
    Path or None
        None if it has seen none of them.
    """
    seen = seen_digests(record)
    return next((path for path, digest in digests.items() if digest in seen), None)


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}
