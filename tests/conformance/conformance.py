"""The VCF specification's test files through the command line, in processes of their own so that a crash is seen."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHARED = Path(os.environ.get("INTROGHOST_SHARED", Path(__file__).parents[2].parent / "shared"))
FILES = SHARED / "data" / "vcf-conformance" / "hts-specs"
VERSIONS = ("4.1", "4.2", "4.3")
COMMANDS = ("check", "check with roles", "statistics")
_WORKERS, _BATCH = 2, 50


@dataclass(frozen=True)
class Outcome:
    """What the commands made of one file; `crash` is the worker's last words if it died there."""

    path: Path
    commands: dict[str, dict[str, Any]]
    lines: int = 0
    left_behind: tuple[str, ...] = ()
    crash: str = ""

    @property
    def version(self) -> str:
        return self.path.parts[-3]

    @property
    def kind(self) -> str:
        return self.path.parts[-2]

    @property
    def refusal(self) -> str:
        """The message of the first command that refused, without the file's path; empty if none did."""
        for name in COMMANDS:
            if name in self.commands and self.commands[name]["code"]:
                message: str = self.commands[name]["error"].strip().rsplit("\n", 1)[-1]
                return message.removeprefix("error: ").replace(f"{self.path}: ", "").replace(str(self.path), "the file")
        return ""

    @property
    def accepted_by(self) -> list[str]:
        return [name for name in COMMANDS if name in self.commands and not self.commands[name]["code"]]

    def records(self, command: str, item: str) -> int:
        """A number of the table that a check printed, or of the counts that statistics recorded; 0 if not there."""
        rows = (line.split("\t") for line in self.commands[command]["output"].splitlines())
        return next((int(row[2].replace(",", "")) for row in rows if "\t".join(row[:2]) == item), 0)


def files() -> list[Path]:
    """All conformance files."""
    return sorted(path for version in VERSIONS for path in (FILES / version).rglob("*.vcf"))


def run_files(paths: Sequence[Path]) -> list[Outcome]:
    """Outcomes in the order of `paths`."""
    batches = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
    with ThreadPoolExecutor(_WORKERS) as pool:
        return [outcome for outcomes in pool.map(_run_batch, batches) for outcome in outcomes]


def _run_batch(paths: Sequence[Path]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    while len(outcomes) < len(paths):
        with tempfile.TemporaryDirectory() as folder:
            ended = subprocess.run(
                [sys.executable, str(Path(__file__).with_name("worker.py")), folder],
                input="\n".join(map(str, paths[len(outcomes) :])),
                capture_output=True,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                check=False,
            )
        outcomes += [_outcome(json.loads(line)) for line in ended.stdout.splitlines()]
        if len(outcomes) < len(paths):
            words = f"exit code {ended.returncode}: {ended.stderr[-2000:]}"
            outcomes.append(Outcome(paths[len(outcomes)], {}, crash=words))
    return outcomes


def _outcome(result: dict[str, Any]) -> Outcome:
    commands = {name: result[name] for name in COMMANDS if name in result}
    return Outcome(Path(result["path"]), commands, result["lines"], tuple(result.get("left behind", ())))


def flaws(outcomes: Iterable[Outcome]) -> list[str]:
    """Everything that must not be, one line each; empty if all is well."""
    return [f"{outcome.path}: {flaw}" for outcome in outcomes for flaw in _flaws(outcome)]


def _flaws(outcome: Outcome) -> list[str]:
    if outcome.crash:
        return [f"crashed or hung: {outcome.crash}"]
    found = []
    for name, command in outcome.commands.items():
        error = command["error"]
        if command["code"] not in (0, 2, 3) or "Traceback" in error:
            found.append(f"{name}: exit code {command['code']}: {error[-500:]}")
        elif command["code"] and not (error.startswith("error: ") and error.count("\n") == 1):
            found.append(f"{name}: not one line: {error}")
        if command["seconds"] > 10:
            found.append(f"{name}: {command['seconds']:.0f} s")
    if outcome.left_behind:
        found.append(f"left behind {outcome.left_behind}")
    for name, item in zip(COMMANDS, ("file\trecords", "reader\trecords", "reader\trecords"), strict=True):
        if name in outcome.accepted_by and outcome.records(name, item) != outcome.lines:
            found.append(f"{name}: {outcome.records(name, item)} records of {outcome.lines}")
    if "statistics" in outcome.accepted_by:
        dropped = outcome.records("statistics", "reader\trecords") - outcome.records("statistics", "reader\tkept")
        if dropped and f": {dropped:,} of " not in outcome.commands["statistics"]["error"]:
            found.append(f"statistics: {dropped:,} records dropped without a word")
    if "check with roles" in outcome.accepted_by and "statistics" not in outcome.accepted_by:
        found.append("the check accepted what statistics refused")
    return found
