"""The observation model: what sequencing, phasing, filtering and masking show of simulated genomes.

Each operator has a level that is off, fixed, or drawn once per genome; `simulation.operators` holds what they do.
"""

import dataclasses
import difflib
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tskit
import yaml
from numpy.typing import NDArray

from introghost import seeds
from introghost.errors import ConfigError, DataError
from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP, OUTGROUP_MAJOR, TARGET, Haplotypes
from introghost.simulation import operators
from introghost.simulation.windows import Window, Windows
from introghost.text import read_text


@dataclass(frozen=True)
class Range:
    """Where a level is drawn from: log-uniform if `low` is positive, else uniform; a point if the two are equal."""

    low: float
    high: float

    @property
    def is_off(self) -> bool:
        """Whether the level is always 0."""
        return self.high == 0

    def draw(self, seed: int) -> float:
        """A level, from a random stream of its own."""
        rng = np.random.default_rng(seed)
        if self.low == self.high:
            return self.low
        if self.low > 0:
            return float(np.exp(rng.uniform(math.log(self.low), math.log(self.high))))
        return float(rng.uniform(self.low, self.high))

    def draw_integer(self, seed: int) -> int:
        """A whole number between the bounds, both included."""
        widened = Range(self.low, self.high + 1) if self.low < self.high else self
        return min(int(widened.draw(seed)), int(self.high))


_OFF = Range(0, 0)
_COUNTS = ("outgroup_diploids", "target_diploids", "minimum_allele_count")
_WHOLE = ("panel_outgroup_diploids", "panel_target_diploids")
_FILES = ("include_bed", "genetic_map")
_HIGHEST = {
    "genetic_map_error": 2.0,
    "mutation_rate_variation": 2.0,
    "missing": 0.9,
    "genotype_error": 0.5,
    "switch_error": 0.5,
    "ancestral_error": 0.5,
    "outgroup_gene_flow": 0.9,
    "mislabelled": 0.5,
}


