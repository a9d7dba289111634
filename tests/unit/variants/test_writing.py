"""A simulated batch written as VCF and read back is the simulation."""

from pathlib import Path

import msprime
import numpy as np
import pysam
import pytest
import tskit

from introghost.errors import ConfigError, DataError
from introghost.simulation.layout import RegionRecord, SampleLayout
from introghost.variants.source import open_source
from introghost.variants.writing import write_vcf

OUTGROUP, TARGET, PANEL = 4, 3, 2


def make_region(seed: int, *, rate: float = 1e-3, genome: int = 0) -> tskit.TreeSequence:
    num_samples = OUTGROUP + TARGET + PANEL
    ts = msprime.sim_ancestry(num_samples, sequence_length=20_000, recombination_rate=1e-7, random_seed=seed)
    tables = msprime.sim_mutations(ts, rate=rate, random_seed=seed).dump_tables()
    tables.metadata_schema = tskit.MetadataSchema.permissive_json()
    samples, roles = SampleLayout(OUTGROUP, TARGET, panel_target=PANEL), {"outgroup": "Out", "target": "Tar"}
    record = RegionRecord("s", False, genome, 0, 1, {}, roles, samples, None, {})
    tables.metadata = {"introghost": record.to_metadata()}
    return tables.tree_sequence()


def write_batch(path: Path, regions: list[tskit.TreeSequence]) -> Path:
    with path.open("wb") as file:
        for ts in regions:
            ts.dump(file)
    return path


@pytest.mark.parametrize("name", ["a.vcf", "a.vcf.gz"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    regions = [make_region(1), make_region(2)]
    trees = write_batch(tmp_path / "a.trees", regions)
    write_vcf(trees, tmp_path / name, tmp_path / "p.tsv")
    source = open_source(tmp_path / name, tmp_path / "p.tsv", ["Out"], ["Tar"], ancestral="info-aa")
    assert source.contigs() == [("1", 0, 20_000), ("2", 0, 20_000)]
    assert source.roles.names == (*(f"outgroup_{i}" for i in range(4)), *(f"target_{i}" for i in range(3)))
    for contig, ts in zip("12", regions, strict=True):
        h = source.read(contig, 0, 20_000)
        genotypes = ts.genotype_matrix()[:, : 2 * (OUTGROUP + TARGET)]
        expected = np.array([len(set(row)) == 2 and 0 in row for row in genotypes])
        assert h.positions_bp.tolist() == ts.sites_position[expected].astype(int).tolist()
        assert np.array_equal(h.genotypes, genotypes[expected] > 0)


def test_pysam_reads_the_same_alleles(tmp_path: Path) -> None:
    ts = make_region(3, rate=5e-3)
    write_vcf(write_batch(tmp_path / "a.trees", [ts]), tmp_path / "a.vcf.gz", tmp_path / "p.tsv")
    variants = {int(v.site.position): v for v in ts.variants(samples=range(14), copy=True)}
    multiallelic = 0
    with pysam.VariantFile(str(tmp_path / "a.vcf.gz")) as file:
        for record in file:
            variant = variants.pop(record.start)
            alleles = [allele for sample in record.samples.values() for allele in sample.alleles]
            assert alleles == [variant.alleles[g] for g in variant.genotypes]
            assert record.info["AA"] == record.ref == variant.site.ancestral_state
            assert all(sample.phased for sample in record.samples.values())
            multiallelic += len(record.alts) > 1
    assert multiallelic
    assert all(not v.genotypes.any() for v in variants.values())


def test_equal_batches_give_equal_bytes(tmp_path: Path) -> None:
    trees = write_batch(tmp_path / "a.trees", [make_region(4)])
    for name in ("a.vcf.gz", "b.vcf.gz"):
        write_vcf(trees, tmp_path / name, tmp_path / "p.tsv")
    assert (tmp_path / "a.vcf.gz").read_bytes() == (tmp_path / "b.vcf.gz").read_bytes()


def test_refuses_other_trees(tmp_path: Path) -> None:
    trees = write_batch(tmp_path / "a.trees", [msprime.sim_ancestry(2, random_seed=1)])
    with pytest.raises(DataError, match="without introghost's metadata"):
        write_vcf(trees, tmp_path / "a.vcf", tmp_path / "p.tsv")
    trees.write_bytes(b"nonsense")
    with pytest.raises(DataError, match="not a complete stream of tree sequences"):
        write_vcf(trees, tmp_path / "a.vcf", tmp_path / "p.tsv")
    with pytest.raises(DataError, match="no such file"):
        write_vcf(tmp_path / "none.trees", tmp_path / "a.vcf", tmp_path / "p.tsv")
    assert not (tmp_path / "a.vcf").exists()


def test_refuses_several_genomes(tmp_path: Path) -> None:
    trees = write_batch(tmp_path / "a.trees", [make_region(5), make_region(6, genome=1)])
    with pytest.raises(ConfigError, match="2 genomes, a VCF holds one; simulate with --genomes 1"):
        write_vcf(trees, tmp_path / "a.vcf", tmp_path / "p.tsv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.trees"]
