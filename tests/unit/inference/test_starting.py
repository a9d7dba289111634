"""Training that starts from a trained network: what it takes over, what it refuses, and that it can only get better."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_statistics import small_statistics

from introghost import models
from introghost.errors import ConfigError, ModelError
from introghost.inference import bundle_files, genome_training, segment_training, starting, training
from introghost.inference.bundles import ChoiceBundle, ParametersBundle, SegmentsBundle, Task
from introghost.inference.fields import Range
from introghost.inference.file_calibration import SPREADS, FileCalibration
from introghost.inference.genome_batches import GenomeBatches
from introghost.inference.genome_training import Prepared
from introghost.inference.prior_scale import PriorScale
from introghost.inference.starting import Start
from introghost.simulation import scenarios
from introghost.simulation.priors import Bound, Prior
from introghost.statistics.table import Statistics

SCENARIOS = ("bottleneck", "ghost_2", "no_ghost")
FOLDER = Path("model/task")


def genomes(scenarios: tuple[str, ...], number: int, first: int = 0) -> list[tuple[str, int]]:
    return [(scenario, genome) for scenario in scenarios for genome in range(first, first + number)]


class Family:
    """A scenario whose one parameter is the number of the genome."""

    def __init__(self, name: str = "ghost_2", highest: float = 500.0) -> None:
        self.name, self.parameters = name, [Prior("t", "uniform", Bound(-1.0), Bound(highest))]


@pytest.fixture(scope="module")
def model() -> ChoiceBundle:
    """Of three scenarios, with members that differ."""
    statistics = small_statistics(genomes(SCENARIOS, 40), seed=2)
    return genome_training.train_model_choice(statistics, epochs=3, seed=2, members=3).bundle


@pytest.fixture(scope="module")
def new() -> Statistics:
    """Other genomes of two of the scenarios."""
    return small_statistics(genomes(SCENARIOS[:2], 40, first=50), seed=3)


def adapted(model: ChoiceBundle, statistics: Statistics, epochs: int = 2) -> training.Trained[ChoiceBundle]:
    return genome_training.train_model_choice(statistics, epochs=epochs, seed=4, start=Start(model, FOLDER))


@pytest.mark.parametrize("rows", [[0, 1], [2, 0], [1], [0, 1, 2]])
@pytest.mark.parametrize("width", [0, 16])
def test_members_begin_with_the_models_probabilities_over_the_chosen_scenarios(
    model: ChoiceBundle, rows: list[int], width: int
) -> None:
    if width == 0:
        statistics = small_statistics(genomes(SCENARIOS, 40), seed=2)
        model = genome_training.train_model_choice(statistics, epochs=3, seed=2, width=0, members=3).bundle
    chosen = {SCENARIOS[row]: model.ghost_of_target[SCENARIOS[row]] for row in rows}
    start = Start(model, FOLDER)
    network, discriminants, architecture = starting.choice(start, chosen, 9, references=4, levels=2)
    again = type(network)(**architecture)
    again.load_state_dict(network.state_dict())
    values, number = torch.rand(20, 5) * 3, torch.linspace(1, 8, 20)
    with torch.inference_mode():
        before, after = (torch.softmax(one.each(values, number), dim=2) for one in (model.network, again.eval()))
        expected = before[:, :, rows] / before[:, :, rows].sum(dim=2, keepdim=True)
        torch.testing.assert_close(after, expected)
        torch.testing.assert_close(torch.softmax(again(values, number), dim=1), expected.mean(0))
        standard = model.network.standardise(values, number)
        every = discriminants.of(standard, torch.zeros(20, dtype=torch.int64)).transpose(0, 1)
        torch.testing.assert_close(every, model.network.discriminants(values, number), rtol=1e-4, atol=1e-5)
    assert (len(discriminants.fold), architecture["discriminants"], architecture["scenarios"]) == (9, 3, len(rows))
    assert float(before.std(dim=0).mean()) > 1e-3, "members differ"
    assert len(model.network.members[0][-1].weight) == 3, "the model is left as it is"


def test_what_a_model_took_from_its_genomes_stays(model: ChoiceBundle, new: Statistics, tmp_path: Path) -> None:
    bundle = adapted(model, changed(new, "segments", "a" * 64)).bundle
    before, after = model.network.state_dict(), bundle.network.state_dict()
    fixed = {name for name in before if name.startswith(("standardise", "slopes", "intercepts"))}
    assert len(fixed) == 5
    for name in fixed:
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=0)
    assert bundle.scenarios == ("bottleneck", "ghost_2")
    assert bundle.training.num_training + bundle.training.num_validation == 80
    bundle_files.save(bundle, tmp_path / "model-choice")
    loaded = bundle_files.load(tmp_path / "model-choice", ChoiceBundle)
    values, number = torch.rand(6, 5), torch.full((6,), 2.0)
    with torch.inference_mode():
        torch.testing.assert_close(loaded.network(values, number), bundle.network(values, number), rtol=0, atol=0)


def test_epoch_0_is_the_model_itself(model: ChoiceBundle, new: Statistics) -> None:
    curve = adapted(model, new).learning_curve
    assert curve["epoch"].tolist() == [0, 1, 2]
    assert curve["training_loss"].isna().tolist() == [True, False, False]
    # The cross-entropy of held-out genomes and their parts by the model's members, each over the chosen scenarios.
    parts = Prepared.of(new, 4, "novelty parts").genomes
    classes = torch.tensor([SCENARIOS.index(name) for name in parts.scenarios])
    ((values, number, truth),) = GenomeBatches(parts, parts.validation, (classes,), 1_000, None)
    with torch.inference_mode():
        members = torch.softmax(model.network.each(values, number), dim=2)[:, :, :2]
    each = (members / members.sum(dim=2, keepdim=True)).mean(0)[np.arange(len(truth)), truth].log().numpy()
    loss = -np.mean([each[truth == index].mean() for index in (0, 1)])
    assert curve["validation_loss"][0] == pytest.approx(loss, rel=1e-5)


def test_weights_of_the_start_are_kept_if_nothing_is_better() -> None:
    """Training pulls the weight away from where validation wants it to be."""
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, 0.5)
    data = torch.utils.data.TensorDataset(torch.ones(8, 1), torch.ones(8, 1))
    loader = torch.utils.data.DataLoader(data, batch_size=4)

    def loss(model: torch.nn.Linear, batch: training.Batch) -> torch.Tensor:
        return -model.weight.sum() if torch.is_grad_enabled() else (model.weight - 0.5).square().sum()

    settings = {"epochs": 9, "learning_rate": 0.02, "patience": 3, "seed": 1}
    curve = training.fit(network, loss, loader, loader, **settings, is_trained=True)
    assert network.weight.item() == 0.5
    assert curve["epoch"].tolist() == [0, 1, 2, 3], "three epochs that are no better, then the end"
    assert curve["validation_loss"][0] == 0
    training.fit(network, loss, loader, loader, **settings)
    assert network.weight.item() > 0.5, "epoch 1 is the first that counts"


def test_steps_are_a_tenth(model: ChoiceBundle, new: Statistics) -> None:
    """A step of Adam moves a weight by about the learning rate, whose highest is 2e-4."""
    trained = adapted(model, new, epochs=1)
    fresh = starting.choice(Start(model, FOLDER), trained.bundle.ghost_of_target, 1, references=0, levels=2)[0]
    before, after = dict(fresh.named_parameters()), dict(trained.bundle.network.named_parameters())
    moved = max(float((after[name] - before[name]).detach().abs().max()) for name in before)
    steps = -(-2 * 40 // 32)
    assert moved < 1.5 * steps * 2e-4
    if trained.learning_curve["validation_loss"].argmin() == 1:
        assert moved > 1e-5


def test_the_temperature_is_the_models_where_few_genomes_are_held_out(model: ChoiceBundle, new: Statistics) -> None:
    model = replace(model, temperature=3.21)
    assert adapted(model, new).bundle.temperature == 3.21
    many = adapted(model, small_statistics(genomes(SCENARIOS[:2], 180, first=50), seed=3), epochs=1).bundle
    assert many.training.num_validation >= 40
    assert many.temperature != 3.21


def test_references_are_new_genomes_where_these_are_enough(model: ChoiceBundle, new: Statistics) -> None:
    few = small_statistics(genomes(SCENARIOS[:2], 15, first=50), seed=3)
    assert not adapted(model, few).bundle.knows_novelty
    many = small_statistics(genomes(SCENARIOS[:2], 60, first=50), seed=3)
    bundle = adapted(model, many).bundle
    assert bundle.architecture["references"] == 60
    parts = Prepared.of(many, 4, "novelty parts").parts
    roots = model.network.standardise.roots(torch.from_numpy(parts[0].values)).half()
    references = bundle.network.novelty.references
    for index in range(2):
        rows = roots[index * 60 : (index + 1) * 60]
        torch.testing.assert_close(references[index].sort(dim=0).values, rows.sort(dim=0).values, rtol=0, atol=0)


def changed(statistics: Statistics, attribute: str, value: object) -> Statistics:
    return Statistics(statistics.dataset.assign_attrs({attribute: value}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda new: changed(new, "bin_bp", 5_000), "trained with bin_bp 10000, which is 5000 here"),
        (lambda new: changed(new, "region_length_bp", 60_000), "region_length_bp 50000, which is 60000 here"),
        (lambda new: changed(new, "ancestral", "ancestral"), "ancestral 'outgroup-major', which is 'ancestral' here"),
        (
            lambda new: Statistics(new.dataset.assign_coords(pooled_statistic=["mean_of_a", "other", "posterior"])),
            "input number 2 is 'mean_of_b' in the model and 'other' in these statistics",
        ),
        (
            lambda _: small_statistics(genomes(("bottleneck", "unheard_of"), 20)),
            "does not know the scenario unheard_of, only bottleneck, ghost_2, no_ghost",
        ),
        (
            lambda new: changed(new, "ghost_of_target", '{"bottleneck": true, "ghost_2": true}'),
            "scenario bottleneck is with a ghost that gave to the target, in the model without",
        ),
    ],
)
def test_statistics_that_the_model_was_not_made_for_are_refused(
    model: ChoiceBundle, new: Statistics, change, message: str
) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        adapted(model, change(new))
    assert str(caught.value).startswith("model/task: ")
    assert str(caught.value).endswith("or train without this model")


def test_what_another_segment_network_says_is_no_reason_to_refuse(model: ChoiceBundle, new: Statistics) -> None:
    assert adapted(model, changed(new, "segments", "a" * 64)).bundle.segment_model_digest == "a" * 64


@pytest.mark.parametrize("sizes", [{"width": 16}, {"members": 3}])
def test_sizes_are_the_models(model: ChoiceBundle, new: Statistics, sizes: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="--width and --members are those of the model"):
        genome_training.train_model_choice(new, epochs=1, seed=1, **sizes, start=Start(model, FOLDER))


@pytest.fixture(scope="module")
def posterior() -> ParametersBundle:
    statistics = small_statistics(genomes(("ghost_2",), 30), seed=2)
    return genome_training.train_parameters(statistics, Family(), epochs=2, seed=2, width=8, members=2).bundle


def test_a_posterior_starts_from_that_of_the_model(posterior: ParametersBundle) -> None:
    statistics = small_statistics(genomes(("ghost_2",), 30, first=50), seed=3)
    start = Start(posterior, FOLDER)
    trained = genome_training.train_parameters(statistics, Family(), epochs=1, seed=4, start=start)
    before, after = posterior.network.state_dict(), trained.bundle.network.state_dict()
    for name in before:
        limit = 1e-3 if name.startswith("flows") else 0  # one batch: a step of at most 1e-4
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=limit)
    parts = Prepared.of(statistics, 4, "scale").genomes
    normal = PriorScale(Family().parameters).to_normal(parts.parameters).astype(np.float32)
    (batch,) = GenomeBatches(parts, parts.validation, (torch.from_numpy(normal),), 1_000, None)
    with torch.inference_mode():
        loss = -float(posterior.network(*batch).mean())
    assert trained.learning_curve["validation_loss"][0] == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize(
    ("family", "message"),
    [
        (Family(highest=501.0), "other priors of scenario ghost_2, first t"),
        (Family(name="ghost_3"), "has the parameters of scenario ghost_2, not of ghost_3"),
    ],
)
def test_other_priors_and_scenarios_are_refused(posterior: ParametersBundle, family: Family, message: str) -> None:
    statistics = small_statistics(genomes((family.name,), 30))
    with pytest.raises(ModelError, match=message):
        genome_training.train_parameters(statistics, family, epochs=1, seed=1, start=Start(posterior, FOLDER))


def test_segments_start_from_those_of_the_model() -> None:
    second = small_statistics(genomes(("ghost_2", "no_ghost"), 12, first=50), seed=50)
    start = segments_start()
    model = start.bundle
    trained = segment_training.train_segments(second, epochs=1, seed=2, start=start)
    bundle: SegmentsBundle = trained.bundle
    assert bundle.architecture == model.architecture
    before, after = model.network.state_dict(), bundle.network.state_dict()
    steps = -(-trained.bundle.training.num_training * 4 // 32)
    for name in before:
        limit = 0 if name.startswith("standardise") else 1.5 * steps * 1e-4
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=limit)
    other_names = small_statistics(genomes(("ghost_2",), 9), names=("a", "b", "private_quarter_4", "private_quarter_1"))
    with pytest.raises(ModelError, match="input number 3 is 'private_quarter_1' in the model and 'private_quarter_4'"):
        segment_training.train_segments(other_names, epochs=1, seed=1, start=start)
    with pytest.raises(ConfigError, match="--width and --members"):
        segment_training.train_segments(second, epochs=1, seed=1, width=8, start=start)


def segments_start() -> Start[SegmentsBundle]:
    """A segment network with a temperature and a threshold that no training would find."""
    statistics = small_statistics(genomes(("ghost_2", "no_ghost"), 12, first=1))
    model = segment_training.train_segments(statistics, epochs=2, seed=1, width=8, members=2).bundle
    by_file = FileCalibration(
        (0.0,) * SPREADS, (1.0,) * SPREADS, 9.0, (0.0,) * SPREADS, 1.0, 1.0, 1.0, (0.0,) * SPREADS
    )
    calibrated = {
        "temperature": 9.0,
        "thresholds": {0.5: 0.5},
        "highest_called_share": 0.7,
        "file_calibration": by_file,
    }
    return Start(replace(model, **calibrated), FOLDER)


@pytest.mark.parametrize(("number", "is_anew"), [(110, False), (150, True)])
def test_segments_are_calibrated_anew_where_enough_genomes_are_held_out(
    number: int, is_anew: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows do not count: each genome has two regions and two observations."""
    start = segments_start()
    pairs = genomes(("ghost_2", "no_ghost"), number, first=50)
    observed = Statistics.concatenate([small_statistics(pairs, num_bins=5, observation=draw) for draw in (0, 1)])
    held_out = training.split_genomes(observed.scenarios, observed.genome_indices, 2)
    num_genomes = int(held_out.sum()) // 4
    assert (num_genomes >= 40) == is_anew
    assert held_out.sum() > 80
    caplog.set_level("INFO", "introghost")
    bundle = segment_training.train_segments(observed, epochs=1, seed=2, start=start).bundle
    lines = [record.getMessage() for record in caplog.records if "held out" in record.getMessage()]
    if is_anew:
        assert bundle.temperature != 9
        assert bundle.highest_called_share != 0.7
        assert bundle.file_calibration is not None, "too few genomes to learn another, but thresholds are new"
        assert bundle.file_calibration.height == start.bundle.file_calibration.height
        assert list(bundle.thresholds) == [0.05, 0.1, 0.15, 0.2]
        assert not lines
    else:
        assert (bundle.temperature, bundle.thresholds) == (9.0, {0.5: 0.5})
        assert bundle.highest_called_share == 0.7
        assert bundle.file_calibration == start.bundle.file_calibration
        assert len(lines) == 1
        assert lines[0].startswith(f"genomes held out: {num_genomes}, fewer than the 40")
        assert lines[0].endswith("calibration stays that of model/task")


