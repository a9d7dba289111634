"""Simulated regions as the observation model shows them: sampled, filtered, masked and flawed."""

import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import tskit
from numpy.typing import NDArray

from introghost import seeds
from introghost.errors import ConfigError
from introghost.haplotypes import KNOWN_ANCESTRAL, OUTGROUP_MAJOR, Haplotypes
from introghost.simulation import operators
from introghost.simulation.layout import RegionRecord, haplotypes_of, names, roles_of_haplotypes
from introghost.simulation.observation import ObservationModel, Range
from introghost.simulation.windows import Windows


class GeneFlow(NamedTuple):
    """A tract of another role's in one haplotype, which is counted among those of its role; half-open."""

    receiver: int
    start_bp: int
    end_bp: int


@dataclass(frozen=True)
class Observed:
    """One region as the data would show it.

    Attributes
    ----------
    haplotypes : Haplotypes
    origins : ndarray of int64, shape (num_target_haplotypes,)
        The simulated haplotype that each target haplotype is, before phase switches.
    switches_bp : list of ndarray of int64
        Positions from which on each target individual's haplotypes have changed places.
    admixed : list of GeneFlow
        Tracts of the outgroup's in target haplotypes, before phase switches; whatever these had there is gone. A
        ghost's that the outgroup's own haplotype had there, by earlier gene flow, is not counted.
    """

    haplotypes: Haplotypes
    origins: NDArray[np.int64]
    switches_bp: list[NDArray[np.int64]]
    admixed: list[GeneFlow]

    def tracts(self, simulated: pd.DataFrame) -> pd.DataFrame:
        """Ghost tracts of the observed target haplotypes.

        They are the simulated ones, without what the outgroup's took the place of, cut and moved where phase switches.

        Parameters
        ----------
        simulated : DataFrame
            haplotype (simulated sample), start_bp, end_bp.

        Returns
        -------
        DataFrame
            haplotype (row among the observed target haplotypes), start_bp, end_bp.
        """
        rows = dict[int, list[int]]()  # of each simulated haplotype: two where an individual is inbred
        for row, origin in enumerate(self.origins.tolist()):
            rows.setdefault(origin, []).append(row)
        pieces = []
        for haplotype, start, end in simulated[["haplotype", "start_bp", "end_bp"]].itertuples(index=False):
            for row in rows.get(int(haplotype), ()):
                for first, last in self._without_admixed(row, start, end):
                    pieces += self._switched(row, first, last)
        return pd.DataFrame(pieces, columns=["haplotype", "start_bp", "end_bp"])

    def _without_admixed(self, row: int, start_bp: int, end_bp: int) -> list[tuple[int, int]]:
        """What is left of a tract of one haplotype."""
        parts = [(start_bp, end_bp)]
        for flow in self.admixed:
            if flow.receiver == row:
                sides = [((left, min(right, flow.start_bp)), (max(left, flow.end_bp), right)) for left, right in parts]
                parts = [part for both in sides for part in both if part[0] < part[1]]
        return parts

    def _switched(self, row: int, start_bp: int, end_bp: int) -> list[tuple[int, int, int]]:
        """Haplotype, start and end of the pieces of a tract of one haplotype, after phase switches."""
        individual, side = divmod(row, 2)
        switches = self.switches_bp[individual]
        edges = [start_bp, *switches[(switches > start_bp) & (switches < end_bp)].tolist(), end_bp]
        parity = side + int((switches <= start_bp).sum())
        return [
            (2 * individual + (parity + step) % 2, int(left), int(right))
            for step, (left, right) in enumerate(itertools.pairwise(edges))
        ]


def root_seed(seed: int, draw: int) -> int:
    """Root seed of one of several independent draws of an observation model.

    Parameters
    ----------
    seed : int
        Root seed of the observation model, which is that of draw 0.
    draw : int
        Number of the draw, from 0 on.
    """
    return seeds.derive(seed, "observation", draw) if draw else seed


