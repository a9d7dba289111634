"""Shipped weights give what they gave when they were trained.

``shipped_outputs.json`` holds what version 0.1.0.dev at 760b531 gave, whose networks took the number of regions as the
last of their values, on one machine; another processor may round otherwise in the last digit.
"""

import json
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
NETWORKS = {"model-choice": ModelChoiceNetwork, "parameters": PosteriorNetwork, "segments": SegmentNetwork}
NUM_REGIONS = torch.tensor([6.0, 20.0, 50.0])
EXPECTED = {
    name: np.array(values)
    for name, values in json.loads((Path(__file__).parent / "shipped_outputs.json").read_text()).items()
}


def shipped(task: str) -> torch.nn.Module:
    architecture = json.loads((SHIPPED / task / "model.json").read_text())["architecture"]
    network = NETWORKS[task](**architecture)
    network.load_state_dict(load_file(SHIPPED / task / "weights.safetensors"))
    return network.eval()


def pooled(layer: RootsAndLogarithms) -> torch.Tensor:
    """Values of three genomes that lie where those of training do."""
    mean, deviation = layer.root_mean.numpy(), layer.root_deviation.numpy()
    normal = np.random.default_rng(18).normal(size=(3, len(mean)))
    roots = mean + 0.5 * np.minimum(deviation, 1) * normal
    return torch.from_numpy((roots * np.abs(roots)).astype(np.float32))


def old_channels(layer: RootsAndLogarithms, values: torch.Tensor) -> torch.Tensor:
    """What the layer made of values with the number of regions last, as it was written then."""
    joined = torch.cat([values, NUM_REGIONS[:, None]], dim=1)
    root = joined.sign() * joined.abs().sqrt()
    transformed = torch.cat([(joined[..., :-1].abs() + layer.floor).log(), root], dim=-1)
    return ((transformed - layer.mean) / layer.deviation).clamp(-10, 10)


def check(name: str, values: torch.Tensor | np.ndarray) -> None:
    np.testing.assert_allclose(np.asarray(values), EXPECTED[name], rtol=2e-4, atol=2e-5, err_msg=name)


@torch.inference_mode()
def test_model_choice_and_novelty() -> None:
    network = shipped("model-choice")
    values = pooled(network.standardise)
    torch.testing.assert_close(
        network.standardise(values, NUM_REGIONS), old_channels(network.standardise, values), rtol=0, atol=0
    )
    check("choice_logits", network(values, NUM_REGIONS))
    check("choice_members", network.each(values, NUM_REGIONS))
    roots = network.standardise.roots(values)
    check("choice_roots", roots[:, :10])
    each, together = novelty.p_values(network.novelty, roots.numpy(), NUM_REGIONS.numpy())
    check("novelty_each", each)
    check("novelty_together", together)
    check("percentiles", novelty.percentiles(network, values[1].numpy())[::7])


@torch.inference_mode()
def test_parameter_posterior() -> None:
    network = shipped("parameters")
    values = pooled(network.standardise)
    torch.testing.assert_close(
        network.standardise(values, NUM_REGIONS), old_channels(network.standardise, values), rtol=0, atol=0
    )
    check("predicted", network.predict(values, NUM_REGIONS))
    parameters = torch.from_numpy(np.random.default_rng(19).normal(size=(3, 13)).astype(np.float32))
    check("density", network(values, NUM_REGIONS, parameters))
    check("draws", network.sample(values, NUM_REGIONS, 7, 3))


@torch.inference_mode()
def test_segments() -> None:
    values = np.random.default_rng(20).random((2, 40, 204), np.float32)
    check("segment_logits", shipped("segments")(torch.from_numpy(values)))


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
