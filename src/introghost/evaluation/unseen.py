"""Simulated genomes that a model has not seen, as the tables of whole genomes take them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from introghost.inference import inputs, model_choice
from introghost.inference.bundles import GenomeBundle
from introghost.inference.inputs import Pooled
from introghost.statistics.table import GenomeStatistics


@dataclass(frozen=True)
class UnseenGenomes:
    """Genomes to test on.

    Attributes
    ----------
    genomes : tuple of GenomeStatistics
        Sorted by scenario and number.
    ghost_of_target : mapping of str to bool
        Whether in each of their scenarios a ghost gave to the target.
    """

    genomes: tuple[GenomeStatistics, ...]
    ghost_of_target: Mapping[str, bool]

    @classmethod
    def of(cls, genomes: Iterable[GenomeStatistics], ghost_of_target: Mapping[str, bool]) -> "UnseenGenomes":
        """Genomes in any order."""
        return cls(tuple(sorted(genomes, key=lambda genome: (genome.scenario, genome.genome))), ghost_of_target)

    @property
    def scenarios(self) -> NDArray[np.str_]:
        """Scenario of each genome, str of shape (num_genomes,)."""
        return np.array([genome.scenario for genome in self.genomes], dtype=np.str_)

    @property
    def fewest_regions(self) -> int:
        """How many regions every genome has at least; 0 without a genome."""
        return min((len(genome.rows) for genome in self.genomes), default=0)

    def parameter(self, name: str) -> NDArray[np.float64]:
        """One parameter of each genome, float64 of shape (num_genomes,); NaN where a scenario lacks it."""
        return np.array([genome.parameters.get(name, np.nan) for genome in self.genomes], dtype=np.float64)

    def of_scenarios(self, names: Sequence[str]) -> "UnseenGenomes":
        """The genomes of these scenarios alone."""
        return replace(self, genomes=tuple(genome for genome in self.genomes if genome.scenario in names))

    def first_regions(self, number: int) -> "UnseenGenomes":
        """The same genomes with so many regions at most, the first ones."""
        return replace(self, genomes=tuple(_first_regions(genome, number) for genome in self.genomes))

    def balanced(self) -> "UnseenGenomes":
        """As many genomes of each scenario as the rarest has, those with the lowest numbers.

        Calibration and novelty hold over genomes whose scenarios are equally frequent, as they are to the network.
        """
        fewest = min(Counter(self.scenarios.tolist()).values(), default=0)
        taken, kept = Counter[str](), list[GenomeStatistics]()
        for genome in self.genomes:
            taken[genome.scenario] += 1
            if taken[genome.scenario] <= fewest:
                kept.append(genome)
        return replace(self, genomes=tuple(kept))

    def pooled(self, bundle: GenomeBundle) -> Pooled:
        """What a network for whole genomes is given of each genome.

        Parameters
        ----------
        bundle : GenomeBundle

        Returns
        -------
        Pooled
            A row for each genome, in their order; there must be one.

        Raises
        ------
        DataError
            A genome without a usable bin.
        """
        regions = (inputs.pool_each(genome.pooled, genome.usable, genome.population) for genome in self.genomes)
        return Pooled.stack(model_choice.pooled(bundle, each) for each in regions)


def _first_regions(genome: GenomeStatistics, number: int) -> GenomeStatistics:
    return replace(
        genome,
        rows=genome.rows[:number],
        pooled=genome.pooled[:number],
        usable=genome.usable[:number],
        population=genome.population[:number],
    )
