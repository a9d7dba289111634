"""Models and calls side by side with the truth of simulations."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost import provenance
from introghost.errors import DataError
from introghost.evaluation.genome_tables import choice_tables, parameter_tables
from introghost.evaluation.kinds import File, kinds
from introghost.evaluation.segments import evaluate_segments
from introghost.evaluation.unseen import UnseenGenomes
from introghost.inference import calling, file_calibration, lineage
from introghost.inference.bundles import SegmentsBundle
from introghost.inference.file_population import population_of_file, population_of_genomes
from introghost.model import Model
from introghost.statistics import dataset
from introghost.statistics.table import Statistics

# Every table that an evaluation can write: those of an earlier one do not outlive it.
TABLES = (
    *("summary", "precision_recall", "reliability", "by_proportion", "by_scenario"),
    *("model_choice_summary", "model_choice_confusion", "model_choice_reliability"),
    *("power", "decisions", "novelty", "calibration", "scenario_reliability"),
    *("posterior_summary", "posterior_coverage", "posterior_checks", "posterior_ranks"),
)


def evaluate_model(model: Model, paths: Sequence[Path], *, seed: int) -> dict[str, pd.DataFrame]:
    """Tables of a model's accuracy on simulated genomes.

    Parameters
    ----------
    model : Model
    paths : sequence of Path
        Statistics of genomes that training has not seen; see `kinds.kinds` for which network is evaluated on which.
    seed : int
        Of the bootstrap and of draws.

    Returns
    -------
    dict of str to DataFrame
        See `evaluate_segments`, `genome_tables.choice_tables` and `genome_tables.parameter_tables`; without the tables
        of networks for which no file was given. The names are among `TABLES`.

    Raises
    ------
    DataError
        Statistics without truth, that the model was trained on, or that no network can be evaluated on.
    ModelError
        Statistics of another kind than those that the model was trained on.
    """
    files = [File(path, Statistics.read(path)) for path in paths]
    for file in files:
        _check_observed_once(file.statistics)
    _check_unseen(model, paths)
    of_kind = kinds(model, files)
    tables = dict[str, pd.DataFrame]()
    if of_kind.segments is not None:
        tables |= _segment_tables(model.segments, of_kind.segments, seed)
    if of_kind.genomes is not None:
        unseen = UnseenGenomes.of(of_kind.genomes.genomes(), of_kind.genomes.ghost_of_target)
        if model.choice is not None:
            tables |= choice_tables(model.choice, unseen, seed=seed)
        if model.parameters is not None:
            tables |= parameter_tables(model.parameters, unseen, seed=seed)
    if not tables and model.parameters is not None:
        raise DataError(
            f"no genome of scenario {model.parameters.scenario}, whose parameters {model.folder} knows: nothing to "
            "evaluate; give statistics of that scenario"
        )
    return tables


def headline(tables: Mapping[str, pd.DataFrame]) -> str:
    """One line of what an evaluation is remembered by.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Of `evaluate_model` or `evaluate_calls`.

    Returns
    -------
    str
        Average precision of segments, area under the curve of a ghost, and the coverage of 95 % intervals of parameters
        (mean over these, of whole genomes), as far as they were evaluated; why one is not defined.
    """
    parts = []
    if "summary" in tables:
        parts.append(f"average precision of segments {_precision_text(tables['summary'])}")
    if "model_choice_summary" in tables:
        area = np.ravel(tables["model_choice_summary"].set_index("metric")["value"]["auc_ghost"])[0]
        # Of whole genomes, which come first; not defined where all have a ghost, or none.
        parts.append("area under the curve of a ghost " + ("not defined" if np.isnan(area) else f"{area:.3f}"))
    if "posterior_coverage" in tables:
        coverage = tables["posterior_coverage"]
        is_shown = (coverage["level"] == 0.95) & (coverage["regions"] == coverage["regions"].max())
        parts.append(f"95 % intervals hold {100 * coverage.loc[is_shown, 'coverage'].mean():.0f} % of parameters")
    return "; ".join(parts)


def _precision_text(summary: pd.DataFrame) -> str:
    """Average precision of a table ``summary``, or why there is none."""
    values = summary.set_index("metric")["value"]
    if not np.isnan(values["average_precision"]):
        return f"{values['average_precision']:.3f}"
    if np.isnan(values["true_fraction"]):
        return "not defined (no bin can be called)"
    return "not defined (no bin that can be called is truly ghost-derived)"


def _segment_tables(bundle: SegmentsBundle, statistics: Statistics, seed: int) -> dict[str, pd.DataFrame]:
    """Tables of the segment network on statistics with haplotypes and their truth."""
    fraction = statistics.ghost_fraction
    if fraction is None:
        raise DataError("these statistics have no truth of haplotypes: evaluation needs simulations with tracts")
    return evaluate_segments(
        posteriors(bundle, statistics),
        fraction,
        genome_names(statistics),
        _proportions(statistics),
        scenarios=statistics.scenarios,
        threshold=bundle.threshold(),
        seed=seed,
    )


@dataclass(frozen=True)
class SimulatedFile:
    """What simulated regions are taken to lie in.

    Attributes
    ----------
    population : ndarray of float32, shape (num_population,)
        Population statistics of the file; NaN where they are unknown.
    spread : ndarray of float64, shape (file_calibration.SPREADS,)
        How the posteriors of the file are spread; NaN where population statistics are.
    """

    population: NDArray[np.float32]
    spread: NDArray[np.float64]

    @classmethod
    def of(cls, bundle: SegmentsBundle, statistics: Statistics) -> "SimulatedFile":
        """A file of all regions of some statistics."""
        population, spread = population_of_file(statistics), file_calibration.UNKNOWN
        if not np.isnan(population).any():
            of_regions = np.broadcast_to(population, statistics.population.shape)
            spread = file_calibration.posterior_spread(_posteriors(bundle, statistics, of_regions))
        return cls(population, spread)


def posteriors(
    bundle: SegmentsBundle, statistics: Statistics, file: SimulatedFile | None = None
) -> NDArray[np.float32]:
    """Posterior of every region, haplotype and bin, as `apply` would give it; NaN where nothing is called.

    Parameters
    ----------
    bundle : SegmentsBundle
    statistics : Statistics
    file : SimulatedFile, optional
        In which all regions lie. By default, each genome is a file, see `file_population.population_of_genomes`.

    Returns
    -------
    ndarray of float32, shape (num_regions, num_haplotypes, num_bins)
    """
    if file is not None:
        of_regions = np.broadcast_to(file.population, statistics.population.shape)
        return bundle.given_spread(_posteriors(bundle, statistics, of_regions), file.spread)
    population = population_of_genomes(statistics)
    result = _posteriors(bundle, statistics, population)
    for genome in statistics.genomes():
        result[genome.rows] = bundle.given_file(list(result[genome.rows]), population[genome.rows[0]])
    return result


def _posteriors(bundle: SegmentsBundle, statistics: Statistics, population: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the network says of every region; `population`, (num_regions, num_population), is of the file of each."""
    regions = zip(statistics.haplotype, statistics.callable_fraction, population, statistics.moments, strict=True)
    return np.stack([calling.segment_posterior(bundle, *region) for region in regions])


