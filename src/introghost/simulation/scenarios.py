"""Scenarios: a Demes template, the roles of its demes, and priors on what varies.

A scenario is a folder with ``model.demes.yaml`` — a valid Demes model with typical values, which any Demes tool
opens — and ``priors.yaml``, which names the roles and says what each parameter's prior is and which values it sets.
"""

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import demes
import pandas as pd

from introghost.atomic import atomic_path
from introghost.documents import (
    JsonObject,
    JsonValue,
    Section,
    check_schema,
    plain_object,
    read_object,
)
from introghost.errors import ConfigError
from introghost.simulation import priors
from introghost.simulation.priors import Assignment, Bound, Prior
from introghost.spelling import suggestion

MUTATION_RATE, RECOMBINATION_RATE = "mutation_rate_per_bp", "recombination_rate_per_bp"
FILES = ("model.demes.yaml", "priors.yaml")
GHOST_OF_TARGET = "ghost_of_target"  # of priors.yaml, of tree sequences and of statistics
_MISSING_VALUES = ("", "null", "nan", "na", "n/a", "none", "<na>")  # to pandas or YAML, in any case


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
    has_target_ghost : bool
        Whether the scenario is one of ghost introgression into the target; false where the ghost gave to others.
    description : str
        What it is, for readers; empty where ``priors.yaml`` has none.
    """

    name: str
    template: JsonObject
    roles: dict[str, str]
    parameters: tuple[Prior, ...]
    has_target_ghost: bool
    description: str = ""

    def graph(self, parameters: Mapping[str, float]) -> demes.Graph:
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
                _locate(model, assignment.path, self.name).put(1 - value if assignment.complement else value)
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
    name = folder.resolve().name
    check_name(name, str(folder))
    priors = _read_priors(folder / "priors.yaml")
    template = _read_template(folder / "model.demes.yaml")
    scenario = Scenario(name, template, priors.roles, priors.parameters, priors.has_target_ghost, priors.description)
    _check_consistency(scenario)
    return scenario


def check_name(name: str, where: str) -> None:
    """Refuse a name of a scenario that other programs read as a missing value.

    Parameters
    ----------
    name : str
    where : str
        Names the file in the message.

    Raises
    ------
    ConfigError
        It is such a name.
    """
    if name.lower() in _MISSING_VALUES:
        raise ConfigError(
            f"{where}: no scenario can be called {name}, which YAML and pandas read as a missing value; "
            "the one without a ghost is called no_ghost"
        )


def _read_template(path: Path) -> JsonObject:
    try:
        template = demes.load_asdict(path)
    except Exception as error:  # the YAML library behind demes has its own family of exceptions
        raise ConfigError(f"{path}: can't be read as a Demes model: {' '.join(str(error).split())}") from error
    return plain_object(template, str(path))


class _Priors(NamedTuple):
    """What ``priors.yaml`` says."""

    roles: dict[str, str]
    has_target_ghost: bool
    parameters: tuple[Prior, ...]
    description: str


def _read_priors(path: Path) -> _Priors:
    content = read_object(path)
    try:
        check_schema(content, "priors.schema.yaml")
        document = Section(content)
        roles = document.section("roles")
        demes_by_role = {role: roles.text(role) for role in roles.content}
        parameters = document.section("parameters").sections()
        drawn = tuple(_prior(name, entry) for name, entry in parameters.items())
        description = document.text("description") if "description" in document else ""
        return _Priors(demes_by_role, _target_ghost(document, demes_by_role), drawn, description.strip())
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def _target_ghost(document: Section, roles: Mapping[str, str]) -> bool:
    """Whether the ghost gave to the target: said by `GHOST_OF_TARGET` wherever a ghost has a role."""
    if "ghost" in roles and GHOST_OF_TARGET not in document:
        raise ConfigError(
            f"roles name a ghost, {roles['ghost']}, and nothing says whether it gave to the target: write "
            f"`{GHOST_OF_TARGET}: true` if the scenario is one of ghost introgression into the target, "
            f"`{GHOST_OF_TARGET}: false` if not"
        )
    has_target_ghost = document.truth(GHOST_OF_TARGET, default=False)
    if has_target_ghost and "ghost" not in roles:
        raise ConfigError(f"{GHOST_OF_TARGET}: true, but roles name no ghost; add its deme to roles, or write false")
    return has_target_ghost


def digest(scenario: Scenario) -> str:
    """SHA-256 of everything in a scenario that changes its simulations (descriptions don't)."""
    content = {
        "name": scenario.name,
        "template": _without_descriptions(scenario.template),
        "roles": scenario.roles,
        GHOST_OF_TARGET: scenario.has_target_ghost,
        "parameters": [asdict(prior) for prior in scenario.parameters],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _without_descriptions(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _without_descriptions(v) for key, v in value.items() if key not in ("description", "doi")}
    return [_without_descriptions(v) for v in value] if isinstance(value, list) else value


def check(scenario: Scenario, draws: int = 20, figure: Path | None = None) -> pd.DataFrame:
    """Draw from a scenario's priors and resolve every draw's graph.

    Parameters
    ----------
    scenario : Scenario
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
        If a draw is not a valid model.
    """
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
    from matplotlib import pyplot, rc_context

    figure, axes = pyplot.subplots()
    demesdraw.tubes(demes.Graph.fromdict(scenario.template), ax=axes, log_time=True, seed=1)
    kind = path.suffix.removeprefix(".") or "svg"
    # The same bytes each time: ids by a salt of its own, and no date.
    with atomic_path(path) as temporary, rc_context({"svg.hashsalt": scenario.name}):
        figure.savefig(temporary, format=kind, metadata={"Date": None} if kind == "svg" else None)
    pyplot.close(figure)


def _prior(name: str, entry: Section) -> Prior:
    fixed = entry.text("distribution") == "fixed"
    return Prior(
        name=name,
        distribution=entry.text("distribution"),
        lower=_bound(entry, "value" if fixed else "lower"),
        upper=_bound(entry, "value" if fixed else "upper"),
        alpha=float(entry.number("alpha", 1)),
        beta=float(entry.number("beta", 1)),
        scope=entry.optional_text("scope") or priors.GENOME,
        assignments=_assignments(entry),
        nuisance=entry.truth("nuisance", default=False),
    )


def _bound(entry: Section, key: str) -> Bound:
    if not isinstance(entry.content.get(key), dict):
        return Bound(float(entry.number(key)))
    bound = entry.section(key)
    return Bound(float(bound.number("plus", 0)), bound.text("parameter"), float(bound.number("times", 1)))


def _assignments(entry: Section) -> tuple[Assignment, ...]:
    """What a parameter sets: paths, or sections with a path and whether it is the complement that is written."""
    listed = entry.content.get("sets", [])
    if not isinstance(listed, list):
        raise ConfigError(f"{entry.where('sets')}: {listed!r}; expected a list of paths")
    sections = [Section(item if isinstance(item, dict) else {"path": item}, entry.where("sets")) for item in listed]
    return tuple(Assignment(each.text("path"), each.truth("complement", default=False)) for each in sections)


def _check_consistency(scenario: Scenario) -> None:
    where = f"scenario {scenario.name}"
    demes_by_name = _names(scenario.template.get("demes"))
    for role, deme in scenario.roles.items():
        if deme not in demes_by_name:
            raise ConfigError(
                f"{where}: roles.{role}: no deme '{deme}' in the model; {suggestion(deme, demes_by_name)}"
            )
    if scenario.template.get("time_units") != "generations":
        raise ConfigError(f"{where}: model.demes.yaml must have time_units: generations")
    if scenario.has_target_ghost and not _leads(scenario, scenario.roles["ghost"], scenario.roles["target"]):
        raise ConfigError(
            f"{where}: {GHOST_OF_TARGET}: true, but in model.demes.yaml no pulse, migration or descent leads from "
            f"{scenario.roles['ghost']} to {scenario.roles['target']}; mend the model, or write false"
        )
    _check_parameters(scenario)


def _leads(scenario: Scenario, first: str, last: str) -> bool:
    """Whether there is any way of ancestry from one deme into another, whatever its time."""
    try:
        graph = demes.Graph.fromdict(copy.deepcopy(scenario.template))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"scenario {scenario.name}: model.demes.yaml: not a valid Demes model: {error}") from error
    ways = [(source, pulse.dest) for pulse in graph.pulses for source in pulse.sources]
    ways += [(migration.source, migration.dest) for migration in graph.migrations]
    ways += [(ancestor, deme.name) for deme in graph.demes for ancestor in deme.ancestors]
    reached = {first}
    while further := {dest for source, dest in ways if source in reached} - reached:
        reached |= further
    return last in reached


def _check_parameters(scenario: Scenario) -> None:
    where = f"scenario {scenario.name}"
    scopes: dict[str, str] = {}
    nuisances = {prior.name for prior in scenario.parameters if prior.nuisance}
    for prior in scenario.parameters:
        for bound in (prior.lower, prior.upper):
            if bound.parameter is not None:
                _check_reference(where, prior, bound.parameter, scopes)
                if bound.parameter in nuisances and not prior.nuisance:
                    raise ConfigError(
                        f"{where}: parameter {prior.name} is inferred, so can't refer to '{bound.parameter}', which is "
                        "a nuisance"
                    )
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
            f"{where}: parameter {prior.name} refers to '{reference}', which isn't defined before it; "
            + suggestion(reference, scopes)
        )
    if prior.scope == priors.GENOME and scopes[reference] == priors.REGION:
        raise ConfigError(
            f"{where}: parameter {prior.name} is drawn per genome, so can't refer to '{reference}' of a region"
        )


