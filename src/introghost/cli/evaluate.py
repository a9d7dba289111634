"""The verb `evaluate`: a model, or a set of calls, against simulated truth."""

from pathlib import Path

import click

from introghost.cli.help import Example, Verb


@click.command(
    "evaluate",
    cls=Verb,
    groups={"A model": ("model", "statistics_paths"), "Calls": ("calls", "tracts")},
    examples=[
        Example(
            "calls against the true tracts of a simulated VCF",
            "introghost evaluate --calls calls --tracts demo.tracts.parquet --output evaluation",
        )
    ],
)
@click.option("--model", help="A model that comes with introghost, or a folder with bundles.")
@click.option(
    "--statistics",
    "statistics_paths",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Statistics of simulated genomes that the model has not seen, of either kind; once for each file.",
)
@click.option("--calls", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder written by apply.")
@click.option(
    "--tracts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="X.tracts.parquet of the one genome that the VCF of the calls was written from.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the bootstrap.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the tables.")
def command(
    model: str | None,
    statistics_paths: tuple[Path, ...],
    calls: Path | None,
    tracts: Path | None,
    seed: int,
    output: Path,
) -> None:
    """Measure accuracy and calibration, with bootstrap intervals over genomes.

    Either --model with --statistics, or --calls with --tracts. Segments are evaluated on statistics of haplotypes, the
    choice between scenarios and parameters on those that were made with `statistics --segment-model` of the model; one
    of both kinds is enough.
    """
    from introghost import atomic, provenance
    from introghost.errors import ConfigError
    from introghost.evaluation import truth
    from introghost.evaluation.tables import write_tables
    from introghost.model import load_model

    if model is not None and statistics_paths and calls is None and tracts is None:
        loaded = load_model(model)
        tables = truth.evaluate_model(loaded, statistics_paths, seed=seed)
        inputs = {"model": loaded.folder, **{f"statistics {i}": path for i, path in enumerate(statistics_paths)}}
    elif calls is not None and tracts is not None and model is None and not statistics_paths:
        tables = truth.evaluate_calls(calls, tracts, seed=seed)
        inputs = {"calls": calls / provenance.COMPLETE, "tracts": tracts}
    else:
        raise ConfigError("give either --model and --statistics, or --calls and --tracts")
    for name in (provenance.COMPLETE, *(f"{table}.tsv" for table in truth.TABLES)):
        (output / name).unlink(missing_ok=True)
    write_tables(tables, output)
    atomic.write_json(output / provenance.COMPLETE, provenance.record("evaluate", {"seed": seed}, inputs))
    click.echo(truth.headline(tables), err=True)
