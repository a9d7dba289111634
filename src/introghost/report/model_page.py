"""The page of a model: what it was trained on, how accurate it is on unseen genomes, and what it cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from introghost import atomic, provenance
from introghost.report import checks, costs, sections
from introghost.report.checks import TrainingStatistics
from introghost.report.layout import render, write_figures
from introghost.report.records import JsonSection, bundle_records, training_digests
from introghost.report.tables import PageTable

if TYPE_CHECKING:
    from introghost.inference.bundles import Bundle
    from introghost.model import Model


@dataclass(frozen=True)
class ModelSources:
    """What the page of a model is made from.

    Attributes
    ----------
    model : Path
        Folder of bundles.
    evaluation : Path
        Folder that ``evaluate --model`` wrote.
    scenarios : tuple of Path
        Scenario folders, each drawn once.
    statistics : TrainingStatistics
        What its networks should have been trained on.
    costs : tuple of Path
        Snakemake's benchmark files of the jobs that made the model; none: nothing is said of costs.
    """

    model: Path
    evaluation: Path
    scenarios: tuple[Path, ...]
    statistics: TrainingStatistics
    costs: tuple[Path, ...] = ()


def write_model_report(sources: ModelSources, output: Path, figures: Path | None = None) -> None:
    """Write the page of a model as a single self-contained HTML file.

    Parameters
    ----------
    sources : ModelSources
    output : Path
        The HTML file; written atomically, and without a date, so that equal inputs give equal bytes.
    figures : Path or None
        Folder for every figure as a file, see `layout.write_figures`; None: not written.

    Raises
    ------
    DataError
        A folder or a file is missing or of something else, the evaluation is of another model, or the model was
        trained on other statistics.
    ModelError
        A bundle is damaged or of another version, or bundles do not belong together.
    """
    from introghost.model import load_model

    model, evaluation = sources.model, sources.evaluation
    for role, folder in (("model", model), ("evaluation", evaluation)):
        checks.check_folder(folder, role)
    checks.check_evaluation(evaluation, of_model=True)
    checks.check_evaluated_model(evaluation, model)
    checks.check_trained_on(model, sources.statistics)
    accuracy, curves = sections.accuracy_section(evaluation, None), sections.learning_curves(model)
    scenarios = sections.scenario_drawings(sources.scenarios)
    html = render(
        "model.html.j2",
        title=f"Accuracy of the model {provenance.input_name(model.resolve())}",
        records=_records(sources),
        networks=networks_table(load_model(model)),
        accuracy=accuracy,
        learning_curves=curves,
        scenarios=scenarios,
        costs=costs.costs_section(sources.costs) if sources.costs else None,
    )
    if figures is not None:
        drawn = [*(one.figure for one in (*accuracy.panels, *curves)), *(one.figure for one in scenarios)]
        write_figures(drawn, figures)
    atomic.write_text(output, html)


def networks_table(model: "Model") -> PageTable:
    """What each network of a model was trained on.

    Parameters
    ----------
    model : Model

    Returns
    -------
    PageTable
        A column for each network, a row for each property; a dash where a network has none.
    """
    described = [_properties(bundle) for bundle in model.bundles]
    names = dict.fromkeys(name for properties in described for name in properties)
    rows = [[name, *(properties.get(name, "–") for properties in described)] for name in names]
    return PageTable(["network", *(str(bundle.task) for bundle in model.bundles)], rows)


def _properties(bundle: "Bundle") -> dict[str, str]:
    """What a network was trained on, in words, by name."""
    from introghost.inference.bundles import ChoiceBundle, GenomeBundle, ParametersBundle

    training, low_share, high_share = bundle.training, *bundle.training.callable_share
    record = JsonSection(Path(bundle.task), bundle.provenance)
    num_files = len(training_digests(record))
    is_of_genomes = isinstance(bundle, GenomeBundle)
    properties = {
        "trained on": f"{training.num_training:,} {'genomes' if is_of_genomes else 'regions'}",
        "held out for validation": f"{training.num_validation:,}",
        "files of statistics": f"{num_files:,}" if num_files else "–",
        "begun from": _start(record),
    }
    if isinstance(bundle, GenomeBundle):
        properties["regions of a genome"] = str(bundle.regions)
    if isinstance(bundle, ChoiceBundle):
        properties["scenarios"] = ", ".join(bundle.scenarios)
    if isinstance(bundle, ParametersBundle):
        properties["scenarios"] = bundle.scenario
    return properties | {
        "outgroup individuals": str(training.outgroup_diploids),
        "target individuals": str(training.target_diploids),
        "callable share": f"{low_share:.3g} to {high_share:.3g}",
        "region length (bp)": f"{training.region_length_bp:,}",
        "bin length (bp)": f"{training.bin_bp:,}",
        "ancestral alleles": training.ancestral,
        "networks of the ensemble": f"{bundle.architecture['members']:,}",
    }


def _start(record: JsonSection) -> str:
    """Name of the model that training began from, and the first digits of its network's digest."""
    start = record.section("options").section("from")
    name, digest = start.text("name"), start.text("sha256")
    return "–" if name is None or digest is None else f"{name} ({digest[:8]})"


def _records(sources: ModelSources) -> Iterator[tuple[str, JsonSection]]:
    """Title and provenance of the evaluation and of each bundle."""
    yield "evaluation", JsonSection.read(sources.evaluation / provenance.COMPLETE)
    yield from bundle_records(sources.model)
