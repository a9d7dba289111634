"""docs/model_choice.md from the tables of `choice.py` and those of `introghost evaluate` for the networks that ship."""

import json
from pathlib import Path

import pandas as pd

from introghost import models, provenance

PAGE = """# Did it happen, how much, when: how far the answers can be believed

Written by `python benchmarks/choice.py --evaluation results/human/evaluation --folder FOLDER`.

The accuracy of the networks that ship is as the workflow that made them measured it (`make model`; `introghost
evaluate` makes such tables of any model). The tables come with the model, in
`src/introghost/models/human.evaluation/`. A genome is {shipped_regions} regions of 1 Mb, seen as those of training are
(`config/human.yaml`): two in five are clean, the others have every flaw, mostly slight, and numbers of individuals are
log-uniform. None was trained on. Brackets hold 95 % intervals: bootstrap over genomes of areas and of R², binomial of
shares.

## Did it happen

Area under the curve, and power where one genome in a hundred without a ghost is taken for one with it, by the true
proportion of a single pulse. The score is the probability of a ghost if only the scenarios named are held possible
beside those with a ghost.

{power}
Decisions at the default costs (false ghost 5, missed ghost 1, undecided 0.5), all scenarios equally likely beforehand,
and how many genomes fit no scenario: `apply` withholds what was decided for these.

{decisions}
Of {novelty_genomes} of these genomes, as many of each scenario that the networks were trained on, are novel: {novelty}.

Calibration error of the probability of a ghost, and of that of each scenario. With so few genomes probabilities that
are right would not have an error of 0 either: *if right* is what they would have, with its 95th percentile.

{calibration}
Of how many genomes of each scenario (rows) each is the most probable (columns):

{confusion}
## How much and when

The posterior of the parameters of `ghost`, on the genomes of that scenario. R² is that of the posterior mean, of the
logarithm and on the scale of the prior's quantiles; *contraction* is 1 less the posterior variance over the prior's;
SBC is the p-value of the ranks of the truth being uniform.

{parameters}
All parameters together, {posterior_genomes} genomes: {checks}.

## Less sequence

The networks are trained on parts of genomes as well, and know how many regions they are given.

{parts}
## Models that nobody trained on

The tables, and the options, are in `benchmarks/choice/`. A genome is {regions} regions of 1 Mb in 50 + 50 individuals.
Shares are of what is decided at the default costs (false ghost 5, missed ghost 1, undecided 0.5), all scenarios equally
likely beforehand; for genomes that fit no scenario `apply` withholds what was decided.

### Published models

`archie` and `human_neanderthal` are published models with a pulse of 2 and 2.25 %; `-without` are the same without it.
Models with half and twice the mutation rate of 1.29 × 10⁻⁸, beyond the prior of 1.0 to 1.6 × 10⁻⁸ on either side, are
`-rate-x0.5` and `-rate-x2`. There are eight demes in a row and no ghost in `stepping_stone`. Those of stdpopsim: in
`PapuansOutOfAfrica_10J19` Papuans have ancestry of Denisovans and Neanderthals, in `OutOfAfricaArchaicAdmixture_5R19`
Europeans of Neanderthals, and the outgroup of archaic Africans; in `AncientEurasia_9K19` Sardinians have the Basal
Eurasian ghost, which is not archaic, and Neanderthal ancestry.

{families}
### Their pulses

Of the published models with a pulse: medians over genomes, and how often the interval holds the truth. The last column
is the local classifier two-sample test (Linhart et al. 2023, NeurIPS) of the joint posterior of proportion, pulse time
and ghost split time where a genome lies: how often it objects at 0.05. It objects to 5 % of posteriors that are right,
though to all or none of genomes that lie close together. It learns from simulated genomes of `ghost`, and few of these
see gross faults only:

{pulses}
"""

FLAWED = """## Flawed data

Written by `python benchmarks/flaws.py --folder FOLDER`; the tables are `flaws.tsv` and `flawed.tsv` in
`benchmarks/choice/`. Unseen genomes of every scenario of the networks, {flawed_regions} regions of 1 Mb each, seen in
several ways: clean, with other sizes, with one flaw at its typical level ([robustness.md](robustness.md) says which
that is; beside those there, 60 % of the alleles seen once are found, 5 % of the regions of an individual are inbred,
and 10 % of the target comes from the outgroup recently), and with all of robustness.md together. They are the same
genomes but where the map or the mutation rate varies, where all flaws come together and where sizes do. *Power* is the
share of the {large} genomes with a pulse of 2 % or more that are decided *ghost* at the default costs, and *false
ghosts* that of the {without} genomes without one, both as `apply` decides; area and power at 1 % are of scenario
`ghost` against `no_ghost` and `structure`.

{looks}
What is learnt, of {ghosts} genomes of scenario `ghost`; how often 95 % intervals hold is a mean over parameters, beside
the parameter with the fewest:

{learnt}
Decided *ghost* without one, of {each} genomes each, whether or not a scenario fits:

{cells}
"""

