"""What the trainings have in common: splits by genome, the Lightning loop, what a bundle says of them."""

import copy
import logging
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, Literal, TypeVar

import lightning
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader

from introghost import seeds
from introghost.errors import DataError
from introghost.inference import inputs
from introghost.inference.bundles import Bundle, TrainingData
from introghost.inference.fields import Range
from introghost.statistics.table import Statistics

logger = logging.getLogger(__name__)

VALIDATION_FRACTION = 0.15
WEIGHT_DECAY = 1e-2

Precision = Literal["bf16-mixed", "32-true"]
Batch = tuple[Tensor, ...]
Network = TypeVar("Network", bound=nn.Module)
AnyBundle = TypeVar("AnyBundle", bound=Bundle)


@dataclass(frozen=True)
class Trained(Generic[AnyBundle]):
    """A bundle and how its training went.

    Attributes
    ----------
    bundle : Bundle
    learning_curve : DataFrame
        Columns epoch, training_loss and validation_loss.
    """

    bundle: AnyBundle
    learning_curve: pd.DataFrame


def split_genomes(scenarios: NDArray[np.str_], genomes: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Which genomes, or regions of genomes, are held out for validation.

    A genome's side depends on the seed, its scenario and its number alone: its regions stay together.

    Parameters
    ----------
    scenarios : ndarray of str, shape (num_cases,)
        Scenario of each genome or region.
    genomes : ndarray of int64, shape (num_cases,)
        Number of the genome within its scenario.
    seed : int

    Returns
    -------
    ndarray of bool, shape (num_cases,)

    Raises
    ------
    DataError
        So few genomes that one side has none.
    """
    keys = list(zip(scenarios.tolist(), genomes.tolist(), strict=True))
    draws = np.array([seeds.derive(seed, "split", scenario, genome) / 2**32 for scenario, genome in keys])
    validation = draws < VALIDATION_FRACTION
    if not validation.any() or validation.all():
        raise DataError(f"genomes: {len(set(keys))}, too few to split for validation; simulate more of them")
    return validation


class LossModule(lightning.LightningModule):  # type: ignore[misc]
    """A loss under AdamW with a one-cycle learning rate.

    Parameters
    ----------
    network : torch.nn.Module
    loss : callable
        Takes a batch and returns a scalar Tensor.
    learning_rate : float
        The highest of the cycle.
    steps : int
        Batches in all epochs together.
    """

    def __init__(self, network: nn.Module, loss: Callable[[Batch], Tensor], learning_rate: float, steps: int) -> None:
        super().__init__()
        self.network, self.loss, self.learning_rate, self.steps = network, loss, learning_rate, steps

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """Loss of one training batch, which is logged as the mean over the epoch.

        Parameters
        ----------
        batch : tuple of Tensor
        _index : int
            Number of the batch in the epoch; not used.

        Returns
        -------
        Tensor of float32, shape ()
        """
        loss = self.loss(batch)
        self.log("training_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch[0]))
        return loss

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Log the loss of one validation batch, computed in single precision.

        Parameters
        ----------
        batch : tuple of Tensor
        _index : int
            Number of the batch in the epoch; not used.
        """
        with torch.autocast(self.device.type, enabled=False):  # what is compared has all digits
            loss = self.loss(batch)
        self.log("validation_loss", loss, prog_bar=True, batch_size=len(batch[0]))

    def configure_optimizers(self) -> dict[str, object]:
        """AdamW, and a one-cycle learning rate that changes with every step.

        Returns
        -------
        dict of str to object
            ``optimizer`` and ``lr_scheduler``, as Lightning takes them.
        """
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
    network: Network,
    loss: Callable[[Network, Batch], Tensor],
    train: DataLoader[Batch],
    validation: DataLoader[Batch],
    *,
    epochs: int,
    learning_rate: float,
    patience: int,
    precision: Precision = "32-true",
) -> pd.DataFrame:
    """Train a network in place: it ends with the weights of the lowest validation loss, in evaluation mode.

    Parameters
    ----------
    network : torch.nn.Module
    loss : callable
        From the network and a batch to a scalar.
    train, validation : DataLoader
    epochs : int
        At most.
    learning_rate : float
        The highest of the one-cycle schedule.
    patience : int
        Epochs without a lower validation loss after which training ends.
    precision : {"32-true", "bf16-mixed"}

    Returns
    -------
    DataFrame
        The learning curve: epoch, training_loss, validation_loss.

    Raises
    ------
    DataError
        No finite validation loss.
    KeyboardInterrupt
        Stopped by SIGINT or SIGTERM, where these have no other handler.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    best = _Best(patience)
    module = LossModule(network, partial(loss, network), learning_rate, max(epochs * len(train), 2))
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
        try:
            trainer.fit(module, train, validation)
        except SystemExit as error:  # Lightning's answer to signals, with which the program would end, all being well
            raise KeyboardInterrupt from error
    if not best.weights:
        raise DataError("training gave no finite validation loss: check the statistics for values that are not finite")
    module.load_state_dict(best.weights)
    network.cpu().eval()
    return pd.DataFrame(best.rows).astype({"epoch": int})


def training_data(statistics: Statistics, *, num_training: int, num_validation: int) -> TrainingData:
    """What a bundle says of its training, whatever its task.

    Parameters
    ----------
    statistics : Statistics
        Those that the network was trained on.
    num_training, num_validation : int
        Regions of the segment network, genomes of the others.
    """
    shares = inputs.callable_share(statistics.callable_fraction)
    return TrainingData(
        statistics=statistics.haplotype_names,
        population_statistics=statistics.population_names,
        ancestral=statistics.ancestral,
        bin_bp=statistics.bin_bp,
        region_length_bp=statistics.region_length_bp,
        outgroup_diploids=Range(*statistics.outgroup_diploids),
        target_diploids=Range(*statistics.target_diploids),
        callable_share=(float(np.nanmin(shares)), float(np.nanmax(shares))),
        observation=statistics.observation,
        num_training=num_training,
        num_validation=num_validation,
    )
