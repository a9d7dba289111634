"""Networks for whole genomes: what they are trained on, and that they learn what theory says."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from small_statistics import ATTRIBUTES, small_statistics
from squares import squares

from introghost.errors import DataError
from introghost.findings import Code
from introghost.inference import genome_training, training
from introghost.inference.bundles import ChoiceBundle
from introghost.inference.discriminants import Discriminants
from introghost.inference.genome_batches import Genomes
from introghost.inference.genome_training import Prepared
from introghost.networks.model_choice import ModelChoiceNetwork
from introghost.simulation.priors import Bound, Prior
from introghost.statistics.table import Statistics

REGIONS = 16


@pytest.mark.parametrize("width", [0, 16])
def test_model_choice_between_two_gaussians_is_that_of_bayes_theorem(width: int) -> None:
    """Networks see signed roots, so that squares with a sign are seen as the Gaussian variables that they are of."""
    torch.manual_seed(1)
    classes = torch.arange(6_000) % 2
    seen = squares(torch.randn(6_000, 2) + classes[:, None] * torch.tensor([1.5, -0.5]))
    weights = torch.distributions.Exponential(1.0).sample((6_000, 3))
    held_out = np.arange(6_000) < 500
    weights[held_out] = 1
    network = ModelChoiceNetwork(3, 2, 2, width, members=3)
    fitted_to = network.standardise(*seen).numpy(), classes.numpy(), weights.numpy()
    discriminants = Discriminants.fit(*fitted_to, held_out, np.arange(6_000))
    discriminants.give(network)
    data = torch.utils.data.TensorDataset(*seen, classes, weights, discriminants.fold)
    parts = [torch.utils.data.Subset(data, np.flatnonzero(side).tolist()) for side in (~held_out, held_out)]
    loaders = torch.utils.data.DataLoader(parts[0], 100, shuffle=True), torch.utils.data.DataLoader(parts[1], 500)
    training.fit(network, discriminants.loss, *loaders, epochs=20, learning_rate=0.01, patience=20, seed=1)
    new = torch.randn(1_000, 2) + torch.tensor([0.75, -0.25])
    exact = torch.sigmoid(new @ torch.tensor([1.5, -0.5]) - (1.5**2 + 0.5**2) / 2)
    with torch.inference_mode():
        together = torch.softmax(network(*squares(new)), dim=1)[:, 1]
        each = torch.softmax(network.each(*squares(new)), dim=2)[:, :, 1]
    assert float((together - exact).abs().max()) < 0.08
    assert float((together - exact).abs().mean()) < 0.02
    torch.testing.assert_close(together, each.mean(0))
    assert 0.001 < float(each.std(0).mean()) < 0.03, "members see other genomes"


def test_few_regions_say_less_and_a_network_knows_by_how_much() -> None:
    """The mean of n Gaussian regions: the exact log odds are n times those of one region."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    classes = np.arange(1_200) % 2
    regions = [
        np.stack([0.5 * label + rng.normal(size=REGIONS), np.zeros(REGIONS)], axis=1).astype(np.float32)
        for label in classes
    ]
    shifted = [np.column_stack([(row[:, 0] + 30) ** 2, row[:, 1]]).astype(np.float32) for row in regions]
    genomes = Genomes(shifted, np.arange(1_200) < 200, np.arange(1_200), classes.astype(str))
    prepared = Prepared(small_statistics([("s", 1)]), genomes, genomes.parts(rng))
    network, weights = ModelChoiceNetwork(3, 2, 2), np.ones((1_200, 1), np.float32)
    standard = prepared.standardise(network)
    discriminants = Discriminants.fit(standard, classes, weights, genomes.held_out, genomes.identities)
    discriminants.give(network)
    labels = torch.from_numpy(classes), torch.from_numpy(weights), discriminants.fold
    fitted = {"batch_size": 50, "learning_rate": 0.02, "epochs": 60, "seed": 1}
    prepared.fit(network, discriminants.loss, labels, genomes.train, **fitted)
    for number in (2, 16):
        mean = torch.linspace(-0.25, 0.75, 5)
        seen = torch.stack([(mean + 30) ** 2, torch.zeros(5)], dim=1)
        with torch.inference_mode():
            logits = network(seen, torch.full((5,), float(number)))
        exact = number * (0.5 * mean - 0.125)
        torch.testing.assert_close(logits[:, 1] - logits[:, 0], exact, rtol=0.3, atol=0.6)


PAIRS = [(scenario, number) for scenario in ("no_ghost", "ghosts") for number in range(20)]


@pytest.fixture(scope="module")
def choice() -> training.Trained[ChoiceBundle]:
    return genome_training.train_model_choice(small_statistics(PAIRS, num_regions=8), epochs=1, seed=3, members=2)


