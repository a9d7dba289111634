"""The verb `predictive`: do the simulations look like the data, before anything is trained on them?"""

from pathlib import Path

import click

from introghost.cli.help import Example, Verb

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "predictive",
    cls=Verb,
    examples=[
        Example(
            "whether simulations look like the data",
            "introghost predictive --simulated ghost.zarr.zip --observed data.zarr.zip --output predictive.tsv",
        )
    ],
)
@click.option(
    "--simulated",
    "simulated_paths",
    type=_FILE,
    multiple=True,
    required=True,
    help="Statistics of simulations; give the option once for each batch.",
)
@click.option("--observed", type=_FILE, required=True, help="Statistics of the data.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="predictive.tsv")
def command(simulated_paths: tuple[Path, ...], observed: Path, output: Path) -> None:
    """Compare the statistics of the data with those of simulated genomes.

    Each statistic is `ok` or `outside` the 95 % interval of the simulated genomes. The interval is not widened for
    the number of statistics: of 100, about 5 lie outside by chance, and more or fewer at once, since statistics go
    together. The first row looks at all of them together; below 0.05 in tail_probability, the data differ from
    everything simulated. Then look at which statistics are far outside: rare alleles point to the allele-count filter
    or the mask, heterozygous sites to genotype errors, runs and linkage to phasing, all of them to a scenario that
    is wrong. The column covered_by names the scenarios whose own interval holds the data.

    If the data have fewer regions than a simulated genome, as many of each genome are used; if they have more, they
    vary less than the genomes, and a disagreement has to be larger to show.
    """
    import numpy as np

    from introghost import atomic, provenance
    from introghost.evaluation import predictive
    from introghost.evaluation.tables import write_table
    from introghost.statistics.table import Statistics

    data = Statistics.read(observed)
    regions = predictive.num_regions(data)
    parts, sizes = [], []
    for path in simulated_paths:
        batch = Statistics.read(path)
        predictive.check_alike(batch, data)
        parts.append(predictive.summarise(batch, regions))
        sizes.append(predictive.extents(batch, regions))
    simulated = predictive.Genomes.concatenate(parts)
    table = predictive.compare(simulated, predictive.summarise(data))
    caveats = predictive.caveats(np.concatenate(sizes), predictive.extents(data))
    files = {"observed": observed, **{f"simulated {i}": path for i, path in enumerate(simulated_paths)}}
    made_by = output.with_suffix(".provenance.json")
    made_by.unlink(missing_ok=True)  # that of an older table must not stand beside a new one
    write_table(table, output)
    counts = {"simulated_genomes": len(simulated.values), "caveats": [caveat.text for caveat in caveats]}
    atomic.write_json(made_by, provenance.record("predictive", {}, files) | counts)
    for line in predictive.outcome(table, len(simulated.values)):
        click.echo(line, err=True)
    for caveat in caveats:
        click.echo(str(caveat), err=True)
