import os
import shlex
import sys
from pathlib import Path

import introghost.config
from introghost.locks import is_dry_run, release_stale
from introghost.simulation.scenarios import FILES

# After a crash the same command goes on; Snakemake alone would ask for --unlock first. Its jobs read this file too.
if workflow.is_main_process and not is_dry_run(sys.argv[1:]):
    release_stale(Path(".snakemake"))

CONFIG = introghost.config.parse(config)


# Results of one configuration, its logs among them, lie in a folder of their own.
pathvars:
    results=CONFIG.results,
    logs=f"{CONFIG.results}/logs",
    benchmarks=f"{CONFIG.results}/benchmarks",


VERSION = introghost.__version__
SCENARIOS = sorted(CONFIG.scenarios)
TASKS = sorted(CONFIG.train)
# Tree sequences know their ancestral states, whichever way the VCF's are found.
TREES_ANCESTRAL = (
    "outgroup-major" if CONFIG.ancestral == "outgroup-major" else "ancestral"
)
OBSERVATION = CONFIG.observation_json()
OBSERVATION_FILES = CONFIG.observation_files()
DATA_OPTIONS = CONFIG.data_options()
SIMULATED = CONFIG.data.simulated


wildcard_constraints:
    scenario="|".join(SCENARIOS),
    batch=r"test|\d+",
    task="|".join(TASKS),


def files_of(folder):
    """The files that define a scenario."""
    return [f"{folder}/{file}" for file in FILES]


def folder_option(folder):
    """A folder as a path that can't be taken for the name of a scenario that comes with introghost."""
    return os.path.join(".", folder)


def scenario_of_task(task):
    """The files of the scenario whose parameters a task is about, if it is."""
    name = CONFIG.train[task].scenario
    return files_of(CONFIG.scenarios[name].folder) if name else []


def statistics_of(names):
    """Paths of the statistics of all scenarios, for the batches of which `names` is true."""
    return [
        f"<results>/statistics/{scenario}/{batch}.zarr.zip"
        for scenario in SCENARIOS
        for batch in CONFIG.batches(scenario)
        if names(batch)
    ]


def repeated(option, values):
    """An option given once for each value, quoted for the shell."""
    return " ".join(f"{option} {shlex.quote(str(value))}" for value in values)


# The check alone looks at the data's genetic map; simulations have that of the observation model.
DATA_FILES = CONFIG.data.files()
MAP_FILES = {key: DATA_FILES.pop(key) for key in ["genetic_map"] if key in DATA_FILES}
if SIMULATED:
    DATA_FILES |= {
        "vcf": "<results>/demo/demo.vcf.gz",
        "populations": "<results>/demo/populations.tsv",
    }
if CONFIG.ancestral.startswith("fasta="):
    DATA_FILES["ancestral"] = CONFIG.ancestral.partition("=")[2]


# A VCF that can't be read stops the workflow before anything is simulated; that it was read again changes nothing.
CHECKED_FIRST = [] if SIMULATED else ancient("<results>/check/vcf.tsv")
