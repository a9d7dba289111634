"""Where regions come from: a batch of simulated tree sequences, or a VCF."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from introghost import provenance, seeds
from introghost.errors import ConfigError, DataError
from introghost.haplotypes import TARGET
from introghost.statistics.dataset import HAPLOTYPES_PER_REGION, Region, build
from introghost.statistics.haplotype import without_blank_runs
from introghost.statistics.pooled import PLAIN, Summary
from introghost.statistics.table import Statistics

if TYPE_CHECKING:
    import tskit

    from introghost.simulation.layout import RegionRecord
    from introghost.simulation.observation import ObservationModel
    from introghost.simulation.windows import Windows
    from introghost.variants.source import VcfSource

_SIMULATED_WITH = (  # keys of an observation model that simulation has used already
    *("outgroup_diploids", "target_diploids", "panel_outgroup_diploids", "panel_target_diploids"),
    *("genetic_map", "genetic_map_error", "mutation_rate_variation", "include_bed", "regions"),
)


def from_trees(
    path: Path,
    *,
    bin_bp: int,
    ancestral: str,
    seed: int,
    observation: "ObservationModel",
    windows: "Windows | None" = None,
    summary: Summary = PLAIN,
) -> Statistics:
    """Statistics of the simulated regions of one batch, with the truth from its ``.tracts.parquet``.

    Parameters
    ----------
    path : Path
        ``X.trees``; ``X.tracts.parquet`` lies beside it.
    bin_bp : int
    ancestral : str
        ``"ancestral"`` or ``"outgroup-major"``: how alleles are to be coded.
    seed : int
        Root seed of the observation model.
    observation : ObservationModel
        What the data show of the simulated genomes.
    windows : Windows, optional
        Real coordinates, if the observation model masks.
    summary : Summary
        What is kept of a region as a whole.

    Returns
    -------
    Statistics
        See `build`. At most `HAPLOTYPES_PER_REGION` target haplotypes of each region are kept, drawn at random.

    Raises
    ------
    ConfigError
        The trees were simulated with another observation model, or `bin_bp` does not divide their length.
    DataError
        A missing or damaged file, or tree sequences that do not say what they are of: simulate them anew.
    """
    from introghost.simulation.ancestry import read_tracts, read_trees

    path = Path(path)
    tracts_path = path.with_suffix(".tracts.parquet")
    for needed in (path, tracts_path):
        if not needed.is_file():
            raise DataError(f"{needed}: no such file; `introghost simulate` writes it")
    record = _record(path, next(read_trees(path)))
    _check_observation(path, record.observation, observation.describe(paths=False))
    ranges = {
        "outgroup_diploids": (observation.outgroup_diploids, record.samples.outgroup),
        "target_diploids": (observation.target_diploids, record.samples.target),
    }
    diploids = {name: [n, n] if r is None else [int(r.low), int(r.high)] for name, (r, n) in ranges.items()}
    return build(
        _simulated_regions(path, read_tracts(tracts_path), ancestral, seed, observation, windows),
        bin_bp=bin_bp,
        num_rows=min(HAPLOTYPES_PER_REGION, 2 * diploids["target_diploids"][1]),
        attributes={**diploids, "observation": json.dumps(_portable(observation), sort_keys=True)},
        summary=summary,
    )


def _check_observation(path: Path, simulated: Mapping[str, object], given: Mapping[str, object]) -> None:
    """Refuse an observation model under which other genomes would have been simulated, or none where there was one."""
    remedy = "give the same to statistics"
    if simulated and not given:
        raise ConfigError(f"{path}: simulated with --observation, but statistics have none; {remedy}")
    for key in _SIMULATED_WITH if simulated else ():
        if simulated.get(key) != given.get(key):
            values = [json.dumps(section[key]) if key in section else "none" for section in (simulated, given)]
            raise ConfigError(
                f"{path}: simulated with --observation whose {key} is {values[0]}, here it is {values[1]}; {remedy}"
            )


def _portable(observation: "ObservationModel") -> dict[str, object]:
    """The observation model without this machine's paths: a file is its name and what is in it."""
    described: dict[str, object] = dict(observation.describe())
    for key in ("include_bed", "genetic_map"):
        if key in described:
            file = Path(str(described[key]))
            described[key] = f"{file.name}, SHA-256 {provenance.sha256(file)}"
    return described


