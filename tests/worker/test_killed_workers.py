"""A worker may be killed or told to stop at any moment: every task is done, and none by two workers."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


class Installation:
    """A new installation in a folder, with its own database file."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.workers: list[subprocess.Popen[bytes]] = []
        self.call("prepare")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "MINETT_VAR": str(self.var), "DATABASE_URL": ""}
        process = subprocess.Popen([sys.executable, "-m", "tests.worker.program", *words], cwd=ROOT, env=environment)
        self.workers.append(process)
        return process

    def call(self, *words: str) -> None:
        assert self.start(*words).wait(PATIENCE) == 0

    def enqueue(self, task: str, *arguments: dict[str, Any]) -> None:
        whole = [json.dumps({"folder": str(self.var), **given}) for given in arguments or ({},)]
        self.call("enqueue", task, *whole)

    def tasks(self) -> list[tuple[str, int]]:
        """Return state and number of runs of each task, in the order of their coming."""
        with closing(sqlite3.connect(self.var / "minett.sqlite3")) as database:
            found = database.execute(
                "SELECT status, worker_ids FROM django_tasks_database_dbtaskresult ORDER BY enqueued_at"
            ).fetchall()
        return [(status, len(json.loads(workers))) for status, workers in found]

    def lines(self, name: str) -> list[str]:
        path = self.var / name
        return path.read_text().split() if path.exists() else []

    def wait_for(self, name: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.lines(name):
            assert time.monotonic() < deadline, f"{name} never came"
            time.sleep(0.02)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path)
    yield installation
    for process in installation.workers:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_what_a_killed_worker_left_is_done_by_the_next_one(house: Installation) -> None:
    house.enqueue("first_hangs")
    worker = house.start("work")
    house.wait_for("began")
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(PATIENCE)
    assert house.tasks() == [("RUNNING", 1)]
    house.call("work-until-idle")
    assert house.tasks() == [("SUCCESSFUL", 2)]
    assert len(house.lines("began")) == 2
    assert len(house.lines("ended")) == 1
    assert not list((house.var / "run" / "workers").iterdir())


def test_two_workers_never_do_the_same_task(house: Installation) -> None:
    house.enqueue("note", *({"number": number} for number in range(40)))
    workers = [house.start("work-until-idle") for _worker in range(2)]
    assert [worker.wait(PATIENCE) for worker in workers] == [0, 0]
    assert sorted(map(int, house.lines("notes"))) == list(range(40))
    assert house.tasks() == [("SUCCESSFUL", 1)] * 40


def test_a_worker_that_lives_keeps_its_task(house: Installation) -> None:
    house.enqueue("first_hangs")
    house.start("work")
    house.wait_for("began")
    house.call("work-until-idle")
    assert house.tasks() == [("RUNNING", 1)]
    assert len(house.lines("began")) == 1


def test_sigterm_lets_the_task_end_and_begins_no_other(house: Installation) -> None:
    house.enqueue("takes_a_moment", {}, {})
    worker = house.start("work")
    house.wait_for("began")
    worker.terminate()
    assert worker.wait(PATIENCE) == 0
    assert house.tasks() == [("SUCCESSFUL", 1), ("READY", 0)]
    assert len(house.lines("ended")) == 1


def test_a_second_interrupt_puts_the_task_back(house: Installation) -> None:
    house.enqueue("first_hangs")
    worker = house.start("work")
    house.wait_for("began")
    worker.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert worker.poll() is None
    worker.send_signal(signal.SIGINT)
    assert worker.wait(PATIENCE) != 0
    assert house.tasks() == [("READY", 1)]
    house.call("work-until-idle")
    assert house.tasks() == [("SUCCESSFUL", 2)]
