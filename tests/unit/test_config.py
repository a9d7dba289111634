import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from introghost.config import (
    batches,
    decision_options,
    load,
    most_diploids,
    observation_files,
    observation_json,
    validate,
)
from introghost.errors import ConfigError
from introghost.simulation.observation import ObservationModel

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config() -> dict[str, Any]:
    return load(ROOT / "config" / "config.yaml")


@pytest.mark.parametrize("name", ["config.yaml", "1000genomes.yaml"])
def test_shipped_configurations_are_valid(name: str) -> None:
    assert set(load(ROOT / "config" / name)["scenarios"]) == {"ghost", "null", "structure"}


def test_absent_optional_keys_get_their_defaults(config: dict[str, Any]) -> None:
    for key in ("ancestral", "results"):
        del config[key]
    validate(config)
    assert (config["ancestral"], config["results"]) == ("outgroup-major", "results")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("sead",), 1, "unknown key 'sead' in the top level; did you mean 'seed'?"),
        (("train", "segments", "epoch"), 1, "unknown key 'epoch' in section 'train.segments'; did you mean 'epochs'?"),
        (("train", "parameters"), {"epochs": 1, "scenario": "gost"}, "train.parameters.scenario: no scenario 'gost'"),
        (
            ("decision",),
            {"scenario_prior": {"gost": 0.1}},
            "decision.scenario_prior.gost: no scenario 'gost'; there are",
        ),
        (
            ("decision",),
            {"scenario_prior": {"ghost": 0.8, "null": 0.7}},
            "decision.scenario_prior: prior probabilities",
        ),
        (("decision",), {"false_ghost_cost": -1}, "decision.false_ghost_cost: -1 is less than the minimum"),
        (("decision",), {"cost": 1}, "unknown key 'cost' in section 'decision'"),
        (("scenarios", "ghost", "folder"), "a/pulse", "scenarios.ghost.folder is a/pulse: the folder has to be named"),
        (("scenarios", "ghost", "zzz"), 1, "valid keys: folder, genomes, batches"),
        (("bin_bp",), "10 kb", "bin_bp: '10 kb' is not of type 'integer'"),
        (("region_length_bp",), 1_005_000, "region_length_bp: 1005000 is not a multiple of bin_bp"),
        (("minimum_allele_count",), [1, 6], "has moved from the top level to section 'observation'"),
        (("panel_diploids",), 10, "panel_outgroup_diploids and panel_target_diploids"),
        (
            ("observation", "minimum_allele_count"),
            [6, 1],
            "observation.minimum_allele_count: [6, 1]; expected a number or [LOW, HIGH]",
        ),
        (("observation", "swich_error"), 0.1, "did you mean 'switch_error'?"),
        (("observation", "target_diploids"), 0, "observation.target_diploids: 0 is less than the minimum of 1"),
        (("observation",), {"target_diploids": 5}, "section 'observation' lacks outgroup_diploids"),
        (("observation", "outgroup_gene_flow"), [0, 0.1], "set panel_target_diploids"),
        (("observation", "genetic_map_error"), 0.1, "genetic_map_error has no use without genetic_map"),
        (("observation", "regions"), ["1:5-9"], "regions has no use without genetic_map or include_bed"),
        (("observation", "regions"), ["chr1"], "observation.regions.0: 'chr1' does not match"),
        (("observation",), "nowhere.yaml", "nowhere.yaml: no such file"),
        (("results",), "my results", "results: 'my results' does not match"),
        (("ancestral",), "fasta=x.fa", "a FASTA can't go with simulated data"),
        (("scenarios", "ghost", "genomes"), 3, "scenarios.ghost: 10 batches for 3 genomes"),
        (("data", "vcf"), "x.vcf.gz", "section 'data': vcf can't go with simulated"),
        (("data",), {"vcf": "x.vcf.gz"}, "section 'data' lacks outgroup, target"),
        (("data",), {"vcf": "x.vcf.gz", "outgroup": "A", "target": "B"}, "section 'data' lacks populations"),
    ],
)
def test_what_is_not_valid_is_named(config: dict[str, Any], path: tuple[str, ...], value: Any, message: str) -> None:
    section = config
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    with pytest.raises(ConfigError) as caught:
        validate(config)
    assert message in str(caught.value)