@dataclass(frozen=True)
class ObservationModel:
    """Levels of all operators.

    Attributes
    ----------
    outgroup_diploids, target_diploids : Range or None
        Individuals of either role in the data; None takes all that were simulated.
    panel_outgroup_diploids, panel_target_diploids : int
        Further simulated individuals, of whom only the allele-count filter and gene flow into the outgroup know.
    minimum_allele_count : Range
        A site is kept if its minor allele is seen at least that often among the individuals of the data and the panel.
    include_bed, genetic_map : str or None
        Files of which simulated regions are windows: callable intervals, and recombination.
    regions : tuple of str
        ``CHR:START-END``, 1-based and inclusive: where those windows are taken; none means wherever the files reach.
    genetic_map_error : Range
        Standard deviation of the log of the rate, per 50 kb.
    mutation_rate_variation : Range
        Coefficient of variation of the mutation rate, per 50 kb.
    missing : Range
        Mean share of genotypes that are missing; sites and samples differ.
    genotype_error : Range
        Share of heterozygotes read as homozygotes; a tenth of it of homozygotes are read as heterozygotes.
    switch_error : Range
        Phase switches per heterozygous site.
    ancestral_error : Range
        Share of sites whose ancestral state is wrong, where ancestral states are known at all.
    outgroup_gene_flow : Range
        Share of the outgroup's genomes that comes from the target recently.
    mislabelled : Range
        Share of individuals who carry the label of the other role.
    """

    outgroup_diploids: Range | None = None
    target_diploids: Range | None = None
    panel_outgroup_diploids: int = 0
    panel_target_diploids: int = 0
    minimum_allele_count: Range = Range(1, 1)
    include_bed: str | None = None
    genetic_map: str | None = None
    regions: tuple[str, ...] = ()
    genetic_map_error: Range = _OFF
    mutation_rate_variation: Range = _OFF
    missing: Range = _OFF
    genotype_error: Range = _OFF
    switch_error: Range = _OFF
    ancestral_error: Range = _OFF
    outgroup_gene_flow: Range = _OFF
    mislabelled: Range = _OFF

    @classmethod
    def parse(cls, section: Mapping[str, Any] | str | Path | None) -> "ObservationModel":
        """The model that a configuration's section describes.

        Parameters
        ----------
        section : mapping, str, Path or None
            The section itself; its JSON text; or a YAML file that holds it, at the top or under ``observation``.

        Raises
        ------
        ConfigError
            A key that does not exist, or a value that is not possible.
        """
        content = _section(section)
        names = [field.name for field in dataclasses.fields(cls)]
        unknown = [str(key) for key in content if key not in names]
        if unknown:
            nearest = [f"did you mean {name!r}? " for name in difflib.get_close_matches(unknown[0], names, n=1)]
            advice = "".join([*nearest, f"valid keys: {', '.join(names)}"])
            raise ConfigError(f"observation: unknown key {unknown[0]!r}; {advice}")
        model = cls(**{name: _level(name, value) for name, value in content.items() if value is not None})
        if not model.outgroup_gene_flow.is_off and not model.panel_target_diploids:
            raise ConfigError(
                "observation.outgroup_gene_flow: it comes from further target individuals; set panel_target_diploids"
            )
        for key, file in (
            ("genetic_map_error", model.genetic_map),
            ("regions", model.include_bed or model.genetic_map),
        ):
            if key in content and not file and getattr(model, key) not in (_OFF, ()):
                raise ConfigError(
                    f"observation.{key} has no use without genetic_map{' or include_bed' * (key == 'regions')}"
                )
        return model

    def describe(self, *, paths: bool = True) -> dict[str, Any]:
        """What is not off, as a section that `parse` reads; without `paths`, a file is its name alone."""
        default, result = ObservationModel(), {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != getattr(default, field.name):
                plain = [value.low, value.high] if isinstance(value, Range) else value
                named = Path(value).name if field.name in _FILES and not paths else plain
                result[field.name] = list(named) if isinstance(named, tuple) else named
        return result

    def level(self, name: str, seed: int, scenario: str, genome: int) -> float:
        """Level of an operator for one genome; each operator has a stream of its own."""
        return float(getattr(self, name).draw(seeds.derive(seed, "observe", scenario, genome, name)))


def _section(section: Mapping[str, Any] | str | Path | None) -> Mapping[str, Any]:
    if section is None:
        return {}
    if isinstance(section, Mapping):
        return section
    text = str(section)
    where = "observation" if text.lstrip().startswith("{") else text
    try:
        content = yaml.safe_load(read_text(Path(text), "an observation model") if where == text else text)
    except (OSError, DataError) as error:
        raise ConfigError(f"{error}; --observation takes JSON or a YAML file") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{where}: not valid YAML: {' '.join(str(error).split())}") from error
    content = content.get("observation", content) if isinstance(content, dict) else content
    if not isinstance(content, dict):
        raise ConfigError(f"{where}: expected keys and values, found {type(content).__name__}")
    return content


def _level(name: str, value: Any) -> Any:
    if name in _FILES:
        if not isinstance(value, str):
            raise ConfigError(f"observation.{name}: {value!r} is not a path")
        return value
    if name == "regions":
        if not isinstance(value, list | tuple) or not all(isinstance(region, str) for region in value):
            raise ConfigError(f'observation.regions: {value!r}; expected a list such as ["1:97,540,371-98,389,548"]')
        return tuple(value)
    bounds = value if isinstance(value, list | tuple) else [value, value]
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) for x in bounds)
    if len(bounds) != 2 or not numbers or bounds[0] > bounds[1]:
        raise ConfigError(f"observation.{name}: {value!r}; expected a number or [LOW, HIGH]")
    if name in _WHOLE or name in _COUNTS:
        least = 1 if name in _COUNTS else 0
        if any(x != int(x) or x < least for x in bounds) or (name in _WHOLE and bounds[0] != bounds[1]):
            raise ConfigError(f"observation.{name}: {value!r}; expected whole numbers of at least {least}")
        return int(bounds[0]) if name in _WHOLE else Range(int(bounds[0]), int(bounds[1]))
    if not 0 <= bounds[0] <= bounds[1] <= _HIGHEST[name]:
        raise ConfigError(f"observation.{name}: {value!r}; expected between 0 and {_HIGHEST[name]:g}")
    return Range(float(bounds[0]), float(bounds[1]))


