"""Control groups, where this machine lets us make them: the kernel's own count of memory and processes.

They are a second dam. The supervisor also counts by itself, because an ordinary user on a laptop or in a
container often may not make a group. Nothing here decides whether a job may run.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Memory above the job's own limit that the group allows, so that the supervisor's clearer verdict comes first
# where memory grows slowly, and the kernel's where it grows fast.
SLACK_BYTES = 32_000_000
REMOVE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one job, none, one or two folders, by what they count."""

    memory: Path | None = None
    processes: Path | None = None

    @property
    def folders(self) -> frozenset[Path]:
        return frozenset(folder for folder in (self.memory, self.processes) if folder)

    def enter(self) -> None:
        """Put the calling process into the groups."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text("0")

    def memory_ran_out(self) -> bool:
        """Whether the kernel had to stop a process of the job for lack of memory."""
        if self.memory is None:
            return False
        name = "memory.events" if (self.memory / "memory.events").exists() else "memory.oom_control"
        lines = [line.split() for line in (self.memory / name).read_text().splitlines()]
        return any(line[0] == "oom_kill" and int(line[1]) > 0 for line in lines)

    def remove(self, seconds: float = REMOVE_SECONDS) -> None:
        """Take the groups away; they must be empty, which may take the kernel a moment, at most `seconds`."""
        deadline = time.monotonic() + seconds
        for folder in self.folders:
            while folder.exists() and time.monotonic() < deadline:
                try:
                    folder.rmdir()
                except OSError:
                    time.sleep(0.02)


def make(name: str, memory_bytes: int, processes: int) -> Groups:
    """Make what groups can be made for a job. Where none can, the result is empty."""
    memory = _make(
        "memory",
        name,
        {
            "memory.max": str(memory_bytes + SLACK_BYTES),
            "memory.limit_in_bytes": str(memory_bytes + SLACK_BYTES),
        },
    )
    return Groups(memory=memory, processes=_make("pids", name, {"pids.max": str(processes)}))


def leftover(name: str) -> Groups:
    """Return the groups that an earlier, killed supervisor left for a job."""
    found = [folder for folder in (_parent("memory"), _parent("pids")) if folder and (folder / name).is_dir()]
    return Groups(*[folder / name for folder in found][:2])


def _make(controller: str, name: str, limits: dict[str, str]) -> Path | None:
    parent = _parent(controller)
    if parent is None:
        return None
    folder = parent / name
    try:
        folder.mkdir(exist_ok=True)
        present = [limit for limit in limits if (folder / limit).exists()]
        for limit in present:
            (folder / limit).write_text(limits[limit])
    except OSError:
        present = []
    if not present:
        with contextlib.suppress(OSError):
            folder.rmdir()
        return None
    return folder


def _parent(controller: str) -> Path | None:
    """Return the folder of our own group for a controller: version 1 has one tree each, version 2 one for all."""
    own = dict(_own_groups())
    for mounted, root, kind, options in _mounts():
        if (kind == "cgroup" and controller in options) or (kind == "cgroup2" and controller not in own):
            path = own.get(controller if kind == "cgroup" else "", "/")
            inside = mounted / path.removeprefix(root).lstrip("/")
            return inside if inside.is_dir() else mounted
    return None


def _own_groups() -> Iterator[tuple[str, str]]:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                yield controller, path


def _mounts() -> Iterator[tuple[Path, str, str, set[str]]]:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            kind, _, options = after.split()[:3]
            if kind.startswith("cgroup"):
                yield Path(before.split()[4]), before.split()[3], kind, set(options.split(","))
