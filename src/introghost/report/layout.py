"""The frame of every page: one HTML file without outside resources, equal bytes for equal inputs."""

import json
from collections.abc import Iterable

import jinja2

from introghost import __version__
from introghost.report.records import JsonSection

_REFERENCES = (
    "Baumdicker et al. (2022) Efficient ancestry and mutation simulation with msprime 1.0. Genetics 220, iyab229.",
    "Kelleher et al. (2016) Efficient coalescent simulation and genealogical analysis for large sample sizes. "
    "PLoS Computational Biology 12, e1004842 (msprime, tskit).",
    "Gower et al. (2022) Demes: a standard format for demographic models. Genetics 222, iyac131.",
    "Miles et al. scikit-allel: a Python package for exploring and analysing genetic variation data. "
    "doi:10.5281/zenodo.822784.",
    "Paszke et al. (2019) PyTorch: an imperative style, high-performance deep learning library. NeurIPS 32.",
    "Pedersen and Quinlan (2017) cyvcf2: fast, flexible variant analysis with Python. Bioinformatics 33, 1867–1869.",
)


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
        references=_REFERENCES,
        records=[(name, json.dumps(dict(one.values), indent=1, sort_keys=True)) for name, one in records],
        **sections,
    )
