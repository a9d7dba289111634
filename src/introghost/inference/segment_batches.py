"""Simulated regions for the training of the segment network, and batches of their haplotypes."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from introghost import seeds
from introghost.errors import DataError
from introghost.inference import inputs
from introghost.inference.file_population import population_of_genomes
from introghost.networks.layers import signed_root
from introghost.networks.segments import SegmentNetwork
from introghost.statistics.haplotype import MIRRORED
from introghost.statistics.registry import SAMPLE_SIZES
from introghost.statistics.table import Statistics

HAPLOTYPES_PER_EPOCH = 24
CONTEXT_NOISE = 0.2
LOCUS_SHARE = 0.3
LEAST_LOCUS_BINS = 4
UNKNOWN_SHARE = 0.4

SegmentBatch = tuple[Tensor, Tensor, Tensor]


def mirrored_channels(names: Sequence[str]) -> list[int]:
    """Where each channel of a sequence that is read from its other end stands among those read forwards.

    Parameters
    ----------
    names : sequence of str
        Of `inputs.segment_channel_names`.

    Returns
    -------
    list of int
        The channel itself, but for statistics that change places (`statistics.haplotype.MIRRORED`) and what is
        computed of these.
    """
    place = {name: index for index, name in enumerate(names)}
    parts = [name.partition(":") for name in names]
    return [place[f"{MIRRORED.get(statistic, statistic)}{colon}{rest}"] for statistic, colon, rest in parts]


def draw_loci(number: int, num_bins: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which bins of each sequence are shown: all, or of `LOCUS_SHARE` of the sequences one locus alone.

    Parameters
    ----------
    number : int
        Sequences.
    num_bins : int
        Bins of each.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of bool, shape (number, num_bins)
        Loci lie anywhere and are log-uniform in length, from `LEAST_LOCUS_BINS` to the whole sequence.
    """
    least = min(LEAST_LOCUS_BINS, num_bins)
    length = np.exp(rng.uniform(np.log(least), np.log(num_bins + 1), number)).astype(np.intp)
    start = (rng.random(number) * (num_bins - length + 1)).astype(np.intp)
    place = np.arange(num_bins) - start[:, None]
    is_whole = rng.random(number) >= LOCUS_SHARE
    result: NDArray[np.bool_] = ((place >= 0) & (place < length[:, None])) | is_whole[:, None]
    return result


def halve(statistics: Statistics) -> Statistics:
    """The same with haplotype statistics in half precision, in which `SegmentRegions` keeps them.

    Many files are halved one by one before they are joined: then memory never holds all of them in single precision.

    Parameters
    ----------
    statistics : Statistics
        Left as they are.

    Raises
    ------
    DataError
        Statistics of whole regions alone.
    """
    values = statistics.haplotype.astype(np.float16)
    variable = (statistics.dataset["haplotype_statistics"].dims, values)
    return Statistics(statistics.dataset.assign(haplotype_statistics=variable))


