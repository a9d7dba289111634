"""Scenarios: a Demes template, the roles of its demes, and priors on what varies.

A scenario is a folder with ``model.demes.yaml`` — a valid Demes model with typical values, which any Demes tool
opens — and ``priors.yaml``, which names the roles and says what each parameter's prior is and which values it sets.
"""

import copy
import difflib
import hashlib
import importlib.resources
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import demes
import jsonschema
import pandas as pd
import yaml

from introghost.atomic import atomic_path
from introghost.errors import ConfigError
from introghost.simulation import priors
from introghost.simulation.priors import Assignment, Bound, Prior

MUTATION_RATE, RECOMBINATION_RATE = "mutation_rate_per_bp", "recombination_rate_per_bp"
FILES = ("model.demes.yaml", "priors.yaml")


@dataclass(frozen=True)
class Scenario:
    """A family of demographic models.

    Attributes
    ----------
    name : str
        Name of the scenario's folder.
    template : dict
        The Demes model, unresolved, times in generations.
    roles : dict of str to str
        Deme of the ``outgroup``, the ``target`` and, where there is one, the ``ghost``.
    parameters : tuple of Prior
        In the order in which they are drawn.
    """

    name: str
    template: dict[str, Any]
    roles: dict[str, str]
    parameters: tuple[Prior, ...]

    def graph(self, parameters: dict[str, float]) -> demes.Graph:
        """Resolved Demes graph of one parameter draw.

        Raises
        ------
        ConfigError
            If the values don't make a valid Demes model.
        """
        model = copy.deepcopy(self.template)
        for prior in self.parameters:
            for assignment in prior.assignments:
                value = parameters[prior.name]
                container, key = _locate(model, assignment.path, self.name)
                container[key] = 1 - value if assignment.complement else value
        try:
            return demes.Graph.fromdict(model)
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"scenario {self.name}: not a valid Demes model with {parameters}: {error}") from error


def load(folder: Path) -> Scenario:
    """Read a scenario from its folder.

    Parameters
    ----------
    folder : Path
        Holds ``model.demes.yaml`` and ``priors.yaml``.

    Returns
    -------
    Scenario

    Raises
    ------
    ConfigError
        If a file is missing, is not valid, or the two don't fit each other.
    """
    folder = Path(folder)
    for name in FILES:
        if not (folder / name).is_file():
            raise ConfigError(
                f"{folder / name}: no such file; a scenario is a folder with model.demes.yaml, priors.yaml"
            )
    specification = _read_priors(folder / "priors.yaml")
    try:
        template = demes.load_asdict(folder / "model.demes.yaml")
    except Exception as error:  # the YAML library behind demes has its own family of exceptions
        raise ConfigError(f"{folder / 'model.demes.yaml'}: can't be read as a Demes model: {error}") from error
    scenario = Scenario(
        name=folder.resolve().name,
        template=template,
        roles=specification["roles"],
        parameters=tuple(_prior(name, entry) for name, entry in specification["parameters"].items()),
    )
    _check_consistency(scenario)
    return scenario


def digest(scenario: Scenario) -> str:
    """SHA-256 of everything in a scenario that changes its simulations (descriptions don't)."""
    content = {
        "name": scenario.name,
        "template": _without_descriptions(scenario.template),
        "roles": scenario.roles,
        "parameters": [asdict(prior) for prior in scenario.parameters],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _without_descriptions(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_descriptions(v) for key, v in value.items() if key not in ("description", "doi")}
    return [_without_descriptions(v) for v in value] if isinstance(value, list) else value


def check(folder: Path, draws: int = 20, figure: Path | None = None) -> pd.DataFrame:
    """Load a scenario, draw from its priors and resolve every draw's graph.

    Parameters
    ----------
    folder : Path
    draws : int
    figure : Path, optional
        Where to draw the template with demesdraw; the suffix chooses the format.

    Returns
    -------
    DataFrame
        The induced marginals: one row per parameter with columns ``parameter``, ``minimum``, ``median``, ``maximum``.

    Raises
    ------
    ConfigError
        If the scenario can't be loaded or a draw is not a valid model.
    """
    scenario = load(folder)
    rows = []
    for seed in range(draws):
        genome = priors.draw(scenario, seed)
        scenario.graph(genome)
        rows.append({**genome, **priors.draw(scenario, seed, scope=priors.REGION, given=genome)})
    if figure is not None:
        _draw_figure(scenario, Path(figure))
    drawn = pd.DataFrame(rows)
    summary = pd.DataFrame({"minimum": drawn.min(), "median": drawn.median(), "maximum": drawn.max()})
    return summary.rename_axis("parameter").reset_index()


def _draw_figure(scenario: Scenario, path: Path) -> None:
    import demesdraw
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    demesdraw.tubes(demes.Graph.fromdict(scenario.template), ax=axes, log_time=True)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format=path.suffix.removeprefix(".") or "svg")
    pyplot.close(figure)


