"""How the calls were made: a paragraph for the methods of a paper, and the command."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from introghost import __version__, provenance
from introghost.inference.decisions import WITHHELD
from introghost.report import tables
from introghost.report.overview import Overview
from introghost.report.records import CallsRecord, JsonSection
from introghost.report.words import false_discovery, number_of

_CODING = {
    "outgroup-major": "the allele that is more frequent in the outgroup was taken as ancestral",
    "info-aa": "ancestral alleles were those of the INFO field AA",
}


def paragraph(calls: Path, overview: Overview) -> str:
    """What was done, ready for a paper.

    Parameters
    ----------
    calls : Path
        Folder that ``apply`` wrote.
    overview : Overview
        Of the same folder.

    Raises
    ------
    DataError
        A file is not of the form in which `apply` writes it.
    """
    return " ".join(_sentences(calls, overview))


def _sentences(calls: Path, overview: Overview) -> Iterator[str]:
    record = overview.record
    content, options = JsonSection.read(calls / provenance.COMPLETE), record.data.options
    per_sample = tables.read_table(calls / "per_sample.tsv", tables.PER_SAMPLE_COLUMNS)
    target = f"{options['target'] or 'The target'} ({number_of(per_sample['sample'].nunique(), 'individual')})"
    outgroup, number = (options["outgroup"] or "the outgroup").replace(",", ", "), record.outgroup_diploids
    if number is not None:
        outgroup += f" ({number_of(number, 'individual')})"
    version = content.text("version") or __version__
    yield (
        f"{target} was tested for introgression from an unsampled lineage with introghost {version}, with {outgroup} "
        "as outgroup."
    )
    digest = f" (SHA-256 {record.model_sha256[:12]})" if record.model_sha256 else ""
    yield (
        f"Its model {record.model_name or 'of unknown name'}{digest} consists of neural networks that were trained on "
        "coalescent simulations (msprime) of scenarios with and without a ghost lineage, seen through a model of "
        "sampling, filtering, phasing and genotyping errors."
    )
    records, kept = content.number("records"), content.number("kept_sites")
    if records is not None and kept is not None:
        coding = _CODING.get(options["ancestral"] or "", "ancestral alleles were taken from a reference sequence")
        yield f"Of {records:,.0f} records, {kept:,.0f} biallelic SNPs were used; {coding}."
    if record.threshold is not None and not overview.are_segments_withheld:
        yield false_discovery(record.threshold, record.false_discovery_rate).replace("are called", "were called")
    section = content.section("options").section("costs")
    costs = [section.number(name) for name in ("false_ghost", "missed_ghost", "undecided")]
    if None not in costs and overview.decision is not None and overview.decision not in WITHHELD:
        errors = zip(("false positive", "false negative", "no decision"), costs, strict=True)
        listed = ", ".join(f"{name} {cost:g}" for name, cost in errors)
        yield f"The decision, {overview.decision}, minimises the expected cost ({listed})."


def command(calls: Path, record: CallsRecord) -> str:
    """The command that makes these calls again from files of the same names.

    Parameters
    ----------
    calls : Path
        Folder that ``apply`` wrote.
    record : CallsRecord
        Its provenance.

    Raises
    ------
    DataError
        The provenance is not of the form in which `apply` writes it.
    """
    content = JsonSection.read(calls / provenance.COMPLETE)
    inputs, options = content.section("inputs"), content.section("options")
    words = ["introghost", "apply"]
    for name in record.data.vcf_names or ("FILE.vcf.gz",):
        words += ["--vcf", name]
    words += ["--populations", inputs.section("populations").text("name") or "POPULATIONS.tsv"]
    for name in ("outgroup", "target", "region"):
        if (value := options.text(name)) is not None:
            words += [f"--{name}", value]
    if (mask := inputs.section("include_bed").text("name")) is not None:
        words += ["--include-bed", mask]
    if (ancestral := options.text("ancestral")) is not None:
        sequence = inputs.section("ancestral").text("name")
        words += ["--ancestral", ancestral if sequence is None else f"{ancestral}={sequence}"]
    words += ["--model", record.model_name or "MODEL"]
    if record.false_discovery_rate is not None:
        words += ["--false-discovery-rate", f"{record.false_discovery_rate:g}"]
    elif record.threshold is not None:
        words += ["--threshold", f"{record.threshold:g}"]
    for name in ("false_ghost", "missed_ghost", "undecided"):
        if (cost := options.section("costs").number(name)) is not None:
            words += [f"--{name.replace('_', '-')}-cost", f"{cost:g}"]
    prior = options.section("prior")
    for scenario in sorted(prior.values):
        words += ["--scenario-prior", f"{scenario}={prior.number(scenario):g}"]
    if options.flag("force"):
        words.append("--force")
    return shlex.join([*words, "--output", "calls"])