class SegmentRegions:
    """Simulated regions: statistics of their haplotypes, the context of these, and which bins are ghost-derived.

    Parameters
    ----------
    statistics : Statistics
        Of simulations, with the truth.

    Attributes
    ----------
    statistics : Tensor of float16, shape (num_regions, num_haplotypes, num_bins, num_statistics)
        In half precision, for they fill the memory in training; every value has three digits and more, which is far
        below its scatter between genomes.
    present : ndarray of int64, shape (num_regions,)
        Haplotypes of each region; rows beyond them are NaN.
    context : Tensor of float32, shape (num_regions, num_bins, num_context)
        Of `inputs.context`.
    labels : Tensor of float32, shape (num_regions, num_haplotypes, num_bins)
        Share of each bin that is ghost-derived.
    usable : Tensor of float32, shape (num_regions, num_bins)
        1 where enough of the bin is callable, else 0.
    genome : ndarray of intp, shape (num_regions,)
        Number of the genome that each region is of; every observation of a genome has a number of its own.
    knows_population : ndarray of bool, shape (num_regions,)
        Whether the population statistics of each region's genome are known.
    has_ghost : ndarray of bool, shape (num_regions,)
        Whether the scenario of each region has a ghost that gave to the target.
    channel_names : tuple of str
        Of `inputs.segment_channel_names`.
    mirrored : list of int
        Of `mirrored_channels`.
    of_population : Tensor of bool, shape (num_channels,)
        Channels of population statistics.
    everywhere : Tensor of bool, shape (num_channels,)
        Channels that are known of bins without callable sequence too: those, and numbers of haplotypes.

    Raises
    ------
    DataError
        Statistics without truth.
    """

    def __init__(self, statistics: Statistics) -> None:
        labels = statistics.ghost_fraction
        if labels is None:
            raise DataError("these statistics have no truth: training needs those of simulations (statistics --trees)")
        usable = statistics.usable
        self.statistics = torch.from_numpy(statistics.haplotype.astype(np.float16, copy=False))
        self.present = (~torch.isnan(self.statistics[:, :, 0, 0])).sum(dim=1).numpy()
        population = population_of_genomes(statistics)
        around = [inputs.context(*each) for each in zip(statistics.moments, population, strict=True)]
        self.context = torch.from_numpy(np.stack(around))
        self.knows_population = np.array([not np.isnan(each).any() for each in population])
        self.labels = torch.from_numpy(labels.astype(np.float32))
        self.usable = torch.from_numpy(usable.astype(np.float32))
        ghosts = statistics.ghost_of_target
        self.genome = np.empty(len(usable), dtype=np.intp)
        for number, genome in enumerate(statistics.genomes()):
            self.genome[genome.rows] = number
        self.has_ghost = np.array([ghosts[scenario] for scenario in statistics.scenarios.tolist()])
        self.channel_names = inputs.segment_channel_names(statistics.haplotype_names, statistics.population_names)
        self.mirrored = mirrored_channels(self.channel_names)
        subjects = [name.partition(":")[0] for name in self.channel_names]
        self.of_population = torch.tensor([subject == inputs.POPULATION for subject in subjects])
        self.everywhere = torch.tensor([subject in (*SAMPLE_SIZES, inputs.POPULATION) for subject in subjects])

    def batch(self, region: NDArray[np.intp], haplotype: NDArray[np.intp], blur: Tensor | float = 1.0) -> SegmentBatch:
        """Input of the network, labels and usable bins of some haplotypes.

        Parameters
        ----------
        region, haplotype : ndarray of int, shape (batch,)
        blur : Tensor or float
            What the context is multiplied by.

        Returns
        -------
        Tensor of float32, shape (batch, num_bins, channels)
        Tensor of float32, shape (batch, num_bins)
        Tensor of float32, shape (batch, num_bins)
        """
        values = inputs.segment_input(self.statistics[region, haplotype].float(), self.context[region], blur)
        return values, self.labels[region, haplotype], self.usable[region]

    def reversed(self, batch: SegmentBatch) -> SegmentBatch:
        """The same sequences read from their other end."""
        values, labels, usable = (torch.flip(part, (1,)) for part in batch)
        return values[:, :, self.mirrored], labels, usable

    def only(self, batch: SegmentBatch, shown: NDArray[np.bool_]) -> SegmentBatch:
        """The same sequences with no callable sequence but in the bins that are shown.

        Windows of these still reach beyond, where those of a file that ends there would not.

        Parameters
        ----------
        batch : tuple of Tensor
            Of `batch`.
        shown : ndarray of bool, shape (batch, num_bins)
        """
        values, labels, usable = batch
        kept = torch.from_numpy(shown)
        return values.where(kept[:, :, None] | self.everywhere, 0.0), labels, usable * kept

    def without_population(self, batch: SegmentBatch, hidden: NDArray[np.bool_]) -> SegmentBatch:
        """The same sequences, some without population statistics.

        Parameters
        ----------
        batch : tuple of Tensor
            Of `batch`.
        hidden : ndarray of bool, shape (batch,)
        """
        values, labels, usable = batch
        is_hidden = torch.from_numpy(hidden)[:, None, None] & self.of_population
        return values.where(~is_hidden, torch.nan), labels, usable

    def standardise(self, network: SegmentNetwork, regions: NDArray[np.intp]) -> None:
        """Let the network standardise by usable bins of all haplotypes of these regions, each region weighing the same.

        What is not callable is 0, and would be taken for a value where much is masked. Regions whose population
        statistics are unknown do not count for these.

        Parameters
        ----------
        network : SegmentNetwork
            Its mean and standard deviation of each channel are set.
        regions : ndarray of int64, shape (num_regions,)
            Indices of the regions.
        """
        total = torch.zeros(3, len(self.channel_names), dtype=torch.float64)
        with_bins = [region for region in regions.tolist() if self.usable[region].any()]
        for region in with_bins:
            rows = np.arange(self.present[region])
            values, _, usable = self.batch(np.full(len(rows), region), rows)
            roots = signed_root(values[:, usable[0].bool()]).double()
            is_known = ~(self.of_population & values[0, 0].isnan())
            moments = torch.stack([roots.mean((0, 1)), roots.square().mean((0, 1)), torch.ones(len(is_known))])
            total += moments.where(is_known, 0.0)
        mean, square = total[:2] / total[2].clamp_min(1)
        network.standardise.set(mean.float(), (square - mean.square()).clamp_min(0).sqrt().float())


