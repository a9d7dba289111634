"""Shipped weights give what they gave when they were shipped, whatever becomes of the code.

``python tests/unit/networks/test_shipped.py`` writes ``shipped_outputs.json`` anew, which is for those who ship other
networks. Another processor may round otherwise in the last digit.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from introghost.inference import novelty
from introghost.networks.layers import RootsAndLogarithms
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork
from introghost.networks.segments import SegmentNetwork

SHIPPED = Path(novelty.__file__).parents[1] / "models" / "human"
OUTPUTS = Path(__file__).parent / "shipped_outputs.json"
NETWORKS = {"model-choice": ModelChoiceNetwork, "parameters": PosteriorNetwork, "segments": SegmentNetwork}
NUM_REGIONS = torch.tensor([6.0, 20.0, 50.0])


def architecture(task: str) -> dict[str, int]:
    described: dict[str, int] = json.loads((SHIPPED / task / "model.json").read_text())["architecture"]
    return described


def shipped(task: str) -> torch.nn.Module:
    network: torch.nn.Module = NETWORKS[task](**architecture(task))
    network.load_state_dict(load_file(SHIPPED / task / "weights.safetensors"))
    return network.eval()


def pooled(layer: RootsAndLogarithms) -> torch.Tensor:
    """Values of three genomes that lie where those of training do."""
    mean, deviation = layer.root_mean.numpy(), layer.root_deviation.numpy()
    normal = np.random.default_rng(18).normal(size=(3, len(mean)))
    roots = mean + 0.5 * np.minimum(deviation, 1) * normal
    return torch.from_numpy((roots * np.abs(roots)).astype(np.float32))


def of_model_choice() -> Iterator[tuple[str, torch.Tensor | np.ndarray]]:
    network = shipped("model-choice")
    values = pooled(network.standardise)
    yield "choice_logits", network(values, NUM_REGIONS)
    yield "choice_members", network.each(values, NUM_REGIONS)
    roots = network.standardise.roots(values)
    yield "choice_roots", roots[:, :10]
    each, together = novelty.p_values(network.novelty, roots.numpy(), NUM_REGIONS.numpy())
    yield "novelty_each", each
    yield "novelty_together", together
    yield "percentiles", novelty.percentiles(network, values[1].numpy())[::7]


def of_parameters() -> Iterator[tuple[str, torch.Tensor | np.ndarray]]:
    network = shipped("parameters")
    values = pooled(network.standardise)
    yield "predicted", network.predict(values, NUM_REGIONS)
    size = (3, architecture("parameters")["parameters"])
    parameters = torch.from_numpy(np.random.default_rng(19).normal(size=size).astype(np.float32))
    yield "density", network(values, NUM_REGIONS, parameters)
    yield "draws", network.sample(values, NUM_REGIONS, 7, 3)


def of_segments() -> Iterator[tuple[str, torch.Tensor | np.ndarray]]:
    """With population statistics, the last row without."""
    network = shipped("segments")
    size = (2, 40, architecture("segments")["channels"])
    values = torch.from_numpy(np.random.default_rng(20).random(size, np.float32))
    values[1, :, network.population] = torch.nan
    yield "segment_logits", network(values)


PARTS = {"model-choice": of_model_choice, "parameters": of_parameters, "segments": of_segments}


@pytest.mark.parametrize("task", PARTS)
@torch.inference_mode()
def test_shipped_weights_give_what_they_gave(task: str) -> None:
    expected = json.loads(OUTPUTS.read_text())
    for name, values in PARTS[task]():
        np.testing.assert_allclose(np.asarray(values), np.array(expected[name]), rtol=2e-4, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("task", ["model-choice", "parameters"])
@torch.inference_mode()
def test_the_number_of_regions_matters(task: str) -> None:
    """So that the values above can tell whether it is given in the right place."""
    network = shipped(task)
    values = pooled(network.standardise)
    for parts in (network.standardise(values, NUM_REGIONS), network.standardise(values, NUM_REGIONS.flip(0))):
        assert len(parts[0]) == 2 * values.shape[1] + 1
    if task == "model-choice":
        one, other = (network(values, numbers) for numbers in (NUM_REGIONS, NUM_REGIONS.flip(0)))
    else:
        one, other = (network.sample(values, numbers, 7, 3) for numbers in (NUM_REGIONS, NUM_REGIONS.flip(0)))
    assert float((one - other).abs().max()) > 0.01


if __name__ == "__main__":
    with torch.inference_mode():
        written = {name: np.asarray(values).tolist() for part in PARTS.values() for name, values in part()}
    OUTPUTS.write_text(json.dumps(written) + "\n")
