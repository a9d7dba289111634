"""Simulated genomes for training, and batches of random parts of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from introghost import seeds
from introghost.inference import balance, inputs
from introghost.inference.inputs import Pooled
from introghost.inference.training import split_genomes
from introghost.statistics.table import Statistics

Array = NDArray[np.float32]

PARTS = 5  # the smallest parts are that part of a genome; of less, calibration is poor
WHOLE = 0.5


@dataclass(frozen=True)
class Genomes:
    """Simulated genomes, region by region: of each what `inputs.pool_each` gives, which `apply` uses as well.

    A genome that was observed several times counts as several.

    Attributes
    ----------
    regions : list of ndarray of float32, each of shape (num_regions, num_pooled)
    held_out : ndarray of bool, shape (num_genomes,)
        Genomes of validation.
    identities : ndarray of int64, shape (num_genomes,)
        Of `balance.identities`: equal for the observations of one genome.
    scenarios : ndarray of str, shape (num_genomes,)
    parameters : mapping of str to ndarray of float64, shape (num_genomes,)
        Drawn parameters by name; NaN where the genome's scenario lacks one.
    """

    regions: list[Array]
    held_out: NDArray[np.bool_]
    identities: NDArray[np.int64]
    scenarios: NDArray[np.str_]
    parameters: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @classmethod
    def of(cls, statistics: Statistics, seed: int) -> "Genomes":
        """Genomes of simulated statistics; `seed` chooses those that are held out, see `training.split_genomes`.

        Parameters
        ----------
        statistics : Statistics
        seed : int

        Raises
        ------
        DataError
            Genomes too few to split, or one without a usable bin.
        """
        genomes = list(statistics.genomes())
        scenarios = np.array([genome.scenario for genome in genomes])
        numbers = np.array([genome.genome for genome in genomes])
        held_out = split_genomes(scenarios, numbers, seed)
        identities = balance.identities(scenarios, numbers)
        parameters = {
            name: np.array([genome.parameters.get(name, np.nan) for genome in genomes])
            for name in statistics.parameter_names
        }
        regions = [inputs.pool_each(genome.pooled, genome.usable, genome.population) for genome in genomes]
        return cls([values.astype(np.float32) for values in regions], held_out, identities, scenarios, parameters)

    @property
    def train(self) -> NDArray[np.intp]:
        """Indices of the genomes to train on."""
        return np.flatnonzero(~self.held_out)

    @property
    def validation(self) -> NDArray[np.intp]:
        """Indices of the genomes that are held out."""
        return np.flatnonzero(self.held_out)

    def num_genomes(self, cases: NDArray[np.intp]) -> int:
        """How many genomes some cases are of; one that was observed several times counts once.

        Parameters
        ----------
        cases : ndarray of int
            Indices.
        """
        return len(np.unique(self.identities[cases]))

    def part(self, genome: int, number: int, rng: np.random.Generator) -> Pooled:
        """Some regions of one genome, drawn at random without putting back.

        Parameters
        ----------
        genome : int
            Its index.
        number : int
            Regions to draw; all of them if the genome has fewer.
        rng : numpy.random.Generator

        Returns
        -------
        Pooled
            One row.
        """
        regions = self.regions[genome]
        return Pooled.of(regions[rng.permutation(len(regions))[:number]])

    def parts(self, rng: np.random.Generator) -> list[Pooled]:
        """One part of every genome for each of the `numbers` of regions, so whole genomes first.

        Of a genome that has not so many regions, all of them.
        """
        genomes = range(len(self.regions))
        return [Pooled.stack(self.part(genome, number, rng) for genome in genomes) for number in self.numbers()]

    def most(self) -> int:
        """Regions of the largest genome."""
        return max(len(regions) for regions in self.regions)

    def fewest(self) -> int:
        """Regions of the smallest parts."""
        return max(1, self.most() // PARTS)

    def numbers(self, genome: int | None = None) -> list[int]:
        """How many regions the parts of a genome have in validation: all, half of them, and so on.

        By default of the genome that has the most.
        """
        number = self.most() if genome is None else len(self.regions[genome])
        numbers = [number]
        number //= 2
        while number >= self.fewest():
            numbers.append(number)
            number //= 2
        return numbers

    def num_regions_range(self) -> tuple[int, int]:
        """Fewest and most regions of a genome or a part of it."""
        return min(self.fewest(), *(len(regions) for regions in self.regions)), self.most()


class GenomeBatches(IterableDataset[tuple[Tensor, ...]]):
    """Batches of genomes and of random parts of them, so that a network learns what few regions are worth.

    In training each genome comes once in an epoch, about every second time as a whole; in validation whole and in
    halves, quarters and so on, the same ones in every epoch. A batch is pooled values, (batch, num_pooled), numbers of
    regions, (batch,), and the labels of its genomes.

    Parameters
    ----------
    genomes : Genomes
    cases : ndarray of int
        Indices of the genomes; one that stands there twice comes twice in an epoch.
    labels : tuple of Tensor, each of shape (num_genomes, ...)
        Of all genomes.
    size : int
        Parts in a batch.
    seed : int or None
        None for validation.
    """

    def __init__(
        self, genomes: Genomes, cases: NDArray[np.intp], labels: tuple[Tensor, ...], size: int, seed: int | None
    ) -> None:
        self.genomes, self.cases, self.labels, self.size, self.seed, self.epoch = genomes, cases, labels, size, seed, 0

    def __len__(self) -> int:
        parts = len(self.cases) if self.seed is not None else sum(len(self.genomes.numbers(g)) for g in self.cases)
        return -(-parts // self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        pairs, rng = self._pairs()
        for start in range(0, len(pairs), self.size):
            batch = pairs[start : start + self.size]
            pooled = Pooled.stack(self.genomes.part(genome, number, rng) for genome, number in batch)
            cases = torch.tensor([genome for genome, _ in batch])
            yield *pooled.tensors(), *(label[cases] for label in self.labels)

    def _pairs(self) -> tuple[list[tuple[int, int]], np.random.Generator]:
        """Genome and number of regions of each part of an epoch."""
        if self.seed is None:
            pairs = [(genome, number) for genome in self.cases.tolist() for number in self.genomes.numbers(genome)]
            return pairs, np.random.default_rng(0)
        rng = np.random.default_rng(seeds.derive(self.seed, "parts", self.epoch))
        self.epoch += 1
        fewest, pairs = self.genomes.fewest(), []
        for genome in rng.permutation(self.cases).tolist():
            most = len(self.genomes.regions[genome])
            # Log-uniform from the fewest regions to all of them.
            drawn = int(np.exp(rng.uniform(np.log(min(fewest, most)), np.log(most + 1))))
            pairs.append((genome, most if rng.random() < WHOLE else min(drawn, most)))
        return pairs, rng
