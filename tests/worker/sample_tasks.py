"""Tasks for the worker's tests: what they did can be read from files. They need no table of the house."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django_tasks import task


@task()
def note(folder: str, number: int) -> None:
    """Write one line, by one write, so that lines of several workers never mix."""
    time.sleep(0.02)
    _append(folder, "notes", f"{number}")


@task()
def first_hangs(folder: str) -> None:
    """Hang in the first run, end in the second."""
    _append(folder, "began", str(os.getpid()))
    if len((Path(folder) / "began").read_text().split()) == 1:
        time.sleep(60)
    _append(folder, "ended", str(os.getpid()))


@task()
def takes_a_moment(folder: str) -> None:
    _append(folder, "began", str(os.getpid()))
    time.sleep(0.6)
    _append(folder, "ended", str(os.getpid()))


@task()
def breaks(folder: str) -> None:
    _append(folder, "began", str(os.getpid()))
    raise ValueError(folder)


def _append(folder: str, name: str, line: str) -> None:
    file = os.open(Path(folder) / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)
