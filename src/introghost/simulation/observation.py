"""The observation model: what sequencing, phasing, filtering and masking show of simulated genomes.

Each operator has a level that is off, fixed, or drawn once per genome; `simulation.operators` holds what they do.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from introghost import seeds
from introghost.documents import (
    JsonObject,
    JsonValue,
    Section,
    is_number,
    number_hint,
    parse_object,
    plain_object,
    read_object,
    unknown_key,
)
from introghost.errors import ConfigError
from introghost.haplotypes import KNOWN_ANCESTRAL


@dataclass(frozen=True)
class Range:
    """Where a level is drawn from: log-uniform if the lower bound is positive, else uniform.

    Attributes
    ----------
    low, high : float
        Bounds; a point if they are equal.
    """

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
_FILES = ("include_bed", "genetic_map")
_FLAWS = (  # what a genome that is shown flawless is spared
    *("minimum_allele_count", "include_bed", "missing", "genotype_error", "switch_error", "ancestral_error"),
    *("outgroup_gene_flow", "target_gene_flow", "mislabelled", "rare_allele_detection", "inbreeding", "loci"),
)


@dataclass(frozen=True)
class ObservationModel:
    """Levels of all operators.

    Attributes
    ----------
    outgroup_diploids, target_diploids : Range or None
        Individuals of either role in the data; None takes all that were simulated.
    panel_outgroup_diploids, panel_target_diploids : int
        Further simulated individuals, of whom only the allele-count filter and gene flow into the other role know.
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
    regional_mutation_rate_variation : Range
        Coefficient of variation of the mutation rate between regions.
    linked_selection : Range
        Mean over regions of what selection at linked sites takes of all population sizes, as a share of them.
    selected_ghost : float
        Share of regions in a stretch of which the ghost's proportion is drawn anew, up to 1.
    rare_allele_detection : Range
        Probability that an allele seen once, among the individuals of the data and the panel, is found; seen k times
        it is found unless it is missed k times.
    inbreeding : Range
        Share of regions in which the two haplotypes of an individual are one.
    loci : float
        Share of genomes of whose regions only some loci are shown.
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
    target_gene_flow : Range
        Share of the target's genomes that comes from the outgroup within the last ten to two hundred generations.
    mislabelled : Range
        Share of individuals who carry the label of the other role.
    flawless : float
        Share of genomes that are shown without flaws, see `without_flaws`.
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
    regional_mutation_rate_variation: Range = _OFF
    linked_selection: Range = _OFF
    selected_ghost: float = 0.0
    rare_allele_detection: Range = Range(1, 1)
    inbreeding: Range = _OFF
    loci: float = 0.0
    missing: Range = _OFF
    genotype_error: Range = _OFF
    switch_error: Range = _OFF
    ancestral_error: Range = _OFF
    outgroup_gene_flow: Range = _OFF
    target_gene_flow: Range = _OFF
    mislabelled: Range = _OFF
    flawless: float = 0.0

    @classmethod
    def parse(cls, section: Mapping[str, JsonValue] | str | Path | None) -> "ObservationModel":
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
        content = read_section(section)
        keys = [field.name for field in dataclasses.fields(cls)]
        unknown = next((key for key in content if key not in keys), None)
        if unknown is not None:
            raise ConfigError(unknown_key(unknown, "observation", keys))
        levels = _Levels({key: value for key, value in content.items() if value is not None}, "observation")
        model = cls(
            outgroup_diploids=levels.count("outgroup_diploids"),
            target_diploids=levels.count("target_diploids"),
            panel_outgroup_diploids=levels.panel("panel_outgroup_diploids"),
            panel_target_diploids=levels.panel("panel_target_diploids"),
            minimum_allele_count=levels.count("minimum_allele_count") or Range(1, 1),
            include_bed=levels.optional_text("include_bed"),
            genetic_map=levels.optional_text("genetic_map"),
            regions=levels.texts("regions"),
            genetic_map_error=levels.level("genetic_map_error", highest=2.0),
            mutation_rate_variation=levels.level("mutation_rate_variation", highest=2.0),
            regional_mutation_rate_variation=levels.level("regional_mutation_rate_variation", highest=2.0),
            linked_selection=levels.level("linked_selection", highest=0.7),
            selected_ghost=levels.share("selected_ghost"),
            rare_allele_detection=levels.range("rare_allele_detection", 0.01, 1) or Range(1, 1),
            inbreeding=levels.level("inbreeding", highest=1.0),
            loci=levels.share("loci"),
            missing=levels.level("missing", highest=0.9),
            genotype_error=levels.level("genotype_error", highest=0.5),
            switch_error=levels.level("switch_error", highest=0.5),
            ancestral_error=levels.level("ancestral_error", highest=0.5),
            outgroup_gene_flow=levels.level("outgroup_gene_flow", highest=0.9),
            target_gene_flow=levels.level("target_gene_flow", highest=0.9),
            mislabelled=levels.level("mislabelled", highest=0.5),
            flawless=levels.share("flawless"),
        )
        model._check_together()
        return model

    def _check_together(self) -> None:
        """Refuse what has no use without something else."""
        for receiver, donor in (("outgroup", "target"), ("target", "outgroup")):
            key, panel = f"{receiver}_gene_flow", f"panel_{donor}_diploids"
            if not getattr(self, key).is_off and not getattr(self, panel):
                raise ConfigError(f"observation.{key}: it comes from further {donor} individuals; set {panel}")
        if not self.genetic_map_error.is_off and not self.genetic_map:
            raise ConfigError("observation.genetic_map_error has no use without genetic_map")
        if self.regions and not (self.include_bed or self.genetic_map):
            raise ConfigError("observation.regions has no use without genetic_map or include_bed")
        if self.flawless and self.without_flaws() == self:
            raise ConfigError("observation.flawless has no use where every genome is shown without flaws")

    def describe(self, *, paths: bool = True) -> JsonObject:
        """What is not off, as a section that `parse` reads; without `paths`, a file is its name alone."""
        default, result = ObservationModel(), JsonObject()
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value == getattr(default, field.name):
                continue
            if isinstance(value, Range):
                result[field.name] = [value.low, value.high]
            elif field.name in _FILES and not paths:
                result[field.name] = Path(value).name
            else:
                result[field.name] = list(value) if isinstance(value, tuple) else value
        return result

    def without_flaws(self) -> "ObservationModel":
        """The same sizes and what simulation used, without any of `_FLAWS`: filter, mask, errors and so on."""
        default = ObservationModel()
        return dataclasses.replace(self, **{name: getattr(default, name) for name in _FLAWS})

    def of_genome(self, seed: int, scenario: str, genome: int) -> "ObservationModel":
        """The model that one genome is shown under: this one, or in a share of `flawless` the one without flaws.

        Parameters
        ----------
        seed : int
            Root seed.
        scenario : str
        genome : int
        """
        drawn = np.random.default_rng(seeds.derive(seed, "observe", scenario, genome, "flawless")).random()
        return self.without_flaws() if drawn < self.flawless else self

    def varies(self, ancestral: str) -> bool:
        """Whether independent draws of the model show one genome differently.

        Parameters
        ----------
        ancestral : str
            As for `observe`; ancestral states can be mistaken only where they are known.
        """
        shown = self.without_flaws() if self.flawless == 1 else self
        numbers = shown.outgroup_diploids, shown.target_diploids, shown.minimum_allele_count
        noise = [
            *(shown.missing, shown.genotype_error, shown.switch_error, shown.inbreeding),
            *(shown.outgroup_gene_flow, shown.target_gene_flow, shown.mislabelled),
            *([shown.ancestral_error] if ancestral == KNOWN_ANCESTRAL else []),
        ]
        return (
            0 < self.flawless < 1
            or any(number is not None and number.low < number.high for number in numbers)
            or any(not level.is_off for level in noise)
            or shown.rare_allele_detection.low < 1
            or shown.loci > 0
            or (shown.include_bed is not None and shown.genetic_map is None)
        )

    def diploids(self, role: str) -> Range | None:
        """Individuals of a role, ``outgroup`` or ``target``, in the data; None takes all that were simulated."""
        return {"outgroup": self.outgroup_diploids, "target": self.target_diploids}[role]

    def level(self, name: str, seed: int, scenario: str, genome: int) -> float:
        """Level of an operator for one genome; each operator has a stream of its own.

        Parameters
        ----------
        name : str
            Attribute with the range of the level.
        seed : int
            Root seed.
        scenario : str
        genome : int
        """
        return float(getattr(self, name).draw(seeds.derive(seed, "observe", scenario, genome, name)))


