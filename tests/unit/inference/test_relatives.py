"""Segments looked up in populations without a role."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from introghost import open_vcf
from introghost.inference import relatives
from introghost.inference.relatives import Lookup

SAMPLES = 8
POPULATIONS = ("Out", "Target", "NearOut", "NearTarget")
FIRST_PRIVATE, NUM_PRIVATE = 100, 6


def genotypes(carriers: Mapping[str, int]) -> np.ndarray:
    """Alleles of 16 haplotypes of each population at 100 common sites and 6 that the outgroup lacks.

    Populations at either side of a split have frequencies of their own; haplotype 0 of the target carries all private
    alleles, and so do as many of other populations as `carriers` says.
    """
    rng = np.random.default_rng(1)
    sides = rng.uniform(0.3, 0.7, (2, FIRST_PRIVATE))
    frequency = {name: sides[int("Target" in name)] for name in POPULATIONS}
    columns = []
    for name in POPULATIONS:
        common = rng.random((FIRST_PRIVATE, 2 * SAMPLES)) < frequency[name][:, None]
        private = np.zeros((NUM_PRIVATE, 2 * SAMPLES), bool)
        private[:, : carriers.get(name, 0)] = True
        columns.append(np.concatenate([common, private]))
    return np.concatenate(columns, axis=1).astype(int)


def look_up(folder: Path, carriers: Mapping[str, int], *, exchanged: bool = False) -> Lookup:
    """Of one segment of the target's first haplotype; `exchanged` writes the other allele as ALT at every site."""
    samples = [f"{name}{number}" for name in POPULATIONS for number in range(SAMPLES)]
    alleles = genotypes({"Target": 1, **carriers}) ^ int(exchanged)
    lines = [
        "##fileformat=VCFv4.2",
        "##contig=<ID=1,length=200000>",
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="">',
    ]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]))
    for site, row in enumerate(alleles):
        cells = [f"{first}|{second}" for first, second in row.reshape(-1, 2)]
        lines.append("\t".join(["1", str(1_000 * (site + 1)), ".", "A", "C", ".", ".", ".", "GT", *cells]))
    (folder / "x.vcf").write_text("\n".join(lines) + "\n")
    table = {name: name.rstrip("0123456789") for name in samples}
    (folder / "x.tsv").write_text("sample\tpopulation\n" + "".join(f"{a}\t{b}\n" for a, b in table.items()))
    data = open_vcf(folder / "x.vcf", populations=folder / "x.tsv", outgroup="Out", target="Target")
    segments = pd.DataFrame(
        {"contig": ["1"], "start": [50_000], "end": [110_000], "sample": ["Target0"], "haplotype": [0]}
    )
    before = data.source.counts.to_json()
    lookup = relatives.look_up(data.source, table, segments)
    assert data.source.counts.to_json() == before
    return lookup


@pytest.mark.parametrize("exchanged", [False, True])
def test_a_segment_that_a_relative_of_the_outgroup_carries_is_told_of(tmp_path: Path, exchanged: bool) -> None:
    lookup = look_up(tmp_path, {"NearOut": 1}, exchanged=exchanged)
    assert lookup.names == ["NearOut", "NearTarget"]
    assert lookup.relatives == ["NearOut"]
    assert [share.tolist() for share in lookup.carried] == [[1.0, 0.0]]
    (finding,) = relatives.findings(lookup)
    assert finding.code == "outgroup-relatives"
    assert finding.text.startswith("1 of 1 called segments that were looked up are also in NearOut, which are nearer")


def test_what_only_relatives_of_the_target_carry_is_a_ghosts(tmp_path: Path) -> None:
    lookup = look_up(tmp_path, {"NearTarget": 4})
    assert [share.tolist() for share in lookup.carried] == [[0.0, 1.0]]
    assert lookup.num_shared == 0
    assert relatives.findings(lookup) == []


def test_few_shared_segments_are_no_finding() -> None:
    lookup = Lookup(["a", "b"])
    lookup.from_target += 1
    lookup.carried = [np.array([0.4, 0.0])] * 18 + [np.array([0.5, 0.9])] * 2
    assert (lookup.num_shared, relatives.findings(lookup)) == (2, [])
    lookup.carried.append(np.array([0.1, 0.6]))
    assert lookup.num_shared == 3
    assert len(relatives.findings(lookup)) == 1
    lookup.from_outgroup += 2
    assert (lookup.relatives, lookup.num_shared) == ([], 0)


def test_overlapping_segments_are_read_together_and_long_ones_in_part() -> None:
    rows = [("1", 0, 100), ("1", 50, 70), ("1", 100, 200), ("2", 0, 2_000_000)]
    segments = pd.DataFrame(rows, columns=["contig", "start", "end"])
    stretches = [(place, len(inside)) for place, inside in relatives._stretches(segments)]
    assert stretches == [(("1", 0, 100), 2), (("1", 100, 200), 1), (("2", 0, 500_000), 1)]
