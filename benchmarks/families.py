"""Demographic models that nobody trains on, as scenarios: published ones, with and without their pulse."""

import copy
import dataclasses
import subprocess
from pathlib import Path

import yaml

from introghost.errors import DataError
from introghost.simulation import scenarios
from introghost.simulation.priors import Bound, Prior
from introghost.simulation.scenarios import MUTATION_RATE, Scenario

HERE = Path(__file__).parent
MODELS = {
    "archie": HERE / "models" / "archie",
    "human_neanderthal": HERE.parent / "config" / "demo",
    "stepping_stone": HERE / "models" / "stepping_stone",
}
# Outgroup and target of models of stdpopsim (Lauterbur et al. 2023, eLife 12:RP84874), all of them of humans.
STDPOPSIM = {
    "OutOfAfricaArchaicAdmixture_5R19": ("YRI", "CEU"),
    "PapuansOutOfAfrica_10J19": ("YRI", "Papuan"),
    "AncientEurasia_9K19": ("Mbuti", "Sardinian"),
}
WRITE = """
import demes, stdpopsim, sys
model = stdpopsim.get_species("HomSap").get_demographic_model(sys.argv[1])
demes.dump(model.model.to_demes(), sys.argv[2])
print(model.mutation_rate or 1.29e-8)
"""


def published(name: str) -> Scenario:
    """A model of `MODELS`."""
    return dataclasses.replace(scenarios.load(MODELS[name]), name=name)


def without_pulse(scenario: Scenario) -> Scenario:
    """The same model, in which nothing introgressed."""
    template = copy.deepcopy(scenario.template)
    template["pulses"][0]["proportions"] = [0.0]
    kept = tuple(prior for prior in scenario.parameters if prior.name != "ghost_proportion")
    return dataclasses.replace(
        scenario, name=f"{scenario.name}-without", template=template, parameters=kept, has_target_ghost=False
    )


def with_mutation_rate(scenario: Scenario, factor: float) -> Scenario:
    """The same model, whose fixed mutation rate is so many times as high."""

    def scaled(prior: Prior) -> Prior:
        rate = Bound(prior.lower.resolve({}) * factor)
        return dataclasses.replace(prior, lower=rate, upper=rate) if prior.name == MUTATION_RATE else prior

    parameters = tuple(scaled(prior) for prior in scenario.parameters)
    return dataclasses.replace(scenario, name=f"{scenario.name}-rate-x{factor:g}", parameters=parameters)


def of_stdpopsim(python: Path, name: str, folder: Path) -> Scenario:
    """A model of `STDPOPSIM`, written to `folder` by the interpreter of an environment that has stdpopsim."""
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-c", WRITE, name, str(place / "model.demes.yaml")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise DataError(f"--stdpopsim {python}: {getattr(error, 'stderr', None) or error}") from error
    rates = {"mutation_rate_per_bp": float(done.stdout), "recombination_rate_per_bp": 1e-8}
    fixed = {key: {"distribution": "fixed", "value": value} for key, value in rates.items()}
    fixed["recombination_rate_per_bp"]["scope"] = "region"
    outgroup, target = STDPOPSIM[name]
    content = {"roles": {"outgroup": outgroup, "target": target}, "parameters": fixed}
    (place / "priors.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return scenarios.load(place)
