"""Scenario probabilities of genomes, and what speaks against believing them."""

import numpy as np
import torch
from numpy.typing import NDArray

from introghost.inference import novelty
from introghost.inference.bundles import ChoiceBundle, GenomeBundle
from introghost.inference.decisions import Doubts
from introghost.inference.extent import Least
from introghost.inference.genome import Genome
from introghost.inference.inputs import Pooled


def pooled(bundle: GenomeBundle, regions: NDArray[np.float64]) -> Pooled:
    """What a bundle's network is given of the one genome that these regions make; see `inputs.Pooled`.

    Parameters
    ----------
    bundle : GenomeBundle
    regions : ndarray of float64, shape (num_regions, num_pooled)
        Pooled statistics of each region.

    Returns
    -------
    Pooled
        One row, of at most as many regions as the bundle's network was trained on.
    """
    return Pooled.of(regions, bundle.regions.highest)


def scenario_probabilities(bundle: ChoiceBundle, genomes: Pooled) -> NDArray[np.float64]:
    """Posterior probability of each scenario of the bundle, each equally likely beforehand.

    Parameters
    ----------
    bundle : ChoiceBundle
    genomes : Pooled

    Returns
    -------
    ndarray of float64, shape (num_genomes, num_scenarios)
    """
    with torch.inference_mode():
        logits = bundle.network(*genomes.tensors()).double()
        probabilities: NDArray[np.float64] = torch.softmax(logits / bundle.temperature, dim=1).numpy()
    return probabilities


def is_too_little(bundle: GenomeBundle, genome: Genome) -> bool:
    """Whether a genome has less sequence than the least that the bundle's network was trained on.

    Parameters
    ----------
    bundle : GenomeBundle
    genome : Genome
    """
    return not Least.of(bundle.training, bundle.regions).is_met(genome.extent)


def doubts(bundle: ChoiceBundle, genome: Genome) -> Doubts:
    """What speaks against believing the choice between scenarios for one genome.

    Parameters
    ----------
    bundle : ChoiceBundle
    genome : Genome

    Returns
    -------
    Doubts
        Without novelty p-values where training had too few genomes to tell, or the genome is too little.
    """
    network, regions = bundle.network, genome.regions
    ghost = np.array(list(bundle.ghost_of_target.values()))
    genomes = pooled(bundle, regions)
    p_value, p_values = None, None
    with torch.inference_mode():
        if bundle.knows_novelty and not is_too_little(bundle, genome):
            roots = network.standardise.roots(genomes.tensors()[0]).numpy()
            each, together = novelty.p_values(network.novelty, roots, genomes.num_regions)
            p_value, p_values = float(together[0]), dict(zip(bundle.scenarios, each[0].tolist(), strict=True))
        logits = network.each(*genomes.tensors())[:, 0].double()
        members = torch.softmax(logits / bundle.temperature, dim=1)[:, torch.from_numpy(ghost)].sum(dim=1)
    odd = even = None
    if len(regions) >= 2 * bundle.regions.lowest:
        odd, even = (_p_ghost(bundle, regions[first::2], ghost) for first in (0, 1))
    return Doubts(p_value, p_values, odd, even, float(members.std(correction=0)))


def _p_ghost(bundle: ChoiceBundle, regions: NDArray[np.float64], ghost: NDArray[np.bool_]) -> float:
    """Probability of a ghost from some regions, under equal priors."""
    return float(scenario_probabilities(bundle, pooled(bundle, regions))[0, ghost].sum())
