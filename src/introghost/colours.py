"""The one colour ramp of called segments: BED files and pages show the same posterior in the same colour."""

NUM_LEVELS = 8
# Matplotlib's plasma from .56 down to 0 on a light page and from .41 up to 1 on a dark one: even steps for the eye, for
# the colour-blind too, and a contrast of 3 : 1 with the page at the least.
ON_LIGHT = ("#d9586a", "#c6417d", "#b12a90", "#9613a1", "#7a02a8", "#5901a5", "#38049a", "#0d0887")
ON_DARK = ("#b32c8e", "#ca457a", "#dd5e66", "#ec7754", "#f89441", "#fdb22f", "#fbd524", "#f0f921")


def level(posterior: float, threshold: float) -> int:
    """Which colour of the ramp a posterior has: the lightest at the threshold, the strongest at 1.

    Parameters
    ----------
    posterior : float
    threshold : float
        Posterior from which a bin is called.

    Returns
    -------
    int
        From 0 to `NUM_LEVELS` - 1; below the threshold, where the mean of a segment can lie by rounding, 0.

    Examples
    --------
    >>> [level(posterior, 0.5) for posterior in (0.5, 0.75, 1.0)]
    [0, 4, 7]
    """
    share = (posterior - threshold) / (1 - threshold) if threshold < 1 else 1.0
    return min(max(int(share * NUM_LEVELS), 0), NUM_LEVELS - 1)


def rgb(colour: str) -> str:
    """``#d9586a`` as ``217,88,106``, the form of BED files.

    Examples
    --------
    >>> rgb("#d9586a")
    '217,88,106'
    """
    return ",".join(str(int(colour[start : start + 2], 16)) for start in (1, 3, 5))
