"""The workflow's configuration: loaded, checked and completed with its defaults before anything runs."""

import copy
import difflib
import functools
import importlib.resources
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from introghost.errors import ConfigError, DataError
from introghost.inference import decisions
from introghost.text import read_text

TEST_BATCH = "test"
_FILE_KEYS = ("vcf", "populations")
_OPTIONAL_KEYS = ("region", "include_bed", "genetic_map")
_MOVED = {
    "outgroup_diploids": "outgroup_diploids",
    "target_diploids": "target_diploids",
    "panel_diploids": "panel_outgroup_diploids and panel_target_diploids",
    "minimum_allele_count": "minimum_allele_count",
}


def load(path: Path) -> dict[str, Any]:
    """Read and validate a configuration file.

    Parameters
    ----------
    path : Path
        YAML with the keys of ``schemas/config.schema.yaml``; paths inside are relative to the working directory.

    Returns
    -------
    dict
        The configuration, with defaults where an optional key is absent.

    Raises
    ------
    ConfigError
        If the file can't be read, or a key or value is not valid; names the section and the nearest valid key.
    """
    config = _read(path)
    try:
        validate(config)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return config


def _read(path: Path) -> dict[str, Any]:
    """Keys and values of a YAML file."""
    try:
        content = yaml.safe_load(read_text(path, "a configuration"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except DataError as error:
        raise ConfigError(str(error)) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected keys and values, found {type(content).__name__}")
    return content


def validate(config: dict[str, Any]) -> None:
    """Check `config` and add the defaults of absent optional keys to it, in place.

    Where ``observation`` names a file, the section that the file holds takes its place.

    Raises
    ------
    ConfigError
        On the first key or value that is not valid.
    """
    from introghost.simulation.observation import ObservationModel

    schema = _schema()
    _check_moved(config)
    if isinstance(config.get("observation"), str):
        path = config["observation"]
        content = _read(Path(path))
        config["observation"] = content.get("observation", content)
        if not isinstance(config["observation"], dict):
            raise ConfigError(f"{path}: observation: expected keys and values")
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(config), key=_urgency)
    if errors:
        raise ConfigError(_explain(errors[0]))
    for key, definition in schema["properties"].items():
        if "default" in definition:
            config.setdefault(key, copy.deepcopy(definition["default"]))
    _check_numbers(config)
    ObservationModel.parse(config["observation"])
    _check_data(config)
    _check_scenarios(config["scenarios"])
    _check_names(config)


def batches(config: Mapping[str, Any], scenario: str) -> dict[str, tuple[int, int]]:
    """First genome and number of genomes of each batch of one scenario.

    The test batch takes the first genomes, so that it stays the same when the number of training genomes changes.

    Returns
    -------
    dict of str to (int, int)
        ``"test"`` and then ``"0"``, ``"1"``, …; together they hold each genome once.
    """
    test, entry = config["test_genomes"], config["scenarios"][scenario]
    genomes, count = entry["genomes"], entry["batches"]
    bounds = [test + genomes * index // count for index in range(count + 1)]
    training = {str(i): (bounds[i], bounds[i + 1] - bounds[i]) for i in range(count)}
    return {TEST_BATCH: (0, test), **training}


def observation_json(config: Mapping[str, Any]) -> str:
    """The section ``observation`` of a valid configuration as the option ``--observation`` takes it."""
    return json.dumps(config["observation"], sort_keys=True)


def observation_files(config: Mapping[str, Any]) -> list[str]:
    """Files that the section ``observation`` of a valid configuration names."""
    return [config["observation"][key] for key in ("include_bed", "genetic_map") if key in config["observation"]]


def most_diploids(config: Mapping[str, Any], role: str) -> int:
    """The largest number of individuals of a role, ``outgroup`` or ``target``, that a valid configuration asks for."""
    return int(_most(config["observation"], f"{role}_diploids"))


def decision_options(config: Mapping[str, Any]) -> str:
    """The section ``decision`` of a valid configuration as options of ``introghost apply``."""
    section = dict(config["decision"])
    prior = section.pop("scenario_prior", {})
    costs = [f"--{key.replace('_', '-')} {value}" for key, value in section.items()]
    return " ".join(costs + [f"--scenario-prior {name}={value}" for name, value in prior.items()])


def scenario_folders(config: Mapping[str, Any]) -> list[Path]:
    """Folders of all scenarios that a valid configuration names, the simulated data's among them."""
    folders = [Path(entry["folder"]) for entry in config["scenarios"].values()]
    if "simulated" in config["data"]:
        folders.append(Path(config["data"]["simulated"]["folder"]))
    return folders


@functools.cache
def _schema() -> dict[str, Any]:
    text = (importlib.resources.files("introghost") / "schemas" / "config.schema.yaml").read_text(encoding="utf-8")
    schema: dict[str, Any] = yaml.safe_load(text)
    return schema


def _urgency(error: jsonschema.ValidationError) -> tuple[bool, list[str]]:
    """A misspelt key comes first: it is also why another key seems to be absent."""
    return error.validator != "additionalProperties", [str(part) for part in error.absolute_path]


def _explain(error: jsonschema.ValidationError) -> str:
    section = ".".join(str(part) for part in error.absolute_path)
    where = f"section '{section}'" if section else "the top level"
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        definition: Any = error.schema
        valid = list(definition["properties"])
        unknown = next(str(key) for key in instance if key not in valid)
        nearest = difflib.get_close_matches(unknown, valid, n=1)
        advice = f"did you mean '{nearest[0]}'?" if nearest else f"valid keys: {', '.join(valid)}"
        return f"unknown key '{unknown}' in {where}; {advice}"
    if error.validator == "required":
        required: Any = error.validator_value
        absent = [key for key in required if key not in instance]
        return f"{where} lacks {', '.join(absent)}"
    return f"{section or 'configuration'}: {error.message}"


def _check_numbers(config: Mapping[str, Any]) -> None:
    lengths = {"region_length_bp": config["region_length_bp"]}
    if "simulated" in config["data"]:
        lengths["data.simulated.region_length_bp"] = config["data"]["simulated"]["region_length_bp"]
    for name, length in lengths.items():
        if length % config["bin_bp"]:
            raise ConfigError(f"{name}: {length} is not a multiple of bin_bp, {config['bin_bp']}")


def _check_moved(config: Mapping[str, Any]) -> None:
    old = [key for key in _MOVED if key in config]
    if old:
        raise ConfigError(f"key '{old[0]}' has moved from the top level to section 'observation': {_MOVED[old[0]]}")


def _most(section: Mapping[str, Any], name: str) -> float:
    value = section.get(name, 0)
    return float(value[1] if isinstance(value, list) else value)


def _check_data(config: Mapping[str, Any]) -> None:
    data = config["data"]
    if "simulated" in data:
        surplus = [key for key in (*_FILE_KEYS, *_OPTIONAL_KEYS) if key in data]
        if surplus:
            raise ConfigError(f"section 'data': {', '.join(surplus)} can't go with simulated")
        if config["ancestral"].startswith("fasta="):
            raise ConfigError("ancestral: a FASTA can't go with simulated data; take info-aa or outgroup-major")
        return
    absent = [key for key in _FILE_KEYS if key not in data]
    if absent:
        raise ConfigError(f"section 'data' lacks {', '.join(absent)} (or simulated, to simulate the data)")
    _check_mask(config)


def _check_mask(config: Mapping[str, Any]) -> None:
    """A mask shortens what can be seen, so that what is trained without it does not fit what is read with it."""
    sections = ("data", "observation")
    given = [config[section].get("include_bed") for section in sections]
    if None not in given and Path(given[0]).resolve() == Path(given[1]).resolve():
        return
    for section, other, path in zip(sections, reversed(sections), given, strict=True):
        if path is not None:
            found = config[other].get("include_bed", "absent")
            raise ConfigError(
                f"{section}.include_bed: {path}, but {other}.include_bed is {found}; the data and the "
                "simulations need the same mask: give one file in both sections, or none"
            )


def _check_scenarios(scenarios: Mapping[str, Mapping[str, Any]]) -> None:
    for name, entry in scenarios.items():
        if not isinstance(name, str):
            raise ConfigError(f"section 'scenarios': the key {name!r} is not text; write \"null\" in quotes")
        if entry["batches"] > entry["genomes"]:
            raise ConfigError(f"scenarios.{name}: {entry['batches']} batches for {entry['genomes']} genomes")
        if Path(entry["folder"]).name != name:  # genomes and networks know a scenario by its folder
            raise ConfigError(f"scenarios.{name}.folder is {entry['folder']}: the folder has to be named {name} too")


def _check_names(config: Mapping[str, Any]) -> None:
    """Scenarios that other sections name must be there."""
    named = {f"decision.scenario_prior.{name}": name for name in config["decision"].get("scenario_prior", {})}
    if "parameters" in config["train"]:
        named["train.parameters.scenario"] = config["train"]["parameters"]["scenario"]
    for key, name in named.items():
        if name not in config["scenarios"]:
            raise ConfigError(f"{key}: no scenario '{name}'; there are {', '.join(config['scenarios'])}")
    try:
        decisions.scenario_prior(config["scenarios"], config["decision"].get("scenario_prior", {}))
    except ConfigError as error:
        raise ConfigError(f"decision.scenario_prior: {error}") from error
