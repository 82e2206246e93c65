"""What the worker does by the clock, between tasks. Every tick may run in several workers at once without harm."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from minett.journeys import grant_data, prepare_product
from minett.kernel.actor import robot
from minett.worker import queue

logger = logging.getLogger("minett.worker")

KEEP_FINISHED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Tick:
    name: str
    every: timedelta
    do: Callable[[datetime], object]


def sweep_grants(now: datetime) -> None:
    """End the grants whose time is over."""
    grant_data.sweep(robot("grant-expirer"), now=now)


def sweep_uploads(now: datetime) -> None:
    """Remove the files that were sent a day ago and that nobody needs any more."""
    prepare_product.sweep(robot("upload-sweeper"), now=now)


def prune_tasks(now: datetime) -> None:
    """Forget tasks that finished long ago; what they did stays in the ledger."""
    queue.prune(now - KEEP_FINISHED)


TICKS = (
    Tick("sweep-grants", timedelta(minutes=1), sweep_grants),
    Tick("sweep-uploads", timedelta(minutes=10), sweep_uploads),
    Tick("prune-tasks", timedelta(minutes=1), prune_tasks),
)


@dataclass(slots=True)
class Ticker:
    """Remembers when each tick was last done; a new worker does all of them at once."""

    ticks: tuple[Tick, ...] = TICKS
    done: dict[str, datetime] = field(default_factory=dict)

    def turn(self, now: datetime) -> None:
        """Do what is due; a tick that fails is logged and comes again in its turn."""
        for tick in self.ticks:
            last = self.done.get(tick.name)
            if last is not None and now - last < tick.every:
                continue
            self.done[tick.name] = now
            try:
                tick.do(now)
            except Exception:
                logger.exception("The tick %s failed.", tick.name)
