"""The frame of every page: one HTML file without outside resources, equal bytes for equal inputs."""

import importlib.resources
import json
from collections.abc import Iterable

import jinja2
from markupsafe import Markup

from introghost import __version__, colours
from introghost.references import REFERENCES
from introghost.report.records import JsonSection


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
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("introghost", "report/templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        title=title,
        version=__version__,
        references=REFERENCES,
        ramps=tuple(enumerate(zip(colours.ON_LIGHT, colours.ON_DARK, strict=True))),
        script=_script(),
        records=[(name, json.dumps(dict(one.values), indent=1, sort_keys=True)) for name, one in records],
        **sections,
    )


def _script() -> Markup:
    """What makes tables sort and figures zoom; without it everything is there all the same."""
    return Markup(
        (importlib.resources.files("introghost.report") / "templates" / "page.js").read_text(encoding="utf-8")
    )
