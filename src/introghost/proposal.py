"""A configuration that suits a data set, each line with its reason."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from introghost import __version__, models
from introghost.documents import commented
from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP, OUTGROUP_MAJOR, TARGET
from introghost.inference import bundle_files
from introghost.inference.bundles import ChoiceBundle, ParametersBundle
from introghost.simulation.observation import ObservationModel
from introghost.sizes import megabases
from introghost.variants import learned
from introghost.variants.learned import Entry
from introghost.variants.samples import listed
from introghost.variants.survey import Survey
from introghost.workload import (
    ADAPTED,
    CORES,
    FEWEST_REGIONS,
    FROM_NOTHING,
    HAPLOTYPES,
    MOST_REGIONS,
    OBSERVATIONS,
    SEGMENT_REGIONS,
    SEGMENT_TEST_GENOMES,
    TEST_GENOMES,
    Amount,
    Costs,
    Limits,
    Workload,
    least_callable_bp,
)

# Half of the genomes for segments have a ghost; the others show what has none, and looks like it.
SEGMENT_SHARES = {"ghost": 0.5, "no_ghost": 0.25, "structure": 0.25}

Line = tuple[str, str]


@dataclass(frozen=True)
class Inputs:
    """The data as the user names them.

    Attributes
    ----------
    vcf : tuple of str
        One file or several.
    populations : str
    outgroup : str
        Populations separated by commas; so is each of the `targets`.
    targets : tuple of str
        One or several.
    ancestral : str
        As in the configuration.
    region, include_bed, genetic_map : str or None
    """

    vcf: tuple[str, ...]
    populations: str
    outgroup: str
    targets: tuple[str, ...]
    ancestral: str
    region: str | None = None
    include_bed: str | None = None
    genetic_map: str | None = None

    @property
    def ancestral_status(self) -> str:
        """`haplotypes.OUTGROUP_MAJOR` or `haplotypes.KNOWN_ANCESTRAL`."""
        return OUTGROUP_MAJOR if self.ancestral == OUTGROUP_MAJOR else KNOWN_ANCESTRAL


@dataclass(frozen=True)
class Start:
    """The model that training starts from.

    Attributes
    ----------
    name : str
    bin_bp, region_length_bp : int
    ancestral_status : str
        As `Inputs.ancestral_status`.
    scenarios : tuple of str
        Among which it chooses.
    scenario : str
        Whose parameters it estimates.
    fewest_regions : int
        Of a genome, for a verdict.
    """

    name: str
    bin_bp: int
    region_length_bp: int
    ancestral_status: str
    scenarios: tuple[str, ...]
    scenario: str
    fewest_regions: int

    @classmethod
    def load(cls, name: str) -> "Start":
        """What a model with bundles for the choice between scenarios and for parameters says of itself.

        Raises
        ------
        ConfigError
            There is no such model.
        ModelError
            A bundle is missing or damaged.
        """
        folder = models.locate(name)
        choice = bundle_files.load(folder / ChoiceBundle.task, ChoiceBundle)
        parameters = bundle_files.load(folder / ParametersBundle.task, ParametersBundle)
        training = choice.training
        return cls(
            name=name,
            bin_bp=training.bin_bp,
            region_length_bp=training.region_length_bp,
            ancestral_status=training.ancestral,
            scenarios=choice.scenarios,
            scenario=parameters.scenario,
            fewest_regions=choice.regions.lowest,
        )

    def suits(self, inputs: Inputs) -> bool:
        """Whether training can start from it: the data have the ancestral states that it was trained with."""
        return self.ancestral_status == inputs.ancestral_status

    def least_regions(self, inputs: Inputs) -> int:
        """Regions that a genome must have for a verdict on these data; 1 where training starts from nothing."""
        return self.fewest_regions if self.suits(inputs) else 1


@dataclass(frozen=True)
class Proposal:
    """What a configuration is written from.

    Attributes
    ----------
    inputs : Inputs
    results : str
        Folder.
    start : Start
        Training starts from it if it has the ancestral states of the data; scenarios, bins and regions are its own.
    observation : tuple of Entry
        What the files show of genomes.
    facts : mapping of str to str
        What else they show, in words.
    amount : Amount
    limits : Limits
        What bounds the workload.
    workload : Workload
    """

    inputs: Inputs
    results: str
    start: Start
    observation: tuple[Entry, ...]
    facts: Mapping[str, str]
    amount: Amount
    limits: Limits
    workload: Workload

    @property
    def is_adapted(self) -> bool:
        """Whether training starts from the model, whose ancestral states the data then have."""
        return self.start.suits(self.inputs)

    @property
    def segment_genomes(self) -> dict[str, int]:
        """Genomes for the segment network by scenario."""
        return {name: round(share * self.workload.segment_genomes) for name, share in SEGMENT_SHARES.items()}

    @property
    def minutes(self) -> str:
        """Estimated time in words."""
        minutes = self.workload.seconds / 60
        if minutes < 100:
            return f"about {max(5 * round(minutes / 5), 5)} minutes on {CORES} cores"
        return f"about {minutes / 60:.1f} hours on {CORES} cores"

    @property
    def verdict(self) -> str:
        """Whether there will be one, in words."""
        least_regions = self.start.least_regions(self.inputs)
        has, needed = (
            self.amount.callable_bp,
            least_callable_bp(self.amount, self.start.region_length_bp, least_regions),
        )
        if has < needed:
            return (
                f"too little sequence is expected: {megabases(has)} callable, a model of this configuration needs "
                f"{megabases(needed)}; segments are called all the same"
            )
        return f"enough sequence: {megabases(has)} callable, a model of this configuration needs {megabases(needed)}"

    def summary(self) -> dict[str, str]:
        """What the data hold and what it means, in words."""
        return {**self.facts, "verdict": self.verdict, "estimated time": self.minutes}

    def to_yaml(self) -> str:
        """The configuration, as text of a YAML file."""
        head = [
            f"# Proposed by introghost {__version__} from what the files show:",
            *(f"#   {name}: {text}" for name, text in self.summary().items()),
            "# The time is an estimate, from what a megabase costs with so many individuals.",
            "# The keys are described in config/README.md, and `introghost config check` checks them.",
        ]
        sections = [self._top(), self._scenarios(), self._observation(), self._simulations(), self._train()]
        decision = [
            "# No section decision: scenarios are equally likely beforehand, and costs of errors are the usual ones."
        ]
        blocks = [head, *(commented(section) for section in sections), decision, commented(self._data())]
        return "\n\n".join("\n".join(block) for block in blocks) + "\n"

    def _top(self) -> list[Line]:
        start = self.start
        if self.is_adapted:
            bins, ancestral = f"as the model {start.name}, from which training starts", f"so was {start.name} trained"
        else:
            bins = f"as the model {start.name}, whose scenarios these are"
            ancestral = (
                f"{start.name} knows {start.ancestral_status} alone: training starts from nothing and needs more"
            )
        return [
            ("seed: 1", "all that is drawn at random follows from it"),
            (f"results: {json.dumps(self.results)}", "named like this file"),
            (f"bin_bp: {start.bin_bp}", bins),
            (f"region_length_bp: {start.region_length_bp}", bins),
            (f"ancestral: {json.dumps(self.inputs.ancestral)}", f"as given; {ancestral}"),
        ]

    def _scenarios(self) -> list[Line]:
        reason = f"the {len(self.start.scenarios)} that {self.start.name} tells apart"
        return [("scenarios:", reason), *((f"  - {name}", "") for name in self.start.scenarios)]

    def _observation(self) -> list[Line]:
        lines = [("observation:", "what the files show of genomes; `introghost observe` writes the same")]
        return [*lines, *((f"  {entry.key}: {entry.text}", entry.reason) for entry in self.observation)]

    def _simulations(self) -> list[Line]:
        work, limits, tests = self.workload, self.limits, "for the tables of accuracy: never trained on"
        fewest_regions = max(FEWEST_REGIONS, self.start.least_regions(self.inputs))
        amount = f"the data have {megabases(self.amount.callable_bp)} callable"
        minute = "of one job, which takes about a minute"
        return [
            ("simulations:", ""),
            ("  segments:", "genomes of a few regions, for the network that finds segments"),
            (
                f"    genomes: {_mapping(self.segment_genomes)}",
                f"half of them have a ghost; {_why(work.segment_genomes, limits.segment_genomes)}",
            ),
            (f"    test_genomes: {_mapping(dict.fromkeys(SEGMENT_SHARES, SEGMENT_TEST_GENOMES))}", tests),
            (f"    regions: {SEGMENT_REGIONS}", "of them together it is told what outgroup and target are like"),
            (f"    observations: {OBSERVATIONS}", "further genomes teach more, and cost little more"),
            (f"    haplotypes: {HAPLOTYPES}", "of each region: the others are much like them"),
            (f"    batch_genomes: {work.segment_batch}", minute),
            ("  genomes:", "genomes of many regions, for the verdict and the parameters"),
            (f"    genomes: {work.genomes}", f"of each scenario; {_why(work.genomes, limits.genomes)}"),
            (f"    test_genomes: {TEST_GENOMES}", tests),
            (f"    regions: {work.regions}", f"{amount}; at least {fewest_regions}, at most {MOST_REGIONS}"),
            ("    observations: 1", "observing costs about as much as simulating, and further genomes teach more"),
            (f"    batch_genomes: {work.genome_batch}", minute),
        ]

    def _train(self) -> list[Line]:
        start = self.start
        names = {"from": start.name} if self.is_adapted else {}
        why = f"adapted from {start.name}" if self.is_adapted else "from nothing"
        segments: dict[str, int | str] = {"epochs": self.limits.epochs, **names}
        return [
            ("train:", ""),
            (f"  segments: {_mapping(segments)}", f"{why}: where in each haplotype"),
            (f"  model-choice: {_mapping(names)}", f"{why}: whether there is a ghost at all"),
            (f"  parameters: {_mapping({'scenario': start.scenario, **names})}", f"{why}: how much and when"),
        ]

    def _data(self) -> list[Line]:
        given = self.inputs
        lines: list[Line] = [("data:", "as given; paths are relative to the folder that Snakemake runs in")]
        lines.append((f"  vcf: {json.dumps(given.vcf[0] if len(given.vcf) == 1 else given.vcf)}", ""))
        lines.append((f"  populations: {json.dumps(given.populations)}", ""))
        lines.append((f"  outgroup: {json.dumps(given.outgroup)}", ""))
        several = len(given.targets) > 1
        target = given.targets if several else given.targets[0]
        lines.append((f"  target: {json.dumps(target)}", "each has an answer of its own" if several else ""))
        reasons = {"region": "", "include_bed": "the mask of the observation, too", "genetic_map": ""}
        files = {"region": given.region, "include_bed": given.include_bed, "genetic_map": given.genetic_map}
        return [*lines, *((f"  {key}: {json.dumps(value)}", reasons[key]) for key, value in files.items() if value)]


def propose(
    inputs: Inputs,
    surveys: Mapping[str, Survey],
    *,
    contigs: Sequence[tuple[str, int, int]],
    results: str,
    start: Start,
    minutes: float | None = None,
) -> Proposal:
    """The configuration that suits what the files hold.

    Parameters
    ----------
    inputs : Inputs
    surveys : mapping of str to Survey
        Of `variants.survey.survey_targets`, by target.
    contigs : sequence of (str, int, int)
        Stretches that were surveyed: contig, start and end, 0-based and half-open.
    results : str
        Folder of the results.
    start : Start
        The model that training starts from.
    minutes : float, optional
        Aimed at on two cores; by default what is worth it.
    """
    vcf = listed([Path(name).name for name in inputs.vcf])
    named = {"include_bed": inputs.include_bed, "genetic_map": inputs.genetic_map}
    files = {key: path for key, path in named.items() if path}
    ancestral_known = inputs.ancestral_status == KNOWN_ANCESTRAL
    entries = learned.widened(
        {
            target: learned.learn(survey, files=files, regions=contigs, ancestral_known=ancestral_known, vcf=vcf)
            for target, survey in surveys.items()
        }
    )
    first = next(iter(surveys.values()))
    amount = Amount(first.callable_bp, first.surveyed_bp, len(surveys), "include_bed" in files)
    limits = ADAPTED if start.suits(inputs) else FROM_NOTHING
    limits = limits if minutes is None else replace(limits, minutes=minutes)
    workload = Workload.of(
        amount,
        Costs.of(ObservationModel.parse(learned.section(entries))),
        limits,
        num_scenarios=len(start.scenarios),
        num_segment_scenarios=len(SEGMENT_SHARES),
        region_length_bp=start.region_length_bp,
        least_regions=start.least_regions(inputs),
    )
    individuals = [(f"outgroup {inputs.outgroup}", OUTGROUP, first)]
    individuals += [(f"target {target}", TARGET, survey) for target, survey in surveys.items()]
    facts = {
        "files": vcf,
        "individuals": "; ".join(
            f"{survey.counts.num_haplotypes[role] // 2:,} of the {name}" for name, role, survey in individuals
        ),
        "contigs": f"{len(contigs):,}",
        **learned.facts(first),
    }
    return Proposal(inputs, results, start, tuple(entries), facts, amount, limits, workload)


def _why(number: int, bounds: tuple[int, int]) -> str:
    """Why it is so many genomes, and not fewer or more."""
    if number == bounds[0]:
        return "judgement: the fewest that are worth training on"
    return "judgement: more would add little" if number == bounds[1] else "as many as the time allows"


def _mapping(values: Mapping[str, int | str]) -> str:
    """Names with numbers or other names as YAML on one line."""
    return "{" + ", ".join(f"{name}: {value}" for name, value in values.items()) + "}"
