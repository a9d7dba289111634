"""Layers shared by the networks."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class ResidualBlock(nn.Module):
    """Pre-normalised dilated convolution of three taps.

    Channels are the last axis and the taps are joined there, so that the convolution is one matrix product: on a CPU
    twice as fast as `Conv1d`. The normalisation does not mix positions, so that a long contig and a tile of it give the
    same output.

    Parameters
    ----------
    channels, dilation : int
    """

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(channels)
        self.taps = nn.Linear(3 * channels, channels)
        self.mix = nn.Linear(channels, channels)

    def forward(self, values: Tensor) -> Tensor:
        """The values and what the convolution changes in them.

        Parameters
        ----------
        values : Tensor of float32, shape (batch, positions, channels)

        Returns
        -------
        Tensor of float32, same shape
        """
        # Values one dilation before, at and one after each position, side by side on the last axis; zeros beyond the
        # ends.
        padded = functional.pad(self.norm(values), (0, 0, self.dilation, self.dilation))
        number = values.shape[1]
        taps = [padded[:, start : start + number] for start in (0, self.dilation, 2 * self.dilation)]
        change: Tensor = self.mix(functional.silu(self.taps(torch.cat(taps, dim=2))))
        return values + change


class _Standardiser(nn.Module):
    """Mean and standard deviation of each channel in the training set, and what they make of other values."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))

    def set(self, mean: Tensor, deviation: Tensor) -> None:
        """Store mean and standard deviation, each (channels,), of transformed values.

        A channel that did not vary in training taught the network nothing: it is muted, whatever the data hold.
        """
        # A huge deviation makes every value of a channel nearly 0.
        self.mean.copy_(mean)
        muted = torch.full_like(deviation, 1e6)
        self.deviation.copy_(torch.where(deviation < 1e-6, muted, deviation.clamp_min(1e-3)))

    def standardised(self, transformed: Tensor) -> Tensor:
        """(..., channels) to the same shape: in standard deviations from the mean, clipped to ten."""
        return ((transformed - self.mean) / self.deviation).clamp(-10, 10)


class Standardise(_Standardiser):
    """Signed square root, which evens out the variance of counts, then standardisation by the training set."""

    def forward(self, values: Tensor) -> Tensor:
        """Signed roots in standard deviations from the mean of training, clipped to ten.

        Parameters
        ----------
        values : Tensor of float32, shape (..., channels)

        Returns
        -------
        Tensor of float32, same shape
        """
        return self.standardised(signed_root(values))


class StatisticNoise(nn.Module):
    """In training each statistic of each sequence is off by a factor and a shift of its own, or left out.

    Statistics of real data differ from simulated ones each in its own way. A network that can rely on none of them
    alone ranks real haplotypes better. In evaluation nothing changes.

    Parameters
    ----------
    of_channel : sequence of int
        Number of the statistic that each channel is of, from 0.
    """

    FACTOR_SD, SHIFT_SD, LEFT_OUT = 0.15, 0.15, 0.1

    def __init__(self, of_channel: Sequence[int]) -> None:
        super().__init__()
        self.of_channel, self.num_statistics = list(of_channel), 1 + max(of_channel, default=-1)

    def factors(self, values: Tensor) -> Tensor:
        """Log-normal factors of raw values.

        Parameters
        ----------
        values : Tensor of float32, shape (batch, bins, channels)

        Returns
        -------
        Tensor of float32, shape (batch, 1, channels), or of one 1
        """
        if not self.training:
            return values.new_ones(1)
        return torch.exp(self.FACTOR_SD * self._drawn(torch.randn, values))

    def forward(self, standard: Tensor) -> Tensor:
        """Standardised values, shifted or set to the mean of training.

        Parameters
        ----------
        standard : Tensor of float32, shape (batch, bins, channels)

        Returns
        -------
        Tensor of float32, same shape
        """
        if not self.training:
            return standard
        shift = self.SHIFT_SD * self._drawn(torch.randn, standard)
        return (standard + shift) * (self._drawn(torch.rand, standard) >= self.LEFT_OUT)

    def _drawn(self, draw: Callable[..., Tensor], values: Tensor) -> Tensor:
        """One number for each sequence and statistic, for all of its channels, shape (batch, 1, channels)."""
        return draw(len(values), 1, self.num_statistics, device=values.device)[:, :, self.of_channel]


