"""After an edit, one run makes anew all that depends on it, and nothing is left that another run would make anew.

`edits` says for every key and file what that is. Plans are compared with it on runs of empty results (fast); `make
verify` makes each edit in earnest, runs once, and looks at the results.
"""

import contextlib
import gzip
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

import pandas as pd
import pytest
import yaml
from edits import ANSWERS, CONFIGURATIONS, FILES, KEYS, MODEL, Edit, keys
from forks import served
from verbs import run

from introghost.documents import JsonObject
from introghost.inference.bundles import Task

ROOT = Path(__file__).parents[2]
cli = pytest.importorskip("snakemake.cli", reason="the extra `workflow` is not installed")

NOTHING = "Nothing to be done"
SEEN = """observation:
  outgroup_diploids: 6
  target_diploids: [4, {target}]
  missing: [0, 0.1]
  include_bed: mask.bed
  genetic_map: map.tsv
"""
CONTIG_BP = 1_000_000
MAP = "pos\tchr\tcM\n1\t1\t0\n500000\t1\t{middle}\n1000000\t1\t{end}\n1\t2\t0\n1000000\t2\t1\n"


def inputs(folder: Path) -> None:
    """The workflow, and the files that the configurations name, of those that are read from data empty ones."""
    shutil.copy(ROOT / "Snakefile", folder)
    shutil.copytree(ROOT / "workflow", folder / "workflow")
    for place in ("my_demo", "other_demo"):
        shutil.copytree(ROOT / "config" / "demo", folder / place)
    # So high that even few genomes have a tract.
    for place, proportion in {"scenarios/ghost": "0.05", "other_ghost": "0.1"}.items():
        shutil.copytree(ROOT / "config" / "scenarios" / "ghost", folder / place)
        edited(folder / place / "priors.yaml", "lower: 0.003", f"lower: {proportion}")
    edited(folder / "other_demo" / "priors.yaml", "0.0225", "0.5")
    edited(folder / "other_ghost" / "model.demes.yaml", "demes: [Outgroup, Target]", "source: Outgroup, dest: Target")
    for name, callable_bp in {"mask.bed": 900, "other.bed": 700}.items():
        rows = (f"{chromosome}\t{at}\t{at + callable_bp}\n" for chromosome in "12" for at in range(0, CONTIG_BP, 1_000))
        (folder / name).write_text("".join(rows))
    for name, (middle, end) in {"map.tsv": (0.5, 1), "other.tsv": (0.8, 1.2)}.items():
        (folder / name).write_text(MAP.format(middle=middle, end=end))
    for name, target in {"seen.yaml": 6, "others_seen.yaml": 5}.items():
        (folder / name).write_text(SEEN.format(target=target))
    for name in ("data.vcf.gz", "other.vcf.gz", "populations.tsv", "others.tsv", "ancestral.fa", "other.fa"):
        (folder / name).write_text(name)
    genes = (f'{contig}\tx\tgene\t1\t9000000\t.\t+\t.\tgene_name "G";\n' for contig in (1, 2, 3))
    (folder / "genes.gtf").write_text("".join(genes))
    for task in ("segments", "model-choice", "parameters"):
        (folder / "start" / task).mkdir(parents=True)
        (folder / "start" / task / "MANIFEST.sha256").touch()


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new), encoding="utf-8")


