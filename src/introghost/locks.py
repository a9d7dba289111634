"""Locks of a workflow that was killed: told from those of one that runs, and removed."""

import contextlib
import fcntl
from pathlib import Path
from typing import IO

_held: list[IO[bytes]] = []


def release_stale(folder: Path) -> bool:
    """Remove Snakemake's locks in `folder` if no other workflow runs there, and let others know that this one does.

    Snakemake's own lock is a file that stays when its process is killed. Here every workflow also holds a shared lock
    of the operating system for as long as its process lives; who could have it alone knows that nobody else runs.

    Parameters
    ----------
    folder : Path
        ``.snakemake`` of the working directory.

    Returns
    -------
    bool
        Whether locks were removed.
    """
    removed = False
    with contextlib.suppress(OSError):  # a file system without locks: Snakemake says what to do
        folder.mkdir(exist_ok=True)
        file = (folder / "introghost.lock").open("ab")
        _held.append(file)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for lock in (folder / "locks").glob("*.lock"):
                lock.unlink(missing_ok=True)
                removed = True
        fcntl.flock(file, fcntl.LOCK_SH)
    return removed
