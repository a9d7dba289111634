"""Mutated VCF texts: whatever a file holds, it is read rightly to its last record or refused by an `IntroghostError`.

A worker of its own runs the cases, so that a crash of htslib or cyvcf2 is seen; its text is kept for looking at.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

WORKER = Path(__file__).with_name("vcf_fuzz.py")
CHUNK = 2_000
LIMIT_SECONDS = 300


def run_chunk(folder: Path, first: int, last: int) -> tuple[Counter[str], list[str]]:
    """Numbers of cases accepted and refused, and what failed: exceptions, wrong haplotypes, crashes and hangs."""
    folder.mkdir(parents=True)
    try:
        ended = subprocess.run(
            [sys.executable, str(WORKER), str(folder), str(first), str(last)],
            capture_output=True,
            timeout=LIMIT_SECONDS,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Counter(), [f"hangs: {culprit(folder)}"]
    if ended.returncode:
        words = ended.stderr.decode(errors="replace")[-500:]
        return Counter(), [f"exit code {ended.returncode}: {culprit(folder)}: {words}"]
    result = json.loads(ended.stdout.splitlines()[-1])
    return Counter(result["outcomes"]), [f"case {number}: {what}" for number, what in result["failures"]]


def culprit(folder: Path) -> str:
    return " ".join(str(path) for path in folder.glob("case-*.vcf"))


def test_two_thousand_cases(tmp_path: Path) -> None:
    outcomes, failures = run_chunk(tmp_path / "cases", 0, CHUNK)
    assert failures == []
    assert outcomes["accepted"] > 0.25 * CHUNK
    assert outcomes["refused"] > 0.25 * CHUNK


@pytest.mark.slow
def test_a_hundred_thousand_cases(tmp_path: Path) -> None:
    firsts = range(CHUNK, CHUNK + 100_000, CHUNK)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda first: run_chunk(tmp_path / str(first), first, first + CHUNK), firsts))
    assert [failure for _, failures in results for failure in failures] == []
    assert sum((outcomes for outcomes, _ in results), Counter()).total() == 100_000
