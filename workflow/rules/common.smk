import introghost
from introghost.config import batches, validate

validate(config)

VERSION = introghost.__version__
SCENARIOS = sorted(config["scenarios"])
IS_SIMULATED = "simulated" in config["data"]


wildcard_constraints:
    scenario="|".join(SCENARIOS),
    batch=r"test|\d+",
    task="segments|model-choice",


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


def data_options():
    """The options of `apply` that say what is read from the VCF."""
    keys = ["region", "include_bed", "genetic_map"]
    given = {key: config["data"][key] for key in keys if config["data"].get(key)}
    return " ".join(f"--{key.replace('_', '-')} {value}" for key, value in given.items())


DATA = (
    {
        "vcf": "results/demo/demo.vcf.gz",
        "populations": "results/demo/populations.tsv",
        "outgroup": "outgroup",
        "target": "target",
    }
    if IS_SIMULATED
    else config["data"]
)