EVALUATION = Path(models.__file__).parent / "human.evaluation"
RECORD = "flaws.json"  # of flaws.py, beside its tables
SHIPPED = (
    "power", "decisions", "novelty", "calibration", "model_choice_confusion", "posterior_summary",
    "posterior_coverage", "posterior_checks",
)  # fmt: skip
RIVALS = ("no_ghost, structure", "no_ghost, structure_merged", "all")  # those of the table that are shown
OF_INTEREST = {"ghost_proportion": "proportion", "pulse_time": "pulse time"}


def page(folder: Path) -> str:
    """The page as Markdown, from the tables in `folder` and those that come with the model."""
    families, pulses = (_read(folder / f"{name}.tsv") for name in ("families", "pulses"))
    parts = {name: _read(EVALUATION / f"{name}.tsv") for name in SHIPPED}
    regions = max(parts["power"]["regions"])
    whole = {name: table[table["regions"] == regions] for name, table in parts.items()}
    novelty, checks = whole["novelty"], whole["posterior_checks"]
    record = json.loads((folder / provenance.COMPLETE).read_text(encoding="utf-8"))
    return PAGE.format(
        shipped_regions=regions,
        power=_power(whole["power"]),
        decisions=_decisions(whole["decisions"]),
        novelty_genomes=novelty["genomes"].iloc[0],
        novelty=", ".join(_novelty(row.level, row.novel, row.lower, row.upper) for row in novelty.itertuples()),
        calibration=_calibration(whole["calibration"]),
        confusion=_confusion(whole["model_choice_confusion"]),
        parameters=_parameters(whole["posterior_summary"], whole["posterior_coverage"]),
        posterior_genomes=checks["num_genomes"].iloc[0],
        checks=", ".join(f"{row.check.upper()} p = {row.p_value:.2g}" for row in checks.itertuples()),
        parts=_parts(parts),
        regions=record["options"]["regions"],
        families=_decisions(families),
        pulses=_pulses(pulses),
    ) + (_flawed(folder) if (folder / RECORD).exists() else "")


def _flawed(folder: Path) -> str:
    """The section about flawed data, of the tables of `flaws.py`."""
    looks, flawed = (_read(folder / f"{name}.tsv") for name in ("flaws", "flawed"))
    without = flawed[~flawed["has_ghost"]]
    return FLAWED.format(
        flawed_regions=looks["regions"].iloc[0],
        large=looks["power_genomes"].iloc[0],
        without=looks["false_ghosts_genomes"].iloc[0],
        ghosts=looks["ghosts"].iloc[0],
        each=without["genomes"].iloc[0],
        looks=_looks(looks),
        learnt=_learnt(looks),
        cells=_false_ghosts(without),
    )


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", keep_default_na=False, na_values="NA")


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _percent(share: float) -> str:
    return "–" if pd.isna(share) else f"{100 * share:.0f} %"


def _novelty(level: float, novel: float, lower: float, upper: float) -> str:
    return f"{100 * novel:.1f} % [{100 * lower:.1f}–{100 * upper:.1f}] at {level:g}"


def _interval(value: float, lower: float, upper: float, digits: int) -> str:
    return f"{value:.{digits}f} [{lower:.{digits}f}–{upper:.{digits}f}]"


def _power(table: pd.DataFrame) -> str:
    """A row for the genomes that were asked about, a column for those that they are told from."""
    rows = []
    for (genomes_of, metric), group in table.groupby(["genomes_of", "metric"], sort=False):
        against = group.set_index("against")
        figures = [_interval(*against.loc[rival, ["value", "lower", "upper"]], digits=3) for rival in RIVALS]
        name = "area under the curve" if metric == "area_under_roc" else metric
        rows.append([f"{genomes_of} ({group['genomes'].iloc[0]} genomes)", name, *figures])
    return _table(["genomes of", "figure", *(f"against {rival}" for rival in RIVALS)], rows)


def _calibration(table: pd.DataFrame) -> str:
    rows = [
        [row.probability_of, f"{row.calibration_error:.3f}", f"{row.if_right:.3f} ({row.if_right_upper:.3f})"]
        for row in table.itertuples()
    ]
    return _table(["probability of", "calibration error", "if right (95th percentile)"], rows)


