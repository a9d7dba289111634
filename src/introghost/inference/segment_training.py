"""Training of the segment network."""

import copy
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn
from torch.utils.data import DataLoader

from introghost import seeds
from introghost.errors import DataError
from introghost.inference import calibration, file_calibration, region_novelty, starting
from introghost.inference.bundles import DEFAULT_FALSE_DISCOVERY_RATE, Architecture, SegmentsBundle
from introghost.inference.checkpoints import Checkpoint
from introghost.inference.file_calibration import FileCalibration
from introghost.inference.segment_batches import SegmentBatches, SegmentRegions
from introghost.inference.starting import Start
from introghost.inference.training import Batch, Precision, Trained, fit, split_genomes, training_data
from introghost.networks.novelty import RegionNovelty
from introghost.networks.segments import SegmentNetwork
from introghost.statistics.haplotype import MOMENTS
from introghost.statistics.table import Statistics

WIDTH, MEMBERS = 48, 1
FALSE_DISCOVERY_RATES = (0.05, 0.1, 0.15, 0.2)
LEAST_CALLED_SHARE = 1e-6  # written where nothing is called


def segment_loss(network: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy of each usable bin, averaged over the members of an ensemble.

    Parameters
    ----------
    network : torch.nn.Module
        From (batch, bins, channels) to logits, (batch, bins) or (members, batch, bins).
    batch : tuple of Tensor
        Of `segment_batches.SegmentRegions.batch`.
    """
    values, labels, usable = batch
    logits = network(values).float()
    each = nn.functional.binary_cross_entropy_with_logits(logits, labels.expand_as(logits), reduction="none")
    return (each * usable).sum() / usable.expand_as(logits).sum().clamp_min(1)


def matrix_precision() -> Precision:
    """Matrix products of training in bfloat16 where the processor has it, for it is far faster.

    Weights, validation, calibration and whatever is computed with a bundle stay in single precision. Machines with and
    without it train slightly different networks from the same seed.

    Returns
    -------
    {"bf16-mixed", "32-true"}
    """
    if torch.cuda.is_available():
        has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        has_bfloat16 = torch.cpu.get_capabilities().get("avx512_bf16", False)
    return "bf16-mixed" if has_bfloat16 else "32-true"


def train_segments(
    statistics: Statistics,
    *,
    epochs: int,
    seed: int,
    width: int | None = None,
    members: int | None = None,
    batch_size: int = 32,
    start: Start[SegmentsBundle] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Trained[SegmentsBundle]:
    """Train the segment network.

    Parameters
    ----------
    statistics : Statistics
        Of simulations; genomes of every scenario, those without a ghost included.
    epochs : int
    seed : int
    width, members : int, optional
        Channels (48) and number (1) of the networks whose probabilities are averaged.
    batch_size : int
        Haplotypes in a batch.
    start : Start, optional
        A trained network to start from, in place of a new one of such sizes; its standardisation stays, and so do its
        temperature, its calibration by file and its thresholds unless enough genomes are held out. Novelty is told by
        the new genomes alone, if they are enough.
    checkpoint : Checkpoint, optional
        See `training.fit`.

    Returns
    -------
    Trained
        The weights with the lowest validation loss, calibrated on the validation genomes.

    Raises
    ------
    DataError
        Statistics without truth, without a ghost tract or without a usable bin, or of too few genomes.
    ConfigError, ModelError
        Sizes beside `start`, or statistics that it was not trained on.
    """
    if start is not None:
        start.check(statistics, width, members)
    data = SegmentRegions(statistics)
    if not (data.labels > 0).any():
        raise DataError("no ghost tract in these statistics: training needs genomes of a scenario with a ghost")
    if not data.usable.any():
        raise DataError("no bin of these statistics has enough callable sequence; is the mask inside out?")
    torch.manual_seed(seeds.derive(seed, "train", "segments"))
    genomes = statistics.scenarios, statistics.genome_indices
    held_out = split_genomes(*genomes, seed)
    train, validation = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    network, architecture = _network(data, train, width or WIDTH, members or MEMBERS, start)
    batches = [SegmentBatches(data, rows, batch_size, order) for rows, order in ((train, seed), (validation, None))]
    loaders = [DataLoader(each, batch_size=None) for each in batches]
    # No early end: the loss may rise for epochs while the learning rate is high, and falls when that comes down.
    curve = fit(
        network,
        segment_loss,
        *loaders,
        epochs=epochs,
        learning_rate=starting.learning_rate(1e-3, start),
        patience=epochs,
        seed=seed,
        precision=matrix_precision(),
        is_trained=start is not None,
        checkpoint=checkpoint,
    )
    if start is not None and starting.keeps_calibration(start, _num_distinct(genomes, validation)):
        calibrated = _Calibration.of(start.bundle)
    else:
        calibrated = _calibration(network, batches[1], None if start is None else start.bundle.file_calibration)
    architecture = _with_novelty(network, architecture, statistics, train, validation)
    regions = *genomes, statistics.region_indices
    train_regions, validation_regions = (_num_distinct(regions, rows) for rows in (train, validation))
    bundle = SegmentsBundle(
        network=network,
        architecture=architecture,
        inputs=data.channel_names,
        training=training_data(statistics, num_training=train_regions, num_validation=validation_regions),
        provenance={},
        temperature=calibrated.temperature,
        thresholds=calibrated.thresholds,
        highest_called_share=calibrated.highest_called_share,
        file_calibration=calibrated.file_calibration,
    )
    return Trained(bundle, curve)


def _num_distinct(labels: tuple[NDArray[np.generic], ...], rows: NDArray[np.intp]) -> int:
    """How many regions or genomes, which some columns name together, are in some rows, however often observed."""
    return len(set(zip(*(column[rows].tolist() for column in labels), strict=True)))


def _network(
    data: SegmentRegions, train: NDArray[np.intp], width: int, members: int, start: Start[SegmentsBundle] | None
) -> tuple[SegmentNetwork, Architecture]:
    """The trained network, or a new one that standardises by the training regions."""
    if start is not None:
        return copy.deepcopy(start.bundle.network), start.bundle.architecture
    architecture = {
        "channels": len(data.channel_names),
        "population": int(data.of_population.sum()),
        "width": width,
        "members": members,
        "references": 0,
    }
    network = SegmentNetwork(**architecture)
    data.standardise(network, train)
    return network, architecture


def _with_novelty(
    network: SegmentNetwork,
    architecture: Architecture,
    statistics: Statistics,
    train: NDArray[np.intp],
    validation: NDArray[np.intp],
) -> Architecture:
    """Let the network know what the regions of its last training are like; its architecture then.

    Of too few held-out genomes nothing is known, not what a model that training started from knew of its own.
    """
    is_told = region_novelty.is_told(statistics.usable, statistics.usable.shape[1])
    trained, held_out = train[is_told[train]], validation[is_told[validation]]
    genomes = statistics.scenarios, statistics.genome_indices
    numbers = (_num_distinct(labels, held_out) for labels in ((*genomes, statistics.region_indices), genomes))
    references = region_novelty.num_references(*numbers)
    network.novelty = RegionNovelty(len(MOMENTS) * len(statistics.haplotype_names), references)
    if references:
        of_regions = np.stack(
            [region_novelty.features(*each) for each in zip(statistics.moments, statistics.usable, strict=True)]
        )
        region_novelty.fit(network.novelty, of_regions[trained], of_regions[held_out], statistics.haplotype_names)
    return {**architecture, "references": references}


class _Calibration(NamedTuple):
    """See `bundles.SegmentsBundle`."""

    temperature: float
    file_calibration: FileCalibration | None
    thresholds: Mapping[float, float]
    highest_called_share: float

    @classmethod
    def of(cls, bundle: SegmentsBundle) -> "_Calibration":
        """That of a bundle."""
        return cls(bundle.temperature, bundle.file_calibration, bundle.thresholds, bundle.highest_called_share)


def _calibration(
    network: SegmentNetwork, validation: SegmentBatches, by_file_before: FileCalibration | None
) -> _Calibration:
    """Temperature of the validation haplotypes, and what is called of the posterior that it makes of their logits.

    Where too few genomes tell how posteriors change with those of their file, `by_file_before` does, if it is known.

    Each genome, as one observation shows it, is taken for a file. Thresholds are those of genomes with a ghost: how
    much of what is called is false would otherwise hang on how many others were simulated.
    """
    logits, labels, region = _validation_logits(network, validation)
    temperature = calibration.binary_temperature(logits, labels)
    posterior, has_ghost = expit(logits / temperature), validation.data.has_ghost[region]
    alone = _thresholds(posterior[has_ghost], labels[has_ghost])
    by_file = _calibrate_by_file(posterior, labels, region, validation.data, by_file_before)
    thresholds = _thresholds(posterior[has_ghost], labels[has_ghost])
    if by_file is not None:
        by_file = by_file.with_thresholds(list(alone.values()), list(thresholds.values()))
    # Share of the usable bins of each validation genome, over its haplotypes, that is called; of scraps any may be.
    is_called = posterior >= thresholds[DEFAULT_FALSE_DISCOVERY_RATE]
    is_whole = 2 * validation.data.usable.sum(dim=1).numpy()[region] >= validation.data.usable.shape[1]
    genome = validation.data.genome[region[is_whole]]
    _, index, number = np.unique(genome, return_inverse=True, return_counts=True)
    shares = np.bincount(index, is_called[is_whole]) / number
    return _Calibration(temperature, by_file, thresholds, max(float(shares.max(initial=0)), LEAST_CALLED_SHARE))


def _thresholds(posterior: NDArray[np.float32], labels: NDArray[np.float32]) -> dict[float, float]:
    """For each false-discovery rate the posterior from which bins, of shape (num_usable,), are called."""
    return {rate: calibration.threshold(posterior, labels, rate) for rate in FALSE_DISCOVERY_RATES}


def _calibrate_by_file(
    posterior: NDArray[np.float32],
    labels: NDArray[np.float32],
    region: NDArray[np.intp],
    data: SegmentRegions,
    before: FileCalibration | None,
) -> FileCalibration | None:
    """How posteriors change with those of their genome; these, of shape (num_usable,), change in place."""
    if not len(region):
        return before
    # Rows of each genome, and whether its population statistics are known.
    _, first, index, number = np.unique(data.genome[region], return_index=True, return_inverse=True, return_counts=True)
    genomes = np.split(np.argsort(index, kind="stable"), np.cumsum(number)[:-1])
    is_known = data.knows_population[region[first]]
    spreads = np.stack([
        file_calibration.posterior_spread([posterior[rows]] if known else [])
        for rows, known in zip(genomes, is_known, strict=True)
    ])  # fmt: skip
    fitted = FileCalibration.fit([posterior[rows] for rows in genomes], [labels[rows] for rows in genomes], spreads)
    calibration_by_file = fitted or before
    if calibration_by_file is not None:
        for rows, spread in zip(genomes, spreads, strict=True):
            posterior[rows] = calibration_by_file.calibrated(posterior[rows], spread)
    return calibration_by_file


def _validation_logits(
    network: SegmentNetwork, validation: SegmentBatches
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.intp]]:
    """Logits, labels and regions of all usable bins of the validation haplotypes, each of shape (num_usable,)."""
    logits, labels, number = [], [], []
    with torch.inference_mode():
        for values, label, usable in validation:
            kept = usable.bool()
            logits.append(network(values)[kept].numpy())
            labels.append(label[kept].numpy())
            number.append(kept.sum(dim=1).numpy())
    region = np.repeat(validation.pairs()[:, 0], np.concatenate(number))
    return np.concatenate(logits), np.concatenate(labels), region
