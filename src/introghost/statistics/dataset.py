"""Datasets of statistics: built from simulated or real haplotypes, and kept as one zarr file."""

import json
import tempfile
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from introghost import atomic
from introghost.errors import ConfigError, DataError
from introghost.haplotypes import OUTGROUP, TARGET, Haplotypes
from introghost.statistics import stored
from introghost.statistics.haplotype import (
    MOMENTS,
    STATISTICS,
    callable_per_bin_bp,
    haplotype_statistics,
    moments,
)
from introghost.statistics.pooled import PLAIN, Summary, few_targets
from introghost.statistics.population import POPULATION_STATISTICS, population_statistics

HAPLOTYPES_PER_REGION = 128
_COMMON = ("bin_bp", "region_length_bp", "outgroup_diploids", "target_diploids", "ancestral", "observation",
           "segments")  # fmt: skip
_ROLES = {"outgroup": OUTGROUP, "target": TARGET}
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Region:
    """Haplotypes of one region and what is known about them.

    Attributes
    ----------
    haplotypes : Haplotypes
    genome, index : int
        The genome that the region belongs to and its number there; genome is -1 for real data.
    scenario : str
        Empty for real data.
    parameters : mapping of str to float
        The draw under which the region was simulated; empty for real data.
    tracts : DataFrame or None
        ``haplotype`` (row among the target haplotypes), ``start_bp``, ``end_bp``; None when unknown.
    rows : ndarray of int64 or None
        Target haplotypes whose statistics are kept; None keeps all.
    """

    haplotypes: Haplotypes
    index: int
    genome: int = -1
    scenario: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    tracts: pd.DataFrame | None = None
    rows: NDArray[np.int64] | None = None


