"""Bundles of networks that were never trained, for the statistics of this version: what surrounds them is tested."""

import torch

from introghost.haplotypes import OUTGROUP_MAJOR
from introghost.inference import inputs
from introghost.inference.bundles import ChoiceBundle, ParametersBundle, SegmentsBundle
from introghost.inference.fields import Range
from introghost.inference.prior_scale import PriorScale
from introghost.inference.training_data import TrainingData
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.networks.posterior import PosteriorNetwork
from introghost.networks.segments import SegmentNetwork
from introghost.simulation.priors import Bound, Prior
from introghost.statistics.haplotype import STATISTICS
from introghost.statistics.pooled import POOLED
from introghost.statistics.population import POPULATION_STATISTICS

TRAINING = TrainingData(
    statistics=STATISTICS,
    population_statistics=POPULATION_STATISTICS,
    ancestral=OUTGROUP_MAJOR,
    bin_bp=10_000,
    region_length_bp=200_000,
    outgroup_diploids=Range(4, 10),
    target_diploids=Range(5, 5),
    callable_share=(0.9, 1.0),
    observation={},
    num_training=9,
    num_validation=1,
)
OF_SEGMENTS = inputs.segment_channel_names(STATISTICS, POPULATION_STATISTICS)
OF_GENOMES = inputs.genome_channel_names(POOLED, POPULATION_STATISTICS)


def segments_bundle(training: TrainingData = TRAINING, seed: int = 1) -> SegmentsBundle:
    """A network that says something else of each bin; as they are made, networks say the same of all."""
    torch.manual_seed(seed)
    architecture = {
        "channels": len(OF_SEGMENTS),
        "population": len(POPULATION_STATISTICS),
        "width": 8,
        "members": 1,
        "references": 0,
    }
    network = SegmentNetwork(**architecture).eval()
    torch.nn.init.normal_(network.members[0][-1].weight)
    return SegmentsBundle(network, architecture, OF_SEGMENTS, training, {}, 1.0, {0.05: 0.9, 0.15: 0.6}, 1.0, None)


def choice_bundle(
    ghost_of_target: dict[str, bool] | None = None, training: TrainingData = TRAINING, references: int = 0
) -> ChoiceBundle:
    """A network that finds all scenarios equally likely."""
    scenarios = ghost_of_target or {"ghost": True, "no_ghost": False}
    architecture = {
        "channels": len(OF_GENOMES),
        "scenarios": len(scenarios),
        "width": 0,
        "members": 1,
        "references": references,
        "levels": 1,
        "discriminants": len(scenarios),
    }
    network = ModelChoiceNetwork(**architecture).eval()
    return ChoiceBundle(network, architecture, OF_GENOMES, training, {}, Range(2, 2), "", scenarios, 1.0)


def parameters_bundle(training: TrainingData = TRAINING) -> ParametersBundle:
    """A network whose flows were made with a seed, of two parameters."""
    torch.manual_seed(3)
    architecture = {"channels": len(OF_GENOMES), "parameters": 2, "width": 8, "members": 1}
    network = PosteriorNetwork(**architecture).eval()
    scale = PriorScale([Prior(name, "uniform", Bound(low), Bound(high)) for name, low, high in PRIORS])
    return ParametersBundle(network, architecture, OF_GENOMES, training, {}, Range(2, 2), "", "ghost", scale)


PRIORS = (("split_time", 1_000.0, 5_000.0), ("ghost_proportion", 0.0, 0.2))
