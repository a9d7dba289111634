"""Where regions come from: a batch of simulated tree sequences, or a VCF."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
    *("regional_mutation_rate_variation", "linked_selection", "selected_ghost"),
)


@dataclass(frozen=True)
class Draws:
    """Independent draws of an observation model; simulated genomes are observed once under each.

    Attributes
    ----------
    observation : ObservationModel
        What the data show of the simulated genomes.
    ancestral : str
        ``"ancestral"`` or ``"outgroup-major"``: how alleles are to be coded.
    seed : int
        Root seed of the observation model.
    windows : Windows or None
        Real coordinates, if the observation model masks.
    number : int
        How many draws.

    Raises
    ------
    ConfigError
        Several draws of a model in which nothing varies.
    """

    observation: "ObservationModel"
    ancestral: str
    seed: int
    windows: "Windows | None" = None
    number: int = 1

    def __post_init__(self) -> None:
        if self.number > 1 and not self.observation.varies(self.ancestral):
            raise ConfigError(
                f"observations: {self.number} of each genome would be the same, for nothing in the observation model "
                "varies; give --observation with a range or an error, or ask for one"
            )


@dataclass
class DrawTimes:
    """How long one draw of the observation model took for all regions of a batch.

    Attributes
    ----------
    draw : int
        Its number, from 0 on.
    num_regions : int
    observing_s, computing_s : float
        Seconds from the tree sequences to haplotypes, and from these to statistics.
    """

    draw: int
    num_regions: int = 0
    observing_s: float = 0.0
    computing_s: float = 0.0


def from_trees(
    path: Path,
    draws: Draws,
    *,
    bin_bp: int,
    num_haplotypes: int | None = HAPLOTYPES_PER_REGION,
    summary: Summary = PLAIN,
    on_draw: Callable[[DrawTimes], None] = lambda times: None,
) -> Statistics:
    """Statistics of the simulated regions of one batch, with the truth from its ``.tracts.parquet``.

    Parameters
    ----------
    path : Path
        ``X.trees``; ``X.tracts.parquet`` lies beside it. Each tree sequence is read once.
    draws : Draws
        How the genomes are observed.
    bin_bp : int
    num_haplotypes : int or None
        Target haplotypes of each region that are kept, drawn at random; all where there are fewer. None keeps no
        statistics of haplotypes, and no truth.
    summary : Summary
        What is kept of a region as a whole.
    on_draw : callable
        Called at the end with the times of each draw.

    Returns
    -------
    Statistics
        See `build`; a region for each draw of each simulated one.

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
    record, observation = _record(path, next(read_trees(path))), draws.observation
    _check_observation(path, record.observation, observation.describe(paths=False))
    ranges = {
        "outgroup_diploids": (observation.outgroup_diploids, record.samples.outgroup),
        "target_diploids": (observation.target_diploids, record.samples.target),
    }
    diploids = {name: [n, n] if r is None else [int(r.low), int(r.high)] for name, (r, n) in ranges.items()}
    num_rows = min(num_haplotypes or 0, 2 * diploids["target_diploids"][1])
    times = [DrawTimes(draw) for draw in range(draws.number)]
    statistics = build(
        _simulated_regions(path, read_tracts(tracts_path), draws, num_rows, times),
        bin_bp=bin_bp,
        num_rows=num_rows,
        attributes={**diploids, "observation": json.dumps(_portable(observation), sort_keys=True)},
        summary=summary,
        with_haplotypes=num_haplotypes is not None,
    )
    for of_draw in times:
        on_draw(of_draw)
    return statistics


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
    path: Path, tracts: pd.DataFrame, draws: Draws, num_rows: int, times: Sequence[DrawTimes]
) -> Iterator[Region]:
    """Regions of one batch as each draw of the observation model shows them, one at a time; adds to the times."""
    from introghost.simulation.ancestry import read_trees

    for ts in read_trees(path):
        record = _record(path, ts)
        of_region = tracts[(tracts["genome"] == record.genome) & (tracts["region"] == record.region)]
        for of_draw in times:
            start_s = time.perf_counter()
            region = _observed_region(ts, record, of_region, draws, of_draw.draw, num_rows)
            observed_s = time.perf_counter()
            yield region
            # Whoever asks for the next region has computed the statistics of this one.
            of_draw.num_regions += 1
            of_draw.observing_s += observed_s - start_s
            of_draw.computing_s += time.perf_counter() - observed_s


def _observed_region(
    tree_sequence: "tskit.TreeSequence",
    record: "RegionRecord",
    tracts: pd.DataFrame,
    draws: Draws,
    draw: int,
    num_rows: int,
) -> Region:
    """One region as one draw of the observation model shows it; `tracts` are those of all simulated samples."""
    from introghost.simulation.observed import observe, root_seed

    observed = observe(
        tree_sequence,
        draws.observation,
        ancestral=draws.ancestral,
        seed=draws.seed,
        windows=draws.windows,
        draw=draw,
    )
    # Target haplotypes that are kept, in their order.
    number = int((observed.haplotypes.roles == TARGET).sum())
    of_rows = seeds.derive(root_seed(draws.seed, draw), "rows", record.scenario, record.genome, record.region)
    rows = np.sort(np.random.default_rng(of_rows).permutation(number)[:num_rows])
    return Region(
        observed.haplotypes,
        record.region,
        genome=record.genome,
        scenario=record.scenario,
        parameters=record.parameters,
        tracts=observed.tracts(tracts),
        rows=rows,
        ghost_of_target=record.ghost_of_target,
        observation=draw,
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


def from_source(
    source: "VcfSource",
    *,
    bin_bp: int,
    region_length_bp: int,
    summary: Summary = PLAIN,
    with_haplotypes: bool = True,
) -> Statistics:
    """Statistics of a VCF, in tiles of one region length.

    Parameters
    ----------
    source : VcfSource
    bin_bp, region_length_bp : int
        The bin size divides the region length. The last tile of a contig is filled up with uncallable bases.
    summary : Summary
        What is kept of a region as a whole.
    with_haplotypes : bool
        Whether statistics of haplotypes are kept, too.

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
    tiles = _tiles(source, bin_bp, region_length_bp)
    return build(tiles, bin_bp=bin_bp, summary=summary, with_haplotypes=with_haplotypes)


def _tiles(source: "VcfSource", bin_bp: int, region_length_bp: int) -> Iterator[Region]:
    """Regions of whole contigs, read as `apply` does."""
    index = 0
    for contig, contig_start, contig_end in source.contigs():
        haplotypes, _ = without_blank_runs(source.read(contig, contig_start, contig_end), bin_bp)
        for start in range(contig_start, contig_end, region_length_bp):
            tile = haplotypes.restrict(start, min(start + region_length_bp, contig_end))
            yield Region(replace(tile, interval_bp=(start, start + region_length_bp)), index)
            index += 1
    source.require_sites()
