"""The report: one HTML page without outside resources, equal bytes for equal inputs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from introghost import __version__, provenance
from introghost.errors import DataError
from introghost.evaluation.predictive import share_as_far
from introghost.inference import decisions
from introghost.report import figures, tables

MAX_SAMPLE_ROWS, MAX_UNLIKE = 40, 10
DRAW_SEED = 1

_ANSWERS = {
    "ghost": "At these costs the decision is for a contribution from an unsampled lineage.",
    "no ghost": "At these costs the decision is against a contribution from an unsampled lineage.",
    "undecided": "The data do not decide between the scenarios.",
    "too little sequence": "There is less sequence than a network was trained with: no answer can be trusted.",
    "no scenario fits": "The data lie outside everything that was simulated: no answer can be trusted.",
}

_REFERENCES = (
    "Baumdicker et al. (2022) Efficient ancestry and mutation simulation with msprime 1.0. Genetics 220, iyab229.",
    "Kelleher et al. (2016) Efficient coalescent simulation and genealogical analysis for large sample sizes. "
    "PLoS Computational Biology 12, e1004842 (msprime, tskit).",
    "Gower et al. (2022) Demes: a standard format for demographic models. Genetics 222, iyac131.",
    "Miles et al. scikit-allel: a Python package for exploring and analysing genetic variation data. "
    "doi:10.5281/zenodo.822784.",
    "Paszke et al. (2019) PyTorch: an imperative style, high-performance deep learning library. NeurIPS 32.",
    "Pedersen and Quinlan (2017) cyvcf2: fast, flexible variant analysis with Python. Bioinformatics 33, 1867–1869.",
)


def write_report(
    calls: Path,
    evaluation: Path | None,
    model: Path | None,
    scenarios: Sequence[Path],
    output: Path,
    calls_evaluation: Path | None = None,
    predictive: Path | None = None,
) -> None:
    """Write the report of one set of calls as a single self-contained HTML file.

    Parameters
    ----------
    calls : Path
        Folder that ``apply`` wrote. ``segments.tsv`` and ``per_sample.tsv`` must be there; ``posterior.bedgraph``,
        ``model_choice.json``, ``statistic_percentiles.tsv`` and ``parameter_posterior.tsv`` are shown where they are.
        ``provenance.json``, which ``apply`` writes last, must be there.
    evaluation : Path or None
        Folder that ``evaluate --model`` wrote.
    model : Path or None
        Folder of bundles; every ``*/learning_curve.tsv`` is drawn.
    scenarios : sequence of Path
        Scenario folders, each drawn once.
    output : Path
        The HTML file; written atomically, and without a date, so that equal inputs give equal bytes.
    calls_evaluation : Path or None
        Folder that ``evaluate --calls`` wrote for these calls, whose truth is known.
    predictive : Path or None
        Table that ``predictive`` wrote for the data.

    Raises
    ------
    DataError
        If a folder or a file that must be there is missing, or a file cannot be read.
    """
    for role, folder in (("calls", calls), ("evaluation", evaluation), ("model", model)):
        if folder is not None and not Path(folder).is_dir():
            raise DataError(f"{folder}: no such folder of {role}")
    provenance.check_complete(Path(calls), "apply")
    _check_evaluations(evaluation, calls_evaluation)
    made_by = tables.read_json(Path(calls) / provenance.COMPLETE)
    _check_same_model(evaluation, model, made_by)
    _check_same_calls(calls_evaluation, Path(calls))
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("introghost", "report/templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template("report.html.j2").render(
        version=__version__,
        references=_REFERENCES,
        **_answer(Path(calls)),
        warnings=[str(warning) for warning in made_by.get("warnings", [])],
        called_at=_called_at(made_by.get("options") or {}),
        **_segments(Path(calls)),
        **_accuracy(evaluation, calls_evaluation),
        likeness=None if predictive is None else _likeness(Path(predictive)),
        learning_curves=_learning_curves(None if model is None else Path(model)),
        scenarios=[_scenario(Path(folder)) for folder in scenarios],
        records=_records(Path(calls), None if model is None else Path(model)),
    )
    provenance.write_text(Path(output), html)


def _answer(calls: Path) -> dict[str, Any]:
    """The decision in words, the probability of each scenario and whatever else model choice recorded."""
    path = calls / "model_choice.json"
    choice = tables.read_json(path) if path.is_file() else {}
    decision = choice.get("decision")
    probabilities = choice.get("probabilities") or {}
    notes = {
        name.replace("_", " "): tables.format_value(value)
        for name, value in sorted(choice.items())
        if name not in ("decision", "probabilities", "p_ghost") and isinstance(value, str | int | float)
    }
    posterior = tables.read_optional(calls / "parameter_posterior.tsv")
    return {
        "decision": decision,
        "answer": _ANSWERS.get(str(decision), "Model choice was not run: only segments were called."),
        "p_ghost": None if choice.get("p_ghost") is None else f"{float(choice['p_ghost']):.3f}",
        "probabilities": [(name, float(value), f"{float(value):.3f}") for name, value in sorted(probabilities.items())],
        "notes": notes,
        "unlike": _unlike(calls),
        "parameters": None if posterior is None else tables.page_table(posterior, max_rows=MAX_SAMPLE_ROWS),
    }


def _unlike(calls: Path) -> dict[str, Any] | None:
    """Statistics of the data that lie outside the middle 98 % of every scenario."""
    path = calls / "statistic_percentiles.tsv"
    table = tables.read_optional(path, ("statistic", "value"))
    if table is None:
        return None
    percentiles = table.drop(columns=["statistic", "value"])
    if (
        percentiles.empty
        or percentiles.isna().any(axis=None)
        or percentiles.select_dtypes(exclude="number").columns.size
    ):
        raise DataError(f"{path}: expected a column of percentiles for each scenario")
    extreme = decisions.unlike(table)
    return {"number": len(extreme), "of": len(table), "table": tables.page_table(extreme, max_rows=MAX_UNLIKE)}


def _called_at(options: Mapping[str, Any]) -> str:
    """At which posterior segments were called, and what is known of it."""
    threshold, rate = options.get("threshold"), options.get("false_discovery_rate")
    if threshold is None:
        return ""
    known = "" if rate is None else f": at most {rate:.0%} of what was called in held-out simulations was false"
    return f"Called where the posterior is at least {threshold:.2f}{known}."


def _segments(calls: Path) -> dict[str, Any]:
    """Figures and tables of the called segments."""
    segments = tables.read_table(calls / "segments.tsv", tables.SEGMENT_COLUMNS)
    per_sample = tables.read_table(calls / "per_sample.tsv", tables.PER_SAMPLE_COLUMNS)
    path = calls / "posterior.bedgraph"
    frequency = tables.read_bedgraph(path) if path.is_file() else None
    extents = figures.contig_extents(segments, frequency)
    shown = dict(list(extents.items())[: figures.MAX_CONTIGS])
    haplotypes = (per_sample["sample"] + "." + per_sample["haplotype"].astype(str)).tolist()
    ranked = per_sample.sort_values(["fraction", "sample", "haplotype"], ascending=[False, True, True])
    called, possible = per_sample["called_bp"].sum(), per_sample["callable_bp"].sum()
    lengths = segments["end"] - segments["start"]
    facts = {
        "target haplotypes": tables.format_value(len(haplotypes)),
        "segments": tables.format_value(len(segments)),
        "median segment length (bp)": tables.format_value(float(lengths.median()) if len(lengths) else None),
        "called fraction of the callable sequence": tables.format_value(float(called / possible) if possible else None),
    }
    return {
        "facts": facts,
        "num_contigs": len(extents),
        "num_shown": len(shown),
        "painting": Markup(figures.segment_painting(segments, haplotypes, shown)) if shown else None,
        "num_haplotypes": len(haplotypes),
        "num_drawn": min(len(haplotypes), figures.MAX_HAPLOTYPES),
        "frequency": Markup(figures.ghost_frequency(frequency, shown)) if frequency is not None and shown else None,
        "per_sample": tables.page_table(ranked, max_rows=MAX_SAMPLE_ROWS),
    }


def _likeness(path: Path) -> dict[str, Any]:
    """How the data compare with simulated genomes: in all statistics at once, and those that disagree."""
    columns = ("statistic", "summary", "observed", "median", "lower", "upper", "deviation", "tail_probability")
    table = tables.read_table(path, (*columns, "verdict", "covered_by"))
    if table.empty:
        raise DataError(f"{path}: no row in the table; run `introghost predictive` again")
    about_path = path.with_suffix(".provenance.json")
    about = tables.read_json(about_path) if about_path.is_file() else {}
    together, single = table.iloc[0], table.iloc[1:]
    ranked = single.sort_values("deviation", key=abs, ascending=False, kind="stable")
    outside = ranked[ranked["verdict"] == "outside"]
    return {
        "verdict": together["verdict"],
        "as_far": _as_far(float(together["tail_probability"]), about.get("simulated_genomes")),
        "probability": tables.format_value(float(together["tail_probability"])),
        "caveats": [str(caveat) for caveat in about.get("caveats", [])],
        "num_statistics": len(single),
        "num_outside": len(outside),
        "outside": tables.page_table(outside.drop(columns="verdict"), max_rows=MAX_SAMPLE_ROWS),
        "figure": Markup(figures.predictive(ranked.head(figures.MAX_STATISTICS))) if len(ranked) else None,
    }


def _as_far(tail_probability: float, num_genomes: Any) -> str:
    """Numbers where the table's provenance tells how many genomes there were, else a share."""
    if isinstance(num_genomes, int) and num_genomes > 0:
        return share_as_far(tail_probability, num_genomes)
    return f"{100 * tail_probability:.3g} % of the simulated genomes"