@dataclass(frozen=True)
class Observed:
    """One region as the data would show it.

    Attributes
    ----------
    haplotypes : Haplotypes
    origins : ndarray of int64, shape (num_target_diploids,)
        The first simulated haplotype of each target individual.
    switches_bp : list of ndarray of int64
        Positions from which on each target individual's haplotypes have changed places.
    """

    haplotypes: Haplotypes
    origins: NDArray[np.int64]
    switches_bp: list[NDArray[np.int64]]

    def tracts(self, simulated: pd.DataFrame) -> pd.DataFrame:
        """Ghost tracts of the observed target haplotypes: the simulated ones, cut and moved where phase switches.

        Parameters
        ----------
        simulated : DataFrame
            haplotype (simulated sample), start_bp, end_bp.

        Returns
        -------
        DataFrame
            haplotype (row among the observed target haplotypes), start_bp, end_bp.
        """
        individuals = {int(origin): number for number, origin in enumerate(self.origins)}
        pieces = []
        for haplotype, start, end in simulated[["haplotype", "start_bp", "end_bp"]].itertuples(index=False):
            individual = individuals.get(int(haplotype) // 2 * 2)
            if individual is None:
                continue
            switches = self.switches_bp[individual]
            edges = [start, *switches[(switches > start) & (switches < end)].tolist(), end]
            parity = int(haplotype) + int((switches <= start).sum())
            for step, (left, right) in enumerate(itertools.pairwise(edges)):
                pieces.append((2 * individual + (parity + step) % 2, int(left), int(right)))
        return pd.DataFrame(pieces, columns=["haplotype", "start_bp", "end_bp"])


def observe(
    tree_sequence: tskit.TreeSequence,
    model: ObservationModel,
    *,
    ancestral: str,
    seed: int,
    windows: Windows | None = None,
) -> Observed:
    """Haplotypes of outgroup and target as a file of biallelic SNVs would show them.

    Parameters
    ----------
    tree_sequence : tskit.TreeSequence
        One simulated region, with the metadata written by `simulation.ancestry`.
    model : ObservationModel
    ancestral : str
        `KNOWN_ANCESTRAL` keeps the simulated ancestral states, `OUTGROUP_MAJOR` recodes by the outgroup's major allele.
    seed : int
        Root seed of what is drawn per genome and region.
    windows : Windows, optional
        Real coordinates: the region's mask is that of its window. Needed if the model names a BED.

    Returns
    -------
    Observed
        Sites with more than two alleles, those that the allele-count filter drops, and those that do not vary among
        the genotypes seen are left out. Positions count from the region's start.

    Raises
    ------
    ConfigError
        More individuals are wanted than were simulated, or gene flow has no individual to come from.
    """
    draws = _Draws.of(tree_sequence, model, seed)
    outgroup, target, donors, spare = _individuals(draws)
    individuals = np.concatenate([outgroup, target])
    simulated = tree_sequence.genotype_matrix().astype(np.int8)
    minor = operators.minor_allele_counts(simulated, _haplotypes_of(spare))
    keep = minor >= draws.number("minimum_allele_count")
    if model.genotype_error.is_off and model.outgroup_gene_flow.is_off:
        keep &= operators.varies(simulated[:, _haplotypes_of(individuals)])  # nothing can make the others vary
    positions = tree_sequence.tables.sites.position[keep].astype(np.int64)
    genotypes = simulated[keep].take(_haplotypes_of(individuals), axis=1)
    length = int(tree_sequence.sequence_length)
    if not model.outgroup_gene_flow.is_off:
        source = simulated, np.flatnonzero(keep), _haplotypes_of(donors)
        _let_genes_flow(genotypes[:, : 2 * len(outgroup)], positions, source, length, draws)
    switches = _flaw(genotypes, positions, minor[keep] == 1, draws, ancestral_known=ancestral == KNOWN_ANCESTRAL)
    varying = operators.varies(genotypes)
    names = [f"outgroup_{i}" for i in range(len(outgroup))] + [f"target_{i}" for i in range(len(target))]
    haplotypes = Haplotypes(
        contig=str(draws.about["region"] + 1),
        interval_bp=(0, length),
        positions_bp=positions[varying],
        genotypes=genotypes[varying],
        sample_names=tuple(name for name in names for _ in range(2)),
        haplotype_indices=(np.arange(genotypes.shape[1]) % 2).astype(np.int8),
        roles=np.repeat(np.array([OUTGROUP, TARGET], dtype=np.int8), [2 * len(outgroup), 2 * len(target)]),
        callable_bp=np.array([[0, length]], dtype=np.int64),
        ancestral_status=KNOWN_ANCESTRAL,
    )
    if model.include_bed is not None:
        haplotypes = haplotypes.mask(_callable(windows, length, draws))
    if ancestral == OUTGROUP_MAJOR:
        haplotypes = haplotypes.polarise_by_outgroup()
    return Observed(haplotypes, 2 * target, switches[len(outgroup) :])


@dataclass(frozen=True)
class _Draws:
    """Random draws of one region: levels and numbers are those of its genome, noise is its own."""

    model: ObservationModel
    about: Mapping[str, Any]
    seed: int

    @classmethod
    def of(cls, tree_sequence: tskit.TreeSequence, model: ObservationModel, seed: int) -> "_Draws":
        return cls(model, tree_sequence.metadata["introghost"], seed)

    def level(self, name: str) -> float:
        return self.model.level(name, self.seed, self.about["scenario"], int(self.about["genome"]))

    def number(self, name: str) -> int:
        drawn: Range = getattr(self.model, name)
        return drawn.draw_integer(
            seeds.derive(self.seed, "observe", self.about["scenario"], int(self.about["genome"]), name)
        )

    def noise(self, name: str) -> np.random.Generator:
        key = self.about["scenario"], int(self.about["genome"]), int(self.about["region"])
        return np.random.default_rng(seeds.derive(self.seed, "observe", *key, name, "noise"))


def _haplotypes_of(individuals: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.stack([2 * individuals, 2 * individuals + 1], axis=1).ravel()


def _let_genes_flow(
    outgroup: NDArray[np.int8],
    positions: NDArray[np.int64],
    source: tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.int64]],
    length_bp: int,
    draws: _Draws,
) -> None:
    """Put tracts of target individuals into the outgroup's genotypes, in place.

    `source` is the simulated genotypes, the row of each site and the column of each donor's haplotypes in them.
    """
    simulated, rows, columns = source
    if not len(columns):
        raise ConfigError(
            "observation: no target individual is left for outgroup_gene_flow to come from; simulate with the same "
            "--observation"
        )
    level, noise = draws.level("outgroup_gene_flow"), draws.noise("outgroup_gene_flow")
    for receiver, donor, start, end in operators.draw_tracts(outgroup.shape[1], len(columns), length_bp, level, noise):
        inside = slice(*np.searchsorted(positions, [start, end]))
        outgroup[inside, receiver] = simulated[rows[inside], columns[donor]]


