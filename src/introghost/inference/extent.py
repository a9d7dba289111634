"""How much sequence an answer about a whole genome rests on, and the least that networks for whole genomes need.

Here torch is not imported, so that what a model needs can be told without it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.haplotypes import Haplotypes
from introghost.inference.fields import Fields, Range, parse_object
from introghost.inference.reading import Bins
from introghost.inference.training_data import TrainingData
from introghost.models import DESCRIPTION
from introghost.sizes import megabases
from introghost.statistics.haplotype import without_blank_runs

# How much less callable sequence than in training still counts as the same.
SHARE_TOLERANCE = 0.05


@dataclass(frozen=True)
class Extent:
    """How much sequence an answer about a whole genome rests on.

    Attributes
    ----------
    regions : int
        Regions that count, see `pooled_regions`.
    regions_of_short_stretches : int
        Those among them that are put together from shorter stretches.
    bins : int
        Usable bins in them.
    used_bp, left_out_bp : int
        Callable sequence in these bins, and in usable bins of stretches too short to count.
    """

    regions: int
    regions_of_short_stretches: int
    bins: int
    used_bp: int
    left_out_bp: int

    @classmethod
    def of(cls, contigs: Iterable[Bins], region_length_bp: int) -> "Extent":
        """Extent of a genome, whose contigs are each cut into regions on a grid of its own.

        Parameters
        ----------
        contigs : iterable of Bins
            Those without a usable site are left out.
        region_length_bp : int

        Raises
        ------
        DataError
            No usable bin at all.
        """
        contigs = [bins for bins in contigs if bins.has_sites]
        return cls.of_usable(contigs, usable_by_region(contigs, region_length_bp), region_length_bp)

    @classmethod
    def of_usable(cls, contigs: Sequence[Bins], usable: NDArray[np.bool_], region_length_bp: int) -> "Extent":
        """The same of contigs with a usable site each, whose `usable_by_region` is known."""
        # Callable base pairs of each region in its usable bins.
        called_bp = [np.where(bins.called, np.rint(bins.callable_bp), 0).astype(np.int64) for bins in contigs]
        parts = zip(called_bp, contigs, strict=True)
        region_bp = np.concatenate([_per_region(part, bins, region_length_bp).sum(axis=1) for part, bins in parts])
        groups = pooled_regions(usable)
        used_bp = sum(int(region_bp[group].sum()) for group in groups)
        return cls(
            regions=len(groups),
            regions_of_short_stretches=sum(len(group) > 1 for group in groups),
            bins=sum(int(usable[group].sum()) for group in groups),
            used_bp=used_bp,
            left_out_bp=int(region_bp.sum()) - used_bp,
        )

    @classmethod
    def of_haplotypes(cls, contigs: Iterable[Haplotypes], bin_bp: int, region_length_bp: int) -> "Extent":
        """Extent of a genome as `reading` would read it.

        Parameters
        ----------
        contigs : iterable of Haplotypes
            Whole contigs; genotypes are not looked at.
        bin_bp, region_length_bp : int

        Raises
        ------
        DataError
            No usable bin at all.
        """
        bins = [Bins.of(*without_blank_runs(haplotypes, bin_bp), bin_bp) for haplotypes in contigs]
        return cls.of(bins, region_length_bp)

    def __str__(self) -> str:
        regions = f"{self.regions:,} region{'' if self.regions == 1 else 's'}"
        return f"{regions} with {megabases(self.used_bp)} callable"

    def to_json(self) -> dict[str, int]:
        """Every attribute under its name."""
        return asdict(self)


@dataclass(frozen=True)
class Least:
    """The least sequence that networks for whole genomes were trained on, a little less of it callable allowed.

    Sequence is counted in callable base pairs, too, so that many short stretches do not pass for as many regions.

    Attributes
    ----------
    bin_bp, region_length_bp : int
        Of the bins and regions in which it is counted.
    regions : int
        As `Extent.regions`.
    callable_bp : float
        As `Extent.used_bp`.
    """

    bin_bp: int
    region_length_bp: int
    regions: int
    callable_bp: float

    @classmethod
    def of(cls, training: TrainingData, regions: Range) -> "Least":
        """What one network needs.

        Parameters
        ----------
        training : TrainingData
        regions : Range
            Numbers of regions of the genomes, and of the parts of genomes, in training.
        """
        length_bp, share = training.region_length_bp, training.callable_share[0] - SHARE_TOLERANCE
        return cls(training.bin_bp, length_bp, regions.lowest, regions.lowest * length_bp * share)

    @classmethod
    def together(cls, each: Sequence["Least"]) -> "Least":
        """What several networks of one model need, of which there is at least one."""
        regions, callable_bp = max(least.regions for least in each), max(least.callable_bp for least in each)
        return replace(each[0], regions=regions, callable_bp=callable_bp)

    @classmethod
    def of_model(cls, model: Path) -> "Least | None":
        """What all networks for whole genomes of a model need, as their descriptions say; None if it has none.

        Parameters
        ----------
        model : Path
            Folder of the model. Its weights are not looked at.

        Raises
        ------
        ModelError
            A description is damaged.
        """
        each = []
        for path in sorted(model.glob(f"*/{DESCRIPTION}")):
            description = Fields(parse_object(path.read_bytes(), str(path)), str(path))
            if "regions" in description.values:  # the segment network has none
                each.append(cls.of(TrainingData.from_json(description), description.interval("regions")))
        return cls.together(each) if each else None

    def is_met(self, extent: Extent) -> bool:
        """Whether so much sequence is enough."""
        return extent.regions >= self.regions and extent.used_bp >= self.callable_bp

    def shortage(self, model: str, contigs: Iterable[Haplotypes]) -> str:
        """What a model does not tell of so little sequence, in words; empty if it is enough.

        Parameters
        ----------
        model : str
            Its name.
        contigs : iterable of Haplotypes
            As for `Extent.of_haplotypes`.
        """
        try:
            extent = Extent.of_haplotypes(contigs, self.bin_bp, self.region_length_bp)
        except DataError as error:
            return f"nothing is called: {error}"
        if self.is_met(extent):
            return ""
        return (
            f"enough for segments only; whether, how much and when need {self}; this file has {extent} (model {model})"
        )

    def __str__(self) -> str:
        regions = f"{self.regions:,} region{'' if self.regions == 1 else 's'} of {megabases(self.region_length_bp)}"
        return f"{regions} with {megabases(self.callable_bp)} callable in all"


def usable_by_region(contigs: Sequence[Bins], region_length_bp: int) -> NDArray[np.bool_]:
    """Usable bins of each region of all contigs, shape (num_regions, num_bins).

    Parameters
    ----------
    contigs : sequence of Bins
        With a usable site each.
    region_length_bp : int

    Raises
    ------
    DataError
        No usable bin at all.
    """
    usable = [_per_region(bins.called, bins, region_length_bp) for bins in contigs]
    if not any(part.any() for part in usable):
        raise DataError("no bin of the target has enough callable sequence; check --include-bed and --region")
    return np.concatenate(usable)


def pooled_regions(usable: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Regions that stand for a genome: those of which at least half the bins are usable, scraps put together.

    Simulated and real genomes go through this one rule, for the model-choice network can judge only what was put
    together as in its training. Regions weigh the same, so that a scrap of one, between a gap and the end of a contig
    say, would count as much as a whole one while its quantiles and spectra are of few sites: hence at least half.
    Scraps make a region together, one after the other, as soon as they have that, whatever lies between; what is left
    of them counts only if there is nothing else.

    Parameters
    ----------
    usable : ndarray of bool, shape (num_regions, num_bins)

    Returns
    -------
    list of ndarray of intp
        Indices of the regions that count as one.

    Raises
    ------
    DataError
        No usable bin at all.
    """
    number = usable.sum(axis=1)
    if not number.any():
        raise DataError("no bin of a genome has enough callable sequence; is the mask inside out?")
    groups, scraps = list[list[int]](), list[int]()
    for index in np.flatnonzero(number).tolist():
        if 2 * number[index] >= usable.shape[1]:
            groups.append([index])
            continue
        scraps.append(index)
        if 2 * number[scraps].sum() >= usable.shape[1]:
            groups.append(scraps)
            scraps = []
    return [np.array(group) for group in groups or [scraps]]


def _per_region(values: NDArray[np.generic], bins: Bins, region_length_bp: int) -> NDArray[np.generic]:
    """Values of bins as (num_regions, bins of a region); the last region is filled up with zeros."""
    in_region = region_length_bp // bins.bin_bp
    return np.pad(values, (0, -len(values) % in_region)).reshape(-1, in_region)
