import copy
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from introghost.config import load, parse
from introghost.errors import ConfigError
from introghost.simulation.observation import ObservationModel

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config() -> dict[str, Any]:
    """The content of the default configuration."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("name", ["config.yaml", "1000genomes.yaml"])
def test_shipped_configurations_are_valid(name: str) -> None:
    assert set(load(ROOT / "config" / name).scenarios) == {"ghost", "no_ghost", "structure"}


def test_absent_optional_keys_get_their_defaults(config: dict[str, Any]) -> None:
    for key in ("ancestral", "results"):
        config.pop(key, None)
    configuration = parse(config)
    assert (configuration.ancestral, configuration.results) == ("outgroup-major", "results")


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
            {"scenario_prior": {"ghost": 0.8, "no_ghost": 0.7}},
            "decision.scenario_prior: prior probabilities",
        ),
        (("decision",), {"false_ghost_cost": -1}, "decision.false_ghost_cost: -1 is less than the minimum"),
        (("decision",), {"cost": 1}, "unknown key 'cost' in section 'decision'"),
        (("scenarios", "ghost", "folder"), "a/pulse", "scenarios.ghost.folder is a/pulse: the folder has to be named"),
        (("scenarios", "ghost", "zzz"), 1, "valid: batches, folder, genomes"),
        (("bin_bp",), "10 kb", "bin_bp: '10 kb' is not of type 'integer'"),
        (("region_length_bp",), 1_005_000, "region_length_bp: 1005000 is not a multiple of bin_bp"),
        (("regions",), 2, "unknown key 'regions' in the top level; did you mean 'regions_per_genome'?"),
        (("outgroup_diploids",), 50, "unknown key 'outgroup_diploids' in the top level; valid: ancestral, bin_bp, "),
        (("train", "segments", "epochs"), "1e2", "train.segments.epochs: '1e2' is not of type 'integer' (YAML reads"),
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
        (("observation", "genetic_map"), False, "observation.genetic_map: YAML reads the value as False"),
        (("observation",), "nowhere.yaml", "nowhere.yaml: no such file"),
        (("results",), "{mine}", "results: '{mine}' does not fit. A path without braces"),
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
        parse(config)
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
    changed["scenarios"]["no_ghost"] |= {"genomes": 10, "batches": count}
    parts = parse(changed).batches("no_ghost")
    genomes = [genome for first, number in parts.values() for genome in range(first, first + number)]
    assert genomes == list(range(config["test_genomes"] + 10))
    assert parts["test"] == parse(config).batches("no_ghost")["test"]


@pytest.mark.parametrize("key", [None, "observation"])
def test_an_observation_may_be_a_file(config: dict[str, Any], tmp_path: Path, key: str | None) -> None:
    section = {"outgroup_diploids": [10, 20], "target_diploids": 7, "include_bed": "mask.bed", "missing": 0.1}
    path = tmp_path / "observation.yaml"
    path.write_text(yaml.safe_dump({key: section} if key else section))
    config["observation"] = str(path)
    configuration = parse(config)
    assert configuration.observation == ObservationModel.parse(section)
    assert json.loads(configuration.observation_json()) == section
    assert configuration.observation_files() == ["mask.bed"]
    assert (configuration.most_diploids("outgroup"), configuration.most_diploids("target")) == (20, 7)


def test_a_file_without_an_observation_is_refused(config: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "observation.yaml"
    path.write_text("observation: 3\n")
    with pytest.raises(ConfigError, match=r"observation\.yaml: observation: expected keys and values"):
        parse({**config, "observation": str(path)})


def test_the_schema_and_the_observation_model_agree(config: dict[str, Any]) -> None:
    schema = yaml.safe_load((ROOT / "src" / "introghost" / "schemas" / "config.schema.yaml").read_text())
    section = schema["properties"]["observation"]["properties"]
    assert set(section) == set(ObservationModel.__dataclass_fields__)
    for name, definition in section.items():
        kind = schema["$defs"].get(definition.get("$ref", "").rpartition("/")[2], definition)
        if "maximum" not in kind:
            continue
        extra = {"panel_target_diploids": 1, "genetic_map": "x", "missing": 0.1}
        for value, valid in ((kind["maximum"], True), (kind["maximum"] + 0.01, False)):
            outcomes = []
            for check in (parse, lambda content: ObservationModel.parse(content["observation"])):
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
        parse(config)
        refusal = ""
    except ConfigError as error:
        refusal = str(error)
    assert (message in refusal) if message else not refusal
    assert not message or "give one file in both sections, or none" in refusal


def test_the_decision_is_passed_on_as_options(config: dict[str, Any]) -> None:
    assert parse(config).decision_options() == ""
    config["decision"] = {"false_ghost_cost": 9, "scenario_prior": {"ghost": 0.1}}
    assert parse(config).decision_options() == "--false-ghost-cost 9 --scenario-prior ghost=0.1"


@pytest.fixture
def data(config: dict[str, Any]) -> dict[str, Any]:
    """The section `data` of a configuration that reads a VCF."""
    config["data"] = {"vcf": "x.vcf", "populations": "x.tsv", "outgroup": "A", "target": "B"}
    content: dict[str, Any] = config["data"]
    return content


def write(path: Path, config: dict[str, Any], old: str, new: str) -> Path:
    """A configuration file in whose text one word is another."""
    text = yaml.safe_dump(config)
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("given", "populations"),
    [
        ("YRI", ("YRI",)),
        ("YRI, East Asia", ("YRI", "East Asia")),
        (["YRI", "NO"], ("YRI", "NO")),
        ("1e5", ("1e5",)),
        ("001", ("001",)),
    ],
)
def test_populations_are_a_list_or_separated_by_commas(
    config: dict[str, Any], data: dict[str, Any], given: Any, populations: tuple[str, ...]
) -> None:
    data["target"] = given
    configuration = parse(config)
    assert configuration.data.target == populations
    words = shlex.split(configuration.data_options())
    assert words[words.index("--target") + 1] == ",".join(populations)


@pytest.mark.parametrize("word", ["NO", "on", "yes", "001", "1_000", "1:20", "2024-01-01", "~", "1.0e+5", "[NO, YRI]"])
def test_words_that_yaml_does_not_read_as_text_are_to_be_quoted(
    config: dict[str, Any], data: dict[str, Any], tmp_path: Path, word: str
) -> None:
    data["target"] = "WORD"
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path / "c.yaml", config, "WORD", word))
    assert "quotes" in str(caught.value)
    assert "\n" not in str(caught.value)
    quoted = load(write(tmp_path / "c.yaml", config, "WORD", f'"{word}"'))
    assert quoted.data.target == tuple(part.strip() for part in word.split(","))


@pytest.mark.parametrize("key", ["null", '"null"', "~", "nan"])
def test_a_scenario_cannot_be_called_null(config: dict[str, Any], tmp_path: Path, key: str) -> None:
    path = write(tmp_path / "c.yaml", config, "no_ghost:", f"{key}:")
    with pytest.raises(ConfigError, match=r"c\.yaml: .*no_ghost"):
        load(path)


def test_keys_that_are_not_text_and_keys_given_twice_are_refused(config: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a key as False, which is not text.*quotes"):
        load(write(tmp_path / "c.yaml", config, "structure:", "NO:"))
    with pytest.raises(ConfigError, match="the key 'no_ghost' is given twice"):
        load(write(tmp_path / "c.yaml", config, "structure:", "no_ghost:"))


def test_a_byte_order_mark_is_no_part_of_the_first_key(config: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8-sig")
    assert load(path).seed == config["seed"]


def test_a_scenario_is_shipped_or_has_a_folder(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config["scenarios"]["ghost"]["folder"] = "apes/ghost"
    folders = {name: entry.folder for name, entry in parse(config).scenarios.items()}
    assert folders["ghost"] == ROOT / "config" / "scenarios" / "apes" / "ghost"
    assert folders["no_ghost"] == ROOT / "config" / "scenarios" / "no_ghost"
    config["scenarios"]["ghost"]["folder"] = "mine/ghost"
    assert parse(config).scenarios["ghost"].folder == Path("mine/ghost")
    config["scenarios"]["gost"] = {"genomes": 1, "batches": 1}
    with pytest.raises(ConfigError, match=r"scenarios\.gost has no folder.*did you mean 'ghost'\?"):
        parse(config)


def test_paths_with_blanks_and_quotes_are_options_of_a_shell(config: dict[str, Any], data: dict[str, Any]) -> None:
    data |= {"include_bed": "my $mask's.bed", "genetic_map": 'a "map"', "region": "1:1-9", "outgroup": ["A B", "C"]}
    config["observation"] |= {"include_bed": "my $mask's.bed"}
    parsed = parse(config)
    assert shlex.split(parsed.map_options()) == ["--genetic-map", 'a "map"'], "for `vcf check` alone"
    words = shlex.split(parsed.data_options())
    assert dict(zip(words[::2], words[1::2], strict=True)) == {
        "--outgroup": "A B,C",
        "--target": "B",
        "--ancestral": "outgroup-major",
        "--region": "1:1-9",
        "--include-bed": "my $mask's.bed",
    }
