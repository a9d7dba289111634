"""Seeded mutations of small VCF texts, put through the reader in a process of its own.

    python vcf_fuzz.py FOLDER FIRST LAST

The text of case I depends on I alone. The last line of the output is a JSON object: cases accepted and refused, and
what failed. The case under way lies in FOLDER/case-I.vcf, so that after a crash the culprit is there.
"""

import gzip
import json
import re
import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np

from introghost.errors import IntroghostError
from introghost.variants.source import VcfSource, open_source
from introghost.variants.tally import tally

SAMPLES = ("o1", "o2", "t1", "x1")
HEADERS = (
    "##fileformat=VCFv4.3",
    "##contig=<ID=1,length=5000>",
    "##contig=<ID=2>",
    '##FILTER=<ID=q10,Description="Low">',
    '##INFO=<ID=AA,Number=1,Type=String,Description="Ancestral allele">',
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    "##free text",
)


def _words(text: str) -> list[str]:
    return text.split()


def _lines(text: str) -> list[str]:
    return text.split("\n")


NUMBERS = _words("""0 1 2 -1 7 127 128 255 256 32767 65536 2147483647 2147483648 4294967296 99999999999999999999
-2147483649
1e3 0x1 1.5 . +1 01 NaN""")
NUMBERS.append("")
NAMES = ["1", "2", "chr1", "3", "", " ", "<1>", "1:2", "1,2", "é", "GL000191.1", "*", "#1", "\x00"]
BASES = ["", "ACGT" * 50, "A" * 300]
BASES += _words("A C G T N a g R AT . * <DEL> <*> G]2:3] [1:5[T A,C A,,C , < A,<DEL> 17 G,T,C,A,N")
GENOTYPES = ["", *_words("0|0 0|1 1|0 1|1 0/1 1/1 ./. .|. .|1 0|. . 0 1 0|1|1 0/1/1/1 | / || 0| |1 /0|1 |0|1 0||1")]
GENOTYPES += _words("0|x A|T 0:1 0|1: -1|0 0|1,1 1|2")
FORMATS = ["GT", "GT:DP", "DP:GT", "DP", "GT:GT", ".", "", "XX", "GT:XX", ":", "GT:", "gt"]
INFOS = ["", *_words(". AA=A AA=g AA=G||| AA=. AA AA= AA=AT DP=7 DP=x DP=99999999999 AF=0.5,0.1 XX=1 AA=A;AA=C ; =")]
INFOS += _words("AA=A;;DP=1 END=3 END=99 AF=nan DP=1,2,3")
META = _lines("""##
#
##contig=<ID=1>
##contig=<ID=1,length=-5>
##contig=<ID=1,length=99999999999>
##contig=<
##contig=<ID=>
##contig=<length=5>
##contig=<ID=1,length=10>
##contig=<ID=2,IDX=0>
##contig=<ID=2,IDX=99999>
##contig=<ID=2,IDX=999999999>
##contig=<ID=2,IDX=-1>
##INFO=<ID=AA,Number=0,Type=Flag,Description="x">
##INFO=<ID=AA,Number=.,Type=Integer,Description="x">
##INFO=<ID=AA>
##FORMAT=<ID=GT,Number=2,Type=Integer,Description="x">
##FORMAT=<ID=GT,Number=1,Type=Float,Description="x">
##FORMAT=<ID=GT
##FILTER=<ID=q10,IDX=0,Description="x">
##fileformat=VCFv9.9
##a=<b="c
##é=ü

""")
CHOICES = (NAMES, NUMBERS, [".", "rs1", ""], BASES, BASES, NUMBERS, ["PASS", ".", "q10", "q11", ""], INFOS, FORMATS)


