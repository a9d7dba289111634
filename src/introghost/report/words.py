"""Numbers in words of the page."""

import math

NOTHING = "–"  # where there is no number
_HUGE = 1e9  # from which on a number has an exponent
_SURE = 0.9995
_STRONG = 1000.0  # Bayes factors beyond which nobody counts


def round_number(value: float, digits: int = 2) -> str:
    """A number with so many significant digits, and commas between thousands.

    Examples
    --------
    >>> round_number(34346.0), round_number(1184.3, 3), round_number(999.7), round_number(1.3e-8)
    ('34,000', '1,180', '1,000', '1.3e-08')
    """
    if not math.isfinite(value):
        return NOTHING if math.isnan(value) else str(value)
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if 1_000 <= abs(rounded) < _HUGE else f"{rounded:g}"


def number_of(number: int, noun: str) -> str:
    """A number with what is counted.

    Examples
    --------
    >>> number_of(1, "individual"), number_of(1200, "individual")
    ('1 individual', '1,200 individuals')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(value: float) -> str:
    """A share in per cent with two significant digits, three from 10 % on and none behind the point.

    Examples
    --------
    >>> [percent(value) for value in (0.0371, 0.126, 1.0, 0.0008, 0.00001, 0.0, float("nan"))]
    ['3.7 %', '13 %', '100 %', '0.08 %', '< 0.01 %', '0 %', '–']
    """
    if math.isnan(value):
        return NOTHING
    if value == 0:
        return "0 %"
    if value < 1e-4:
        return "< 0.01 %"
    digits = max(0, 1 - math.floor(math.log10(value * 100)))
    return f"{value * 100:.{min(digits, 2)}f} %"


def whole_percent(value: float) -> str:
    """A share in whole per cent.

    Examples
    --------
    >>> whole_percent(0.15), whole_percent(0.0)
    ('15 %', '0 %')
    """
    return f"{100 * value:.0f} %"


def probability(value: float) -> str:
    """A probability with three digits, and a bound where these would say certain.

    Examples
    --------
    >>> [probability(value) for value in (0.973, 0.99999, 0.0001)]
    ['= 0.973', '> 0.999', '< 0.001']
    """
    if value > _SURE:
        return "> 0.999"
    return "< 0.001" if value < 1 - _SURE else f"= {value:.3f}"


def bayes_factor(value: float) -> str:
    """Two significant digits; a fraction where it speaks against; above a thousand no more than that.

    Examples
    --------
    >>> [bayes_factor(value) for value in (73.2, 0.02, 0.98, 5e6, 1e-9, float("nan"))]
    ['73', '1/50', '0.98', '> 1,000', '< 1/1,000', '–']
    """
    if math.isnan(value):
        return NOTHING
    if value > _STRONG:
        return "> 1,000"
    if value < 1 / _STRONG:
        return "< 1/1,000"
    return round_number(value) if value > 0.5 else f"1/{round_number(1 / value)}"


def false_discovery(threshold: float, rate: float | None) -> str:
    """At which posterior segments are called, and what the rate means.

    Examples
    --------
    >>> false_discovery(0.45842, None)
    'Segments are called where the posterior is at least 0.458.'
    """
    words = f"Segments are called where the posterior is at least {threshold:.3g}"
    if rate is None:
        return f"{words}."
    return (
        f"{words}, the threshold at which at most {whole_percent(rate)} of the called sequence was false in held-out "
        "simulations with a ghost. The answer above says how much is expected to be false in these data."
    )