def snakemake(folder: Path, document: JsonObject, *more: str) -> str:
    """What Snakemake says, run in this process: a plan then takes a fraction of a second."""
    (folder / "edited.yaml").write_text(yaml.safe_dump(document))
    arguments = ["--cores", "2", "--configfile", "edited.yaml", *more]
    said = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.chdir(folder),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        patch.setattr(sys, "argv", ["snakemake", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
    assert stopped.value.code == 0, said.getvalue()
    return said.getvalue()


def steps(said: str) -> set[str]:
    """The steps that are planned, or run: each rule with the kind of genomes or the task that it is about."""
    blocks = re.findall(r"^(?:local)?rule (\w+):\n((?: +.*\n)*)", said, flags=re.M)
    abouts = (re.search(r"wildcards: .*?\b(?:kind|task)=([\w-]+)", block) for _rule, block in blocks)
    found = {f"{rule} {about[1]}" if about else rule for (rule, _), about in zip(blocks, abouts, strict=True)}
    return found - {"introghost", "all"}


Finished = Callable[[str], tuple[Path, set[str]]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Gives the folder of a run that is finished by what Snakemake has recorded of it, though its results are empty."""
    runs = dict[str, tuple[Path, set[str]]]()

    def of(name: str) -> tuple[Path, set[str]]:
        if name not in runs:
            folder = tmp_path_factory.mktemp("finished") / "x"
            folder.mkdir()
            inputs(folder)
            plan = snakemake(folder, CONFIGURATIONS[name], "--dry-run")
            for path in (
                path for line in re.findall(r"^ +output: (.*)$", plan, flags=re.M) for path in line.split(", ")
            ):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                # What has no suffix is a folder: of the figures of a page.
                (folder / path).touch() if Path(path).suffix else (folder / path).mkdir(exist_ok=True)
            snakemake(folder, CONFIGURATIONS[name], "--touch", "--forceall")
            runs[name] = folder, steps(plan)
        return runs[name]

    return of


# Steps that there were none of before an edit.
ADDED = {"data.target": frozenset({"compare"}), "train.segments.from": frozenset({"apply_start"})}


def test_every_key_of_the_configuration_has_an_edit() -> None:
    assert sorted(KEYS) == sorted(keys())


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_after_a_run_nothing_is_planned(finished: Finished, name: str) -> None:
    folder, _ = finished(name)
    said = snakemake(folder, CONFIGURATIONS[name], "--dry-run")
    assert NOTHING in said
    assert "missing provenance" not in said


@pytest.mark.parametrize("key", KEYS)
def test_another_value_of_a_key_plans_what_depends_on_it(finished: Finished, key: str) -> None:
    edit = KEYS[key]
    folder, before = finished(edit.configuration)
    document = edit.of_key(key, CONFIGURATIONS[edit.configuration])
    assert steps(snakemake(folder, document, "--dry-run")) == edit.planned & (before | ADDED.get(key, frozenset()))


@pytest.mark.parametrize("path", FILES)
def test_other_content_of_a_file_plans_what_depends_on_it(finished: Finished, tmp_path: Path, path: str) -> None:
    edit = FILES[path]
    folder, before = finished(edit.configuration)
    shutil.copytree(folder, tmp_path / "x")  # with the times of the files
    exchange(tmp_path / "x" / path, tmp_path / "x" / str(edit.value))
    assert steps(snakemake(tmp_path / "x", CONFIGURATIONS[edit.configuration], "--dry-run")) == edit.planned & before


def test_a_rule_that_takes_a_result_for_ancient_is_noticed(finished: Finished, tmp_path: Path) -> None:
    folder, before = finished("simulated")
    shutil.copytree(folder, tmp_path / "x")
    rule = tmp_path / "x" / "workflow" / "rules" / "train.smk"
    text = rule.read_text(encoding="utf-8")
    broken = re.sub(
        r"statistics=(lambda wildcards: statistics_of\(.*?\n        \)),", r"statistics=ancient(\1),", text, flags=re.S
    )
    assert broken != text
    rule.write_text(broken, encoding="utf-8")
    edit = KEYS["simulations.segments.genomes"]
    document = edit.of_key("simulations.segments.genomes", CONFIGURATIONS["simulated"])
    planned = steps(snakemake(tmp_path / "x", document, "--dry-run"))
    assert planned < edit.planned & before
    assert "train segments" not in planned


def exchange(path: Path, other: Path) -> None:
    """Each file has the other's content."""
    content, other_content = path.read_bytes(), other.read_bytes()
    path.write_bytes(other_content)
    other.write_bytes(content)


class Chain:
    """A workflow that is edited and run again and again.

    Parameters
    ----------
    folder : Path
        Made here.
    name : str
        Of the configuration.
    environment : dict of str to str
        What its jobs run in.
    """

    def __init__(self, folder: Path, name: str, environment: dict[str, str]) -> None:
        folder.mkdir()
        self.folder, self.document, self.environment = folder, CONFIGURATIONS[name], environment
        inputs(folder)
        if name == "vcf":
            data(folder)
        self.steps = self.run()

    def run(self, *more: str) -> set[str]:
        """Run to the end, or as far as more arguments say; the steps that were run."""
        (self.folder / "edited.yaml").write_text(yaml.safe_dump(self.document))
        command = [str(Path(sys.executable).with_name("snakemake")), "--cores", "2", "--configfile", "edited.yaml"]
        command += ["--workflow-profile", "workflow/profiles/default", *more]
        result = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return steps(result.stdout + result.stderr)

    def make_start(self) -> None:
        """Networks to start from, in the folder ``start``; of other genomes, as those of training must not be seen."""
        document, self.document = self.document, {**self.document, "seed": MODEL["seed"], "results": "others"}
        assert document["seed"] != MODEL["seed"]
        self.run(*(f"others/model/{task}/MANIFEST.sha256" for task in Task))
        self.document = document
        shutil.copytree(self.folder / "others" / "model", self.folder / "start", dirs_exist_ok=True)

    def digests(self) -> dict[PurePath, str]:
        """SHA-256 of every result."""
        results = self.folder / str(self.document.get("results", "results"))
        files = (path for path in results.rglob("*") if path.is_file())
        return {path.relative_to(results): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def check(self, edit: Edit, make: Callable[[], None], added: frozenset[str] = frozenset()) -> None:
        """Make an edit, run once, and see that it was enough, not too much, and changed what it should."""
        before = self.digests()
        make()
        self.steps |= added
        assert self.run() == edit.planned & self.steps
        assert NOTHING in snakemake(self.folder, self.document, "--dry-run")
        after = self.digests()
        differing = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
        if edit.changed:
            assert any(path.match(pattern) for path in differing for pattern in edit.changed), differing
        else:
            assert not any(path.match(pattern) for path in differing for pattern in ANSWERS), differing


def data(folder: Path) -> None:
    """Two VCF files of two contigs and two populations of each role, and the ancestral sequence of both."""
    genome = ("--genomes", 1, "--regions", 2, "--region-length-bp", CONTIG_BP)
    samples = ("--outgroup-diploids", 6, "--target-diploids", 6)
    for seed, name in enumerate(("data", "other"), start=1):
        trees = folder / f"{name}.trees"
        assert (
            run("simulate", "--scenario", folder / "my_demo", *genome, *samples, "--seed", seed, "--output", trees) == 0
        )
        outputs = ("--output", folder / f"{name}.vcf.gz", "--populations-output", folder / "roles.tsv")
        assert run("vcf", "write", "--trees", trees, *outputs) == 0
    roles = pd.read_csv(folder / "roles.tsv", sep="\t")
    number = roles.groupby("population").cumcount()
    for name, first in {"populations.tsv": 3, "others.tsv": 4}.items():
        half = number.ge(first).map({False: "1", True: "2"})
        roles.assign(population=roles["population"].str[0] + half).to_csv(folder / name, sep="\t", index=False)
    for name, is_other in {"ancestral.fa": False, "other.fa": True}.items():
        (folder / name).write_text(ancestral_sequences(folder, is_other=is_other))


def ancestral_sequences(folder: Path, *, is_other: bool) -> str:
    """FASTA of REF at every site of both files; of another one, ALT at every second site."""
    sequences = dict[str, list[str]]()
    for name in ("other", "data"):
        lines = gzip.decompress((folder / f"{name}.vcf.gz").read_bytes()).decode().splitlines()
        rows = (line.split("\t")[:5] for line in lines if not line.startswith("#"))
        for row, (chromosome, position, _id, ref, alt) in enumerate(rows):
            bases = sequences.setdefault(chromosome, ["N"] * CONTIG_BP)
            bases[int(position) - 1] = alt[0] if is_other and row % 2 else ref
    return "".join(f">{chromosome}\n{''.join(bases)}\n" for chromosome, bases in sequences.items())


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """Where `introghost` is served by forks."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as environment:
        yield environment


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Callable[[str], Chain]:
    """Gives the one chain of a configuration, after its first run."""
    begun = dict[str, Chain]()

    def of(name: str) -> Chain:
        if name not in begun:
            begun[name] = Chain(tmp_path_factory.mktemp("chain") / "x", name, environment)
        return begun[name]

    return of


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES)
def test_after_another_content_of_a_file_one_run_is_enough(chains: Callable[[str], Chain], path: str) -> None:
    edit = FILES[path]
    chain = chains(edit.configuration)
    chain.check(edit, lambda: exchange(chain.folder / path, chain.folder / str(edit.value)))


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_after_another_value_of_a_key_one_run_is_enough(chains: Callable[[str], Chain], key: str) -> None:
    edit = KEYS[key]
    chain = chains(edit.configuration)

    def make() -> None:
        if edit.value == "start" and not (chain.folder / "start" / "segments" / "model.json").exists():
            chain.make_start()
        chain.document = edit.of_key(key, chain.document)

    chain.check(edit, make, ADDED.get(key, frozenset()))
