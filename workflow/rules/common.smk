import shlex
import sys
from pathlib import Path

import introghost
from introghost.config import (
    batches,
    decision_options,
    most_diploids,
    observation_files,
    observation_json,
    validate,
)
from introghost.locks import is_dry_run, release_stale
from introghost.simulation.scenarios import FILES

# After a crash the same command goes on; Snakemake alone would ask for --unlock first. Its jobs read this file too.
if workflow.is_main_process and not is_dry_run(sys.argv[1:]):
    release_stale(Path(".snakemake"))

validate(config)


# Results of one configuration, its logs among them, lie in a folder of their own.
pathvars:
    results=config["results"],
    logs=f"{config['results']}/logs",
    benchmarks=f"{config['results']}/benchmarks",


RESULTS = config["results"]
VERSION = introghost.__version__
SCENARIOS = sorted(config["scenarios"])
TASKS = sorted(config["train"])
# Tree sequences know their ancestral states, whichever way the VCF's are found.
TREES_ANCESTRAL = (
    "outgroup-major" if config["ancestral"] == "outgroup-major" else "ancestral"
)
IS_SIMULATED = "simulated" in config["data"]
OBSERVATION = observation_json(config)
OBSERVATION_FILES = observation_files(config)


wildcard_constraints:
    scenario="|".join(SCENARIOS),
    batch=r"test|\d+",
    task="|".join(TASKS),


def scenario_files(wildcards):
    """The files that define a scenario."""
    folder = config["scenarios"][wildcards.scenario]["folder"]
    return [f"{folder}/{file}" for file in FILES]


def scenario_of_task(task):
    """The files of the scenario whose parameters a task is about, if it is."""
    name = config["train"][task].get("scenario")
    return (
        [f"{config['scenarios'][name]['folder']}/{file}" for file in FILES]
        if name
        else []
    )


def statistics_of(names):
    """Paths of the statistics of all scenarios, for the batches of which `names` is true."""
    return [
        f"<results>/statistics/{scenario}/{batch}.zarr.zip"
        for scenario in SCENARIOS
        for batch in batches(config, scenario)
        if names(batch)
    ]


DATA = dict(config["data"])
if IS_SIMULATED:
    DATA |= {
        "vcf": "<results>/demo/demo.vcf.gz",
        "populations": "<results>/demo/populations.tsv",
    }
DATA_OPTIONS = ["region", "include_bed"]
DATA_FILES = {
    key: DATA[key] for key in ["vcf", "populations", "include_bed"] if key in DATA
}
# The check alone looks at the data's genetic map; simulations have that of the observation model.
MAP_FILES = {key: DATA[key] for key in ["genetic_map"] if key in DATA}


if config["ancestral"].startswith("fasta="):
    DATA_FILES["ancestral"] = config["ancestral"].partition("=")[2]


def data_options(*more):
    """The options that say what to read of a VCF, beside the files that every one needs; `more` names others."""
    options = {"outgroup": DATA["outgroup"], "target": DATA["target"]}
    options |= {"ancestral": config["ancestral"]}
    options |= {key: DATA[key] for key in (*DATA_OPTIONS, *more) if key in DATA}
    return " ".join(
        f"--{key.replace('_', '-')} {shlex.quote(value)}"
        for key, value in options.items()
    )


# A VCF that can't be read stops the workflow before anything is simulated; that it was read again changes nothing.
CHECKED_FIRST = [] if IS_SIMULATED else ancient("<results>/check/vcf.tsv")
