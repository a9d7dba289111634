"""Code blocks of the documents, and how they are followed."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from verbs import run

ROOT = Path(__file__).parents[2]
_ONLY_A_SHELL_KNOWS = re.compile(r"[|<>$;&*]|^\s*#", flags=re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, empty for what a shell runs, and its text."""

    language: str
    text: str


def all_blocks(page: str) -> list[Block]:
    """Every fenced block of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^```(\S*).*?\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [Block(language, body) for language, body in found]


def blocks(page: str, language: str = "") -> list[str]:
    """Code blocks of a page in a language."""
    return [block.text for block in all_blocks(page) if block.language == language]


def commands(block: str) -> list[list[str]]:
    """The words of each line of a block that calls introghost, without what only a shell knows."""
    lines = block.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("introghost ")]


def inline_commands(page: str) -> list[list[str]]:
    """The words of what calls introghost in the running text of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [shlex.split(code) for code in re.findall(r"`(introghost [^`]+)`", prose)]


def in_shell(script: str) -> str:
    """Run a script by bash in the working directory; its output and its errors.

    An error is the test's.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{script}\n{result.stdout}"
    return result.stdout


def followed(script: str) -> str:
    """Do what a block says; what is printed.

    Lines that only call introghost are run in this process, which is faster, all others by bash. The workflow, which
    takes minutes and becomes another process, is planned and not run.
    """
    script = re.sub(r"^(introghost run \S+)$", r"\1 --dry-run --cores 2", script, flags=re.MULTILINE)
    lines = commands(script)
    if _ONLY_A_SHELL_KNOWS.search(script) or len(lines) != len(script.replace("\\\n", " ").split("\n")) - 1:
        return in_shell(script)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        for words in lines:
            if words[1] == "run":
                printed.write(in_shell(shlex.join(words)))
            else:
                assert run(*words[1:]) == 0, (words, printed.getvalue())
    return printed.getvalue()
