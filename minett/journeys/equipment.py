"""What the journeys work with: executor, data engine, file store, outbox. The project wires it in at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from minett.planes.compute.port import Executor
from minett.planes.data.port import DataEngine


class Enqueue(Protocol):
    """Put a named piece of work into the queue, in the transaction that is open now.

    `task` is the name of a function of the worker; arguments are plain JSON values.
    """

    def __call__(self, task: str, **arguments: int | str) -> None: ...


@dataclass(frozen=True, slots=True)
class Store:
    """Where files lie. Tables keep paths relative to `root`, so that an installation can be moved."""

    root: Path

    def folder(self, kind: str) -> Path:
        """Return the folder of one kind of file (products, snapshots, jobs, models, documents)."""
        folder = self.root / kind
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def absolute(self, relative: str) -> Path:
        """Return the file of a stored relative path, which must stay below the root."""
        path = (self.root / relative).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise ValueError(relative)
        return path

    def relative(self, path: Path) -> str:
        return str(path.resolve().relative_to(self.root.resolve()))


@dataclass(frozen=True, slots=True)
class Equipment:
    executor: Executor
    data: DataEngine
    store: Store
    enqueue: Enqueue
    signing_key: bytes


_factory: list[Callable[[], Equipment]] = []


def install(factory: Callable[[], Equipment]) -> None:
    """Set how the equipment is built; it is built at its first use, since engines are heavy to load."""
    _factory[:] = [factory]
    current.cache_clear()


@cache
def current() -> Equipment:
    """Return the equipment of this installation."""
    return _factory[0]()
