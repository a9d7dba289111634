"""The verb `apply`: ask a model about a VCF."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from introghost import models
from introghost.cli.data import DATA, DEMO, data_options, split_names
from introghost.cli.help import Example, Verb
from introghost.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from introghost.answer import Answer


def _priors(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, float]:
    """Probabilities by scenario out of ``NAME=P``."""
    priors = dict[str, float]()
    for text in texts:
        name, _, number = text.rpartition("=")
        if name in priors:
            raise ConfigError(f"--scenario-prior {name}: given twice")
        try:
            priors[name] = float(number)
        except ValueError as error:
            raise ConfigError(f"--scenario-prior {text}: expected NAME=P, such as ghost=0.1") from error
    return priors


COST = click.FloatRange(min=0)


@click.command(
    "apply",
    cls=Verb,
    groups={
        "Data": (*DATA, "ancestral"),
        "Calling": ("model", "false_discovery_rate", "threshold"),
        "Decision": ("scenario_prior", "false_ghost_cost", "missed_ghost_cost", "undecided_cost"),
        "Output": ("output", "force", "strict"),
    },
    examples=[
        Example(
            "segments, verdict and parameters of a VCF",
            f"introghost apply {DEMO} --output calls",
        ),
        Example(
            "one contig, and fewer false segments",
            f"introghost apply {DEMO} --region 2 --false-discovery-rate 0.05 --output calls_of_2",
        ),
    ],
)
@click.option(
    "--model",
    default=models.DEFAULT,
    show_default=True,
    help="A model that comes with introghost, or a folder with segments/ and perhaps model-choice/ and parameters/.",
)
@data_options()
@click.option(
    "--ancestral",
    default="outgroup-major",
    show_default=True,
    help="info-aa, fasta=FILE or outgroup-major; as the model was trained.",
)
@click.option(
    "--false-discovery-rate",
    type=click.FloatRange(0, 1),
    help="At most this part of what is called was false in held-out simulations with a ghost: 0.05, 0.1, 0.15 "
    "(default) or 0.2.",
)
@click.option("--threshold", type=click.FloatRange(0, 1), help="Posterior of a segment, in place of such a rate.")
@click.option(
    "--scenario-prior",
    metavar="NAME=P",
    multiple=True,
    callback=_priors,
    help="Prior probability of a scenario; the others share the rest equally. By default all are equally likely.",
)
@click.option("--false-ghost-cost", type=COST, default=5, show_default=True, help="Cost of finding one that is none.")
@click.option("--missed-ghost-cost", type=COST, default=1, show_default=True, help="Cost of missing one.")
@click.option("--undecided-cost", type=COST, default=0.5, show_default=True, help="Cost of no decision.")
@click.option("--force", is_flag=True, help="Write probabilities, parameters and segments that would be withheld.")
@click.option(
    "--strict", is_flag=True, help="End with exit code 4 where no scenario fits; files are written all the same."
)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the calls.")
def command(
    model: str,
    vcf: tuple[Path, ...],
    populations: Path,
    outgroup: str,
    target: str,
    region: str | None,
    include_bed: Path | None,
    ancestral: str,
    false_discovery_rate: float | None,
    threshold: float | None,
    scenario_prior: Mapping[str, float],
    false_ghost_cost: float,
    missed_ghost_cost: float,
    undecided_cost: float,
    force: bool,
    strict: bool,
    output: Path,
) -> None:
    """Call ghost segments in the target of VCF files, and say which scenario its genomes fit, with which parameters.

    The model `human` has been trained on wide priors and through flaws of many kinds, for phased genomes of 10 to 200
    outgroup individuals and any number of the target, more than 200 being looked at in groups. For other species and
    questions train one: see the workflow.
    """
    import introghost as ig

    loaded = ig.load_model(model)
    data = ig.open_vcf(
        vcf,
        populations=populations,
        outgroup=split_names(outgroup),
        target=split_names(target),
        mask=include_bed,
        region=region,
        ancestral=ancestral,
    )
    answer = loaded.apply(
        data,
        false_discovery_rate=false_discovery_rate,
        threshold=threshold,
        scenario_prior=scenario_prior,
        costs=ig.Costs(false_ghost_cost, missed_ghost_cost, undecided_cost),
        force=force,
    )
    pages = sorted(output.glob("*.html"))
    answer.write(output)
    for line in [*_summary(answer, output), *(f"{page}: of earlier calls, write it again" for page in pages)]:
        click.echo(line, err=True)
    if strict and answer.decision is ig.Decision.NO_SCENARIO_FITS:
        raise ModelError(f"no scenario fits these data (--strict); what can be said is in {output}")


def _summary(answer: "Answer", output: Path) -> list[str]:
    """What is printed of an answer: findings, the decision, how much, how many segments, and what to do next."""
    from introghost.inference.decisions import Decision
    from introghost.report.estimates import PROPORTION
    from introghost.report.words import percent

    lines = [str(finding) for finding in answer.findings]
    if answer.decision is not None:
        p_ghost = "" if answer.p_ghost is None else f"; posterior probability of a ghost {answer.p_ghost:.3f}"
        lines.append(f"decision: {answer.decision}{p_ghost}: {output / 'model_choice.json'}")
    proportion = answer.parameters[answer.parameters["parameter"] == PROPORTION]
    if len(proportion) and answer.decision is not Decision.NO_GHOST:
        low, median, high = (percent(float(proportion[name].iloc[0])) for name in ("lower_95", "median", "upper_95"))
        path = output / "parameter_posterior.tsv"
        lines.append(f"ghost ancestry: {median}, 95 % interval {low} to {high}: {path}")
    if answer.are_segments_withheld:
        lines.append("segments: withheld")
    else:
        number, haplotypes = len(answer.segments), len(answer.calls[0].labels)
        lines.append(f"{number} segments in {haplotypes} haplotypes: {output / 'segments.bed'}")
    words = ["introghost", "report", "--calls", str(output), "--output", str(output / "report.html")]
    return [*lines, f"next: {shlex.join(words)}"]
