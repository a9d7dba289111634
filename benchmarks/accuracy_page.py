"""The page beside the model `human`, from the table of `accuracy.py`."""

from pathlib import Path

import numpy as np
import pandas as pd

from introghost.inference import bundle_files
from introghost.inference.bundles import (
    DEFAULT_FALSE_DISCOVERY_RATE,
    Bundle,
    ChoiceBundle,
    ParametersBundle,
    SegmentsBundle,
)

PAGE = """# The model `human`

Finds ghost segments in phased genomes of human-like populations: 10 to 200 outgroup and 1 to 200 target individuals,
alleles coded by the outgroup's majority, bins of {bin_bp:,} bp. `model.json` says what it was trained on and by what.
The network of `segments/` was trained on {regions:,} regions of 1 Mb, four of each genome: two in five genomes are
clean, the others are seen through an observation model in which almost every flaw varies, and so are those of the other
networks. That of `model-choice/` was trained on {genomes:,} genomes of {genome_regions} regions of 1 Mb, and that of
`parameters/` on those of the scenario `ghost`, {ghosts:,} of them. All were made by `make model`, which is `snakemake
--configfile config/human.yaml`.

## Accuracy

Written by `python benchmarks/accuracy.py{options}`; every number, with its interval, is in
`benchmarks/accuracy/results.tsv`. All genomes are unseen: {tests} regions of 1 Mb of each published model with its
pulse, in one file, and as many without (*null calls* is the sequence called there). Per haplotype; precision, recall
and F1 in base pairs at the model's own threshold, {rate:.0%} of false sequence at most in held-out simulations with a
ghost; average precision and calibration error (ECE) per bin. Brackets hold 95 % intervals, bootstrap over
genomes.{matched}

| model | individuals | method | bins | F1 | best F1 | precision | recall | average precision | null calls | ECE |
|---|---|---|---|---|---|---|---|---|---|---|
{rows}
*best F1* is at the threshold that is best given the truth. The *oracle* knows the true time to the common ancestor with
the nearest outgroup haplotype, and nothing else. *Decoded* is what a two-state chain along the genome makes of the
shipped model's posteriors: average precision changes (± standard error of the difference, over genomes) by
{decoder}.
*One member* is the first network of the shipped ensemble alone:
{alone}.
hmmix, where it stands, was asked about three individuals. Average precision and ECE are of bins, and so not comparable
between bins of different size.

Nobody trained on these models, but they were in view: statistics were compared by networks matched to archie, and the
scenarios' sizes go up to 30,000 because a target without a bottleneck, as archie's, was rare in them. Permuting
haplotypes permutes the calls exactly. With 100 target individuals instead of 50, posteriors of 0.1 or more change by
less than 0.1 on average, and less than a fifth of the calls come or go (`tests/unit/test_models.py`).

Unseen genomes of the scenarios that it was trained on, 4 Mb each, 50 + 50 individuals: average precision {ap},
per 10 kb (bins two by two) {ap_in_pairs}, F1 {f1}, ECE {ece}. Without a ghost:

| scenario | sequence called (0.1 % is 1 Mb per Gb) |
|---|---|
{nulls}
## Other programs

Not measured here but in November 2026 on one seed, 20 to 50 Mb and 10 to 50 targets of the same models, at the cutoff
that is best given the truth: precision / recall / **F1**.

| model | unit | hmmix 0.8.0 | SPrime 20May22 | sstar2 | gaishi, logistic | gaishi, trees | TRACE, true genealogy |
|---|---|---|---|---|---|---|---|
| archie | haplotype | .36/.48/**.42** | – | .41/.43/**.42** | .43/.44/**.43** | .56/.30/**.39** | .87/.58/**.70** |
| archie | union of 50 targets | – | .73/.77/**.75** | – | – | – | – |
| human_neanderthal | haplotype | .59/.69/**.64** | – | – | – | – | – |
| human_neanderthal | individual | .62/.65/**.63** | .43/.75/**.54** | .40/.78/**.53** | – | – | – |
| human_neanderthal | union of 10 targets | – | .84/.79/**.81** | – | – | – | – |
| bonobo_ghost | individual | .57/.49/**.53** | calls everything | .38/.49/**.43** | – | – | – |
| archie without the pulse | sequence called | 3.7 %, 0.3 % at 0.9 | 7.7 % | 3.0 % | – | – | 1.9 % |
"""
MATCHED = """ *Matched* networks
were trained on the published model itself, as other programs' publications do."""
OPTIONS = {"hmmix": " --hmmix EXECUTABLE", "matched": " --matched MODEL=FOLDER …"}


