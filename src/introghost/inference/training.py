"""Training: splits by genome, the Lightning loop, and what comes out as a bundle."""

import copy
import json
import logging
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import lightning
import numpy as np
import pandas as pd
import torch
import xarray as xr
from lightning.pytorch.callbacks import Callback
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from introghost import seeds
from introghost.errors import DataError
from introghost.inference import calibration, inputs, novelty
from introghost.inference.bundle import Bundle
from introghost.inference.prior_scale import PriorScale
from introghost.networks.layers import signed_root
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork
from introghost.networks.segments import SegmentNetwork
from introghost.simulation.scenarios import Scenario
from introghost.statistics.haplotype import MIRRORED, usable_bins

logger = logging.getLogger(__name__)

VALIDATION_FRACTION = 0.15
WEIGHT_DECAY = 1e-2
HAPLOTYPES_PER_EPOCH = 24
CONTEXT_NOISE = 0.2
FALSE_DISCOVERY_RATES = (0.05, 0.1, 0.15, 0.2)

Precision = Literal["bf16-mixed", "32-true"]
Loss = Callable[[nn.Module, tuple[Tensor, ...]], Tensor]


@dataclass(frozen=True)
class Trained:
    """A bundle and its learning curve (columns epoch, training_loss, validation_loss)."""

    bundle: Bundle
    learning_curve: pd.DataFrame


def split_genomes(dataset: xr.Dataset, seed: int) -> NDArray[np.bool_]:
    """Which regions belong to validation genomes, bool of shape (num_regions,).

    A genome's regions stay together, and a genome's side depends on the seed, its scenario and its index alone.
    """
    scenario, genome = dataset["scenario"].values, dataset["genome"].values
    draws = [seeds.derive(seed, "split", str(s), int(g)) / 2**32 for s, g in zip(scenario, genome, strict=True)]
    validation = np.array(draws) < VALIDATION_FRACTION
    if not validation.any() or validation.all():
        raise DataError(f"{len(set(zip(scenario, genome, strict=True)))} genomes are too few to split for validation")
    return validation


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


