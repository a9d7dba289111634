"""Models and calls side by side with the truth of simulations."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from introghost import provenance
from introghost.errors import DataError
from introghost.evaluation.model_choice import evaluate_model_choice
from introghost.evaluation.posterior import evaluate_posterior
from introghost.evaluation.segments import evaluate_segments
from introghost.inference import application, bundle, decisions, inputs, parameters, regions
from introghost.inference.inputs import Pooled
from introghost.statistics import dataset
from introghost.statistics.haplotype import usable_bins

DRAWS_PER_GENOME = 500


def evaluate_model(model: Path, statistics: list[Path], *, seed: int) -> dict[str, pd.DataFrame]:
    """Tables of a model's accuracy on simulated genomes.

    Parameters
    ----------
    model : Path
        Folder with ``segments/`` and perhaps ``model-choice/`` and ``parameters/``.
    statistics : list of Path
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
    """
    data = dataset.concatenate([dataset.read(path) for path in statistics])
    if "ghost_fraction" not in data:
        raise DataError("these statistics have no truth: evaluation needs simulations")
    segment_bundle = bundle.load(model / "segments", "segments")
    _check_unseen(segment_bundle, statistics)
    bundle.check_fit(segment_bundle, model / "segments", {"bin_bp": int(data.attrs["bin_bp"]), **_offered(data)})
    posterior = posteriors(segment_bundle, data)
    genomes = genome_names(data)
    tables = evaluate_segments(
        posterior,
        data["ghost_fraction"].values,
        genomes,
        _proportions(data),
        scenarios=data["scenario"].values,
        threshold=segment_bundle.threshold(),
        seed=seed,
    )
    others = {}
    for task in ("model-choice", "parameters"):
        if (model / task).is_dir():
            others[task] = bundle.load(model / task, task)
            _check_unseen(others[task], statistics)
            bundle.check_fit(
                others[task],
                model / task,
                {"bin_bp": int(data.attrs["bin_bp"]), "segments": str(data.attrs["segments"]), **_offered(data)},
            )
    if not others:
        return tables
    regions.summary_of_model(model, segment_bundle, list(others.values()))
    return tables | _of_genomes(others, data, seed)


def _of_genomes(bundles: dict[str, bundle.Bundle], data: xr.Dataset, seed: int) -> dict[str, pd.DataFrame]:
    """Tables of what is asked of whole genomes."""
    values, population = data["pooled_statistics"].values, data["population_statistics"].values
    usable, genomes = usable_bins(data["callable_fraction"].values), genome_names(data)
    chosen = [np.flatnonzero(genomes == name) for name in pd.unique(pd.Series(genomes))]
    each = [inputs.pool_each(values[i], usable[i], population[i]) for i in chosen]
    pooled = {
        task: Pooled.stack(application.whole(asked, genome) for genome in each) for task, asked in bundles.items()
    }
    first = np.array([i[0] for i in chosen])
    truth = data["scenario"].values[first].astype(str)
    tables = dict[str, pd.DataFrame]()
    if "model-choice" in bundles:
        choice = bundles["model-choice"]
        probabilities = application.scenario_probabilities(choice, pooled["model-choice"])
        ghosts = {name: decisions.has_ghost(name) for name in (*choice.description["scenarios"], *truth.tolist())}
        tables |= evaluate_model_choice(probabilities, choice.description["scenarios"], truth, ghosts, seed=seed)
    if "parameters" in bundles and bundles["parameters"].description["scenario"] in truth:
        posterior = bundles["parameters"]
        own = truth == posterior.description["scenario"]
        scale = parameters.scale(posterior)
        told = {name: f"parameter_{name}" for name in scale.names}
        known = {name: data[label].values[first[own]] for name, label in told.items() if label in data.coords}
        draws = parameters.draw(posterior, pooled["parameters"][own], DRAWS_PER_GENOME, seed)
        tables |= evaluate_posterior(draws, scale.to_normal(known), scale.names, seed=seed)
    return tables


def posteriors(trained: bundle.Bundle, data: xr.Dataset) -> NDArray[np.float32]:
    """Posterior of every region, haplotype and bin of a dataset of statistics; NaN where nothing is called."""
    names = ("haplotype_statistics", "callable_fraction", "haplotype_moments")
    each = zip(*(data[name].values for name in names), strict=True)
    return np.stack([application.segment_posterior(trained, *region) for region in each])


def _check_unseen(trained: bundle.Bundle, statistics: list[Path]) -> None:
    """Refuse files that the bundle's provenance lists among those of its training, whatever their names are now."""
    listed = trained.description["provenance"].get("inputs")
    entries = listed.values() if isinstance(listed, dict) else ()
    seen = {str(entry.get("sha256")) for entry in entries if isinstance(entry, dict)}
    for path in statistics:
        if provenance.sha256(path) in seen:
            raise DataError(
                f"{path}: the model was trained on it ({trained.task}); evaluate with genomes it has not seen"
            )


