"""The page docs/model_choice.md, from the tables of `choice.py`."""

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from introghost import provenance

PAGE = """# Did it happen, how much, when: how far the answers can be believed

Written by

```
python benchmarks/choice.py{command}
```

which simulates, trains and measures; with `--save src/introghost/models/human` it writes the networks there, and the
tables that say how far to trust them beside them. All tables are in `benchmarks/choice/`. A genome is {regions} regions
of 1 Mb in 50 + 50 individuals. {genomes} of each scenario of `config/scenarios` were trained on and {test_genomes}
others are tested here, and six times as many of `ghost`. Statistics of haplotypes, and what the segment network says,
which is among the statistics, are of ten target individuals. Brackets hold 95 % intervals: bootstrap over genomes of
areas and of R², binomial of shares.

## Did it happen

Area under the curve, and power where one genome in a hundred without a ghost is taken for one with it, by the true
proportion of a single pulse. The score is the probability of a ghost if only the scenarios named are held possible
beside those with a ghost.

{power}
The same without what the segment network says: {without}.

Decisions at the default costs (false ghost 5, missed ghost 1, undecided 0.5), all scenarios equally likely beforehand,
and how many genomes fit no scenario: `apply` withholds what was decided for these.

{decisions}
{novelty}

Calibration error of the probability of a ghost, and of that of each scenario. With so few genomes probabilities that
are right would not have an error of 0 either: *if right* is what they would have, with its 95th percentile.

{calibration}
Of how many genomes of each scenario (rows) each is the most probable (columns):

{confusion}
## Models that nobody trained on

`archie` and `human_neanderthal` are published models with a pulse of 2 and 2.25 %; `-without` are the same without it.
`stepping_stone` has eight demes in a row and no ghost. Those of stdpopsim: in `PapuansOutOfAfrica_10J19` Papuans have
ancestry of Denisovans and Neanderthals, in `OutOfAfricaArchaicAdmixture_5R19` Europeans of Neanderthals, and the
outgroup of archaic Africans; in `AncientEurasia_9K19` Sardinians have the Basal Eurasian ghost, which is not archaic,
and Neanderthal ancestry.

{families}
## Flawed data

The networks were trained on genomes without any flaw of the data. `human_neanderthal` with its pulse and without it,
{flawed_genomes} genomes of 20 Mb each, as data with one flaw at its typical level show them
([robustness.md](robustness.md) says which that is):

{flawed}
## How much and when

The posterior of the parameters of `ghost`, on the genomes of that scenario. R² is that of the posterior mean, of the
logarithm and on the scale of the prior's quantiles; *contraction* is 1 less the posterior variance over the prior's;
SBC is the p-value of the ranks of the truth being uniform.

{parameters}
{checks}

Of the published models with a pulse, medians over genomes, how often the interval holds the truth, and how often the
local classifier two-sample test (Linhart et al. 2023, NeurIPS) objects at 0.05 to the joint posterior of proportion,
pulse time and ghost split time where a genome lies. Of posteriors that are right it objects to 5 %, though with genomes
that lie close together to all or none of them; it learns from the tested genomes of `ghost` alone, and so few see gross
faults only:

{pulses}
## Less sequence

The networks are trained on parts of genomes as well, and know how many regions they are given.

{less}
"""


def page(folder: Path) -> str:
    """The page as Markdown, from the tables in `folder`."""
    tables = {
        path.stem: pd.read_csv(path, sep="\t", keep_default_na=False, na_values="NA") for path in folder.glob("*.tsv")
    }
    options = json.loads((folder / provenance.COMPLETE).read_text(encoding="utf-8"))["options"]
    command = "".join(f" --{name.replace('_', '-')} {value}" for name, value in options.items())
    most = int(options["regions"])
    whole = {name: table[table["regions"] == most] if "regions" in table else table for name, table in tables.items()}
    return PAGE.format(
        command=command,
        **options,
        power=_power(whole["power"]),
        without=", ".join(
            f"against {row.against} {row.value:.3f}"
            for row in tables["without_segments"].itertuples()
            if row.metric == "area_under_roc"
        ),
        decisions=_decisions(whole["decisions"]),
        novelty=_novelty(whole["novelty"]),
        calibration=_calibration(whole["calibration"]),
        confusion=_confusion(whole["model_choice_confusion"]),
        families=_decisions(tables["families"]),
        flawed=_decisions(
            tables["flawed"].assign(scenario=tables["flawed"]["flaw"] + ", " + tables["flawed"]["scenario"])
        ),
        flawed_genomes=tables["flawed"]["genomes"].iloc[0],
        parameters=_parameters(whole["posterior_summary"], whole["posterior_coverage"]),
        checks=_checks(whole["posterior_checks"]),
        pulses=_pulses(tables["pulses"]),
        less=_less(tables),
    )


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _interval(value: float, lower: float, upper: float) -> str:
    return f"{value:.3f} [{lower:.3f}–{upper:.3f}]"


