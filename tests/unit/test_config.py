import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from introghost.config import batches, load, validate
from introghost.errors import ConfigError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config() -> dict[str, Any]:
    return load(ROOT / "config" / "config.yaml")


@pytest.mark.parametrize("name", ["config.yaml", "1000genomes.yaml"])
def test_shipped_configurations_are_valid(name: str) -> None:
    assert set(load(ROOT / "config" / name)["scenarios"]) == {"ghost", "null", "structure"}


def test_absent_optional_keys_get_their_defaults(config: dict[str, Any]) -> None:
    for key in ("ancestral", "panel_diploids", "minimum_allele_count"):
        del config[key]
    validate(config)
    assert (config["ancestral"], config["panel_diploids"], config["minimum_allele_count"]) == (
        "outgroup-major",
        0,
        [1, 1],
    )


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("sead",), 1, "unknown key 'sead' in the top level; did you mean 'seed'?"),
        (("train", "segments", "epoch"), 1, "unknown key 'epoch' in section 'train.segments'; did you mean 'epochs'?"),
        (("scenarios", "ghost", "zzz"), 1, "valid keys: folder, genomes, batches"),
        (("bin_bp",), "10 kb", "bin_bp: '10 kb' is not of type 'integer'"),
        (("region_length_bp",), 1_005_000, "region_length_bp: 1005000 is not a multiple of bin_bp"),
        (("minimum_allele_count",), [6, 1], "lowest 6 exceeds highest 1"),
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