def _confusion(table: pd.DataFrame) -> str:
    counts = table.pivot_table(index="truth", columns="assigned", values="count", fill_value=0)
    counts = counts.reindex(columns=counts.index, fill_value=0).astype(int)
    rows = [[name, *map(str, row)] for name, row in zip(counts.index, counts.to_numpy(), strict=True)]
    return _table(["scenario", *counts], rows)


def _parameters(summary: pd.DataFrame, coverage: pd.DataFrame) -> str:
    rows = []
    for row in summary.itertuples():
        of_parameter = coverage[coverage["parameter"] == row.parameter].set_index("level")
        holds = [of_parameter.loc[level, ["coverage", "lower", "upper"]] for level in (0.9, 0.95)]
        rows.append([
            row.parameter,
            _interval(row.log_r_squared, row.log_r_squared_lower, row.log_r_squared_upper, digits=2),
            f"{row.r_squared:.2f}", f"{row.contraction:.2f}",
            *(f"{100 * value:.0f} % [{100 * lower:.0f}–{100 * upper:.0f}]" for value, lower, upper in holds),
            f"{row.sbc_p_value:.2g}",
        ])  # fmt: skip
    held = ["90 % intervals hold", "95 % intervals hold"]
    return _table(["parameter", "R² of the logarithm", "R²", "contraction", *held, "SBC"], rows)


def _parts(tables: dict[str, pd.DataFrame]) -> str:
    """A row for each length of sequence."""
    areas = tables["power"].query("metric == 'area_under_roc' and genomes_of == 'ghost'")
    rows = []
    for regions in sorted(set(areas["regions"]), reverse=True):
        area, error, summary, coverage = (
            table[table["regions"] == regions]
            for table in (areas, tables["calibration"], tables["posterior_summary"], tables["posterior_coverage"])
        )
        learnt = summary.set_index("parameter")["log_r_squared"]
        rows.append([
            str(regions),
            *(f"{value:.3f}" for value in area.set_index("against").loc[list(RIVALS), "value"]),
            f"{error.set_index('probability_of').loc['a ghost', 'calibration_error']:.2f}",
            *(f"{learnt[name]:.2f}" for name in OF_INTEREST),
            _percent(coverage.query("level == 0.95")["coverage"].mean()),
        ])  # fmt: skip
    columns = [*(f"area against {rival}" for rival in RIVALS), "calibration error of P(ghost)"]
    columns += [f"R² of log {name}" for name in OF_INTEREST.values()]
    return _table(["Mb", *columns, "95 % intervals hold, mean over parameters"], rows)


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
         f"{row.lower_90:.3f}–{row.upper_90:.3f}", _percent(row.intervals_90_hold), _percent(row.local_check_rejects)]
        for row in table.itertuples()
    ]  # fmt: skip
    columns = ["true proportion", "median", "90 % interval", "intervals hold", "local check objects"]
    return _table(["model", "genomes", *columns], rows)


def _looks(table: pd.DataFrame) -> str:
    """What is decided, a row for each way of seeing genomes."""
    shares, figures = ("power", "false_ghosts"), ("area", "power_large", "power_small")
    rows = [
        [
            row["look"],
            *(_share(row, name) for name in shares),
            *(_interval(row[name], row[f"{name}_lower"], row[f"{name}_upper"], digits=3) for name in figures),
            f"{row['calibration_error']:.3f}",
            f"{100 * row['novel']:.1f} %",
        ]
        for _, row in table.iterrows()
    ]
    columns = ["power", "false ghosts", "area", "power at 1 %, 2 to 20 %", "power at 1 %, 0.5 to 2 %"]
    return _table(["seen", *columns, "calibration error of P(ghost)", "novel (p < 0.05)"], rows)


def _share(row: pd.Series, name: str) -> str:
    lower, upper = row[f"{name}_lower"], row[f"{name}_upper"]
    return f"{100 * row[name]:.1f} % [{100 * lower:.1f}–{100 * upper:.1f}]"


def _learnt(table: pd.DataFrame) -> str:
    rows = [
        [
            row.look,
            f"{100 * row.intervals_hold:.1f} % ({100 * row.lowest_interval_holds:.0f} %)",
            f"{row.log_proportion_r_squared:.2f}",
            f"{row.log_pulse_time_r_squared:.2f}",
        ]
        for row in table.itertuples()
    ]
    return _table(["seen", "95 % intervals hold (lowest)", "R² of log proportion", "R² of log pulse time"], rows)


def _false_ghosts(table: pd.DataFrame) -> str:
    """A row for each way of seeing genomes, a column for each scenario without a ghost."""
    shares = table.pivot_table(index="look", columns="scenario", values="decided_ghost", sort=False)
    rows = [[look, *map(_percent, row)] for look, row in zip(shares.index, shares.to_numpy(), strict=True)]
    return _table(["seen", *shares], rows)
