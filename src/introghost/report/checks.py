"""What the report refuses: folders of other verbs, and evaluations of something else than what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from introghost import provenance
from introghost.errors import DataError
from introghost.report import records
from introghost.report.records import CHOICE, CallsRecord, JsonSection

_TABLES = ("segments.tsv", "per_sample.tsv", "bin_status.tsv")  # of every answer


@dataclass(frozen=True)
class TrainingStatistics:
    """Files of statistics that the networks of a model should have been trained on.

    Attributes
    ----------
    segments : tuple of Path
        With haplotypes, for the segment network.
    genomes : tuple of Path
        Of whole genomes, for the networks of model choice and parameters.
    """

    segments: tuple[Path, ...] = ()
    genomes: tuple[Path, ...] = ()


def check_folder(folder: Path | None, role: str) -> None:
    """Refuse a folder that is not there.

    Parameters
    ----------
    folder : Path or None
        None: not given.
    role : str
        What it is a folder of, for the message.

    Raises
    ------
    DataError
        It is not there.
    """
    if folder is not None and not folder.is_dir():
        raise DataError(f"{folder}: no such folder of {role}")


def check_calls(calls: Path) -> None:
    """Refuse calls that are absent, that `apply` did not write to the end, or whose files were changed or lost since.

    Parameters
    ----------
    calls : Path

    Raises
    ------
    DataError
        The folder is not there, lacks the file that is written last or a table, or a file is not as it was written.
    """
    check_folder(calls, "calls")
    provenance.check_complete(calls, "apply")
    for name in _TABLES:
        if not (calls / name).is_file():
            raise DataError(f"{calls / name}: no such file; run `introghost apply` again")
    provenance.check_outputs(calls, "apply")


def check_evaluation(folder: Path, *, of_model: bool) -> None:
    """Refuse folders of other verbs, and those of the two kinds of evaluation that have changed places.

    Parameters
    ----------
    folder : Path
    of_model : bool
        Whether it was given as the evaluation of a model, not of calls.

    Raises
    ------
    DataError
        Its provenance is not of an evaluation, or of one of the other kind.
    """
    path, role = folder / provenance.COMPLETE, "model" if of_model else "calls"
    record = JsonSection.read(path) if path.is_file() else JsonSection(path, {})
    inputs = record.section("inputs")
    digests = {name: inputs.section(name).text("sha256") for name in ("model", "calls")}
    if record.text("verb") != "evaluate" or set(digests.values()) == {None}:
        raise DataError(f"{folder}: no complete output of evaluate here; run `introghost evaluate --{role}`")
    if digests[role] is not None:
        return
    if of_model:
        raise DataError(f"{folder}: an evaluation of a set of calls, not of a model; give it as --calls-evaluation")
    raise DataError(f"{folder}: an evaluation of a model, not of a set of calls; give it as --evaluation")


def check_evaluated_model(evaluation: Path, model: Path) -> None:
    """Refuse the evaluation of another model.

    Parameters
    ----------
    evaluation : Path
        Folder of ``evaluate --model``.
    model : Path

    Raises
    ------
    DataError
        The evaluation says that it is of another model.
    """
    if _differs(_evaluated(evaluation, "model"), provenance.sha256(model)):
        raise DataError(
            f"{evaluation}: an evaluation of another model than {model}, or this has changed since; run "
            "`introghost evaluate --model` again"
        )


def check_trained_on(model: Path, statistics: TrainingStatistics) -> None:
    """Refuse networks that were trained on other statistics, of which results would be those of an older configuration.

    Parameters
    ----------
    model : Path
    statistics : TrainingStatistics
        Each network must have been trained on exactly the files of its kind, whatever their names are now; where files
        of one kind alone are given, there must be none of the other. Without any file nothing is checked.

    Raises
    ------
    DataError
        A network was trained on other files, or is of a kind of which there are none, or none of the model is of the
        kind of some files.
    """
    if not statistics.segments and not statistics.genomes:
        return
    for option, paths, tasks in (
        ("--segments-statistics", statistics.segments, ("segments",)),
        ("--genomes-statistics", statistics.genomes, ("model-choice", "parameters")),
    ):
        bundles = [model / task for task in tasks if (model / task / records.DESCRIPTION).is_file()]
        if paths and not bundles:
            raise DataError(
                f"{model}: has no network that {option} could be about ({' or '.join(tasks)}); leave it out"
            )
        if bundles and not paths:
            raise DataError(
                f"{bundles[0]}: not trained on the statistics that are given, which are of another kind; remove it if "
                f"an older configuration left it here, or give {option}"
            )
        given = {provenance.sha256(path) for path in paths}
        for bundle in bundles:
            _check_digests(bundle, given, option)


def _check_digests(bundle: Path, given: set[str], option: str) -> None:
    listed = records.training_digests(JsonSection.read(bundle / records.DESCRIPTION).section("provenance"))
    if listed != given:
        raise DataError(
            f"{bundle}: trained on other statistics than those of {option}: {len(given - listed)} of {len(given)} "
            f"files were not there in training, {len(listed - given)} files of training are not given; train it again"
        )


def check_beside(calls: Path, beside: Path) -> None:
    """Refuse calls that do not show what another model says of the same data.

    Parameters
    ----------
    calls, beside : Path
        Folders of ``apply``.

    Raises
    ------
    DataError
        They are of other data, or of the same model.
    """
    first, second = CallsRecord.read(calls), CallsRecord.read(beside)
    differences = first.data.differences(second.data)
    if differences:
        raise DataError(
            f"{beside}: calls of other data than {calls} ({_in_words(differences)} differ); apply to the same"
        )
    if not _differs(first.model_sha256, second.model_sha256):
        raise DataError(f"{beside}: made by the same model as {calls}; give the calls of another one")


def check_comparable(calls: Sequence[Path]) -> None:
    """Refuse calls that differ in more than the target, or of which one lost its choice between scenarios.

    Parameters
    ----------
    calls : sequence of Path
        Folders of ``apply``, two at least.

    Raises
    ------
    DataError
        They are of another model or of other data, or of a target that another one is of. One has no choice between
        scenarios, and another has: a model always makes one, or never.
    """
    first, *others = (CallsRecord.read(folder) for folder in calls)
    targets = {first.data.options["target"]: calls[0]}
    for folder, other in zip(calls[1:], others, strict=True):
        differences = [name for name in first.data.differences(other.data) if name != "target"]
        if _differs(first.model_sha256, other.model_sha256):
            differences.insert(0, "model")
        if differences:
            raise DataError(
                f"{folder}: not comparable with {calls[0]} ({_in_words(differences)} differ); give calls that "
                "differ in their target alone"
            )
        target = other.data.options["target"]
        if target in targets:
            raise DataError(f"{folder}: of the same target as {targets[target]} ({target}); give each target once")
        targets[target] = folder
    with_choice = [folder for folder in calls if (folder / CHOICE).is_file()]
    lacking = [folder for folder in calls if folder not in with_choice]
    if with_choice and lacking:
        raise DataError(
            f"{lacking[0] / CHOICE}: no such file, though {with_choice[0]} of the same model has one; run `introghost "
            "apply` again"
        )


def _in_words(differences: Sequence[str]) -> str:
    """Roles of inputs and names of options, all VCF files as one."""
    words = ("VCF files" if name.split(" ")[0] == "vcf" else name.replace("_", " ") for name in differences)
    return ", ".join(dict.fromkeys(words))


def check_same_model(used_sha256: str | None, evaluation: Path | None, model: Path | None) -> None:
    """Refuse another model than the one that made the calls, and the evaluation of another.

    Parameters
    ----------
    used_sha256 : str or None
        Digest of the model that made the calls; None if it is not known.
    evaluation, model : Path or None
        None: not given.

    Raises
    ------
    DataError
        A digest differs.
    """
    if evaluation is not None and _differs(_evaluated(evaluation, "model"), used_sha256):
        raise DataError(
            f"{evaluation}: an evaluation of another model than the one that made these calls; run "
            "`introghost evaluate --model` with that one"
        )
    if model is not None and _differs(provenance.sha256(model), used_sha256):
        raise DataError(f"{model}: not the model that made these calls, or changed since; give that one")


def check_same_calls(evaluation: Path | None, calls: Path) -> None:
    """Refuse the evaluation of other calls.

    Parameters
    ----------
    evaluation : Path or None
        Folder of ``evaluate --calls``; None: not given.
    calls : Path

    Raises
    ------
    DataError
        The evaluation says that it is of other calls.
    """
    if evaluation is not None and _differs(
        _evaluated(evaluation, "calls"), provenance.sha256(calls / provenance.COMPLETE)
    ):
        raise DataError(f"{evaluation}: an evaluation of other calls than {calls}; run `introghost evaluate --calls`")


def _evaluated(evaluation: Path, role: str) -> str | None:
    """Digest of what an evaluation is of."""
    return records.input_digest(evaluation, role)


def _differs(first_sha256: str | None, second_sha256: str | None) -> bool:
    """Whether two digests differ; where one is not known, nothing says that they agree."""
    return first_sha256 is None or first_sha256 != second_sha256