class RootsAndLogarithms(_Standardiser):
    """Logarithms of pooled statistics, their signed roots and the root of the number of regions, all standardised.

    Proportions and times are told by ratios of statistics, which are differences of logarithms: a line can tell them.
    The channels of `mean` and `deviation` are in that order: 2 `num_pooled` + 1.

    Parameters
    ----------
    num_pooled : int
        Pooled statistics.
    """

    floor: Tensor

    def __init__(self, num_pooled: int) -> None:
        super().__init__(2 * num_pooled + 1)
        self.num_pooled = num_pooled
        self.register_buffer("floor", torch.ones(num_pooled))

    def fit(self, values: Tensor, num_regions: Tensor) -> None:
        """Standardise by these genomes from now on.

        Statistics are standardised by whole genomes, the number of regions by all parts of them.

        Parameters
        ----------
        values : Tensor of float32, shape (num_parts, num_genomes, num_pooled)
            Whole genomes first, then parts of them.
        num_regions : Tensor of float32, shape (num_parts, num_genomes)
        """
        self.set_floor(values[0])
        # Moments over whole genomes; those of the last channel, the number of regions, over all parts.
        transformed = self.transform(values, num_regions)
        mean, deviation = transformed[0].mean(0), transformed[0].std(0)
        mean[-1], deviation[-1] = transformed[:, :, -1].mean(), transformed[:, :, -1].std()
        self.set(mean, deviation)

    def set_floor(self, values: Tensor) -> None:
        """Store what is added before the logarithm is taken: a share of the median of these, (batch, num_pooled)."""
        self.floor.copy_(0.05 * values.abs().median(dim=0).values + 1e-6)

    def transform(self, values: Tensor, num_regions: Tensor) -> Tensor:
        """Logarithms and signed roots of pooled statistics and root of the number of regions, not standardised yet.

        Parameters
        ----------
        values : Tensor of float32, shape (..., num_pooled)
            Pooled statistics.
        num_regions : Tensor of float32, shape (...)
            Regions that these are means over.

        Returns
        -------
        Tensor of float32, shape (..., 2 num_pooled + 1)
        """
        # The three kinds of channels, joined on the last axis.
        logarithms = (values.abs() + self.floor).log()
        return torch.cat([logarithms, signed_root(values), signed_root(num_regions)[..., None]], dim=-1)

    def forward(self, values: Tensor, num_regions: Tensor) -> Tensor:
        """What `transform` gives, in standard deviations from the mean of training, clipped to ten.

        Parameters
        ----------
        values : Tensor of float32, shape (..., num_pooled)
            Pooled statistics.
        num_regions : Tensor of float32, shape (...)
            Regions that these are means over.

        Returns
        -------
        Tensor of float32, shape (..., 2 num_pooled + 1)
        """
        return self.standardised(self.transform(values, num_regions))

    def roots(self, values: Tensor) -> Tensor:
        """Standardised roots of the statistics alone, (..., num_pooled); clipped to ten standard deviations."""
        return ((signed_root(values) - self.root_mean) / self.root_deviation).clamp(-10, 10)

    def size(self, num_regions: Tensor) -> Tensor:
        """Standardised root of the number of regions alone, in the shape of that; clipped to ten."""
        return ((signed_root(num_regions) - self.mean[-1]) / self.deviation[-1]).clamp(-10, 10)

    @property
    def root_mean(self) -> Tensor:
        """Mean in training of the signed root of each statistic, (num_pooled,)."""
        return self.mean[self.num_pooled : 2 * self.num_pooled]

    @property
    def root_deviation(self) -> Tensor:
        """Standard deviation in training of the signed root of each statistic, (num_pooled,)."""
        return self.deviation[self.num_pooled : 2 * self.num_pooled]


def signed_root(values: Tensor) -> Tensor:
    """Square root of the absolute value, with the sign kept."""
    return values.sign() * values.abs().sqrt()


def initialise(network: nn.Module) -> None:
    """He initialisation of every linear layer (He et al. 2015, ICCV); biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