def _check_observed_once(statistics: Statistics) -> None:
    """Refuse several observations of a genome, for measures and their bootstrap take genomes to be independent."""
    names = set(zip(genome_names(statistics).tolist(), statistics.observation_indices.tolist(), strict=True))
    repeated = sorted(name for name, times in Counter(name for name, _ in names).items() if times > 1)
    if repeated:
        raise DataError(
            f"genome {repeated[0]} was observed several times; evaluate with statistics of one observation of each "
            "genome (statistics --observations 1)"
        )


def _check_unseen(model: Model, paths: Sequence[Path]) -> None:
    """Refuse files that a network was trained on, or the one that its training began from."""
    digests = {path: provenance.sha256(path) for path in paths}
    for bundle in model.bundles:
        path = lineage.first_seen(bundle.provenance, digests)
        if path is not None:
            raise DataError(
                f"{path}: the model was trained on it ({bundle.task}); evaluate with genomes it has not seen"
            )


def genome_names(statistics: Statistics) -> NDArray[np.str_]:
    """``SCENARIO/GENOME`` of each region, str of shape (num_regions,)."""
    pairs = zip(statistics.scenarios, statistics.genome_indices, strict=True)
    return np.array([f"{scenario}/{genome}" for scenario, genome in pairs])


def _proportions(statistics: Statistics) -> NDArray[np.float64]:
    """Ghost proportion of each region's genome as it was realised in the target, 0 where there was none."""
    # Mean over haplotypes and bins of each region, then over the regions of each genome.
    by_region = statistics.dataset["ghost_fraction"].mean(dim=("haplotype", "bin")).to_series()
    return np.asarray(by_region.groupby(genome_names(statistics)).transform("mean"), dtype=np.float64)


