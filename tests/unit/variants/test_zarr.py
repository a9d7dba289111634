"""A VCF Zarr store is read like the VCF that it was made of: the same haplotypes, counts and refusals."""

import atexit
import os
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pysam
import pytest

from introghost.errors import DataError
from introghost.haplotypes import Haplotypes
from introghost.variants.allele_counts import allele_counts
from introghost.variants.scan import Scan
from introghost.variants.source import VcfSource, open_source

convert = pytest.importorskip("bio2zarr.vcf").convert

SHARED = Path(os.environ.get("INTROGHOST_SHARED", Path(__file__).parents[3].parent / "shared"))
DPYD = SHARED / "data" / "1000genomes-dpyd"
HEADER = """##fileformat=VCFv4.3
##contig=<ID=1,length=50000>
##contig=<ID=2>
##contig=<ID=3,length=90000>
##FILTER=<ID=q10,Description="Quality">
##INFO=<ID=AA,Number=1,Type=String,Description="Ancestral allele">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tt1\to1\tx\to2
"""
MIXED = """1 11 . A G . . AA=A GT 0|1 0|0 1/0 0|0
1 12 . A G . q10 AA=g GT 0|1 1|1 1 1|0
1 13 . A AT . PASS AA=A GT 0|1 0|0 . 0|0
1 14 . A G,T . . AA=A GT 0|1 0|2 0|0 0|0
1 15 . A . . . AA=A GT 0|0 0|0 0|0 0|0
1 16 . A <DEL> . . AA=A GT 0|1 0|0 0|0 0|0
1 17 . A * . . AA=A GT 0|1 0|0 0|0 0|0
1 18 . A G . . AA=A GT 0|1 0|0 0|1|1 0|0
1 18 . A T . . AA=A GT 1|0 0|0 0|0 0|0
1 19 . c t . . . GT ./. 1|1 0|0 .|0
1 20 . C T . . AA=G||| GT 1|0 1|1 0|0 0|0
1 21 . C T . . AA=C GT 1/1 0/0 ./1 0|.
1 40021 . C T . . AA=C GT 1|0 0|0 0|0 0|0
3 150 . C T . . AA=C GT 0|1 1|1 0|0 0|0
3 60150 . C T . q10 AA=N GT 0|1 1|1 0|0 0|0
"""


def simulated(seed: int) -> str:
    """Records of a random population, 3,000 over two contigs."""
    rng = np.random.default_rng(seed)
    rows = []
    for contig in ("1", "2"):
        for position in np.sort(rng.choice(np.arange(1, 45_000), 1500, replace=False)).tolist():
            alleles = (rng.random(8) < rng.beta(0.3, 1)).astype(int)
            genotypes = [f"{a}|{b}" for a, b in alleles.reshape(4, 2)]
            rows.append(f"{contig} {position} . A C . . AA={rng.choice(list('ACN'))} GT {' '.join(genotypes)}\n")
    return "".join(rows)


def make_files(folder: Path, records: str, zarr_format: int = 2) -> tuple[Path, Path]:
    """An indexed VCF, and the store made of it: a copy, since converting takes seconds."""
    shutil.copytree(_made(records, zarr_format), folder, dirs_exist_ok=True)
    return folder / "a.vcf.gz", folder / "a.vcz"


@cache
def _made(records: str, zarr_format: int) -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    plain, vcf, store = folder / "a.vcf", folder / "a.vcf.gz", folder / "a.vcz"
    plain.write_text(HEADER + records.replace(" ", "\t"))
    pysam.tabix_compress(str(plain), str(vcf))
    pysam.tabix_index(str(vcf), preset="vcf")
    convert([vcf], store, variants_chunk_size=100, samples_chunk_size=3, zarr_format=zarr_format)
    (folder / "p.tsv").write_text("t1\tT\no1\tO\no2\tO\n")
    return folder


def opened(path: Path, **options: object) -> VcfSource:
    arguments: dict = {"ancestral": "outgroup-major", **options}
    return open_source(path, path.parent / "p.tsv", ["O"], ["T"], **arguments)


