"""Ticks, retries, and what the worker does with tasks that fail."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from minett.apps.jobs.models import Job
from minett.journeys import grant_data, run_training
from minett.kernel.clock import FixedClock
from minett.kernel.errors import BadInput, Unavailable
from minett.worker import queue, tasks, ticks
from minett.worker import run as worker_run
from minett.worker.presence import Presence, this_host
from minett.worker.run import Worker
from minett.worker.ticks import Tick, Ticker
from tests.apps.jobs import compute_world as world
from tests.cast import Cast
from tests.worker import sample_tasks

pytestmark = pytest.mark.django_db


def waiting() -> list[DBTaskResult[..., Any]]:
    return list(DBTaskResult.objects.filter(status=TaskResultStatus.READY).order_by("enqueued_at"))


def worker(folder: Path, *given: Tick) -> Worker:
    return Worker(folder, interval=0.01, ticker=Ticker(ticks=given))


def test_a_task_that_fails_is_kept_and_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sample_tasks.breaks.enqueue(folder=str(tmp_path))
    sample_tasks.note.enqueue(folder=str(tmp_path), number=1)
    worker(tmp_path / "workers").run(stop_when_idle=True)
    states = DBTaskResult.objects.order_by("enqueued_at").values_list("status", "exception_class_path")
    assert list(states) == [("FAILED", "builtins.ValueError"), ("SUCCESSFUL", "")]
    assert [record.levelno for record in caplog.records if record.levelno >= logging.WARNING] == [logging.ERROR]


def test_a_task_whose_code_is_gone_does_not_end_the_worker(tmp_path: Path) -> None:
    sample_tasks.note.enqueue(folder=str(tmp_path), number=1)
    DBTaskResult.objects.update(task_path="minett.worker.tasks.no_such_task")
    sample_tasks.note.enqueue(folder=str(tmp_path), number=2)
    worker(tmp_path / "workers").run(stop_when_idle=True)
    assert sorted(DBTaskResult.objects.values_list("status", flat=True)) == ["FAILED", "SUCCESSFUL"]


def test_the_real_worker_does_the_real_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[datetime] = []
    monkeypatch.setattr(grant_data, "sweep", lambda _robot, *, now: swept.append(now))
    worker_run.run(stop_when_idle=True)
    assert len(swept) == 1


def test_a_tick_comes_in_its_turn_and_its_failure_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fail(_now: datetime) -> None:
        done.append("fail")
        raise ValueError

    clock = FixedClock(datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
    minute = timedelta(minutes=1)
    ticker = Ticker(ticks=(Tick("fail", minute, fail), Tick("go", minute, lambda _now: done.append("go"))))
    for _turn in range(3):
        ticker.turn(clock.now())
        clock.advance(timedelta(seconds=30))
    assert done == ["fail", "go", "fail", "go"]
    assert [record.getMessage() for record in caplog.records] == ["The tick fail failed."] * 2


def test_tasks_are_forgotten_a_month_after_they_finished(tmp_path: Path) -> None:
    for number in range(3):
        sample_tasks.note.enqueue(folder=str(tmp_path), number=number)
    old, new, unfinished = DBTaskResult.objects.order_by("enqueued_at")
    now = timezone.now()
    for row, age in ((old, 31), (new, 29)):
        row.set_successful(None)
        DBTaskResult.objects.filter(pk=row.pk).update(finished_at=now - timedelta(days=age))
    ticks.prune_tasks(now)
    assert set(DBTaskResult.objects.values_list("pk", flat=True)) == {new.pk, unfinished.pk}


@pytest.mark.parametrize("error", [Unavailable(), OperationalError("database is locked")])
def test_what_may_help_is_tried_again_after_growing_pauses(
    monkeypatch: pytest.MonkeyPatch, clock: FixedClock, error: Exception
) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(tasks, "CLOCK", clock)
    monkeypatch.setattr(grant_data, "build_snapshot", fail)
    pauses = []
    for attempt in range(1, 7):
        tasks.build_snapshot.call(grant_id=5, attempt=attempt)
        row = waiting()[-1]
        assert row.args_kwargs["kwargs"] == {"grant_id": 5, "attempt": attempt + 1}
        pauses.append((row.run_after - clock.now()).total_seconds())
    assert pauses == [5, 10, 20, 40, 80, 160]
    with pytest.raises(type(error)):
        tasks.build_snapshot.call(grant_id=5, attempt=7)
    assert len(waiting()) == 6


def test_what_cannot_help_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise BadInput

    monkeypatch.setattr(grant_data, "build_snapshot", fail)
    with pytest.raises(BadInput):
        tasks.build_snapshot.call(grant_id=5)
    assert not waiting()


@pytest.mark.parametrize(
    ("error", "words"), [(ValueError("secret"), run_training.STOPPED), (Unavailable(), Unavailable.sentence)]
)
def test_a_job_that_cannot_be_carried_out_says_so(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    job = world.submitted(cast, now, world.awarded(cast, now, world.decided_case(cast.founder, cast.adviser, now)))

    def fail(*_given: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(run_training, "carry_out", fail)
    with pytest.raises(type(error)):
        tasks.run_job.call(job_id=job.pk, attempt=7)
    job = Job.objects.get(pk=job.pk)
    assert job.state == "refused"
    assert words in job.explanation
    assert "secret" not in job.explanation
    # One more run, which stops a program that is still there; it does not come a third time.
    assert [row.args_kwargs["kwargs"] for row in waiting()] == [{"job_id": job.pk}]
    with pytest.raises(type(error)):
        tasks.run_job.call(job_id=job.pk, attempt=7)
    assert len(waiting()) == 1


def test_every_task_is_known_by_its_name() -> None:
    assert {name: found.module_path for name, found in tasks.BY_NAME.items()} == {
        name: f"minett.worker.tasks.{name}"
        for name in (
            "build_snapshot",
            "run_job",
            "register_model",
            "record_evaluation",
            "write_trust_report",
            "write_document_pdf",
        )
    }


def test_a_rolled_back_change_enqueues_nothing() -> None:
    def change() -> None:
        with transaction.atomic():
            tasks.BY_NAME["run_job"].enqueue(job_id=1)
            assert len(waiting()) == 1
            raise BadInput

    with pytest.raises(BadInput):
        change()
    assert not waiting()


def test_who_is_alive_is_told_by_locks(tmp_path: Path) -> None:
    with Presence(tmp_path) as one, Presence(tmp_path) as other:
        assert not one.is_gone(other.id)
        gone = other.id
    assert Presence(tmp_path).is_gone(gone)
    left = tmp_path / "elsewhere:1:ab.lock"
    left.touch()
    with Presence(tmp_path) as one:
        assert one.is_gone("elsewhere:1:ab")
        assert not left.exists()
        assert not one.is_gone("elsewhere:2:cd")
        assert one.is_gone(f"{this_host()}:1:ab")


def test_a_task_goes_back_only_while_it_is_held(tmp_path: Path) -> None:
    sample_tasks.note.enqueue(folder=str(tmp_path), number=1)
    with Presence(tmp_path / "workers") as gone:
        held = queue.claim(gone.id)
    assert held is not None
    with Presence(tmp_path / "workers") as one, Presence(tmp_path / "workers") as other:
        assert queue.take_back(one) == 1
        again = queue.claim(one.id)
        assert again is not None
        assert queue.take_back(other) == 0
        assert not queue.put_back(held)
        assert queue.put_back(again)
