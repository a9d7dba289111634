"""Networks trained on made-up genomes, and other such genomes to test them on."""

import dataclasses

import pytest
from made_up import SCENARIOS, USED_REGIONS, Family, made_up, of_used_regions

from introghost.inference import genome_training
from introghost.inference.bundles import ChoiceBundle, ParametersBundle
from introghost.inference.fields import Range
from introghost.statistics.table import Statistics

WHOLE = Range(USED_REGIONS, USED_REGIONS)


@pytest.fixture(scope="session")
def bundle() -> ChoiceBundle:
    """A network that tells the scenarios apart, and was not trained on parts of genomes."""
    training = of_used_regions(made_up(40, seed=1, first=100))
    trained = genome_training.train_model_choice(training, epochs=30, seed=1, width=0, members=2).bundle
    return dataclasses.replace(trained, regions=WHOLE)


@pytest.fixture(scope="session")
def posterior() -> ParametersBundle:
    """A network that knows the parameters."""
    ghosts = of_used_regions(made_up(120, seed=3, first=200, scenarios=("ghost",)))
    trained = genome_training.train_parameters(ghosts, Family(), epochs=40, seed=1, width=8, members=1).bundle
    return dataclasses.replace(trained, regions=WHOLE)


@pytest.fixture(scope="session")
def statistics() -> Statistics:
    """Twelve genomes of each scenario."""
    return made_up(12, seed=2, first=0, scenarios=tuple(SCENARIOS))
