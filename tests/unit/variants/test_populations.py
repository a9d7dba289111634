"""Tables of samples and populations in the forms that people have them."""

from pathlib import Path

import pytest

from introghost.errors import DataError
from introghost.variants.populations import read_populations

EXPECTED = {"s1": "A", "s2": "B"}


def table(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "p.tsv"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "content",
    [
        "sample\tpopulation\ns1\tA\ns2\tB\n",
        "s1\tA\ns2\tB\n",
        "s1   A\n\n  s2 B  \n",
        "sample,population\ns1,A\ns2,B\n",
        "s1, A\ns2, B\n",
        "sample;population;place;year\ns1;A;1,5;9\ns2;B;2,5;9\n",
        "sample;population;lat,lon\ns1;A;1,5\ns2;B;2,5\n",
        'sample,population\n"s1","A"\n"s2",B\n',
        "sep=;\nsample;population\ns1;A\ns2;B\n;\n",
        "# my samples, of 2010\n\n## x\nsample\tpopulation\ns1\tA\ns2\tB\n",
        "#sample\tpopulation\ns1\tA\ns2\tB\n",
        "# sample\tpopulation\ns1\tA\ns2\tB\n",
        "# sample population\ns1 A\ns2 B\n",
        "# sample and population of each\ns1 A\ns2 B\n",
        "#samples of mine\ns1 A\ns2 B\n",
        "#samples of mine\nsample population\ns1 A\ns2 B\n",
        "sample population\ns1\tA\ns2\tB\n",
        "Sample name\tSex\tBiosample ID\tPopulation code\tPopulation name\ns1\tmale\t\tA\tP Q\ns2\tfemale\tx\tB\tR\n",
        "POPULATION\tGender\tSample_ID\nA\tm\ts1\nB\tf\ts2\n",
        "Family ID\tIndividual ID\tPop\n9\ts1\tA\n9\ts2\tB\n",
        "sample pop super_pop gender\ns1 A AFR male\ns2 B EUR female\n",
        "#FID IID SEX Pop\n1 s1 1 A\n2 s2 2 B\n",
        '"sample" "population"\n"1" "s1" "A"\n"2" "s2" "B"\n',
        '"","population","sample"\n"1","A","s1"\n"2","B","s2"\n',
        "sample\tpopulation\n0\ts1\tA\n1\ts2\tB\n",
        "s1 M A\ns2 U B\n",
        "  s1  f  A\n  s2  m  B\n",
        "A s1 0 0 1 -9\nB s2 0 0 2 -9\n",
        "sample\tpopulation\ns1\tA\nsample\tpopulation\ns2\tB\n",
        "sample\tpopulation\ns1\tA\ns2\tB\ns1\tA\n",
        "sample\tpopulation\ns1\tA # cousin of s2, s3\ns2\tB\n",
        "sample\tpopulation\ns1\tA\t# a cousin\ns2\tB\t#\n",
        "sample,population\ns1,A # a cousin, of s2\ns2,B\n",
        "s1 A # M\ns2 B\n",
        "s1 A\t# M\ns2 B\n",
        "s1 M A # a cousin\ns2 F B # M\n",
        "s1 A #cousin\ns2 B #cousin\n",
    ],
)
def test_forms_of_tables(tmp_path: Path, content: str) -> None:
    assert read_populations(table(tmp_path, content)) == EXPECTED


def test_values_stay_text(tmp_path: Path) -> None:
    rows = {"001": "NA", "1e5": "NO", "#7": "007", "a b": "P, Q", "it's": "null", "1.0": "true", "-": "~"}
    content = "sample\tpopulation\n" + "".join(f"{sample}\t{population}\n" for sample, population in rows.items())
    assert read_populations(table(tmp_path, content)) == rows
    assert read_populations(table(tmp_path, content.partition("\n")[2])) == rows


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("sample population\nSmith,J A\nDoe,K B\n", {"Smith,J": "A", "Doe,K": "B"}),
        ("Smith,J A\nDoe B\n", {"Smith,J": "A", "Doe": "B"}),
        ("Smith,J\tA\nDoe,K\tB\n", {"Smith,J": "A", "Doe,K": "B"}),
        ("sample,population\ns1,Han Chinese\ns2,Southern Han\n", {"s1": "Han Chinese", "s2": "Southern Han"}),
        ("sample,population name\ns1,Han Chinese\n", {"s1": "Han Chinese"}),
        ("s1, Han Chinese\ns2, Southern Han\n", {"s1": "Han Chinese", "s2": "Southern Han"}),
        ("s1,Han Chinese\ns2,Yoruba\n", {"s1": "Han Chinese", "s2": "Yoruba"}),
        ("s1\tgroup #1\ns2\tgroup #2\n", {"s1": "group #1", "s2": "group #2"}),
        ("sample\tnote\tpop\ns1\tplate # 3\tA\n", {"s1": "A"}),
    ],
)
def test_commas_and_number_signs_in_names(tmp_path: Path, content: str, expected: dict[str, str]) -> None:
    assert read_populations(table(tmp_path, content)) == expected


def test_the_code_is_taken_before_the_name(tmp_path: Path) -> None:
    content = "Population name\tPopulation code\tName\tSample\nYoruba\tYRI\tAnn\ts1\n"
    assert read_populations(table(tmp_path, content)) == {"s1": "YRI"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no sample in the table"),
        ("sample\tpopulation\n", "no sample in the table"),
        ("s1\ns2\n", r"p\.tsv:1: expected a sample and a population, found 's1'"),
        ("sample\tpopulation\ns1\tA\ns2\n", r"p\.tsv:3: expected a sample and a population, found 's2'"),
        ("s1\tA\ns2\tB\ns1\tB\n", r"p\.tsv:3: s1 is in two populations: A and B; the table has no heading"),
        ("sample\tpopulation\ns1\tA\ns1\tB\n", r"p\.tsv:3: s1 is in two populations: A and B$"),
        ("sample\tpopulation\n\tB\n", r"p\.tsv:2: a line without a sample's name"),
        ("sample\tsex\ns1\tM\n", "no column for the population among the headings 'sample', 'sex'"),
        ("#FID IID\nA s1\n", "headings '#FID', 'IID'; name one population; FID is taken for a family"),
        ("#IID SEX\ns1 1\n", "no column for the population among the headings '#IID', 'SEX'"),
        ("who\tpopulation\ns1\tA\n", "no column for the sample among the headings 'who', 'population'"),
        ('sample\tpopulation\n"s1\tA\ns2\tB\n', r"p\.tsv:2: quotes that do not match"),
        ('{"ingroup": ["s1"], "outgroup": ["s2"]}\n', "this is JSON, such as hmmix takes, not a table of samples"),
        ("0 s1 0 0 1 -9\n0 s2 0 0 2 -9\n", r"a PLINK \.fam without populations"),
        (
            "Smith,J A\nDoe,K B\n",
            r"p\.tsv: lines such as 'Smith,J A' may be columns by ',' or by blanks; write a heading",
        ),
        ("s1\tA\ns2\tA #cousin\n", r"p\.tsv:2: population 'A #cousin' looks like 'A' with a comment; give comments"),
        ("s1 s1 0 0 1 -9\ns2 s2 0 0 2 -9\n", r"a PLINK \.fam without populations"),
    ],
)
def test_what_can_not_be_told_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_populations(table(tmp_path, content))