def _locate(model: JsonObject, path: str, scenario_name: str) -> "_Place":
    """Where a dotted path leads to; a value must stand in the template there already."""
    value: JsonValue = model
    place = _Place(model, "")
    for part in path.split("."):
        keys = _keys(value)
        if part not in keys:
            raise ConfigError(
                f"scenario {scenario_name}: '{path}' isn't in model.demes.yaml: no '{part}'; {suggestion(part, keys)}"
            )
        place = _Place(value, keys[part])
        value = place.value
    return place


def _keys(container: JsonValue) -> Mapping[str, str | int]:
    """Keys of an object, or indices of a list, by the words that lead to them: its entries' names and numbers."""
    if isinstance(container, dict):
        return {key: key for key in container}
    if not isinstance(container, list):
        return {}
    return {str(index): index for index in range(len(container))} | _names(container)


def _names(container: JsonValue) -> dict[str, int]:
    """Index of each entry of a list that has a name."""
    entries = enumerate(container) if isinstance(container, list) else ()
    return {str(entry["name"]): index for index, entry in entries if isinstance(entry, dict) and "name" in entry}


@dataclass(frozen=True)
class _Place:
    """One value of a Demes template: the object or list that holds it, and its key there."""

    container: JsonValue
    key: str | int

    @property
    def value(self) -> JsonValue:
        if isinstance(self.container, dict) and isinstance(self.key, str):
            return self.container[self.key]
        if isinstance(self.container, list) and isinstance(self.key, int):
            return self.container[self.key]
        raise KeyError(self.key)

    def put(self, value: float) -> None:
        """Put another value in its place."""
        match self.container, self.key:
            case dict() as entries, str() as key:
                entries[key] = value
            case list() as entries, int() as key:
                entries[key] = value
