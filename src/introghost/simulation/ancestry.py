"""Simulated genomes: msprime ancestry and mutations under a scenario's draws, with the truth kept beside them."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msprime
import pandas as pd
import pyarrow
import pyarrow.parquet
import tskit

from introghost import seeds
from introghost.errors import ConfigError, DataError
from introghost.provenance import atomic_path
from introghost.simulation import priors
from introghost.simulation.scenarios import MUTATION_RATE, RECOMBINATION_RATE, Scenario
from introghost.simulation.tracts import ghost_tracts

TRACT_COLUMNS = ["genome", "region", "haplotype", "start_bp", "end_bp"]


def simulate_genome_with_tracts(
    scenario: Scenario,
    genome: int,
    *,
    seed: int,
    num_regions: int,
    region_length_bp: int,
    outgroup_diploids: int,
    target_diploids: int,
    panel_diploids: int = 0,
) -> Iterator[tuple[tskit.TreeSequence, pd.DataFrame]]:
    """Simulate the independent regions of one genome, all under one draw of the scenario's parameters.

    Parameters
    ----------
    scenario : Scenario
    genome : int
        Index of the genome. Together with `seed` it fixes the result, whatever batch the genome is in.
    seed : int
        Root seed.
    num_regions, region_length_bp : int
    outgroup_diploids, target_diploids : int
        Sampled today, in this order.
    panel_diploids : int
        Further samples at the end, half of them from either deme (the odd one from the target), which only the
        observation model sees: they stand for the rest of the panel that a real data set's sites were filtered in.

    Yields
    ------
    tskit.TreeSequence
        With mutations (Jukes–Cantor, discrete genome), without migration records; ``metadata["introghost"]`` holds
        scenario, genome, region, parameters (those of the region among them), roles and sample sizes.
    DataFrame
        Ghost tracts of all samples, see `ghost_tracts`.

    Raises
    ------
    ConfigError
        If a draw does not make a valid model, or a size is not positive.
    """
    sizes = {
        "outgroup_diploids": outgroup_diploids,
        "target_diploids": target_diploids,
        "panel_diploids": panel_diploids,
    }
    _check_sizes({"num_regions": num_regions, "region_length_bp": region_length_bp, **sizes})
    genome_parameters = draw_genome(scenario, genome, seed)
    demography = msprime.Demography.from_demes(scenario.graph(genome_parameters))
    for region in range(num_regions):
        key = ("simulate", scenario.name, genome, region)
        region_seed = seeds.derive(seed, *key, "parameters")
        parameters = {
            **genome_parameters,
            **priors.draw(scenario, region_seed, scope=priors.REGION, given=genome_parameters),
        }
        ts = msprime.sim_ancestry(
            samples=_sample_sets(scenario.roles, **sizes),
            demography=demography,
            sequence_length=region_length_bp,
            recombination_rate=parameters[RECOMBINATION_RATE],
            record_migrations=True,
            random_seed=seeds.derive(seed, *key, "ancestry"),
            record_provenance=False,
        )
        tracts = ghost_tracts(ts, scenario.roles.get("ghost"))
        ts = _without_migrations(ts)
        ts = msprime.sim_mutations(
            ts,
            rate=parameters[MUTATION_RATE],
            model=msprime.JC69(),
            random_seed=seeds.derive(seed, *key, "mutations"),
            record_provenance=False,
        )
        identity = {"scenario": scenario.name, "genome": genome, "region": region, "seed": seed}
        yield _with_metadata(ts, {**identity, "parameters": parameters, "roles": scenario.roles, **sizes}), tracts


def draw_genome(scenario: Scenario, genome: int, seed: int) -> dict[str, float]:
    """The parameters of one genome, as `simulate_genome` uses them."""
    return priors.draw(scenario, seeds.derive(seed, "simulate", scenario.name, genome, "parameters"))


def write_batch(
    scenario: Scenario,
    output: Path,
    *,
    first_genome: int,
    num_genomes: int,
    seed: int,
    num_regions: int,
    region_length_bp: int,
    outgroup_diploids: int,
    target_diploids: int,
    panel_diploids: int = 0,
    provenance: Mapping[str, Any] | None = None,
    on_genome: Callable[[int], None] = lambda genome: None,
) -> None:
    """Simulate consecutive genomes and write them with their parameters and tracts.

    Parameters
    ----------
    scenario : Scenario
    output : Path
        ``X.trees``, a stream of tree sequences by genome, then region; beside it come ``X.parameters.parquet`` (one
        row per genome) and ``X.tracts.parquet`` (genome, region, haplotype, start_bp, end_bp). Each takes its name
        only when all are complete, the trees last.
    first_genome, num_genomes : int
    seed, num_regions, region_length_bp, outgroup_diploids, target_diploids, panel_diploids : int
        See `simulate_genome_with_tracts`.
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
    rows: list[dict[str, Any]] = []
    tables: list[pd.DataFrame] = []
    with contextlib.ExitStack() as stack:
        # The stack unwinds backwards, so that the trees, entered first, take their name last.
        trees_temporary, parameters_temporary, tracts_temporary = (
            stack.enter_context(atomic_path(path)) for path in (Path(output), parameters_path, tracts_path)
        )
        with trees_temporary.open("wb") as stream:
            for genome in range(first_genome, first_genome + num_genomes):
                regions = simulate_genome_with_tracts(
                    scenario,
                    genome,
                    seed=seed,
                    num_regions=num_regions,
                    region_length_bp=region_length_bp,
                    outgroup_diploids=outgroup_diploids,
                    target_diploids=target_diploids,
                    panel_diploids=panel_diploids,
                )
                for region, (ts, tracts) in enumerate(regions):
                    ts.dump(stream)
                    tables.append(tracts.assign(genome=genome, region=region)[TRACT_COLUMNS])
                drawn = draw_genome(scenario, genome, seed)
                rows.append({"scenario": scenario.name, "genome": genome, "seed": seed, **drawn})
                on_genome(genome)
        _write_parquet(pd.DataFrame(rows), parameters_temporary, provenance)
        _write_parquet(pd.concat(tables, ignore_index=True), tracts_temporary, provenance)


