"""The section ``observation`` of a configuration, out of what a survey of VCF files has found."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from introghost import __version__
from introghost.documents import JsonValue, commented
from introghost.haplotypes import OUTGROUP, TARGET
from introghost.simulation.stretches import SELECTION_CONCENTRATION
from introghost.sizes import megabases
from introghost.variants.survey import (
    DIVERSITY_BP,
    FEWEST_AT_CUT,
    OTHERS,
    Counts,
    Survey,
    allele_count_cut,
    panel_diploids,
)

MISSING_SPREAD = (0.5, 2.0)
MOST_MISSING = 0.9
LEAST_MISSING = 1e-5
FEW_SNVS = 10 * FEWEST_AT_CUT  # some dozen of which occur once or twice
DONORS = 10
MOST_PANEL_DIPLOIDS = 1000
SIZE_SPREAD = (0.8, 1.25)
_JUDGEMENT = "not to be learned from a VCF: judgement"
# A positive lower bound makes them log-uniform: most files are good, and a network trained on bad ones alone is not.
_SWITCH_ERROR = (0.001, 0.05)
_GENOTYPE_ERROR = (0.0001, 0.01)
_ANCESTRAL_ERROR = (0.001, 0.05)
# Much more would make the target's ghost ancestry invisible, since the outgroup would carry it too.
_GENE_FLOW = (0.001, 0.05)
_MUTATION_RATE_VARIATION = (0.01, 0.3)
_GENETIC_MAP_ERROR = (0.01, 0.5)
_MISLABELLED = (0.001, 0.05)
_LINKED_SELECTION = (0.03, 0.3)
_REGIONAL_VARIATION = (0.02, 0.2)
MOST_BETWEEN_REGIONS = 0.5
_INBREEDING = (0.001, 0.1)
# What 1 Mb of neutral sequence varies by in the priors of the shipped scenarios, and how many of them show a spread.
NEUTRAL_VARIATION = 0.06
FEWEST_STRETCHES = 20
# Of alleles seen once, the least that is believed to have been found, and the share from which all were.
LEAST_DETECTION, FULL_DETECTION = 0.1, 0.95
FEWEST_HAPLOTYPES = 6  # of fewer, alleles seen once and twice are all
DETECTION_SPREAD = (0.7, 1.3)

Value = int | float | str | tuple[float, float] | list[str]


@dataclass(frozen=True)
class Entry:
    """One line of the section.

    Attributes
    ----------
    key : str
    value : int, float, str, tuple of float or list of str
        A tuple is a range.
    reason : str
        What the value was learned from.
    """

    key: str
    value: Value
    reason: str

    @property
    def text(self) -> str:
        """The value as YAML."""
        if isinstance(self.value, tuple):
            return f"[{_number(self.value[0])}, {_number(self.value[1])}]"
        return json.dumps(self.value) if isinstance(self.value, str | list) else _number(self.value)


def learn(
    found: Survey,
    *,
    files: Mapping[str, str],
    regions: Sequence[tuple[str, int, int]],
    ancestral_known: bool,
    vcf: str,
) -> list[Entry]:
    """The lines of the section.

    Parameters
    ----------
    found : Survey
    files : mapping of str to str
        Paths ``include_bed`` and ``genetic_map``, as far as there are any.
    regions : sequence of (str, int, int)
        Stretches that were surveyed: contig, start and end, 0-based and half-open. Only files have a use for them.
    ancestral_known : bool
        Whether ancestral states come from a file rather than from the outgroup's major allele.
    vcf : str
        Name of the file, or names of several, for the reasons.

    Returns
    -------
    list of Entry
    """
    sizes = [
        _size(role, found.counts.num_haplotypes[column] // 2, vcf)
        for role, column in (("outgroup", OUTGROUP), ("target", TARGET))
    ]
    named = [Entry(key, path, "as given") for key, path in files.items()]
    if files:
        places = [f"{contig}:{start + 1}-{end}" for contig, start, end in regions]
        named.append(Entry("regions", places, f"where {vcf} was surveyed; simulated regions get its places there"))
    flaws = [_missing(found.counts.missing), *_between_regions(found.diversity), *_judged(files, ancestral_known)]
    return [*sizes, *_filter(found), *named, *flaws]


def section(entries: Sequence[Entry]) -> dict[str, JsonValue]:
    """The section as `ObservationModel.parse` takes it.

    Parameters
    ----------
    entries : sequence of Entry
        Of `learn` or `widened`.

    Returns
    -------
    dict of str to JSON value
        Values by key; a range is a list of its two ends.
    """
    return {entry.key: list(entry.value) if isinstance(entry.value, tuple | list) else entry.value for entry in entries}


def widened(by_target: Mapping[str, Sequence[Entry]]) -> list[Entry]:
    """The lines of a section that holds for several targets.

    Parameters
    ----------
    by_target : mapping of str to sequence of Entry
        What `learn` gives for each target, by its name; of one outgroup and the same files.

    Returns
    -------
    list of Entry
        Where targets differ: of ranges the one that holds all of them, of panels the largest.
    """
    return [_widened(dict(zip(by_target, entries, strict=True))) for entries in zip(*by_target.values(), strict=True)]


def _widened(by_target: Mapping[str, Entry]) -> Entry:
    entries = list(by_target.values())
    values = [entry.value for entry in entries]
    if all(value == values[0] for value in values):
        return entries[0]
    # A single number is a range without width; of numbers alone, as panels are, one is needed.
    bounds = [bound for value in values for bound in (value if isinstance(value, tuple) else (value,))]
    numbers = [bound for bound in bounds if isinstance(bound, int | float)]
    has_range = any(isinstance(value, tuple) for value in values)
    value: Value = (min(numbers), max(numbers)) if has_range else max(numbers)
    return Entry(entries[0].key, value, "; ".join(f"{name}: {entry.reason}" for name, entry in by_target.items()))


def _size(role: str, number: int, vcf: str) -> Entry:
    """Around as many individuals as there are, so that what is trained knows how much the number matters."""
    # A fifth fewer to a quarter more; of few individuals, two at least and one more at least.
    low, high = (round(factor * number) for factor in SIZE_SPREAD)
    bounds = min(number, max(2, low)), max(number + 1, high)
    return Entry(f"{role}_diploids", bounds, f"{number:,} individuals of the {role} in {vcf}")


def _filter(found: Survey) -> list[Entry]:
    """Allele-count filter, panel, and the gene flow whose donors the panel has."""
    # The filter, unless there are too few sites to tell; and how many further individuals it saw.
    minor = found.counts.minor
    cut = allele_count_cut(minor) if (minor > 0).sum() >= FEW_SNVS else 1
    entries = [Entry("minimum_allele_count", cut, _cut_reason(found.counts.minor, cut))]
    detection = _detection(minor, sum(found.counts.num_haplotypes), cut)
    is_all = cut == 1 and detection.value == 1
    panels = [_panel(found, role, column, cut, is_all) for role, column in (("outgroup", OUTGROUP), ("target", TARGET))]
    has_donors = bool(panels[TARGET].value)
    if not has_donors and cut == 1:
        panels[TARGET] = Entry("panel_target_diploids", DONORS, "from whom gene flow into the outgroup comes")
        has_donors = True
    why = _JUDGEMENT if has_donors else "off: its donors, further target samples, would change what the filter keeps"
    gene_flow = Entry("outgroup_gene_flow", _GENE_FLOW if has_donors else 0, why)
    return [*entries, detection, *panels, gene_flow]


def _detection(minor: Counts, num_haplotypes: int, cut: int) -> Entry:
    """How many of the alleles seen once were found, told by how many there are of those seen twice.

    In a population of constant size sites whose rarer of two alleles is seen i times among n haplotypes are as many as
    1/i + 1/(n - i), and in one that has grown more of them are seen once (Fu 1995, Theor Popul Biol 48:172). If p of
    those seen once are found, 1 - (1 - p)^2 of those seen twice are: their ratio is 2 - p times smaller.
    """
    key = "rare_allele_detection"
    once, twice = int((minor == 1).sum()), int((minor == 2).sum())
    if cut > 1 or twice < FEWEST_AT_CUT or num_haplotypes < FEWEST_HAPLOTYPES:
        return Entry(key, 1, "no allele that is seen once or twice to tell by")
    reason = f"{once:,} alleles are seen once and {twice:,} twice"
    neutral = (1 + 1 / (num_haplotypes - 1)) / (1 / 2 + 1 / (num_haplotypes - 2))
    found = max(2 - neutral * twice / max(once, 1), LEAST_DETECTION)
    if found >= FULL_DETECTION:
        return Entry(key, 1, f"{reason}: none is missed")
    low, high = (min(max(factor * found, LEAST_DETECTION), 1.0) for factor in DETECTION_SPREAD)
    return Entry(
        key, (low, high), f"{reason}, in constant size {neutral:.2g} times as many: about {found:.0%} were found"
    )


def _cut_reason(minor: Counts, cut: int) -> str:
    number, below = int((minor > 0).sum()), int(((minor > 0) & (minor < cut)).sum())
    if number < FEW_SNVS:
        return f"{number:,} SNVs are too few to show a filter: set it by hand if there was one"
    if cut == 1:
        return (
            f"no step in how often {number:,} SNVs have their rarer allele; a filter of a larger panel, out of which "
            "these samples were taken, can't be seen: set it, and the panel, by hand if there was one"
        )
    return f"of {number:,} SNVs, {int((minor == cut).sum()):,} have their rarer allele that often, {below:,} less often"


def _panel(found: Survey, role: str, column: int, cut: int, is_all: bool) -> Entry:
    """Individuals in whom an allele counts too; nobody where the file has all alleles."""
    key, others = f"panel_{role}_diploids", found.counts.num_haplotypes[OTHERS] // 2
    if others == 0:
        return Entry(key, 0, "the file has no other samples")
    if is_all:
        return Entry(key, 0, "where no allele is left out nobody else matters")
    estimate = panel_diploids(found.counts, column, cut)
    if estimate is None:
        return Entry(key, 0, f"too few alleles of the {role} alone to tell what the other {others:,} samples are")
    reason = f"what the other {others:,} samples are to an allele of the {role} alone"
    if estimate > MOST_PANEL_DIPLOIDS:
        reason += f": {estimate:,}, cut to {MOST_PANEL_DIPLOIDS:,} to save time"
    return Entry(key, min(estimate, MOST_PANEL_DIPLOIDS), reason)


def _missing(share: float) -> Entry:
    if share < LEAST_MISSING:
        return Entry("missing", 0, "no genotype of outgroup or target is missing")
    # Half to twice the share, at most `MOST_MISSING`.
    low, high = (min(factor * share, MOST_MISSING) for factor in MISSING_SPREAD)
    return Entry("missing", (low, high), f"{share:.3%} of outgroup and target are missing; half to twice that")


def _between_regions(diversity: NDArray[np.float64]) -> list[Entry]:
    """Linked selection and mutation rates of regions, neither of which explains more than the diversity varies by.

    A share s that selection takes gives sizes, `stretches.draw_size_factor`, a squared coefficient of variation of
    s / ((1 - s)(c + 1)), where c is `SELECTION_CONCENTRATION`.
    """
    ranges = {"linked_selection": _LINKED_SELECTION, "regional_mutation_rate_variation": _REGIONAL_VARIATION}
    if len(diversity) < FEWEST_STRETCHES or not diversity.any():
        stretches = f"stretches of {megabases(DIVERSITY_BP)} in which the outgroup varies"
        reason = f"{_JUDGEMENT}: {np.count_nonzero(diversity)} {stretches}, {FEWEST_STRETCHES} are needed to tell by"
        return [Entry(key, bounds, reason) for key, bounds in ranges.items()]
    # What is left of the variation that neutral sequence has, and the highest level of each that gives all of it.
    variation = float(diversity.std(ddof=1) / diversity.mean())
    excess_square = max(variation**2 - NEUTRAL_VARIATION**2, 0.0)
    scaled = excess_square * (SELECTION_CONCENTRATION + 1)
    highest = {"linked_selection": scaled / (1 + scaled), "regional_mutation_rate_variation": math.sqrt(excess_square)}
    stretches = f"{len(diversity)} stretches of {megabases(DIVERSITY_BP)}"
    reason = f"the outgroup's diversity varies by {variation:.0%} between {stretches}"
    return [
        Entry(key, (low, min(max(highest[key], 2 * low), MOST_BETWEEN_REGIONS)), reason)
        for key, (low, _) in ranges.items()
    ]


def _judged(files: Mapping[str, str], ancestral_known: bool) -> list[Entry]:
    entries = [
        Entry("switch_error", _SWITCH_ERROR, f"{_JUDGEMENT}; statistical phasing with a panel"),
        Entry("genotype_error", _GENOTYPE_ERROR, _JUDGEMENT),
        Entry("mutation_rate_variation", _MUTATION_RATE_VARIATION, _JUDGEMENT),
        Entry("mislabelled", _MISLABELLED, _JUDGEMENT),
        Entry("inbreeding", _INBREEDING, _JUDGEMENT),
    ]
    if "genetic_map" in files:
        entries.append(Entry("genetic_map_error", _GENETIC_MAP_ERROR, _JUDGEMENT))
    if ancestral_known:
        entries.append(Entry("ancestral_error", _ANCESTRAL_ERROR, _JUDGEMENT))
    return entries


def facts(found: Survey) -> dict[str, str]:
    """What a survey shows beside the section, in words."""
    # Sites per kilobase of callable sequence; NaN if nothing is callable.
    varying = int((found.counts.minor > 0).sum())
    density = 1000 * found.num_callable_sites / found.callable_bp if found.callable_bp else math.nan
    return {
        "SNVs that vary in anybody": f"{varying:,}",
        "callable share": f"{found.callable_bp / found.surveyed_bp:.3f} of {found.surveyed_bp:,} bp",
        "density of SNVs that vary in outgroup and target": f"{density:.2f} per callable kb",
    }


def to_yaml(entries: list[Entry], found: Mapping[str, str], files: Sequence[tuple[str, str]]) -> str:
    """The section as a YAML file, a comment on each line saying where its value comes from.

    Parameters
    ----------
    entries : list of Entry
    found : mapping of str to str
        What `facts` tells, for the comment at the top.
    files : sequence of tuple of str
        Name and SHA-256, in hexadecimal, of each file that was surveyed.
    """
    if len(files) == 1:
        ((name, digest),) = files
        origin = [
            f"# What {name} shows of genomes, learned by introghost {__version__} from the file with SHA-256",
            f"# {digest}.",
        ]
    else:
        origin = [
            f"# What {len(files)} files show of genomes, learned by introghost {__version__} from those with SHA-256",
            *(f"# {digest} {name}" for name, digest in files),
        ]
    head = [
        *origin,
        *(f"# {name}: {text}" for name, text in found.items()),
        "observation:",
    ]
    body = commented((f"  {entry.key}: {entry.text}", entry.reason) for entry in entries)
    return "\n".join([*head, *body]) + "\n"


def _number(value: float) -> str:
    """Three significant digits, without an exponent, which YAML would take for text."""
    if isinstance(value, int):
        return str(value)
    return np.format_float_positional(value, precision=3, fractional=False, trim="-")
