"""The verb `apply`: ask a model about a VCF."""

from pathlib import Path
from typing import Any

import click

from introghost.cli.data import data_options, open_data


@click.command("apply")
@click.option(
    "--model",
    default="human",
    show_default=True,
    help="A model that comes with introghost, or a folder with segments/ and perhaps model-choice/ and parameters/.",
)
@data_options
@click.option(
    "--ancestral",
    default="outgroup-major",
    show_default=True,
    help="info-aa, fasta=FILE or outgroup-major; as the model was trained.",
)
@click.option(
    "--false-discovery-rate",
    type=click.FloatRange(0, 1),
    help="At most this part of what is called was false in held-out simulations: 0.05, 0.1, 0.15 (default) or 0.2.",
)
@click.option("--threshold", type=click.FloatRange(0, 1), help="Posterior of a segment, in place of such a rate.")
@click.option(
    "--scenario-prior",
    "scenario_priors",
    metavar="NAME=P",
    multiple=True,
    help="Prior probability of a scenario; the others share the rest equally. By default all are equally likely.",
)
@click.option(
    "--false-ghost-cost",
    type=click.FloatRange(min=0),
    default=5,
    show_default=True,
    help="Cost of finding one that is none.",
)
@click.option(
    "--missed-ghost-cost", type=click.FloatRange(min=0), default=1, show_default=True, help="Cost of missing one."
)
@click.option(
    "--undecided-cost", type=click.FloatRange(min=0), default=0.5, show_default=True, help="Cost of no decision."
)
@click.option(
    "--force",
    is_flag=True,
    help="Write probabilities and parameters even if no scenario fits the data, or they are too little.",
)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the calls.")
def command(
    model: str, false_discovery_rate: float | None, threshold: float | None, output: Path, **options: Any
) -> None:
    """Call ghost segments in the target of a VCF, and say which scenario its genomes fit and with which parameters.

    The model `human` has been trained on wide priors and through flaws of many kinds, for phased genomes of 10 to 200
    outgroup individuals and any number of the target, more than 200 being looked at in groups. For other species and
    questions train one: see the workflow.
    """
    import pandas as pd

    from introghost import models, provenance
    from introghost.errors import ConfigError
    from introghost.findings import Severity, in_order
    from introghost.inference import application, bundle, contigs, decisions, novelty, outputs, parameters, regions
    from introghost.statistics.population import POPULATION_STATISTICS

    if threshold is not None and false_discovery_rate is not None:
        raise ConfigError("--threshold and --false-discovery-rate: give one of them")
    folder = models.locate(model)
    segment_bundle = bundle.load(folder / "segments", "segments")
    choice, posterior = (
        bundle.load(folder / task, task) if (folder / task).is_dir() else None
        for task in ("model-choice", "parameters")
    )
    asked = _decision_options(options)
    if choice is not None:
        decisions.scenario_prior(choice.description["scenarios"], asked["prior"])
    elif asked["prior"]:
        raise ConfigError("--scenario-prior: this model has no bundle model-choice/")
    source, files = open_data(options)
    status = "outgroup-major" if options["ancestral"] == "outgroup-major" else "ancestral"
    size = {name: segment_bundle.description[name] for name in ("bin_bp", "region_length_bp")}
    for loaded, name in ((segment_bundle, "segments"), (choice, "model-choice"), (posterior, "parameters")):
        if loaded is not None:
            bundle.check_fit(loaded, folder / name, application.offered(status, size))
    rate = None
    if threshold is None:
        rate = bundle.DEFAULT_FALSE_DISCOVERY_RATE if false_discovery_rate is None else false_discovery_rate
        threshold = segment_bundle.threshold(rate)
    others = [loaded for loaded in (choice, posterior) if loaded is not None]
    summary = regions.summary_of_model(folder, segment_bundle, others)
    most = application.whole_diploids(others)
    trained_with = tuple(segment_bundle.description["sample_sizes"]["target_diploids"])
    known, calls = [], []
    for interval in source.contigs():
        contig = contigs.contig_statistics(
            source, *interval, **size, target_diploids=trained_with, whole_diploids=most, summary=summary
        )
        calls.append(application.call_contig(segment_bundle, contig))
        known.append(contig.without_haplotypes())  # those of a genome would fill the memory
    source.require_sites()
    warnings = application.window_warnings(calls)
    if rate is not None and threshold >= 1:
        warnings.append(f"no threshold of this model keeps false calls below {rate:.0%}: next to nothing is called")
    for loaded in (segment_bundle, *others):
        warnings += application.mask_warnings(loaded, known)
        warnings += application.sample_size_warnings(loaded, *source.num_diploids(), most=most)
    warnings = list(dict.fromkeys(warnings))
    findings = in_order(source.findings())
    table = pd.concat([application.segments(contig, threshold) for contig in calls], ignore_index=True)
    answer = percentiles = tables = None
    if summary is not None:
        genome, about = contigs.pool_contigs(known, segment_bundle)
        for loaded in others:
            warnings += application.extent_warnings(loaded, about)
        warnings = list(dict.fromkeys(warnings))
        if choice:
            found = zip(("outgroup_diploids", "target_diploids"), source.num_diploids(), most or (), strict=True)
            known_of = {name: min(number, limit) for name, number, limit in found}
            answer = _choose(choice, genome, asked, options["force"]) | about | known_of
            warnings += decisions.warnings(answer)
            if answer["novelty_p_value"] is not None:
                names = (*summary.names, *POPULATION_STATISTICS)
                percentiles = novelty.percentile_table(choice, application.whole(choice, genome)[0], names)
                warnings += decisions.unlike_warnings(percentiles)
        if posterior:
            withheld = application.too_little(posterior, genome) if answer is None else not decisions.fits(answer)
            if withheld and answer is None:
                warnings.append(decisions.OF_LITTLE)
            if options["force"] or not withheld:
                draws = parameters.draw(posterior, application.whole(posterior, genome))[0]
                tables = parameters.posterior_table(posterior, draws)
    for finding in findings:
        click.echo(str(finding), err=True)
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    recorded = {name: options[name] for name in ("outgroup", "target", "region", "ancestral", "force")} | asked
    record = provenance.record(
        "apply", {**recorded, "threshold": threshold, "false_discovery_rate": rate}, {**files, "model": folder}
    )
    warnings += [finding.text for finding in findings if finding.severity is not Severity.REMARK]
    record |= {**source.counts.to_json(), "warnings": warnings}
    outputs.write_all(output, calls, table, threshold, answer, percentiles, tables, record)
    if answer is not None:
        probability = f"; posterior probability of a ghost {answer['p_ghost']:.3f}" if "p_ghost" in answer else ""
        click.echo(f"decision: {answer['decision']}{probability}: {output / 'model_choice.json'}", err=True)
    click.echo(f"{len(table)} segments in {len(calls[0].labels)} haplotypes: {output / 'segments.bed'}", err=True)


def _choose(choice: Any, regions: Any, asked: dict[str, dict[str, float]], force: bool) -> dict[str, Any]:
    """The answer of the choice between scenarios, with what speaks against it."""
    from introghost.inference import application, decisions

    probabilities = application.scenario_probabilities(choice, application.whole(choice, regions))[0]
    named = dict(zip(choice.description["scenarios"], probabilities.tolist(), strict=True))
    too_little, doubts = application.too_little(choice, regions), application.doubts(choice, regions)
    return decisions.doubted(decisions.answer(named, **asked), doubts, too_little=too_little, force=force)


def _decision_options(options: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The prior over scenarios and the costs, as `decisions.answer` takes them."""
    from introghost.errors import ConfigError

    prior = {}
    for text in options["scenario_priors"]:
        name, _, number = text.rpartition("=")
        if name in prior:
            raise ConfigError(f"--scenario-prior {name}: given twice")
        try:
            prior[name] = float(number)
        except ValueError as error:
            raise ConfigError(f"--scenario-prior {text}: expected NAME=P, such as ghost=0.1") from error
    costs = {name: float(options[f"{name}_cost"]) for name in ("false_ghost", "missed_ghost", "undecided")}
    return {"prior": prior, "costs": costs}
