"""What an analysis of a VCF would refuse, and what a person should doubt, each in one line with a remedy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.variants.samples import listed
from introghost.variants.tally import Tally

_STRANGERS = "not in the populations table"
_MISSING_OVERALL, _MISSING_IN_SAMPLE, _EMPTY_BINS, _FEW_SITES, _MANY_SNVS = 0.1, 0.5, 0.5, 5, 100
# Heterozygosity varies along the genome: on a megabase, of 2,504 people nobody was farther off than 4.1 deviations.
_FEWEST_IN_GROUP, _FAR, _NORMAL_MAD, _MORE_MISSING, _LISTED = 10, 5, 1.4826, 0.05, 5
_FLAWS = {
    "unphased": ("unphased heterozygotes", "phase the VCF, or leave these samples out of the populations"),
    "haploid": ("haploid genotypes", "leave out chromosomes X, Y and MT, or make genotypes diploid"),
    "polyploid": ("genotypes of more than two alleles", "only diploid samples are supported: leave these out"),
    "beyond ALT": ("genotypes with an allele number beyond ALT", "mend the records"),
}


@dataclass(frozen=True)
class Groups:
    """The samples of a VCF by population and role.

    Attributes
    ----------
    samples : tuple of str
    names : tuple of str
        Name of each sample's group, for example ``YRI (outgroup)``.
    selected : ndarray of bool, shape (num_samples,)
        Whether the sample has a role.
    """

    samples: tuple[str, ...]
    names: tuple[str, ...]
    selected: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        samples: Sequence[str],
        populations: Mapping[str, str] | None,
        outgroup: Sequence[str],
        target: Sequence[str],
    ) -> "Groups":
        """Group the samples; without populations all are of one group, ``all``."""
        names = []
        for sample in samples:
            population = "all" if populations is None else populations.get(sample, _STRANGERS)
            role = " (outgroup)" if population in outgroup else " (target)" if population in target else ""
            names.append(population + role)
        selected = np.array([name.endswith((" (outgroup)", " (target)")) for name in names], dtype=np.bool_)
        return cls(tuple(samples), tuple(names), selected)

    @property
    def looked_at(self) -> NDArray[np.bool_]:
        """Samples with a role if any has one; else those of the populations table, or all; shape (num_samples,)."""
        if self.selected.any():
            return self.selected
        known = np.array([name != _STRANGERS for name in self.names], dtype=np.bool_)
        return known if known.any() else ~known

    def members(self) -> list[tuple[str, NDArray[np.int64]]]:
        """Each group and the indices of its samples: those with a role first, strangers last."""
        order = sorted(set(self.names), key=lambda name: (name == _STRANGERS, "(" not in name, name))
        return [(name, np.flatnonzero(np.array(self.names) == name)) for name in order]

    def sizes(self) -> list[tuple[str, int]]:
        """Each group and its number of samples."""
        return [(name, len(members)) for name, members in self.members()]

    def strangers(self) -> list[str]:
        """Samples that the populations table does not name."""
        return [sample for sample, name in zip(self.samples, self.names, strict=True) if name == _STRANGERS]


def refusals(counted: Tally, groups: Groups, refusal: DataError) -> list[str]:
    """All that an analysis would refuse, if the selected samples show it; else the one thing that it stopped at."""
    found = _with_remedies(_flawed(counted, groups.samples, groups.selected))
    without = counted.classes["SNV without genotypes"]
    if without:
        found.append(f"{without:,} SNVs without genotypes (GT); leave these records out")
    return [str(refusal), *found]


def _flawed(counted: Tally, samples: Sequence[str], chosen: NDArray[np.bool_]) -> list[tuple[str, str]]:
    """Flaws of the chosen samples' genotypes, each with its remedy."""
    found = []
    for flaw, (what, remedy) in _FLAWS.items():
        number = np.where(chosen, counted.genotypes[flaw], 0)
        names = [samples[int(i)] for i in np.flatnonzero(number)]
        if names:
            found.append((f"{number.sum():,} {what} in {len(names):,} samples ({listed(names)})", remedy))
    return found


def _with_remedies(flaws: list[tuple[str, str]]) -> list[str]:
    return [f"{flaw}; {remedy}" for flaw, remedy in flaws]


def unused(counted: Tally, groups: Groups) -> list[str]:
    """What an analysis with these populations would refuse in the samples that it does not look at."""
    return [f"samples left out: {flaw}" for flaw, _ in _flawed(counted, groups.samples, ~groups.looked_at)]


def _outliers(counted: Tally, groups: Groups) -> list[str]:
    """Samples that lack genotypes, or are heterozygous, far more or less often than their group."""
    snvs, missing = counted.num_snvs, counted.genotypes["missing"]
    lacking = missing / max(snvs, 1)
    heterozygous = counted.genotypes["heterozygous"] / np.maximum(snvs - missing, 1)
    found = []
    for name, members in groups.members():
        if len(members) < _FEWEST_IN_GROUP or snvs < _MANY_SNVS or not groups.looked_at[members].all():
            continue
        for what, values in (("lacks genotypes", lacking[members]), ("is heterozygous", heterozygous[members])):
            usual = np.median(values)
            far = np.abs(values - usual) > _FAR * _NORMAL_MAD * np.median(np.abs(values - usual))
            if what == "is heterozygous":
                far &= (values < usual / 2) | (values > 2 * usual)
            else:
                far &= values > usual + _MORE_MISSING
            found += [
                f"{name}: sample {groups.samples[int(members[i])]} {what} at {values[i]:.1%} of the SNVs, "
                f"the others at {usual:.1%}; does it belong there?"
                for i in np.flatnonzero(far)[:_LISTED].tolist()
            ]
    return found


def doubts(
    counted: Tally, groups: Groups, populations: Mapping[str, str] | None, sites_per_bin: NDArray[np.int64]
) -> list[str]:
    """What an analysis would accept, and a person should look at."""
    looked_at = groups.looked_at
    found = [] if groups.selected.any() else _with_remedies(_flawed(counted, groups.samples, looked_at))
    snvs, missing = counted.num_snvs, counted.genotypes["missing"]
    if snvs and missing[looked_at].sum() > _MISSING_OVERALL * snvs * looked_at.sum():
        share = 100 * missing[looked_at].sum() / (snvs * looked_at.sum())
        found.append(f"{share:.1f} % of the genotypes are missing; leave out sites or samples with few genotypes")
    bad = np.flatnonzero(looked_at & (missing > _MISSING_IN_SAMPLE * snvs))
    if len(bad):
        names = listed([groups.samples[int(i)] for i in bad])
        found.append(f"{len(bad):,} samples lack more than half of their genotypes ({names}); leave them out")
    found += _outliers(counted, groups)
    for name, members in groups.members():
        if looked_at[members].any() and snvs >= _MANY_SNVS and not counted.genotypes["heterozygous"][members].any():
            found.append(f"{name}: no heterozygote at {snvs:,} SNVs; pseudo-haploid genotypes are no haplotypes")
    absent = sorted(set(populations or ()) - set(groups.samples))
    if absent and not groups.selected.any():
        found.append(f"{len(absent):,} samples of the populations table are not in the VCF: {listed(absent)}")
    # A region without a record leaves no contig to look up.
    if not any(name in counted.lengths for name in counted.contigs or counted.lengths):
        found.append("the header gives no length of a contig, so that the build can't be told; check it by hand")
    if len(sites_per_bin) and (sites_per_bin < _FEW_SITES).mean() > _EMPTY_BINS:
        found.append("more than half of the bins have too few sites; use wider bins, or check the callable regions")
    return found
