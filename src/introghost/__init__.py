"""Simulation-based inference of ghost introgression.

The names below are all that a notebook needs; torch is imported when a model is loaded, not before.

Examples
--------
>>> import introghost as ig
>>> model = ig.load_model("human")
>>> data = ig.open_vcf("demo.vcf.gz", populations="demo.tsv", outgroup=["Outgroup"], target=["Target"])
>>> answer = model.apply(data)
>>> print(answer.decision)
ghost
>>> answer.p_ghost > 0.95
True
>>> list(answer.segments.columns)
['contig', 'start', 'end', 'sample', 'haplotype', 'mean_posterior', 'num_private_alleles']
>>> proportion = answer.parameters.set_index("parameter").loc["ghost_proportion"]
>>> bool(0 < proportion["lower_95"] < 0.0225 < proportion["upper_95"] < 0.3)  # simulated with .0225
True
>>> answer.posterior("1").dims
('haplotype', 'bin')
>>> [finding.code for finding in answer.findings if finding.severity != "remark"]
[]
>>> answer.write("calls")
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from introghost.answer import Answer, Choice
    from introghost.data import VcfData, open_vcf
    from introghost.errors import IntroghostError
    from introghost.findings import Code, Finding, Severity
    from introghost.inference.decisions import Costs, Decision
    from introghost.model import Model, load_model
    from introghost.report.calls import Calls, read_calls

_MODULES = {
    "Answer": "introghost.answer",
    "Calls": "introghost.report.calls",
    "Choice": "introghost.answer",
    "Code": "introghost.findings",
    "Costs": "introghost.inference.decisions",
    "Decision": "introghost.inference.decisions",
    "Finding": "introghost.findings",
    "IntroghostError": "introghost.errors",
    "Model": "introghost.model",
    "Severity": "introghost.findings",
    "VcfData": "introghost.data",
    "load_model": "introghost.model",
    "open_vcf": "introghost.data",
    "read_calls": "introghost.report.calls",
}

__all__ = [
    "Answer",
    "Calls",
    "Choice",
    "Code",
    "Costs",
    "Decision",
    "Finding",
    "IntroghostError",
    "Model",
    "Severity",
    "VcfData",
    "__version__",
    "load_model",
    "open_vcf",
    "read_calls",
]


def __getattr__(name: str) -> object:
    """A public name, whose module is imported when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module 'introghost' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """The public names alone."""
    return sorted(__all__)
