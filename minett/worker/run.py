"""The worker: takes tasks one after the other, and the ticks between them. What a task does stands in the journeys.

Any number of workers may run. One that is killed loses nothing: its task is put back by the next worker that
looks. On SIGTERM it finishes the task it has and ends; a second SIGINT ends it at once, and the task goes back.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError, close_old_connections
from django.dispatch import Signal
from django_tasks_db.compat import task_finished, task_started
from django_tasks_db.models import DBTaskResult

from minett.kernel.clock import Clock, SystemClock
from minett.worker import queue
from minett.worker.presence import Presence
from minett.worker.ticks import Ticker

logger = logging.getLogger("minett.worker")

LOOK_FOR_GONE_EVERY = timedelta(seconds=10)
DATABASE_PAUSE_SECONDS = 2.0


def run(stop_when_idle: bool = False) -> None:
    """Work until told to stop; with `stop_when_idle`, until no task is due any more.

    A task that waits for its next try is not due, and is left for a later worker.
    """
    Worker(settings.VAR / "run" / "workers", interval=settings.WORKER_INTERVAL_SECONDS).run(stop_when_idle)


class Worker:
    """One worker. `folder` holds the locks of all workers, `interval` is the pause in seconds between looks."""

    def __init__(
        self, folder: Path, *, interval: float, clock: Clock | None = None, ticker: Ticker | None = None
    ) -> None:
        self.presence = Presence(folder)
        self.interval = interval
        self.clock = clock or SystemClock()
        self.ticker = ticker or Ticker()
        self.stopping = threading.Event()
        self.looked_at: datetime | None = None

    def run(self, stop_when_idle: bool = False) -> None:
        with self.presence, self._signals():
            while not self.stopping.is_set():
                close_old_connections()
                try:
                    worked = self._turn()
                except (OperationalError, InterfaceError):
                    # A database that is busy or away for a moment must not end the worker.
                    logger.warning("The database cannot be used now; trying again.", exc_info=True)
                    self.stopping.wait(DATABASE_PAUSE_SECONDS)
                    continue
                if not worked and stop_when_idle:
                    return
                if not worked:
                    self.stopping.wait(self.interval)

    def _turn(self) -> bool:
        """Do one task and what is due around it; return whether there was a task."""
        now = self.clock.now()
        if self.looked_at is None or now - self.looked_at >= LOOK_FOR_GONE_EVERY:
            self.looked_at = now
            if count := queue.take_back(self.presence):
                logger.warning("Put back %d tasks of workers that ended.", count)
        self.ticker.turn(now)
        row = queue.claim(self.presence.id)
        if row is not None:
            perform(row)
        return row is not None

    @contextmanager
    def _signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and self.stopping.is_set():
            raise KeyboardInterrupt
        self.stopping.set()


def perform(row: DBTaskResult[..., Any]) -> None:
    """Run one claimed task and write down how it ended; what ends the process itself puts it back."""
    try:
        _tell(task_started, row)
        result = row.task_result
        value = row.task.call(*result.args, **result.kwargs)
    except Exception as error:  # noqa: BLE001 - whatever a task raises is written down.
        row.set_failed(error)
        _tell(task_finished, row)
    except BaseException:
        queue.put_back(row)
        raise
    else:
        row.set_successful(value)
        _tell(task_finished, row)


def _tell(told: Signal, row: DBTaskResult[..., Any]) -> None:
    """Let the library's own listeners know, which log a failure once; a task whose code is gone is logged here."""
    try:
        told.send(sender=type(row.task.get_backend()), task_result=row.task_result)
    except (ImportError, SuspiciousOperation):
        logger.exception("The task %s cannot be found.", row.task_path)
