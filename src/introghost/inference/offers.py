"""What this version computes from some data, and whether a bundle was trained on that."""

from dataclasses import dataclass
from pathlib import Path

from introghost.errors import ModelError
from introghost.haplotypes import KNOWN_ANCESTRAL
from introghost.inference import inputs
from introghost.inference.bundles import Bundle, GenomeBundle, Task
from introghost.statistics.haplotype import STATISTICS
from introghost.statistics.pooled import Summary
from introghost.statistics.population import POPULATION_STATISTICS
from introghost.statistics.table import Statistics


@dataclass(frozen=True)
class Offer:
    """What this version computes from some data: what a network was trained on must be the same.

    Attributes
    ----------
    ancestral : str
    bin_bp, region_length_bp : int
    statistics, population_statistics, pooled_statistics : tuple of str
    segment_model_digest : str
        Digest of the segment network whose answers are among the pooled statistics; empty for none.
    """

    ancestral: str
    bin_bp: int
    region_length_bp: int
    statistics: tuple[str, ...]
    population_statistics: tuple[str, ...]
    pooled_statistics: tuple[str, ...]
    segment_model_digest: str

    @classmethod
    def of_this_version(cls, ancestral: str, bin_bp: int, region_length_bp: int, summary: Summary) -> "Offer":
        """What this version computes when it keeps `summary` of each region.

        Parameters
        ----------
        ancestral : str
            `haplotypes.KNOWN_ANCESTRAL` or `haplotypes.OUTGROUP_MAJOR`.
        bin_bp, region_length_bp : int
        summary : Summary
            What is kept of each region as a whole.
        """
        return cls(
            ancestral=ancestral,
            bin_bp=bin_bp,
            region_length_bp=region_length_bp,
            statistics=STATISTICS,
            population_statistics=POPULATION_STATISTICS,
            pooled_statistics=summary.names,
            segment_model_digest=summary.segment_model_digest,
        )

    @classmethod
    def of_statistics(cls, statistics: Statistics) -> "Offer":
        """What statistics hold that were computed before, by this version or another."""
        return cls(
            ancestral=statistics.ancestral,
            bin_bp=statistics.bin_bp,
            region_length_bp=statistics.region_length_bp,
            statistics=statistics.haplotype_names,
            population_statistics=statistics.population_names,
            pooled_statistics=statistics.pooled_names,
            segment_model_digest=statistics.segment_model_digest,
        )

    def inputs_of(self, task: Task) -> tuple[str, ...]:
        """Names of the channels that a network of a task is given of these data."""
        if task is Task.SEGMENTS:
            return inputs.segment_channel_names(self.statistics, self.population_statistics)
        return inputs.genome_channel_names(self.pooled_statistics, self.population_statistics)


def check_fit(bundle: Bundle, offer: Offer, folder: Path) -> None:
    """Refuse data whose statistics are not those that a bundle was trained on.

    Parameters
    ----------
    bundle : Bundle
    offer : Offer
    folder : Path
        Of the bundle, for messages.

    Raises
    ------
    ModelError
        On the first difference; of lists of names it says which name.
    """
    training = bundle.training
    for key, trained, offered in (
        ("ancestral", training.ancestral, offer.ancestral),
        ("bin_bp", training.bin_bp, offer.bin_bp),
        ("region_length_bp", training.region_length_bp, offer.region_length_bp),
    ):
        if trained != offered:
            option = "info-aa or fasta=FILE" if trained == KNOWN_ANCESTRAL else str(trained)
            option = f"--{key.replace('_', '-')} {option}"
            raise ModelError(
                f"{folder}: trained with {key} {trained!r}, the data have {offered!r}; make the statistics with "
                f"{option}, or train anew"
            )
    _check_names(folder, "statistics", training.statistics, offer.statistics)
    _check_names(folder, "population_statistics", training.population_statistics, offer.population_statistics)
    if isinstance(bundle, GenomeBundle) and bundle.segment_model_digest != offer.segment_model_digest:
        raise ModelError(
            f"{folder}: trained on what another segment network says, or on none's; use statistics that were made "
            "with `statistics --segment-model` of this model, or train anew"
        )
    _check_names(folder, "inputs", bundle.inputs, offer.inputs_of(bundle.task))


def _check_names(folder: Path, key: str, trained: tuple[str, ...], offered: tuple[str, ...]) -> None:
    """Refuse lists of names that differ, and say where they do first."""
    difference = first_difference(trained, offered)
    if difference is None:
        return
    number, theirs, ours = difference
    raise ModelError(
        f"{folder}: {key} number {number} is {theirs} in the bundle and {ours} in this version of introghost; use "
        "the version that trained it, or train anew"
    )


def first_difference(trained: tuple[str, ...], offered: tuple[str, ...]) -> tuple[int, str, str] | None:
    """Where two lists of names differ first, for messages.

    Parameters
    ----------
    trained, offered : tuple of str

    Returns
    -------
    tuple or None
        The place, counted from 1, and each list's name there, in quotes or ``none``; None if the lists are equal.
    """
    if trained == offered:
        return None
    pairs = enumerate(zip(trained, offered, strict=False))
    number = next((i for i, (theirs, ours) in pairs if theirs != ours), min(len(trained), len(offered)))
    theirs, ours = (repr(names[number]) if number < len(names) else "none" for names in (trained, offered))
    return number + 1, theirs, ours
