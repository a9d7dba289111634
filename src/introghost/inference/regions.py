"""What is known of a region as a whole, for the networks that look at whole genomes."""

import itertools
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from introghost.errors import ModelError
from introghost.inference.application import segment_posterior
from introghost.inference.bundle import Bundle, digest
from introghost.statistics.haplotype import STATISTICS, usable_bins
from introghost.statistics.pooled import PLAIN, POOLED, Summary, pool

Array = NDArray[np.float32]

LEVELS = (0.1, 0.5, 0.9)
CALLED = 0.5
LENGTHS_BINS = (1, 3, 6, 11, 21)
FREQUENCIES = (0.0, 0.05, 0.15, 0.5, 1.0)
WEIGHTED = ("private_window", "distance_nearest_outgroup", "distance_mean_outgroup", "distance_nearest_target")
SEGMENT_SUMMARIES: tuple[str, ...] = (
    "posterior",
    "posterior_squared",
    *(f"posterior_above_{level}" for level in LEVELS),
    *(f"segments_from_{length}_bins" for length in LENGTHS_BINS),
    *(f"called_in_{low}_to_{high}" for low, high in itertools.pairwise(FREQUENCIES)),
    *(f"{name}_by_posterior" for name in WEIGHTED),
)


def segment_summaries(posterior: Array, statistics: Array) -> Array:
    """What a segment network says of a region: how much is ghost-derived, in how long pieces, how frequent and unlike.

    Parameters
    ----------
    posterior : ndarray of float32, shape (num_haplotypes, num_bins)
        NaN where a bin is not usable; such bins are left out.
    statistics : ndarray of float32, shape (num_haplotypes, num_bins, num_statistics)

    Returns
    -------
    ndarray of float32, shape (len(SEGMENT_SUMMARIES),)
        All of them are means over haplotypes and usable bins, or numbers divided by those, so that they can be averaged
        over regions: the mean posterior and its square, the share above each of `LEVELS`, segments by length, bins by
        the share of haplotypes that have a segment there, and statistics weighted by the posterior. 0 without a bin.
    """
    usable = ~np.isnan(posterior[0])
    own, chosen = posterior[:, usable], statistics[:, usable]
    if not own.size:
        return np.zeros(len(SEGMENT_SUMMARIES), dtype=np.float32)
    edges = np.diff(np.pad(np.nan_to_num(posterior) >= CALLED, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    lengths = np.nonzero(edges == -1)[1] - np.nonzero(edges == 1)[1]
    frequency = (own >= CALLED).mean(axis=0)
    weighted = [(own * chosen[:, :, STATISTICS.index(name)]).mean(dtype=np.float64) for name in WEIGHTED]
    return np.array(
        [
            own.mean(dtype=np.float64),
            np.square(own).mean(dtype=np.float64),
            *((own >= level).mean() for level in LEVELS),
            *(np.histogram(lengths, (*LENGTHS_BINS, np.inf))[0] / own.size),
            *(((frequency > low) & (frequency <= high)).mean() for low, high in itertools.pairwise(FREQUENCIES)),
            *weighted,
        ],
        dtype=np.float32,
    )


def summary(segments: Bundle, of_bundle: str) -> Summary:
    """`POOLED` and, after them, the `SEGMENT_SUMMARIES` of what this network says; `of_bundle` is its digest."""
    return Summary(POOLED + SEGMENT_SUMMARIES, partial(_summarise, segments=segments), of_bundle)


def summary_of_model(folder: Path, segments: Bundle, others: list[Bundle]) -> Summary | None:
    """What the networks for whole genomes of the model in `folder`, if it has any, want to know of each region.

    Raises
    ------
    ModelError
        One of them was trained on what another segment network says than the model's.
    """
    own = digest(folder / "segments")
    wanted = {other.description["segments"]: other for other in others}
    for known, other in wanted.items():
        if known not in ("", own) or len(wanted) > 1:
            raise ModelError(
                f"{folder / other.task}: trained on statistics made with another `statistics --segments` than this "
                "model's segments/; train all networks of a model on the same statistics"
            )
    if not others:
        return None
    return summary(segments, own) if own in wanted else PLAIN


def _summarise(statistics: Array, callable_fraction: Array, segments: Bundle) -> Array:
    """Values of `summary` for one region.

    Parameters
    ----------
    statistics : ndarray of float32, shape (num_haplotypes, num_bins, num_statistics)
        Of `statistics.pooled.few_targets`.
    callable_fraction : ndarray of float32, shape (num_bins,)
        0 where a bin is not to be looked at.
    segments : Bundle
    """
    pooled = pool(statistics, usable_bins(callable_fraction))
    posterior = segment_posterior(segments, statistics, callable_fraction)
    return np.concatenate([pooled, segment_summaries(posterior, statistics)])
