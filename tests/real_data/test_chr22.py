"""An awkward megabase of chromosome 22: archaic genomes among the samples, records without ALT, an empty stretch."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
import torch
from untrained import TRAINING, choice_bundle, segments_bundle
from verbs import run, words

from introghost.errors import DataError
from introghost.inference import bundle_files
from introghost.inference.fields import Range
from introghost.inference.reading import BinStatus
from introghost.variants.allele_counts import allele_counts
from introghost.variants.checks import inspect
from introghost.variants.counts import DropReason
from introghost.variants.fit import check_genetic_maps
from introghost.variants.genetic_map import read_genetic_map
from introghost.variants.source import VcfSource, open_source
from introghost.variants.trial import Request

SHARED = Path(os.environ.get("INTROGHOST_SHARED", Path(__file__).parents[2].parent / "shared"))
DATA = SHARED / "data" / "1000genomes-chr22-1mb"
VCF = DATA / "1000g.Nea.22.1mb.vcf.gz"
Calls = Callable[..., tuple[pd.DataFrame, pd.DataFrame, Path]]
ARCHAIC = ("AltaiNeandertal", "Vindija33.19")
LOST_BP = 14_177  # callable in the largest gap: the mask is of the whole panel, which has records there

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data in {SHARED}; set INTROGHOST_SHARED")


@pytest.fixture
def populations(tmp_path: Path) -> Path:
    """The table of CEU, YRI, and the archaic genomes in a population that nobody asks for."""
    path = tmp_path / "populations.tsv"
    rows = [(name, p) for p in ("CEU", "YRI") for name in (DATA / f"{p}.indlist").read_text().split()]
    path.write_text("".join(f"{name}\t{p}\n" for name, p in [*rows, *((name, "archaic") for name in ARCHAIC)]))
    return path


def opened(populations: Path, target: str = "CEU", **options: object) -> VcfSource:
    arguments: dict = {"ancestral": "outgroup-major", **options}
    return open_source(VCF, populations, ["YRI"], [target], **arguments)


def test_archaic_genomes_are_neither_targets_nor_a_reason_to_refuse(populations: Path) -> None:
    source = opened(populations)
    assert source.num_diploids() == (108, 99)
    h = source.read(*source.contigs()[0])
    assert not {*h.sample_names} & {*ARCHAIC}
    assert {label.rsplit(".", 1)[0] for label in h.target_labels} == {*(DATA / "CEU.indlist").read_text().split()}
    with pytest.raises(DataError, match=r"22:[\d,]+: sample (AltaiNeandertal|Vindija33\.19) has an unphased hetero"):
        opened(populations, "archaic").read("22", 21_000_000, 22_000_000)


def doubts(vcf: Path, populations: Path, outgroup: str = "YRI", target: str = "CEU") -> str:
    result = inspect(Request(vcf, populations, (outgroup,), (target,), bin_bp=5_000))
    assert result.refusal is None
    return "\n".join(result.table["value"][result.table["item"] == "doubtful"])


def test_swapped_roles_are_doubtful(populations: Path) -> None:
    assert "swapped" not in doubts(VCF, populations)
    assert "the median target haplotype has 4.8 times as many alleles that the outgroup lacks" in doubts(
        VCF, populations, "CEU", "YRI"
    )


def test_phased_archaic_genomes_among_a_population_are_doubtful(populations: Path, tmp_path: Path) -> None:
    vcf = tmp_path / "phased.vcf"
    with pysam.BGZFile(str(VCF)) as file:
        lines = file.read().decode().splitlines(keepends=True)
    vcf.write_text("".join(line if line.startswith("#") else line.replace("/", "|") for line in lines))
    table = populations.read_text()
    assert "Altai" not in doubts(vcf, populations)
    populations.write_text(table.replace("AltaiNeandertal\tarchaic", "AltaiNeandertal\tCEU"))
    found = doubts(vcf, populations)
    assert "CEU (target): sample AltaiNeandertal lacks genotypes at 20.6% of the SNVs, the others at 0.0%" in found
    assert "target: AltaiNeandertal: homozygous for up to" in found
    populations.write_text(table.replace("\tarchaic", "\tCEU"))
    assert "target: AltaiNeandertal, Vindija33.19: homozygous for up to" in doubts(vcf, populations)


def test_records_without_alt_are_counted(populations: Path) -> None:
    source = opened(populations)
    source.read(*source.contigs()[0])
    assert source.counts.records == 13_010
    assert source.counts.dropped[DropReason.NO_ALT] == 13_010 - 2_577
    assert source.header_lengths["22"] == 51_304_566


def test_the_empty_stretch_is_not_callable(populations: Path) -> None:
    source = opened(populations)
    (interval,) = source.contigs()
    assert interval == ("22", 21_000_000, 22_000_000)
    h = source.read(*interval)
    with pysam.VariantFile(str(VCF)) as file:
        positions = np.array([record.start for record in file])
    threshold = source.gap_threshold_bp("22")
    assert threshold == 10_000  # there is a record every few dozen bp
    wide = np.flatnonzero(np.diff(positions) > threshold)
    gaps = [(int(positions[i]) + 1, int(positions[i + 1])) for i in wide]
    assert any(start < 21_600_000 and end > 21_700_000 for start, end in gaps)
    edges = [interval[1], *(edge for gap in gaps for edge in gap), interval[2]]
    assert h.callable_bp.ravel().tolist() == edges
    assert source.counts.gap_bp == sum(end - start for start, end in gaps) > 200_000
    left, right = (source.read("22", *ends) for ends in ((21_000_000, 21_650_000), (21_650_000, 22_000_000)))
    assert [*left.callable_bp.tolist(), *right.callable_bp.tolist()] == h.callable_bp.tolist()


def test_the_mask_says_what_is_callable_outside_the_gaps(populations: Path) -> None:
    source = opened(
        populations,
        include_bed=DATA / "accessible.chr22.20.5-22.5Mb.bed",
    )
    h = source.read(*source.contigs()[0])
    callable_bp = int(np.diff(h.callable_bp, axis=1).sum())
    assert 540_000 < callable_bp < 560_000
    assert source.counts.gap_bp == LOST_BP
    assert 560_000 < callable_bp + source.counts.gap_bp < 580_000
    assert source.input_findings() == []
    maps = read_genetic_map(DATA / "genetic_map.chr22.20.5-22.5Mb.tsv")
    assert check_genetic_maps(source.contigs(), source.header_lengths, maps) == []


def test_allele_counts_are_of_everybody(populations: Path) -> None:
    ceu = (DATA / "CEU.indlist").read_text().split()
    (counts,) = allele_counts(VCF, subsets=[ceu, ARCHAIC])
    with pysam.VariantFile(str(VCF)) as file:
        for index, record in enumerate(r for r in file if r.alleles and len(r.alleles) == 2):
            alleles = {name: sample.allele_indices for name, sample in record.samples.items()}
            for column, names in enumerate((list(alleles), ceu, ARCHAIC)):
                called = [a for name in names for a in alleles[name] if a is not None]
                assert counts.positions_bp[index] == record.start
                assert (counts.alternate[index, column], counts.called[index, column]) == (sum(called), len(called))
    assert index + 1 == len(counts.positions_bp)


def model(folder: Path) -> Path:
    """Networks that nobody trained, with numbers of diploids as in the data."""
    training = dataclasses.replace(
        TRAINING,
        outgroup_diploids=Range(108, 108),
        target_diploids=Range(99, 99),
        callable_share=(0.1, 1.0),
    )
    segments = segments_bundle(training, seed=3)
    # As it is made, it says the same of every bin; standardised by little, what differs between bins counts.
    channels = len(segments.inputs)
    segments.network.standardise.set(torch.ones(channels), torch.full((channels,), 0.1))
    for bundle in (segments, dataclasses.replace(choice_bundle(training=training), regions=Range(1, 9))):
        bundle_files.save(bundle, folder / bundle.task)
    return folder


@pytest.fixture
def calls(populations: Path, tmp_path: Path) -> Calls:
    """Runs `apply`; status of bins, posteriors and the folder of the calls."""
    networks = model(tmp_path / "model")

    def apply(*more: object, vcf: Path = VCF) -> tuple[pd.DataFrame, pd.DataFrame, Path]:
        folder = tmp_path / "calls"
        data = {"--vcf": vcf, "--populations": populations, "--outgroup": "YRI", "--target": "CEU"}
        options = {"--model": networks, "--ancestral": "outgroup-major", "--threshold": 0, "--output": folder}
        assert run("apply", *words(data | options, *more)) == 0
        status, bins = (pd.read_csv(folder / name, sep="\t") for name in ("bin_status.tsv", "bins.tsv.gz"))
        assert status[["contig", "start", "end"]].equals(bins[["contig", "start", "end"]])
        return status, bins.drop(columns=["contig", "start", "end"]), folder

    return apply


def test_calls_are_of_the_target_alone(calls: Calls) -> None:
    status, posterior, folder = calls()
    ceu = (DATA / "CEU.indlist").read_text().split()
    labels = {f"{name}.{haplotype}" for name in ceu for haplotype in (0, 1)}
    assert {*posterior.columns} == labels
    assert len(posterior.columns) == 198
    segments = pd.read_csv(folder / "segments.tsv", sep="\t")
    assert {*segments["sample"]} == {*ceu}
    bins = segments[segments["sample"] == ceu[0]].query("haplotype == 0").eval("(end - start) / 10_000").sum()
    assert bins == (status["status"] == BinStatus.CALLED).sum(), "with threshold 0 a segment is a run of called bins"
    assert {*pd.read_csv(folder / "per_sample.tsv", sep="\t")["sample"]} == {*ceu}
    assert status["contig"].unique().tolist() == [22]
    assert (folder / "model_choice.json").is_file()


def test_the_empty_stretch_is_said_not_to_be_called(calls: Calls) -> None:
    status, posterior, _ = calls()
    empty = (status["start"] >= 21_580_000) & (status["end"] <= 21_710_000)
    assert empty.sum() == 13
    assert set(status["status"][empty]) == {BinStatus.TOO_LITTLE_CALLABLE}
    check(status, posterior)
    assert 0.5 < (status["status"] == BinStatus.CALLED).mean() < 0.85


def test_masked_bins_are_said_not_to_be_called(calls: Calls) -> None:
    mask = DATA / "accessible.chr22.20.5-22.5Mb.bed"
    status, posterior, _ = calls("--include-bed", mask)
    intervals = pd.read_csv(mask, sep="\t", header=None, usecols=[1, 2]).to_numpy()
    edges = status[["start", "end"]].to_numpy()[:, :, None]
    inside = (np.minimum(edges[:, 1], intervals[:, 1]) - np.maximum(edges[:, 0], intervals[:, 0])).clip(0).sum(axis=1)
    lost = inside - status["callable_bp"].to_numpy()
    assert (lost >= 0).all()
    assert lost.sum() == LOST_BP
    masked = inside < 1_000
    assert masked.any()
    assert set(status["status"][masked]) == {BinStatus.TOO_LITTLE_CALLABLE}
    check(status, posterior)


def check(status: pd.DataFrame, posterior: pd.DataFrame) -> None:
    """A bin is called for everybody or nobody, and where it isn't, it has no number at all: neither 0 nor another."""
    called = (status["status"] == BinStatus.CALLED).to_numpy()
    assert posterior[called].notna().all(axis=None)
    assert posterior[~called].isna().all(axis=None)
    assert (posterior[called] > 0).all(axis=None)
    assert posterior[called].to_numpy().std() > 0.1 * posterior[called].to_numpy().mean(), "all alike: this can't fail"


def test_samples_of_no_role_do_not_change_the_calls(calls: Calls, populations: Path, tmp_path: Path) -> None:
    _, posterior, _ = calls()
    names = [line.split()[0] for line in populations.read_text().splitlines() if "archaic" not in line]
    subset = tmp_path / "subset.vcf.gz"
    with pysam.VariantFile(str(VCF)) as source:
        source.subset_samples(names)
        with pysam.VariantFile(str(subset), "w", header=source.header) as target:
            for record in source:
                target.write(record)
    pysam.tabix_index(str(subset), preset="vcf")
    _, without, _ = calls(vcf=subset)
    pd.testing.assert_frame_equal(without, posterior)
