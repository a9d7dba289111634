"""What the trainings have in common: splits by genome, the Lightning loop, what a bundle says of them."""

import copy
import logging
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

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
from introghost.inference.bundles import Bundle
from introghost.inference.checkpoints import Checkpoint, State
from introghost.inference.fields import Range
from introghost.inference.training_data import TrainingData
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


class Row(NamedTuple):
    """One epoch of a learning curve; of the weights that training starts from, epoch 0 without a training loss."""

    epoch: int
    training_loss: float
    validation_loss: float


@runtime_checkable
class _CountsEpochs(Protocol):
    """A dataset whose order follows from the number of epochs before."""

    epoch: int


class _Progress(Callback):  # type: ignore[misc]
    """How far a training is: keeps the weights of the lowest validation loss, a checkpoint, and tells each epoch.

    Parameters
    ----------
    epochs : int
        At most.
    patience : int
        Epochs without a lower validation loss after which training ends.
    seed : int
        What is random in the network follows in each epoch from this and the number of the epoch alone.
    checkpoint : Checkpoint or None
    """

    def __init__(self, epochs: int, patience: int, seed: int, checkpoint: Checkpoint | None) -> None:
        self.epochs, self.patience, self.seed, self.checkpoint = epochs, patience, seed, checkpoint
        self.weights: dict[str, Tensor] = {}
        self.rows: list[Row] = []
        self.state = None if checkpoint is None else checkpoint.read()
        if self.state is not None:
            self.weights = self.state.best
            self.rows = [Row(int(epoch), *losses) for epoch, *losses in self.state.curve.tolist()]
            logger.info("training goes on after epoch %d of %d", self.epoch, epochs)

    @property
    def epoch(self) -> int:
        """Epochs that are done."""
        return self.rows[-1].epoch if self.rows else 0

    @property
    def is_finished(self) -> bool:
        """Whether all epochs are done, or the validation loss has not fallen for long enough."""
        return self.epoch >= self.epochs or self._since_lowest() >= self.patience

    def _since_lowest(self) -> int:
        """Epochs since the first one of the lowest finite validation loss, or since the start."""
        losses = np.array([row.validation_loss for row in self.rows])
        return len(losses) - 1 - int(np.nanargmin(losses)) if np.isfinite(losses).any() else len(losses)

    def add(self, row: Row, module: lightning.LightningModule) -> None:
        """Note an epoch; its weights are kept if they are the best so far."""
        self.rows.append(row)
        training_loss = "" if row.epoch == 0 else f"training loss {row.training_loss:.5f}, "
        logger.info(
            "epoch %d of %d: %svalidation loss %.5f", row.epoch, self.epochs, training_loss, row.validation_loss
        )
        if self._since_lowest() == 0:
            self.weights = copy.deepcopy(module.network.state_dict())

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Optimiser and schedule as they were."""
        if self.state is None:
            return
        module.network.load_state_dict(self.state.network)
        optimiser = {"state": self.state.slots, "param_groups": self.state.groups}
        trainer.optimizers[0].load_state_dict(optimiser)
        trainer.lr_scheduler_configs[0].scheduler.load_state_dict(self.state.schedule)
        self.state = None

    def on_train_batch_start(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, batch: Batch, index: int
    ) -> None:
        """What an epoch draws at random does not depend on what was drawn before it."""
        if index == 0:
            torch.manual_seed(seeds.derive(self.seed, "epoch of network", self.epoch))

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Note the epoch, keep a checkpoint, and end training if it is time."""
        losses = (float(trainer.callback_metrics[name]) for name in ("training_loss", "validation_loss"))
        self.add(Row(self.epoch + 1, *losses), module)
        if self.checkpoint is not None:
            self.checkpoint.write(self._state(trainer, module))
        trainer.should_stop = trainer.should_stop or self.is_finished

    def _state(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> State:
        optimiser = trainer.optimizers[0].state_dict()
        return State(
            network=module.network.state_dict(),
            best=self.weights,
            slots=optimiser["state"],
            groups=optimiser["param_groups"],
            schedule=trainer.lr_scheduler_configs[0].scheduler.state_dict(),
            curve=torch.tensor(self.rows, dtype=torch.float64),
        )


def fit(
    network: Network,
    loss: Callable[[Network, Batch], Tensor],
    train: DataLoader[Batch],
    validation: DataLoader[Batch],
    *,
    epochs: int,
    learning_rate: float,
    patience: int,
    seed: int,
    precision: Precision = "32-true",
    is_trained: bool = False,
    checkpoint: Checkpoint | None = None,
) -> pd.DataFrame:
    """Train a network in place: it ends with the weights of the lowest validation loss, in evaluation mode.

    Parameters
    ----------
    network : torch.nn.Module
    loss : callable
        From the network and a batch to a scalar.
    train, validation : DataLoader
        Where there is a checkpoint, the order of a dataset is fixed or follows from its attribute ``epoch``, the number
        of epochs that it gave before.
    epochs : int
        At most.
    learning_rate : float
        The highest of the one-cycle schedule.
    patience : int
        Epochs without a lower validation loss after which training ends.
    seed : int
        Of what the network draws at random in training.
    precision : {"32-true", "bf16-mixed"}
    is_trained : bool
        Whether the network's weights are those of another training: as epoch 0 they are among the weights of which the
        best are kept.
    checkpoint : Checkpoint, optional
        Written after each epoch. Where it holds a state of this training, training goes on from there and ends as it
        would have without a stop. To remove it is the caller's part, once the result is safe.

    Returns
    -------
    DataFrame
        The learning curve: epoch, training_loss (missing for epoch 0), validation_loss.

    Raises
    ------
    DataError
        No finite validation loss.
    OutputError
        The checkpoint can't be written.
    KeyboardInterrupt
        Stopped by SIGINT or SIGTERM, where these have no other handler.
    """
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    if checkpoint is not None:
        checkpoint = checkpoint.under(_conditions(precision))
    progress = _Progress(epochs, patience, seed, checkpoint)
    if isinstance(train.dataset, _CountsEpochs):
        train.dataset.epoch = progress.epoch
    module = LossModule(network.train(), partial(loss, network), learning_rate, max(epochs * len(train), 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = lightning.Trainer(
            max_epochs=epochs - progress.epoch,
            accelerator="auto",
            devices=1,
            precision=precision,
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=sys.stderr.isatty(),
            gradient_clip_val=1.0,
            num_sanity_val_steps=0,
            callbacks=[progress],
        )
        try:
            if is_trained and not progress.rows:
                losses = trainer.validate(module, validation, verbose=False)
                progress.add(Row(0, np.nan, losses[0]["validation_loss"]), module)
            if not progress.is_finished:
                trainer.fit(module, train, validation)
        except SystemExit as error:  # Lightning's answer to signals, with which the program would end, all being well
            raise KeyboardInterrupt from error
    if not progress.weights:
        raise DataError("training gave no finite validation loss: check the statistics for values that are not finite")
    network.load_state_dict(progress.weights)
    network.cpu().eval()
    return pd.DataFrame(progress.rows, columns=Row._fields)


def _conditions(precision: Precision) -> dict[str, object]:
    """What numbers hang on beside options and data: continued elsewhere, a training would end as another."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return {"precision": precision, "device": device, "threads": torch.get_num_threads()}


def training_data(statistics: Statistics, *, num_training: int, num_validation: int) -> TrainingData:
    """What a bundle says of its training, whatever its task.

    Parameters
    ----------
    statistics : Statistics
        Those that the network was trained on.
    num_training, num_validation : int
        Regions of the segment network, genomes of the others; one that was observed several times counts once.
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
