"""Which samples of a VCF are the outgroup and which the target."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.haplotypes import OUTGROUP, TARGET
from introghost.spelling import did_you_mean
from introghost.variants.populations import COLUMNS_ORDER

_MAX_LISTED = 5
# Ways in which one file spells a sample's name otherwise than another, each as what makes the two alike.
_SPELLINGS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("FID_IID, as PLINK writes it", lambda name: name.partition("_")[2] or name),
    ("FID_IID, as PLINK writes it", lambda name: name.rpartition("_")[2]),
    ("with something after '_'", lambda name: name.partition("_")[0]),
    ("with something after '.'", lambda name: name.partition(".")[0]),
    ("with zeros before it", lambda name: name.lstrip("0")),
    ("in other case", str.casefold),
    ("a path", lambda name: name.rpartition("/")[2].partition(".")[0]),
    ("with other marks", lambda name: "".join(filter(str.isalnum, name)).casefold()),
)


@dataclass(frozen=True)
class SampleRoles:
    """The selected samples, in the order of the VCF.

    Attributes
    ----------
    names : tuple of str, length num_samples
    roles : ndarray of int8, shape (num_samples,)
        `haplotypes.OUTGROUP` or `haplotypes.TARGET`.
    findings : tuple of Finding
        That samples of the chosen populations are not in the VCF.
    """

    names: tuple[str, ...]
    roles: NDArray[np.int8]
    findings: tuple[Finding, ...] = ()

    def members(self, wanted: int) -> list[str]:
        """Names of the samples of one role.

        Parameters
        ----------
        wanted : int
            `haplotypes.OUTGROUP` or `haplotypes.TARGET`.

        Returns
        -------
        list of str
            In the order of the VCF.
        """
        return [name for name, role in zip(self.names, self.roles, strict=True) if role == wanted]


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more


def select_samples(
    path: Path,
    populations: Mapping[str, str],
    vcf_samples: Sequence[str],
    outgroup: Sequence[str],
    target: Sequence[str],
) -> SampleRoles:
    """Samples of the outgroup's and target's populations, in the order of the VCF.

    Parameters
    ----------
    path : Path
        The populations table, for messages.
    populations : mapping of str to str
        Population of each sample.
    vcf_samples : sequence of str
    outgroup, target : sequence of str
        Populations; one or more each.

    Raises
    ------
    DataError
        A population without samples, in the table or in the VCF, or a population in both roles.
    """
    shared = sorted(set(outgroup) & set(target))
    if shared:
        raise DataError(f"{listed(shared)}: both outgroup and target; a population can have only one role")
    for role, chosen in (("outgroup", outgroup), ("target", target)):
        if not chosen:
            raise DataError(f"no {role} population given; name one that is in {path}")
        for population in chosen:
            if population not in populations.values():
                raise _unknown_population(path, populations, role, population)
    _check_present(path, populations, vcf_samples, (*outgroup, *target))
    names = tuple(sample for sample in vcf_samples if populations.get(sample) in (*outgroup, *target))
    roles = np.array([OUTGROUP if populations[name] in outgroup else TARGET for name in names], dtype=np.int8)
    return SampleRoles(names, roles, tuple(absent_samples(populations, vcf_samples, (*outgroup, *target))))


def _unknown_population(path: Path, populations: Mapping[str, str], role: str, population: str) -> DataError:
    """The error for a population that no sample of the table has."""
    if population in populations:
        return DataError(
            f"{path}: {role} population {population!r} is a sample, of population {populations[population]!r}: name a "
            f"population; if it is one, the columns are exchanged: {COLUMNS_ORDER}"
        )
    names = sorted(set(populations.values()))
    hint = did_you_mean(population, names)
    return DataError(
        f"{path}: {role} population {population!r} has no samples; the table has {listed(names)}"
        + (f"; {hint}" if hint else "")
    )


def absent_samples(populations: Mapping[str, str], vcf_samples: Sequence[str], chosen: Sequence[str]) -> list[Finding]:
    """That samples of the `chosen` populations are not in the VCF, as at most one finding.

    Parameters
    ----------
    populations : mapping of str to str
        Population of each sample.
    vcf_samples : sequence of str
    chosen : sequence of str
        Populations with a role.
    """
    wanted, absent = _wanted_and_absent(populations, vcf_samples, chosen)
    if not absent:
        return []
    text = (
        f"{len(absent):,} of {len(wanted):,} samples of the chosen populations are not in the VCF: {listed(absent)}; "
        "the others are used, correct the names if these should be too"
    )
    return [Finding(Code.SAMPLES_ABSENT, Severity.WARNING, text + _hint(absent, vcf_samples))]


def _wanted_and_absent(
    populations: Mapping[str, str], vcf_samples: Sequence[str], chosen: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Samples of the chosen populations, and those of them that the VCF lacks, in order of their names."""
    wanted = [sample for sample, population in populations.items() if population in chosen]
    return wanted, sorted(set(wanted) - set(vcf_samples))


def _check_present(
    path: Path, populations: Mapping[str, str], vcf_samples: Sequence[str], chosen: Sequence[str]
) -> None:
    """Refuse a population of which the VCF has no sample."""
    emptied = [population for population in chosen if not _present(populations, vcf_samples, population)]
    if emptied:
        wanted, absent = _wanted_and_absent(populations, vcf_samples, chosen)
        raise DataError(
            f"{path}: {len(absent):,} of {len(wanted):,} samples are not in the VCF, among them all of "
            f"{listed(emptied)}: the table has {listed(absent)}, the VCF has {listed(list(vcf_samples))}; "
            f"write their names as the VCF has them{_hint(absent, vcf_samples)}"
        )


def _present(populations: Mapping[str, str], vcf_samples: Sequence[str], population: str) -> bool:
    return any(populations.get(sample) == population for sample in vcf_samples)


def _hint(absent: Sequence[str], vcf_samples: Sequence[str]) -> str:
    """An example of how one of the two files spells a name that the other has, if a rule fits half of the absent."""
    for label, spelt in _SPELLINGS:
        in_vcf = {spelt(name): name for name in vcf_samples}
        if len(in_vcf) < len(vcf_samples):  # a rule that makes different names alike says nothing
            continue
        pairs = [(name, in_vcf.get(name, in_vcf.get(spelt(name)))) for name in absent]
        pairs = [(name, other) for name, other in pairs if other is not None]
        if 2 * len(pairs) >= len(absent):
            return f" ({pairs[0][0]} in the table may be {pairs[0][1]} in the VCF: {label})"
    return ""
