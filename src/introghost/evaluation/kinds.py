"""Which files of statistics each network of a model is evaluated on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from introghost.errors import DataError, ModelError
from introghost.inference.offers import Offer, check_fit
from introghost.model import Model
from introghost.statistics.table import Statistics


@dataclass(frozen=True)
class File:
    """One file of statistics.

    Attributes
    ----------
    path : Path
    statistics : Statistics
    """

    path: Path
    statistics: Statistics

    @property
    def has_haplotypes(self) -> bool:
        """Whether it keeps statistics of haplotypes, and not of whole regions alone."""
        return "haplotype_statistics" in self.statistics.dataset


@dataclass(frozen=True)
class Kinds:
    """Statistics of both kinds, each of all its files.

    Attributes
    ----------
    segments : Statistics or None
        With haplotypes: what the segment network is evaluated on; None without such a file.
    genomes : Statistics or None
        What the networks for whole genomes are evaluated on; None without such a file, and without such a network.
    """

    segments: Statistics | None
    genomes: Statistics | None


def kinds(model: Model, files: Sequence[File]) -> Kinds:
    """Sort files by what they can tell about a model.

    The segment network can be evaluated on files with haplotypes, the networks for whole genomes on those whose pooled
    statistics are of the segment network that they were trained with. Where some files serve one of the two alone, that
    one is evaluated on these, and the files that would serve both are left to the other.

    Parameters
    ----------
    model : Model
    files : sequence of File

    Raises
    ------
    DataError
        A file without truth, or that no network of the model can be evaluated on; or files that do not fit together.
    ModelError
        Statistics of another kind than those that a network was trained on.
    """
    for file in files:
        _check_use(model, file)
    of_segments = [file for file in files if file.has_haplotypes]
    of_genomes = [file for file in files if _is_of_genomes(model, file)]
    segments = _joined([file for file in of_segments if not _is_of_genomes(model, file)] or of_segments)
    genomes = _joined([file for file in of_genomes if not file.has_haplotypes] or of_genomes)
    if segments is not None:
        check_fit(model.segments, Offer.of_statistics(segments), model.folder / model.segments.task)
    if genomes is not None:
        for bundle in model.genome_bundles:
            check_fit(bundle, Offer.of_statistics(genomes), model.folder / bundle.task)
    return Kinds(segments, genomes)


def _is_of_genomes(model: Model, file: File) -> bool:
    """Whether its pooled statistics are those of the model's networks for whole genomes."""
    return file.statistics.segment_model_digest in {bundle.segment_model_digest for bundle in model.genome_bundles}


def _check_use(model: Model, file: File) -> None:
    """Refuse a file of real data, and one that says nothing about the model."""
    statistics = file.statistics
    if "" in statistics.scenarios:
        raise DataError(f"{file.path}: these statistics have no truth: evaluation needs simulations")
    if not model.genome_bundles and not file.has_haplotypes:
        raise DataError(
            f"{file.path}: statistics of whole regions alone, and {model.folder} has only a segment network; make them "
            "without `statistics --regions-only`"
        )
    if not model.genome_bundles or _is_of_genomes(model, file):
        return
    if statistics.segment_model_digest or not file.has_haplotypes:
        made_with = "another segment network" if statistics.segment_model_digest else "no segment network"
        bundle = model.genome_bundles[0]
        trained_with = f"`statistics --segment-model {model.folder}`" if bundle.segment_model_digest else "none"
        raise ModelError(
            f"{file.path}: made with {made_with}, {model.folder / bundle.task} was trained with {trained_with}; make "
            "the statistics likewise"
        )


def _joined(files: Sequence[File]) -> Statistics | None:
    return Statistics.concatenate([file.statistics for file in files]) if files else None