def _record(path: Path, tree_sequence: "tskit.TreeSequence") -> "RegionRecord":
    """What a tree sequence of the file `path` records of itself."""
    from introghost.simulation.layout import RegionRecord

    try:
        return RegionRecord.of(tree_sequence)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _simulated_regions(
    path: Path,
    tracts: pd.DataFrame,
    ancestral: str,
    seed: int,
    observation: "ObservationModel",
    windows: "Windows | None",
) -> Iterator[Region]:
    """Regions of one batch as the observation model shows them, one at a time."""
    from introghost.simulation.ancestry import read_trees
    from introghost.simulation.observation import observe

    for ts in read_trees(path):
        record = _record(path, ts)
        genome, index = record.genome, record.region
        observed = observe(ts, observation, ancestral=ancestral, seed=seed, windows=windows)
        of_region = tracts[(tracts["genome"] == genome) & (tracts["region"] == index)]
        number = int((observed.haplotypes.roles == TARGET).sum())
        rng = np.random.default_rng(seeds.derive(seed, "rows", record.scenario, genome, index))
        rows = np.sort(rng.permutation(number)[:HAPLOTYPES_PER_REGION])
        yield Region(
            observed.haplotypes,
            index,
            genome=genome,
            scenario=record.scenario,
            parameters=record.parameters,
            tracts=observed.tracts(of_region),
            rows=rows,
            ghost_of_target=record.ghost_of_target,
        )


def region_length_bp(path: Path) -> int:
    """Length of the simulated regions of one batch.

    Parameters
    ----------
    path : Path
        ``X.trees``.

    Raises
    ------
    DataError
        A missing or damaged file.
    """
    from introghost.simulation.ancestry import read_trees

    if not path.is_file():
        raise DataError(f"{path}: no such file; `introghost simulate` writes it")
    return int(next(read_trees(path)).sequence_length)


def from_source(source: "VcfSource", *, bin_bp: int, region_length_bp: int, summary: Summary = PLAIN) -> Statistics:
    """Statistics of a VCF, in tiles of one region length.

    Parameters
    ----------
    source : VcfSource
    bin_bp, region_length_bp : int
        The bin size divides the region length. The last tile of a contig is filled up with uncallable bases.
    summary : Summary
        What is kept of a region as a whole.

    Returns
    -------
    Statistics
        One region per tile, all of one genome.

    Raises
    ------
    DataError
        No usable site, or a file that can't be read.
    ConfigError
        `bin_bp` does not divide `region_length_bp`.
    """
    return build(_tiles(source, bin_bp, region_length_bp), bin_bp=bin_bp, summary=summary)


def _tiles(source: "VcfSource", bin_bp: int, region_length_bp: int) -> Iterator[Region]:
    """Regions of whole contigs, read as `apply` does."""
    index, num_sites = 0, 0
    for contig, contig_start, contig_end in source.contigs():
        haplotypes, _ = without_blank_runs(source.read(contig, contig_start, contig_end), bin_bp)
        num_sites += len(haplotypes.positions_bp)
        for start in range(contig_start, contig_end, region_length_bp):
            tile = haplotypes.restrict(start, min(start + region_length_bp, contig_end))
            yield Region(replace(tile, interval_bp=(start, start + region_length_bp)), index)
            index += 1
    if not num_sites:
        names = ", ".join(contig for contig, _, _ in source.contigs())
        raise DataError(f"{source.path}: no usable site in {names}; check --region and --include-bed")
