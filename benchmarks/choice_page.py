"""What docs/model_choice.md says of models that nobody trained on and of flawed data, from tables of `choice.py`."""

import json
from pathlib import Path

import pandas as pd

from introghost import provenance

START = "<!-- From here on written by benchmarks/choice.py. -->\n"  # what stands before it in the page is kept
PAGE = """
## Models that nobody trained on, and flawed data

Written by `python benchmarks/choice.py --folder FOLDER`, which simulates genomes and applies a model to them; the
tables, and the options, are in `benchmarks/choice/`. A genome is {regions} regions of 1 Mb in 50 + 50 individuals.
Shares are of what is decided at the default costs (false ghost 5, missed ghost 1, undecided 0.5), all scenarios equally
likely beforehand; for genomes that fit no scenario `apply` withholds what was decided.

### Published models

`archie` and `human_neanderthal` are published models with a pulse of 2 and 2.25 %; `-without` are the same without it.
`stepping_stone` has eight demes in a row and no ghost. Those of stdpopsim: in `PapuansOutOfAfrica_10J19` Papuans have
ancestry of Denisovans and Neanderthals, in `OutOfAfricaArchaicAdmixture_5R19` Europeans of Neanderthals, and the
outgroup of archaic Africans; in `AncientEurasia_9K19` Sardinians have the Basal Eurasian ghost, which is not archaic,
and Neanderthal ancestry.

{families}
### Their pulses

Of the published models with a pulse, medians over genomes, how often the interval holds the truth, and how often the
local classifier two-sample test (Linhart et al. 2023, NeurIPS) objects at 0.05 to the joint posterior of proportion,
pulse time and ghost split time where a genome lies. Of posteriors that are right it objects to 5 %, though with genomes
that lie close together to all or none of them; it learns from simulated genomes of `ghost`, and few of these see
gross faults only:

{pulses}
### Flawed data

`human_neanderthal` with its pulse and without it, {flawed_genomes} genomes of 20 Mb each, as data with one flaw at its
typical level show them ([robustness.md](robustness.md) says which that is):

{flawed}
"""


def page(folder: Path) -> str:
    """That part of the page as Markdown, from the tables in `folder`."""
    families, pulses, flawed = (
        pd.read_csv(folder / f"{name}.tsv", sep="\t", keep_default_na=False, na_values="NA")
        for name in ("families", "pulses", "flawed")
    )
    record = json.loads((folder / provenance.COMPLETE).read_text(encoding="utf-8"))
    return PAGE.format(
        regions=record["options"]["regions"],
        families=_decisions(families),
        pulses=_pulses(pulses),
        flawed=_decisions(flawed.assign(scenario=flawed["flaw"] + ", " + flawed["scenario"])),
        flawed_genomes=flawed["genomes"].iloc[0],
    )


def written_into(path: Path, folder: Path) -> str:
    """The text of the page at `path` with this part of the tables in `folder`; without a page, that alone."""
    before = path.read_text(encoding="utf-8").partition(START)[0] if path.exists() else ""
    return before + START + page(folder)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _decisions(table: pd.DataFrame) -> str:
    rows = [
        [
            row.scenario,
            str(row.genomes),
            *(_percent(share) for share in (row.decided_ghost, row.decided_no_ghost, row.decided_undecided)),
            f"{row.mean_p_ghost:.2f}",
            *(_percent(share) for share in (row.novel, row.no_scenario_fits)),
        ]
        for row in table.rename(columns={"novel_at_0.05": "novel"}).itertuples()
    ]
    columns = ["ghost", "no ghost", "undecided", "mean P(ghost)", "novel (p < 0.05)", "no scenario fits (p < 0.01)"]
    return _table(["scenario", "genomes", *columns], rows)


def _pulses(table: pd.DataFrame) -> str:
    rows = [
        [row.scenario, str(row.genomes), f"{row.true_proportion:.4g}", f"{row.median:.3f}",
         f"{row.lower_90:.3f}–{row.upper_90:.3f}", _percent(row.intervals_90_hold),
         "–" if pd.isna(row.local_check_rejects) else _percent(row.local_check_rejects)]
        for row in table.itertuples()
    ]  # fmt: skip
    columns = ["true proportion", "median", "90 % interval", "intervals hold", "local check objects"]
    return _table(["model", "genomes", *columns], rows)
