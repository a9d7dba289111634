"""Simulated genomes: msprime ancestry and mutations under a scenario's draws, with the truth kept beside them."""

import contextlib
import hashlib
import json
import os
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import demes
import msprime
import pandas as pd
import pyarrow
import pyarrow.parquet
import tskit

from introghost import seeds
from introghost.atomic import atomic_path
from introghost.errors import ConfigError, DataError
from introghost.simulation import priors, rates
from introghost.simulation.layout import KEY, RegionRecord, SampleLayout
from introghost.simulation.observation import ObservationModel
from introghost.simulation.scenarios import MUTATION_RATE, RECOMBINATION_RATE, Scenario
from introghost.simulation.stretches import Stretch, draw_size_factor, draw_stretches, graph_of, pulse_proportion
from introghost.simulation.tracts import ghost_tracts, merge_intervals
from introghost.simulation.windows import Window, Windows

_FILE_IDENTIFIER = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TRACT_COLUMNS = ["genome", "region", "haplotype", "start_bp", "end_bp"]
MAP_ERROR, MUTATION_VARIATION = "genetic_map_error_sd", "mutation_rate_cv"
REGIONAL_MUTATION_VARIATION, LINKED_SELECTION = "regional_mutation_rate_cv", "linked_selection"


@dataclass(frozen=True)
class SimulationSettings:
    """What is simulated of each genome, whatever its scenario.

    Attributes
    ----------
    seed : int
        Root seed.
    num_regions, region_length_bp : int
    outgroup_diploids, target_diploids : int
        Sampled today, in this order. The sizes that `observation` names are drawn from these, not here.
    observation : ObservationModel
        Its panel is sampled as well, outgroup first: it stands for the rest of the individuals among whom a real data
        set's sites were filtered. Its variation of rates along the region is what ancestry and mutations have.
    windows : Windows or None
        Real coordinates of each region, needed if `observation` names a file.

    Raises
    ------
    ConfigError
        If a size is not positive, or windows are missing.
    """

    seed: int
    num_regions: int
    region_length_bp: int
    outgroup_diploids: int
    target_diploids: int
    observation: ObservationModel = field(default_factory=ObservationModel)
    windows: Windows | None = None

    def __post_init__(self) -> None:
        if self.windows is None and (self.observation.include_bed or self.observation.genetic_map):
            raise ConfigError("observation names include_bed or genetic_map, but no windows were made of them")
        for name, number in (("num_regions", self.num_regions), ("region_length_bp", self.region_length_bp)):
            if number < 1:
                raise ConfigError(f"{name} is {number}; it must be at least 1")
        self.samples.check()

    @property
    def samples(self) -> SampleLayout:
        """Who is sampled, the observation model's panel among them."""
        panel = self.observation.panel_outgroup_diploids, self.observation.panel_target_diploids
        return SampleLayout(self.outgroup_diploids, self.target_diploids, *panel)


def simulate_genome_with_tracts(
    scenario: Scenario, genome: int, settings: SimulationSettings
) -> Iterator[tuple[tskit.TreeSequence, pd.DataFrame]]:
    """Simulate the independent regions of one genome, all under one draw of the scenario's parameters.

    Parameters
    ----------
    scenario : Scenario
    genome : int
        Index of the genome. Together with the root seed it fixes the result, whatever batch the genome is in.
    settings : SimulationSettings

    Yields
    ------
    tskit.TreeSequence
        With mutations (Jukes–Cantor, discrete genome), without migration records; ``metadata["introghost"]`` holds a
        `RegionRecord`. With a genetic map the recombination rate among its parameters is the mean of the region's map.
    DataFrame
        Ghost tracts of all samples, see `ghost_tracts`.

    Raises
    ------
    ConfigError
        If a draw does not make a valid model.
    """
    parameters = draw_genome(scenario, genome, settings.seed, settings.observation)
    yield from _simulate_regions(scenario, genome, settings, parameters)


