"""Files of statistics: what one must hold, checked before memory is set aside, and again on what was read."""

import json
import math
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import xarray as xr

from introghost import atomic
from introghost.errors import DataError
from introghost.statistics.haplotype import MOMENTS

_MAXIMUM_BYTES = 2**38
DIMENSIONS = {
    "haplotype_statistics": ("region", "haplotype", "bin", "statistic"),
    "haplotype_moments": ("region", "moment", "bin", "statistic"),
    "pooled_statistics": ("region", "pooled_statistic"),
    "population_statistics": ("region", "population_statistic"),
    "callable_fraction": ("region", "bin"),
    "ghost_fraction": ("region", "haplotype", "bin"),
}
_OPTIONAL = {"ghost_fraction"}
# Arrays that statistics of whole regions lack, all of them.
_OF_HAPLOTYPES = {"haplotype_statistics", "haplotype_moments", "ghost_fraction"}
_LABELS = {
    "genome": ("region",),
    "scenario": ("region",),
    "region_index": ("region",),
    "observation_index": ("region",),
    "contig": ("region",),
    "start_bp": ("region",),
    "statistic": ("statistic",),
    "moment": ("moment",),
    "pooled_statistic": ("pooled_statistic",),
    "population_statistic": ("population_statistic",),
}
# Attributes under which a file names the segment network among its statistics, and which scenarios' ghosts gave to the
# target; and those that every file has, in which files that are joined agree.
SEGMENT_MODEL, GHOST_OF_TARGET = "segments", "ghost_of_target"
PARAMETER = "parameter_"  # before the name of a parameter, in that of the coordinate that holds it
ATTRIBUTES = (
    *("bin_bp", "region_length_bp", "outgroup_diploids", "target_diploids", "ancestral", "observation"),
    SEGMENT_MODEL,
)
# Those in which data agree with the simulations that they are compared with.
CUT_AND_CODED = ("bin_bp", "region_length_bp", "ancestral")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_METADATA = "zarr.json"


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write `dataset` as one zarr zip file, atomically; equal datasets give equal bytes.

    Parameters
    ----------
    dataset : xarray.Dataset
    path : Path

    Raises
    ------
    OutputError
        The folder can't be written to, or the disk is full.
    """
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
        check_archive(path)
        store = zarr.storage.ZipStore(path, mode="r")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                loaded: xr.Dataset = xr.open_zarr(store, consolidated=False).load()
                check_schema(loaded, path)
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


def check_archive(path: Path) -> None:
    """Refuse a zip file that lacks a piece of an array (zarr would fill it up), or whose arrays are beyond reason.

    Raises
    ------
    DataError
        It does.
    """
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if _METADATA not in names:
            raise _damaged(path, f"it has no {_METADATA}")
        for array in sorted({name.split("/")[0] for name in names} - {_METADATA}):
            name = f"{array}/{_METADATA}"
            if name not in names:
                raise _damaged(path, f"it has no {name}")
            _check_array(path, array, _object(path, name, archive.read(name)), names)


def _object(path: Path, name: str, content: bytes) -> dict[str, object]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"{name} is not JSON") from error
    if not isinstance(value, dict):
        raise _damaged(path, f"{name} is not a JSON object")
    return value


def _check_array(path: Path, array: str, metadata: Mapping[str, object], names: set[str]) -> None:
    """Refuse an array that is beyond reason or of which a piece is absent; `names` are those in the archive."""
    try:
        shape = _sizes(metadata, "shape")
        chunk = _sizes(metadata, "chunk_grid", "configuration", "chunk_shape")
        num_pieces = math.prod(-(-size // step) for size, step in zip(shape, chunk, strict=True))
    except (ValueError, ZeroDivisionError) as error:
        raise _damaged(path, f"the shape of {array} can't be read") from error
    if 8 * max(math.prod(shape), math.prod(chunk)) > _MAXIMUM_BYTES:
        raise _damaged(path, f"the shape of {array} is {str(shape)[:60]}")
    num_present = sum(name.startswith(f"{array}/c/") or name == f"{array}/c" for name in names)
    if num_present != num_pieces:
        raise _damaged(path, f"{array} has {num_present} of {num_pieces} pieces")


def _sizes(metadata: Mapping[str, object], *keys: str) -> list[int]:
    """Sizes under nested keys; a `ValueError` if there are none."""
    value: object = metadata
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(value, list) or not all(type(size) is int and size >= 0 for size in value):
        raise ValueError(f"{'.'.join(keys)} is {value}")
    return value


def check_schema(dataset: xr.Dataset, path: Path) -> None:
    """Refuse a dataset whose arrays, labels or attributes are not those that `dataset.build` gives.

    Parameters
    ----------
    dataset : xarray.Dataset
    path : Path
        Where it was read from, for the message.

    Raises
    ------
    DataError
        Something is missing, or has other dimensions or another type.
    """
    is_of_whole_regions = not any(name in dataset.variables for name in _OF_HAPLOTYPES)
    optional = _OF_HAPLOTYPES if is_of_whole_regions else _OPTIONAL
    for name, dimensions in (DIMENSIONS | _LABELS).items():
        if name not in dataset.variables:
            if name in optional:
                continue
            raise _damaged(path, f"{name} is missing")
        variable = dataset[name]
        if variable.dims != dimensions:
            raise _damaged(path, f"{name} has the dimensions {', '.join(map(str, variable.dims))}")
        if name in DIMENSIONS and variable.dtype.kind != "f":
            raise _damaged(path, f"{name} has the type {variable.dtype}")
    if tuple(dataset["moment"].values) != MOMENTS:
        raise _damaged(path, f"its moments are not {' and '.join(MOMENTS)}")
    for name in ATTRIBUTES:
        if name not in dataset.attrs:
            raise _damaged(path, f"{name} is missing")


def _damaged(path: Path, what: str) -> DataError:
    return DataError(f"{path}: not a readable statistics file: {what}; compute the statistics anew")