def _flaw(
    genotypes: NDArray[np.int8],
    positions: NDArray[np.int64],
    singleton: NDArray[np.bool_],
    draws: _Draws,
    *,
    ancestral_known: bool,
) -> list[NDArray[np.int64]]:
    """Errors of calling, phasing and polarising, in place and in this order; where each individual's phase switches."""
    model = draws.model
    switches = [np.empty(0, dtype=np.int64)] * (genotypes.shape[1] // 2)
    if not model.genotype_error.is_off:
        operators.miscall(genotypes, draws.level("genotype_error"), draws.noise("genotype_error"))
    if not model.switch_error.is_off:
        level, noise = draws.level("switch_error"), draws.noise("switch_error")
        switches = operators.switch_phase(genotypes, positions, singleton, level, noise)
    if not model.missing.is_off:
        operators.lose(genotypes, draws.level("missing"), draws.noise("missing"))
    if ancestral_known and not model.ancestral_error.is_off:
        operators.mistake_ancestral(genotypes, draws.level("ancestral_error"), draws.noise("ancestral_error"))
    return switches


def _individuals(draws: _Draws) -> tuple[NDArray[np.int64], ...]:
    """Numbers of the simulated individuals labelled outgroup and target, of the target's panel, and of those spare.

    The spare ones are simulated since other genomes have larger samples; they are not in this one's data.
    """
    about, model = draws.about, draws.model
    simulated = {"outgroup": int(about["outgroup_diploids"]), "target": int(about["target_diploids"])}
    first = {"outgroup": 0, "target": simulated["outgroup"]}
    chosen = {}
    for role, available in simulated.items():
        wanted: Range | None = getattr(model, f"{role}_diploids")
        if wanted is not None and wanted.high > available:
            raise ConfigError(
                f"observation.{role}_diploids goes up to {wanted.high:g}, but {available} were simulated; "
                "simulate with the same --observation"
            )
        number = available if wanted is None else draws.number(f"{role}_diploids")
        chosen[role] = first[role] + np.arange(number)
    total = sum(simulated.values())
    spare = np.setdiff1d(np.arange(total), np.concatenate(list(chosen.values())))
    panel = total + int(about["panel_outgroup_diploids"]) + np.arange(int(about["panel_target_diploids"]))
    if not model.mislabelled.is_off:
        # Of the genome, not of the region: an individual's label is one.
        key = "observe", about["scenario"], int(about["genome"]), "mislabelled", "noise"
        rng = np.random.default_rng(seeds.derive(draws.seed, *key))
        operators.swap(chosen["outgroup"], chosen["target"], draws.level("mislabelled"), rng)
    return chosen["outgroup"], chosen["target"], panel, spare


def _callable(windows: Windows | None, length: int, draws: _Draws) -> NDArray[np.int64]:
    if windows is None:
        raise ConfigError("observation.include_bed is set, but its intervals were not read")
    placed, about = draws.about["window"], draws.about
    if placed is None:  # simulated without a map or mask: any window will do
        key = "observe", about["scenario"], int(about["genome"]), int(about["region"]), "window"
        window = windows.draw(length, seeds.derive(draws.seed, *key))
    else:
        window = Window(placed["contig"], int(placed["start_bp"]))
    return windows.callable_in(window, length)