def observe(
    tree_sequence: tskit.TreeSequence,
    model: ObservationModel,
    *,
    ancestral: str,
    seed: int,
    windows: Windows | None = None,
    draw: int = 0,
) -> Observed:
    """Haplotypes of outgroup and target as a file of biallelic SNVs would show them.

    Parameters
    ----------
    tree_sequence : tskit.TreeSequence
        One simulated region, with the metadata written by `simulation.ancestry`.
    model : ObservationModel
    ancestral : str
        `KNOWN_ANCESTRAL` keeps the simulated ancestral states, `OUTGROUP_MAJOR` recodes by the outgroup's major allele.
    seed : int
        Root seed of what is drawn per genome and region.
    windows : Windows, optional
        Real coordinates: the region's mask is that of its window. Needed if the model names a BED.
    draw : int
        Which of several independent draws of the model for this genome. In draw 0 the mask is that of the window that
        the region was simulated at, in further draws that of a window drawn anew, unless recombination is that of the
        window too (`genetic_map`): mask and recombination are of one place.

    Returns
    -------
    Observed
        Sites with more than two alleles, those that the allele-count filter drops, and those that do not vary among
        the genotypes seen are left out. Positions count from the region's start.

    Raises
    ------
    ConfigError
        More individuals are wanted than were simulated, or gene flow has no individual to come from.
    """
    record, seed = RegionRecord.of(tree_sequence), root_seed(seed, draw)
    model = model.of_genome(seed, record.scenario, record.genome)
    draws = _Draws(model, record, seed, draw)
    shown = _shown_individuals(draws)
    columns = origins = haplotypes_of(shown.individuals)
    simulated = tree_sequence.genotype_matrix().astype(np.int8)
    if not model.inbreeding.is_off:
        origins = operators.inbred(columns, draws.level("inbreeding"), draws.noise("inbreeding"))
        simulated[:, columns] = simulated[:, origins]
    # Sites that the makers' filter keeps: counted over everybody but those simulated for other genomes alone.
    minor = operators.minor_allele_counts(simulated, haplotypes_of(shown.spare))
    keep = minor >= draws.number("minimum_allele_count")
    if model.rare_allele_detection.low < 1:
        noise = draws.noise("rare_allele_detection")
        keep &= operators.detected(minor, draws.level("rare_allele_detection"), noise)
    if model.genotype_error.is_off and model.outgroup_gene_flow.is_off and model.target_gene_flow.is_off:
        keep &= operators.varies(simulated[:, columns])  # nothing can make the others vary
    positions = tree_sequence.tables.sites.position[keep].astype(np.int64)
    genotypes = simulated[keep].take(columns, axis=1)
    length = int(tree_sequence.sequence_length)
    # Flaws of the data, in the order in which they come about.
    flow, admixed = _Flow(positions, simulated, np.flatnonzero(keep), length, draws), list[GeneFlow]()
    if not model.outgroup_gene_flow.is_off:
        flow.let(genotypes[:, : 2 * len(shown.outgroup)], "outgroup")
    if not model.target_gene_flow.is_off:
        admixed = flow.let(genotypes[:, 2 * len(shown.outgroup) :], "target")
    switches = _flaw(genotypes, positions, minor[keep] == 1, draws, ancestral_known=ancestral == KNOWN_ANCESTRAL)
    varying = operators.varies(genotypes)
    numbers = len(shown.outgroup), len(shown.target)
    haplotypes = Haplotypes(
        contig=str(draws.record.region + 1),
        interval_bp=(0, length),
        positions_bp=positions[varying],
        genotypes=genotypes[varying],
        sample_names=tuple(name for name in names(*numbers) for _ in range(2)),
        haplotype_indices=(np.arange(genotypes.shape[1]) % 2).astype(np.int8),
        roles=roles_of_haplotypes(*numbers),
        callable_bp=np.array([[0, length]], dtype=np.int64),
        ancestral_status=KNOWN_ANCESTRAL,
    )
    if model.include_bed is not None:
        haplotypes = haplotypes.mask(_callable(windows, length, draws))
    if draws.noise_of_genome("loci").random() < model.loci:
        haplotypes = haplotypes.mask(operators.draw_loci(length, draws.noise("loci")))
    if ancestral == OUTGROUP_MAJOR:
        haplotypes = haplotypes.polarise_by_outgroup()
    return Observed(haplotypes, origins[2 * len(shown.outgroup) :], switches[len(shown.outgroup) :], admixed)


@dataclass(frozen=True)
class _Draws:
    """Random draws of one region: levels and numbers are those of its genome, noise is its own."""

    model: ObservationModel
    record: RegionRecord
    seed: int
    draw: int

    def level(self, name: str) -> float:
        return self.model.level(name, self.seed, self.record.scenario, self.record.genome)

    def number(self, name: str) -> int:
        drawn: Range = getattr(self.model, name)
        return drawn.draw_integer(self._seed_of_genome(name))

    def noise(self, name: str) -> np.random.Generator:
        return np.random.default_rng(self.seed_of_region(name, "noise"))

    def noise_of_genome(self, name: str) -> np.random.Generator:
        return np.random.default_rng(self._seed_of_genome(name, "noise"))

    def seed_of_region(self, *purpose: str) -> int:
        record = self.record
        return seeds.derive(self.seed, "observe", record.scenario, record.genome, record.region, *purpose)

    def _seed_of_genome(self, *purpose: str) -> int:
        return seeds.derive(self.seed, "observe", self.record.scenario, self.record.genome, *purpose)


_OTHER_ROLE = {"outgroup": "target", "target": "outgroup"}
_TRACT_BP = {"outgroup": operators.OUTGROUP_FLOW_TRACT_BP, "target": operators.TARGET_FLOW_TRACT_BP}


