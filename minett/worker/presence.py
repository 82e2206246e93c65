"""Telling which workers are alive, by locks on files that the kernel drops when a process ends in whatever way.

A worker's id is host, process and a random part. Its lock file lies in a folder that all workers of the
installation share. It knows nothing of tasks.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

LONGEST_HOST = 40


def this_host() -> str:
    return socket.gethostname().replace("/", "-").replace(":", "-")[:LONGEST_HOST]


def _locked(path: Path) -> int | None:
    """Return a descriptor that holds the lock of the file, or None when somebody else holds it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        # Somebody may have removed the file between opening and locking: then the lock protects nothing.
        if _is_at(file, path):
            return file
        os.close(file)


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


class Presence:
    """A worker's own lock, held while the object is entered, and the view on the others'."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = f"{this_host()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._lock: int | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(self._path(self.id))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._path(self.id).unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_gone(self, worker_id: str) -> bool:
        """Whether a worker has certainly ended.

        A worker of another host that keeps its locks in a folder of its own cannot be judged from here; a worker
        of its own host will.
        """
        path = self._path(worker_id)
        if not path.exists():
            return worker_id.split(":", maxsplit=1)[0] == this_host()
        held = _locked(path)
        if held is None:
            return False
        path.unlink(missing_ok=True)
        os.close(held)
        return True

    def _path(self, worker_id: str) -> Path:
        return self.folder / f"{worker_id.replace('/', '-')}.lock"
