"""Training of the segment network."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from introghost import seeds
from introghost.errors import DataError
from introghost.inference import calibration, inputs
from introghost.inference.bundle import Bundle
from introghost.inference.training import Precision, Trained, describe, fit, split_genomes
from introghost.networks.layers import signed_root
from introghost.networks.segments import SegmentNetwork
from introghost.statistics.haplotype import MIRRORED, usable_bins

HAPLOTYPES_PER_EPOCH = 24
CONTEXT_NOISE = 0.2
FALSE_DISCOVERY_RATES = (0.05, 0.1, 0.15, 0.2)


class _Batches(IterableDataset[tuple[Tensor, Tensor, Tensor]]):
    """Batches of haplotypes shuffled over all regions; context is joined here and never stored per haplotype.

    In training the context is scaled by log-normal factors, new ones for each statistic of each sequence: all
    haplotypes of a region have the same context, by which the network would know the region again.
    """

    def __init__(self, data: "_SegmentData", regions: NDArray[np.intp], size: int, seed: int | None) -> None:
        self.data, self.regions, self.size, self.seed, self.epoch = data, regions, size, seed, 0

    def __len__(self) -> int:
        return -(-len(self.regions) * self._per_region() // self.size)

    def _per_region(self) -> int:
        return min(HAPLOTYPES_PER_EPOCH, self.data.statistics.shape[1])

    def _pairs(self) -> NDArray[np.intp]:
        """(region, haplotype) of one epoch: drawn anew and shuffled for training, always the same for validation."""
        total, drawn = self.data.statistics.shape[1], self._per_region()
        present = self.data.present[self.regions][:, None]
        if self.seed is None:
            chosen = (np.linspace(0, 1, drawn) * (present - 1)).round().astype(np.intp)
            return np.stack([np.repeat(self.regions, drawn), chosen.ravel()], axis=1)
        rng = np.random.default_rng(seeds.derive(self.seed, "epoch", self.epoch))
        chosen = rng.permuted(np.tile(np.arange(total), (len(self.regions), 1)), axis=1)[:, :drawn]
        chosen %= present  # rows beyond the haplotypes of a small sample are empty
        return rng.permutation(np.stack([np.repeat(self.regions, drawn), chosen.ravel()], axis=1))

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        pairs = self._pairs()
        generator = None
        if self.seed is not None:
            generator = torch.Generator().manual_seed(seeds.derive(self.seed, "noise", self.epoch))
        self.epoch += 1
        for start in range(0, len(pairs), self.size):
            region, haplotype = pairs[start : start + self.size].T
            if generator is None:
                yield self.data.batch(region, haplotype)
                continue
            noise = torch.randn(len(region), 1, self.data.context.shape[2], generator=generator)
            batch = self.data.batch(region, haplotype, torch.exp(CONTEXT_NOISE * noise))
            reverse = start // self.size % 2 == 1
            yield self.data.reversed(batch) if reverse else batch


class _SegmentData:
    def __init__(self, dataset: xr.Dataset) -> None:
        self.statistics = torch.from_numpy(dataset["haplotype_statistics"].values.astype(np.float16))
        self.present = (~torch.isnan(self.statistics[:, :, 0, 0])).sum(dim=1).numpy()
        window = int(dataset.attrs["region_length_bp"] // dataset.attrs["bin_bp"])
        usable = usable_bins(dataset["callable_fraction"].values)
        regions = zip(dataset["haplotype_moments"].values, usable, strict=True)
        self.context = torch.from_numpy(np.stack([inputs.context(*region, window) for region in regions]))
        self.labels = torch.from_numpy(dataset["ghost_fraction"].values.astype(np.float32))
        self.usable = torch.from_numpy(usable.astype(np.float32))
        names = [str(name) for name in dataset["statistic"].values]
        order = [names.index(MIRRORED.get(name, name)) for name in names]
        blocks = 2 + self.context.shape[2] // len(names)
        self.mirrored = [block * len(names) + index for block in range(blocks) for index in order]

    def batch(
        self, region: NDArray[np.intp], haplotype: NDArray[np.intp], blur: Tensor | float = 1.0
    ) -> tuple[Tensor, Tensor, Tensor]:
        own = self.statistics[region, haplotype].float()
        values = inputs.segment_input(own, self.context[region], blur)
        return values, self.labels[region, haplotype], self.usable[region]

    def reversed(self, batch: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """The same sequences read from their other end."""
        values, labels, usable = (torch.flip(part, (1,)) for part in batch)
        return values[:, :, self.mirrored], labels, usable

    def scale(self, network: SegmentNetwork, regions: NDArray[np.intp]) -> None:
        """Let the network standardise by all haplotypes of these regions, each region weighing the same."""
        total = torch.zeros(2, len(self.mirrored), dtype=torch.float64)
        for region in regions:
            rows = np.arange(self.present[region])
            values, _, _ = self.batch(np.full(len(rows), region), rows)
            roots = signed_root(values).double()
            total += torch.stack([roots.mean((0, 1)), roots.square().mean((0, 1))])
        mean, square = total / len(regions)
        network.standardise.set(mean.float(), (square - mean.square()).clamp_min(0).sqrt().float())


def _segment_loss(network: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy of each usable bin, averaged over the members of an ensemble."""
    values, labels, usable = batch
    logits = network(values).float()
    each = nn.functional.binary_cross_entropy_with_logits(logits, labels.expand_as(logits), reduction="none")
    return (each * usable).sum() / usable.expand_as(logits).sum().clamp_min(1)