def _choice_loss(network: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy of each genome, weighed anew for each member of an ensemble."""
    pooled, classes, weights = batch
    logits = network(pooled)
    logits = logits if logits.ndim == 3 else logits[None]  # in validation, of all members together
    each = nn.functional.cross_entropy(logits.flatten(0, 1), classes.repeat(len(logits)), reduction="none")
    return (each * weights.T[: len(logits)].flatten()).mean()


def _density_loss(network: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    pooled, values = batch
    density: Tensor = network(pooled, values)
    return -density.mean()


class _Module(lightning.LightningModule):  # type: ignore[misc]
    """A loss under AdamW with a one-cycle learning rate."""

    def __init__(self, network: nn.Module, loss: Loss, learning_rate: float, steps: int) -> None:
        super().__init__()
        self.network, self.loss, self.learning_rate, self.steps = network, loss, learning_rate, steps

    def training_step(self, batch: tuple[Tensor, ...], _index: int) -> Tensor:
        loss = self.loss(self.network, batch)
        self.log("training_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch[0]))
        return loss

    def validation_step(self, batch: tuple[Tensor, ...], _index: int) -> None:
        with torch.autocast(self.device.type, enabled=False):  # what is compared has all digits
            loss = self.loss(self.network, batch)
        self.log("validation_loss", loss, prog_bar=True, batch_size=len(batch[0]))

    def configure_optimizers(self) -> Any:
        optimiser = torch.optim.AdamW(self.parameters(), lr=self.learning_rate, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, self.learning_rate, total_steps=self.steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class _Best(Callback):  # type: ignore[misc]
    """Keeps the weights of the lowest validation loss, stops when it no longer falls, tells each epoch."""

    def __init__(self, patience: int) -> None:
        self.patience, self.best, self.since = patience, np.inf, 0
        self.weights: dict[str, Tensor] = {}
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        losses = {name: float(trainer.callback_metrics[name]) for name in ("training_loss", "validation_loss")}
        self.rows.append({"epoch": trainer.current_epoch + 1, **losses})
        logger.info("epoch %d: training loss %.5f, validation loss %.5f", trainer.current_epoch + 1, *losses.values())
        self.since += 1
        if losses["validation_loss"] < self.best:
            self.best, self.since = losses["validation_loss"], 0
            self.weights = copy.deepcopy(module.state_dict())
        trainer.should_stop = trainer.should_stop or self.since >= self.patience


def _fit(
    network: nn.Module,
    loss: Loss,
    train: Any,
    validation: Any,
    *,
    epochs: int,
    learning_rate: float,
    patience: int,
    precision: Precision = "32-true",
) -> pd.DataFrame:
    """Train `network` in place; returns the learning curve."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    best = _Best(patience)
    module = _Module(network, loss, learning_rate, max(epochs * len(train), 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = lightning.Trainer(
            max_epochs=epochs,
            accelerator="auto",
            devices=1,
            precision=precision,
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=sys.stderr.isatty(),
            gradient_clip_val=1.0,
            num_sanity_val_steps=0,
            callbacks=[best],
        )
        trainer.fit(module, train, validation)
    if not best.weights:
        raise DataError("training gave no finite validation loss: check the statistics for values that are not finite")
    module.load_state_dict(best.weights)
    network.cpu().eval()
    return pd.DataFrame(best.rows).astype({"epoch": int})


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
    curve = _fit(
        network, _segment_loss, *loaders, epochs=epochs, learning_rate=1e-3, patience=epochs, precision=_precision()
    )
    logits, labels = _validation_logits(network, loaders[1])
    temperature = calibration.binary_temperature(logits, labels)
    description = {"temperature": temperature, **_describe(dataset, architecture, train, validation)}
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


def train_model_choice(dataset: xr.Dataset, *, epochs: int, seed: int, width: int = 0, members: int = 5) -> Trained:
    """Train the model-choice network on the pooled statistics of each genome.

    Parameters
    ----------
    dataset : xarray.Dataset
        Genomes of at least two scenarios; each scenario weighs the same, however many genomes it has.
    epochs : int
        At most; training ends early when the validation loss has not fallen for forty epochs.
    seed : int
    width : int
        Hidden units; with few genomes the logistic regression (0) does best.
    members : int
        Networks whose probabilities are averaged; genomes weigh differently for each (the Bayesian bootstrap, Rubin
        1981, Ann Stat 9:130).
    """
    torch.manual_seed(seeds.derive(seed, "train", "model-choice"))
    scenarios = sorted({str(s) for s in dataset["scenario"].values})
    if "" in scenarios:
        raise DataError("some of these statistics are of a VCF: training needs those of simulations")
    if len(scenarios) < 2:
        raise DataError(f"model choice needs at least two scenarios, the statistics hold only {scenarios}")
    pooled, first, held_out = _pool_genomes(dataset, split_genomes(dataset, seed))
    classes = np.array([scenarios.index(str(name)) for name in dataset["scenario"].values[first]], dtype=np.int64)
    architecture = {"channels": pooled.shape[1], "scenarios": len(scenarios), "width": width, "members": members}
    architecture["references"] = novelty.num_references(classes)
    network = ModelChoiceNetwork(**architecture)
    values, targets = torch.from_numpy(pooled), torch.from_numpy(classes)
    roots = signed_root(values[~held_out])
    network.standardise.set(roots.mean(0), roots.std(0))
    rng = np.random.default_rng(seeds.derive(seed, "balance"))
    balanced = _balance(classes, ~held_out, rng)
    drawn = rng.exponential(size=(len(classes), members))
    drawn[held_out] = 1
    for index in range(len(scenarios)):  # every scenario weighs the same for every member
        mine = (classes == index) & ~held_out
        drawn[mine] /= drawn[mine].mean(axis=0)
    weights = torch.from_numpy(drawn.astype(np.float32))
    cases = torch.utils.data.TensorDataset(values, targets, weights)
    order = torch.Generator().manual_seed(seeds.derive(seed, "order"))
    train = DataLoader(torch.utils.data.Subset(cases, balanced.tolist()), 32, shuffle=True, generator=order)
    validation = DataLoader(torch.utils.data.Subset(cases, np.flatnonzero(held_out).tolist()), batch_size=1024)
    curve = _fit(network, _choice_loss, train, validation, epochs=epochs, learning_rate=2e-3, patience=40)
    with torch.inference_mode():
        standard = network.standardise(values).numpy()
        logits = network(values[held_out]).numpy()
    novelty.fit(network.novelty, standard, classes, np.random.default_rng(seeds.derive(seed, "novelty")))
    temperature = calibration.multinomial_temperature(logits, classes[held_out])
    description = _describe(dataset, architecture, np.flatnonzero(~held_out), np.flatnonzero(held_out))
    description |= {"temperature": temperature, "scenarios": scenarios, **_of_genomes(dataset)}
    return Trained(Bundle("model-choice", network, description), curve)


def train_parameters(
    dataset: xr.Dataset, scenario: Scenario, *, epochs: int, seed: int, width: int = 64, members: int = 3
) -> Trained:
    """Train the network of the parameter posterior on the pooled statistics of one scenario's genomes.

    Parameters
    ----------
    dataset : xarray.Dataset
        Genomes of other scenarios are left out.
    scenario : Scenario
        Whose priors the genomes were drawn from.
    epochs : int
        At most; training ends early when the validation loss has not fallen for forty epochs.
    seed : int
    width, members : int
        Hidden units and number of the flows whose densities are averaged.

    Raises
    ------
    DataError
        No genome of the scenario, or a parameter of its priors that the statistics do not tell.
    """
    torch.manual_seed(seeds.derive(seed, "train", "parameters"))
    own = dataset.isel(region=np.flatnonzero(dataset["scenario"].values == scenario.name))
    if not own.sizes["region"]:
        raise DataError(f"no genome of scenario {scenario.name} in these statistics")
    scale = PriorScale(scenario.parameters)
    if not scale.names:
        raise DataError(f"scenario {scenario.name} has no parameter that varies between genomes")
    pooled, first, held_out = _pool_genomes(own, split_genomes(own, seed))
    told = {name: f"parameter_{name}" for name in scale.names}
    normal = scale.to_normal({name: own[label].values[first] for name, label in told.items() if label in own.coords})
    architecture = {"channels": pooled.shape[1], "parameters": len(scale.names), "width": width, "members": members}
    network = PosteriorNetwork(**architecture)
    roots = signed_root(torch.from_numpy(pooled[~held_out]))
    network.standardise.set(roots.mean(0), roots.std(0))
    values = torch.from_numpy(pooled), torch.from_numpy(normal.astype(np.float32))
    train, validation = (
        torch.utils.data.TensorDataset(*(part[side] for part in values)) for side in (~held_out, held_out)
    )
    order = torch.Generator().manual_seed(seeds.derive(seed, "order"))
    loaders = DataLoader(train, batch_size=64, shuffle=True, generator=order), DataLoader(validation, batch_size=1024)
    curve = _fit(network, _density_loss, *loaders, epochs=epochs, learning_rate=1e-3, patience=40)
    description = _describe(own, architecture, np.flatnonzero(~held_out), np.flatnonzero(held_out))
    description |= {"scenario": scenario.name, "priors": scale.describe(), **_of_genomes(own)}
    return Trained(Bundle("parameters", network, description), curve)


def _pool_genomes(
    dataset: xr.Dataset, held_out: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.bool_]]:
    """Pooled statistics, first region and side of the split of each genome.

    Pooled by `inputs.pool` alone, which `apply` uses as well: which regions count is a part of what is learnt.
    """
    keys = pd.MultiIndex.from_arrays([dataset["scenario"].values.astype(str), dataset["genome"].values])
    values, population = dataset["pooled_statistics"].values, dataset["population_statistics"].values
    usable = usable_bins(dataset["callable_fraction"].values)
    pooled, first = [], []
    for scenario, genome in keys.unique():
        regions = np.flatnonzero(keys == (scenario, genome))
        pooled.append(inputs.pool(values[regions], usable[regions], population[regions]))
        first.append(regions[0])
    return np.stack(pooled), np.array(first), held_out[first]


def _of_genomes(dataset: xr.Dataset) -> dict[str, Any]:
    """What a network for whole genomes must find again: the segment network whose answers are in the statistics.

    And what it should: fewest and most regions of a genome. What is pooled over them is the less noisy, the more.
    """
    genomes = zip(dataset["scenario"].values.tolist(), dataset["genome"].values.tolist(), strict=True)
    numbers = Counter(genomes).values()
    return {"regions": [min(numbers), max(numbers)], "segments": str(dataset.attrs["segments"])}


def _balance(classes: NDArray[np.int64], train: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of training genomes, the rarer scenarios repeated until each has as many as the commonest."""
    groups = [np.flatnonzero(train & (classes == c)) for c in np.unique(classes)]
    if not all(len(group) for group in groups):
        raise DataError("a scenario has no genome left to train on after the split: simulate more of it")
    most = max(len(group) for group in groups)
    return np.concatenate([np.resize(rng.permutation(group), most) for group in groups])


def _describe(
    dataset: xr.Dataset,
    architecture: dict[str, int],
    train: NDArray[np.intp],
    validation: NDArray[np.intp],
) -> dict[str, Any]:
    sizes = ("outgroup_diploids", "target_diploids")
    shares = inputs.callable_share(dataset["callable_fraction"].values)
    return {
        "architecture": architecture,
        "statistics": [str(name) for name in dataset["statistic"].values],
        "population_statistics": [str(name) for name in dataset["population_statistic"].values],
        "ancestral": str(dataset.attrs["ancestral"]),
        **{name: int(dataset.attrs[name]) for name in ("bin_bp", "region_length_bp")},
        "sample_sizes": {name: [int(number) for number in dataset.attrs[name]] for name in sizes},
        "callable_share": [float(np.nanmin(shares)), float(np.nanmax(shares))],
        "observation": json.loads(str(dataset.attrs["observation"])),
        "num_training": len(train),
        "num_validation": len(validation),
    }
