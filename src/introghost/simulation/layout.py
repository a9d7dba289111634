"""Who is who among the samples of a simulated tree sequence, and what is recorded of its region."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import msprime
import numpy as np
import tskit
from numpy.typing import NDArray

from introghost.documents import JsonObject, Section, plain_object
from introghost.errors import ConfigError, DataError
from introghost.haplotypes import OUTGROUP, TARGET
from introghost.simulation.windows import Window

KEY = "introghost"  # of the top-level metadata of a tree sequence


@dataclass(frozen=True)
class SampleLayout:
    """Diploids of each group, in the order in which they are sampled.

    Individual ``i`` has the haplotypes ``2 i`` and ``2 i + 1``.

    Attributes
    ----------
    outgroup, target : int
        Diploids of either role, of whom data are shown.
    panel_outgroup, panel_target : int
        Further diploids of either role, whom only the allele-count filter and gene flow see.
    """

    outgroup: int
    target: int
    panel_outgroup: int = 0
    panel_target: int = 0

    @classmethod
    def of(cls, tree_sequence: tskit.TreeSequence) -> "SampleLayout":
        """The layout of a tree sequence that introghost simulated.

        Raises
        ------
        DataError
            A tree sequence of another program.
        """
        return cls.from_metadata(Section(_metadata(tree_sequence)))

    @classmethod
    def from_metadata(cls, section: Section) -> "SampleLayout":
        """The layout that `to_metadata` describes."""
        return cls(*(section.integer(f"{group}_diploids") for group in cls.__dataclass_fields__))

    def to_metadata(self) -> dict[str, int]:
        """Diploids of each group, under ``GROUP_diploids``."""
        return {f"{group}_diploids": number for group, number in asdict(self).items()}

    def check(self) -> None:
        """Refuse a role without an individual.

        Raises
        ------
        ConfigError
            A role has no individual, or a number is below 0.
        """
        for name, number in self.to_metadata().items():
            least = 0 if name.startswith("panel_") else 1
            if number < least:
                raise ConfigError(f"{name} is {number}; it must be at least {least}")

    def individuals(self, group: str) -> NDArray[np.int64]:
        """Numbers of a group's individuals.

        Parameters
        ----------
        group : {"outgroup", "target", "panel_outgroup", "panel_target"}

        Returns
        -------
        ndarray of int64, shape (num_diploids,)
            Consecutive.
        """
        groups = asdict(self)
        before = list(groups)[: list(groups).index(group)]
        first = sum(groups[name] for name in before)
        return np.arange(first, first + groups[group], dtype=np.int64)

    def haplotypes(self, group: str) -> NDArray[np.int64]:
        """Indices of a group's haplotypes among the samples, shape (2 * num_diploids,); see `individuals`."""
        return haplotypes_of(self.individuals(group))

    def names(self) -> tuple[str, ...]:
        """Names of the individuals of whom data are shown, in the order of their haplotypes."""
        return names(self.outgroup, self.target)

    def populations(self, roles: Mapping[str, str]) -> tuple[str, ...]:
        """Population of each individual of `names`, given the deme of each role."""
        return (roles["outgroup"],) * self.outgroup + (roles["target"],) * self.target

    def sample_sets(self, roles: Mapping[str, str]) -> list[msprime.SampleSet]:
        """What msprime is to sample, given the deme of each role; groups without an individual are left out."""
        groups = (
            (self.outgroup, roles["outgroup"]),
            (self.target, roles["target"]),
            (self.panel_outgroup, roles["outgroup"]),
            (self.panel_target, roles["target"]),
        )
        return [msprime.SampleSet(number, population=deme, time=0, ploidy=2) for number, deme in groups if number]


def names(num_outgroup: int, num_target: int) -> tuple[str, ...]:
    """Names of simulated individuals: ``outgroup_0``, …, ``target_0``, …

    Parameters
    ----------
    num_outgroup, num_target : int
        Individuals of either role.
    """
    outgroup = tuple(f"outgroup_{i}" for i in range(num_outgroup))
    return outgroup + tuple(f"target_{i}" for i in range(num_target))


def roles_of_haplotypes(num_outgroup: int, num_target: int) -> NDArray[np.int8]:
    """Role of each haplotype of the individuals of `names`.

    Parameters
    ----------
    num_outgroup, num_target : int
        Individuals of either role.

    Returns
    -------
    ndarray of int8, shape (2 * (num_outgroup + num_target),)
        `haplotypes.OUTGROUP` or `haplotypes.TARGET`.
    """
    return np.repeat(np.array([OUTGROUP, TARGET], dtype=np.int8), [2 * num_outgroup, 2 * num_target])


def haplotypes_of(individuals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of the haplotypes of some individuals, shape (2 * num_individuals,), the two of each side by side."""
    return np.stack([2 * individuals, 2 * individuals + 1], axis=1).ravel()


@dataclass(frozen=True)
class RegionRecord:
    """What a simulated tree sequence records of itself in its metadata.

    Attributes
    ----------
    scenario : str
    ghost_of_target : bool
        Whether the scenario is one of ghost introgression into the target.
    genome, region : int
        Index of the genome, and of the region in it.
    seed : int
        Root seed of the simulation.
    parameters : dict of str to float
        Those of the genome and those of the region.
    roles : dict of str to str
        Deme of each role.
    samples : SampleLayout
    window : Window or None
        Real coordinates that the region was simulated at.
    observation : dict
        The observation model as `ObservationModel.describe` gives it without paths; empty where all is off.
    """

    scenario: str
    ghost_of_target: bool
    genome: int
    region: int
    seed: int
    parameters: dict[str, float]
    roles: dict[str, str]
    samples: SampleLayout
    window: Window | None
    observation: JsonObject

    @classmethod
    def of(cls, tree_sequence: tskit.TreeSequence) -> "RegionRecord":
        """The record of a tree sequence.

        Raises
        ------
        DataError
            A tree sequence of another program or another version, without a record or with one that lacks something.
        """
        content = Section(_metadata(tree_sequence))
        try:
            place = None if content.content.get("window") is None else content.section("window")
            parameters, roles = content.section("parameters"), content.section("roles")
            return cls(
                scenario=content.text("scenario"),
                ghost_of_target=content.truth("ghost_of_target"),
                genome=content.integer("genome"),
                region=content.integer("region"),
                seed=content.integer("seed"),
                parameters={name: float(parameters.number(name)) for name in parameters.content},
                roles={role: roles.text(role) for role in roles.content},
                samples=SampleLayout.from_metadata(content),
                window=None if place is None else Window(place.text("contig"), place.integer("start_bp")),
                observation=dict(content.section("observation").content),
            )
        except ConfigError as error:
            raise DataError(f"metadata of a tree sequence: {error}; simulate it anew") from error

    def to_metadata(self) -> JsonObject:
        """What `of` reads, as the top-level metadata of a tree sequence holds it under `KEY`."""
        record = asdict(self)
        del record["samples"]
        if not self.observation:
            del record["observation"]
        return record | self.samples.to_metadata()


def _metadata(tree_sequence: tskit.TreeSequence) -> JsonObject:
    metadata: object = tree_sequence.metadata
    if not isinstance(metadata, dict) or not isinstance(metadata.get(KEY), dict):
        raise DataError("a tree sequence without introghost's metadata; simulate it with introghost")
    return plain_object(metadata[KEY], "metadata of a tree sequence")
