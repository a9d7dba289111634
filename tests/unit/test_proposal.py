"""The configuration that is proposed: what it says is what the data, the model and the workload are."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import yaml

from introghost.config import parse
from introghost.configuration import Configuration, Kind
from introghost.proposal import Inputs, Proposal, Start, propose
from introghost.variants.survey import SiteCounts, Survey
from introghost.workload import ADAPTED, FROM_NOTHING

INPUTS = Inputs(
    vcf=("data/one.vcf.gz",), populations="table.tsv", outgroup="YRI", targets=("GBR",), ancestral="outgroup-major"
)
HUMAN = Start.load("human")


def survey(target: int, callable_bp: int = 12_000_000, missing: float = 0.0) -> Survey:
    numbers = (40, 2 * target, 20)
    rng = np.random.default_rng(target)
    alternative = np.stack([rng.binomial(number, 0.3, 2000) for number in numbers], axis=1)
    called = np.stack([np.full(2000, round(number * (1 - missing))) for number in numbers], axis=1)
    counts = SiteCounts(np.minimum(alternative, called), called, numbers)
    return Survey(counts, surveyed_bp=12_000_000, callable_bp=callable_bp, num_callable_sites=900)


def proposal(inputs: Inputs = INPUTS, start: Start = HUMAN, **surveys: Survey) -> Proposal:
    surveys = surveys or {"GBR": survey(15)}
    return propose(inputs, surveys, contigs=[("1", 0, 12_000_000)], results="results/my", start=start)


def parsed(text: str) -> Configuration:
    return parse(yaml.safe_load(text))


def test_it_is_a_configuration_with_the_scenarios_bins_and_regions_of_the_model() -> None:
    made = proposal()
    configuration = parsed(made.to_yaml())
    assert set(configuration.scenarios) == {
        *("back_migration", "bottleneck", "ghost", "ghost_continuous", "ghost_with_structure"),
        *("no_ghost", "outgroup_ghost", "structure", "structure_merged"),
    }
    assert (configuration.bin_bp, configuration.region_length_bp) == (5000, 1_000_000)
    assert {task: training.start for task, training in configuration.train.items()} == dict.fromkeys(
        ("segments", "model-choice", "parameters"), "human"
    )
    assert (configuration.train["segments"].epochs, configuration.train["parameters"].scenario) == (2, "ghost")
    assert configuration.results == "results/my"
    assert configuration.data is not None
    assert configuration.data.vcf == ("data/one.vcf.gz",)
    assert configuration.data.targets == {"GBR": ("GBR",)}
    assert (configuration.most_diploids("outgroup"), configuration.most_diploids("target")) == (25, 19)
    segments, genomes = (configuration.simulations[kind] for kind in (Kind.SEGMENTS, Kind.GENOMES))
    assert sum(segments.genomes.values()) == made.workload.segment_genomes
    assert 2 * segments.genomes["ghost"] == made.workload.segment_genomes
    assert set(genomes.genomes.values()) == {made.workload.genomes}
    assert (segments.regions, genomes.regions, segments.observations) == (4, 12, 1)


def test_every_value_that_was_chosen_has_its_reason() -> None:
    lines = proposal().to_yaml().splitlines()
    start, end = (next(i for i, line in enumerate(lines) if line.startswith(key)) for key in ("seed", "# No section"))
    unexplained = [line for line in lines[start:end] if ":" in line and "  # " not in line]
    assert unexplained == ["simulations:", "train:"]


@pytest.mark.parametrize("ancestral", ["info-aa", "fasta=some where/ancestral.fa"])
def test_known_ancestral_states_are_learned_from_nothing_with_more_genomes(ancestral: str) -> None:
    made = proposal(dataclasses.replace(INPUTS, ancestral=ancestral))
    configuration = parsed(made.to_yaml())
    assert configuration.ancestral == ancestral
    assert all(training.start is None for training in configuration.train.values())
    assert configuration.train["segments"].epochs == FROM_NOTHING.epochs > ADAPTED.epochs
    assert made.workload.segment_genomes > proposal().workload.segment_genomes
    assert "human knows outgroup-major alone: training starts from nothing and needs more" in made.to_yaml()
    assert configuration.observation.ancestral_error.high > 0
    assert proposal().observation == tuple(entry for entry in made.observation if entry.key != "ancestral_error")


def test_a_model_with_known_ancestral_states_is_started_from_where_the_data_have_them() -> None:
    start = dataclasses.replace(HUMAN, ancestral_status="ancestral")
    assert proposal(dataclasses.replace(INPUTS, ancestral="info-aa"), start).limits == ADAPTED
    assert proposal(INPUTS, start).limits == FROM_NOTHING


def test_several_targets_and_files() -> None:
    inputs = dataclasses.replace(INPUTS, vcf=("1.vcf.gz", "2.vcf.gz"), targets=("GBR", "CEU,TSI"))
    made = proposal(inputs, **{"GBR": survey(15), "CEU,TSI": survey(40, missing=0.05)})
    configuration = parsed(made.to_yaml())
    assert configuration.data is not None
    assert configuration.data.vcf == ("1.vcf.gz", "2.vcf.gz")
    assert configuration.data.targets == {"GBR": ("GBR",), "CEU+TSI": ("CEU", "TSI")}
    # A fifth fewer than 15 to a quarter more than 40; nothing missing to twice what is.
    sizes, missing = configuration.observation.target_diploids, configuration.observation.missing
    assert sizes is not None
    assert (sizes.low, sizes.high) == (12, 50)
    assert missing.low == 0
    assert missing.high == pytest.approx(0.1, rel=0.05)
    assert made.summary()["individuals"] == "20 of the outgroup YRI; 15 of the target GBR; 40 of the target CEU,TSI"
    assert "GBR: 15 individuals of the target in 1.vcf.gz, 2.vcf.gz; CEU,TSI: 40 individuals" in made.to_yaml()
    assert made.workload.seconds > 0


def test_mask_map_and_region_are_those_of_data_and_simulations() -> None:
    inputs = dataclasses.replace(INPUTS, include_bed="a mask.bed", genetic_map="map.tsv", region="1:1-12,000,000")
    configuration = parsed(proposal(inputs).to_yaml())
    assert configuration.data is not None
    for place in (configuration.data, configuration.observation):
        assert (place.include_bed, place.genetic_map) == ("a mask.bed", "map.tsv")
    assert configuration.data.region == "1:1-12,000,000"
    assert configuration.observation.regions == ("1:1-12000000",)


@pytest.mark.parametrize("name", ["NO", "1e5", "null", "é: #", 'a"b', "[x]"])
def test_names_that_yaml_would_read_as_something_else_stay_names(name: str) -> None:
    inputs = dataclasses.replace(INPUTS, populations=name, outgroup=name, targets=(f"{name}t",))
    configuration = parsed(proposal(inputs, **{f"{name}t": survey(15)}).to_yaml())
    assert configuration.data is not None
    assert (configuration.data.populations, configuration.data.outgroup) == (name, (name,))
    assert list(configuration.data.targets.values()) == [(f"{name}t",)]


@pytest.mark.parametrize(("callable_bp", "megabases"), [(850_000, "0.85"), (5_600_000, "5.6")])
def test_less_sequence_than_the_model_needs_is_too_little(callable_bp: int, megabases: str) -> None:
    """The model knows genomes of six regions and more, of which a twentieth may be missing."""
    little = proposal(**{"GBR": survey(15, callable_bp=callable_bp)})
    assert little.verdict.startswith(
        f"too little sequence is expected: {megabases} Mb callable, a model of this configuration needs 5.7 Mb; seg"
    )
    assert little.workload.genomes == ADAPTED.genomes[0]
    assert little.verdict in little.to_yaml()
    assert "least 8, at most 40" in little.to_yaml()


def test_enough_sequence_is_what_the_model_needs_or_a_fifth_of_a_genome() -> None:
    assert proposal().verdict == "enough sequence: 12 Mb callable, a model of this configuration needs 5.7 Mb"
    from_nothing = dataclasses.replace(INPUTS, ancestral="info-aa")
    assert (
        proposal(from_nothing).verdict == "enough sequence: 12 Mb callable, a model of this configuration needs 1.9 Mb"
    )
    start = dataclasses.replace(HUMAN, fewest_regions=11)
    made = proposal(start=start, **{"GBR": survey(15, callable_bp=10_000_000)})
    assert made.verdict.startswith(
        "too little sequence is expected: 10 Mb callable, a model of this configuration needs 10.4 Mb"
    )
    assert made.workload.regions == 11
    assert "at least 11, at most 40" in made.to_yaml()


@pytest.mark.parametrize(
    ("seconds", "text"), [(61, "about 5 minutes"), (2699, "about 45 minutes"), (7380, "about 2.0 hours")]
)
def test_the_time_in_words(seconds: float, text: str) -> None:
    made = proposal()
    made = dataclasses.replace(made, workload=dataclasses.replace(made.workload, seconds=seconds))
    assert made.minutes == f"{text} on 2 cores"


def test_the_model_is_what_its_bundles_say() -> None:
    assert HUMAN.scenario == "ghost"
    assert HUMAN.ancestral_status == "outgroup-major"
    assert HUMAN.fewest_regions == 6
    presets = Path(__file__).parents[2] / "config" / "scenarios"
    assert all((presets / name / "priors.yaml").is_file() for name in HUMAN.scenarios)


def test_fewer_minutes_make_fewer_genomes_down_to_those_that_training_needs() -> None:
    made = [
        propose(INPUTS, {"GBR": survey(15)}, contigs=[("1", 0, 12_000_000)], results="r", start=HUMAN, minutes=minutes)
        for minutes in (1, 20, None)
    ]
    fewest, few, default = (one.workload for one in made)
    assert (fewest.segment_genomes, fewest.genomes) == (ADAPTED.segment_genomes[0], ADAPTED.genomes[0])
    assert fewest.seconds < few.seconds < default.seconds
    assert few.seconds == pytest.approx(20 * 60, rel=0.15)
