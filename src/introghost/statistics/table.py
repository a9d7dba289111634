"""Statistics of several regions as one typed value, whatever file, batch or scenario they come from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from introghost.errors import DataError
from introghost.statistics import stored
from introghost.statistics.haplotype import usable_bins

if TYPE_CHECKING:
    from introghost.documents import JsonObject

Array = NDArray[np.float32]

_NAMES = ("statistic", "moment", "pooled_statistic", "population_statistic")


@dataclass(frozen=True, eq=False)
class GenomeStatistics:
    """Statistics of the regions of one genome, as one observation of it shows them.

    Attributes
    ----------
    scenario : str
        Empty for real data.
    genome : int
        Its number within the scenario; -1 for real data.
    observation : int
        Which of the independent observations of the genome; 0 for real data.
    rows : ndarray of intp, shape (num_regions,)
        Where its regions stand among all regions of the `Statistics`, ascending.
    pooled : ndarray of float32, shape (num_regions, num_pooled)
    usable : ndarray of bool, shape (num_regions, num_bins)
        Bins with enough callable sequence, see `statistics.haplotype.usable_bins`.
    population : ndarray of float32, shape (num_regions, num_population)
    parameters : mapping of str to float
        Under which it was simulated; of a parameter that differs between its regions, the value of the first. Without
        the parameters of other scenarios; empty for real data.
    """

    scenario: str
    genome: int
    observation: int
    rows: NDArray[np.intp]
    pooled: Array
    usable: NDArray[np.bool_]
    population: Array
    parameters: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Statistics:
    """Statistics of several regions of equal length, of simulated genomes or of real data.

    Attributes
    ----------
    dataset : xarray.Dataset
        What they are kept in; see `statistics.dataset.build` for its variables. Every other attribute is a typed view
        of it, and arrays are not copied.
    """

    dataset: xr.Dataset

    @classmethod
    def read(cls, path: Path) -> "Statistics":
        """Read a file of statistics into memory.

        Parameters
        ----------
        path : Path
            Written by `write`.

        Raises
        ------
        DataError
            A missing or damaged file.
        """
        return cls(stored.read(path))

    def write(self, path: Path) -> None:
        """Write one zarr zip file, atomically; equal statistics give equal bytes.

        Parameters
        ----------
        path : Path

        Raises
        ------
        OutputError
            The folder can't be written to, or the disk is full.
        """
        stored.write(self.dataset, path)

    @classmethod
    def concatenate(cls, parts: Sequence["Statistics"]) -> "Statistics":
        """Join statistics of several batches or scenarios along their regions.

        Parameters
        ----------
        parts : sequence of Statistics
            Of the same statistics, bin size, region length and sample sizes. Parameters that a scenario lacks become
            NaN; `ghost_fraction` stays only where every part has it.

        Raises
        ------
        DataError
            Nothing to join, parts that do not fit together, or an observation of a simulated region that is in two
            of them.
        """
        if not parts:
            raise DataError("there are no statistics to join")
        first = parts[0]
        for other in parts[1:]:
            first._check_alike(other)
        _check_distinct(parts)
        joined = join([part.dataset for part in parts])
        joined.attrs = {key: value for key, value in first.dataset.attrs.items() if key != "provenance"}
        joined.attrs[stored.GHOST_OF_TARGET] = json.dumps(_joined_ghosts(parts), sort_keys=True)
        joined.attrs["provenance"] = json.dumps([part.dataset.attrs.get("provenance", "") for part in parts])
        return cls(joined)

    def _check_alike(self, other: "Statistics") -> None:
        """Refuse statistics that were computed in another way than these."""
        for name in stored.ATTRIBUTES:
            one, another = (statistics.dataset.attrs.get(name) for statistics in (self, other))
            if one != another:
                raise DataError(
                    f"statistics differ in {name}: {one or 'none'} and {another or 'none'}; "
                    "compute them again with the same options"
                )
        if ("haplotype_statistics" in self.dataset) != ("haplotype_statistics" in other.dataset):
            raise DataError("some statistics are of whole regions alone, others of haplotypes too; compute them alike")
        for name in _NAMES:
            if self._labels(name) != other._labels(name):
                raise DataError(f"statistics differ in their {name} names; compute them again with one version")

    def select(self, regions: NDArray[np.intp]) -> "Statistics":
        """Statistics of these regions alone.

        Parameters
        ----------
        regions : ndarray of intp, shape (num_selected,)
            Indices of regions, in the order wanted.
        """
        return Statistics(self.dataset.isel(region=regions))

    def with_provenance(self, record: Mapping[str, object]) -> "Statistics":
        """The same statistics with what made them, a JSON object such as `provenance.record` gives."""
        return Statistics(self.dataset.assign_attrs(provenance=json.dumps(record, sort_keys=True)))

    def with_observation(self, section: "JsonObject") -> "Statistics":
        """The same statistics with another observation model, as of batches that are joined though theirs differ."""
        return Statistics(self.dataset.assign_attrs(observation=json.dumps(section, sort_keys=True)))

    @property
    def bin_bp(self) -> int:
        """Length of a bin."""
        return int(self.dataset.attrs["bin_bp"])

    @property
    def region_length_bp(self) -> int:
        """Length of a region."""
        return int(self.dataset.attrs["region_length_bp"])

    @property
    def outgroup_diploids(self) -> tuple[int, int]:
        """Fewest and most outgroup individuals of a genome."""
        return self._range("outgroup_diploids")

    @property
    def target_diploids(self) -> tuple[int, int]:
        """Fewest and most target individuals of a genome."""
        return self._range("target_diploids")

    @property
    def ancestral(self) -> str:
        """What allele 0 is: ``"ancestral"`` or ``"outgroup-major"``, see `Haplotypes.ancestral_status`."""
        return str(self.dataset.attrs["ancestral"])

    @property
    def observation(self) -> "JsonObject":
        """The observation model under which the haplotypes were seen; empty if there was none."""
        section: JsonObject = json.loads(str(self.dataset.attrs["observation"]))
        return section

    @property
    def segment_model_digest(self) -> str:
        """Digest of the segment network whose answers are among the pooled statistics; empty for none."""
        return str(self.dataset.attrs[stored.SEGMENT_MODEL])

    @property
    def ghost_of_target(self) -> Mapping[str, bool]:
        """Whether each of the scenarios has a ghost that gave to the target; empty for real data.

        Raises
        ------
        DataError
            Simulations that do not say so.
        """
        flags = self._ghosts()
        for scenario in sorted(set(self.scenarios.tolist()) - {"", *flags}):
            raise DataError(
                f"statistics of scenario {scenario} do not say whether its ghost gave to the target; simulate anew"
            )
        return flags

    @property
    def haplotype_names(self) -> tuple[str, ...]:
        """Names along the last dimension of `haplotype` and `moments`."""
        return self._labels("statistic")

    @property
    def pooled_names(self) -> tuple[str, ...]:
        """Names along the last dimension of `pooled`."""
        return self._labels("pooled_statistic")

    @property
    def population_names(self) -> tuple[str, ...]:
        """Names along the last dimension of `population`."""
        return self._labels("population_statistic")

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Parameters that at least one of the scenarios has, sorted."""
        names = (str(name) for name in self.dataset.coords)
        return tuple(sorted(name.removeprefix(stored.PARAMETER) for name in names if name.startswith(stored.PARAMETER)))

    @property
    def haplotype(self) -> Array:
        """Statistics of target haplotypes, float32 of shape (num_regions, num_haplotypes, num_bins, num_statistics).

        NaN in the rows beyond the haplotypes of a small sample.
        """
        return self._values("haplotype_statistics")

    @property
    def moments(self) -> Array:
        """Moments over all target haplotypes, float32 of shape (num_regions, num_moments, num_bins, num_statistics)."""
        return self._values("haplotype_moments")

    @property
    def pooled(self) -> Array:
        """Statistics pooled over a region, float32 of shape (num_regions, num_pooled)."""
        return self._values("pooled_statistics")

    @property
    def population(self) -> Array:
        """Population statistics, float32 of shape (num_regions, num_population)."""
        return self._values("population_statistics")

    @property
    def callable_fraction(self) -> Array:
        """Callable share of each bin, float32 of shape (num_regions, num_bins)."""
        return self._values("callable_fraction")

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Bins with enough callable sequence, bool of shape (num_regions, num_bins)."""
        return usable_bins(self.callable_fraction)

    @property
    def ghost_fraction(self) -> Array | None:
        """Share of each bin that ghost tracts cover, float32 of shape (num_regions, num_haplotypes, num_bins).

        None where the truth is not known; NaN in the rows beyond the haplotypes of a small sample.
        """
        return self._values("ghost_fraction") if "ghost_fraction" in self.dataset else None

    @property
    def scenarios(self) -> NDArray[np.str_]:
        """Scenario of each region, str of shape (num_regions,); empty for real data."""
        return np.asarray(self.dataset["scenario"].values, dtype=np.str_)

    @property
    def genome_indices(self) -> NDArray[np.int64]:
        """Number of each region's genome within its scenario, int64 of shape (num_regions,); -1 for real data."""
        return np.asarray(self.dataset["genome"].values, dtype=np.int64)

    @property
    def region_indices(self) -> NDArray[np.int64]:
        """Number of each region within its genome, int64 of shape (num_regions,)."""
        return np.asarray(self.dataset["region_index"].values, dtype=np.int64)

    @property
    def observation_indices(self) -> NDArray[np.int64]:
        """Number of each region's observation of its genome, int64 of shape (num_regions,); 0 for real data."""
        return np.asarray(self.dataset["observation_index"].values, dtype=np.int64)

    def parameter(self, name: str) -> NDArray[np.float64]:
        """One parameter of the simulations.

        Parameters
        ----------
        name : str
            One of `parameter_names`.

        Returns
        -------
        ndarray of float64, shape (num_regions,)
            NaN where a scenario lacks it.

        Raises
        ------
        DataError
            No scenario has it.
        """
        label = f"{stored.PARAMETER}{name}"
        if label not in self.dataset.coords:
            raise DataError(f"these statistics do not tell the parameter {name}; they are of another scenario")
        return np.asarray(self.dataset[label].values, dtype=np.float64)

    def genomes(self) -> Iterator[GenomeStatistics]:
        """Genomes one after the other, in the order in which their first regions stand.

        Yields
        ------
        GenomeStatistics
            All regions of the same scenario, number and observation; those of real data are one genome.
        """
        labels = (values.tolist() for values in (self.scenarios, self.genome_indices, self.observation_indices))
        rows: dict[tuple[str, int, int], list[int]] = {}
        for row, genome in enumerate(zip(*labels, strict=True)):
            rows.setdefault(genome, []).append(row)
        pooled, population, usable = self.pooled, self.population, self.usable
        parameters = {name: self.parameter(name) for name in self.parameter_names}
        for genome, regions in rows.items():
            index = np.array(regions, dtype=np.intp)
            first = {name: float(values[index[0]]) for name, values in parameters.items()}
            drawn = {name: value for name, value in first.items() if not np.isnan(value)}
            yield GenomeStatistics(*genome, index, pooled[index], usable[index], population[index], drawn)

    def _values(self, name: str) -> Array:
        if name not in self.dataset:
            raise DataError(
                "these statistics are of whole regions alone, without those of haplotypes; compute them anew"
            )
        values: Array = self.dataset[name].values
        return values

    def _labels(self, name: str) -> tuple[str, ...]:
        return tuple(str(label) for label in self.dataset[name].values)

    def _range(self, name: str) -> tuple[int, int]:
        low, high = self.dataset.attrs[name]
        return int(low), int(high)

    def _ghosts(self) -> dict[str, bool]:
        flags: dict[str, bool] = json.loads(str(self.dataset.attrs.get(stored.GHOST_OF_TARGET, "{}")))
        return flags


