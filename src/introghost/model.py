"""A trained model, and asking it about a VCF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from introghost import models, provenance, whole_genome
from introghost.answer import Answer, Settings
from introghost.data import VcfData
from introghost.errors import ConfigError, ModelError
from introghost.findings import Finding, in_order
from introghost.inference import (
    bundle_files,
    bundles,
    calling,
    decisions,
    plausibility,
    regions,
    relatives,
    suitability,
)
from introghost.inference.bundles import Bundle, ChoiceBundle, GenomeBundle, ParametersBundle, SegmentsBundle
from introghost.inference.calling import ContigCalls
from introghost.inference.decisions import Costs
from introghost.inference.file_population import mean_population
from introghost.inference.offers import Offer, check_fit
from introghost.inference.reading import (
    ContigStatistics,
    ReadingPlan,
    contig_population,
    contig_statistics,
)
from introghost.statistics.pooled import PLAIN, Summary
from introghost.variants.counts import ReadCounts
from introghost.variants.populations import read_populations
from introghost.variants.source import VcfSource


@dataclass(frozen=True, repr=False)
class Model:
    """The networks of a model, which were trained together; made by `load_model`.

    Attributes
    ----------
    folder : Path
    segments : SegmentsBundle
        Where in each haplotype.
    choice : ChoiceBundle or None
        Whether at all.
    parameters : ParametersBundle or None
        How much and when.
    segment_model_digest : str
        Stands for the segment network.
    """

    folder: Path
    segments: SegmentsBundle
    choice: ChoiceBundle | None
    parameters: ParametersBundle | None
    segment_model_digest: str

    def __repr__(self) -> str:
        return f"<Model {self.folder.name}: {', '.join(bundle.task for bundle in self.bundles)}>"

    @property
    def genome_bundles(self) -> tuple[GenomeBundle, ...]:
        """The networks for whole genomes that the model has."""
        return tuple(bundle for bundle in (self.choice, self.parameters) if bundle is not None)

    @property
    def bundles(self) -> tuple[Bundle, ...]:
        """All networks of the model."""
        return self.segments, *self.genome_bundles

    @property
    def summary(self) -> Summary | None:
        """What the networks for whole genomes want to know of each region; None if there are none."""
        if not self.genome_bundles:
            return None
        if not self.genome_bundles[0].segment_model_digest:
            return PLAIN
        return regions.summary(self.segments, self.segment_model_digest)

    @property
    def plan(self) -> ReadingPlan:
        """How a VCF is read for this model."""
        trained = [bundle.training for bundle in self.genome_bundles]
        most_diploids = None
        if trained:
            most_diploids = (
                min(training.outgroup_diploids.highest for training in trained),
                min(training.target_diploids.highest for training in trained),
            )
        segments = self.segments.training
        return ReadingPlan(
            bin_bp=segments.bin_bp,
            region_length_bp=segments.region_length_bp,
            target_diploids=segments.target_diploids,
            population_diploids=(segments.outgroup_diploids.highest, segments.target_diploids.highest),
            most_diploids=most_diploids,
            summary=self.summary,
        )

    def check(self, offer: Offer) -> None:
        """Refuse data whose statistics are not those that the networks were trained on.

        Raises
        ------
        ModelError
            Statistics of other names, another order, bin size, region length or coding of ancestral alleles, or of what
            another segment network says.
        """
        for bundle in self.bundles:
            check_fit(bundle, offer, self.folder / bundle.task)

    def threshold(self, false_discovery_rate: float | None, threshold: float | None) -> tuple[float, float | None]:
        """The threshold of segments and the false-discovery rate that it stands for, None if it was given itself.

        Parameters
        ----------
        false_discovery_rate : float or None
            None, without a threshold, is `bundles.DEFAULT_FALSE_DISCOVERY_RATE`.
        threshold : float or None
            Posterior from which a bin is called.

        Returns
        -------
        threshold : float
        false_discovery_rate : float or None

        Raises
        ------
        ConfigError
            Both are given, or a rate that training gave no threshold for.
        """
        if threshold is None:
            rate = bundles.DEFAULT_FALSE_DISCOVERY_RATE if false_discovery_rate is None else false_discovery_rate
            return self.segments.threshold(rate), rate
        if false_discovery_rate is not None:
            raise ConfigError("a threshold and a false-discovery rate: give one of them")
        if not 0 <= threshold <= 1:
            raise ConfigError(f"threshold {threshold:g}: a posterior is between 0 and 1")
        return threshold, None

    def apply(
        self,
        data: VcfData,
        *,
        false_discovery_rate: float | None = None,
        threshold: float | None = None,
        scenario_prior: Mapping[str, float] | None = None,
        costs: Costs | None = None,
        force: bool = False,
    ) -> Answer:
        """Ask the model about a VCF; on a terminal, progress is shown by contig.

        Parameters
        ----------
        data : VcfData
            Of `introghost.open_vcf`.
        false_discovery_rate : float, optional
            Segments are called where at most this part of what was called in held-out simulations with a ghost was
            false: one of the rates that the model has, 0.15 by default.
        threshold : float, optional
            Posterior from which a bin is called, in place of such a rate.
        scenario_prior : mapping of str to float, optional
            Prior probability of some scenarios; the others share the rest equally. By default all are equally likely.
        costs : Costs, optional
            Of a false ghost (5), a missed one (1) and no decision (0.5).
        force : bool
            Give probabilities, parameters and segments that would be withheld.

        Returns
        -------
        Answer

        Raises
        ------
        ConfigError
            A rate, prior or cost that the model can't use.
        DataError
            No usable site, or a flaw of the file.
        ModelError
            The model was trained for other statistics or ancestral states.

        Examples
        --------
        >>> import introghost as ig
        >>> model = ig.load_model("human")
        >>> data = ig.open_vcf("demo.vcf.gz", populations="demo.tsv", outgroup=["Outgroup"], target=["Target"])
        >>> answer = model.apply(data)
        >>> str(answer.decision), answer.p_ghost > 0.99
        ('ghost', True)
        """
        if not isinstance(data, VcfData):
            raise TypeError(f"a model is asked about data that introghost.open_vcf opened, not about {data!r}")
        settings = Settings(
            *self.threshold(false_discovery_rate, threshold), dict(scenario_prior or {}), costs or Costs(), force
        )
        self._check_prior(settings)
        self.check(self._offer(data))
        plan = self.plan
        source = data.source.unread()
        population = _population(data.source.unread(), plan)
        calls, contigs = self._read(source, plan, population)
        calls = calling.given_file(self.segments, calls, population)
        bins, diploids = [contig.bins for contig in contigs], source.num_diploids()
        whole = whole_genome.ask(self.choice, self.parameters, contigs, diploids, plan, settings)
        is_withheld = plausibility.are_segments_withheld(calls) and not force
        given = [calling.withheld(contig) for contig in calls] if is_withheld else calls
        segments = calling.segments(given, settings.threshold)
        lookup = relatives.look_up(source, read_populations(data.files["populations"]), segments)
        findings = in_order(
            [
                *whole.findings,
                *relatives.findings(lookup),
                *plausibility.segments_findings(self.segments, calls, force),
                *plausibility.called_share_findings(self.segments, given),
                *suitability.bin_findings(calls),
                *suitability.population_findings(population, plan.region_length_bp),
                *plausibility.threshold_findings(settings.threshold, settings.false_discovery_rate),
                *suitability.callable_share_findings(self.bundles, bins),
                *suitability.sample_size_findings(self.bundles, diploids, plan),
                *plausibility.contradiction_findings(whole.decision, self.segments, given),
                *source.findings(),
            ]
        )
        return Answer(
            segments=segments,
            parameters=whole.parameters,
            parameter_draws=whole.parameter_draws,
            prior_draws=whole.prior_draws,
            percentiles=whole.percentiles,
            findings=findings,
            choice=whole.choice,
            calls=tuple(given),
            settings=settings,
            record=self._record(data, source.counts, settings, findings),
        )

    def _offer(self, data: VcfData) -> Offer:
        """What this version computes of a VCF."""
        training = self.segments.training
        summary = self.summary or PLAIN
        return Offer.of_this_version(data.ancestral_status, training.bin_bp, training.region_length_bp, summary)

    def _check_prior(self, settings: Settings) -> None:
        if self.choice is not None:
            decisions.scenario_prior(self.choice.scenarios, settings.scenario_prior)
        elif settings.scenario_prior:
            raise ConfigError("a scenario prior is given, and this model has no bundle model-choice/ to use it")

    def _read(
        self, source: VcfSource, plan: ReadingPlan, population: NDArray[np.float32]
    ) -> tuple[list[ContigCalls], list[ContigStatistics]]:
        """Calls of every contig, and its statistics without those of haplotypes, which would fill the memory."""
        calls, contigs = list[ContigCalls](), list[ContigStatistics]()
        for interval in tqdm(source.contigs(), desc="segments", unit="contig", disable=None):
            statistics = contig_statistics(source, interval, plan)
            calls.append(calling.call_contig(self.segments, statistics, population))
            contigs.append(statistics.without_haplotypes())
        source.require_sites()
        return calls, contigs

    def _record(
        self, data: VcfData, counts: ReadCounts, settings: Settings, findings: Sequence[Finding]
    ) -> dict[str, object]:
        """Provenance of an answer."""
        options = {
            "outgroup": ",".join(data.outgroup),
            "target": ",".join(data.target),
            "region": data.region,
            "ancestral": data.ancestral,
            "force": settings.forced,
            "prior": dict(settings.scenario_prior),
            "costs": settings.costs.to_json(),
            "threshold": settings.threshold,
            "false_discovery_rate": settings.false_discovery_rate,
        }
        return {
            **provenance.record("apply", options, {**data.files, "model": self.folder}),
            **counts.to_json(),
            "individuals": dict(zip(("outgroup", "target"), data.source.num_diploids(), strict=True)),
            "findings": [finding.to_json() for finding in findings],
        }


def load_model(model: str | PathLike[str]) -> Model:
    """Load a trained model.

    Parameters
    ----------
    model : str or path
        The name of a model that comes with introghost, such as ``human``; or a folder with ``segments/`` and perhaps
        ``model-choice/`` and ``parameters/``, as ``introghost train`` writes them.

    Returns
    -------
    Model

    Raises
    ------
    ConfigError
        Neither the name of a shipped model nor a folder, or both.
    ModelError
        A bundle that is damaged, of another version, or does not belong to the others.

    Examples
    --------
    >>> import introghost as ig
    >>> model = ig.load_model("human")
    >>> model.choice.scenarios[:3]
    ('back_migration', 'bottleneck', 'ghost')
    """
    folder = models.locate(str(model))
    segments = bundle_files.load(folder / SegmentsBundle.task, SegmentsBundle)
    choice = parameters_bundle = None
    if (folder / ChoiceBundle.task).is_dir():
        choice = bundle_files.load(folder / ChoiceBundle.task, ChoiceBundle)
    if (folder / ParametersBundle.task).is_dir():
        parameters_bundle = bundle_files.load(folder / ParametersBundle.task, ParametersBundle)
    loaded = Model(folder, segments, choice, parameters_bundle, bundle_files.digest(folder / SegmentsBundle.task))
    _check_together(loaded)
    _check_segment_model(loaded)
    return loaded


def _check_together(model: Model) -> None:
    """Refuse bundles that were trained on other bins, regions or ancestral states than the segment network."""
    segments = model.segments.training
    for bundle in model.genome_bundles:
        for key in ("bin_bp", "region_length_bp", "ancestral"):
            ours, theirs = getattr(segments, key), getattr(bundle.training, key)
            if ours != theirs:
                raise ModelError(
                    f"{model.folder / bundle.task}: trained with {key} {theirs}, segments/ with {ours}: the parts do "
                    "not belong together; train all networks of a model on the same statistics"
                )


def _check_segment_model(model: Model) -> None:
    """Refuse networks that were trained on what another segment network says than the model's, or not all of them."""
    digests = {bundle.segment_model_digest for bundle in model.genome_bundles}
    if digests <= {model.segment_model_digest} or digests == {""}:
        return
    wrong = next(b for b in model.genome_bundles if b.segment_model_digest != model.segment_model_digest)
    raise ModelError(
        f"{model.folder / wrong.task}: trained on statistics made with another `statistics --segment-model` than this "
        "model's segments/; train all networks of a model on the same statistics"
    )


def _population(source: VcfSource, plan: ReadingPlan) -> NDArray[np.float32]:
    """Population statistics of all contigs together, which calls hang on: the files are read for them alone."""
    contigs = tqdm(source.contigs(), desc="populations", unit="contig", disable=None)
    return mean_population([contig_population(source, interval, plan) for interval in contigs], plan.region_length_bp)
