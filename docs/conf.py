"""Sphinx: ``make docs``."""

import introghost

project, author, release = "introghost", "The introghost developers", introghost.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"introghost {release}"
myst_heading_anchors = 3
autodoc_typehints = "none"  # docstrings say what matters of them
napoleon_google_docstring = False
napoleon_use_ivar = True

# Pages that live elsewhere in the repository, where their readers look for them.
_PAGES = {"../config/README.md": "configuration.md", "../src/introghost/models/human/README.md": "human.md"}


def _with_pages(_app: object, _name: str, source: list[str]) -> None:
    if "{include}" not in source[0]:
        for path, page in _PAGES.items():
            source[0] = source[0].replace(f"]({path}", f"]({page}")


def setup(app) -> None:  # type: ignore[no-untyped-def]
    app.connect("source-read", _with_pages)