def _simulate_regions(
    scenario: Scenario, genome: int, settings: SimulationSettings, genome_parameters: Mapping[str, float]
) -> Iterator[tuple[tskit.TreeSequence, pd.DataFrame]]:
    """The regions of one genome and their tracts, under parameters that were drawn."""
    graph = scenario.graph(genome_parameters)
    for region in range(settings.num_regions):
        region_seeds = _RegionSeeds(settings.seed, scenario.name, genome, region)
        parameters = {
            **genome_parameters,
            **priors.draw(scenario, region_seeds("parameters"), scope=priors.REGION, given=genome_parameters),
        }
        # Place the region, and take its recombination from there if a map is known.
        windows, length_bp = settings.windows, settings.region_length_bp
        window = None if windows is None else windows.draw(length_bp, region_seeds("window"))
        recombination = _recombination(parameters, windows, window, length_bp, region_seeds)
        if isinstance(recombination, msprime.RateMap):
            parameters[RECOMBINATION_RATE] = float(recombination.mean_rate)
        parts = _stretches(graph, scenario, settings, parameters, region_seeds)
        ancestry, tracts = _ancestry(graph, scenario, settings, recombination, parts, region_seeds)
        record = RegionRecord(
            scenario=scenario.name,
            ghost_of_target=scenario.has_target_ghost,
            genome=genome,
            region=region,
            seed=settings.seed,
            parameters=parameters,
            roles=scenario.roles,
            samples=settings.samples,
            window=window,
            observation=settings.observation.describe(paths=False),
        )
        mutated = msprime.sim_mutations(
            _with_record(ancestry, record),
            rate=_mutation(parameters, length_bp, region_seeds),
            model=msprime.JC69(),
            random_seed=region_seeds("mutations"),
            record_provenance=False,
        )
        yield mutated, tracts


def _stretches(
    graph: demes.Graph,
    scenario: Scenario,
    settings: SimulationSettings,
    parameters: Mapping[str, float],
    region_seeds: "_RegionSeeds",
) -> tuple[Stretch, ...]:
    """What differs along one region."""
    size_factor = draw_size_factor(parameters.get(LINKED_SELECTION, 0.0), region_seeds("linked_selection"))
    proportion = pulse_proportion(graph, scenario.roles) if scenario.has_target_ghost else None
    share = settings.observation.selected_ghost
    return draw_stretches(settings.region_length_bp, size_factor, share, proportion, region_seeds("selected_ghost"))


def _ancestry(
    graph: demes.Graph,
    scenario: Scenario,
    settings: SimulationSettings,
    recombination: float | msprime.RateMap,
    stretches: Sequence[Stretch],
    region_seeds: "_RegionSeeds",
) -> tuple[tskit.TreeSequence, pd.DataFrame]:
    """Genealogies of one region, without migration records, and the ghost tracts that were told from these."""
    parts, tables = list[tskit.TreeSequence](), list[pd.DataFrame]()
    for index, stretch in enumerate(stretches):
        is_whole = len(stretches) == 1
        part = msprime.sim_ancestry(
            samples=settings.samples.sample_sets(scenario.roles),
            demography=msprime.Demography.from_demes(graph_of(stretch, graph, scenario.roles)),
            sequence_length=stretch.end_bp - stretch.start_bp,
            recombination_rate=recombination if is_whole else _part_of(recombination, stretch),
            record_migrations=True,
            random_seed=region_seeds("ancestry") if is_whole else region_seeds(f"ancestry of stretch {index}"),
            record_provenance=False,
        )
        tracts = ghost_tracts(part, scenario.roles.get("ghost"))
        tables.append(tracts.assign(**{name: tracts[name] + stretch.start_bp for name in ("start_bp", "end_bp")}))
        parts.append(_without_migrations(part))
    if len(parts) == 1:
        return parts[0], tables[0]
    joined = pd.concat(tables)
    tracts = merge_intervals(*(joined[name].to_numpy() for name in ("haplotype", "start_bp", "end_bp")))
    return parts[0].concatenate(*parts[1:], record_provenance=False, add_populations=False), tracts


def _part_of(recombination: float | msprime.RateMap, stretch: Stretch) -> float | msprime.RateMap:
    if isinstance(recombination, msprime.RateMap):
        return recombination.slice(stretch.start_bp, stretch.end_bp, trim=True)
    return recombination


def _without_migrations(ancestry: tskit.TreeSequence) -> tskit.TreeSequence:
    """The same trees without the migrations, which would be most of a file."""
    tables = ancestry.dump_tables()
    tables.migrations.clear()
    return tables.tree_sequence()


