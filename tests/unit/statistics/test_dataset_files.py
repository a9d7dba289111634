"""Files of statistics that are damaged, cut, of something else or hostile are a `DataError` of one line."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from introghost.errors import DataError
from introghost.haplotypes import KNOWN_ANCESTRAL, Haplotypes
from introghost.statistics import dataset
from introghost.statistics.table import Statistics

Entries = dict[str, bytes]


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> Entries:
    rng = np.random.default_rng(5)
    haplotypes = Haplotypes(
        contig="1",
        interval_bp=(0, 30_000),
        positions_bp=np.sort(rng.choice(30_000, 60, replace=False)),
        genotypes=rng.integers(0, 2, (60, 8)).astype(np.int8),
        sample_names=tuple("aabbccdd"),
        haplotype_indices=np.tile([0, 1], 4).astype(np.int8),
        roles=np.repeat([0, 1], 4).astype(np.int8),
        callable_bp=np.array([[0, 30_000]]),
        ancestral_status=KNOWN_ANCESTRAL,
    )
    path = tmp_path_factory.mktemp("statistics") / "x.zarr.zip"
    dataset.build([dataset.Region(haplotypes, 0)], bin_bp=10_000).write(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(entries: Entries) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        Statistics.read(path)
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    assert caught.value.exit_code == 3
    return message


def without_array(entries: Entries, name: str) -> Entries:
    metadata = json.loads(entries["zarr.json"])
    metadata.get("consolidated_metadata", {}).get("metadata", {}).pop(name, None)
    kept = {key: value for key, value in entries.items() if key.partition("/")[0] != name}
    return {**kept, "zarr.json": json.dumps(metadata).encode()}


def test_the_intact_file_is_read(entries: Entries, tmp_path: Path) -> None:
    (tmp_path / "x.zarr.zip").write_bytes(packed(entries))
    assert Statistics.read(tmp_path / "x.zarr.zip").scenarios.tolist() == [""]


@pytest.mark.parametrize("kind", ["empty", "text", "random", "folder", "empty zip", "other zip"])
def test_something_else(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.zarr.zip"
    contents = {
        "empty": b"",
        "text": b"sample\tpopulation\n" * 400,
        "random": np.random.default_rng(3).bytes(8192),
        "empty zip": packed({}),
        "other zip": packed({"notes.txt": b"x"}),
    }
    if kind == "folder":
        path.mkdir()
        with pytest.raises(DataError, match=r"x\.zarr\.zip"):
            Statistics.read(path)
        return
    refused(path, contents[kind])


def test_cut_anywhere(entries: Entries, tmp_path: Path) -> None:
    content = packed(entries)
    for length in np.linspace(1, len(content) - 1, 15).astype(int):
        refused(tmp_path / "x.zarr.zip", content[:length])


@pytest.mark.parametrize(
    "name",
    [
        "haplotype_statistics",
        "population_statistics",
        "callable_fraction",
        "statistic",
        "population_statistic",
        "genome",
        "scenario",
    ],
)
def test_without_an_array(entries: Entries, tmp_path: Path, name: str) -> None:
    refused(tmp_path / "x.zarr.zip", packed(without_array(entries, name)))


def test_without_an_attribute(entries: Entries, tmp_path: Path) -> None:
    metadata = json.loads(entries["zarr.json"])
    for name in ("bin_bp", "region_length_bp", "outgroup_diploids", "target_diploids", "ancestral"):
        attributes = {key: value for key, value in metadata["attributes"].items() if key != name}
        changed = json.dumps({**metadata, "attributes": attributes}).encode()
        assert name in refused(tmp_path / "x.zarr.zip", packed({**entries, "zarr.json": changed}))


def changed_metadata(entries: Entries, name: str, change: Callable[[dict[str, object]], object]) -> Entries:
    metadata = json.loads(entries[name])
    change(metadata)
    return {**entries, name: json.dumps(metadata).encode()}


ARRAY = "haplotype_statistics/zarr.json"


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("zarr.json", {"zarr_format": 9}),
        ("zarr.json", {"node_type": "array"}),
        (ARRAY, {"data_type": "nonsense"}),
        (ARRAY, {"data_type": "int8"}),
        (ARRAY, {"shape": [1, 4, 3]}),
        (ARRAY, {"shape": "x"}),
        (ARRAY, {"codecs": [{"name": "nonsense"}]}),
        (ARRAY, {"dimension_names": ["region"]}),
        (ARRAY, {"shape": [1, 4, 3, 2**40]}),
    ],
)
def test_another_schema(entries: Entries, tmp_path: Path, name: str, changes: dict[str, object]) -> None:
    refused(tmp_path / "x.zarr.zip", packed(changed_metadata(entries, name, lambda m: m.update(changes))))


def test_every_entry_lost_emptied_or_overwritten(entries: Entries, tmp_path: Path) -> None:
    """A lost piece of an array is what zarr alone would fill up in silence."""
    for name, content in entries.items():
        for wrong in (None, b"", b"text", content[: len(content) // 2], np.random.default_rng(1).bytes(512)):
            damaged = {key: value for key, value in entries.items() if key != name}
            if wrong is not None:
                damaged[name] = wrong
            assert refused(tmp_path / "x.zarr.zip", packed(damaged)), (name, wrong)


def test_a_flipped_bit_of_a_stored_array_is_refused(entries: Entries, tmp_path: Path) -> None:
    content = bytearray(packed(entries))
    chunk = max((name for name in entries if name.startswith("haplotype_statistics/c")), key=lambda n: len(entries[n]))
    place = bytes(content).index(entries[chunk]) + len(entries[chunk]) // 2
    content[place] ^= 1
    refused(tmp_path / "x.zarr.zip", bytes(content))
