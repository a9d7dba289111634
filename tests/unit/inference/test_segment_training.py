"""Batches of the segment network: what training may see of a region, and what validation must."""

import numpy as np
import pytest
import torch
import xarray as xr

from introghost.inference import segment_training, training
from introghost.networks.segments import SegmentNetwork

REGIONS, HAPLOTYPES, BINS, STATISTICS = 3, 30, 8, 4


@pytest.fixture(scope="module")
def data() -> segment_training._SegmentData:
    rng = np.random.default_rng(1)
    statistics = rng.random((REGIONS, HAPLOTYPES, BINS, STATISTICS), np.float32)
    variables = {
        "haplotype_statistics": (("region", "haplotype", "bin", "statistic"), statistics),
        "haplotype_moments": (
            ("region", "moment", "bin", "statistic"),
            np.stack([statistics.mean(axis=1), statistics.std(axis=1)], axis=1),
        ),
        "callable_fraction": (("region", "bin"), np.ones((REGIONS, BINS), np.float32)),
        "ghost_fraction": (("region", "haplotype", "bin"), rng.random((REGIONS, HAPLOTYPES, BINS), np.float32)),
    }
    return segment_training._SegmentData(xr.Dataset(variables, attrs={"region_length_bp": 80_000, "bin_bp": 10_000}))


def rows(data: segment_training._SegmentData, seed: int | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Values and labels of one epoch, in batches of 16."""
    values, labels, _ = zip(*segment_training._Batches(data, np.arange(REGIONS), 16, seed), strict=True)
    return torch.cat(values), torch.cat(labels)


def test_an_epoch_is_the_same_for_the_same_seed_and_another_for_another(data: segment_training._SegmentData) -> None:
    first, again, other = (rows(data, seed)[0] for seed in (1, 1, 2))
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert not torch.equal(first, other)


def test_training_blurs_the_context_and_nothing_else(data: segment_training._SegmentData) -> None:
    values, labels = rows(data, 1)
    known = data.statistics.float().flatten(0, 1)
    for row, label in zip(values, labels, strict=True):
        forward, backward = (
            torch.isclose(known, way[None]).flatten(1).all(dim=1)
            for way in (row[:, :STATISTICS], row.flip(0)[:, :STATISTICS])
        )
        (place,) = torch.nonzero(forward | backward).flatten().tolist()
        right_way = row if forward[place] else row.flip(0)
        factor = right_way[:, STATISTICS:-STATISTICS] / data.context[place // HAPLOTYPES]
        torch.testing.assert_close(factor, factor[:1].expand_as(factor))  # one factor per statistic, along all bins
        assert 0.01 < factor[0].log().abs().mean() < 1
        torch.testing.assert_close(label if forward[place] else label.flip(0), data.labels.flatten(0, 1)[place])


def test_validation_sees_things_as_they_are(data: segment_training._SegmentData) -> None:
    values, _ = rows(data, None)
    blocks = values[:, :, STATISTICS:-STATISTICS].reshape(REGIONS, -1, BINS, data.context.shape[2])
    torch.testing.assert_close(blocks, data.context[:, None].expand_as(blocks), rtol=0, atol=0)
    torch.testing.assert_close(values, rows(data, None)[0], rtol=0, atol=0)


def test_what_has_a_direction_is_turned_with_the_sequence(data: segment_training._SegmentData) -> None:
    names = ["a", "private_quarter_2", "private_quarter_1", "private_quarter_3", "b", "private_quarter_4"]
    of_names = dict(zip(names, (0, 3, 5, 1, 4, 2), strict=True))  # where each finds its mirror image
    size = (2, 3, 5, len(names))
    values = np.random.default_rng(2).random(size, np.float32)
    dataset = xr.Dataset(
        {
            "haplotype_statistics": (("region", "haplotype", "bin", "statistic"), values),
            "haplotype_moments": (("region", "moment", "bin", "statistic"), values[:, :2]),
            "callable_fraction": (("region", "bin"), np.ones((2, 5), np.float32)),
            "ghost_fraction": (("region", "haplotype", "bin"), values[..., 0]),
        },
        coords={"statistic": names},
        attrs={"region_length_bp": 50_000, "bin_bp": 10_000},
    )
    named = segment_training._SegmentData(dataset)
    batch = named.batch(np.array([0, 1]), np.array([2, 0]))
    turned, labels, _ = named.reversed(batch)
    for block in range(6):
        for index, name in enumerate(names):
            expected = batch[0][:, :, block * len(names) + of_names[name]].flip(1)
            torch.testing.assert_close(turned[:, :, block * len(names) + index], expected, rtol=0, atol=0)
    torch.testing.assert_close(labels, batch[1].flip(1), rtol=0, atol=0)
    torch.testing.assert_close(named.reversed((turned, labels, batch[2]))[0], batch[0], rtol=0, atol=0)


@pytest.mark.parametrize(
    ("cuda", "supported", "capabilities", "precision"),
    [
        (True, True, {}, "bf16-mixed"),
        (True, False, {"avx512_bf16": True}, "32-true"),
        (False, True, {"avx512_bf16": True}, "bf16-mixed"),
        (False, True, {"avx512_bf16": False}, "32-true"),
        (False, True, {}, "32-true"),  # another architecture does not list it
    ],
)
def test_precision_is_what_the_processor_has(monkeypatch, cuda, supported, capabilities, precision) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: supported)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert segment_training._precision() == precision


class _Constant(torch.nn.Module):
    """Asks whether half precision is on where it is called."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self.dtype = (values @ values.transpose(1, 2)).dtype
        return values.sum(dim=2)


def test_validation_has_all_digits(data: segment_training._SegmentData, monkeypatch) -> None:
    network = _Constant()
    module = training._Module(network, segment_training._segment_loss, 1e-3, 10)
    monkeypatch.setattr(module, "log", lambda *_args, **_options: None)
    batch = next(iter(segment_training._Batches(data, np.arange(REGIONS), 16, None)))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        module.training_step(batch, 0)
        assert network.dtype == torch.bfloat16
        module.validation_step(batch, 0)
    assert network.dtype == torch.float32


def test_each_member_of_an_ensemble_has_the_loss_that_it_has_alone(data: segment_training._SegmentData) -> None:
    torch.manual_seed(1)
    batch = next(iter(segment_training._Batches(data, np.arange(REGIONS), 16, None)))
    network = SegmentNetwork(batch[0].shape[2], 8, members=3).train()
    for member in network.members:
        torch.nn.init.normal_(member[-1].weight)
    together = segment_training._segment_loss(network, batch)
    members = list(network.members)
    alone = []
    for member in members:
        network.members = torch.nn.ModuleList([member])
        alone.append(segment_training._segment_loss(network, batch))
    torch.testing.assert_close(together, torch.stack(alone).mean())
    assert float(torch.stack(alone).detach().std()) > 1e-3, "members differ"