def _precision() -> Precision:
    """Matrix products of training in bfloat16 where the processor has it, for it is far faster.

    Weights, validation, calibration and whatever is computed with a bundle stay in single precision. Machines with and
    without it train slightly different networks from the same seed.
    """
    if torch.cuda.is_available():
        found = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        found = torch.cpu.get_capabilities().get("avx512_bf16", False)
    return "bf16-mixed" if found else "32-true"


def train_segments(
    dataset: xr.Dataset, *, epochs: int, seed: int, width: int = 48, members: int = 1, batch_size: int = 32
) -> Trained:
    """Train the segment network.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of simulations, with ``ghost_fraction`` as labels; genomes of every scenario, those without a ghost included.
    epochs : int
    seed : int
    width, members, batch_size : int
        Channels and number of the networks whose probabilities are averaged.

    Returns
    -------
    Trained
        The weights with the lowest validation loss, calibrated on the validation genomes.
    """
    if "ghost_fraction" not in dataset:
        raise DataError("these statistics have no truth: training needs those of simulations (statistics --trees)")
    if not dataset["ghost_fraction"].values.any():
        raise DataError("no ghost tract in these statistics: training needs genomes of a scenario with a ghost")
    if not usable_bins(dataset["callable_fraction"].values).any():
        raise DataError("no bin of these statistics has enough callable sequence; is the mask inside out?")
    torch.manual_seed(seeds.derive(seed, "train", "segments"))
    data = _SegmentData(dataset)
    held_out = split_genomes(dataset, seed)
    train, validation = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    architecture = {"channels": len(data.mirrored), "width": width, "members": members}
    network = SegmentNetwork(**architecture)
    data.scale(network, train)
    loaders = [
        DataLoader(_Batches(data, regions, batch_size, order_seed), batch_size=None)
        for regions, order_seed in ((train, seed), (validation, None))
    ]
    # No early end: the loss may rise for epochs while the learning rate is high, and falls when that comes down.
    curve = fit(
        network, _segment_loss, *loaders, epochs=epochs, learning_rate=1e-3, patience=epochs, precision=_precision()
    )
    logits, labels = _validation_logits(network, loaders[1])
    temperature = calibration.binary_temperature(logits, labels)
    description = {"temperature": temperature, **describe(dataset, architecture, train, validation)}
    posterior = expit(logits / temperature)
    description["thresholds"] = [
        [rate, calibration.threshold(posterior, labels, rate)] for rate in FALSE_DISCOVERY_RATES
    ]
    return Trained(Bundle("segments", network, description), curve)


def _validation_logits(network: nn.Module, loader: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    logits, labels = [], []
    with torch.inference_mode():
        for values, label, usable in loader:
            kept = usable.bool()
            logits.append(network(values)[kept].numpy())
            labels.append(label[kept].numpy())
    return np.concatenate(logits), np.concatenate(labels)