def draw_genome(
    scenario: Scenario, genome: int, seed: int, observation: ObservationModel | None = None
) -> dict[str, float]:
    """The parameters of one genome as it is simulated, with the levels of what varies its rates where that is on.

    Parameters
    ----------
    scenario : Scenario
    genome : int
        Its number.
    seed : int
        Root seed; what is drawn depends on it, the scenario's name and the genome's number alone.
    observation : ObservationModel, optional
        Says whether the genetic map has errors, the mutation rate varies, and selection at linked sites is simulated.

    Returns
    -------
    dict of str to float
        Parameters in their own units; `MAP_ERROR`, `MUTATION_VARIATION`, `REGIONAL_MUTATION_VARIATION` and
        `LINKED_SELECTION`, without unit, where these are on.
    """
    drawn = priors.draw(scenario, seeds.derive(seed, "simulate", scenario.name, genome, "parameters"))
    if observation is None:
        return drawn
    if observation.genetic_map and not observation.genetic_map_error.is_off:
        drawn[MAP_ERROR] = observation.level("genetic_map_error", seed, scenario.name, genome)
    if not observation.mutation_rate_variation.is_off:
        drawn[MUTATION_VARIATION] = observation.level("mutation_rate_variation", seed, scenario.name, genome)
    if not observation.regional_mutation_rate_variation.is_off:
        name = "regional_mutation_rate_variation"
        drawn[REGIONAL_MUTATION_VARIATION] = observation.level(name, seed, scenario.name, genome)
    if not observation.linked_selection.is_off:
        drawn[LINKED_SELECTION] = observation.level("linked_selection", seed, scenario.name, genome)
    return drawn


@dataclass(frozen=True)
class _RegionSeeds:
    """Seeds of one region by purpose: a purpose that is added leaves the others as they were."""

    root: int
    scenario: str
    genome: int
    region: int

    def __call__(self, purpose: str) -> int:
        return seeds.derive(self.root, "simulate", self.scenario, self.genome, self.region, purpose)


def _recombination(
    parameters: Mapping[str, float],
    windows: Windows | None,
    window: Window | None,
    length_bp: int,
    region_seeds: _RegionSeeds,
) -> float | msprime.RateMap:
    rate = parameters[RECOMBINATION_RATE]
    if windows is None or window is None or not windows.has_map:
        return rate
    rate_map = windows.rates(window, length_bp, fallback_rate=rate)
    if MAP_ERROR not in parameters:
        return rate_map
    return rates.with_error(rate_map, parameters[MAP_ERROR], region_seeds("genetic_map_error"))


def _mutation(parameters: Mapping[str, float], length_bp: int, region_seeds: _RegionSeeds) -> float | msprime.RateMap:
    rate = parameters[MUTATION_RATE]
    if REGIONAL_MUTATION_VARIATION in parameters:
        variation = parameters[REGIONAL_MUTATION_VARIATION]
        rate *= rates.factor(variation, region_seeds("regional_mutation_rate_variation"))
    if MUTATION_VARIATION not in parameters:
        return rate
    return rates.varying(rate, length_bp, parameters[MUTATION_VARIATION], region_seeds("mutation_rate_variation"))


def write_batch(
    scenario: Scenario,
    output: Path,
    genomes: range,
    settings: SimulationSettings,
    *,
    provenance: Mapping[str, object] | None = None,
    on_genome: Callable[[int], None] = lambda genome: None,
) -> None:
    """Simulate genomes and write them with their parameters and tracts.

    Parameters
    ----------
    scenario : Scenario
    output : Path
        ``X.trees``, a stream of tree sequences by genome, then region; beside it come ``X.parameters.parquet`` (one
        row per genome, for who wants to look at them) and ``X.tracts.parquet`` (genome, region, haplotype, start_bp,
        end_bp). Each takes its name only when all are complete, the trees last. With a genetic map, which is simulated
        in place of a drawn recombination rate, the parameters of a genome hold the mean rate of its regions.
    genomes : range
        Indices of the genomes.
    settings : SimulationSettings
    provenance : mapping, optional
        Kept as JSON under ``introghost`` in the metadata of the parquet files.
    on_genome : callable
        Called with the index of each genome when it is done.

    Raises
    ------
    ConfigError
        If `output` doesn't end in ``.trees``, or the simulation can't be set up.
    """
    parameters_path, tracts_path = sibling_paths(output)
    rows: list[dict[str, str | float]] = []
    tables: list[pd.DataFrame] = []
    with contextlib.ExitStack() as stack:
        # The stack unwinds backwards, so that the trees, entered first, take their name last.
        trees_temporary, parameters_temporary, tracts_temporary = (
            stack.enter_context(atomic_path(path)) for path in (Path(output), parameters_path, tracts_path)
        )
        with trees_temporary.open("w+b") as stream:
            for genome in genomes:
                parameters, tracts = _append_genome(scenario, genome, settings, stream)
                rows.append({"scenario": scenario.name, "genome": genome, "seed": settings.seed, **parameters})
                tables.append(tracts)
                on_genome(genome)
        _write_parquet(pd.DataFrame(rows), parameters_temporary, provenance)
        _write_parquet(pd.concat(tables, ignore_index=True), tracts_temporary, provenance)
        Path(output).unlink(missing_ok=True)  # old trees never lie beside new tracts, wherever a kill falls