def _read_priors(path: Path) -> dict[str, Any]:
    try:
        specification = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    schema_file = importlib.resources.files("introghost") / "schemas" / "priors.schema.yaml"
    schema = yaml.safe_load(schema_file.read_text(encoding="utf-8"))
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(specification))
    if errors:
        misspelt = [error for error in errors if error.validator == "additionalProperties"]
        worst = misspelt[0] if misspelt else jsonschema.exceptions.best_match(errors)
        raise ConfigError(f"{path}: {_explain(worst)}")
    return dict(specification)


def _explain(error: jsonschema.ValidationError) -> str:
    section = ".".join(str(part) for part in error.absolute_path) or "top level"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        schema: Any = error.schema
        valid = list(schema["properties"])
        unknown = next(key for key in error.instance if key not in valid)
        return f"{section}: unknown key '{unknown}'{_nearest(str(unknown), valid)}"
    hint = ""
    if isinstance(error.instance, str) and "number" in str(error.validator_value):
        hint = " (YAML reads 1e-8 as text; write 1.0e-8)"
    return f"{section}: {error.message}{hint}"


def _nearest(word: str, valid: Iterable[str]) -> str:
    names = sorted(valid)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else f"; valid: {', '.join(names)}"


def _bound(entry: float | dict[str, Any]) -> Bound:
    if isinstance(entry, dict):
        return Bound(float(entry.get("plus", 0)), entry["parameter"], float(entry.get("times", 1)))
    return Bound(float(entry))


def _prior(name: str, entry: dict[str, Any]) -> Prior:
    fixed = entry["distribution"] == "fixed"
    return Prior(
        name=name,
        distribution=entry["distribution"],
        lower=_bound(entry["value"] if fixed else entry["lower"]),
        upper=_bound(entry["value"] if fixed else entry["upper"]),
        alpha=float(entry.get("alpha", 1)),
        beta=float(entry.get("beta", 1)),
        scope=entry.get("scope", priors.GENOME),
        assignments=tuple(
            Assignment(item) if isinstance(item, str) else Assignment(item["path"], bool(item.get("complement", False)))
            for item in entry.get("sets", [])
        ),
    )


def _check_consistency(scenario: Scenario) -> None:
    where = f"scenario {scenario.name}"
    demes_by_name = [str(deme.get("name")) for deme in scenario.template.get("demes", [])]
    for role, deme in scenario.roles.items():
        if deme not in demes_by_name:
            raise ConfigError(f"{where}: roles.{role}: no deme '{deme}' in the model{_nearest(deme, demes_by_name)}")
    if scenario.template.get("time_units") != "generations":
        raise ConfigError(f"{where}: model.demes.yaml must have time_units: generations")
    scopes: dict[str, str] = {}
    for prior in scenario.parameters:
        for bound in (prior.lower, prior.upper):
            if bound.parameter is not None:
                _check_reference(where, prior, bound.parameter, scopes)
        if prior.scope == priors.REGION and prior.assignments:
            raise ConfigError(
                f"{where}: parameter {prior.name}: the demographic model is one per genome, not per region"
            )
        for assignment in prior.assignments:
            _locate(scenario.template, assignment.path, scenario.name)
        scopes[prior.name] = prior.scope


def _check_reference(where: str, prior: Prior, reference: str, scopes: dict[str, str]) -> None:
    if reference not in scopes:
        raise ConfigError(
            f"{where}: parameter {prior.name} refers to '{reference}', which isn't defined before it"
            + _nearest(reference, scopes)
        )
    if prior.scope == priors.GENOME and scopes[reference] == priors.REGION:
        raise ConfigError(
            f"{where}: parameter {prior.name} is drawn per genome, so can't refer to '{reference}' of a region"
        )


def _locate(model: dict[str, Any], path: str, scenario_name: str) -> tuple[Any, str | int]:
    """Container and key that a dotted path leads to; the value must be in the template already."""
    container: Any = None
    key: str | int = ""
    value: Any = model
    for part in path.split("."):
        container, key = value, part
        if isinstance(container, list):
            names = [entry.get("name") if isinstance(entry, dict) else None for entry in container]
            key = names.index(part) if part in names else int(part) if part.isdigit() else part
        try:
            value = container[key]
        except (KeyError, IndexError, TypeError) as error:
            known = container if isinstance(container, dict) else [name for name in _names(container) if name]
            raise ConfigError(
                f"scenario {scenario_name}: '{path}' isn't in model.demes.yaml: no '{part}'{_nearest(part, known)}"
            ) from error
    return container, key


def _names(container: Any) -> list[str]:
    if not isinstance(container, list):
        return []
    return [
        str(entry.get("name", index)) if isinstance(entry, dict) else str(index)
        for index, entry in enumerate(container)
    ]
