import json

import pytest
import torch

from introghost.errors import ModelError
from introghost.inference import bundle
from introghost.networks.segments import SegmentNetwork


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(2)
    description = {"architecture": {"channels": 6, "width": 8}, "temperature": 1.5, "bin_bp": 10000}
    bundle.save(bundle.Bundle("segments", SegmentNetwork(6, 8).eval(), description), tmp_path / "segments")
    return tmp_path / "segments"


def test_round_trip(folder):
    loaded = bundle.load(folder, "segments")
    again = bundle.load(folder, "segments")
    values = torch.rand(2, 10, 6)
    assert loaded.temperature == 1.5
    assert torch.equal(loaded.network(values), again.network(values))


@pytest.mark.parametrize("name", [bundle.WEIGHTS, bundle.DESCRIPTION])
def test_a_flipped_byte_is_refused(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"{name}.*SHA-256"):
        bundle.load(folder, "segments")


@pytest.mark.parametrize("name", [bundle.WEIGHTS, bundle.DESCRIPTION, bundle.MANIFEST])
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        bundle.load(folder, "segments")


def _edit(folder, **changes):
    from introghost import provenance

    description = json.loads((folder / bundle.DESCRIPTION).read_text()) | changes
    provenance.write_json(folder / bundle.DESCRIPTION, description)
    names = (bundle.DESCRIPTION, bundle.WEIGHTS)
    lines = [f"{provenance.sha256(folder / name)}  {name}\n" for name in names]
    provenance.write_text(folder / bundle.MANIFEST, "".join(lines))


@pytest.mark.parametrize(("version", "word"), [(0, "too old"), (99, "too new")])
def test_another_version_is_refused(folder, version, word):
    _edit(folder, schema_version=version)
    with pytest.raises(ModelError, match=word):
        bundle.load(folder, "segments")


def test_another_architecture_is_refused(folder):
    _edit(folder, architecture={"channels": 7, "width": 8})
    with pytest.raises(ModelError, match="tensors"):
        bundle.load(folder, "segments")


def test_another_task_is_refused(folder):
    with pytest.raises(ModelError, match="'segments', expected 'model-choice'"):
        bundle.load(folder, "model-choice")


def test_data_that_do_not_fit_are_refused(folder):
    loaded = bundle.load(folder, "segments")
    bundle.check_fit(loaded, folder, {"bin_bp": 10000})
    with pytest.raises(ModelError, match="bin_bp 10000, the data have 5000"):
        bundle.check_fit(loaded, folder, {"bin_bp": 5000})


def test_a_manifest_of_random_bytes_is_refused(folder):
    (folder / bundle.MANIFEST).write_bytes(bytes(range(256)))
    with pytest.raises(ModelError, match="SHA-256"):
        bundle.load(folder, "segments")
