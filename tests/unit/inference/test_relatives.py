"""Segments looked up in populations without a role."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from introghost import open_vcf
from introghost.inference import relatives
from introghost.inference.relatives import Lookup

SAMPLES = 20
POPULATIONS = {"Out": 0.0, "Target": 1.0, "NearOut": 0.0, "NearTarget": 1.0, "Mixed": 0.25}  # share of one side
FIRST_PRIVATE, NUM_PRIVATE = 400, 6


def genotypes(carriers: Mapping[str, int]) -> np.ndarray:
    """Alleles of 40 haplotypes of each population at 400 common sites and 6 that the outgroup lacks.

    Populations at either side of a split have frequencies of their own; haplotype 0 of the target carries all private
    alleles, and so do as many of other populations as `carriers` says.
    """
    rng = np.random.default_rng(1)
    sides = rng.choice([0.3, 0.7], (2, FIRST_PRIVATE))
    frequency = {name: (1 - share) * sides[0] + share * sides[1] for name, share in POPULATIONS.items()}
    columns = []
    for name in POPULATIONS:
        common = rng.random((FIRST_PRIVATE, 2 * SAMPLES)) < frequency[name][:, None]
        private = np.zeros((NUM_PRIVATE, 2 * SAMPLES), bool)
        private[:, : carriers.get(name, 0)] = True
        columns.append(np.concatenate([common, private]))
    return np.concatenate(columns, axis=1).astype(int)


def look_up(
    folder: Path,
    carriers: Mapping[str, int],
    *,
    exchanged: bool = False,
    indexed: bool = False,
    sizes: Mapping[str, int] | None = None,
) -> Lookup:
    """Of one segment of the target's first haplotype; `exchanged` writes the other allele as ALT at every site.

    Of populations in `sizes` so many individuals are in the table, the others have no population.
    """
    samples = [f"{name}{number}" for name in POPULATIONS for number in range(SAMPLES)]
    alleles = genotypes({"Target": 1, **carriers}) ^ int(exchanged)
    lines = [
        "##fileformat=VCFv4.2",
        "##contig=<ID=1,length=500000>",
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="">',
    ]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]))
    for site, row in enumerate(alleles):
        cells = [f"{first}|{second}" for first, second in row.reshape(-1, 2)]
        lines.append("\t".join(["1", str(1_000 * (site + 1)), ".", "A", "C", ".", ".", ".", "GT", *cells]))
    (folder / "x.vcf").write_text("\n".join(lines) + "\n")
    table = {name: name.rstrip("0123456789") for name in samples}
    table = {name: of for name, of in table.items() if int(name.removeprefix(of)) < (sizes or {}).get(of, SAMPLES)}
    (folder / "x.tsv").write_text("sample\tpopulation\n" + "".join(f"{a}\t{b}\n" for a, b in table.items()))
    vcf = folder / "x.vcf"
    if indexed:
        vcf = Path(pysam.tabix_index(str(vcf), preset="vcf", force=True, keep_original=True))
    data = open_vcf(vcf, populations=folder / "x.tsv", outgroup="Out", target="Target")
    segments = pd.DataFrame(
        {"contig": ["1"], "start": [350_000], "end": [410_000], "sample": ["Target0"], "haplotype": [0]}
    )
    before = data.source.counts.to_json()
    lookup = relatives.look_up(data.source, table, segments)
    assert data.source.counts.to_json() == before
    return lookup


@pytest.mark.parametrize("exchanged", [False, True])
def test_a_segment_that_a_relative_of_the_outgroup_carries_is_told_of(tmp_path: Path, exchanged: bool) -> None:
    lookup = look_up(tmp_path, {"NearOut": 1}, exchanged=exchanged)
    assert lookup.names == ["Mixed", "NearOut", "NearTarget"]
    assert lookup.relatives == ["NearOut"]
    assert [share.tolist() for share in lookup.carried] == [[0.0, 1.0, 0.0]]
    (finding,) = relatives.findings(lookup)
    assert finding.code == "outgroup-relatives"
    assert finding.text.startswith("1 of 1 called segments that were looked up are also in NearOut, which are nearer")


@pytest.mark.parametrize("sizes", [{"Target": 1}, {"Target": 2}, {"Target": 1, "Out": 10}, {"Out": 2}])
def test_relatives_are_the_same_of_small_samples(tmp_path: Path, sizes: Mapping[str, int]) -> None:
    lookup = look_up(tmp_path, {"NearOut": 1, "NearTarget": 1}, sizes=sizes)
    assert lookup.relatives == ["NearOut"]
    assert len(relatives.findings(lookup)) == 1


def test_what_only_relatives_of_the_target_carry_is_a_ghosts(tmp_path: Path) -> None:
    lookup = look_up(tmp_path, {"NearTarget": 4})
    assert [share.tolist() for share in lookup.carried] == [[0.0, 0.0, 1.0]]
    assert lookup.num_shared == 0
    assert relatives.findings(lookup) == []


def test_who_descends_of_outgroup_and_target_may_have_it_from_the_target(tmp_path: Path) -> None:
    lookup = look_up(tmp_path, {"Mixed": 4, "NearTarget": 4})
    assert lookup.from_outgroup[0] < lookup.from_target[0]
    assert lookup.f3[0] / lookup.apart == pytest.approx(-0.25 * 0.75, abs=0.07)
    assert lookup.relatives == ["NearOut"]
    assert [share.tolist() for share in lookup.carried] == [[1.0, 0.0, 1.0]]
    assert relatives.findings(lookup) == []


def test_a_population_without_genotypes_has_nothing() -> None:
    lookup = Lookup(["a", "b"])
    nan = np.nan
    frequency = np.array([[0.5, 0.1, nan, 0.3], [1.0, 0.4, 0.9, nan], [nan, 0.5, 0.2, 0.2]])
    relatives._add_differences(lookup, frequency, np.full((3, 4), 11, np.int32))
    assert lookup.from_outgroup == pytest.approx([0.01, 0.04 - 0.025])
    assert lookup.from_target == pytest.approx([0.25 - 0.024, 0.04 - 0.009])
    assert lookup.apart == pytest.approx(0.16 - 0.025 - 0.009 + 0.36 - 0.024)
    assert lookup.f3 == pytest.approx([-0.1 * 0.5 - 0.009, -0.2 * 0.2 - 0.021])


def test_a_file_with_an_index_is_looked_up_as_one_without(tmp_path: Path) -> None:
    plain = look_up(tmp_path, {"NearOut": 1, "Mixed": 2})
    packed = look_up(tmp_path, {"NearOut": 1, "Mixed": 2}, indexed=True)
    np.testing.assert_array_equal(plain.carried, packed.carried)
    for name in ("from_outgroup", "from_target", "f3"):
        np.testing.assert_allclose(getattr(plain, name), getattr(packed, name))


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
