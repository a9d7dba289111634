"""What is known of a region as a whole, for the networks that look at whole genomes."""

import itertools
from functools import partial

import numpy as np
from numpy.typing import NDArray

from introghost.arrays import runs
from introghost.inference.bundles import SegmentsBundle
from introghost.inference.calling import segment_posterior
from introghost.statistics.haplotype import STATISTICS, usable_bins
from introghost.statistics.pooled import POOLED, Summary, pool

Array = NDArray[np.float32]

LEVELS = (0.1, 0.5, 0.9)
# Posterior from which a bin counts as part of a segment here, whatever the model's threshold.
SEGMENT_LEVEL = 0.5
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
    called, chosen = posterior[:, usable], statistics[:, usable]
    if not called.size:
        return np.zeros(len(SEGMENT_SUMMARIES), dtype=np.float32)
    # Lengths of segments in bins, and the share of haplotypes that have one in each bin.
    segments = [runs(haplotype >= SEGMENT_LEVEL) for haplotype in np.nan_to_num(posterior)]
    lengths = np.diff(np.concatenate(segments), axis=1)[:, 0]
    frequency = (called >= SEGMENT_LEVEL).mean(axis=0)
    weighted = [(called * chosen[:, :, STATISTICS.index(name)]).mean(dtype=np.float64) for name in WEIGHTED]
    return np.array(
        [
            called.mean(dtype=np.float64),
            np.square(called).mean(dtype=np.float64),
            *((called >= level).mean() for level in LEVELS),
            *(np.histogram(lengths, (*LENGTHS_BINS, np.inf))[0] / called.size),
            *(((frequency > low) & (frequency <= high)).mean() for low, high in itertools.pairwise(FREQUENCIES)),
            *weighted,
        ],
        dtype=np.float32,
    )


def summary(segments: SegmentsBundle, segment_model_digest: str) -> Summary:
    """`POOLED` and, after them, the `SEGMENT_SUMMARIES` of what a segment network with this digest says.

    Parameters
    ----------
    segments : SegmentsBundle
    segment_model_digest : str
        Of the bundle's network, in hexadecimal.
    """
    return Summary(POOLED + SEGMENT_SUMMARIES, partial(_summarise, segments=segments), segment_model_digest)


def _summarise(statistics: Array, callable_fraction: Array, segments: SegmentsBundle) -> Array:
    """Values of `summary` for one region.

    The network is not given population statistics, which it knows as means over a genome: a region is looked at here
    by itself.

    Parameters
    ----------
    statistics : ndarray of float32, shape (num_haplotypes, num_bins, num_statistics)
        Of `statistics.pooled.few_targets`.
    callable_fraction : ndarray of float32, shape (num_bins,)
        0 where a bin is not to be looked at.
    segments : SegmentsBundle
    """
    unknown = np.full(int(segments.architecture["population"]), np.nan, dtype=np.float32)
    posterior = segment_posterior(segments, statistics, callable_fraction, unknown)
    return np.concatenate([pool(statistics, usable_bins(callable_fraction)), segment_summaries(posterior, statistics)])