def _power(table: pd.DataFrame) -> str:
    against = list(dict.fromkeys(table["against"]))
    rows = []
    for (group, metric), lines in table.groupby(["genomes_of", "metric"], sort=False):
        by_rival = lines.set_index("against").loc[against]
        number = by_rival["genomes"].iloc[0]
        values = [_interval(row.value, row.lower, row.upper) if row.genomes else "–" for row in by_rival.itertuples()]
        figure = "area under the curve" if metric == "area_under_roc" else "power"
        rows.append([f"{group} ({number} genomes)", figure, *values])
    return _table(["genomes of", "figure", *(f"against {name}" for name in against)], rows)


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


def _novelty(table: pd.DataFrame) -> str:
    if table.empty:
        return "Training had too few genomes to tell which genomes are novel."
    shares = [
        f"{100 * row.novel:.1f} % [{100 * row.lower:.1f}–{100 * row.upper:.1f}] at {row.level:g}"
        for row in table.itertuples()
    ]
    return (
        f"Of {table['genomes'].iloc[0]} of these genomes, as many of each scenario that the networks were trained on, "
        f"are novel: {', '.join(shares)}."
    )


def _calibration(table: pd.DataFrame) -> str:
    rows = [
        [row.probability_of, f"{row.calibration_error:.3f}", f"{row.if_right:.3f} ({row.if_right_upper:.3f})"]
        for row in table.itertuples()
    ]
    return _table(["probability of", "calibration error", "if right (95th percentile)"], rows)


def _confusion(table: pd.DataFrame) -> str:
    counts = table.pivot_table(index="truth", columns="assigned", values="count", fill_value=0, aggfunc="sum")
    names = sorted(set(counts.index) | set(counts.columns))
    counts = counts.reindex(index=names, columns=names, fill_value=0)
    return _table(["scenario", *names], [[name, *(str(int(n)) for n in counts.loc[name])] for name in names])


def _parameters(summary: pd.DataFrame, coverage: pd.DataFrame) -> str:
    by_level = coverage.set_index(["parameter", "level"])
    rows = []
    for row in summary.itertuples():
        covered = [by_level.loc[(row.parameter, level)] for level in (0.9, 0.95)]
        shares = [f"{_percent(each.coverage)} [{100 * each.lower:.0f}–{100 * each.upper:.0f}]" for each in covered]
        logarithm = f"{row.log_r_squared:.2f} [{row.log_r_squared_lower:.2f}–{row.log_r_squared_upper:.2f}]"
        numbers = [f"{number:.2f}" for number in (row.r_squared, row.contraction)]
        rows.append([row.parameter, logarithm, *numbers, *shares, f"{row.sbc_p_value:.2g}"])
    columns = ["R² of the logarithm", "R²", "contraction", "90 % intervals hold", "95 % intervals hold", "SBC"]
    return _table(["parameter", *columns], rows)


def _checks(table: pd.DataFrame) -> str:
    p_values = [f"{row.check.upper()} p = {row.p_value:.2g}" for row in table.itertuples()]
    return f"All parameters together, {table['num_genomes'].iloc[0]} genomes: {', '.join(p_values)}."


def _pulses(table: pd.DataFrame) -> str:
    rows = [
        [row.scenario, str(row.genomes), f"{row.true_proportion:.4g}", f"{row.median:.3f}",
         f"{row.lower_90:.3f}–{row.upper_90:.3f}", _percent(row.intervals_90_hold), _percent(row.local_check_rejects)]
        for row in table.itertuples()
    ]  # fmt: skip
    columns = ["true proportion", "median", "90 % interval", "intervals hold", "local check objects"]
    return _table(["model", "genomes", *columns], rows)


def _less(tables: Mapping[str, pd.DataFrame]) -> str:
    rows = []
    for number, power in tables["power"].groupby("regions", sort=False):
        areas = power[power["metric"] == "area_under_roc"].set_index("against")["value"]
        summary, coverage, calibration = (
            tables[name][tables[name]["regions"] == number]
            for name in ("posterior_summary", "posterior_coverage", "calibration")
        )
        error = calibration.set_index("probability_of")["calibration_error"]
        log_r_squared = summary.set_index("parameter")["log_r_squared"]
        mean_coverage = coverage.loc[coverage["level"] == 0.95, "coverage"].mean()
        numbers = (error["a ghost"], log_r_squared["ghost_proportion"], log_r_squared["pulse_time"])
        rows.append([str(number), *(f"{area:.3f}" for area in areas), *(f"{value:.2f}" for value in numbers),
                     _percent(mean_coverage)])  # fmt: skip
    against = list(dict.fromkeys(tables["power"]["against"]))
    columns = ["calibration error of P(ghost)", "R² of log proportion", "R² of log pulse time",
               "95 % intervals hold, mean over parameters"]  # fmt: skip
    return _table(["Mb", *(f"area against {name}" for name in against), *columns], rows)
