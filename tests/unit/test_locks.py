"""Stale locks go, those of a living workflow stay."""

import signal
import subprocess
import sys
from pathlib import Path

from introghost import locks

OTHER = """
import sys, time
from pathlib import Path
from introghost import locks
locks.release_stale(Path(sys.argv[1]))
print("running", flush=True)
time.sleep(60)
"""


def test_locks_of_a_killed_workflow_are_removed_and_those_of_a_living_one_are_not(tmp_path: Path) -> None:
    folder = tmp_path / ".snakemake"
    process = subprocess.Popen([sys.executable, "-c", OTHER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    lock = folder / "locks" / "0.output.lock"
    lock.parent.mkdir()
    lock.write_text("results/x\n")
    assert not locks.release_stale(folder)
    assert lock.exists()
    locks._held.pop().close()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert locks.release_stale(folder)
    assert not lock.exists()
    locks._held.pop().close()


def test_a_folder_that_can_not_be_locked_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not locks.release_stale(tmp_path / "file" / ".snakemake")
