"""What made an output is recorded without a trace of the machine."""

import os
from pathlib import Path

import pytest

from introghost import atomic, provenance
from introghost.errors import DataError


def test_a_record_names_inputs_without_their_folders_and_a_pipe_by_what_was_read_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = tmp_path / "x.tsv"
    stored.write_text("text")
    reading, writing = os.pipe()
    os.write(writing, b"text")
    os.close(writing)
    monkeypatch.chdir(tmp_path)
    inputs = {"stored": stored, "folder": Path("."), "pipe": Path(f"/dev/fd/{reading}")}
    made = provenance.record("apply", {"ancestral": f"fasta={tmp_path}/a.fa", "region": "1:1-5", "seed": 1}, inputs)
    digest = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"  # of `text`, by sha256sum
    assert made["options"] == {"ancestral": "fasta=a.fa", "region": "1:1-5", "seed": 1}
    assert made["inputs"] == {
        "stored": {"name": "x.tsv", "sha256": digest},
        "folder": {"name": tmp_path.name, "sha256": provenance.sha256(tmp_path)},
        "pipe": {"name": "pipe", "sha256": digest},
    }
    os.close(reading)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("results/human/model", "human"),
        ("results/model", "results"),
        ("/results/model/", "results"),
        ("models/mine", "mine"),
        ("x/model.tsv", "model.tsv"),
        ("model", "model"),
        ("/model", "model"),
        ("./model", "model"),
    ],
)
def test_a_folder_called_model_has_the_name_of_the_one_above(path: str, name: str) -> None:
    assert provenance.input_name(Path(path)) == name


def test_relative_paths_without_a_name_are_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "mine" / "model"
    (model / "segments").mkdir(parents=True)
    monkeypatch.chdir(model)
    assert provenance.input_name(Path(".")) == "mine"
    monkeypatch.chdir(model / "segments")
    assert provenance.input_name(Path("..")) == "mine"
    made = provenance.record("apply", {}, {"model": model})
    assert made["inputs"] == {"model": {"name": "mine", "sha256": provenance.sha256(model)}}


def test_a_folder_without_the_last_file_is_not_complete(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run `introghost apply` again"):
        provenance.check_complete(tmp_path, "apply")
    atomic.write_json(tmp_path / provenance.COMPLETE, {})
    provenance.check_complete(tmp_path, "apply")


def test_what_is_written_of_a_folder_does_not_change_its_digest(tmp_path: Path) -> None:
    (tmp_path / "model" / "segments").mkdir(parents=True)
    (tmp_path / "model" / "segments" / "weights").write_text("1")
    before = provenance.sha256(tmp_path / "model")
    (tmp_path / "model" / "README.md").write_text("How good it is")
    assert provenance.sha256(tmp_path / "model") == before
    (tmp_path / "model" / "segments" / "weights").write_text("2")
    assert provenance.sha256(tmp_path / "model") != before


def test_outputs_that_changed_or_were_lost_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("x\n1\n")
    digests = provenance.outputs(tmp_path, ["a.tsv", "b.tsv"])
    assert digests == {"a.tsv": provenance.sha256(tmp_path / "a.tsv")}
    atomic.write_json(tmp_path / provenance.COMPLETE, {"verb": "apply", "outputs": digests})
    (tmp_path / "notes.tsv").write_text("of the user\n")
    provenance.check_outputs(tmp_path, "apply")
    (tmp_path / "a.tsv").write_text("x\n")
    with pytest.raises(DataError, match=r"a\.tsv: changed since `introghost apply` wrote it; run it again"):
        provenance.check_outputs(tmp_path, "apply")
    (tmp_path / "a.tsv").unlink()
    with pytest.raises(DataError, match=r"a\.tsv: no such file; run `introghost apply` again"):
        provenance.check_outputs(tmp_path, "apply")
