"""Runs of flags, and bins on a grid: what several stages reckon with."""

import numpy as np
from numpy.typing import NDArray


def runs(flags: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Runs of true values.

    Parameters
    ----------
    flags : ndarray of bool, shape (num_flags,)

    Returns
    -------
    ndarray of intp, shape (num_runs, 2)
        First index of each run and the one after its last, ascending.

    Examples
    --------
    >>> runs(np.array([True, True, False, True])).tolist()
    [[0, 2], [3, 4]]
    """
    changes = np.flatnonzero(np.diff(np.pad(flags.astype(np.int8), 1)))
    return changes.reshape(-1, 2)


def num_bins(length_bp: int, bin_bp: int) -> int:
    """Number of bins of `bin_bp` that a stretch of `length_bp` has, the last of which may be shorter.

    Parameters
    ----------
    length_bp : int
        Length of the stretch, at least 0.
    bin_bp : int
        Length of a bin, above 0.
    """
    return -(-length_bp // bin_bp)


def bin_edges_bp(start_bp: int, end_bp: int, bin_bp: int) -> NDArray[np.int64]:
    """Edges of the bins of a stretch, on a grid that begins at its start.

    Parameters
    ----------
    start_bp, end_bp : int
        0-based, half-open.
    bin_bp : int

    Returns
    -------
    ndarray of int64, shape (num_bins + 1,)
        Bin ``i`` is ``edges[i]`` to ``edges[i + 1]``; the last edge is `end_bp`.

    Examples
    --------
    >>> bin_edges_bp(100, 125, 10).tolist()
    [100, 110, 120, 125]
    """
    grid = start_bp + bin_bp * np.arange(num_bins(end_bp - start_bp, bin_bp) + 1, dtype=np.int64)
    return np.minimum(grid, end_bp)
