"""The folder of one attempt at a job on this machine: what was asked, how it stands, what it left.

    <root>/<key>/lock              held while somebody hands the key in
    <root>/<key>/<attempt>/        one attempt
        plan.json                  what to run; its presence says that the attempt was started
        supervisor.lock            held by the supervisor as long as it lives
        status.json  log.txt       how it stands, what it printed
        cancel                     present when somebody wants it stopped
        code/ in/ out/             what the job sees

Liveness is a file lock and not a process id: the kernel drops the lock when the supervisor ends in whatever
way, and process ids are used again. This module starts no process.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from minett.kernel.errors import MinettError
from minett.planes.compute.spec import JobCodeMissing, JobInputMissing, JobSpec, Limits, code_files

LOG_TAIL = 4000


@dataclass(frozen=True, slots=True)
class Plan:
    """What the supervisor is told. It holds nothing secret: the permit is checked before and stays outside."""

    key: str
    attempt: int
    started_at: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    limits: Limits
    python: str
    folders: tuple[str, ...]
    sandboxed: bool
    bwrap: str = ""
    user: tuple[int, int] | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        user = data["user"]
        changed = {
            "command": tuple(data["command"]),
            "folders": tuple(data["folders"]),
            "limits": Limits(**data["limits"]),
            "user": (user[0], user[1]) if user else None,
        }
        return cls(**{**data, **changed})


@dataclass(frozen=True, slots=True)
class Status:
    """How an attempt stands, as its supervisor last wrote it; state and failure as in the port."""

    state: str
    failure: str = "none"
    exit_code: int | None = None
    log_bytes: int = 0
    cpu_seconds: float = 0.0
    max_rss_mb: float = 0.0
    wall_seconds: float = 0.0
    sandboxed: bool = True
    supervisor: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    folder: Path

    @property
    def code(self) -> Path:
        return self.folder / "code"

    @property
    def inputs(self) -> Path:
        return self.folder / "in"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    @property
    def cancel(self) -> Path:
        return self.folder / "cancel"

    @property
    def lock(self) -> Path:
        return self.folder / "supervisor.lock"

    @property
    def group_name(self) -> str:
        """The name of the attempt's control groups and sandbox, unlike any other's on this machine."""
        whose = hashlib.sha256(bytes(self.folder)).hexdigest()[:12]
        return f"minett-{self.folder.parent.name}-{self.folder.name}-{whose}"

    @property
    def was_started(self) -> bool:
        return (self.folder / "plan.json").exists()

    def plan(self) -> Plan:
        return Plan.from_json(json.loads((self.folder / "plan.json").read_text()))

    def write_plan(self, plan: Plan) -> None:
        _write(self.folder / "plan.json", asdict(plan))

    def status(self) -> Status | None:
        try:
            return Status(**json.loads((self.folder / "status.json").read_text()))
        except FileNotFoundError:
            return None

    def write_status(self, status: Status) -> None:
        _write(self.folder / "status.json", asdict(status))

    def is_watched(self) -> bool:
        """Whether the attempt's supervisor lives."""
        try:
            with self.lock.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def log_tail(self) -> str:
        """Return the last part of what the job printed, without control characters."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_TAIL))
                text = log.read().decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "".join(letter for letter in text if letter == "\n" or letter.isprintable())

    def forget_inputs(self) -> None:
        """Remove the job's copy of its inputs: governed data stays no longer than it is used."""
        shutil.rmtree(self.inputs, ignore_errors=True)

    def stage(self, spec: JobSpec, user: tuple[int, int] | None) -> None:
        """Copy code and inputs in, and make the folder for the outputs, which belongs to the job's user."""
        self.folder.mkdir(mode=0o700, parents=True)
        for folder in (self.code, self.inputs, self.out):
            folder.mkdir()
            folder.chmod(0o755)
        for name, source in code_files(spec.code):
            _copy(source, self.code, name, JobCodeMissing(path=name))
        for name, source in spec.inputs.items():
            _copy(source, self.inputs, name, JobInputMissing(name=name))
        self.out.chmod(0o700)
        if user:
            os.chown(self.out, *user)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock of a key, waiting for it: handing a job in is short."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def attempts(folder: Path) -> list[Place]:
    """Return the attempts at a key, first to last."""
    if not folder.is_dir():
        return []
    numbers = sorted(int(child.name) for child in folder.iterdir() if child.name.isdigit())
    return [Place(folder / str(number)) for number in numbers]


def _copy(source: Path, folder: Path, name: str, otherwise: MinettError) -> None:
    """Copy one plain file so that any user can read it; a link put in its place meanwhile is not followed."""
    target = folder
    for part in name.split("/")[:-1]:
        target /= part
        target.mkdir(exist_ok=True)
        target.chmod(0o755)
    target /= name.rsplit("/", 1)[-1]
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise otherwise from error
    with open(descriptor, "rb") as reading, target.open("xb") as writing:  # noqa: PTH123 - it is a descriptor.
        shutil.copyfileobj(reading, writing, 1 << 20)
    target.chmod(0o444)


def _write(path: Path, data: Mapping[str, Any]) -> None:
    """Write a JSON file in one step: a reader sees the old or the new one, never a part."""
    unfinished = path.with_suffix(".new")
    with unfinished.open("w") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