def test_an_absent_key_is_named(config: dict[str, Any], tmp_path: Path) -> None:
    del config["seed"]
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(ConfigError, match=r"c\.yaml: the top level lacks seed"):
        load(path)


@pytest.mark.parametrize("text", ["a: [", "- 1\n", ""])
def test_a_file_that_holds_no_configuration_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        load(path)


@pytest.mark.parametrize("count", [1, 3, 7])
def test_batches_hold_each_genome_once_and_the_test_genomes_stay(config: dict[str, Any], count: int) -> None:
    changed = copy.deepcopy(config)
    changed["scenarios"]["null"] |= {"genomes": 10, "batches": count}
    parts = batches(changed, "null")
    genomes = [genome for first, number in parts.values() for genome in range(first, first + number)]
    assert genomes == list(range(config["test_genomes"] + 10))
    assert parts["test"] == batches(config, "null")["test"]


@pytest.mark.parametrize("key", [None, "observation"])
def test_an_observation_may_be_a_file(config: dict[str, Any], tmp_path: Path, key: str | None) -> None:
    section = {"outgroup_diploids": [10, 20], "target_diploids": 7, "include_bed": "mask.bed", "missing": 0.1}
    path = tmp_path / "observation.yaml"
    path.write_text(yaml.safe_dump({key: section} if key else section))
    config["observation"] = str(path)
    validate(config)
    assert config["observation"] == section
    assert json.loads(observation_json(config)) == section
    assert observation_files(config) == ["mask.bed"]
    assert (most_diploids(config, "outgroup"), most_diploids(config, "target")) == (20, 7)


def test_a_file_without_an_observation_is_refused(config: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "observation.yaml"
    path.write_text("observation: 3\n")
    with pytest.raises(ConfigError, match=r"observation\.yaml: observation: expected keys and values"):
        validate({**config, "observation": str(path)})


def test_the_schema_and_the_observation_model_agree(config: dict[str, Any]) -> None:
    schema = yaml.safe_load((ROOT / "src" / "introghost" / "schemas" / "config.schema.yaml").read_text())
    section = schema["properties"]["observation"]["properties"]
    assert set(section) == set(ObservationModel.__dataclass_fields__)
    for name, definition in section.items():
        kind = schema["$defs"].get(definition.get("$ref", "").rpartition("/")[2], definition)
        if "maximum" not in kind:
            continue
        extra = {"panel_target_diploids": 1, "genetic_map": "x"}
        for value, valid in ((kind["maximum"], True), (kind["maximum"] + 0.01, False)):
            outcomes = []
            for check in (validate, lambda content: ObservationModel.parse(content["observation"])):
                changed = copy.deepcopy(config)
                changed["observation"] |= {**extra, name: value}
                try:
                    check(changed)
                    outcomes.append(True)
                except ConfigError:
                    outcomes.append(False)
            assert outcomes == [valid, valid], (name, value)


@pytest.mark.parametrize(
    ("observed", "read", "message"),
    [
        (None, "a.bed", "data.include_bed: a.bed, but observation.include_bed is absent"),
        ("a.bed", None, "observation.include_bed: a.bed, but data.include_bed is absent"),
        ("a.bed", "b.bed", "data.include_bed: b.bed, but observation.include_bed is a.bed"),
        ("a.bed", "./x/../a.bed", ""),
        (None, None, ""),
    ],
)
def test_data_and_simulations_have_one_mask(
    config: dict[str, Any], observed: str | None, read: str | None, message: str
) -> None:
    config["data"] = {"vcf": "x.vcf", "populations": "x.tsv", "outgroup": "A", "target": "B"}
    config["data"] |= {"include_bed": read} if read else {}
    config["observation"] |= {"include_bed": observed} if observed else {}
    try:
        validate(config)
        refusal = ""
    except ConfigError as error:
        refusal = str(error)
    assert (message in refusal) if message else not refusal
    assert not message or "give one file in both sections, or none" in refusal


def test_the_decision_is_passed_on_as_options(config: dict[str, Any]) -> None:
    validate(config)
    assert decision_options(config) == ""
    config["decision"] = {"false_ghost_cost": 9, "scenario_prior": {"ghost": 0.1}}
    validate(config)
    assert decision_options(config) == "--false-ghost-cost 9 --scenario-prior ghost=0.1"