def read_section(section: Mapping[str, JsonValue] | str | Path | None) -> JsonObject:
    """The section ``observation`` out of what `ObservationModel.parse` takes, with nothing of it checked yet.

    Raises
    ------
    ConfigError
        A file that can't be read, or text or a file that does not hold keys and values.
    """
    if section is None:
        return {}
    if isinstance(section, Mapping):
        return plain_object(section, "observation")
    text = str(section)
    if text.lstrip().startswith("{"):
        content, where = parse_object(text, "observation"), "observation"
    else:
        content, where = _read_file(Path(section)), text
    return plain_object(content.get("observation", content), f"{where}: observation")


def _read_file(path: Path) -> JsonObject:
    try:
        return read_object(path)
    except ConfigError as error:
        raise ConfigError(f"{error}; an observation model is a section, JSON or a YAML file") from error


class _Levels(Section):
    """A section whose values may be ranges, ``[LOW, HIGH]``."""

    def range(self, key: str, least: float, most: float = math.inf) -> Range | None:
        """A number or a range of numbers; None where the key is absent."""
        value = self.content.get(key)
        if value is None:
            return None
        bounds = value if isinstance(value, list) else [value, value]
        numbers = [bound for bound in bounds if is_number(bound)]
        if len(bounds) != 2 or len(numbers) != 2 or numbers[0] > numbers[1]:
            raise ConfigError(f"{self.where(key)}: {value!r}; expected a number or [LOW, HIGH]{number_hint(value)}")
        low, high = numbers
        if not least <= low <= high <= most:
            wanted = f"between {least:g} and {most:g}" if most < math.inf else f"at least {least:g}"
            raise ConfigError(f"{self.where(key)}: {value!r}; expected {wanted}")
        return Range(low, high)

    def level(self, key: str, *, highest: float) -> Range:
        """Level of an operator; off where the key is absent."""
        bounds = self.range(key, 0, highest)
        return _OFF if bounds is None else Range(float(bounds.low), float(bounds.high))

    def share(self, key: str) -> float:
        """One number from 0 to 1; 0 where the key is absent."""
        bounds = self.range(key, 0, 1) or _OFF
        if bounds.low != bounds.high:
            raise ConfigError(f"{self.where(key)}: {self.content[key]!r}; expected one number between 0 and 1")
        return float(bounds.low)

    def count(self, key: str) -> Range | None:
        """Whole numbers from 1 on; None where the key is absent."""
        bounds = self.range(key, 1)
        if bounds is None:
            return None
        if bounds.low != int(bounds.low) or bounds.high != int(bounds.high):
            raise ConfigError(f"{self.where(key)}: {self.content[key]!r}; expected whole numbers of at least 1")
        return Range(int(bounds.low), int(bounds.high))

    def panel(self, key: str) -> int:
        """One whole number from 0 on; 0 where the key is absent."""
        bounds = self.range(key, 0) or _OFF
        if bounds.low != bounds.high or bounds.low != int(bounds.low):
            raise ConfigError(f"{self.where(key)}: {self.content[key]!r}; expected one whole number of at least 0")
        return int(bounds.low)
