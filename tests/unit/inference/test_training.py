"""Splits, the loop and its end."""

import os
import signal

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from introghost.errors import DataError
from introghost.inference import training


def data(number: int = 8) -> DataLoader[training.Batch]:
    return DataLoader(TensorDataset(torch.linspace(-1, 1, number)[:, None], torch.ones(number, 1)), batch_size=4)


def test_regions_of_a_genome_stay_on_one_side_whatever_else_there_is() -> None:
    numbers = np.arange(200)
    sides = training.split_genomes(np.repeat("ghost", 200), numbers, 1)
    assert 0.08 < sides.mean() < 0.22
    twice = training.split_genomes(np.repeat("ghost", 400), np.repeat(numbers, 2), 1)
    np.testing.assert_array_equal(twice, np.repeat(sides, 2))
    few = training.split_genomes(np.repeat("ghost", 50), numbers[150:], 1)
    np.testing.assert_array_equal(few, sides[150:])
    for other in (
        training.split_genomes(np.repeat("no_ghost", 200), numbers, 1),
        training.split_genomes(np.repeat("ghost", 200), numbers, 2),
    ):
        assert 20 < (other != sides).sum() < 90, "as of independent draws"


def test_too_few_genomes_to_split_are_refused() -> None:
    with pytest.raises(DataError, match="genomes: 1, too few to split"):
        training.split_genomes(np.array(["ghost"] * 3), np.array([5, 5, 5]), 1)


def test_a_network_ends_with_the_weights_of_the_lowest_validation_loss() -> None:
    """Training pulls the weight up without end; validation wants it to be 0.5."""
    torch.manual_seed(1)
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, 0.3)
    seen = []

    def loss(model: torch.nn.Linear, batch: training.Batch) -> torch.Tensor:
        if torch.is_grad_enabled():
            return -model.weight.sum()
        seen.append(model.weight.item())
        return (model.weight - 0.5).square().sum()

    curve = training.fit(network, loss, data(), data(), epochs=40, learning_rate=0.02, patience=5, seed=1)
    best = seen[::2][int(curve["validation_loss"].argmin())]  # two batches an epoch
    assert network.weight.item() == best == min(seen, key=lambda weight: abs(weight - 0.5))
    assert max(seen) > 0.55, "it went on"
    assert len(curve) == int(curve["validation_loss"].argmin()) + 6, "five epochs without a lower loss, then the end"
    assert curve["epoch"].tolist() == list(range(1, len(curve) + 1))
    assert not network.training


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    def loss(model: torch.nn.Linear, batch: training.Batch) -> torch.Tensor:
        return model.weight.sum() * float("nan")

    with pytest.raises(DataError, match="no finite validation loss"):
        training.fit(torch.nn.Linear(1, 1), loss, data(), data(), epochs=2, learning_rate=0.1, patience=2, seed=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_training_as_an_interrupt(number: signal.Signals) -> None:
    """Lightning would let the program end with exit code 0, as if all had gone well."""
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    calls = []

    def loss(model: torch.nn.Linear, batch: training.Batch) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 5:
            os.kill(os.getpid(), number)
        return model(batch[0]).sum()

    with pytest.raises(KeyboardInterrupt):
        training.fit(torch.nn.Linear(1, 1), loss, data(), data(), epochs=1000, learning_rate=0.1, patience=1000, seed=1)
    assert len(calls) < 10, "at once"
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_handler_of_the_program_has_the_last_word() -> None:
    class Stopped(BaseException):
        pass

    def stop(number: int, frame: object) -> None:
        raise Stopped

    def loss(model: torch.nn.Linear, batch: training.Batch) -> torch.Tensor:
        os.kill(os.getpid(), signal.SIGTERM)
        return model(batch[0]).sum()

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with pytest.raises(Stopped):
            training.fit(torch.nn.Linear(1, 1), loss, data(), data(), epochs=9, learning_rate=0.1, patience=9, seed=1)
    finally:
        signal.signal(signal.SIGTERM, before)