def sibling_paths(trees: Path) -> tuple[Path, Path]:
    """Paths of the parameters and tracts that belong to ``X.trees``."""
    trees = Path(trees)
    if trees.suffix != ".trees":
        raise ConfigError(f"{trees}: a file of tree sequences must be named X.trees")
    return trees.with_suffix(".parameters.parquet"), trees.with_suffix(".tracts.parquet")


def read_trees(path: Path) -> Iterator[tskit.TreeSequence]:
    """Tree sequences of a stream, one at a time.

    Raises
    ------
    DataError
        If the file is missing, holds no tree sequence, or is cut or damaged.
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
            yield ts


def _check_sizes(sizes: Mapping[str, int]) -> None:
    for name, value in sizes.items():
        minimum = 0 if name == "panel_diploids" else 1
        if value < minimum:
            raise ConfigError(f"{name} is {value}; it must be at least {minimum}")


def _sample_sets(
    roles: Mapping[str, str], *, outgroup_diploids: int, target_diploids: int, panel_diploids: int
) -> list[msprime.SampleSet]:
    outgroup_panel = panel_diploids // 2
    counts = [
        ("outgroup", outgroup_diploids),
        ("target", target_diploids),
        ("outgroup", outgroup_panel),
        ("target", panel_diploids - outgroup_panel),
    ]
    return [msprime.SampleSet(count, population=roles[role], time=0, ploidy=2) for role, count in counts if count]


def _without_migrations(ts: tskit.TreeSequence) -> tskit.TreeSequence:
    tables = ts.dump_tables()
    tables.migrations.clear()
    return tables.tree_sequence()


def _with_metadata(ts: tskit.TreeSequence, content: Mapping[str, Any]) -> tskit.TreeSequence:
    tables = ts.dump_tables()
    tables.metadata_schema = tskit.MetadataSchema.permissive_json()
    tables.metadata = {"introghost": dict(content)}
    return tables.tree_sequence()


def _write_parquet(table: pd.DataFrame, path: Path, provenance: Mapping[str, Any] | None) -> None:
    arrow = pyarrow.Table.from_pandas(table, preserve_index=False)
    metadata = {**(arrow.schema.metadata or {}), b"introghost": json.dumps(provenance or {}, sort_keys=True).encode()}
    pyarrow.parquet.write_table(arrow.replace_schema_metadata(metadata), path)