def genome_names(data: xr.Dataset) -> NDArray[np.str_]:
    """``SCENARIO/GENOME`` of each region."""
    pairs = zip(data["scenario"].values, data["genome"].values, strict=True)
    return np.array([f"{scenario}/{genome}" for scenario, genome in pairs])


def _offered(data: xr.Dataset) -> dict[str, object]:
    return {
        "ancestral": str(data.attrs["ancestral"]),
        "statistics": [str(name) for name in data["statistic"].values],
    }


def _proportions(data: xr.Dataset) -> NDArray[np.float64]:
    """Ghost proportion of each region's genome as it was realised in the target, 0 where there was none."""
    realised = data["ghost_fraction"].mean(dim=("haplotype", "bin")).to_series().groupby(genome_names(data))
    return np.asarray(realised.transform("mean"), dtype=np.float64)


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

    provenance.check_complete(calls, "apply")
    threshold = float(json.loads((calls / provenance.COMPLETE).read_text(encoding="utf-8"))["options"]["threshold"])
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
        own = truth[truth["region"] == int(str(contig)) - 1]
        interval = int(rows["start"].min()), int(rows["end"].max())
        size = int((rows["end"] - rows["start"]).max())
        own = own.assign(haplotype=own["haplotype"] - first_target)
        own = own[(own["haplotype"] >= 0) & (own["haplotype"] < len(labels))]
        posterior.append(rows[labels].to_numpy(dtype=np.float32).T)
        fraction.append(dataset.ghost_fraction(own, len(labels), interval, size))
    if len({part.shape for part in fraction}) > 1:
        raise DataError(
            f"{calls}: contigs differ in their number of bins; evaluation needs whole regions of one length"
        )
    truth_fraction = np.stack(fraction)
    proportion = np.full(len(posterior), truth_fraction.mean())
    numbers = np.arange(len(posterior))
    return evaluate_segments(np.stack(posterior), truth_fraction, numbers, proportion, threshold=threshold, seed=seed)


def _first_target(tracts: Path, bins: pd.DataFrame, num_haplotypes: int) -> int:
    """Index of the first target haplotype among the samples, from the tree sequences beside the tracts.

    They are held against the calls, as far as calls tell of what they are.
    """
    from introghost.simulation.ancestry import read_trees

    trees = tracts.with_suffix("").with_suffix(".trees")
    if not trees.is_file():
        raise DataError(f"{trees}: needed beside {tracts.name}, to know which samples are the target")
    regions = list(read_trees(trees))
    about = regions[0].metadata["introghost"]
    for what, simulated, called in (
        ("target haplotypes", 2 * int(about["target_diploids"]), num_haplotypes),
        ("contigs", len(regions), bins["contig"].nunique()),
        ("Mb at most in a contig", regions[0].sequence_length / 1e6, bins["end"].max() / 1e6),
    ):
        if called > simulated or (what == "target haplotypes" and called != simulated):
            raise DataError(
                f"{tracts}: the truth of {simulated:g} {what}, the calls have {called:g}; is it of these calls?"
            )
    return 2 * int(about["outgroup_diploids"])
