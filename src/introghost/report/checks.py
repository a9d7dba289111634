"""What the report refuses: folders of other verbs, and evaluations of something else than what is shown."""

from pathlib import Path

from introghost import provenance
from introghost.errors import DataError
from introghost.report import records, tables


def check_folders(calls: Path, evaluation: Path | None, model: Path | None) -> None:
    """Refuse folders that are not there, and calls that `apply` did not write to the end.

    Parameters
    ----------
    calls : Path
    evaluation, model : Path or None
        None: not given.

    Raises
    ------
    DataError
        A folder is not there, or lacks the file that is written last.
    """
    for role, folder in (("calls", calls), ("evaluation", evaluation), ("model", model)):
        if folder is not None and not folder.is_dir():
            raise DataError(f"{folder}: no such folder of {role}")
    provenance.check_complete(calls, "apply")


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
        The folder lacks the summary of an evaluation, or has that of the other kind.
    """
    path, option = folder / "summary.tsv", "--model" if of_model else "--calls"
    summary = tables.read_optional(path, ("metric", "value"))
    if summary is None:
        raise DataError(f"{path}: no such file; `introghost evaluate {option}` writes it")
    if "average_precision" not in summary["metric"].tolist():
        raise DataError(f"{path}: no metric average_precision; `introghost evaluate {option}` writes it")
    if (folder / "by_scenario.tsv").is_file() == of_model:
        return
    if of_model:
        raise DataError(
            f"{folder}: an evaluation of a set of calls, without by_scenario.tsv; give it as --calls-evaluation"
        )
    raise DataError(f"{folder}: an evaluation of a model, with by_scenario.tsv; give it as --evaluation")


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
    provenance.check_complete(evaluation, "evaluate")
    return records.input_digest(evaluation, role)


def _differs(first_sha256: str | None, second_sha256: str | None) -> bool:
    """Whether two digests differ; where one is not known, nothing says that they agree."""
    return first_sha256 is None or first_sha256 != second_sha256
