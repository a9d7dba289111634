"""Locks of a workflow that was killed: told from those of one that runs, and removed."""

import atexit
import contextlib
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FORGOTTEN_AFTER_S = 86_400.0  # the record of another host's run, where no lock is left


def this_host() -> str:
    """Name of this host, of letters, digits and hyphens only: fit for a part of a file's name."""
    return re.sub(r"[^A-Za-z0-9]", "-", socket.gethostname()) or "unnamed"


@dataclass(frozen=True)
class Run:
    """A process that runs the workflow.

    Attributes
    ----------
    host : str
    pid : int
    started : str
        When it started: tells it from a later process of the same number.
    """

    host: str
    pid: int
    started: str

    @classmethod
    def this(cls) -> "Run":
        """The process that asks."""
        return cls(this_host(), os.getpid(), _state_and_start(os.getpid())[1])

    @classmethod
    def of_record(cls, path: Path) -> "Run | None":
        """The run that wrote a record; None of another file."""
        parts = path.name.split(".")
        return cls(parts[0], int(parts[1]), parts[2]) if len(parts) == 4 and parts[1].isdecimal() else None

    @property
    def record(self) -> str:
        """Name of its record."""
        return f"{self.host}.{self.pid}.{self.started}.run"

    def is_known_dead(self) -> bool:
        """Whether it is certain that the process has ended; never so of one on another host."""
        if self.host != this_host():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # somebody else's process
            pass
        state, started = _state_and_start(self.pid)
        return state in ("Z", "X") or started != self.started


def is_dry_run(words: Sequence[str]) -> bool:
    """Whether the words of a command of Snakemake ask for a dry run: while it reads its rules, it does not tell yet."""
    return any(re.fullmatch(r"--dry.*|-[npqFk]*n[npqFk]*", word) for word in words)


def release_stale(folder: Path) -> bool:
    """Remove the locks that a killed run of this workflow left, and note that this one runs.

    Snakemake's own lock is a file that stays when its process is killed and does not tell whose it is. Each run
    therefore keeps a record beside it for as long as it lives. Locks go only if they are younger than the record of a
    run that is known to be dead, and nothing says that anybody else works in the folder: neither the record of a run
    that may live, be it on another host, nor a process of Snakemake here. Otherwise they stay, and Snakemake says what
    the user can do. Only for the process that the user started: jobs of a run must not call it, nor dry runs.

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
    with contextlib.suppress(OSError):  # a folder that can't be written to: Snakemake says what to do
        records = folder / "introghost"
        records.mkdir(parents=True, exist_ok=True)
        record = records / Run.this().record
        others = {path: run for path in records.glob("*.run") if path != record and (run := Run.of_record(path))}
        record.touch()
        atexit.register(_forget, record, os.getpid())
        locks = list((folder / "locks").glob("*.lock"))
        if not locks:
            _clear(others, record.stat().st_mtime)
        elif others and all(run.is_known_dead() for run in others.values()) and not _snakemake_runs(folder.parent):
            first_start = min(path.stat().st_mtime for path in others)
            stale = [lock for lock in locks if lock.stat().st_mtime >= first_start]
            for path in stale + (list(others) if len(stale) == len(locks) else []):
                path.unlink(missing_ok=True)
            removed = bool(stale)
    return removed


def _clear(records: dict[Path, Run], now_s: float) -> None:
    """Remove records of dead runs where no lock is left; `now_s` is by the clock of the file system."""
    for path, run in records.items():
        if run.is_known_dead() or (run.host != this_host() and now_s - path.stat().st_mtime > _FORGOTTEN_AFTER_S):
            path.unlink(missing_ok=True)


def _forget(record: Path, pid: int) -> None:
    if os.getpid() == pid:  # not a fork of the run
        with contextlib.suppress(OSError):
            record.unlink(missing_ok=True)


def _state_and_start(pid: int) -> tuple[str, str]:
    """State and time of start of a process as Linux tells them; empty where it does not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "", ""
    return fields[0], fields[19]


def _snakemake_runs(folder: Path) -> bool:
    """Whether another process of Snakemake has `folder` as its working directory, as far as this host tells."""
    ancestors = _ancestors(os.getpid())
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")[:3]
            named = any(os.path.basename(word) == b"snakemake" for word in words)
            if named and int(process.name) not in ancestors and (process / "cwd").samefile(folder):
                return True
    return False


def _ancestors(pid: int) -> set[int]:
    """The process and those that started it: a wrapper of the command names Snakemake too."""
    pids: set[int] = set()
    while pid > 0 and pid not in pids:
        pids.add(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
    return pids
