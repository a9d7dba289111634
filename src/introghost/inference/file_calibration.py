"""What all posteriors of a file tell of each of them.

The segment network sees a stretch of one haplotype. Whether there was a ghost at all, and how well its tracts stand
out, is told by the whole file: where hardly a bin has a high posterior, the few that have one are false more often.
So the log-odds of a bin are corrected by a line with two bends, whose height and slope depend on how the posteriors of
the file are spread, learnt from held-out genomes (logistic calibration, Platt 1999; that the prior is that of the data,
as in empirical Bayes). The order of the bins of a file stays, but for ties.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

Array = NDArray[np.float32]

LEVELS = (0.05, 0.2, 0.8)
SPREADS = 1 + len(LEVELS)
UNKNOWN = np.full(SPREADS, np.nan)
LEAST_FILES = 200  # held out, of known spread
BEND = -3.0  # log-odds below which the line has another slope, as it has above 0
LEAST_MEAN, LEAST_SHARE = 1e-4, 3e-5
MOST_DEVIATIONS = 3.0  # from the mean of training, of a spread
SLOPES = (0.3, 3.0)  # least and greatest
WHOLE_REGIONS = 3  # called bins of so many regions of training tell all that their spread can tell
GRID = 0.05  # of log-odds, on which bins are counted to be learnt from
LARGEST_LOGIT = 12.0


def posterior_spread(posteriors: Iterable[Array]) -> NDArray[np.float64]:
    """How the posteriors of a file are spread.

    Parameters
    ----------
    posteriors : iterable of ndarray of float32, each of shape (num_haplotypes, num_bins)
        Of `calling.segment_posterior`, of contigs or regions; NaN in bins that are not called.

    Returns
    -------
    ndarray of float64, shape (SPREADS,)
        Logarithms, to base 10, of the mean and of the shares above each of `LEVELS`; NaN without a called bin.
    """
    number, total = 0, 0.0
    above = np.zeros(len(LEVELS), dtype=np.int64)
    for posterior in posteriors:
        given = posterior[~np.isnan(posterior)]
        number, total = number + len(given), total + float(given.sum(dtype=np.float64))
        above += [int((given > np.float32(level)).sum()) for level in LEVELS]
    if not number:
        return UNKNOWN
    spread: NDArray[np.float64] = np.log10(np.append(total / number + LEAST_MEAN, above / number + LEAST_SHARE))
    return spread


@dataclass(frozen=True)
class FileCalibration:
    """Of the log-odds of a bin, by how the posteriors of its file are spread.

    Attributes
    ----------
    mean, deviation : tuple of float, length SPREADS
        Of each spread over the held-out genomes.
    height : float
        Of the line at log-odds of 0, in a file with the mean of each spread.
    height_by_spread : tuple of float, length SPREADS
        What is added to it for each standard deviation.
    slope_below, slope, slope_above : float
        Of the line below `BEND`, from there to 0, and above, in a file with the mean of each spread.
    slope_by_spread : tuple of float, length SPREADS
        What is added to all three for each standard deviation.
    unknown_height, unknown_slope : float
        Of the line of a file whose spread is unknown: so that a threshold has the same false-discovery rate there.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    height: float
    height_by_spread: tuple[float, ...]
    slope_below: float
    slope: float
    slope_above: float
    slope_by_spread: tuple[float, ...]
    unknown_height: float = 0.0
    unknown_slope: float = 1.0

    @classmethod
    def fit(
        cls, posteriors: Sequence[Array], labels: Sequence[Array], spreads: NDArray[np.float64]
    ) -> "FileCalibration | None":
        """That which suits held-out genomes best, each taken for a file.

        Parameters
        ----------
        posteriors, labels : sequence of ndarray of float32, each of shape (num_usable,)
            Of the usable bins of each genome: what the network says, and the ghost-derived part of each.
        spreads : ndarray of float64, shape (num_genomes, SPREADS)
            Of `posterior_spread`; genomes where they are unknown are left out.

        Returns
        -------
        FileCalibration or None
            None if fewer than `LEAST_FILES` are left, or none of them has a ghost's bin.
        """
        known = np.flatnonzero(~np.isnan(spreads).any(axis=1)).tolist()
        if len(known) < LEAST_FILES or not any(labels[genome].any() for genome in known):
            return None
        mean, deviation = spreads[known].mean(axis=0), spreads[known].std(axis=0).clip(1e-3)
        # A row for each genome and step of the grid of log-odds: inputs of the regression, bins, and the ghost's.
        inputs, number, ghost = [], [], []
        for genome in known:
            steps, index = np.unique(np.round(_log_odds(posteriors[genome]) / GRID), return_inverse=True)
            inputs.append(_inputs(GRID * steps, _standardised(spreads[genome], mean, deviation)))
            number.append(np.bincount(index))
            ghost.append(np.bincount(index, labels[genome]))
        rows, bins, of_ghost = (np.concatenate(part) for part in (inputs, number, ghost))
        regression = LogisticRegression(C=100.0, solver="newton-cholesky", tol=1e-8, max_iter=1_000)
        truth = np.repeat([True, False], len(rows))
        regression.fit(np.tile(rows, (2, 1)), truth, sample_weight=np.concatenate([of_ghost, bins - of_ghost]))
        slope, above, below, *by_spread = regression.coef_[0].tolist()
        return cls(
            mean=tuple(mean.tolist()),
            deviation=tuple(deviation.tolist()),
            height=float(regression.intercept_[0]),
            height_by_spread=tuple(by_spread[:SPREADS]),
            slope_below=slope + below,
            slope=slope,
            slope_above=slope + above,
            slope_by_spread=tuple(by_spread[SPREADS:]),
        )

    def with_thresholds(self, alone: Sequence[float], given_file: Sequence[float]) -> "FileCalibration":
        """The same, with the line that takes thresholds of posteriors alone to those of posteriors given their file.

        Parameters
        ----------
        alone, given_file : sequence of float
            For the same false-discovery rates. Those that no posterior reaches, 1, do not count; of fewer than two
            different ones the line leaves posteriors as they are.
        """
        pairs = np.array([(x, y) for x, y in zip(alone, given_file, strict=True) if max(x, y) < 1]).reshape(-1, 2)
        if len(np.unique(pairs[:, 0])) < 2:
            return self
        before, after = logit(pairs).T
        slope, height = np.polyfit(before, after, 1)
        return replace(self, unknown_height=float(height), unknown_slope=float(np.clip(slope, *SLOPES)))

    def given_file(self, posteriors: Sequence[Array], region_bins: int) -> list[Array]:
        """All posteriors of a file, each calibrated by all of them.

        Parameters
        ----------
        posteriors : sequence of ndarray of float32, each of shape (num_haplotypes, num_bins)
            Of all contigs of the file.
        region_bins : int
            Bins of a region of training; 0 where nothing of the file is to count.
        """
        if not region_bins:
            return [self.calibrated(posterior, UNKNOWN) for posterior in posteriors]
        spread = posterior_spread(posteriors)
        called_bins = sum(int((~np.isnan(posterior)).any(axis=0).sum()) for posterior in posteriors)
        weight = min(called_bins / (WHOLE_REGIONS * region_bins), 1.0)
        return [self.calibrated(posterior, spread, weight) for posterior in posteriors]

    def calibrated(self, posterior: Array, spread: NDArray[np.float64], weight: float = 1.0) -> Array:
        """Posteriors of a file, given how all of them are spread.

        Parameters
        ----------
        posterior : ndarray of float32
            NaN stays NaN.
        spread : ndarray of float64, shape (SPREADS,)
            Of `posterior_spread` over the whole file; NaN where it is unknown.
        weight : float
            How much the spread counts, from 0, as if it were unknown, to 1: that of little sequence is the chance of
            which tracts lie there.

        Returns
        -------
        ndarray of float32, same shape
            In the same order: slopes stay in `SLOPES`, and a spread counts up to `MOST_DEVIATIONS`.
        """
        value = _log_odds(posterior)
        line: NDArray[np.floating] = self.unknown_height + self.unknown_slope * value
        if weight > 0 and not np.isnan(spread).any():
            line = (1 - weight) * line + weight * self._line(value, spread)
        calibrated: Array = expit(line.clip(-LARGEST_LOGIT, LARGEST_LOGIT))
        return calibrated

    def _line(self, value: Array, spread: NDArray[np.float64]) -> NDArray[np.floating]:
        """Log-odds of a file of known spread, from those of its bins alone."""
        standard = _standardised(spread, np.array(self.mean), np.array(self.deviation))
        height = self.height + float(standard @ np.array(self.height_by_spread))
        steeper = float(standard @ np.array(self.slope_by_spread))
        below, slope, above = (
            min(max(each + steeper, SLOPES[0]), SLOPES[1]) for each in (self.slope_below, self.slope, self.slope_above)
        )
        line: NDArray[np.floating] = height + slope * value.clip(BEND, 0)
        line += above * value.clip(min=0)
        line += below * (value - np.float32(BEND)).clip(max=0)
        return line

    @classmethod
    def from_json(cls, values: object) -> Self:
        """The inverse of `to_json`.

        Raises
        ------
        ValueError
            Not an object with these keys, other levels or another bend than those of this version, or a value of
            another kind.
        """
        if not isinstance(values, dict) or set(values) != {*cls.__dataclass_fields__, "levels", "bend"}:
            raise ValueError
        if values["levels"] != list(LEVELS) or values["bend"] != BEND:
            raise ValueError
        parsed = cls(
            mean=_numbers(values["mean"]),
            deviation=_numbers(values["deviation"]),
            height=_number(values["height"]),
            height_by_spread=_numbers(values["height_by_spread"]),
            slope_below=_number(values["slope_below"]),
            slope=_number(values["slope"]),
            slope_above=_number(values["slope_above"]),
            slope_by_spread=_numbers(values["slope_by_spread"]),
            unknown_height=_number(values["unknown_height"]),
            unknown_slope=_number(values["unknown_slope"]),
        )
        if min(*parsed.deviation, parsed.unknown_slope) <= 0:
            raise ValueError
        return parsed

    def to_json(self) -> Mapping[str, object]:
        """Each attribute by its name, as numbers and lists of numbers, beside the levels and the bend."""
        numbers = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {**numbers, "levels": list(LEVELS), "bend": BEND}


def _log_odds(posterior: Array) -> Array:
    """Of each posterior, between -`LARGEST_LOGIT` and that."""
    with np.errstate(divide="ignore"):
        odds: Array = logit(posterior).clip(-LARGEST_LOGIT, LARGEST_LOGIT)
    return odds


def _standardised(
    spread: NDArray[np.float64], mean: NDArray[np.float64], deviation: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Standard deviations from the mean, `MOST_DEVIATIONS` at most."""
    return ((spread - mean) / deviation).clip(-MOST_DEVIATIONS, MOST_DEVIATIONS)


def _inputs(log_odds: NDArray[np.floating], standard: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the regression is given of log-odds in one file, shape (num_log_odds, 3 + 2 * SPREADS)."""
    value = log_odds[:, None].astype(np.float64)
    line = [value, value.clip(min=0), (value - BEND).clip(max=0)]
    return np.concatenate([*line, np.broadcast_to(standard, (len(value), SPREADS)), value * standard], axis=1)


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _numbers(value: object) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != SPREADS:
        raise ValueError
    return tuple(_number(each) for each in value)
