"""Builds the adapters that the settings name, and hands them to the journeys."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from minett.journeys import equipment
from minett.planes.compute.port import Executor
from minett.planes.data.port import DataEngine
from minett.policy import permit


def _local_executor() -> Executor:
    from minett.planes.compute.adapters.local import LocalExecutor  # noqa: PLC0415 - a heavy adapter, loaded when used.

    return LocalExecutor(
        root=settings.VAR / "sandbox",
        public_key_pem=permit.public_key_of(settings.SIGNING_KEY),
        bwrap=Path(settings.BWRAP) if settings.BWRAP else None,
        allow_unsandboxed_open_data=settings.ALLOW_UNSANDBOXED_OPEN_DATA,
    )


def _duckdb_engine() -> DataEngine:
    from minett.planes.data.adapters.duckdb import DuckDBEngine  # noqa: PLC0415 - a heavy adapter, loaded when used.

    # The key of keyed-hash masks comes from the installation's own, so that it needs no keeping of its own.
    mask_key = hmac.digest(settings.SIGNING_KEY, b"minett-mask-key", "sha256")
    return DuckDBEngine(keys={"installation": mask_key})


EXECUTORS: dict[str, Callable[[], Executor]] = {"local": _local_executor}
DATA_ENGINES: dict[str, Callable[[], DataEngine]] = {"duckdb": _duckdb_engine}


T = TypeVar("T")


def _chosen(table: dict[str, Callable[[], T]], name: str, setting: str) -> T:
    if name not in table:
        raise ImproperlyConfigured(f"{setting} must be one of {sorted(table)}, not {name!r}.")
    return table[name]()


def enqueue(task: str, **arguments: int | str) -> None:
    """Enqueue a task of the worker by name, in the open transaction."""
    from minett.worker import tasks  # noqa: PLC0415 - tasks import journeys, which import this at start.

    tasks.BY_NAME[task].enqueue(**arguments)


def build() -> equipment.Equipment:
    return equipment.Equipment(
        executor=_chosen(EXECUTORS, settings.EXECUTOR, "MINETT_EXECUTOR"),
        data=_chosen(DATA_ENGINES, settings.DATA_ENGINE, "MINETT_DATA_ENGINE"),
        store=equipment.Store(settings.VAR / "store"),
        enqueue=enqueue,
        signing_key=settings.SIGNING_KEY,
    )


def connect() -> None:
    """Hand the journeys the way to build their equipment."""
    equipment.install(build)
