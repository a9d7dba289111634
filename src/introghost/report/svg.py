"""Inline SVG, element by element: colours are classes of the page, so that figures are light and dark as it is."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup, escape

WIDTH = 960
"""Units of the drawing across a whole page; text of 12 units is 9 pixels or more wherever a page is read."""

# Characters that XML does not have, in names out of a user's files.
_CONTROLS = {code: "\ufffd" for code in range(32) if chr(code) not in "\t\n\r"}


@dataclass(frozen=True, eq=False)
class Figure:
    """A drawing with the numbers that it shows.

    Attributes
    ----------
    name : str
        Its id on the page, and the name of its files.
    drawing : Markup
        One ``<svg>`` element.
    table : DataFrame
        What is drawn; written beside the drawing where figures are files.
    """

    name: str
    drawing: Markup
    table: pd.DataFrame

    def __html__(self) -> Markup:
        """The drawing, as templates show it."""
        return self.drawing


def element(tag: str, *content: str, **attributes: object) -> Markup:
    """One element.

    Parameters
    ----------
    tag : str
    *content : str
        Text is escaped, `Markup` is not.
    **attributes : object
        ``class_`` is ``class``, other underscores are hyphens. Numbers have two decimals at the most; None is left out.

    Returns
    -------
    Markup

    Examples
    --------
    >>> print(element("rect", element("title", "a < b"), x=1.5, width=1 / 3, class_="p3"))
    <rect x="1.5" width="0.33" class="p3"><title>a &lt; b</title></rect>
    """
    named = ((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items())
    written = "".join(f' {name}="{escape(_text(value))}"' for name, value in named if value is not None)
    inside = Markup("").join(content)
    return Markup(f"<{tag}{written}>{inside}</{tag}>" if inside else f"<{tag}{written}/>")


def figure(
    name: str, description: str, table: pd.DataFrame, height: float, parts: Iterable[str], width: float = WIDTH
) -> Figure:
    """A figure that is drawn by hand.

    Parameters
    ----------
    name : str
    description : str
        What it shows, for those who do not see it.
    table : DataFrame
        The numbers that it shows.
    height : float
    parts : iterable of str
        Elements, the lowest first.
    width : float

    Returns
    -------
    Figure
    """
    drawing = element(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        id=name,
        role="img",
        aria_label=description,
        viewBox=f"0 0 {_text(width)} {_text(height)}",
    )
    return Figure(name, Markup(drawing.translate(_CONTROLS)), table)


def text(words: str, x: float, y: float, anchor: str = "start", class_: str | None = None) -> Markup:
    """Words at a point; `anchor` is start, middle or end."""
    return element("text", words, x=x, y=y, text_anchor=None if anchor == "start" else anchor, class_=class_)


def _text(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