@pytest.mark.parametrize(
    ("trained", "num_regions", "expected"),
    [((6, 50), 20, (6, 20)), ((6, 50), 8, (6, 8)), ((6, 50), 6, (6, 6)), ((1, 50), 20, (4, 20)), ((1, 3), 8, (1, 8))],
)
def test_a_network_claims_no_fewer_regions_than_the_model(
    model: ChoiceBundle,
    posterior: ParametersBundle,
    trained: tuple[int, int],
    num_regions: int,
    expected: tuple[int, int],
) -> None:
    scenarios = SCENARIOS[:2]
    statistics = small_statistics(genomes(scenarios, 15, first=50), num_regions=num_regions, num_bins=2)
    model, posterior = (replace(bundle, regions=Range(*trained)) for bundle in (model, posterior))
    length = {"region_length_bp": statistics.region_length_bp}
    model, posterior = (replace(one, training=replace(one.training, **length)) for one in (model, posterior))
    start = Start(posterior, FOLDER)
    for bundle in (
        adapted(model, statistics, epochs=1).bundle,
        genome_training.train_parameters(statistics, Family(), epochs=1, seed=4, start=start).bundle,
    ):
        assert bundle.regions == Range(*expected)


def test_genomes_of_fewer_regions_than_the_models_are_refused(model: ChoiceBundle, posterior: ParametersBundle) -> None:
    statistics = small_statistics(genomes(SCENARIOS[:2], 15, first=50), num_regions=5)
    model, posterior = (replace(bundle, regions=Range(6, 50)) for bundle in (model, posterior))
    message = (
        "^model/task: trained on genomes of 6 regions and more, those here have 5 at most; simulate more regions, or"
    )
    with pytest.raises(ModelError, match=message):
        adapted(model, statistics)
    with pytest.raises(ModelError, match=message):
        genome_training.train_parameters(statistics, Family(), epochs=1, seed=4, start=Start(posterior, FOLDER))


