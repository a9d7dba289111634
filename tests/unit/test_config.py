import copy
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from introghost.config import load, parse
from introghost.configuration import Kind
from introghost.errors import ConfigError
from introghost.models import MANIFEST, remove_others
from introghost.simulation.observation import ObservationModel

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config() -> dict[str, Any]:
    """The content of the default configuration."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_configurations_are_valid(path: Path) -> None:
    configuration = load(path)
    assert {"ghost", "no_ghost"} <= set(configuration.scenarios)
    assert set(configuration.simulations) == set(Kind)


def test_the_shipped_model_is_asked_of_every_scenario() -> None:
    configuration = load(ROOT / "config" / "human.yaml")
    shipped = {path.parent.name for path in (ROOT / "config" / "scenarios").glob("*/priors.yaml")}
    assert set(configuration.scenarios) == shipped
    assert set(configuration.simulations[Kind.GENOMES].genomes) == shipped
    assert configuration.data is None


def test_the_page_of_other_species_has_their_generations(config: dict[str, Any]) -> None:
    assert parse(config).report.options() == ""
    config["report"] = {"generation_time": 25, "genes": "my genes.gtf"}
    report = parse(config).report
    assert shlex.split(report.options()) == ["--generation-time", "25", "--genes", "my genes.gtf"]
    assert report.files() == ["my genes.gtf"]
    assert load(ROOT / "config" / "apes.yaml").report.generation_time == 25
    config["report"] = {"generation_time": 0}
    with pytest.raises(ConfigError, match=r"report\.generation_time"):
        parse(config)


def test_absent_optional_keys_get_their_defaults(config: dict[str, Any]) -> None:
    for key in ("ancestral", "results", "simulations", "train", "region_length_bp"):
        config.pop(key, None)
    configuration = parse(config)
    assert (configuration.ancestral, configuration.results) == ("outgroup-major", "results")
    assert configuration.region_length_bp == 1_000_000
    segments, genomes = (configuration.simulations[kind] for kind in (Kind.SEGMENTS, Kind.GENOMES))
    assert (segments.regions, segments.observations, segments.haplotypes) == (4, 1, 16)
    assert segments.genomes == dict.fromkeys(config["scenarios"], 150)
    assert (genomes.regions, genomes.observations, genomes.haplotypes) == (30, 1, None)
    assert genomes.test_genomes == dict.fromkeys(config["scenarios"], 20)
    assert set(configuration.train) == {"segments", "model-choice"}


def test_a_kind_of_genomes_may_have_an_observation_of_its_own(config: dict[str, Any]) -> None:
    config["simulations"]["segments"]["observation"] = {**config["observation"], "missing": 0.1}
    configuration = parse(config)
    assert configuration.simulations[Kind.SEGMENTS].observation.missing.high == 0.1
    assert configuration.simulations[Kind.GENOMES].observation == configuration.observation
    assert configuration.observation.missing.is_off


def test_without_a_task_for_whole_genomes_none_are_simulated(config: dict[str, Any]) -> None:
    config["train"] = {"segments": {}}
    assert set(parse(config).simulations) == {Kind.SEGMENTS}


def test_kinds_have_seeds_apart(config: dict[str, Any]) -> None:
    configuration = parse(config)
    seeds = {configuration.seed_of(kind) for kind in Kind} | {configuration.seed}
    assert len(seeds) == 3
    assert parse({**config, "seed": config["seed"] + 1}).seed_of(Kind.GENOMES) not in seeds


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("sead",), 1, "unknown key 'sead' in the top level; did you mean 'seed'?"),
        (("train", "segments", "epoch"), 1, "unknown key 'epoch' in section 'train.segments'; did you mean 'epochs'?"),
        (("train", "parameters"), {"epochs": 1, "scenario": "gost"}, "train.parameters.scenario: no scenario 'gost'"),
        (("train", "segments", "width"), 3, "train.segments.width can't go with from"),
        (("train", "segments", "from"), "hunam", "train.segments.from hunam: no such folder, and no shipped model"),
        (("train", "model-choice", "from"), "config", "train.model-choice.from: config has no network"),
        (
            ("simulations", "genomes"),
            {"genomes": {"no_ghost": 3, "structure": 3}},
            "train.parameters.scenario: simulations.genomes.genomes has none of ghost",
        ),
        (
            ("simulations", "genomes"),
            {"genomes": {"ghost": 3}},
            "train.model-choice: simulations.genomes.genomes has one",
        ),
        (("simulations", "segments", "genomes"), {"gost": 3}, "simulations.segments.genomes.gost: no scenario 'gost'"),
        (("simulations", "segments", "test_genomes"), {"structure_merged": 3}, "no scenario 'structure_merged'"),
        (("simulations", "segments", "observations"), 0, "simulations.segments.observations: 0 is less than"),
        (("simulations", "genomes", "haplotypes"), 3, "unknown key 'haplotypes' in section 'simulations.genomes'"),
        (
            ("decision",),
            {"scenario_prior": {"gost": 0.1}},
            "decision.scenario_prior.gost: no scenario 'gost' among those of",
        ),
        (
            ("decision",),
            {"scenario_prior": {"ghost": 0.8, "no_ghost": 0.7}},
            "decision.scenario_prior: prior probabilities",
        ),
        (("decision",), {"false_ghost_cost": -1}, "decision.false_ghost_cost: -1 is less than the minimum"),
        (("decision",), {"cost": 1}, "unknown key 'cost' in section 'decision'"),
        (("scenarios",), ["ghost", "gost"], "scenarios: no folder gost, and no scenario of that name comes with"),
        (("scenarios",), ["ghost", "apes/ghost"], "scenarios: two are named ghost"),
        (("scenarios",), ["ghost"], "scenarios: ['ghost'] is too short"),
        (("bin_bp",), "10 kb", "bin_bp: '10 kb' is not of type 'integer'"),
        (("region_length_bp",), 1_002_000, "region_length_bp: 1002000 is not a multiple of bin_bp"),
        (("simulation",), 2, "unknown key 'simulation' in the top level; did you mean 'simulations'?"),
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
        (("data", "target"), ["A", "B"], "section 'data': several targets can't go with simulated"),
        (("data", "vcf"), "x.vcf.gz", "section 'data': vcf can't go with simulated"),
        (("data",), {"vcf": "x.vcf.gz"}, "section 'data' lacks outgroup, target"),
        (("data",), {"vcf": "x.vcf.gz", "outgroup": "A"}, "section 'data' lacks target"),
        (("data",), {"vcf": ["x", "x"], "outgroup": "A", "target": "B"}, "data.vcf: a file is named twice"),
        (
            ("data",),
            {"vcf": "x", "outgroup": "A", "target": ["B,C", "B, C"]},
            "data.target: two of them are the same, or would have",
        ),
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


@pytest.mark.parametrize("size", [1, 3, 50])
@pytest.mark.parametrize("kind", list(Kind))
def test_batches_hold_each_genome_once_and_the_test_genomes_first(
    config: dict[str, Any], kind: Kind, size: int
) -> None:
    config["simulations"][kind] |= {"genomes": {"ghost": 10, "no_ghost": 7}, "test_genomes": {"ghost": 4}}
    config["simulations"][kind]["batch_genomes"] = size
    batches = parse(config).simulations[kind].batches("ghost")
    held = [
        (genome, each.is_test) for each in batches.values() for genome in range(each.first, each.first + each.number)
    ]
    assert held == [(genome, genome < 4) for genome in range(14)]
    assert all(each.number <= size for each in batches.values())
    assert list(batches) == [each.name for each in batches.values()]
    assert next(iter(batches)) == "test-0"
    assert "train-4" in batches
    assert sum(each.number for each in parse(config).simulations[kind].batches("no_ghost").values()) == 7
    assert not parse(config).simulations[kind].batches("structure")


@pytest.mark.parametrize("key", [None, "observation"])
def test_an_observation_may_be_a_file(config: dict[str, Any], tmp_path: Path, key: str | None) -> None:
    section = {"outgroup_diploids": [10, 20], "target_diploids": 7, "include_bed": "mask.bed", "missing": 0.1}
    path = tmp_path / "observation.yaml"
    path.write_text(yaml.safe_dump({key: section} if key else section))
    config["observation"] = str(path)
    configuration = parse(config)
    assert configuration.observation == ObservationModel.parse(section)
    simulation = configuration.simulations[Kind.SEGMENTS]
    assert json.loads(simulation.observation_json()) == section
    assert simulation.observation_files() == ["mask.bed"]
    assert (configuration.most_diploids("outgroup"), configuration.most_diploids("target")) == (20, 7)


def test_a_file_without_an_observation_is_refused(config: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "observation.yaml"
    path.write_text("observation: 3\n")
    with pytest.raises(ConfigError, match=r"observation\.yaml: observation: expected keys and values"):
        parse({**config, "observation": str(path)})


def test_the_schema_and_the_observation_model_agree(config: dict[str, Any]) -> None:
    schema = yaml.safe_load((ROOT / "src" / "introghost" / "schemas" / "config.schema.yaml").read_text())
    section = schema["$defs"]["observation"]["properties"]
    assert set(section) == set(ObservationModel.__dataclass_fields__)
    for name, definition in section.items():
        kind = schema["$defs"].get(definition.get("$ref", "").rpartition("/")[2], definition)
        if "maximum" not in kind:
            continue
        extra = {"panel_outgroup_diploids": 1, "panel_target_diploids": 1, "genetic_map": "x", "missing": 0.1}
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
    assert (parse(config).cost_options(), parse(config).prior_options()) == ("", "")
    config["decision"] = {"false_ghost_cost": 9, "scenario_prior": {"ghost": 0.1}}
    assert parse(config).cost_options() == "--false-ghost-cost 9"
    assert parse(config).prior_options() == "--scenario-prior ghost=0.1"


def test_a_prior_is_of_the_scenarios_that_the_choice_is_between(config: dict[str, Any]) -> None:
    config["decision"] = {"scenario_prior": {"structure_merged": 0.1}}
    assert parse(config).prior_options()
    config["simulations"]["genomes"]["genomes"] = {"ghost": 9, "no_ghost": 9}
    config["simulations"]["genomes"]["test_genomes"] = 3
    with pytest.raises(
        ConfigError, match=r"scenario_prior\.structure_merged: .* among those of the choice, ghost, no_"
    ):
        parse(config)
    del config["train"]["model-choice"]
    with pytest.raises(ConfigError, match=r"scenario_prior has no use without train\.model-choice"):
        parse(config)


def test_genomes_are_observed_once_where_nothing_varies(config: dict[str, Any]) -> None:
    config["simulations"]["genomes"]["observations"] = 2
    with pytest.raises(
        ConfigError, match=r"simulations\.genomes\.observations: nothing in the observation model varies"
    ):
        parse(config)


def test_a_model_does_not_start_from_itself(config: dict[str, Any], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    manifest = tmp_path / "results" / "model" / "segments" / "MANIFEST.sha256"
    manifest.parent.mkdir(parents=True)
    manifest.touch()
    config["train"]["segments"]["from"] = "results/model"
    with pytest.raises(ConfigError, match=r"train\.segments\.from: results/model is what this configuration makes"):
        parse(config)
    assert parse({**config, "results": "others"}).start == "results/model"


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
        (["YRI, NO"], ("YRI", "NO")),
        ("1e5", ("1e5",)),
        ("001", ("001",)),
    ],
)
def test_populations_are_a_list_or_separated_by_commas(
    config: dict[str, Any], data: dict[str, Any], given: Any, populations: tuple[str, ...]
) -> None:
    data["target"] = given
    configuration = parse(config)
    assert configuration.data is not None
    assert list(configuration.data.targets.values()) == [populations]
    words = shlex.split(configuration.data_options(configuration.data, populations))
    assert words[words.index("--target") + 1] == ",".join(populations)


def test_each_target_has_a_name_that_is_a_file_name(config: dict[str, Any], data: dict[str, Any]) -> None:
    data["target"] = ["CHB", "CEU, TSI", "East/Asia 'x'", "Ås", ".."]
    parsed = parse(config).data
    assert parsed is not None
    assert parsed.targets == {
        "CHB": ("CHB",),
        "CEU+TSI": ("CEU", "TSI"),
        "East_Asia__x_": ("East/Asia 'x'",),
        "Ås": ("Ås",),
        "_": ("..",),
    }


def test_a_genome_may_lie_in_several_files(config: dict[str, Any], data: dict[str, Any]) -> None:
    data["vcf"] = ["chr1.vcf", "chr2.vcf"]
    parsed = parse(config).data
    assert parsed is not None
    assert parsed.files() == {"vcf": ["chr1.vcf", "chr2.vcf"], "populations": ["x.tsv"]}


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
    assert quoted.data is not None
    assert list(quoted.data.targets.values()) == [tuple(part.strip() for part in word.split(","))]


@pytest.mark.parametrize("name", ["mine/null", "mine/nan", "mine/Ghost"])
def test_a_scenario_cannot_be_called_null(config: dict[str, Any], name: str) -> None:
    config["scenarios"] = ["ghost", name]
    with pytest.raises(ConfigError, match=Path(name).name):
        parse(config)


def test_keys_that_are_not_text_and_keys_given_twice_are_refused(config: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a key as False, which is not text.*quotes"):
        load(write(tmp_path / "c.yaml", config, "data:", "NO:"))
    with pytest.raises(ConfigError, match="the key 'train' is given twice"):
        load(write(tmp_path / "c.yaml", config, "data:", "train:"))


def test_a_byte_order_mark_is_no_part_of_the_first_key(config: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8-sig")
    assert load(path).seed == config["seed"]


def test_a_scenario_is_shipped_or_has_a_folder(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bottleneck_twice").mkdir()
    config["scenarios"] = ["apes/ghost", "no_ghost", "mine/structure", "./structure_merged", "bottleneck_twice"]
    assert parse(config).scenarios == {
        "ghost": ROOT / "config" / "scenarios" / "apes" / "ghost",
        "no_ghost": ROOT / "config" / "scenarios" / "no_ghost",
        "structure": Path("mine/structure"),
        "structure_merged": Path("structure_merged"),
        "bottleneck_twice": Path("bottleneck_twice"),
    }


def test_paths_with_blanks_and_quotes_are_options_of_a_shell(config: dict[str, Any], data: dict[str, Any]) -> None:
    data |= {"include_bed": "my $mask's.bed", "genetic_map": 'a "map"', "region": "1:1-9", "outgroup": ["A B", "C"]}
    config["observation"] |= {"include_bed": "my $mask's.bed"}
    parsed = parse(config)
    assert parsed.data is not None
    words = shlex.split(parsed.data_options(parsed.data, ["B"]))
    assert dict(zip(words[::2], words[1::2], strict=True)) == {
        "--outgroup": "A B,C",
        "--target": "B",
        "--ancestral": "outgroup-major",
        "--region": "1:1-9",
        "--include-bed": "my $mask's.bed",
    }


def test_networks_of_tasks_that_are_no_longer_wanted_are_removed(tmp_path: Path) -> None:
    finished, begun, wanted, other = (tmp_path / name for name in ("parameters", "model-choice", "segments", "notes"))
    for folder, name in ((finished, MANIFEST), (begun / "checkpoint", "state"), (wanted, MANIFEST), (other, "text")):
        folder.mkdir(parents=True)
        (folder / name).touch()
    remove_others(tmp_path, {"segments"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes", "segments"]
    remove_others(tmp_path / "nowhere", {"segments"})