class SegmentBatches(IterableDataset[tuple[Tensor, ...]]):
    """Batches of haplotypes shuffled over all regions; context is joined here and never stored per haplotype.

    In training every second batch is read from its other end, and the context is scaled by log-normal factors, new ones
    for each statistic of each sequence: all haplotypes of a region have the same context, by which the network would
    learn the region by heart. Of some sequences no more than a locus is shown, so that calls hardly depend on what lies
    beside, and of some no population statistics, as of files that hold too little sequence for them.

    Parameters
    ----------
    data : SegmentRegions
    regions : ndarray of int
        Indices of the regions to take haplotypes of.
    size : int
        Haplotypes in a batch.
    seed : int or None
        None for validation, which is the same in every epoch, forwards, and without noise.
    """

    def __init__(self, data: SegmentRegions, regions: NDArray[np.intp], size: int, seed: int | None) -> None:
        self.data, self.regions, self.size, self.seed, self.epoch = data, regions, size, seed, 0

    def __len__(self) -> int:
        return -(-len(self.regions) * self._per_region() // self.size)

    def _per_region(self) -> int:
        return min(HAPLOTYPES_PER_EPOCH, self.data.statistics.shape[1])

    def pairs(self) -> NDArray[np.intp]:
        """(region, haplotype) of one epoch: drawn anew and shuffled for training, always the same for validation.

        Returns
        -------
        ndarray of int, shape (num_pairs, 2)
        """
        total, drawn = self.data.statistics.shape[1], self._per_region()
        present = self.data.present[self.regions][:, None]
        if self.seed is None:
            chosen = (np.linspace(0, 1, drawn) * (present - 1)).round().astype(np.intp)
            return np.stack([np.repeat(self.regions, drawn), chosen.ravel()], axis=1)
        rng = np.random.default_rng(seeds.derive(self.seed, "epoch", self.epoch))
        chosen = rng.permuted(np.tile(np.arange(total), (len(self.regions), 1)), axis=1)[:, :drawn]
        chosen %= present  # rows beyond the haplotypes of a small sample are empty
        return rng.permutation(np.stack([np.repeat(self.regions, drawn), chosen.ravel()], axis=1))

    def __iter__(self) -> Iterator[SegmentBatch]:
        """Batches of one epoch; while one is used, the next is put together in a thread."""
        batches = self._batches()
        with ThreadPoolExecutor(1) as thread:
            upcoming = thread.submit(next, batches, None)
            while (batch := upcoming.result()) is not None:
                upcoming = thread.submit(next, batches, None)
                yield batch

    def _batches(self) -> Iterator[SegmentBatch]:
        pairs = self.pairs()
        if self.seed is not None:
            generator = torch.Generator().manual_seed(seeds.derive(self.seed, "noise", self.epoch))
            rng = np.random.default_rng(seeds.derive(self.seed, "loci", self.epoch))
        self.epoch += 1
        for start in range(0, len(pairs), self.size):
            region, haplotype = pairs[start : start + self.size].T
            if self.seed is None:
                yield self.data.batch(region, haplotype)
                continue
            noise = torch.randn(len(region), 1, self.data.context.shape[2], generator=generator)
            whole = self.data.batch(region, haplotype, torch.exp(CONTEXT_NOISE * noise))
            shown = self.data.only(whole, draw_loci(len(region), whole[1].shape[1], rng))
            batch = self.data.without_population(shown, rng.random(len(region)) < UNKNOWN_SHARE)
            reverse = start // self.size % 2 == 1
            yield self.data.reversed(batch) if reverse else batch
