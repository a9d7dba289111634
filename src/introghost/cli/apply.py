"""The verb `apply`: ask a model about a VCF."""

from pathlib import Path
from typing import Any

import click

from introghost.cli.data import data_options, open_data


@click.command("apply")
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder with the bundles segments/ and, if wanted, model-choice/.",
)
@data_options
@click.option("--ancestral", required=True, help="info-aa, fasta=FILE or outgroup-major; as the model was trained.")
@click.option(
    "--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Posterior of a segment."
)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the calls.")
def command(model: Path, threshold: float, output: Path, **options: Any) -> None:
    """Call ghost segments in the target of a VCF, and say which scenario its genomes fit."""
    import pandas as pd

    from introghost import provenance
    from introghost.errors import DataError
    from introghost.inference import application, bundle, decisions, outputs

    segment_bundle = bundle.load(model / "segments", "segments")
    choice = bundle.load(model / "model-choice", "model-choice") if (model / "model-choice").is_dir() else None
    source, files = open_data(options)
    status = "outgroup-major" if options["ancestral"] == "outgroup-major" else "ancestral"
    size = {name: segment_bundle.description[name] for name in ("bin_bp", "region_length_bp")}
    for loaded, name in ((segment_bundle, "segments"), (choice, "model-choice")):
        if loaded is not None:
            bundle.check_fit(loaded, model / name, application.offered(status, size))
    contigs = [application.contig_statistics(source, *interval, **size) for interval in source.contigs()]
    skipped = [contig.contig for contig in contigs if not contig.has_sites]
    if len(skipped) == len(contigs):
        raise DataError(f"{options['vcf']}: no usable site in {', '.join(skipped)}; check --region and --include-bed")
    calls = [application.call_contig(segment_bundle, contig) for contig in contigs]
    warnings = application.window_warnings(calls)
    warnings += application.mask_warnings(segment_bundle, options["include_bed"])
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
    record = provenance.record("apply", {**recorded, "threshold": threshold}, {**files, "model": model})
    record |= {"dropped_records": dict(source.counts), "warnings": warnings}
    outputs.write_all(output, calls, table, threshold, answer, record)
    click.echo(f"{len(table)} segments in {len(calls[0].labels)} haplotypes: {output / 'segments.bed'}", err=True)
