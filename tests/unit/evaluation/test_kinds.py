"""Which files a model is evaluated on: those of the segment network, those of whole genomes, and those of neither."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from untrained import TRAINING, choice_bundle, segments_bundle

from introghost.errors import DataError, ModelError
from introghost.evaluation.kinds import File, kinds
from introghost.model import Model
from introghost.simulation import scenarios
from introghost.simulation.ancestry import SimulationSettings, simulate_genome_with_tracts
from introghost.simulation.observation import ObservationModel
from introghost.simulation.observed import observe
from introghost.statistics import dataset
from introghost.statistics.dataset import Region
from introghost.statistics.table import Statistics

DEMO = Path(__file__).parents[3] / "config" / "demo"
DIGEST, OTHER_DIGEST = "5" * 64, "6" * 64


def statistics(genome: int, num_regions: int, *, with_haplotypes: bool) -> Statistics:
    """Of one small genome of the demonstration's model."""
    length_bp = TRAINING.region_length_bp
    sizes = {"outgroup_diploids": 4, "target_diploids": 5}
    settings = SimulationSettings(seed=1, num_regions=num_regions, region_length_bp=length_bp, **sizes)
    regions = []
    for index, (trees, tracts) in enumerate(simulate_genome_with_tracts(scenarios.load(DEMO), genome, settings)):
        seen = observe(trees, ObservationModel.parse(sizes), ancestral="outgroup-major", seed=1, windows=None)
        kept = {"genome": genome, "scenario": "demo", "tracts": seen.tracts(tracts), "ghost_of_target": True}
        regions.append(Region(haplotypes=seen.haplotypes, index=index, **kept))
    attributes = {key: [number, number] for key, number in sizes.items()} | {"observation": json.dumps(sizes)}
    return dataset.build(
        regions, bin_bp=TRAINING.bin_bp, attributes=attributes, with_haplotypes=with_haplotypes, num_rows=10
    )


@pytest.fixture(scope="module")
def of_segments() -> Statistics:
    """One region, with haplotypes."""
    return statistics(0, 1, with_haplotypes=True)


@pytest.fixture(scope="module")
def of_regions() -> Statistics:
    """Two whole regions of another genome."""
    return statistics(1, 2, with_haplotypes=False)


def made_with(statistics: Statistics, digest: str) -> Statistics:
    """The same as if its pooled statistics were of a segment network with this digest."""
    return Statistics(statistics.dataset.assign_attrs(segments=digest))


def files(*statistics: Statistics) -> list[File]:
    return [File(Path(f"{number}.zarr.zip"), each) for number, each in enumerate(statistics)]


def model(digest: str | None) -> Model:
    """A model whose network for whole genomes was trained with a segment network; None: it has segments alone."""
    choice = None if digest is None else dataclasses.replace(choice_bundle(), segment_model_digest=digest)
    return Model(Path("my_model"), segments_bundle(), choice, None, DIGEST)


def held(statistics: Statistics | None) -> list[tuple[int, int]] | None:
    """Genome and region of each region."""
    if statistics is None:
        return None
    return list(zip(statistics.genome_indices.tolist(), statistics.region_indices.tolist(), strict=True))


def test_each_network_has_files_of_its_kind(of_segments: Statistics, of_regions: Statistics) -> None:
    both = files(of_segments, made_with(of_regions, DIGEST))
    of_kind = kinds(model(DIGEST), both)
    assert (held(of_kind.segments), held(of_kind.genomes)) == ([(0, 0)], [(1, 0), (1, 1)])
    for number, (segments, genomes) in enumerate((([(0, 0)], None), (None, [(1, 0), (1, 1)]))):
        of_kind = kinds(model(DIGEST), both[number : number + 1])
        assert (held(of_kind.segments), held(of_kind.genomes)) == (segments, genomes)


def test_files_with_haplotypes_serve_both_networks_unless_others_are_of_genomes_alone(
    of_segments: Statistics, of_regions: Statistics
) -> None:
    of_kind = kinds(model(""), files(of_segments))
    assert (held(of_kind.segments), held(of_kind.genomes)) == ([(0, 0)], [(0, 0)])
    of_kind = kinds(model(""), files(of_segments, of_regions))
    assert (held(of_kind.segments), held(of_kind.genomes)) == ([(0, 0)], [(1, 0), (1, 1)])
    assert kinds(model(None), files(of_segments)).genomes is None


def test_what_serves_both_is_left_to_the_network_without_files_of_its_own(
    of_segments: Statistics, of_regions: Statistics
) -> None:
    both = made_with(statistics(2, 1, with_haplotypes=True), DIGEST)
    cases = [
        (of_segments, [(0, 0)], [(2, 0)]),
        (made_with(of_regions, DIGEST), [(2, 0)], [(1, 0), (1, 1)]),
    ]
    for other, segments, genomes in cases:
        of_kind = kinds(model(DIGEST), files(both, other))
        assert (held(of_kind.segments), held(of_kind.genomes)) == (segments, genomes)


@pytest.mark.parametrize(("digest", "made"), [(OTHER_DIGEST, "another segment network"), ("", "no segment network")])
def test_genomes_of_another_segment_network_are_refused(of_regions: Statistics, digest: str, made: str) -> None:
    with pytest.raises(ModelError, match=f"^0.zarr.zip: made with {made}, my_model/model-choice was trained with `"):
        kinds(model(DIGEST), files(made_with(of_regions, digest)))


def test_haplotypes_beside_what_another_segment_network_says_are_refused(of_segments: Statistics) -> None:
    with pytest.raises(ModelError, match=r"^0.zarr.zip: made with another segment network, .* with none; make"):
        kinds(model(""), files(made_with(of_segments, OTHER_DIGEST)))


def test_whole_regions_say_nothing_about_a_segment_network(of_regions: Statistics) -> None:
    with pytest.raises(DataError, match=r"^0.zarr.zip: statistics of whole regions alone, and my_model has only"):
        kinds(model(None), files(of_regions))


def test_real_data_are_refused(of_segments: Statistics) -> None:
    nameless = of_segments.dataset.assign_coords(scenario=("region", np.array([""])))
    with pytest.raises(DataError, match=r"^0.zarr.zip: these statistics have no truth"):
        kinds(model(""), files(Statistics(nameless)))


def test_statistics_of_other_bins_are_refused(of_segments: Statistics) -> None:
    other = Statistics(of_segments.dataset.assign_attrs(bin_bp=20_000))
    with pytest.raises(ModelError, match="my_model/segments: trained with bin_bp 10000, the data have 20000"):
        kinds(model(DIGEST), files(other))


def test_the_same_genome_twice_is_refused(of_segments: Statistics) -> None:
    with pytest.raises(DataError, match="both hold genome 0 of scenario demo"):
        kinds(model(DIGEST), files(of_segments, of_segments))
