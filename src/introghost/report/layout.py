"""The frame of every page: one HTML file without outside resources, equal bytes for equal inputs."""

import importlib.resources
import json
from collections.abc import Iterable
from pathlib import Path

import jinja2
from markupsafe import Markup

from introghost import __version__, atomic, colours
from introghost.errors import OutputError
from introghost.evaluation.tables import write_table
from introghost.references import REFERENCES
from introghost.report.records import JsonSection
from introghost.report.svg import Figure

_OTHER = {".svg": ".tsv", ".tsv": ".svg"}
_RAMPS = tuple(enumerate(zip(colours.ON_LIGHT, colours.ON_DARK, strict=True)))


def render(template: str, *, title: str, records: Iterable[tuple[str, JsonSection]], **sections: object) -> str:
    """A page as text.

    Parameters
    ----------
    template : str
        File of ``report/templates``; it extends ``base.html.j2``.
    title : str
        Heading of the page.
    records : iterable of tuple of str and JsonSection
        What made the things that are shown: a title and a provenance each.
    **sections : object
        What else the template shows, by the names that it has there.

    Returns
    -------
    str
    """
    return (
        _environment()
        .get_template(template)
        .render(
            title=title,
            version=__version__,
            references=REFERENCES,
            ramps=_RAMPS,
            script=_script(),
            is_alone=False,
            records=[(name, json.dumps(dict(one.values), indent=1, sort_keys=True)) for name, one in records],
            **sections,
        )
    )


def write_figures(figures: Iterable[Figure], folder: Path) -> None:
    """Write figures as files that stand alone: ``NAME.svg``, in the colours of a light page, and ``NAME.tsv``.

    Parameters
    ----------
    figures : iterable of Figure
    folder : Path
        Made where it is absent. Figures of an earlier page are removed.

    Raises
    ------
    OutputError
        The folder holds anything but such figures, can't be written to, or the disk is full.
    """
    earlier = sorted(folder.iterdir()) if folder.is_dir() else []
    others = [path for path in earlier if not _is_of_a_figure(path)]
    if others:
        raise OutputError(f"{folder}: holds {others[0].name}, which is no figure; give figures a folder of their own")
    environment = _environment()
    parts = ("variables.css.j2", "figures.css.j2")
    style = "".join(environment.get_template(name).render(ramps=_RAMPS, is_alone=True) for name in parts)
    folder.mkdir(parents=True, exist_ok=True)
    written = set[str]()
    for figure in figures:
        start, rest = figure.drawing.split(">", 1)
        atomic.write_text(folder / f"{figure.name}.svg", f"{start}><style>{style}</style>{rest}\n")
        write_table(figure.table, folder / f"{figure.name}.tsv")
        written.add(figure.name)
    for path in earlier:
        if path.stem not in written:
            path.unlink()


def _is_of_a_figure(path: Path) -> bool:
    """Whether a file is the drawing or the table of a figure, and the other one lies beside it."""
    return path.suffix in _OTHER and path.is_file() and path.with_suffix(_OTHER[path.suffix]).is_file()


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("introghost", "report/templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _script() -> Markup:
    """What makes tables sort and figures zoom; without it everything is there all the same."""
    return Markup(
        (importlib.resources.files("introghost.report") / "templates" / "page.js").read_text(encoding="utf-8")
    )
