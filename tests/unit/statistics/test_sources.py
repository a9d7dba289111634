"""Regions of a VCF: their last tile, and stretches in which nothing was to be seen."""

import dataclasses

import numpy as np
import pytest
from test_dataset import haplotypes

from introghost.haplotypes import Haplotypes
from introghost.statistics import sources


@dataclasses.dataclass
class Source:
    """Stands in for a VCF of 50 kb."""

    def contigs(self) -> list[tuple[str, int, int]]:
        return [("1", 0, 50_000)]

    def read(self, contig: str, start: int, end: int) -> Haplotypes:
        whole = haplotypes(start)
        inside = whole.select_sites(whole.positions_bp < end)
        return dataclasses.replace(inside, interval_bp=(start, end), callable_bp=np.array([[start, end]]))

    def require_sites(self) -> None:
        """It has some."""


def blank(start: int, end: int) -> Source:
    """A source of 600 kb that has no usable site in one stretch, though it is callable."""

    class Blank(Source):
        path = "x.vcf"

        def contigs(self) -> list[tuple[str, int, int]]:
            return [("1", 0, 600_000)]

        def read(self, contig: str, first: int, last: int) -> Haplotypes:
            parts = [haplotypes(at) for at in range(0, 600_000, 30_000)]
            positions = np.concatenate([part.positions_bp for part in parts])
            genotypes = np.concatenate([part.genotypes for part in parts])
            kept = (positions >= first) & (positions < last) & ((positions < start) | (positions >= end))
            whole = dataclasses.replace(parts[0], interval_bp=(first, last), callable_bp=np.array([[first, last]]))
            return dataclasses.replace(whole, positions_bp=positions[kept], genotypes=genotypes[kept])

    return Blank()


@pytest.mark.parametrize("region_length_bp", [60_000, 90_000, 300_000, 600_000])
def test_a_long_stretch_without_a_usable_site_is_not_callable_whatever_the_tiles(region_length_bp: int) -> None:
    ds = sources.from_source(blank(170_000, 240_000), bin_bp=10_000, region_length_bp=region_length_bp)
    np.testing.assert_array_equal(np.flatnonzero(ds.callable_fraction.ravel()[:60] == 0), range(17, 24))
    short = sources.from_source(blank(170_000, 210_000), bin_bp=10_000, region_length_bp=region_length_bp)
    assert (short.callable_fraction.ravel()[:60] == 1).all()


def test_a_short_contig_without_a_usable_site_is_not_callable() -> None:
    source = blank(0, 0)
    whole = source.read

    def read(contig: str, start: int, end: int) -> Haplotypes:
        found = whole(contig, start, end)
        return found.select_sites(np.zeros(len(found.positions_bp), dtype=bool)) if contig == "2" else found

    source.contigs = lambda: [("1", 0, 60_000), ("2", 0, 40_000)]  # type: ignore[method-assign]
    source.read = read  # type: ignore[method-assign]
    ds = sources.from_source(source, bin_bp=10_000, region_length_bp=60_000)
    np.testing.assert_array_equal(ds.callable_fraction, [[1] * 6, [0] * 6])


def test_last_tile_is_filled_up_with_uncallable_bases():
    ds = sources.from_source(Source(), bin_bp=10_000, region_length_bp=30_000)
    assert list(ds.dataset.start_bp.values) == [0, 30_000]
    np.testing.assert_array_equal(ds.callable_fraction, [[1, 1, 1], [1, 1, 0]])
    assert ds.ghost_fraction is None
    assert np.all(ds.genome_indices == -1)
