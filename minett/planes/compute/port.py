"""The port to whatever runs jobs: five verbs and the facts they return. It runs nothing itself.

An executor may be this machine's sandbox or a batch scheduler. Nothing here waits: `submit` hands the job
over, `observe` says how it stands, and a caller who wants to wait asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, Self

from minett.kernel.content import gettext_noop
from minett.kernel.errors import Absent, Clash, Refused, Unavailable
from minett.planes.compute.spec import JobSpec


class SandboxRefused(Unavailable):
    """Data: reason and remedy, both English sentences from the readiness."""

    code = "sandbox-refused"
    sentence = gettext_noop("This machine cannot run the job safely: %(reason)s %(remedy)s")


class PermitMissing(Refused):
    code = "job-permit-missing"
    sentence = gettext_noop("This job reads governed data and came without a permit. Ask for a grant first.")


class JobUnknown(Absent):
    code = "job-unknown"
    sentence = gettext_noop("No such job was handed in here.")


class JobStillRunning(Clash):
    code = "job-still-running"
    sentence = gettext_noop("The job has not ended yet. Wait for it or cancel it, then collect its outputs.")


class JobState(StrEnum):
    """`lost` means that it is not known how the job ended; handing it in again starts a new attempt."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def is_final(self) -> bool:
        return self not in {JobState.QUEUED, JobState.RUNNING}


class Failure(StrEnum):
    """Why a job did not succeed: its own fault (`job`), the sandbox, one of its limits, or somebody's wish."""

    NONE = "none"
    JOB = "job"
    SANDBOX = "sandbox"
    MEMORY = "memory"
    TIME = "time"
    OUTPUT = "output"
    LOG = "log"
    PROCESSES = "processes"
    CANCELLED = "cancelled"


# These sentences have no gaps, so the entrance that shows them can translate them as they are.
SENTENCES: Mapping[JobState | Failure, str] = {
    JobState.QUEUED: gettext_noop("The job waits to be started."),
    JobState.RUNNING: gettext_noop("The job is running."),
    JobState.SUCCEEDED: gettext_noop("The job ended well."),
    JobState.LOST: gettext_noop(
        "What watched over the job stopped before the job had ended, so the job was stopped too. Hand it in again."
    ),
    Failure.JOB: gettext_noop("The job's own program ended with an error. Its log says more."),
    Failure.SANDBOX: gettext_noop("The sandbox could not be set up, so the job's program never ran."),
    Failure.MEMORY: gettext_noop("The job needed more memory than its limit allows and was stopped."),
    Failure.TIME: gettext_noop("The job ran longer than its limit allows and was stopped."),
    Failure.OUTPUT: gettext_noop("The job wrote more output than its limit allows and was stopped."),
    Failure.LOG: gettext_noop("The job printed more than its limit allows and was stopped."),
    Failure.PROCESSES: gettext_noop("The job started more processes than its limit allows and was stopped."),
    Failure.CANCELLED: gettext_noop("The job was cancelled."),
}


def sentence_for(state: JobState, failure: Failure) -> str:
    """Return one English sentence for how a job stands."""
    return SENTENCES[failure if failure is not Failure.NONE else state]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether jobs can be run safely now. `reason` and `remedy` are sentences without gaps; `detail` is for experts."""

    ok: bool
    code: str
    reason: str
    remedy: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Handle:
    """A job that was handed over: keep it, it is all that `observe`, `cancel` and `collect` need.

    `place` means something to its executor only: a folder, a scheduler's job id.
    """

    key: str
    attempt: int
    place: str
    started_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "attempt": self.attempt,
            "place": self.place,
            "started_at": self.started_at.isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        started_at = datetime.fromisoformat(data["started_at"])
        return cls(data["key"], data["attempt"], data["place"], started_at)


@dataclass(frozen=True, slots=True)
class Observation:
    """How a job stands. Amounts are the most recent ones known; a batch scheduler may know them late.

    `log_tail` holds the last lines the job printed, with control characters removed: it is untrusted text.
    """

    state: JobState
    exit_code: int | None = None
    failure: Failure = Failure.NONE
    log_bytes: int = 0
    cpu_seconds: float = 0.0
    max_rss_mb: float = 0.0
    wall_seconds: float = 0.0
    sentence: str = ""
    log_tail: str = ""
    sandboxed: bool = True


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file the job left: its name below the target folder, SHA-256 in hexadecimal digits, and size."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Outputs:
    """What was collected, and what was refused with the reason why."""

    files: tuple[OutputFile, ...]
    refused: tuple[tuple[str, str], ...] = ()


class Executor(Protocol):
    """Runs jobs somewhere. Every verb may be called again with the same arguments without harm."""

    def ready(self) -> Readiness:
        """Say whether a job can be run safely now, in words."""

    def submit(self, spec: JobSpec, key: str, permit_token: str | None, now: datetime) -> Handle:
        """Hand a job over, once for each key.

        A key that was handed over before gives the handle it already has; only a lost job is started again, as
        the next attempt. The permit must be for `job:<key>` and is checked against `now`, the moment of use.

        Raises SandboxRefused, PermitMissing, the errors of `policy.permit`, and the errors of `spec`.
        """

    def observe(self, handle: Handle) -> Observation:
        """Say how the job stands. Raises JobUnknown."""

    def cancel(self, handle: Handle) -> None:
        """Ask that the job be stopped; `observe` tells when it was. An ended job stays as it is."""

    def collect(self, handle: Handle, target: Path) -> Outputs:
        """Copy the safe outputs of an ended job into `target`. Raises JobStillRunning or JobUnknown."""
