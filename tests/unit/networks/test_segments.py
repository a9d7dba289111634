import numpy as np
import pytest
import torch

from introghost.inference import inputs
from introghost.networks.layers import ResidualBlock
from introghost.networks.segments import DILATIONS, SegmentNetwork


@pytest.fixture(params=[1, 3])
def network(request: pytest.FixtureRequest) -> SegmentNetwork:
    torch.manual_seed(1)
    network = SegmentNetwork(channels=8, population=0, width=16, members=request.param).eval()
    for member in network.members:
        torch.nn.init.normal_(member[-1].weight)
    return network


def test_an_ensemble_averages_the_probabilities_of_its_members(network):
    values = torch.rand(2, 40, 8)
    together = network(values)
    network.train().noise.eval()
    each = network(values)
    assert each.shape == (len(network.members), 2, 40)
    assert torch.allclose(torch.sigmoid(together), torch.sigmoid(each).mean(0), atol=1e-6)
    assert len(each) == 1 or not torch.allclose(each[0], each[1], atol=0.1), "members differ"


def test_permuting_haplotypes_permutes_the_output(network):
    values = torch.rand(6, 40, 8)
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    assert torch.allclose(network(values)[order], network(values[order]), atol=1e-6)


def test_a_tile_with_enough_around_it_gives_what_the_whole_gives(network):
    values = torch.rand(2, 400, 8)
    reach = sum(DILATIONS)
    part = network(values[:, 100 - reach : 200 + reach])[:, reach:-reach]
    assert torch.allclose(part, network(values)[:, 100:200], atol=1e-5)
    cut = network(values[:, 100:200])
    assert not torch.allclose(cut, network(values)[:, 100:200], atol=1e-5), "the reach is not needed: test can't fail"


def test_every_parameter_has_a_gradient(network):
    network.train()
    network(torch.rand(4, 30, 8)).pow(2).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert np.isfinite(parameter.grad.numpy()).all(), name


def test_a_channel_that_never_varied_in_training_has_no_say(network):
    network.standardise.set(torch.zeros(8), torch.tensor([0.0] + [1.0] * 7))
    values = torch.rand(2, 30, 8)
    changed = values.clone()
    changed[:, :, 0] += 5
    assert torch.allclose(network(values), network(changed), atol=1e-4)
    changed[:, :, 1] += 5
    assert not torch.allclose(network(values), network(changed), atol=1e-4)


def test_a_block_is_a_dilated_convolution():
    torch.manual_seed(3)
    block, values = ResidualBlock(5, dilation=4), torch.rand(2, 30, 5)
    weight = block.taps.weight.reshape(5, 3, 5).permute(0, 2, 1)
    convolved = torch.nn.functional.conv1d(
        block.norm(values).transpose(1, 2), weight, block.taps.bias, padding=4, dilation=4
    )
    expected = values + block.mix(torch.nn.functional.silu(convolved).transpose(1, 2))
    assert torch.allclose(block(values), expected, atol=1e-6)


def test_what_is_unknown_is_taken_for_the_mean_of_training() -> None:
    torch.manual_seed(1)
    network = SegmentNetwork(channels=9, population=1, width=16).eval()
    torch.nn.init.normal_(network.members[0][-1].weight)
    mean, place = torch.rand(9), 6  # before the deviations of two statistics
    network.standardise.set(mean, torch.ones(9))
    values = torch.rand(2, 30, 9)
    unknown, usual = values.clone(), values.clone()
    unknown[:, :, place], usual[:, :, place] = torch.nan, mean[place].square()  # it is of roots
    torch.testing.assert_close(network(unknown), network(usual))
    assert not torch.allclose(network(unknown), network(values), atol=1e-3)


def test_channels_of_a_statistic_have_the_same_noise() -> None:
    names = inputs.segment_channel_names(["private_window", "closer_targets"], ["fst", "dxy", "pi_target"])
    network = SegmentNetwork(channels=len(names), population=3)
    statistic = [name.removeprefix("population:").partition(":")[0] for name in names]
    of_channel = network.noise.of_channel
    assert len(of_channel) == len(names)
    assert len(set(zip(statistic, of_channel, strict=True))) == len(set(statistic)) == network.noise.num_statistics == 5
    assert statistic[network.population] == ["fst", "dxy", "pi_target"]


def test_a_haplotype_statistic_must_be_known() -> None:
    network = SegmentNetwork(channels=9, population=1, width=16).eval()
    torch.nn.init.normal_(network.members[0][-1].weight)
    values = torch.rand(1, 5, 9)
    values[0, 2, 0] = torch.nan
    assert network(values).isnan().any()
