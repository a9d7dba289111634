"""Bundles: what is damaged, foreign or hostile is a `ModelError` of one line, before memory is set aside for it.

The manifest is written anew after each change, so that it is the inner check that refuses.
"""

import contextlib
import dataclasses
import json
import os
import resource
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save

from introghost import atomic, provenance
from introghost.errors import ModelError
from introghost.inference import bundle_files
from introghost.inference.bundle_files import DESCRIPTION, MANIFEST, WEIGHTS
from introghost.inference.bundles import Bundle, ChoiceBundle, ParametersBundle, SegmentsBundle, Task
from introghost.inference.fields import Fields
from introghost.inference.prior_scale import PriorScale
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork
from introghost.networks.segments import SegmentNetwork
from introghost.simulation.priors import Bound, Prior

SHARED: dict[str, Any] = {
    "statistics": ["a", "b"],
    "population_statistics": ["p"],
    "ancestral": "ancestral",
    "bin_bp": 10_000,
    "region_length_bp": 100_000,
    "sample_sizes": {"outgroup_diploids": [5, 50], "target_diploids": [5, 5]},
    "callable_share": [0.4, 1],
    "observation": {},
    "num_training": 10,
    "num_validation": 0,
    "provenance": {"verb": "train"},
}
SEGMENTS = {
    **SHARED,
    "thresholds": [[0.05, 0.9], [0.15, 0.6]],
    "temperature": 1.5,
    "highest_called_share": 0.4,
    "file_calibration": None,
    "architecture": {"channels": 6, "population": 2, "width": 8, "members": 1, "references": 0},
    "inputs": list("abcdef"),
}
OF_GENOMES: dict[str, Any] = {**SHARED, "inputs": list("abcde"), "regions": [2, 2], "segment_model": ""}
SCENARIOS = [{"name": "ghost", "ghost_of_target": True}, {"name": "no_ghost", "ghost_of_target": False}]
CHOICE = {
    **OF_GENOMES,
    "temperature": 1.5,
    "architecture": {
        "channels": 5,
        "scenarios": 2,
        "width": 0,
        "members": 1,
        "references": 0,
        "levels": 1,
        "discriminants": 2,
    },
    "scenarios": SCENARIOS,
}
PRIORS = json.loads(json.dumps(PriorScale([Prior("t", "uniform", Bound(1.0), Bound(2.0))]).describe()))
PARAMETERS = {
    **OF_GENOMES,
    "architecture": {"channels": 5, "parameters": 1, "width": 8, "members": 1},
    "scenario": "ghost",
    "priors": PRIORS,
}
TYPES: dict[str, type[Bundle]] = {str(kind.task): kind for kind in (SegmentsBundle, ChoiceBundle, ParametersBundle)}
OF_TASK = {
    "segments": {"temperature", "thresholds", "highest_called_share", "file_calibration"},
    "model-choice": {"temperature", "scenarios", "regions", "segment_model"},
    "parameters": {"scenario", "priors", "regions", "segment_model"},
}
KEYS = sorted([*SHARED, "architecture", "inputs", "schema_version", "task"])
WRONG = [None, True, -1, 0, 0.5, float("1e400"), 10**40, "x", "", [], {}, [1], ["a", "a"], [[]], {"x": 1}, "1" * 200]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(2)
    bundle_files.save(segments(SegmentNetwork(6, 2, 8).eval()), tmp_path / "segments")
    return tmp_path / "segments"


def segments(network: SegmentNetwork, **changes: object) -> SegmentsBundle:
    return SegmentsBundle.from_json(Fields({**SEGMENTS, **changes}, "model.json"), network)


@pytest.fixture
def choice(tmp_path: Path) -> Path:
    made = ChoiceBundle.from_json(Fields(CHOICE, "model.json"), ModelChoiceNetwork(5, 2, 2).eval())
    bundle_files.save(made, tmp_path / "model-choice")
    return tmp_path / "model-choice"


@pytest.fixture
def parameters(tmp_path: Path) -> Path:
    network = PosteriorNetwork(5, 1, width=8, members=1).eval()
    bundle_files.save(ParametersBundle.from_json(Fields(PARAMETERS, "model.json"), network), tmp_path / "parameters")
    return tmp_path / "parameters"


