import os
import re
import shlex
import sys
from pathlib import Path

import introghost.config
from introghost.configuration import Kind
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
TASKS = sorted(CONFIG.train)
# Tree sequences know their ancestral states, whichever way the VCF's are found.
TREES_ANCESTRAL = (
    "outgroup-major" if CONFIG.ancestral == "outgroup-major" else "ancestral"
)
DATA = CONFIG.data
TARGETS = {} if DATA is None else DATA.targets
SIMULATED = None if DATA is None else DATA.simulated
BUNDLES = expand("<results>/model/{task}/MANIFEST.sha256", task=TASKS)


wildcard_constraints:
    kind="|".join(CONFIG.simulations),
    scenario="|".join(CONFIG.scenarios),
    batch=r"(test|train)-\d+",
    task="|".join(TASKS),
    target="|".join(map(re.escape, TARGETS)) or "none",


def simulation(wildcards):
    """How the genomes of a kind are simulated."""
    return CONFIG.simulations[Kind(wildcards.kind)]


def batch(wildcards):
    """The genomes of a batch."""
    return simulation(wildcards).batches(wildcards.scenario)[wildcards.batch]


def seed(wildcards):
    """Root seed of the genomes of a kind."""
    return CONFIG.seed_of(Kind(wildcards.kind))


def files_of(folder):
    """The files that define a scenario."""
    return [f"{folder}/{file}" for file in FILES]


def folder_option(folder):
    """A folder as a path that can't be taken for the name of a scenario that comes with introghost."""
    return os.path.join(".", folder)


def statistics_of(kind, is_test):
    """Paths of the statistics of the genomes of a kind, of all scenarios."""
    if kind not in CONFIG.simulations:
        return []
    batches = [
        (scenario, batch)
        for scenario in CONFIG.scenarios
        for batch in CONFIG.simulations[kind].batches(scenario).values()
    ]
    return [
        f"<results>/statistics/{kind}/{scenario}/{batch.name}.zarr.zip"
        for scenario, batch in batches
        if batch.is_test == is_test
    ]


def observations(kind, wildcards):
    """How often the genomes of a batch are observed: those for evaluation once."""
    simulation = CONFIG.simulations[kind]
    batch = simulation.batches(wildcards.scenario)[wildcards.batch]
    return 1 if batch.is_test else simulation.observations


def kind_of(task):
    """The kind of genomes that the network of a task is trained on."""
    return Kind.SEGMENTS if task == "segments" else Kind.GENOMES


def scenario_of(task):
    """The files of the scenario whose parameters a task is about, if it is."""
    name = CONFIG.train[task].scenario
    return files_of(CONFIG.scenarios[name]) if name else []


def start_of(task):
    """What stands for the network that the training of a task starts from, if any."""
    manifest = CONFIG.train[task].start_manifest(task)
    return [str(manifest)] if manifest else []


def model_of(manifests):
    """The folder of a model, out of the manifests of its networks."""
    return Path(manifests[0]).parents[1]


def repeated(option, values):
    """An option given once for each value, quoted for the shell."""
    return " ".join(f"{option} {shlex.quote(str(value))}" for value in values)


def data_options(target):
    """What is to be read of the data for some populations of the target."""
    return CONFIG.data_options(DATA, target)


# The check alone looks at the data's genetic map; simulations have that of the observation model.
DATA_FILES = {} if DATA is None else DATA.files()
MAP_FILES = DATA_FILES.pop("genetic_map", [])
if SIMULATED:
    DATA_FILES |= {
        "vcf": ["<results>/demo/demo.vcf.gz"],
        "populations": ["<results>/demo/populations.tsv"],
    }
if CONFIG.ancestral.startswith("fasta="):
    DATA_FILES["ancestral"] = [CONFIG.ancestral.partition("=")[2]]
