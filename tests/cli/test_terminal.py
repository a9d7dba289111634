"""What a terminal is shown: completion of words by click, also where verbs are imported late; and no colours."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INTROGHOST = Path(sys.executable).with_name("introghost")


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("introghost app", ["apply"]),
        ("introghost apply --fal", ["--false-discovery-rate", "--false-ghost-cost"]),
        ("introghost apply --false-d", ["--false-discovery-rate"]),
        ("introghost vcf ch", ["check"]),
        ("introghost vcf check --bi", ["--bin-bp"]),
    ],
)
def test_words_are_completed(words: str, completed: list[str]) -> None:
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_INTROGHOST_COMPLETE": "bash_complete"}
    shown = subprocess.run([INTROGHOST], env=os.environ | asked, capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == [f"plain,{word}" for word in completed]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_printed(shell: str) -> None:
    asked = {"_INTROGHOST_COMPLETE": f"{shell}_source"}
    shown = subprocess.run([INTROGHOST], env=os.environ | asked, capture_output=True, text=True, check=True).stdout
    assert f"_INTROGHOST_COMPLETE={shell}_complete" in shown


def on_terminal(words: list[str]) -> bytes:
    """What a command shows on a terminal."""
    shown = list[bytes]()

    def keep(descriptor: int) -> bytes:
        shown.append(os.read(descriptor, 4096))
        return shown[-1]

    assert pty.spawn([str(INTROGHOST), *words], keep) == 0
    return b"".join(shown)


def test_a_terminal_is_shown_progress_without_colours(tmp_path: Path) -> None:
    """Nor are there any where NO_COLOR is set, or where the output is no terminal."""
    sizes = ["--genomes", "2", "--region-length-bp", "20000", "--outgroup-diploids", "2", "--target-diploids", "2"]
    shown = on_terminal(
        ["simulate", "--scenario", str(ROOT / "config" / "demo"), *sizes, "--output", f"{tmp_path}/x.trees"]
    )
    assert b"regions simulated" in shown
    assert re.findall(rb"\x1b\[[\d;]*m", shown) == []
