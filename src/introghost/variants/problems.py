"""What an analysis of a VCF would refuse, and what a person should doubt, each with a remedy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.findings import Code, Finding, Severity
from introghost.haplotypes import OUTGROUP, TARGET
from introghost.variants.samples import listed
from introghost.variants.sites import GenotypeError
from introghost.variants.tally import Flaw, Tally

_STRANGERS = "not in the populations table"
_MISSING_OVERALL, _MISSING_IN_SAMPLE, _MANY_SNVS = 0.1, 0.5, 100
_FEWEST_IN_GROUP, _FAR, _NORMAL_MAD, _MORE_MISSING, _LISTED = 10, 5, 1.4826, 0.05, 5
_ROLES = {OUTGROUP: "outgroup", TARGET: "target"}
_REMEDIES = {
    Flaw.UNPHASED: (
        "unphased heterozygotes",
        "phase the VCF, with SHAPEIT5 or Beagle, or leave these samples out of the populations",
    ),
    Flaw.HAPLOID: ("haploid genotypes", "leave out chromosomes X, Y and MT, or make genotypes diploid"),
    Flaw.POLYPLOID: ("genotypes of more than two alleles", "only diploid samples are supported: leave these out"),
    Flaw.BEYOND_ALT: ("genotypes with an allele number beyond ALT", "mend the records"),
}


@dataclass(frozen=True)
class Group:
    """The samples of one population.

    Attributes
    ----------
    population : str or None
        None: they are not in the populations table.
    role : int or None
        `haplotypes.OUTGROUP`, `haplotypes.TARGET`, or neither.
    members : ndarray of int64, shape (num_members,)
        Their indices among the samples of the file.
    """

    population: str | None
    role: int | None
    members: NDArray[np.int64]

    @property
    def label(self) -> str:
        """Population and role in words, for example ``YRI (outgroup)``."""
        name = _STRANGERS if self.population is None else self.population
        return name if self.role is None else f"{name} ({_ROLES[self.role]})"


@dataclass(frozen=True)
class Groups:
    """The samples of a VCF by population and role.

    Attributes
    ----------
    samples : tuple of str
    by_population : tuple of Group
        Those with a role first, samples that no population is known of last.
    """

    samples: tuple[str, ...]
    by_population: tuple[Group, ...]

    @classmethod
    def of(
        cls,
        samples: Sequence[str],
        populations: Mapping[str, str] | None,
        outgroup: Sequence[str],
        target: Sequence[str],
    ) -> "Groups":
        """Group the samples; without populations all are of one group, ``all``.

        Parameters
        ----------
        samples : sequence of str
            All of the file, in its order.
        populations : mapping of str to str or None
            Population of each sample; a sample may have none.
        outgroup, target : sequence of str
            Populations with either role.
        """
        names = ["all" if populations is None else populations.get(sample) for sample in samples]
        groups = []
        for name in set(names):
            role = OUTGROUP if name in outgroup else TARGET if name in target else None
            groups.append(Group(name, role, np.array([i for i, other in enumerate(names) if other == name])))
        order = sorted(groups, key=lambda group: (group.population is None, group.role is None, group.label))
        return cls(tuple(samples), tuple(order))

    def _where(self, groups: Sequence[Group]) -> NDArray[np.bool_]:
        result = np.zeros(len(self.samples), dtype=np.bool_)
        for group in groups:
            result[group.members] = True
        return result

    @property
    def selected(self) -> NDArray[np.bool_]:
        """Samples with a role, shape (num_samples,)."""
        return self._where([group for group in self.by_population if group.role is not None])

    @property
    def looked_at(self) -> NDArray[np.bool_]:
        """Samples with a role if any has one; else those of the populations table, or all; shape (num_samples,)."""
        selected = self.selected
        named = self._where([group for group in self.by_population if group.population is not None])
        if selected.any() or named.any():
            return selected if selected.any() else named
        return np.ones(len(self.samples), dtype=np.bool_)

    def strangers(self) -> list[str]:
        """Samples that the populations table does not name."""
        where = self._where([group for group in self.by_population if group.population is None])
        return [self.samples[i] for i in np.flatnonzero(where)]


def refusals(counted: Tally, groups: Groups, refusal: DataError) -> list[str]:
    """All that an analysis would refuse; a kind of genotypes once, by how many of them the selected samples have.

    Parameters
    ----------
    counted : Tally
    groups : Groups
    refusal : DataError
        What the analysis stopped at.
    """
    flaws = _flawed(counted, groups.samples, groups.selected)
    texts = [f"{text}; {_REMEDIES[flaw][1]}" for flaw, text in flaws.items()]
    without = counted.scan.num_without_genotypes
    if without:
        texts.append(f"{without:,} SNVs without genotypes (GT); leave these records out")
    return texts if flaws and isinstance(refusal, GenotypeError) else [str(refusal), *texts]


def _flawed(counted: Tally, samples: Sequence[str], chosen: NDArray[np.bool_]) -> dict[Flaw, str]:
    """How many genotypes of the chosen samples have a flaw that an analysis refuses, in words."""
    texts = {}
    for flaw, (what, _) in _REMEDIES.items():
        number = np.where(chosen, counted.genotypes[flaw], 0)
        names = [samples[int(i)] for i in np.flatnonzero(number)]
        if names:
            texts[flaw] = f"{number.sum():,} {what} in {len(names):,} samples ({listed(names)})"
    return texts


def unused(counted: Tally, groups: Groups) -> list[str]:
    """What an analysis with these populations would refuse in no sample but those that it does not look at.

    Parameters
    ----------
    counted : Tally
    groups : Groups
    """
    told = _flawed(counted, groups.samples, groups.looked_at)
    flaws = _flawed(counted, groups.samples, ~groups.looked_at)
    return [f"samples left out: {text}" for flaw, text in flaws.items() if flaw not in told]


def doubts(counted: Tally, groups: Groups, populations: Mapping[str, str] | None) -> list[Finding]:
    """What an analysis would accept in the samples and the header, and a person should look at.

    Parameters
    ----------
    counted : Tally
    groups : Groups
    populations : mapping of str to str or None
        Population of each sample, if a table was given.
    """
    findings = _missing(counted, groups) + _lacking(counted, groups)
    if not groups.selected.any():
        for flaw, text in _flawed(counted, groups.samples, groups.looked_at).items():
            code = Code.UNPHASED if flaw is Flaw.UNPHASED else Code.DATA
            findings.append(Finding(code, Severity.WARNING, f"{text}; {_REMEDIES[flaw][1]}"))
        findings += _absent(groups, populations)
    # A region without a record leaves no contig to look up.
    if not any(name in counted.lengths for name in counted.contigs or counted.lengths):
        text = "the header gives no length of a contig, so that the build can't be told; check it by hand"
        findings.append(Finding(Code.REFERENCE_BUILD, Severity.WARNING, text))
    return findings


def _missing(counted: Tally, groups: Groups) -> list[Finding]:
    """Many genotypes are missing, over all or in some samples."""
    snvs, missing, looked_at = counted.num_snvs, counted.genotypes[Flaw.MISSING], groups.looked_at
    texts = []
    share = missing[looked_at].sum() / max(snvs * int(looked_at.sum()), 1)
    if share > _MISSING_OVERALL:
        texts.append(f"{share:.1%} of the genotypes are missing; leave out sites or samples with few genotypes")
    bad = np.flatnonzero(looked_at & (missing > _MISSING_IN_SAMPLE * snvs))
    if len(bad):
        names = listed([groups.samples[int(i)] for i in bad])
        texts.append(f"{len(bad):,} samples lack more than half of their genotypes ({names}); leave them out")
    return [Finding(Code.GENOTYPES_MISSING, Severity.WARNING, text) for text in texts]


def _lacking(counted: Tally, groups: Groups) -> list[Finding]:
    """Samples that lack far more genotypes than the others of their group."""
    snvs = counted.num_snvs
    lacking = counted.genotypes[Flaw.MISSING] / max(snvs, 1)
    findings = []
    for group in groups.by_population:
        members = group.members
        if len(members) < _FEWEST_IN_GROUP or snvs < _MANY_SNVS or not groups.looked_at[members].all():
            continue
        usual = float(np.median(lacking[members]))
        spread = _NORMAL_MAD * float(np.median(np.abs(lacking[members] - usual)))
        far = members[lacking[members] > usual + max(_FAR * spread, _MORE_MISSING)]
        for sample in far[:_LISTED].tolist():
            text = (
                f"{group.label}: sample {groups.samples[sample]} lacks genotypes at {lacking[sample]:.1%} of the SNVs, "
                f"the others at {usual:.1%}; does it belong there?"
            )
            findings.append(Finding(Code.SAMPLE_OUTLIER, Severity.WARNING, text))
    return findings


def _absent(groups: Groups, populations: Mapping[str, str] | None) -> list[Finding]:
    absent = sorted(set(populations or ()) - set(groups.samples))
    if not absent:
        return []
    text = f"{len(absent):,} samples of the populations table are not in the VCF: {listed(absent)}"
    return [Finding(Code.SAMPLES_ABSENT, Severity.WARNING, text)]
