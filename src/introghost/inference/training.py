"""What training has in common: splits by genome, the Lightning loop, and what comes out as a bundle."""

import copy
import json
import logging
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import lightning
import numpy as np
import pandas as pd
import torch
import xarray as xr
from lightning.pytorch.callbacks import Callback
from numpy.typing import NDArray
from torch import Tensor, nn

from introghost import seeds
from introghost.errors import DataError
from introghost.inference import inputs
from introghost.inference.bundle import Bundle

logger = logging.getLogger(__name__)

VALIDATION_FRACTION = 0.15
WEIGHT_DECAY = 1e-2

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


def fit(
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


def describe(
    dataset: xr.Dataset,
    architecture: dict[str, int],
    train: NDArray[np.intp],
    validation: NDArray[np.intp],
) -> dict[str, Any]:
    """What a bundle says of its training, whatever its task; `train` and `validation` are its cases."""
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
