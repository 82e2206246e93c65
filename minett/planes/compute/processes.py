"""Reading /proc: how many processes a job has, how much memory and processor time. It decides nothing."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
# Fields of /proc/<pid>/stat, counted from the state, which is the first after the name in brackets.
STATE, PARENT, OWN_TIMES, CHILD_TIMES, THREADS, RESIDENT = 0, 1, slice(11, 13), slice(13, 15), 17, 21


@dataclass(frozen=True, slots=True)
class Process:
    """One process. `cpu_seconds` includes the children it has waited for; `rss` is in bytes."""

    pid: int
    parent: int
    state: str
    threads: int
    cpu_seconds: float
    rss: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tree of processes uses now; `rss` in bytes counts shared pages once for each process."""

    pids: tuple[int, ...]
    threads: int
    cpu_seconds: float
    rss: int


def read(pid: int) -> Process | None:
    """Return a process, or None when it is gone."""
    try:
        # The name may hold brackets and spaces, so only what follows the last bracket is split.
        fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    ticks = sum(int(value) for value in fields[OWN_TIMES] + fields[CHILD_TIMES])
    return Process(
        pid=pid,
        parent=int(fields[PARENT]),
        state=fields[STATE],
        threads=int(fields[THREADS]),
        cpu_seconds=ticks / TICKS,
        rss=int(fields[RESIDENT]) * PAGE,
    )


def is_running(pid: int) -> bool:
    """Whether the process does anything still; one that only waits to be reaped does not."""
    process = read(pid)
    return process is not None and process.state not in {"Z", "X"}


def named(name: str) -> list[int]:
    """Return the processes that were started under a name, the first word of their command."""
    found = []
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if (folder / "cmdline").read_bytes().split(b"\0")[0] == name.encode():
                    found.append(int(folder.name))
    return found


def kill(pids: Iterable[int]) -> None:
    """End processes at once; those that are gone already are no matter."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def tree(root: int, *, with_root: bool = True) -> Usage:
    """Add up a process and all that descend from it.

    A process whose parent ended belongs to its namespace's first process, so nobody leaves the tree.
    """
    children: dict[int, list[Process]] = {}
    for process in _every():
        children.setdefault(process.parent, []).append(process)
    first = read(root) if with_root else None
    members = [first] if first else []
    waiting = [root]
    while waiting:
        found = children.pop(waiting.pop(), [])
        members += found
        waiting += [process.pid for process in found]
    return Usage(
        pids=tuple(process.pid for process in members),
        threads=sum(process.threads for process in members),
        cpu_seconds=sum(process.cpu_seconds for process in members),
        rss=sum(process.rss for process in members),
    )


def fair_memory(pids: tuple[int, ...]) -> int | None:
    """Return the bytes that processes use together, shared pages counted once, or None where it may not be read."""
    total = 0
    for pid in pids:
        try:
            text = (PROC / str(pid) / "smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        except OSError:
            return None
        total += sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))
    return total


def deleted_bytes(pids: tuple[int, ...], device: int) -> int:
    """Return the size of files on `device` that have no name any more but are held open.

    They fill the disk and no walk through a folder finds them.
    """
    seen: dict[int, int] = {}
    for pid in pids:
        for status in _open_files(pid):
            if status.st_nlink == 0 and status.st_dev == device:
                seen[status.st_ino] = max(status.st_size, status.st_blocks * 512)
    return sum(seen.values())


def _open_files(pid: int) -> Iterator[os.stat_result]:
    folder = PROC / str(pid) / "fd"
    try:
        links = list(folder.iterdir())
    except OSError:
        return
    for link in links:
        with contextlib.suppress(OSError):
            yield link.stat()


def _every() -> Iterator[Process]:
    for folder in PROC.iterdir():
        if folder.name.isdigit() and (process := read(int(folder.name))):
            yield process