@dataclass(frozen=True)
class _Flow:
    """Gene flow between the roles, out of the panels: `simulated` are genotypes of everybody, `rows` the sites kept."""

    positions: NDArray[np.int64]
    simulated: NDArray[np.int8]
    rows: NDArray[np.intp]
    length_bp: int
    draws: _Draws

    def let(self, genotypes: NDArray[np.int8], role: str) -> list[GeneFlow]:
        """Put tracts of the other role's panel into the genotypes of a role, in place."""
        donors, key = self.draws.record.samples.haplotypes(f"panel_{_OTHER_ROLE[role]}"), f"{role}_gene_flow"
        if not len(donors):
            raise ConfigError(
                f"observation: no {_OTHER_ROLE[role]} individual is left for {key} to come from; simulate with the "
                "same --observation"
            )
        level, noise, admixed = self.draws.level(key), self.draws.noise(key), list[GeneFlow]()
        for receiver, donor, start, end in operators.draw_tracts(
            genotypes.shape[1], len(donors), self.length_bp, level, _TRACT_BP[role], noise
        ):
            inside = slice(*np.searchsorted(self.positions, [start, end]))
            genotypes[inside, receiver] = self.simulated[self.rows[inside], donors[donor]]
            if end > 0 and start < self.length_bp:
                admixed.append(GeneFlow(receiver, max(math.ceil(start), 0), min(math.ceil(end), self.length_bp)))
        return admixed


def _flaw(
    genotypes: NDArray[np.int8],
    positions: NDArray[np.int64],
    singleton: NDArray[np.bool_],
    draws: _Draws,
    *,
    ancestral_known: bool,
) -> list[NDArray[np.int64]]:
    """Errors of calling, phasing and polarising, in place and in this order; where each individual's phase switches."""
    model = draws.model
    switches = [np.empty(0, dtype=np.int64)] * (genotypes.shape[1] // 2)
    if not model.genotype_error.is_off:
        operators.miscall(genotypes, draws.level("genotype_error"), draws.noise("genotype_error"))
    if not model.switch_error.is_off:
        level, noise = draws.level("switch_error"), draws.noise("switch_error")
        switches = operators.switch_phase(genotypes, positions, singleton, level, noise)
    if not model.missing.is_off:
        operators.lose(genotypes, draws.level("missing"), draws.noise("missing"))
    if ancestral_known and not model.ancestral_error.is_off:
        operators.mistake_ancestral(genotypes, draws.level("ancestral_error"), draws.noise("ancestral_error"))
    return switches


@dataclass(frozen=True)
class _Shown:
    """Numbers of the simulated individuals whom the data show under the label of either role, and of those spare.

    The spare ones are simulated since other genomes have larger samples; they are not in this one's data.
    """

    outgroup: NDArray[np.int64]
    target: NDArray[np.int64]
    spare: NDArray[np.int64]

    @property
    def individuals(self) -> NDArray[np.int64]:
        return np.concatenate([self.outgroup, self.target])


def _shown_individuals(draws: _Draws) -> _Shown:
    """The first individuals of each role, as many as are drawn, some of them with each other's labels."""
    samples = draws.record.samples
    outgroup, target = samples.individuals("outgroup"), samples.individuals("target")
    everyone = np.concatenate([outgroup, target])
    outgroup = outgroup[: _number_shown("outgroup", len(outgroup), draws)]
    target = target[: _number_shown("target", len(target), draws)]
    spare = np.setdiff1d(everyone, np.concatenate([outgroup, target]))
    if not draws.model.mislabelled.is_off:
        # Of the genome, not of the region: an individual's label is one.
        operators.swap(outgroup, target, draws.level("mislabelled"), draws.noise_of_genome("mislabelled"))
    return _Shown(outgroup, target, spare)


def _number_shown(role: str, num_simulated: int, draws: _Draws) -> int:
    wanted = draws.model.diploids(role)
    if wanted is None:
        return num_simulated
    if wanted.high > num_simulated:
        raise ConfigError(
            f"observation.{role}_diploids goes up to {wanted.high:g}, but {num_simulated} were simulated; "
            "simulate with the same --observation"
        )
    return draws.number(f"{role}_diploids")


def _callable(windows: Windows | None, length: int, draws: _Draws) -> NDArray[np.int64]:
    if windows is None:
        raise ConfigError("observation.include_bed is set, but its intervals were not read")
    # A region that was simulated without a map or mask has no place: any window will do. So it will in further draws,
    # unless recombination is that of the place.
    window = draws.record.window
    if window is None or (draws.draw and draws.model.genetic_map is None):
        window = windows.draw(length, draws.seed_of_region("window"))
    return windows.callable_in(window, length)