HUMAN = models.locate("human")
PRESETS = Path(__file__).parents[3] / "config" / "scenarios"


def check_human(task: Task, *names: str, scenario: str | None = None, **changes: object) -> None:
    """What the shipped model says to a configuration that differs from it in these."""
    settings = {"ancestral": "outgroup-major", "bin_bp": 5_000, "region_length_bp": 1_000_000, "regions": 20}
    loaded = {name: scenarios.load(PRESETS / name) for name in names}
    starting.check_start(HUMAN, task, **settings | changes, scenarios=loaded, scenario=scenario)


def test_a_configuration_that_suits_the_model_passes() -> None:
    check_human(Task.SEGMENTS, "ghost", regions=1)
    check_human(Task.MODEL_CHOICE, "ghost", "no_ghost", regions=6)
    check_human(Task.PARAMETERS, "ghost", "no_ghost", scenario="ghost", regions=6)


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bin_bp": 10_000}, "trained with bin_bp 5000, which is 10000 here"),
        ({"region_length_bp": 500_000}, "trained with region_length_bp 1000000, which is 500000 here"),
        ({"ancestral": "ancestral"}, "trained with ancestral 'outgroup-major', which is 'ancestral' here"),
        ({"regions": 5}, "trained on genomes of 6 regions and more, those here have 5 at most"),
    ],
)
def test_a_configuration_of_other_settings_is_refused(task: Task, change: dict[str, object], message: str) -> None:
    scenario = "ghost" if task is Task.PARAMETERS else None
    if task is Task.SEGMENTS and "regions" in change:
        check_human(task, "ghost", **change)
        return
    with pytest.raises(ModelError, match=f"human/{task}: {message}"):
        check_human(task, "ghost", scenario=scenario, **change)