def _append_genome(
    scenario: Scenario, genome: int, settings: SimulationSettings, stream: BinaryIO
) -> tuple[dict[str, float], pd.DataFrame]:
    """Simulate one genome and write its regions at the end of `stream`.

    Returns
    -------
    dict of str to float
        Its parameters; with a genetic map, the mean recombination rate of its regions among them.
    DataFrame
        Its tracts, with the columns `TRACT_COLUMNS`.
    """
    parameters = draw_genome(scenario, genome, settings.seed, settings.observation)
    recombination_rates, tables = [], []
    for region, (ts, tracts) in enumerate(_simulate_regions(scenario, genome, settings, parameters)):
        _append(ts, stream)
        recombination_rates.append(RegionRecord.of(ts).parameters[RECOMBINATION_RATE])
        tables.append(tracts.assign(genome=genome, region=region)[TRACT_COLUMNS])
    if settings.windows is not None and settings.windows.has_map and RECOMBINATION_RATE in parameters:
        parameters[RECOMBINATION_RATE] = sum(recombination_rates) / settings.num_regions
    return parameters, pd.concat(tables, ignore_index=True)


def _append(ts: tskit.TreeSequence, stream: BinaryIO) -> None:
    """Write `ts` at the end of `stream`, its random file identifier replaced by one of its content.

    So equal simulations are equal bytes, and so are the digests that the provenance of later steps records.
    """
    handle = stream.fileno()
    start = os.fstat(handle).st_size
    ts.dump(stream)
    content = os.pread(handle, os.fstat(handle).st_size - start, start)
    random_identifier = _FILE_IDENTIFIER.search(content)
    if random_identifier is not None:
        rest = content[: random_identifier.start()] + content[random_identifier.end() :]
        identifier = uuid.UUID(bytes=hashlib.sha256(rest).digest()[:16])
        os.pwrite(handle, str(identifier).encode(), start + random_identifier.start())


def sibling_paths(trees: Path) -> tuple[Path, Path]:
    """Paths of the parameters and tracts that belong to ``X.trees``.

    Raises
    ------
    ConfigError
        Another name than ``X.trees``.
    """
    trees = Path(trees)
    if trees.suffix != ".trees":
        raise ConfigError(f"{trees}: a file of tree sequences must be named X.trees")
    return trees.with_suffix(".parameters.parquet"), trees.with_suffix(".tracts.parquet")


def read_trees(path: Path) -> Iterator[tskit.TreeSequence]:
    """Tree sequences of a stream, one at a time.

    Raises
    ------
    DataError
        If the file is missing, holds no tree sequence, is cut or damaged, or was written by another program.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise DataError(f"{path}: empty file; expected tree sequences written by `introghost simulate`")
    with path.open("rb") as stream:
        while True:
            try:
                ts = tskit.load(stream)
            except EOFError:
                return
            except (tskit.FileFormatError, tskit.LibraryError, OSError, ValueError) as error:
                raise DataError(f"{path}: not a complete stream of tree sequences: {error}") from error
            if not isinstance(ts.metadata, dict) or KEY not in ts.metadata:
                raise DataError(f"{path}: a tree sequence without introghost's metadata; simulate it with introghost")
            yield ts


def read_tracts(path: Path) -> pd.DataFrame:
    """Ghost tracts as `write_batch` writes them.

    Raises
    ------
    DataError
        If the file is missing, not parquet, damaged, or lacks a column.
    """
    try:
        tracts = pd.read_parquet(path)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{path}: not a readable parquet file ({reason}); give X.tracts.parquet") from error
    absent = [name for name in TRACT_COLUMNS if name not in tracts]
    if absent:
        raise DataError(f"{path}: lacks the column {absent[0]}; give X.tracts.parquet, beside X.trees")
    return tracts


def _with_record(ancestry: tskit.TreeSequence, record: RegionRecord) -> tskit.TreeSequence:
    """The same trees with their record as metadata."""
    tables = ancestry.dump_tables()
    tables.metadata_schema = tskit.MetadataSchema.permissive_json()
    tables.metadata = {KEY: record.to_metadata()}
    return tables.tree_sequence()


def _write_parquet(table: pd.DataFrame, path: Path, provenance: Mapping[str, object] | None) -> None:
    arrow = pyarrow.Table.from_pandas(table, preserve_index=False)
    metadata = {**(arrow.schema.metadata or {}), b"introghost": json.dumps(provenance or {}, sort_keys=True).encode()}
    pyarrow.parquet.write_table(arrow.replace_schema_metadata(metadata), path)