def _check_evaluations(evaluation: Path | None, calls_evaluation: Path | None) -> None:
    """Refuse folders of other verbs, and those of the two kinds of evaluation that have changed places."""
    for folder, of_model in ((evaluation, True), (calls_evaluation, False)):
        if folder is None:
            continue
        path, kind = folder / "summary.tsv", "--model" if of_model else "--calls"
        summary = tables.read_optional(path, ("metric", "value"))
        if summary is None:
            raise DataError(f"{path}: no such file; `introghost evaluate {kind}` writes it")
        if "average_precision" not in summary["metric"].tolist():
            raise DataError(f"{path}: no metric average_precision; `introghost evaluate {kind}` writes it")
        if (folder / "by_scenario.tsv").is_file() != of_model:
            other = "model, with" if not of_model else "set of calls, without"
            option = "--evaluation" if not of_model else "--calls-evaluation"
            raise DataError(f"{folder}: an evaluation of a {other} by_scenario.tsv; give it as {option}")


def _evaluated(evaluation: Path, role: str) -> str:
    """Digest of what an evaluation is of."""
    provenance.check_complete(evaluation, "evaluate")
    inputs = tables.read_json(evaluation / provenance.COMPLETE).get("inputs", {})
    return str(inputs.get(role, {}).get("sha256"))


