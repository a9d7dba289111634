"""One edit for every key of the configuration and every file that it names, and what has to be run again after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from introghost import config
from introghost.documents import JsonObject, JsonValue, Section, load_schema

# What has to be run again, from the last step to the first: each set holds what follows from it.
REPORT = frozenset({"report", "compare"})
CALLS = frozenset({"apply", "evaluate_calls"}) | REPORT
NETWORK = frozenset({"evaluate", "report_model"}) | CALLS
CHOICE = frozenset({"train model-choice"}) | NETWORK
PARAMETERS = frozenset({"train parameters"}) | NETWORK
GENOMES = frozenset({"simulate genomes", "statistics_genomes"}) | CHOICE | PARAMETERS
SEGMENTS_NETWORK = frozenset({"train segments"}) | GENOMES
SEGMENTS = frozenset({"simulate segments", "statistics_segments", "predictive"}) | SEGMENTS_NETWORK
DECISION = frozenset({"apply_start"}) | CALLS
DATA = frozenset({"check", "statistics_data", "predictive"}) | DECISION
SIMULATED_DATA = frozenset({"simulate_data", "write_data"}) | DATA
READING = SEGMENTS | DATA  # how simulations and data are read: all but the data that are simulated
EVERYTHING = SEGMENTS | SIMULATED_DATA

# Results, one of which at least has other bytes after an edit.
CALLS_RESULTS = ("calls/*/bins.tsv.gz", "calls/*/segments.tsv")
CHOICE_RESULTS = ("model/model-choice/weights.safetensors",)
SEGMENTS_RESULTS = ("model/segments/weights.safetensors",)
VERDICT_RESULTS = ("calls/*/model_choice.json",)
# Results that are of the same bytes after an edit that does not change what is computed.
ANSWERS = ("model/*/weights.safetensors", "calls/*/bins.tsv.gz", "calls/*/segments.tsv")

SEEN: JsonObject = {
    "outgroup_diploids": 6,
    "target_diploids": [4, 6],
    "panel_outgroup_diploids": 1,
    "panel_target_diploids": 4,
    "minimum_allele_count": [1, 2],
    "include_bed": "mask.bed",
    "genetic_map": "map.tsv",
    "missing": [0, 0.1],
    "switch_error": 0.01,
}
SIMULATIONS: JsonObject = {
    "segments": {
        "genomes": 5,
        "test_genomes": 2,
        "regions": 1,
        "observations": 2,
        "haplotypes": 8,
        "batch_genomes": 10,
    },
    "genomes": {"genomes": 8, "test_genomes": 2, "regions": 2, "batch_genomes": 10},
}
MODEL: JsonObject = {
    "seed": 4,  # holds a genome of each scenario out for validation, few as they are
    "bin_bp": 10_000,
    "ancestral": "info-aa",
    "region_length_bp": 200_000,
    "scenarios": ["scenarios/ghost", "no_ghost"],
    "train": {
        "segments": {"epochs": 1, "width": 8},
        "model-choice": {"epochs": 2, "width": 4, "members": 2},
        "parameters": {"epochs": 2, "width": 4, "members": 2, "scenario": "ghost"},
    },
}
_OF_EACH_KIND: JsonObject = {
    kind: {**Section(SIMULATIONS).section(kind).content, "observation": SEEN} for kind in SIMULATIONS
}
CONFIGURATIONS: Mapping[str, JsonObject] = {
    "simulated": {
        **MODEL,
        "observation": SEEN,
        "simulations": SIMULATIONS,
        "data": {
            "simulated": {"folder": "my_demo", "regions": 1, "region_length_bp": 200_000},
            "outgroup": "Outgroup",
            "target": "Target",
        },
    },
    "vcf": {
        **MODEL,
        "ancestral": "fasta=ancestral.fa",
        "observation": "seen.yaml",
        "simulations": SIMULATIONS,
        "data": {
            "vcf": "data.vcf.gz",
            "populations": "populations.tsv",
            "outgroup": "O1",
            "target": "T1",
            "include_bed": "mask.bed",
            "genetic_map": "map.tsv",
        },
    },
    # Each kind of genomes is observed in its own way.
    "model": {**MODEL, "observation": SEEN, "simulations": _OF_EACH_KIND},
}


@dataclass(frozen=True)
class Edit:
    """Another value of one key, or other content of one file.

    Attributes
    ----------
    configuration : str
        The key of `CONFIGURATIONS` of what is edited.
    value : JSON
        The key's, or lines that are added to the file.
    planned : frozenset of str
        Steps that are run again, in so far as the configuration has them.
    changed : tuple of str
        Patterns of results, one of which at least has other bytes then; none where the edit changes no result.
    without : tuple of str
        Other keys that can't go with the new value, and are taken out.
    """

    configuration: str
    value: JsonValue
    planned: frozenset[str]
    changed: tuple[str, ...]
    without: tuple[str, ...] = field(default=())

    def of_key(self, key: str, document: JsonObject) -> JsonObject:
        """A configuration after the edit of a key, such as ``train.segments.epochs``."""
        for other in self.without:
            document = _replaced(document, other.split("."), None)
        return _replaced(document, key.split("."), self.value)


def _replaced(document: JsonObject, path: Sequence[str], value: JsonValue) -> JsonObject:
    """A copy with another value at one place; None takes the key out."""
    first, *rest = path
    if rest:
        below = document.get(first, {})
        return {**document, first: _replaced(below if isinstance(below, dict) else {}, rest, value)}
    kept = {key: each for key, each in document.items() if key != first}
    return kept if value is None else {**kept, first: value}


def keys(schema: Section | None = None, prefix: str = "") -> Iterator[str]:
    """Every key that a configuration can have a value at, as the schema says."""
    top = Section(load_schema(config.SCHEMA))
    for name, entry in (schema or top).section("properties").sections().items():
        reference = str(entry.content.get("$ref", "")).rpartition("/")[2]
        section = top.section("$defs").section(reference) if reference else entry
        if "properties" in section:
            yield from keys(section, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


_OBSERVATION: JsonObject = {
    "outgroup_diploids": [5, 7],
    "target_diploids": [4, 5],
    "panel_outgroup_diploids": 2,
    "panel_target_diploids": 5,
    "minimum_allele_count": [1, 3],
    "include_bed": "other.bed",
    "genetic_map": "other.tsv",
    "regions": ["1:1-600000"],
    "genetic_map_error": 0.2,
    "mutation_rate_variation": 0.2,
    "regional_mutation_rate_variation": 0.2,
    "linked_selection": 0.2,
    "selected_ghost": 0.9,
    "rare_allele_detection": 0.5,
    "inbreeding": 0.5,
    "loci": 0.5,
    "missing": [0, 0.2],
    "genotype_error": 0.05,
    "switch_error": 0.03,
    "ancestral_error": 0.05,
    "outgroup_gene_flow": 0.05,
    "target_gene_flow": 0.2,
    "mislabelled": 0.3,
    "flawless": 0.9,
}


def _observation(prefix: str, configuration: str, planned: frozenset[str], changed: tuple[str, ...]) -> dict[str, Edit]:
    return {f"{prefix}.{key}": Edit(configuration, value, planned, changed) for key, value in _OBSERVATION.items()}


def _of_network(task: str, planned: frozenset[str]) -> dict[str, Edit]:
    """Edits of what each task has."""
    numbers = {"epochs": 3, "width": 6, "members": 3}
    return {f"train.{task}.{key}": Edit("simulated", number, planned, _bundle(task)) for key, number in numbers.items()}


def _start(task: str, planned: frozenset[str]) -> Edit:
    """A network that is trained before says how large it is."""
    sizes = f"train.{task}.width", f"train.{task}.members"
    return Edit("simulated", "start", planned, _bundle(task), without=sizes)


def _bundle(task: str) -> tuple[str, ...]:
    return (f"model/{task}/model.json",)


# Edits that cost little come first, those that nothing can follow come last: `make verify` makes each of them on top of
# those before it.
KEYS: Mapping[str, Edit] = {
    "decision.false_ghost_cost": Edit("simulated", 7, DECISION, VERDICT_RESULTS),
    "decision.missed_ghost_cost": Edit("simulated", 5, DECISION, VERDICT_RESULTS),
    "decision.undecided_cost": Edit("simulated", 2, DECISION, VERDICT_RESULTS),
    "decision.scenario_prior": Edit("simulated", {"ghost": 0.2}, DECISION, VERDICT_RESULTS),
    # Whether the bytes of the page change hangs on what is called, and on whether parameters are given.
    "report.generation_time": Edit("simulated", 25, REPORT, ()),
    "report.genes": Edit("simulated", "genes.gtf", REPORT, ()),
    "data.simulated.folder": Edit("simulated", "other_demo", SIMULATED_DATA, CALLS_RESULTS),
    "data.simulated.regions": Edit("simulated", 2, SIMULATED_DATA, CALLS_RESULTS),
    "data.simulated.region_length_bp": Edit("simulated", 300_000, SIMULATED_DATA, CALLS_RESULTS),
    **_of_network("parameters", PARAMETERS),
    "train.parameters.scenario": Edit("simulated", "no_ghost", PARAMETERS, ("model/parameters/model.json",)),
    **_of_network("model-choice", CHOICE),
    "simulations.genomes.genomes": Edit("simulated", 9, GENOMES, CHOICE_RESULTS),
    "simulations.genomes.test_genomes": Edit("simulated", 3, GENOMES, CHOICE_RESULTS),
    "simulations.genomes.regions": Edit("simulated", 3, GENOMES, CHOICE_RESULTS),
    "simulations.genomes.observations": Edit("simulated", 2, GENOMES, CHOICE_RESULTS),
    "simulations.genomes.batch_genomes": Edit("simulated", 4, GENOMES, ()),
    **_of_network("segments", SEGMENTS_NETWORK),
    "simulations.segments.genomes": Edit("simulated", 6, SEGMENTS, SEGMENTS_RESULTS),
    "simulations.segments.test_genomes": Edit("simulated", 3, SEGMENTS, SEGMENTS_RESULTS),
    "simulations.segments.regions": Edit("simulated", 2, SEGMENTS, SEGMENTS_RESULTS),
    "simulations.segments.observations": Edit("simulated", 3, SEGMENTS, SEGMENTS_RESULTS),
    "simulations.segments.haplotypes": Edit("simulated", 6, SEGMENTS, SEGMENTS_RESULTS),
    "simulations.segments.batch_genomes": Edit("simulated", 4, SEGMENTS, ()),
    **_observation("observation", "simulated", SEGMENTS, SEGMENTS_RESULTS),
    # The data that are simulated have these sizes too.
    "observation.outgroup_diploids": Edit("simulated", [5, 7], EVERYTHING, SEGMENTS_RESULTS),
    "observation.target_diploids": Edit("simulated", [4, 5], EVERYTHING, SEGMENTS_RESULTS),
    "seed": Edit("simulated", 12, EVERYTHING, SEGMENTS_RESULTS),
    "bin_bp": Edit("simulated", 20_000, READING, SEGMENTS_RESULTS),
    "ancestral": Edit("simulated", "outgroup-major", READING, SEGMENTS_RESULTS),
    "region_length_bp": Edit("simulated", 100_000, READING - {"check"}, SEGMENTS_RESULTS),
    "scenarios": Edit("simulated", ["scenarios/ghost", "no_ghost", "structure"], SEGMENTS, SEGMENTS_RESULTS),
    "results": Edit("simulated", "other results", EVERYTHING, ()),
    "train.parameters.from": _start("parameters", PARAMETERS),
    "train.model-choice.from": _start("model-choice", CHOICE),
    "train.segments.from": _start("segments", SEGMENTS_NETWORK | {"apply_start"}),
    "data.genetic_map": Edit("vcf", "other.tsv", DATA, ("check/vcf.tsv",)),
    "data.include_bed": Edit("vcf", "./mask.bed", DATA, ()),  # the simulations need the same mask
    "data.vcf": Edit("vcf", "other.vcf.gz", DATA, CALLS_RESULTS),
    "data.populations": Edit("vcf", "others.tsv", DATA, CALLS_RESULTS),
    "data.outgroup": Edit("vcf", ["O1", "O2"], DATA, CALLS_RESULTS),
    "data.target": Edit("vcf", ["T1", "T2"], DATA, ("comparison.html",)),
    "data.region": Edit("vcf", "1", DATA, CALLS_RESULTS),
    **_observation("simulations.genomes.observation", "model", GENOMES, CHOICE_RESULTS),
    **_observation("simulations.segments.observation", "model", SEGMENTS, SEGMENTS_RESULTS),
}
# Files that take on the content of another one, which is the value.
FILES: Mapping[str, Edit] = {
    "my_demo/priors.yaml": Edit("simulated", "other_demo/priors.yaml", SIMULATED_DATA, CALLS_RESULTS),
    "scenarios/ghost/priors.yaml": Edit("simulated", "other_ghost/priors.yaml", SEGMENTS, SEGMENTS_RESULTS),
    "scenarios/ghost/model.demes.yaml": Edit("simulated", "other_ghost/model.demes.yaml", SEGMENTS, SEGMENTS_RESULTS),
    "data.vcf.gz": Edit("vcf", "other.vcf.gz", DATA, CALLS_RESULTS),
    "populations.tsv": Edit("vcf", "others.tsv", DATA, CALLS_RESULTS),
    "ancestral.fa": Edit("vcf", "other.fa", DATA, CALLS_RESULTS),
    "map.tsv": Edit("vcf", "other.tsv", READING, SEGMENTS_RESULTS),
    "mask.bed": Edit("vcf", "other.bed", READING, SEGMENTS_RESULTS),
    "seen.yaml": Edit("vcf", "others_seen.yaml", SEGMENTS, SEGMENTS_RESULTS),
}