def ghost_fraction(
    tracts: pd.DataFrame, num_haplotypes: int, interval_bp: tuple[int, int], bin_bp: int
) -> NDArray[np.float32]:
    """Fraction of each bin that ghost tracts cover.

    Parameters
    ----------
    tracts : DataFrame
        ``haplotype`` in [0, num_haplotypes), ``start_bp``, ``end_bp``; disjoint within a haplotype.
    num_haplotypes : int
    interval_bp : tuple of int
        Half-open; tracts are clipped to it.
    bin_bp : int

    Returns
    -------
    ndarray of float32, shape (num_haplotypes, num_bins)
    """
    start, end = interval_bp
    edges = np.arange(start, end + bin_bp, bin_bp)[: -(-(end - start) // bin_bp) + 1]
    covered = np.zeros((num_haplotypes, len(edges) - 1))
    for haplotype, left, right in tracts[["haplotype", "start_bp", "end_bp"]].itertuples(index=False):
        overlap = np.minimum(edges[1:], min(right, end)) - np.maximum(edges[:-1], left)
        covered[int(haplotype)] += np.maximum(overlap, 0)
    return (covered / bin_bp).astype(np.float32)


def build(
    regions: Iterable[Region],
    *,
    bin_bp: int,
    num_rows: int | None = None,
    attributes: Mapping[str, Any] | None = None,
    summary: Summary = PLAIN,
) -> xr.Dataset:
    """Compute the statistics of several regions of equal length.

    Parameters
    ----------
    regions : iterable of Region
        Consumed one at a time, so that haplotypes of only one region are in memory.
    bin_bp : int
        Divides the length of the regions.
    num_rows : int, optional
        Length of the dimension haplotype: a region with fewer haplotypes is filled up with NaN. By default regions
        must have the same target haplotypes, and all of them are kept.
    attributes : mapping, optional
        Further attributes of the dataset; they take the place of those found.
    summary : Summary
        What is kept of a region as a whole.

    Returns
    -------
    xarray.Dataset
        ``haplotype_statistics`` (region, haplotype, bin, statistic), ``haplotype_moments`` (region, moment, bin,
        statistic), mean and standard deviation over all target haplotypes, those that are not kept among them,
        ``pooled_statistics`` (region, pooled_statistic), those of `summary`, over a few of these and the usable bins,
        ``population_statistics`` (region, population_statistic), ``callable_fraction`` (region, bin) and, when the
        truth is known, ``ghost_fraction`` (region, haplotype, bin), all float32; labels are coordinates.

    Raises
    ------
    DataError
        No region, or regions that differ in length or samples.
    ConfigError
        `bin_bp` does not divide the region length.
    """
    rows, first = [], None
    for region in regions:
        first = first or region
        _check_alike(first.haplotypes, region.haplotypes, bin_bp, same_labels=num_rows is None)
        rows.append(_region_dataset(region, bin_bp, num_rows, summary))
    if first is None:
        raise DataError("there is no region to compute statistics of")
    dataset = _join(rows)
    diploids = {role: int((first.haplotypes.roles == code).sum() // 2) for role, code in _ROLES.items()}
    dataset.attrs = {
        "bin_bp": int(bin_bp),
        "region_length_bp": int(first.haplotypes.interval_bp[1] - first.haplotypes.interval_bp[0]),
        **{f"{role}_diploids": [number, number] for role, number in diploids.items()},
        "ancestral": first.haplotypes.ancestral_status,
        "observation": "{}",
        "segments": summary.segments,
        **(attributes or {}),
    }
    return dataset


def _check_alike(first: Haplotypes, other: Haplotypes, bin_bp: int, *, same_labels: bool) -> None:
    length = first.interval_bp[1] - first.interval_bp[0]
    if bin_bp < 1 or length % bin_bp:
        raise ConfigError(f"bin_bp {bin_bp:,} does not divide the region length {length:,}")
    if other.interval_bp[1] - other.interval_bp[0] != length:
        raise DataError(f"regions differ in length: {length:,} and {other.interval_bp[1] - other.interval_bp[0]:,} bp")
    if same_labels and first.target_labels != other.target_labels:
        raise DataError("regions differ in their target haplotypes")


def _region_dataset(region: Region, bin_bp: int, num_rows: int | None, summary: Summary) -> xr.Dataset:
    haplotypes = region.haplotypes
    statistics = haplotype_statistics(haplotypes, bin_bp)
    rows = np.arange(len(statistics)) if region.rows is None else region.rows
    fraction = (callable_per_bin_bp(haplotypes, bin_bp) / bin_bp).astype(np.float32)
    few = few_targets(haplotypes)
    pooled = summary.compute(statistics if few is haplotypes else haplotype_statistics(few, bin_bp), fraction)
    filled = _fill_up(statistics[rows], num_rows)
    variables: dict[str, tuple[tuple[str, ...], NDArray[Any]]] = {
        "haplotype_statistics": (("region", "haplotype", "bin", "statistic"), filled[None]),
        "haplotype_moments": (("region", "moment", "bin", "statistic"), moments(statistics)[None]),
        "pooled_statistics": (("region", "pooled_statistic"), pooled[None]),
        "population_statistics": (("region", "population_statistic"), population_statistics(haplotypes)[None]),
        "callable_fraction": (("region", "bin"), fraction[None]),
    }
    if region.tracts is not None:
        truth = ghost_fraction(region.tracts, len(statistics), haplotypes.interval_bp, bin_bp)
        variables["ghost_fraction"] = (("region", "haplotype", "bin"), _fill_up(truth[rows], num_rows)[None])
    labels: dict[str, Any] = {
        "genome": region.genome,
        "scenario": region.scenario,
        "region_index": region.index,
        "contig": haplotypes.contig,
        "start_bp": haplotypes.interval_bp[0],
        **{f"parameter_{name}": float(value) for name, value in region.parameters.items()},
    }
    coordinates: dict[str, Any] = {name: ("region", np.array([value])) for name, value in labels.items()}
    coordinates["statistic"] = list(STATISTICS)
    coordinates["moment"] = list(MOMENTS)
    coordinates["pooled_statistic"] = list(summary.names)
    coordinates["population_statistic"] = list(POPULATION_STATISTICS)
    if num_rows is None:
        coordinates["haplotype_label"] = ("haplotype", np.array(haplotypes.target_labels))
    return xr.Dataset(variables, coords=coordinates)


def _fill_up(values: NDArray[np.float32], num_rows: int | None) -> NDArray[np.float32]:
    """`values` with rows of NaN added until there are `num_rows`."""
    if num_rows is None:
        return values
    return np.pad(values, [(0, num_rows - len(values))] + [(0, 0)] * (values.ndim - 1), constant_values=np.nan)


def _join(datasets: list[xr.Dataset]) -> xr.Dataset:
    """Concatenate along region; a parameter that only some datasets have is NaN in the others."""
    parameters = sorted({str(name) for ds in datasets for name in ds.coords if str(name).startswith("parameter_")})
    truth_known = all("ghost_fraction" in ds for ds in datasets)
    filled = []
    for ds in datasets:
        absent = {name: ("region", np.full(ds.sizes["region"], np.nan)) for name in parameters if name not in ds.coords}
        ds = ds.assign_coords(absent)
        filled.append(ds if truth_known else ds.drop_vars("ghost_fraction", errors="ignore"))
    return xr.concat(filled, dim="region", data_vars="minimal", coords="minimal", compat="override", join="override")


def concatenate(datasets: list[xr.Dataset]) -> xr.Dataset:
    """Join datasets of several batches or scenarios along ``region``.

    Parameters
    ----------
    datasets : list of xarray.Dataset
        Of the same statistics, bin size, region length and sample sizes. Parameters that a scenario lacks become NaN;
        ``ghost_fraction`` stays only where every dataset has it.

    Raises
    ------
    DataError
        Nothing to join, datasets that do not fit together, or a simulated region that is in two of them.
    """
    if not datasets:
        raise DataError("there are no statistics to join")
    first = datasets[0]
    for other in datasets[1:]:
        for name in _COMMON:
            if first.attrs.get(name) != other.attrs.get(name):
                raise DataError(
                    f"statistics differ in {name}: {first.attrs.get(name) or 'none'} and "
                    f"{other.attrs.get(name) or 'none'}; "
                    "compute them again with the same options"
                )
        for name in ("statistic", "moment", "pooled_statistic", "population_statistic"):
            if list(first[name].values) != list(other[name].values):
                raise DataError(f"statistics differ in their {name} names; compute them again with one version")
    _check_distinct(datasets)
    joined = _join(datasets)
    joined.attrs = {key: value for key, value in first.attrs.items() if key != "provenance"}
    joined.attrs["provenance"] = json.dumps([ds.attrs.get("provenance", "") for ds in datasets])
    return joined


def _check_distinct(datasets: list[xr.Dataset]) -> None:
    """Refuse simulated regions that come twice: a genome's name is what splits and bootstraps go by."""
    seen: dict[tuple[str, int, int], int] = {}
    for number, ds in enumerate(datasets, start=1):
        labels = (ds[name].values.tolist() for name in ("scenario", "genome", "region_index"))
        for scenario, genome, region in zip(*labels, strict=True):
            if not scenario:  # real data
                continue
            first = seen.setdefault((scenario, genome, region), number)
            if first != number:
                raise DataError(
                    f"statistics number {first} and {number} both hold genome {genome} of scenario {scenario}; "
                    "give each file once, and simulate further genomes with another --first"
                )


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write `dataset` as one zarr zip file, atomically; equal datasets give equal bytes."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        store = Path(folder) / "dataset.zarr"
        dataset.to_zarr(store, mode="w", zarr_format=3, consolidated=False, write_empty_chunks=True)
        files = sorted(p for p in store.rglob("*") if p.is_file())
        with atomic.atomic_path(Path(path)) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for file in files:
                entry = zipfile.ZipInfo(file.relative_to(store).as_posix(), _ZIP_DATE)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, file.read_bytes(), zipfile.ZIP_STORED)


def read(path: Path) -> xr.Dataset:
    """Read a dataset into memory.

    Raises
    ------
    DataError
        A missing or damaged file.
    """
    import zarr

    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path}: not a zip file, or cut short; write it again")
    try:
        stored.check_archive(path)
        store = zarr.storage.ZipStore(path, mode="r")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                loaded: xr.Dataset = xr.open_zarr(store, consolidated=False).load()
                stored.check_schema(loaded, path)
                return _in_order(loaded)
        finally:
            store.close()
    except DataError:
        raise
    except Exception as error:  # what zarr raises for a damaged file is of many classes
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{path}: not a readable statistics file ({reason}); write it again") from error


def _in_order(dataset: xr.Dataset) -> xr.Dataset:
    """The same dataset with variables and coordinates sorted by name; zarr lists them in any order."""
    bare = dataset.reset_coords()
    ordered: xr.Dataset = bare[sorted(map(str, bare.variables))]
    return ordered.set_coords([name for name in dataset.coords if name not in dataset.dims])