def base_case(random: Random) -> tuple[list[str], list[list[str]]]:
    """Header lines and records of a good file."""
    rows, position = [], 0
    for number in range(random.randint(1, 8)):
        position += random.randint(1, 300)
        genotypes = [f"{random.randint(0, 1)}|{random.randint(0, 1)}" for _ in SAMPLES]
        contig = "1" if number < 5 else "2"
        ref, alt = random.sample("ACGT", 2)
        rows.append([contig, str(position), ".", ref, alt, ".", "PASS", f"AA={ref}", "GT", *genotypes])
    return list(HEADERS), rows


def mutate_field(random: Random, rows: list[list[str]]) -> None:
    """Another word in one field of one record."""
    row = random.choice(rows)
    column = random.randrange(len(row)) if row else 0
    if row:
        row[column] = random.choice(GENOTYPES if column > 8 else CHOICES[column])


def mutate_genotypes(random: Random, rows: list[list[str]]) -> None:
    """A record with genotypes out of the grammar: any ploidy, phase, number and missing alleles."""
    row = random.choice(rows)
    for column in range(9, len(row)):
        alleles = random.choices((*"0101.2", *NUMBERS), k=random.choice((1, 2, 2, 2, 2, 3, 5)))
        row[column] = "".join(a + random.choice("||/") for a in alleles)[:-1]


def mutate_rows(random: Random, rows: list[list[str]]) -> None:
    """Records or columns lost, doubled or exchanged."""
    kind, row = random.randrange(6), random.choice(rows)
    at = random.randrange(len(rows))
    if kind == 0:
        rows.insert(at, list(row))
    elif kind == 1 and len(rows) > 1:
        rows.remove(row)
    elif kind == 2:
        rows[at] = []
    elif kind == 3 and len(row) > 1:
        del row[random.randrange(len(row))]
    elif kind == 4:
        row.insert(random.randint(0, len(row)), random.choice(GENOTYPES))
    elif len(row) > 1:
        i, j = random.sample(range(len(row)), 2)
        row[i], row[j] = row[j], row[i]


def mutate_header(random: Random, header: list[str]) -> None:
    """Header lines lost, doubled, replaced, or with a character changed."""
    kind, at = random.randrange(4), random.randrange(len(header))
    if kind == 0 and len(header) > 1:
        del header[at]
    elif kind == 1:
        header.insert(random.randint(0, len(header)), random.choice((*META, header[at])))
    elif kind == 2:
        header[at] = random.choice(META)
    elif header[at]:
        cut = random.randrange(len(header[at]))
        header[at] = header[at][:cut] + random.choice(("", "<", ">", '"', ",", "=", "\\", "x")) + header[at][cut + 1 :]


def mutate_bytes(random: Random, text: bytes) -> bytes:
    """A byte changed, lost, added or moved, or the end cut off."""
    at = random.randrange(len(text))
    byte = random.choice((bytes([random.randrange(256)]), b"\t", b"\n", b"\r\n", b"\x00", b"|", b"/", b"0"))
    kind = random.randrange(5)
    if kind < 3:
        return text[:at] + (byte, b"", byte + text[at : at + 1])[kind] + text[at + 1 :]
    if kind == 3:
        return text[:at]
    return text[:at] + bytes([text[at] ^ 1 << random.randrange(8)]) + text[at + 1 :]


def make_case(number: int) -> bytes:
    """Text of one case."""
    random = Random(number)
    header, rows = base_case(random)
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *SAMPLES]
    after = 0
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        kind = random.choice("ffggghrrbc" if random.random() < 0.95 else "C")
        if kind == "f":
            mutate_field(random, rows)
        elif kind == "g":
            mutate_genotypes(random, rows)
        elif kind == "r":
            mutate_rows(random, rows)
        elif kind == "h":
            mutate_header(random, header)
        elif kind == "C":
            columns[random.randrange(len(columns))] = random.choice(("", "o1", "#CHROM", " ", "é", "a,b", "POS"))
        else:
            after += kind == "b"
    newline = random.choice(("\n",) * 19 + ("\r\n",))
    lines = [*header, "\t".join(columns), *("\t".join(row) for row in rows)]
    text = "".join(line + newline for line in lines).encode()
    for _ in range(after):
        text = mutate_bytes(random, text)
    return text or b"\n"