def seal(folder: Path) -> None:
    """Write the manifest anew."""
    names = (DESCRIPTION, WEIGHTS)
    lines = [f"{provenance.sha256(folder / name)}  {name}\n" for name in names]
    atomic.write_text(folder / MANIFEST, "".join(lines))


def describe(folder: Path, change) -> None:  # type: ignore[no-untyped-def]
    description = json.loads((folder / DESCRIPTION).read_text())
    change(description)
    (folder / DESCRIPTION).write_text(json.dumps(description))
    seal(folder)


def refused(folder: Path, task: str = "segments") -> str:
    with pytest.raises(ModelError) as caught:
        bundle_files.load(folder, TYPES[task])
    message = str(caught.value)
    assert caught.value.exit_code == 4
    assert "\n" not in message
    assert len(message.replace(str(folder), "")) < 300
    return message


def test_round_trip(folder: Path) -> None:
    loaded = bundle_files.load(folder, SegmentsBundle)
    again = bundle_files.load(folder, SegmentsBundle)
    values = torch.rand(2, 10, 6)
    assert loaded.temperature == 1.5
    assert torch.equal(loaded.network(values), again.network(values))
    torch.manual_seed(2)
    assert torch.equal(SegmentNetwork(6, 2, 8).eval()(values), loaded.network(values))
    assert not any(tensor.is_meta for tensor in loaded.network.state_dict().values())
    assert not loaded.network.training


