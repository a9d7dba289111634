"""What a network was trained on, as its bundle says it."""

from dataclasses import dataclass

from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP_MAJOR
from introghost.inference import fields
from introghost.inference.fields import Fields, Json, Range


@dataclass(frozen=True)
class TrainingData:
    """What a network was trained on.

    Attributes
    ----------
    statistics, population_statistics : tuple of str
        Names, in the order in which they were computed.
    ancestral : str
        `haplotypes.KNOWN_ANCESTRAL` or `haplotypes.OUTGROUP_MAJOR`.
    bin_bp, region_length_bp : int
    outgroup_diploids, target_diploids : Range
        Numbers of individuals.
    callable_share : tuple of float
        Least and greatest callable share of the usable bins of a region.
    observation : mapping
        The observation model, as JSON.
    num_training, num_validation : int
        Genomes, or regions for the segment network; one that was observed several times counts once.
    """

    statistics: tuple[str, ...]
    population_statistics: tuple[str, ...]
    ancestral: str
    bin_bp: int
    region_length_bp: int
    outgroup_diploids: Range
    target_diploids: Range
    callable_share: tuple[float, float]
    observation: Json
    num_training: int
    num_validation: int

    @classmethod
    def from_json(cls, description: Fields) -> "TrainingData":
        """The keys of a description that tell of its training.

        Raises
        ------
        ModelError
            A key is absent or has a value that can't be, or bins do not divide regions.
        """
        outgroup_diploids, target_diploids = description.take(
            "sample_sizes", _sample_sizes, "outgroup_diploids and target_diploids, each [lowest, highest]"
        )
        training = cls(
            statistics=description.names("statistics"),
            population_statistics=description.names("population_statistics"),
            ancestral=description.one_of("ancestral", (KNOWN_ANCESTRAL, OUTGROUP_MAJOR)),
            bin_bp=description.positive("bin_bp"),
            region_length_bp=description.positive("region_length_bp"),
            outgroup_diploids=outgroup_diploids,
            target_diploids=target_diploids,
            callable_share=description.share_interval("callable_share"),
            observation=description.section("observation"),
            num_training=description.count("num_training"),
            num_validation=description.count("num_validation"),
        )
        if training.region_length_bp % training.bin_bp:
            raise description.refuse("bin_bp does not divide region_length_bp")
        return training

    def to_json(self) -> dict[str, object]:
        """The inverse of `from_json`."""
        return {
            "statistics": list(self.statistics),
            "population_statistics": list(self.population_statistics),
            "ancestral": self.ancestral,
            "bin_bp": self.bin_bp,
            "region_length_bp": self.region_length_bp,
            "sample_sizes": {
                "outgroup_diploids": self.outgroup_diploids.to_json(),
                "target_diploids": self.target_diploids.to_json(),
            },
            "callable_share": list(self.callable_share),
            "observation": dict(self.observation),
            "num_training": self.num_training,
            "num_validation": self.num_validation,
        }


def _sample_sizes(value: object) -> tuple[Range, Range]:
    if not isinstance(value, dict) or set(value) != {"outgroup_diploids", "target_diploids"}:
        raise ValueError
    return fields.to_range(value["outgroup_diploids"]), fields.to_range(value["target_diploids"])
