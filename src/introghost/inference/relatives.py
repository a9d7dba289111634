"""Whether what is called as a ghost's is also carried by populations that are related to the outgroup.

An outgroup of one population lacks by chance much that its relatives have, and what it lacks looks like a ghost's.
Where the file has other populations, a few segments are looked up in them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost.findings import Code, Finding, Severity
from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes
from introghost.variants.allele_counts import AlleleCounts, allele_counts
from introghost.variants.index import index_path
from introghost.variants.source import VcfSource
from introghost.variants.zarr_source import is_store

MOST_SEGMENTS = 60
LONGEST_BP = 500_000
FEWEST_SAMPLES = 5
FEWEST_ALLELES = 4
# Share of a segment's private alleles that relatives carry, from which it counts as theirs too; share of segments.
CARRIED, MANY = 0.5, 0.1
# Of f2 of outgroup and target: by how much a relative is nearer to the outgroup, and f3 of who is admixed.
NEARER, ADMIXED = 0.1, -0.03
_WHY = "the outgroup lacks them by chance, or a little of the ghost came to it"

Frequencies = NDArray[np.float64]


@dataclass
class Lookup:
    """What other populations have of called segments.

    Attributes
    ----------
    names : list of str
        The other populations.
    carried : list of ndarray of float64, shape (num_populations,)
        Of each segment, the share of its private alleles that each population carries.
    from_outgroup, from_target : ndarray of float64, shape (num_populations,)
        Squared differences of allele frequencies, summed over sites, without the bias of small samples of outgroup and
        target; that of the population is in both.
    f3 : ndarray of float64, shape (num_populations,)
        The statistic f3 of a population with outgroup and target (Patterson et al. 2012, Genetics 192:1065), without
        the bias of small samples, summed over sites: negative where it descends of both.
    apart : float
        The statistic f2 of outgroup and target, their squared differences without that bias, summed over sites.
    """

    names: list[str]
    carried: list[Frequencies] = field(default_factory=list)
    from_outgroup: Frequencies = field(init=False)
    from_target: Frequencies = field(init=False)
    f3: Frequencies = field(init=False)
    apart: float = 0.0

    def __post_init__(self) -> None:
        self.from_outgroup, self.from_target, self.f3 = (np.zeros(len(self.names)) for _ in range(3))

    @property
    def relatives(self) -> list[str]:
        """Populations whose allele frequencies are nearer to the outgroup's than to the target's, admixed ones apart.

        Who descends of the target too, by a few per cent or more, may have the ghost's alleles from there.
        """
        is_nearer = self.from_outgroup + NEARER * self.apart < self.from_target
        nearer = is_nearer & (self.f3 >= ADMIXED * self.apart)
        return [name for name, is_relative in zip(self.names, nearer, strict=True) if is_relative]

    @property
    def num_shared(self) -> int:
        """Segments of which a relative of the outgroup carries enough."""
        rows = [self.names.index(name) for name in self.relatives]
        return sum(bool(rows) and bool(share[rows].max() >= CARRIED) for share in self.carried)


def look_up(source: VcfSource, populations: Mapping[str, str], segments: pd.DataFrame) -> Lookup:
    """Look called segments up in the populations of the file that have no role.

    Parameters
    ----------
    source : VcfSource
        What was read; nothing more is counted in it.
    populations : mapping of str to str
        Population of each sample.
    segments : DataFrame
        Of `calling.segments`: at most `MOST_SEGMENTS` of them, evenly spaced, are looked up.

    Returns
    -------
    Lookup
        Without a population where the file has no further one of at least `FEWEST_SAMPLES` samples.
    """
    members = _others(source, populations)
    lookup = Lookup(sorted(members))
    if not members or not len(segments):
        return lookup
    rows = np.unique(np.linspace(0, len(segments) - 1, MOST_SEGMENTS).round().astype(int))
    chosen = segments.sort_values(["contig", "start"], kind="stable").iloc[rows]
    again = source.unread()
    again.contigs()
    subsets = [source.roles.members(OUTGROUP), source.roles.members(TARGET), *(members[name] for name in lookup.names)]
    paths = source.files.paths
    # Without an index the whole file is read for any region: then all of it is counted, once.
    has_index = all(is_store(path) or index_path(path) is not None for path in paths)
    whole = [] if has_index else list(allele_counts(paths, subsets=subsets))
    for region, inside in _stretches(chosen):
        for counts in allele_counts(paths, region=region, subsets=subsets) if has_index else whole:
            if counts.contig == region[0]:
                _add(lookup, again.read(*region), counts, inside)
    return lookup


def findings(lookup: Lookup) -> list[Finding]:
    """What to tell if relatives of the outgroup carry what is called."""
    number, shared = len(lookup.carried), lookup.num_shared
    if not number or shared <= MANY * number:
        return []
    text = (
        f"{shared} of {number} called segments that were looked up are also in {', '.join(lookup.relatives)}, which "
        f"are nearer to the outgroup than to the target: {_WHY}; give these populations as --outgroup too"
    )
    return [Finding(Code.OUTGROUP_RELATIVES, Severity.WARNING, text)]


def _others(source: VcfSource, populations: Mapping[str, str]) -> dict[str, list[str]]:
    """Samples of each population without a role, as far as they are in the file."""
    members: dict[str, list[str]] = {}
    for sample in source.files.samples:
        if sample in populations:
            members.setdefault(populations[sample], []).append(sample)
    with_role = {populations[name] for name in source.roles.names}
    return {
        name: samples for name, samples in members.items() if name not in with_role and len(samples) >= FEWEST_SAMPLES
    }


def _stretches(segments: pd.DataFrame) -> Iterator[tuple[tuple[str, int, int], pd.DataFrame]]:
    """Stretches that hold overlapping segments, of each the first `LONGEST_BP`, with their segments."""
    ends = (segments["start"] + LONGEST_BP).clip(upper=segments["end"])
    cut = segments.assign(end=ends)
    reached = cut.groupby("contig", sort=False)["end"].cummax()
    is_first = (cut["contig"] != cut["contig"].shift()) | (cut["start"] >= reached.shift(fill_value=0))
    for _, inside in cut.groupby(is_first.cumsum()):
        yield (str(inside["contig"].iloc[0]), int(inside["start"].min()), int(inside["end"].max())), inside


def _add(lookup: Lookup, haplotypes: Haplotypes, counts: AlleleCounts, segments: pd.DataFrame) -> None:
    """Add one stretch: differences of frequencies, and what each segment's haplotype carries privately."""
    _, rows, columns = np.intersect1d(haplotypes.positions_bp, counts.positions_bp, return_indices=True)
    alternate, called = counts.alternate[columns, 1:], counts.called[columns, 1:]
    frequency = np.divide(alternate, called, out=np.full(alternate.shape, np.nan), where=called > 0)
    _add_differences(lookup, frequency, called)
    outgroup, others = frequency[:, 0], frequency[:, 2:]
    # Alleles that the outgroup lacks, and whether each population has them: ALT where the outgroup has REF alone. A
    # population without a genotype is not known to have any.
    is_private = ~(haplotypes.outgroup[rows] == 1).any(axis=1) & ((outgroup == 0) | (outgroup == 1))
    has = np.where((outgroup == 0)[:, None], others > 0, others < 1)
    names = [name for name, role in zip(haplotypes.sample_names, haplotypes.roles, strict=True) if role == TARGET]
    positions = haplotypes.positions_bp[rows]
    columns_of_segments = segments[["sample", "haplotype", "start", "end"]].itertuples(index=False)
    for sample, haplotype, start, end in columns_of_segments:
        column = names.index(sample) + int(haplotype)
        inside = (positions >= start) & (positions < end)
        private = is_private & inside & (haplotypes.target[rows, column] == 1)
        if private.sum() >= FEWEST_ALLELES:
            lookup.carried.append(has[private].mean(axis=0))


def _add_differences(lookup: Lookup, frequency: Frequencies, called: NDArray[np.int32]) -> None:
    """Add differences of frequencies, of the outgroup, the target and the others, one column each.

    NaN where a population has no genotype.
    """
    is_known = ~np.isnan(frequency[:, :2]).any(axis=1)
    frequency, called = frequency[is_known], called[is_known]
    # Each with the variance that sampling adds to its square.
    variance = frequency * (1 - frequency) / np.maximum(called - 1, 1)
    outgroup, target, others = frequency[:, :1], frequency[:, 1:2], frequency[:, 2:]
    lookup.apart += float(((outgroup - target) ** 2 - variance[:, :1] - variance[:, 1:2]).sum())
    lookup.from_outgroup += np.nansum((others - outgroup) ** 2 - variance[:, :1], axis=0)
    lookup.from_target += np.nansum((others - target) ** 2 - variance[:, 1:2], axis=0)
    lookup.f3 += np.nansum((others - outgroup) * (others - target) - variance[:, 2:], axis=0)