def test_the_manifest_certifies_what_was_written_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer puts weights of its own there before the manifest is written."""
    others, write = save(SegmentNetwork(6, 2, 8).state_dict()), atomic.atomic_path

    @contextlib.contextmanager
    def disturbed(path: Path) -> Iterator[Path]:
        with write(path) as temporary:
            yield temporary
        if path.name != MANIFEST:
            (folder / WEIGHTS).write_bytes(others)

    bundle = bundle_files.load(folder, SegmentsBundle)
    with monkeypatch.context() as context:
        context.setattr(atomic, "atomic_path", disturbed)
        bundle_files.save(bundle, folder)
    with pytest.raises(ModelError, match=f"{WEIGHTS}: SHA-256 differs from {MANIFEST}"):
        bundle_files.load(folder, SegmentsBundle)
    bundle_files.save(bundle, folder)
    lines = [f"{provenance.sha256(folder / name)}  {name}" for name in (DESCRIPTION, WEIGHTS)]
    assert (folder / MANIFEST).read_text().splitlines() == lines


def test_round_trip_of_model_choice(choice: Path) -> None:
    loaded = bundle_files.load(choice, ChoiceBundle)
    assert loaded.ghost_of_target == {"ghost": True, "no_ghost": False}
    assert loaded.scenarios == ("ghost", "no_ghost")
    assert (loaded.temperature, loaded.inputs) == (1.5, ("a", "b", "c", "d", "e"))
    assert not loaded.knows_novelty


@pytest.mark.parametrize("task", list(Task))
def test_what_is_described_is_what_was_saved(folder: Path, choice: Path, parameters: Path, task: Task) -> None:
    expected = {Task.SEGMENTS: SEGMENTS, Task.MODEL_CHOICE: CHOICE, Task.PARAMETERS: PARAMETERS}[task]
    loaded = bundle_files.load(folder.parent / task, TYPES[task])
    assert loaded.to_json() == expected
    written = json.loads((folder.parent / task / DESCRIPTION).read_text())
    assert written == {**expected, "task": task, "schema_version": bundle_files.SCHEMA_VERSION}


@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION])
def test_a_flipped_byte_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    assert f"{name}: SHA-256 differs" in refused(folder)


@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION, MANIFEST])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in refused(folder)


@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION, MANIFEST])
@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_not_a_plain_file_is_refused_and_not_read(folder: Path, name: str, kind: str) -> None:
    (folder / name).rename(folder.parent / name)
    if kind == "link":
        (folder / name).symlink_to(folder.parent / name)
    elif kind == "folder":
        (folder / name).mkdir()
    else:
        os.mkfifo(folder / name)
    assert f"{name}: not a plain file" in refused(folder)


def test_no_folder_an_empty_one_and_a_file_in_its_place(tmp_path: Path) -> None:
    assert "no such folder" in refused(tmp_path / "segments")
    (tmp_path / "segments").write_text("x")
    assert "no such folder" in refused(tmp_path / "segments")
    (tmp_path / "empty").mkdir()
    assert "no model bundle here" in refused(tmp_path / "empty")


@pytest.mark.parametrize("task", list(OF_TASK))
def test_every_key_is_needed(folder: Path, choice: Path, parameters: Path, task: str) -> None:
    path = folder.parent / task
    original = (path / DESCRIPTION).read_text()
    keys = list(json.loads(original))
    assert {*KEYS, *OF_TASK[task]} == set(keys)
    for key in keys:
        (path / DESCRIPTION).write_text(original)
        describe(path, lambda description, key=key: description.pop(key))
        assert key.split("_")[0] in refused(path, task), key
    for key in json.loads(original)["architecture"]:
        (path / DESCRIPTION).write_text(original)
        describe(path, lambda description, key=key: description["architecture"].pop(key))
        assert f"architecture lacks {key}" in refused(path, task)


# What happens to be right for a key.
FITTING = {"num_training": [0], "num_validation": [0], "temperature": [0.5], "bin_bp": [], "region_length_bp": []}
FITTING |= {"provenance": [{}, {"x": 1}], "observation": [{}, {"x": 1}]}


@pytest.mark.parametrize("key", [*KEYS, "scenarios"])
def test_a_key_of_another_type_or_value_is_refused(choice: Path, key: str) -> None:
    original = (choice / DESCRIPTION).read_text()
    for wrong in WRONG:
        if wrong in FITTING.get(key, []) and not isinstance(wrong, bool):
            continue
        (choice / DESCRIPTION).write_text(original)
        describe(choice, lambda description, wrong=wrong: description.update({key: wrong}))
        message = refused(choice, "model-choice")
        assert DESCRIPTION in message, wrong


PAIRS = [[0.5], [[0.1, 0.5, 0.5]], [[0.1, 1.01]], [[0, 0.5]], [[0.2, 0.5], [0.1, 0.6]], [[0.1, 0.5], [0.1, 0.5]]]


@pytest.mark.parametrize("wrong", [*WRONG, *PAIRS], ids=ascii)
def test_thresholds_of_another_type_or_value_are_refused(folder: Path, wrong: object) -> None:
    describe(folder, lambda description: description.update(thresholds=wrong))
    assert DESCRIPTION in refused(folder)


@pytest.mark.parametrize(("key", "wrong"), [("members", 0), ("members", 33), ("width", 0), ("channels", 0)])
def test_an_architecture_that_makes_no_network_is_refused(folder: Path, key: str, wrong: int) -> None:
    describe(folder, lambda description: description["architecture"].update({key: wrong}))
    assert f"architecture.{key} is {wrong}, expected 1 to" in refused(folder)


BIG = {"channels": 60_000, "width": 60_000, "scenarios": 2, "members": 1, "references": 60_000, "dropout": 0.1}


@pytest.mark.parametrize("key", list(BIG))
def test_an_architecture_that_asks_for_too_much_is_refused_without_memory_for_it(choice: Path, key: str) -> None:
    original = (choice / DESCRIPTION).read_text()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for wrong in [*WRONG, 10**9, 2**63, 65_536, 60_000]:
        if (key, wrong) in (("width", 0), ("references", 0), ("dropout", 0), ("dropout", 0.5)) and not isinstance(
            wrong, bool
        ):
            continue
        (choice / DESCRIPTION).write_text(original)
        describe(choice, lambda description, wrong=wrong: description["architecture"].update({key: wrong}))
        refused(choice, "model-choice")
    describe(choice, lambda description: description["architecture"].update(BIG))
    assert "needs 14,4" in refused(choice, "model-choice")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kB"


@pytest.mark.parametrize(("version", "word"), [(0, "too old"), (2, "too new"), (99, "too new")])
def test_another_version_is_refused(folder: Path, version: int, word: str) -> None:
    describe(folder, lambda description: description.update(schema_version=version))
    assert word in refused(folder)


def test_another_task_or_architecture_is_refused(folder: Path) -> None:
    assert "is for 'segments', expected 'model-choice'" in refused(folder, "model-choice")
    seven = {
        "architecture": {"channels": 7, "population": 3, "width": 8, "members": 1, "references": 0},
        "inputs": list("abcdefg"),
    }
    describe(folder, lambda description: description.update(seven))
    assert "tensors are not those of the architecture" in refused(folder)
    describe(folder, lambda description: description["architecture"].update(nonsense=1))
    assert "unknown key 'nonsense'" in refused(folder)


def test_names_and_sizes_that_do_not_fit_together_are_refused(choice: Path) -> None:
    third = [*SCENARIOS, {"name": "structure", "ghost_of_target": False}]
    describe(choice, lambda description: description.update(scenarios=third))
    assert "scenarios are not as many" in refused(choice, "model-choice")
    describe(choice, lambda description: description.update(scenarios=SCENARIOS, bin_bp=30_000))
    assert "bin_bp does not divide" in refused(choice, "model-choice")
    sizes = {"outgroup_diploids": [9, 5], "target_diploids": [5, 5]}
    describe(choice, lambda description: description.update(bin_bp=10_000, sample_sizes=sizes))
    assert "sample_sizes" in refused(choice, "model-choice")
    sizes = {"outgroup_diploids": [5, 50], "target_diploids": [5, 5]}
    describe(choice, lambda description: description.update(sample_sizes=sizes, inputs=list("abcd")))
    assert "inputs are not as many as the architecture's channels" in refused(choice, "model-choice")


@pytest.mark.parametrize(
    "scenarios",
    [
        ["ghost", "no_ghost"],
        [{"name": "ghost"}, SCENARIOS[1]],
        [{"name": "ghost", "ghost_of_target": 1}, SCENARIOS[1]],
        [SCENARIOS[0], {"name": "ghost", "ghost_of_target": False}],
    ],
)
def test_scenarios_without_a_name_of_their_own_and_a_meaning_are_refused(choice: Path, scenarios: list[object]) -> None:
    describe(choice, lambda description: description.update(scenarios=scenarios))
    assert "each with a distinct name and ghost_of_target true or false" in refused(choice, "model-choice")


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", '"x"', '{"task": NaN}', '{"a": 1, "a": 2}', "[" * 100_000, "{" + " " * 9, "1" * 9000, "\x00"],
)
def test_a_description_that_is_not_an_object_is_refused(folder: Path, text: str) -> None:
    (folder / DESCRIPTION).write_text(text)
    seal(folder)
    assert DESCRIPTION in refused(folder)


def random_bytes() -> bytes:
    return np.random.default_rng(8).bytes(8192)


@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION])
@pytest.mark.parametrize("content", [b"", b"some text\n" * 50, random_bytes()], ids=["empty", "text", "random"])
def test_files_of_something_else_are_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    seal(folder)
    assert name in refused(folder)


def test_a_description_of_gigabytes_is_not_read(folder: Path) -> None:
    for name in (DESCRIPTION, WEIGHTS, MANIFEST):
        kept = (folder / name).read_bytes()
        with (folder / name).open("r+b") as file:
            file.truncate(2**40)
        assert f"{name}: 1,099,511,627,776 bytes, expected at most" in refused(folder)
        (folder / name).write_bytes(kept)
    bundle_files.load(folder, SegmentsBundle)


def test_weights_cut_anywhere_are_refused(folder: Path) -> None:
    content = (folder / WEIGHTS).read_bytes()
    header = struct.unpack("<Q", content[:8])[0]
    for length in [1, 7, 8, 9, header // 2, header + 7, header + 8, header + 9, len(content) // 2, len(content) - 1]:
        (folder / WEIGHTS).write_bytes(content[:length])
        seal(folder)
        assert WEIGHTS in refused(folder), length
    (folder / WEIGHTS).write_bytes(content + b"\0")
    seal(folder)
    assert "bytes of weights, expected" in refused(folder)


def _offsets(first: int, last: int):  # type: ignore[no-untyped-def]
    return lambda header: header["members.0.0.bias"].update(data_offsets=[first, last])


HEADERS = {
    "terabytes": _offsets(0, 2**42),
    "beyond the file": _offsets(2**42, 2**42 + 32),
    "negative": _offsets(-32, 0),
    "backwards": _offsets(32, 0),
    "overlap": lambda header: header["members.0.0.bias"].update(
        data_offsets=header["members.0.7.weight"]["data_offsets"]
    ),
    "overlap of equal size": lambda header: header["members.0.0.bias"].update(
        data_offsets=header["members.0.1.norm.bias"]["data_offsets"]
    ),
    "float offset": _offsets(0.0, 32.0),  # type: ignore[arg-type]
    "no offset": lambda header: header["members.0.0.bias"].pop("data_offsets"),
    "huge shape": lambda header: header["members.0.0.bias"].update(shape=[2**40]),
    "transposed": lambda header: header["members.0.0.weight"].update(shape=header["members.0.0.weight"]["shape"][::-1]),
    "float shape": lambda header: header["members.0.0.bias"].update(shape=[8.0]),
    "no shape": lambda header: header["members.0.0.bias"].pop("shape"),
    "half precision": lambda header: header["members.0.0.bias"].update(dtype="F16"),
    "unknown type": lambda header: header["members.0.0.bias"].update(dtype="pickle"),
    "no type": lambda header: header["members.0.0.bias"].pop("dtype"),
    "no tensor": lambda header: header.pop("members.0.0.bias"),
    "surplus tensor": lambda header: header.update(more={"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}),
    "not an object": lambda header: header.update({"members.0.0.bias": 3}),
    "metadata of another kind": lambda header: header.update(__metadata__=[1]),
}


@pytest.mark.parametrize("kind", list(HEADERS))
def test_a_header_that_does_not_fit_is_refused(folder: Path, kind: str) -> None:
    content = (folder / WEIGHTS).read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    HEADERS[kind](header)
    text = json.dumps(header).encode()
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    seal(folder)
    assert WEIGHTS in refused(folder)


@pytest.mark.parametrize("length", [0, 2**24 + 1, 2**31, 2**62, 2**64 - 1])
def test_a_header_of_another_length_is_refused(folder: Path, length: int) -> None:
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", length) + content[8:])
    seal(folder)
    assert WEIGHTS in refused(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("members.0.0.bias", np.nan),
        ("members.0.0.weight", np.inf),
        ("standardise.deviation", 0.0),
        ("standardise.deviation", -1.0),
    ],
)
def test_values_that_no_training_gives_are_refused(folder: Path, name: str, value: float) -> None:
    weights = load_file(folder / WEIGHTS)
    weights[name].view(-1)[1] = value
    (folder / WEIGHTS).write_bytes(save(weights))
    seal(folder)
    assert name in refused(folder)


def test_logarithms_from_a_floor_of_nothing_are_refused(choice: Path) -> None:
    weights = load_file(choice / WEIGHTS)
    weights["standardise.floor"][1] = 0
    (choice / WEIGHTS).write_bytes(save(weights))
    seal(choice)
    assert "standardise.floor" in refused(choice, "model-choice")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        bytes(range(256)),
        b"0" * 64 + b"  ../other/model.json\n",
        b"0" * 64 + b"  /etc/passwd\n",
        b"0" * 64 + b" *model.json\n",
        b"0" * 64 + b"  model.json\n" + b"0" * 64 + b"  model.json\n",
        b"0" * 64 + b"  model.json\n",
        b"0" * 63 + b"  model.json\n",
        b"X" * 64 + b"  model.json\n",
        b"\xff\xfe" * 40,
        b"0" * 2**17,
    ],
)
def test_a_malformed_manifest_is_refused(folder: Path, line: bytes) -> None:
    (folder / MANIFEST).write_bytes(line)
    assert MANIFEST in refused(folder)


def test_what_would_be_refused_is_not_written(tmp_path: Path) -> None:
    network = SegmentNetwork(6, 2, 8).eval()
    wrong = dataclasses.replace(segments(network), temperature=float("nan"))
    with pytest.raises(ModelError, match="temperature"):
        bundle_files.save(wrong, tmp_path)
    torch.nn.init.constant_(network.members[0][0].bias, float("nan"))
    with pytest.raises(ModelError, match=r"members\.0\.0\.bias"):
        bundle_files.save(segments(network), tmp_path)
    assert not list(tmp_path.iterdir())