def test_a_configuration_of_other_scenarios_and_priors_is_refused() -> None:
    settings = {"ancestral": "outgroup-major", "bin_bp": 5_000, "region_length_bp": 1_000_000, "regions": 20}
    ghost = scenarios.load(PRESETS / "ghost")
    for task, held, scenario, message in (
        (Task.MODEL_CHOICE, {"island": replace(ghost, name="island")}, None, "does not know the scenario island"),
        (
            Task.MODEL_CHOICE,
            {"ghost": replace(ghost, has_target_ghost=False)},
            None,
            "scenario ghost is without a ghost that gave to the target, in the model with, or",
        ),
        (Task.PARAMETERS, {"island": replace(ghost, name="island")}, "island", "of scenario ghost, not of island"),
        (
            Task.PARAMETERS,
            {"ghost": replace(ghost, parameters=ghost.parameters[1:])},
            "ghost",
            f"other priors of scenario ghost, first {ghost.parameters[0].name};",
        ),
    ):
        with pytest.raises(ModelError, match=message):
            starting.check_start(HUMAN, task, **settings, scenarios=held, scenario=scenario)
    with pytest.raises(ConfigError, match="it has no segments/"):
        starting.check_start(PRESETS, Task.SEGMENTS, **settings, scenarios={}, scenario=None)


def test_a_model_without_the_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it has no parameters/"):
        Start.load(tmp_path, ParametersBundle)
