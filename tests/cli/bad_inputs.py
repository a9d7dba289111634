"""A good set of inputs, made by `Inputs.good`, and the many ways to spoil it that `test_bad_inputs` names."""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pysam
import pysam.bcftools

LENGTH = 249_250_621  # of chromosome 1 in GRCh37
SAMPLES = ["o1", "o2", "o3", "t1", "t2", "x1"]
HEADER = [
    "##fileformat=VCFv4.3",
    f"##contig=<ID=1,length={LENGTH}>",
    "##contig=<ID=2,length=243199373>",
    '##INFO=<ID=AA,Number=1,Type=String,Description="Ancestral allele">',
    '##INFO=<ID=NOTE,Number=1,Type=String,Description="Anything">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
]
FIRST, STEP, ROWS = 1_000_001, 150, 200
CHROM, POS, ID, REF, ALT, QUAL, FILTER, INFO, FORMAT = range(9)


def _row(number: int) -> list[str]:
    genotypes = [f"{number >> i & 1}|{number >> (i + 3) & 1}" for i in range(len(SAMPLES))]
    return ["1", str(FIRST + STEP * number), ".", "A", "G", ".", "PASS", "AA=A", "GT", *genotypes]


@dataclass
class Inputs:
    """What one command is given: text that a case may change before it is written, bytes that it may change after."""

    folder: Path
    header: list[str] = field(default_factory=lambda: list(HEADER))
    samples: list[str] = field(default_factory=lambda: list(SAMPLES))
    rows: list[list[str]] = field(default_factory=lambda: [_row(number) for number in range(1, ROWS + 1)])
    table: str = "sample\tpopulation\n" + "".join(f"{name}\t{name[0].upper()}\n" for name in SAMPLES)
    options: dict[str, str] = field(default_factory=lambda: {"outgroup": "O", "target": "T", "ancestral": "info-aa"})
    separator: str = "\t"
    newline: str = "\n"

    @property
    def vcf(self) -> Path:
        return self.folder / "in.vcf.gz"

    @property
    def plain(self) -> Path:
        return self.folder / "in.vcf"

    def set(self, row: int, column: int, value: str) -> None:
        """Change one field of one record; column 9 is the first sample."""
        self.rows[row][column] = value

    def lengthen(self, num_rows: int) -> None:
        """More records, for a file of several compressed blocks."""
        self.rows = [_row(number) for number in range(1, num_rows + 1)]

    def add(self, option: str, name: str, lines: Iterable[str]) -> None:
        """Write a further input file and give it by `option`."""
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in lines))
        self.options[option] = str(path)

    def text(self) -> str:
        columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *self.samples]
        lines = [*self.header, "\t".join(columns), *(self.separator.join(row) for row in self.rows)]
        return "".join(line + self.newline for line in lines)

    def write(self, *, index: bool = True, compress: str = "bgzip") -> None:
        """Write the VCF and the populations; a VCF that can't be indexed is left without an index."""
        (self.folder / "populations.tsv").write_text(self.table, encoding="utf-8")
        self.plain.write_text(self.text(), encoding="utf-8", newline="")
        if compress == "gzip":
            self.vcf.write_bytes(gzip.compress(self.plain.read_bytes()))
            return
        pysam.tabix_compress(str(self.plain), str(self.vcf), force=True)
        if index:
            self.index()

    def index(self) -> None:
        pysam.tabix_index(str(self.vcf), preset="vcf", force=True)

    def write_bcf(self) -> None:
        self.write(index=False)
        binary = self.folder / "in.bcf"  # bcftools goes by the name, whatever -O says
        pysam.bcftools.view("-Ob", "-o", str(binary), str(self.plain), catch_stdout=False)
        binary.replace(self.vcf)

    def arguments(self) -> list[str]:
        named = {"vcf": str(self.vcf), "populations": str(self.folder / "populations.tsv"), **self.options}
        return [part for name, value in named.items() for part in (f"--{name}", value)]
