"""The ramp of posteriors: even to the eye, and visible on a light page and on a dark one."""

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.colors import to_hex

from introghost import colours


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    values = np.array([int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    linear = np.where(values <= 0.03928, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize(("ramp", "page"), [(colours.ON_LIGHT, "#ffffff"), (colours.ON_DARK, "#16191d")])
def test_each_colour_stands_out_from_the_page_the_last_one_most(ramp: tuple[str, ...], page: str) -> None:
    lights = [sorted((luminance(colour), luminance(page))) for colour in ramp]
    contrasts = [(high + 0.05) / (low + 0.05) for low, high in lights]
    assert len(ramp) == colours.NUM_LEVELS
    assert min(contrasts) >= 3
    assert contrasts == sorted(contrasts)


def test_the_ramps_are_parts_of_plasma() -> None:
    for ramp, first, last in ((colours.ON_LIGHT, 0.56, 0.0), (colours.ON_DARK, 0.41, 1.0)):
        assert [to_hex(colormaps["plasma"](place)) for place in np.linspace(first, last, 8)] == list(ramp)


@pytest.mark.parametrize("threshold", [0.0, 0.4, 0.999])
def test_levels_rise_with_the_posterior_and_stay_on_the_ramp(threshold: float) -> None:
    levels = [colours.level(posterior, threshold) for posterior in np.linspace(0, 1, 101)]
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (0, 7)
    assert colours.level(1.0, 1.0) == 7
