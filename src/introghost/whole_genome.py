"""What the networks for whole genomes say: the choice between scenarios, and the parameters of one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from introghost.answer import Choice, Settings
from introghost.findings import Finding
from introghost.inference import decisions, model_choice, novelty, parameters, plausibility, suitability
from introghost.inference.bundles import ChoiceBundle, ParametersBundle
from introghost.inference.decisions import Decision
from introghost.inference.genome import Genome
from introghost.inference.parameters import no_posterior
from introghost.inference.reading import ContigStatistics, ReadingPlan
from introghost.statistics.population import POPULATION_STATISTICS

_NO_PERCENTILES = pd.DataFrame({"statistic": pd.Series(dtype="str"), "value": pd.Series(dtype="float64")})


@dataclass(frozen=True)
class WholeGenome:
    """What networks for whole genomes say; attributes as those of `Answer`."""

    choice: Choice | None = None
    percentiles: pd.DataFrame = field(default_factory=_NO_PERCENTILES.copy)
    parameters: pd.DataFrame = field(default_factory=no_posterior)
    parameter_draws: pd.DataFrame = field(default_factory=pd.DataFrame)
    prior_draws: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: list[Finding] = field(default_factory=list)

    @property
    def decision(self) -> Decision | None:
        """None without a choice between scenarios."""
        return None if self.choice is None else self.choice.decision


def ask(
    choice_bundle: ChoiceBundle | None,
    parameters_bundle: ParametersBundle | None,
    contigs: Sequence[ContigStatistics],
    diploids: tuple[int, int],
    plan: ReadingPlan,
    settings: Settings,
) -> WholeGenome:
    """Ask the networks that a model has; without any, nothing is said.

    Parameters
    ----------
    choice_bundle, parameters_bundle : bundle or None
    contigs : sequence of ContigStatistics
        Read by `plan`.
    diploids : tuple of int and int
        Individuals of outgroup and target.
    plan : ReadingPlan
    settings : Settings

    Raises
    ------
    DataError
        No usable bin at all.
    """
    if plan.summary is None or plan.most_diploids is None:
        return WholeGenome()
    bundles = [bundle for bundle in (choice_bundle, parameters_bundle) if bundle is not None]
    genome = Genome.of(contigs, plan.region_length_bp)
    findings = suitability.extent_findings(bundles, genome.extent)
    if any(model_choice.is_too_little(bundle, genome) for bundle in bundles):
        findings.append(suitability.too_little_finding(bundles, genome.extent, settings.forced))
    choice, percentiles = None, _NO_PERCENTILES.copy()
    if choice_bundle is not None:
        choice = _choice(choice_bundle, genome, diploids, plan.most_diploids, settings)
        findings += plausibility.choice_findings(choice.decision, choice.doubts, settings.forced)
        if choice.doubts.novelty_p_value is not None:
            names = (*plan.summary.names, *POPULATION_STATISTICS)
            values = model_choice.pooled(choice_bundle, genome.regions).values[0]
            percentiles = novelty.percentile_table(choice_bundle.network, values, names, choice_bundle.scenarios)
            findings += plausibility.unlike_findings(percentiles)
    whole = WholeGenome(choice=choice, percentiles=percentiles, findings=findings)
    if parameters_bundle is None:
        return whole
    bins = [contig.bins for contig in contigs]
    is_outside = suitability.is_outside_training(parameters_bundle, diploids, bins, plan)
    return _with_parameters(whole, parameters_bundle, genome, is_outside, settings.forced)


def _choice(
    bundle: ChoiceBundle, genome: Genome, diploids: tuple[int, int], most_diploids: tuple[int, int], settings: Settings
) -> Choice:
    """The choice between scenarios for one genome, with what speaks against it."""
    pooled = model_choice.pooled(bundle, genome.regions)
    probabilities = model_choice.scenario_probabilities(bundle, pooled)[0].tolist()
    verdict = decisions.decide(
        dict(zip(bundle.scenarios, probabilities, strict=True)),
        bundle.ghost_of_target,
        prior=settings.scenario_prior,
        costs=settings.costs,
    )
    doubts = model_choice.doubts(bundle, genome)
    is_too_little = model_choice.is_too_little(bundle, genome)
    outgroup_diploids, target_diploids = map(min, diploids, most_diploids)
    return Choice(
        decision=decisions.final_decision(verdict, doubts, is_too_little=is_too_little),
        verdict=verdict,
        doubts=doubts,
        extent=genome.extent,
        outgroup_diploids=outgroup_diploids,
        target_diploids=target_diploids,
        forced=settings.forced,
    )


def _with_parameters(
    whole: WholeGenome, bundle: ParametersBundle, genome: Genome, is_outside_training: bool, is_forced: bool
) -> WholeGenome:
    """The same with the parameter posterior, unless it is withheld."""
    no_scenario = whole.decision in decisions.WITHHELD or model_choice.is_too_little(bundle, genome)
    if no_scenario and not is_forced:
        return whole
    if is_outside_training:
        whole = replace(whole, findings=[*whole.findings, suitability.parameters_finding(is_forced)])
        if not is_forced:
            return whole
    draws = parameters.draw(bundle, model_choice.pooled(bundle, genome.regions))[0]
    return replace(
        whole,
        parameters=parameters.posterior_table(bundle, draws),
        parameter_draws=parameters.draws_table(bundle, draws),
        prior_draws=parameters.prior_draws(bundle),
        findings=whole.findings + plausibility.edge_findings(bundle, draws),
    )
