"""Models and calls side by side with the truth of simulations."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from introghost import provenance
from introghost.errors import DataError
from introghost.evaluation.model_choice import evaluate_model_choice
from introghost.evaluation.posterior import evaluate_posterior
from introghost.evaluation.segments import evaluate_segments
from introghost.inference import calling, inputs, model_choice, parameters
from introghost.inference.bundles import ChoiceBundle, GenomeBundle, ParametersBundle, SegmentsBundle
from introghost.inference.inputs import Pooled
from introghost.inference.offers import Offer
from introghost.model import Model
from introghost.statistics import dataset
from introghost.statistics.table import GenomeStatistics, Statistics

DRAWS_PER_GENOME = 500


def evaluate_model(model: Model, paths: Sequence[Path], *, seed: int) -> dict[str, pd.DataFrame]:
    """Tables of a model's accuracy on simulated genomes.

    Parameters
    ----------
    model : Model
    paths : sequence of Path
        Statistics of genomes that training has not seen.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict of str to DataFrame
        See `evaluate_segments`, `evaluate_model_choice` and `evaluate_posterior`.

    Raises
    ------
    DataError
        Statistics without truth, or that the model was trained on.
    ModelError
        Statistics of another kind than those that the model was trained on.
    """
    statistics = Statistics.concatenate([Statistics.read(path) for path in paths])
    if statistics.ghost_fraction is None:
        raise DataError("these statistics have no truth: evaluation needs simulations")
    _check_observed_once(statistics)
    _check_unseen(model, paths)
    model.check(offer(statistics))
    tables = evaluate_segments(
        posteriors(model.segments, statistics),
        statistics.ghost_fraction,
        genome_names(statistics),
        _proportions(statistics),
        scenarios=statistics.scenarios,
        threshold=model.segments.threshold(),
        seed=seed,
    )
    genomes = list(statistics.genomes())
    if model.choice is not None:
        tables |= _choice_tables(model.choice, genomes, statistics.ghost_of_target, seed)
    if model.parameters is not None:
        tables |= _parameter_tables(model.parameters, genomes, seed)
    return tables


def offer(statistics: Statistics) -> Offer:
    """What a file of statistics has to offer to a model."""
    return Offer(
        ancestral=statistics.ancestral,
        bin_bp=statistics.bin_bp,
        region_length_bp=statistics.region_length_bp,
        statistics=statistics.haplotype_names,
        population_statistics=statistics.population_names,
        pooled_statistics=statistics.pooled_names,
        segment_model_digest=statistics.segment_model_digest,
    )


def pooled(bundle: GenomeBundle, genomes: Sequence[GenomeStatistics]) -> Pooled:
    """What a network for whole genomes is given of each of some genomes.

    Parameters
    ----------
    bundle : GenomeBundle
    genomes : sequence of GenomeStatistics
        Each with a usable bin at least.

    Returns
    -------
    Pooled
        A row for each genome, in their order.
    """
    regions = (inputs.pool_each(genome.pooled, genome.usable, genome.population) for genome in genomes)
    return Pooled.stack(model_choice.pooled(bundle, each) for each in regions)


def _choice_tables(
    bundle: ChoiceBundle, genomes: Sequence[GenomeStatistics], ghost_of_target: Mapping[str, bool], seed: int
) -> dict[str, pd.DataFrame]:
    """Tables of the choice between scenarios."""
    probabilities = model_choice.scenario_probabilities(bundle, pooled(bundle, genomes))
    truth = [genome.scenario for genome in genomes]
    meanings = {**bundle.ghost_of_target, **ghost_of_target}
    return evaluate_model_choice(probabilities, bundle.scenarios, truth, meanings, seed=seed)


def _parameter_tables(
    bundle: ParametersBundle, genomes: Sequence[GenomeStatistics], seed: int
) -> dict[str, pd.DataFrame]:
    """Tables of the parameter posterior, if any genome is of its scenario."""
    genomes = [genome for genome in genomes if genome.scenario == bundle.scenario]
    if not genomes:
        return {}
    # Parameters that genomes were simulated under, and draws from their posteriors; they are compared on the scale on
    # which the prior is standard normal.
    names = [name for name in bundle.scale.names if all(name in genome.parameters for genome in genomes)]
    truth = {name: np.array([genome.parameters[name] for genome in genomes]) for name in names}
    draws = parameters.draw(bundle, pooled(bundle, genomes), DRAWS_PER_GENOME, seed)
    return evaluate_posterior(draws, bundle.scale.to_normal(truth), bundle.scale.names, seed=seed)


def posteriors(bundle: SegmentsBundle, statistics: Statistics) -> NDArray[np.float32]:
    """Posterior of every region, haplotype and bin; NaN where nothing is called.

    Parameters
    ----------
    bundle : SegmentsBundle
    statistics : Statistics

    Returns
    -------
    ndarray of float32, shape (num_regions, num_haplotypes, num_bins)
    """
    regions = zip(statistics.haplotype, statistics.callable_fraction, statistics.moments, strict=True)
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
    """Refuse files that a bundle's provenance lists among those of its training, whatever their names are now."""
    digests = {path: provenance.sha256(path) for path in paths}
    for bundle in model.bundles:
        listed = bundle.provenance.get("inputs")
        entries = listed.values() if isinstance(listed, dict) else ()
        seen = {str(entry.get("sha256")) for entry in entries if isinstance(entry, dict)}
        for path, digest in digests.items():
            if digest in seen:
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
