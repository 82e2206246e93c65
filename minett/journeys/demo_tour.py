"""What the steps of the demonstration hand on to each other, and how a step waits for the worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from minett.journeys.demo_people import People
from minett.kernel.clock import Clock
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Clash, Unavailable

LONGEST_WAIT = timedelta(minutes=10)


class WorkerSilent(Unavailable):
    code = "worker-silent"
    sentence = _("The worker did not finish “%(what)s” in time. Start one with the command “minett worker”.")


class JobDidNotEnd(Clash):
    code = "demo-job-failed"
    sentence = _("The training ended as “%(state)s”: %(why)s")


@dataclass(frozen=True, slots=True)
class Result:
    """What a step has done, for the table at the end: a page of the portal, and files as paths in the store."""

    what: str
    page: str
    files: tuple[str, ...] = ()


@dataclass
class Tour:
    """What the steps hand on to each other."""

    people: People
    clock: Clock
    folder: Path
    pause: Callable[[float], None] = time.sleep
    case_id: int = 0
    need_secret: str = ""
    document_id: int = 0
    product_id: int = 0
    products: dict[str, int] = field(default_factory=dict)
    request_id: int = 0
    grant_id: int = 0
    allocation_id: int = 0
    job_id: int = 0
    version_id: int = 0
    indicator_id: int = 0
    refused: str = ""

    def wait(self, what: str, done: Callable[[], bool]) -> None:
        """Wait for the worker; raises WorkerSilent after ten minutes."""
        end = time.monotonic() + LONGEST_WAIT.total_seconds()
        while not done():
            if time.monotonic() > end:
                raise WorkerSilent(what=what)
            self.pause(0.1)