def page(results: Path, folder: Path) -> str:
    """The page of a table that `accuracy.py` wrote and of what the networks in a folder were trained on."""
    segments = bundle_files.load(folder / SegmentsBundle.task, SegmentsBundle)
    choice = bundle_files.load(folder / ChoiceBundle.task, ChoiceBundle)
    posterior = bundle_files.load(folder / ParametersBundle.task, ParametersBundle)
    table = pd.read_csv(results, sep="\t")
    published = table[table["source"] == "published"]
    prior, in_pairs = (row for _, row in table[table["source"] == "all scenarios"].iterrows())
    without_ghost = table[table["source"] == "scenario"]
    methods = set(published["method"])
    return PAGE.format(
        bin_bp=prior["bin_bp"],
        regions=_number_of(segments),
        genomes=_number_of(choice),
        genome_regions=choice.regions.highest,
        ghosts=_number_of(posterior),
        options="".join(option for method, option in OPTIONS.items() if method in methods),
        matched=MATCHED if "matched" in methods else "",
        tests=int(published["num_genomes"].max()),
        rate=DEFAULT_FALSE_DISCOVERY_RATE,
        rows="".join(_row(row) for _, row in published.iterrows()),
        decoder=_gains(published, "shipped, decoded"),
        alone=_gains(published, "shipped, one member"),
        ap=_between(prior, "average_precision"),
        ap_in_pairs=_between(in_pairs, "average_precision"),
        f1=_between(prior, "f1"),
        ece=_number(prior["calibration_error"], 4),
        nulls="".join(f"| {row['model']} | {_percent(row)} |\n" for _, row in without_ghost.iterrows()),
    )


def _number_of(bundle: Bundle) -> int:
    """Regions, or genomes, that a network was trained on and validated with."""
    return bundle.training.num_training + bundle.training.num_validation


def _row(row: pd.Series) -> str:
    cells = [row["model"], row["sampling"], row["method"], f"{row['bin_bp'] / 1000:g} kb", _between(row, "f1")]
    cells += [_number(row[name]) for name in ("best_f1", "precision", "recall")]
    cells += [_between(row, "average_precision"), _percent(row), _number(row["calibration_error"], 4)]
    return f"| {' | '.join(cells)} |\n"


def _gains(published: pd.DataFrame, method: str) -> str:
    rows = published[published["method"] == method]
    return ",\n".join(
        f"{row.gain:+.4f} ± {row.gain_standard_error:.4f} ({row.model}, {row.sampling})" for row in rows.itertuples()
    )


def _between(row: pd.Series, name: str) -> str:
    value, lower, upper = (row[key] for key in (name, f"{name}_lower", f"{name}_upper"))
    return "–" if np.isnan(value) else f"**{value:.3f}** [{lower:.3f}, {upper:.3f}]"


def _number(value: float, digits: int = 3) -> str:
    return "–" if np.isnan(value) else f"{value:.{digits}f}"


def _percent(row: pd.Series) -> str:
    value, lower, upper = (100 * row[f"called_without_pulse{end}"] for end in ("", "_lower", "_upper"))
    return "–" if np.isnan(value) else f"{value:.3f} % [{lower:.3f}, {upper:.3f}]"
