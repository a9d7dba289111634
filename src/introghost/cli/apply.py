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
    help="A model that comes with introghost, or a folder with the bundles segments/ and, if wanted, model-choice/.",
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
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the calls.")
def command(
    model: str, false_discovery_rate: float | None, threshold: float | None, output: Path, **options: Any
) -> None:
    """Call ghost segments in the target of a VCF, and say which scenario its genomes fit.

    The model `human` has been trained on wide priors and through flaws of many kinds, for phased genomes of 10 to 200
    outgroup and 1 to 200 target individuals. For other species and questions train one: see the workflow.
    """
    import pandas as pd

    from introghost import models, provenance
    from introghost.errors import ConfigError, DataError
    from introghost.inference import application, bundle, decisions, outputs

    if threshold is not None and false_discovery_rate is not None:
        raise ConfigError("--threshold and --false-discovery-rate: give one of them")
    folder = models.locate(model)
    segment_bundle = bundle.load(folder / "segments", "segments")
    choice = bundle.load(folder / "model-choice", "model-choice") if (folder / "model-choice").is_dir() else None
    source, files = open_data(options)
    status = "outgroup-major" if options["ancestral"] == "outgroup-major" else "ancestral"
    size = {name: segment_bundle.description[name] for name in ("bin_bp", "region_length_bp")}
    for loaded, name in ((segment_bundle, "segments"), (choice, "model-choice")):
        if loaded is not None:
            bundle.check_fit(loaded, folder / name, application.offered(status, size))
    rate = None
    if threshold is None:
        rate = bundle.DEFAULT_FALSE_DISCOVERY_RATE if false_discovery_rate is None else false_discovery_rate
        threshold = segment_bundle.threshold(rate)
    contigs, calls = [], []
    for interval in source.contigs():
        contig = application.contig_statistics(source, *interval, **size)
        calls.append(application.call_contig(segment_bundle, contig))
        # Only the choice between scenarios looks at them again; those of a genome would fill the memory.
        contigs.append(contig if choice is not None else contig.without_haplotypes())
    if not any(contig.has_sites for contig in contigs):
        named = ", ".join(contig.contig for contig in contigs)
        raise DataError(f"{options['vcf']}: no usable site in {named}; check --region and --include-bed")
    warnings = application.window_warnings(calls)
    warnings += application.mask_warnings(segment_bundle, contigs)
    warnings += application.sample_size_warnings(segment_bundle, *source.num_diploids()) + source.warnings()
    table = pd.concat([application.segments(contig, threshold) for contig in calls], ignore_index=True)
    answer = None
    if choice is not None:
        pooled, about = application.pool_contigs(contigs, choice)
        warnings += application.extent_warnings(choice, about)
        probabilities = application.scenario_probabilities(choice, pooled)[0]
        answer = decisions.answer(dict(zip(choice.description["scenarios"], probabilities, strict=True)))
        answer |= about
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    recorded = {name: options[name] for name in ("outgroup", "target", "region", "ancestral")}
    record = provenance.record(
        "apply", {**recorded, "threshold": threshold, "false_discovery_rate": rate}, {**files, "model": folder}
    )
    record |= {"dropped_records": dict(source.counts), "warnings": warnings}
    outputs.write_all(output, calls, table, threshold, answer, record)
    click.echo(f"{len(table)} segments in {len(calls[0].labels)} haplotypes: {output / 'segments.bed'}", err=True)