def num_lines(text: bytes) -> int:
    """Lines that should be records: all that are not blank after the line of column names."""
    lines = text.split(b"\n")
    names = next((at for at, line in enumerate(lines) if line.startswith(b"#CHROM")), -1)
    return sum(bool(line.strip()) for line in lines[names + 1 :])


def expected_genotypes(text: bytes, samples: Sequence[str]) -> dict[tuple[str, int], list[int]]:
    """Alleles of the selected samples at the records that are plainly well formed, -1 where missing.

    A sample of the table whose name is no longer in the header is not read.
    """
    columns = [9 + SAMPLES.index(name) for name in samples if name in SAMPLES]
    found: dict[tuple[str, int], list[int]] = {}
    for line in text.decode(errors="replace").split("\n"):
        row = line.rstrip("\r").split("\t")
        if len(row) != 9 + len(SAMPLES) or row[8] != "GT" or not re.fullmatch(r"[1-9][0-9]*", row[1]):
            continue
        genotypes = [re.fullmatch(r"([01.])[|/]([01.])", value) for value in (row[column] for column in columns)]
        if all(genotypes):
            alleles = [-1 if a == "." else int(a) for match in genotypes if match for a in match.groups()]
            found[row[0], int(row[1]) - 1] = alleles
    return found


def check_case(text: bytes, path: Path, populations: Path, number: int) -> str:
    """``accepted``, ``refused`` or what is wrong."""
    path.write_bytes(gzip.compress(text, 1) if number % 10 == 0 else text)
    outcome = "accepted"
    try:
        source = open_source(
            path, populations, ["O"], ["T"], ancestral="info-aa" if number % 3 == 0 else "outgroup-major"
        )
        wrong = compare(source, text)
        if wrong:
            return wrong
    except IntroghostError as error:
        outcome = "refused" if "\n" not in str(error) else f"more than one line: {error}"
    try:
        records = tally(path).scan.counts.records
        if records != num_lines(text):
            return f"the check counts {records} records of {num_lines(text)}"
    except IntroghostError as error:  # it also sees the samples without a role
        if "\n" in str(error):
            return f"more than one line: {error}"
    return outcome


def compare(source: VcfSource, text: bytes) -> str:
    """What is wrong with the haplotypes of an accepted file, against its text."""
    expected = expected_genotypes(text, source.roles.names)
    for interval in source.contigs():
        h = source.read(*interval)
        for position, genotypes in zip(h.positions_bp.tolist(), h.genotypes.tolist(), strict=True):
            wanted = expected.get((interval[0], position))
            flipped = None if wanted is None else [a if a < 0 else 1 - a for a in wanted]
            if wanted is not None and genotypes not in (wanted, flipped):
                return f"{interval[0]}:{position + 1}: {genotypes} for {wanted}"
    counts = source.counts
    dropped = counts.dropped.total()
    if not counts.kept + dropped == counts.records == num_lines(text):
        return f"{counts.kept} kept and {dropped} dropped of {counts.records} records, {num_lines(text)} lines"
    return ""


def main(folder: Path, first: int, last: int) -> None:
    """Run the cases and print what came of them."""
    populations = folder / "populations.tsv"
    populations.write_text("sample\tpopulation\no1\tO\no2\tO\nt1\tT\n")
    number_of, failures = Counter[str](), []
    np.seterr(all="raise")
    for number in range(first, last):
        text, path = make_case(number), folder / f"case-{number}.vcf"
        try:
            outcome = check_case(text, path, populations, number)
        except Exception:
            outcome = traceback.format_exc()
        path.unlink()
        number_of[outcome if outcome in ("accepted", "refused") else "failed"] += 1
        if outcome not in ("accepted", "refused"):
            failures.append([number, outcome])
    print(json.dumps({"outcomes": number_of, "failures": failures}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