def assert_same(first: Haplotypes, second: Haplotypes) -> None:
    assert vars(first).keys() == vars(second).keys()
    for name, value in vars(first).items():
        other = getattr(second, name)
        if isinstance(value, np.ndarray):
            assert value.dtype == other.dtype, name
            assert value.tolist() == other.tolist(), name
        else:
            assert value == other, name


def assert_read_the_same(first: VcfSource, second: VcfSource, tile_bp: int = 10_000_000) -> int:
    assert first.contigs() == second.contigs()
    assert first.header_lengths == second.header_lengths
    num_sites = 0
    for contig, start, end in first.contigs():
        assert first.gap_threshold_bp(contig) == second.gap_threshold_bp(contig)
        for tile in range(start, end, tile_bp):
            stretch = contig, tile, min(tile + tile_bp, end)
            h = first.read(*stretch)
            assert_same(h, second.read(*stretch))
            num_sites += len(h.positions_bp)
    assert first.counts.to_json() == second.counts.to_json()
    assert first.counts.genotypes == second.counts.genotypes
    return num_sites


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("ancestral", ["outgroup-major", "info-aa"])
def test_a_store_reads_like_its_vcf(tmp_path: Path, ancestral: str, zarr_format: int) -> None:
    vcf, store = make_files(tmp_path, MIXED, zarr_format)
    assert assert_read_the_same(opened(vcf, ancestral=ancestral), opened(store, ancestral=ancestral)) > 3


@pytest.mark.parametrize("tile_bp", [5_000, 10_000_000])
def test_simulated_genomes(tmp_path: Path, tile_bp: int) -> None:
    vcf, store = make_files(tmp_path, simulated(1))
    assert assert_read_the_same(opened(vcf), opened(store), tile_bp) > 1000
    region = "2:10,000-20,000"
    assert assert_read_the_same(opened(vcf, region=region), opened(store, region=region)) > 100
    for of_vcf, of_store in zip(
        allele_counts(vcf, subsets=[["t1"], ["o1", "x"]]),
        allele_counts(store, subsets=[["t1"], ["o1", "x"]]),
        strict=True,
    ):
        assert of_vcf.contig == of_store.contig
        assert of_vcf.positions_bp.tolist() == of_store.positions_bp.tolist()
        assert of_vcf.alternate.tolist() == of_store.alternate.tolist()
        assert of_vcf.called.tolist() == of_store.called.tolist()


@pytest.mark.parametrize("nested", [False, True])
def test_a_zip_of_a_store(tmp_path: Path, nested: bool) -> None:
    vcf, store = make_files(tmp_path, MIXED)
    archive = tmp_path / "a.vcz.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(p for p in store.rglob("*") if p.is_file()):
            file.write(path, path.relative_to(tmp_path if nested else store))
    assert_read_the_same(opened(vcf), opened(archive))
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"a\.vcz\.zip"):
        opened(archive)


@pytest.mark.parametrize(
    "record",
    [
        "1 40025 . A G . . . GT 0/1 0|0 0|0 0|0",
        "1 40025 . A G . . . GT 0|1 1 0|0 0|0",
        "2 25 . A G . . . GT 1 1 0 0",
        "1 40025 . A G . . . GT 0|1 0|0|1 0|0 0|0",
        "1 40025 . A G . . . GT 0|7 0|0 0|0 0|0",
        "3 90025 . A G . . . GT 0|1 0|0 0|0 0|0",
    ],
)
def test_a_store_is_refused_like_its_vcf(tmp_path: Path, record: str) -> None:
    rows = sorted([*MIXED.splitlines(), record], key=lambda row: (row.split()[0], int(row.split()[1])))
    vcf, store = make_files(tmp_path, "\n".join(rows) + "\n")
    messages = []
    for path in (vcf, store):
        with pytest.raises(DataError) as caught:
            opened(path).read(record[0], 0, 10**6)
        messages.append(str(caught.value).removeprefix(str(path)))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("name", ["sample_id", "contig_id", "variant_position", "variant_allele", "call_genotype"])
def test_a_store_without_an_array_is_refused(tmp_path: Path, name: str) -> None:
    _, store = make_files(tmp_path, MIXED)
    shutil.rmtree(store / name)
    with pytest.raises(DataError, match=r"a\.vcz: .*(no genotypes|has no|damaged)"):
        opened(store)


