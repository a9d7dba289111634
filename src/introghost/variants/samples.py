"""Which samples of a VCF are the outgroup and which the target."""

import contextlib
import csv
import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.haplotypes import OUTGROUP, TARGET

_SAMPLE_HEADINGS = ("sample", "#sample", "sample_id", "iid", "ind")
_POPULATION_HEADINGS = ("population", "pop", "population_id")
_MAX_LISTED = 5
_VCF_START, _GZIP_START = "##fileformat=VCF", b"\x1f\x8b"


@dataclass(frozen=True)
class SampleRoles:
    """The selected samples, in the order of the VCF.

    Attributes
    ----------
    names : tuple of str, length num_samples
    populations : tuple of str, length num_samples
    roles : ndarray of int8, shape (num_samples,)
        `haplotypes.OUTGROUP` or `haplotypes.TARGET`.
    """

    names: tuple[str, ...]
    populations: tuple[str, ...]
    roles: NDArray[np.int8]


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more


def read_populations(path: Path) -> dict[str, str]:
    """Population of each sample from a table of samples and populations.

    Parameters
    ----------
    path : Path
        Separated by tabs or blanks; columns ``sample`` and ``population`` if there is a heading, else the first two.

    Returns
    -------
    dict of str to str

    Raises
    ------
    DataError
        Missing file, a line with fewer columns, a sample in two populations, or no sample at all.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; check the path of the populations table")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: {_what_else(path) or f'not UTF-8 text ({error.reason}); save it as UTF-8'}"
        ) from error
    if text.startswith(_VCF_START):
        raise DataError(f"{path}: {_what_else(path)}")
    if "\t" in text:
        rows = [[field.strip() for field in row] for row in csv.reader(text.splitlines(), delimiter="\t")]
    else:
        rows = [line.split() for line in text.splitlines()]
    sample_column, population_column, first = 0, 1, 0
    headings = [field.lower() for field in rows[0]] if rows else []
    if headings and any(heading in _SAMPLE_HEADINGS for heading in headings):
        first = 1
        sample_column = next(i for i, heading in enumerate(headings) if heading in _SAMPLE_HEADINGS)
        population_column = next((i for i, heading in enumerate(headings) if heading in _POPULATION_HEADINGS), 1)
    populations: dict[str, str] = {}
    for number, row in enumerate(rows[first:], start=first + 1):
        if not any(row):
            continue
        if len(row) <= max(sample_column, population_column):
            raise DataError(f"{path}:{number}: expected a sample and a population, found {' '.join(row)!r}")
        sample, population = row[sample_column], row[population_column]
        if populations.setdefault(sample, population) != population:
            hint = "" if first else "; the table has no heading with the columns sample and population: is it another?"
            raise DataError(
                f"{path}:{number}: {sample} is in two populations: {populations[sample]} and {population}{hint}"
            )
    if not populations:
        raise DataError(f"{path}: no sample in the table; expected two columns, sample and population")
    return populations


def _what_else(path: Path) -> str | None:
    """What a file is that was given for the populations table, if it is a VCF or compressed; else None."""
    with path.open("rb") as plain:
        start = plain.read(len(_VCF_START))
    compressed = start.startswith(_GZIP_START)
    if compressed:
        with contextlib.suppress(OSError, EOFError, zlib.error), gzip.open(path) as unpacked:
            start = unpacked.read(len(_VCF_START))
    kind = "VCF" if start == _VCF_START.encode() else "BCF" if start.startswith(b"BCF") else None
    if kind is not None:
        return f"this is a {'compressed ' * compressed}{kind}, no table of samples; are two files swapped?"
    return "this is compressed; the table of samples and populations has to be plain text" if compressed else None


def select_samples(
    path: Path, populations: dict[str, str], vcf_samples: Sequence[str], outgroup: Sequence[str], target: Sequence[str]
) -> SampleRoles:
    """Samples of the outgroup's and target's populations, in the order of the VCF.

    Parameters
    ----------
    path : Path
        The populations table, for messages.
    populations : dict of str to str
        Population of each sample.
    vcf_samples : sequence of str
    outgroup, target : sequence of str
        Populations; one or more each.

    Raises
    ------
    DataError
        A population without samples, a population in both roles, or samples that the VCF lacks.
    """
    shared = sorted(set(outgroup) & set(target))
    if shared:
        raise DataError(f"{listed(shared)}: both outgroup and target; a population can have only one role")
    for role, chosen in (("outgroup", outgroup), ("target", target)):
        if not chosen:
            raise DataError(f"no {role} population given; name one that is in {path}")
        for population in chosen:
            if population not in populations.values():
                known = listed(sorted(set(populations.values())))
                raise DataError(f"{path}: {role} population {population!r} has no samples; the table has {known}")
    wanted = [sample for sample, population in populations.items() if population in (*outgroup, *target)]
    missing = sorted(set(wanted) - set(vcf_samples))
    if missing:
        raise DataError(
            f"{path}: {len(missing)} of {len(wanted)} samples are not in the VCF: {listed(missing)}; "
            "correct their names or take them off the table"
        )
    names = tuple(sample for sample in vcf_samples if populations.get(sample) in (*outgroup, *target))
    roles = np.array([OUTGROUP if populations[name] in outgroup else TARGET for name in names], dtype=np.int8)
    return SampleRoles(names, tuple(populations[name] for name in names), roles)