def join(datasets: Sequence[xr.Dataset]) -> xr.Dataset:
    """Concatenate along region; a parameter that only some datasets have is NaN in the others."""
    parameters = sorted({str(name) for ds in datasets for name in ds.coords if str(name).startswith(stored.PARAMETER)})
    truth_known = all("ghost_fraction" in ds for ds in datasets)
    filled = []
    for ds in datasets:
        absent = {name: ("region", np.full(ds.sizes["region"], np.nan)) for name in parameters if name not in ds.coords}
        ds = ds.assign_coords(absent)
        filled.append(ds if truth_known else ds.drop_vars("ghost_fraction", errors="ignore"))
    return xr.concat(filled, dim="region", data_vars="minimal", coords="minimal", compat="override", join="override")


def _joined_ghosts(parts: Sequence[Statistics]) -> dict[str, bool]:
    """Of every scenario whether its ghost gave to the target; two files that disagree are refused."""
    joined = dict[str, bool]()
    for part in parts:
        for scenario, flag in part._ghosts().items():
            if joined.setdefault(scenario, flag) != flag:
                raise DataError(
                    f"statistics differ in whether the ghost of scenario {scenario} gave to the target; simulate anew"
                )
    return joined


def _check_distinct(parts: Sequence[Statistics]) -> None:
    """Refuse observations of regions that come twice: a genome's name is what splits and bootstraps go by."""
    holders: dict[tuple[str, int, int, int], int] = {}
    for number, part in enumerate(parts, start=1):
        indices = part.genome_indices, part.observation_indices, part.region_indices
        for label in zip(part.scenarios.tolist(), *(values.tolist() for values in indices), strict=True):
            scenario, genome, *_ = label
            if not scenario:  # real data
                continue
            first = holders.setdefault(label, number)
            if first != number:
                raise DataError(
                    f"statistics number {first} and {number} both hold genome {genome} of scenario {scenario}; "
                    "give each file once, and simulate further genomes with another --first"
                )