@pytest.mark.parametrize("name", ["variant_position/3", "variant_allele/3.0", "variant_AA/3", "call_genotype/3.0.0"])
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_store_with_a_damaged_chunk_is_refused(tmp_path: Path, name: str, damage: str) -> None:
    _, store = make_files(tmp_path, simulated(2))
    chunk = store / name
    if damage == "missing":
        chunk.unlink()
    else:
        chunk.write_bytes(chunk.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"a\.vcz: (part of|the genotypes from|damaged)"):
        opened(store, ancestral="info-aa").read("1", 0, 50_000)


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("is_zip", [False, True])
def test_a_missing_chunk_of_genotypes_is_refused_in_a_short_stretch_too(
    tmp_path: Path, zarr_format: int, is_zip: bool
) -> None:
    vcf, store = make_files(tmp_path, simulated(2), zarr_format)
    whole = opened(vcf)
    few = whole.read("1", 0, 45_000).positions_bp
    numbers = np.searchsorted(whole._records.positions_from("1", 0, 2000), few)  # type: ignore[attr-defined]
    inside = few[(numbers >= 300) & (numbers < 308)]
    assert len(inside)
    (store / "call_genotype" / {2: "3.0.0", 3: "c/3/0/0"}[zarr_format]).unlink()
    if is_zip:
        shutil.make_archive(str(tmp_path / "b"), "zip", store)
        store = tmp_path / "b.zip"
    with pytest.raises(DataError, match="the genotypes from position"):
        opened(store).read("1", int(inside[0]), int(inside[-1]) + 1)
    early = int(few[numbers < 300][-1])
    assert_same(opened(store).read("1", 0, early), whole.read("1", 0, early))


@pytest.mark.parametrize("region", [None, ("1", 11, 40_021), ("3", 0, None)])
def test_a_scan_sees_the_same_records_in_every_format(tmp_path: Path, region: tuple | None) -> None:
    vcf, store = make_files(tmp_path, MIXED)
    results = []
    for path in (vcf, tmp_path / "a.vcf", store):
        scan = Scan(path, region)
        num_snvs = sum(len(block.positions_bp) for _, block in scan.blocks())
        assert num_snvs == scan.num_snvs > 0
        positions = {name: at.tolist() for name, at in scan.positions.items() if len(at)}
        assert sum(map(len, positions.values())) == scan.counts.records
        results.append((positions, dict(scan.counts.by_frequency()), scan.num_filtered))
    assert results[0] == results[1] == results[2]
    assert region is not None or results[0][2] == 2


def test_a_chunk_without_a_carrier_need_not_be_stored(tmp_path: Path) -> None:
    vcf, store = make_files(tmp_path, simulated(2) + "3 150 . C T . . AA=C GT 0|0 0|0 0|0 0|0\n")
    (store / "call_genotype" / "30.0.0").unlink(missing_ok=True)
    assert_same(opened(store).read("3", 0, 1000), opened(vcf).read("3", 0, 1000))


def test_other_stores_are_refused(tmp_path: Path) -> None:
    _, store = make_files(tmp_path, MIXED)
    attributes = store / ".zattrs"
    attributes.write_text(attributes.read_text().replace('"0.5"', '"0.9"'))
    with pytest.raises(DataError, match=r"VCF Zarr version 0\.9; expected 0\.4 or 0\.5"):
        opened(store)
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="not VCF Zarr"):
        opened(tmp_path / "folder")


@pytest.mark.skipif(not DPYD.is_dir(), reason=f"no real data in {SHARED}; set INTROGHOST_SHARED")
def test_dpyd(tmp_path: Path) -> None:
    convert([DPYD / "DPYD.vcf.gz"], tmp_path / "DPYD.vcz")
    populations = DPYD / "populations.tsv"
    sources = [
        open_source(path, populations, ["YRI"], ["CEU"], ancestral="outgroup-major")
        for path in (DPYD / "DPYD.vcf.gz", tmp_path / "DPYD.vcz")
    ]
    assert assert_read_the_same(*sources) == 5448
