"""The section ``observation`` of a configuration, out of what a survey of a VCF has found."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from introghost import __version__
from introghost.variants.survey import OTHERS, OUTGROUP, TARGET, Survey, allele_count_cut, panel_diploids

MISSING_SPREAD = (0.5, 2.0)
MOST_MISSING = 0.9
LEAST_MISSING = 1e-5
DONORS = 10
_JUDGEMENT = "not to be learned from a VCF: judgement"
_SWITCH_ERROR = (0.001, 0.02)
_GENOTYPE_ERROR = (0.0001, 0.002)
_ANCESTRAL_ERROR = (0.0, 0.02)
_GENE_FLOW = (0.0, 0.02)
_MUTATION_RATE_VARIATION = (0.0, 0.2)
_GENETIC_MAP_ERROR = (0.0, 0.3)

Value = int | float | str | tuple[float, float]


@dataclass(frozen=True)
class Entry:
    """One line of the section: key, value, and what it was learned from."""

    key: str
    value: Value
    reason: str

    @property
    def text(self) -> str:
        """The value as YAML."""
        if isinstance(self.value, tuple):
            return f"[{_number(self.value[0])}, {_number(self.value[1])}]"
        return json.dumps(self.value) if isinstance(self.value, str) else _number(self.value)


def learn(found: Survey, *, files: Mapping[str, str], ancestral_known: bool, vcf: str) -> list[Entry]:
    """The lines of the section.

    Parameters
    ----------
    found : Survey
    files : mapping of str to str
        Paths ``include_bed`` and ``genetic_map``, as far as there are any.
    ancestral_known : bool
        Whether ancestral states come from a file rather than from the outgroup's major allele.
    vcf : str
        Name of the file, for the reasons.

    Returns
    -------
    list of Entry
    """
    sizes = [
        Entry(f"{role}_diploids", found.counts.num_haplotypes[column] // 2, f"individuals of the {role} in {vcf}")
        for role, column in (("outgroup", OUTGROUP), ("target", TARGET))
    ]
    named = [Entry(key, path, "as given") for key, path in files.items()]
    return [*sizes, *_filter(found), *named, _missing(found.counts.missing), *_judged(files, ancestral_known)]


def _filter(found: Survey) -> list[Entry]:
    """Allele-count filter, panel, and the gene flow whose donors the panel has."""
    cut = allele_count_cut(found.counts.minor)
    others = found.counts.num_haplotypes[OTHERS] // 2
    number = int((found.counts.minor > 0).sum())
    entries = [
        Entry("minimum_allele_count", cut, f"99.9 % of {number:,} SNVs have their rarer allele at least that often")
    ]
    panel = {"outgroup": 0, "target": 0}
    reason = "the file has no other samples" if others == 0 else "nothing was filtered, so nobody else matters"
    if cut > 1 and others:
        estimates = {
            role: panel_diploids(found.counts, column, cut) for role, column in (("outgroup", 0), ("target", 1))
        }
        panel = {role: estimate or 0 for role, estimate in estimates.items()}
        reason = f"what the other {others:,} samples are to an allele of this role alone"
        if None in estimates.values():
            reason += " (0 where too few such alleles tell)"
    entries += [Entry(f"panel_{role}_diploids", size, reason) for role, size in panel.items()]
    if not panel["target"] and cut == 1:
        entries[-1] = Entry("panel_target_diploids", DONORS, "from whom gene flow into the outgroup comes")
    flow = bool(panel["target"]) or cut == 1
    why = _JUDGEMENT if flow else "off: its donors, further target samples, would change what the filter keeps"
    return [*entries, Entry("outgroup_gene_flow", _GENE_FLOW if flow else 0, why)]


def _missing(share: float) -> Entry:
    if share < LEAST_MISSING:
        return Entry("missing", 0, "no genotype of outgroup or target is missing")
    low, high = (min(factor * share, MOST_MISSING) for factor in MISSING_SPREAD)
    return Entry("missing", (low, high), f"{share:.3%} of outgroup and target are missing; half to twice that")


def _judged(files: Mapping[str, str], ancestral_known: bool) -> list[Entry]:
    entries = [
        Entry("switch_error", _SWITCH_ERROR, f"{_JUDGEMENT}; statistical phasing with a panel"),
        Entry("genotype_error", _GENOTYPE_ERROR, _JUDGEMENT),
        Entry("mutation_rate_variation", _MUTATION_RATE_VARIATION, _JUDGEMENT),
        Entry("mislabelled", 0, "off; not to be learned from a VCF"),
    ]
    if "genetic_map" in files:
        entries.append(Entry("genetic_map_error", _GENETIC_MAP_ERROR, _JUDGEMENT))
    if ancestral_known:
        entries.append(Entry("ancestral_error", _ANCESTRAL_ERROR, _JUDGEMENT))
    return entries


def facts(found: Survey) -> dict[str, str]:
    """What a survey shows beside the section, in words."""
    varying = int((found.counts.minor > 0).sum())
    density = 1000 * found.num_callable_sites / found.callable_bp if found.callable_bp else math.nan
    return {
        "SNVs that vary in anybody": f"{varying:,}",
        "callable share": f"{found.callable_bp / found.surveyed_bp:.3f} of {found.surveyed_bp:,} bp",
        "density of SNVs that vary in outgroup and target": f"{density:.2f} per callable kb",
    }


def to_yaml(entries: list[Entry], found: Mapping[str, str], vcf: str, digest: str) -> str:
    """The section as a YAML file, a comment on each line saying where its value comes from."""
    head = [
        f"# What {vcf} shows of genomes, learned by introghost {__version__} from the file with SHA-256",
        f"# {digest}.",
        *(f"# {name}: {text}" for name, text in found.items()),
        "observation:",
    ]
    lines = [f"  {entry.key}: {entry.text}" for entry in entries]
    width = max(len(line) for line in lines if len(line) < 60)
    body = [f"{line:<{width}}  # {entry.reason}" for line, entry in zip(lines, entries, strict=True)]
    return "\n".join([*head, *body]) + "\n"


def _number(value: float) -> str:
    """Three significant digits, without an exponent, which YAML would take for text."""
    if isinstance(value, int):
        return str(value)
    return np.format_float_positional(value, precision=3, fractional=False, trim="-")