def _check_same_model(evaluation: Path | None, model: Path | None, made_by: dict[str, Any]) -> None:
    """Refuse another model than the one that made the calls, and the evaluation of another."""
    used = made_by.get("inputs", {}).get("model", {}).get("sha256")
    if evaluation is not None and _evaluated(Path(evaluation), "model") != used:
        raise DataError(
            f"{evaluation}: an evaluation of another model than the one that made these calls; run "
            "`introghost evaluate --model` with that one"
        )
    if model is not None and provenance.sha256(Path(model)) != used:
        raise DataError(f"{model}: not the model that made these calls, or changed since; give that one")


def _check_same_calls(evaluation: Path | None, calls: Path) -> None:
    """Refuse the evaluation of other calls."""
    if evaluation is not None and _evaluated(Path(evaluation), "calls") != provenance.sha256(
        calls / provenance.COMPLETE
    ):
        raise DataError(f"{evaluation}: an evaluation of other calls than {calls}; run `introghost evaluate --calls`")


def _accuracy(evaluation: Path | None, calls_evaluation: Path | None) -> dict[str, Any]:
    """Figures and tables of the evaluation; None and empty where a table was not written."""
    shown: dict[str, Any] = {"precision_recall": None, "reliability": None, "accuracy_tables": []}
    if calls_evaluation is not None:
        summary = tables.read_table(calls_evaluation / "summary.tsv", ("metric", "value"))
        shown["accuracy_tables"].append(("These calls against their true tracts", tables.page_table(summary)))
    if evaluation is None:
        return shown
    curve = tables.read_optional(evaluation / "precision_recall.tsv", ("recall", "precision"))
    summary = tables.read_table(evaluation / "summary.tsv", ("metric", "value"))
    if curve is not None and len(curve):
        score = float(summary.set_index("metric")["value"]["average_precision"])
        shown["precision_recall"] = Markup(figures.precision_recall(curve, score))
    bins = tables.read_optional(evaluation / "reliability.tsv", ("mean_probability", "observed_frequency"))
    if bins is not None and len(bins):
        shown["reliability"] = Markup(figures.reliability(bins, "reliability"))
    titles = {
        "summary": "Local calls on unseen genomes",
        "by_proportion": "Local calls by realised introgression proportion",
        "by_scenario": "Local calls by scenario",
        "model_choice_summary": "Model choice on unseen genomes",
        "model_choice_confusion": "Model choice: true and assigned scenario",
        "posterior_checks": "Parameter posterior on unseen genomes: p-values of its calibration",
        "posterior_summary": "Parameter posterior on unseen genomes: what it learns of each parameter",
        "posterior_coverage": "Parameter posterior on unseen genomes: how often intervals hold the truth",
    }
    for name, title in titles.items():
        table = tables.read_optional(evaluation / f"{name}.tsv")
        if table is not None:
            shown["accuracy_tables"].append((title, tables.page_table(table)))
    return shown


def _learning_curves(model: Path | None) -> list[Markup]:
    if model is None:
        return []
    columns = ("epoch", "training_loss", "validation_loss")
    paths = sorted(model.glob("*/learning_curve.tsv"))
    return [Markup(figures.learning_curve(tables.read_table(path, columns), path.parent.name)) for path in paths]


def _scenario(folder: Path) -> tuple[str, Markup]:
    from introghost.simulation import priors
    from introghost.simulation import scenarios as scenario_folders

    scenario = scenario_folders.load(folder)
    graph = scenario.graph(priors.draw(scenario, DRAW_SEED))
    return scenario.name, Markup(figures.scenario_drawing(graph, scenario.name))


def _records(calls: Path, model: Path | None) -> list[tuple[str, str]]:
    """Provenance of the calls and of each bundle, as indented JSON."""
    records = {"calls": tables.read_json(calls / provenance.COMPLETE)}
    if model is not None:
        for bundle in sorted(model.glob("*/model.json")):
            records[f"model {bundle.parent.name}"] = tables.read_json(bundle).get("provenance", {})
    return [(title, json.dumps(record, indent=1, sort_keys=True)) for title, record in records.items()]