def evaluate_calls(calls: Path, tracts: Path, *, seed: int) -> dict[str, pd.DataFrame]:
    """Tables of the accuracy of calls on a VCF that `introghost vcf write` made of one genome.

    Parameters
    ----------
    calls : Path
        Folder written by ``apply``.
    tracts : Path
        ``X.tracts.parquet``; contig ``N`` of the VCF is region ``N - 1``.
    seed : int
        Of the bootstrap, which here draws contigs anew.

    Raises
    ------
    DataError
        Calls that are not complete, or a file that does not hold tracts.
    """
    from introghost.simulation.ancestry import read_tracts

    threshold = _threshold(calls)
    bins = pd.read_csv(calls / "bins.tsv.gz", sep="\t", dtype={"contig": str})
    truth = read_tracts(tracts)
    if truth["genome"].nunique() > 1:
        raise DataError(f"{tracts}: tracts of {truth['genome'].nunique()} genomes, a VCF holds one")
    labels = [column for column in bins.columns if column not in ("contig", "start", "end")]
    first_target = _first_target(tracts, bins, len(labels))
    posterior, fraction = [], []
    for contig, rows in bins.groupby("contig", sort=False):
        if not str(contig).isdigit():
            raise DataError(f"{calls}: contig {contig!r} is not of a VCF written by `introghost vcf write`")
        # Tracts of the region that the contig is of, for the haplotypes of the calls, as a fraction of each bin.
        contig_tracts = truth[truth["region"] == int(str(contig)) - 1]
        interval = int(rows["start"].min()), int(rows["end"].max())
        size = int((rows["end"] - rows["start"]).max())
        contig_tracts = contig_tracts.assign(haplotype=contig_tracts["haplotype"] - first_target)
        contig_tracts = contig_tracts[(contig_tracts["haplotype"] >= 0) & (contig_tracts["haplotype"] < len(labels))]
        posterior.append(rows[labels].to_numpy(dtype=np.float32).T)
        fraction.append(dataset.ghost_fraction(contig_tracts, len(labels), interval, size))
    if len({part.shape for part in fraction}) > 1:
        raise DataError(
            f"{calls}: contigs differ in their number of bins; evaluation needs whole regions of one length"
        )
    # One genome: its proportion is the same everywhere, and its contigs stand in for genomes in the bootstrap.
    truth_fraction = np.stack(fraction)
    proportion = np.full(len(posterior), truth_fraction.mean())
    numbers = np.arange(len(posterior))
    return evaluate_segments(np.stack(posterior), truth_fraction, numbers, proportion, threshold=threshold, seed=seed)


def _threshold(calls: Path) -> float:
    """The threshold at which `apply` called."""
    options = provenance.read(calls, "apply").get("options")
    threshold = options.get("threshold") if isinstance(options, dict) else None
    if not isinstance(threshold, int | float):
        raise DataError(f"{calls / provenance.COMPLETE}: has no threshold; run `introghost apply` again")
    return float(threshold)


def _first_target(tracts: Path, bins: pd.DataFrame, num_haplotypes: int) -> int:
    """Index of the first target haplotype among the samples, from the tree sequences beside the tracts.

    They are held against the calls, as far as calls tell of what they are.
    """
    from introghost.simulation.ancestry import read_trees
    from introghost.simulation.layout import SampleLayout

    trees = tracts.with_suffix("").with_suffix(".trees")
    if not trees.is_file():
        raise DataError(f"{trees}: needed beside {tracts.name}, to know which samples are the target")
    regions = list(read_trees(trees))
    targets = SampleLayout.of(regions[0]).haplotypes("target")
    for what, simulated, called in (
        ("target haplotypes", len(targets), num_haplotypes),
        ("contigs", len(regions), bins["contig"].nunique()),
        ("Mb at most in a contig", regions[0].sequence_length / 1e6, bins["end"].max() / 1e6),
    ):
        if called > simulated or (what == "target haplotypes" and called != simulated):
            raise DataError(
                f"{tracts}: the truth of {simulated:g} {what}, the calls have {called:g}; is it of these calls?"
            )
    return int(targets[0])
