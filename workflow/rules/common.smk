import introghost
from introghost.config import batches, validate

validate(config)

VERSION = introghost.__version__
SCENARIOS = sorted(config["scenarios"])
TASKS = sorted(config["train"])
# Tree sequences know their ancestral states, whichever way the VCF's are found.
TREES_ANCESTRAL = (
    "outgroup-major" if config["ancestral"] == "outgroup-major" else "ancestral"
)
IS_SIMULATED = "simulated" in config["data"]


wildcard_constraints:
    scenario="|".join(SCENARIOS),
    batch=r"test|\d+",
    task="|".join(TASKS),


def scenario_files(wildcards):
    """The files that define a scenario."""
    folder = config["scenarios"][wildcards.scenario]["folder"]
    return [f"{folder}/model.demes.yaml", f"{folder}/priors.yaml"]


def statistics_of(names):
    """Paths of the statistics of all scenarios, for the batches that `names` selects."""
    return [
        f"results/statistics/{scenario}/{batch}.zarr.zip"
        for scenario in SCENARIOS
        for batch in batches(config, scenario)
        if names(batch)
    ]


DATA = dict(config["data"])
if IS_SIMULATED:
    DATA |= {
        "vcf": "results/demo/demo.vcf.gz",
        "populations": "results/demo/populations.tsv",
    }
DATA_OPTIONS = ["region", "include_bed", "genetic_map"]
DATA_FILES = {
    key: DATA[key]
    for key in ["vcf", "populations", "include_bed", "genetic_map"]
    if key in DATA
}


def data_options():
    """The options of `apply` that not every VCF needs."""
    return " ".join(
        f"--{key.replace('_', '-')} {DATA[key]}" for key in DATA_OPTIONS if key in DATA
    )