def test_a_model_says_what_it_was_trained_on(choice: training.Trained[ChoiceBundle]) -> None:
    held_out = training.split_genomes(*map(np.array, zip(*PAIRS, strict=True)), seed=3)
    description = json.loads(json.dumps(choice.bundle.to_json()))
    expected = {
        "architecture": {
            "channels": 6,
            "scenarios": 2,
            "width": 16,
            "members": 2,
            "references": 0,
            "levels": 4,
            "discriminants": 2,
        },
        "inputs": ["mean_of_a", "mean_of_b", "posterior", "fst", "dxy", "num_regions"],
        "scenarios": [
            {"name": "ghosts", "ghost_of_target": True},
            {"name": "no_ghost", "ghost_of_target": False},
        ],
        "population_statistics": ["fst", "dxy"],
        "ancestral": ATTRIBUTES["ancestral"],
        "bin_bp": 10_000,
        "region_length_bp": 50_000,
        "sample_sizes": {"outgroup_diploids": [3, 4], "target_diploids": [2, 5]},
        "callable_share": [1, 1],
        "observation": {"missing": [0, 0.1]},
        "num_training": int((~held_out).sum()),
        "num_validation": int(held_out.sum()),
        "regions": [1, 8],
        "segment_model": "5e9",
    }
    assert {key: description[key] for key in expected} == expected


def test_the_same_seed_gives_the_same_network_and_another_another(choice: training.Trained[ChoiceBundle]) -> None:
    again, other = (
        genome_training.train_model_choice(small_statistics(PAIRS, num_regions=8), epochs=1, seed=seed, members=2)
        for seed in (3, 4)
    )
    weights = [trained.bundle.network.state_dict() for trained in (choice, again, other)]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(tensor, weights[1][name], rtol=0, atol=0)
    assert not torch.equal(weights[0]["slopes"], weights[2]["slopes"])


def test_networks_standardise_by_training_genomes_alone() -> None:
    """Held-out genomes that are far from all others change nothing."""
    statistics = small_statistics(PAIRS, num_regions=8)
    held_out = training.split_genomes(statistics.scenarios, statistics.genome_indices, 3)
    dataset = statistics.dataset.copy(deep=True)
    dataset["pooled_statistics"][held_out] = 1e6
    stored = []
    for one in (statistics, Statistics(dataset)):
        network = ModelChoiceNetwork(6, 2, 2)
        Prepared.of(one, 3, "test").standardise(network)
        stored.append(network.standardise.state_dict())
    for name, tensor in stored[0].items():
        torch.testing.assert_close(tensor, stored[1][name], rtol=0, atol=0)


def test_statistics_that_model_choice_cannot_learn_from_are_refused() -> None:
    for genomes, message in (
        ([*PAIRS, ("", -1)], "of a VCF"),
        ([("ghost", number) for number in range(20)], r"at least two scenarios, the statistics hold only \['ghost'\]"),
    ):
        with pytest.raises(DataError, match=message):
            genome_training.train_model_choice(small_statistics(genomes), epochs=1, seed=1)
    silent = small_statistics(PAIRS).dataset.assign_attrs(ghost_of_target="{}")
    with pytest.raises(DataError, match="do not say whether its ghost gave to the target"):
        genome_training.train_model_choice(Statistics(silent), epochs=1, seed=1)


class Uniform:
    """A scenario with one parameter, which `small_statistics` tell."""

    name = "ghosts"
    parameters = (Prior("t", "uniform", Bound(-0.5), Bound(19.5)),)


def test_parameters_are_learnt_from_the_genomes_of_their_scenario_alone() -> None:
    both = genome_training.train_parameters(small_statistics(PAIRS, num_regions=8), Uniform(), epochs=1, seed=3)
    rows = np.arange(20 * 8, 40 * 8)
    alone = small_statistics(PAIRS, num_regions=8).select(rows)
    weights = [
        trained.bundle.network.state_dict()
        for trained in (both, genome_training.train_parameters(alone, Uniform(), epochs=1, seed=3))
    ]
    for name, tensor in weights[0].items():
        torch.testing.assert_close(tensor, weights[1][name], rtol=0, atol=0)
    assert both.bundle.scenario == "ghosts"
    assert both.bundle.scale.names == ["t"]
    assert both.bundle.training.num_training + both.bundle.training.num_validation == 20
    assert both.bundle.inputs == ("mean_of_a", "mean_of_b", "posterior", "fst", "dxy", "num_regions")


def test_parameters_of_a_scenario_that_is_not_there_are_refused() -> None:
    with pytest.raises(DataError, match="no genome of scenario ghosts"):
        genome_training.train_parameters(small_statistics([("ghost", 1)]), Uniform(), epochs=1, seed=1)


@pytest.mark.parametrize(("lowest", "is_told"), [(2.80, False), (2.84, True)])
def test_a_posterior_that_is_no_better_than_the_prior_is_told(lowest: float, is_told: bool) -> None:
    """Two parameters that are standard normal have an entropy of ln(2 pi e) nats, 2.838."""
    curve = pd.DataFrame({"epoch": [1, 2, 3], "validation_loss": [9.0, lowest, np.nan]})
    findings = genome_training.prior_findings(curve, 2)
    assert [finding.code for finding in findings] == [Code.POSTERIOR_NO_BETTER_THAN_PRIOR] * is_told
    assert all("(2.84 nats against 2.84)" in finding.text for finding in findings)
