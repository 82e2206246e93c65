"""The work that leaves the house, by name. Each task makes one call into a journey; what it does stands there.

A task may run again from the top at any time, so everything it calls is idempotent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import OperationalError
from django_tasks import task
from django_tasks.base import Task

from minett.journeys import grant_data, release_model, run_training, usecase_document
from minett.kernel.actor import robot
from minett.kernel.clock import Clock, SystemClock
from minett.kernel.errors import MinettError

logger = logging.getLogger("minett.worker")

CLOCK: Clock = SystemClock()
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 80, 160))
GiveUp = Callable[[Exception], None]


def may_help(error: Exception) -> bool:
    """Whether the same work may go well a little later: a part is away, or the database is busy."""
    return isinstance(error, OperationalError) or (isinstance(error, MinettError) and error.retry_may_help)


@contextmanager
def trying(name: str, attempt: int, give_up: GiveUp | None = None, **arguments: int) -> Iterator[None]:
    """Do the work of a task; what may help is tried again after growing pauses, with the next attempt's number.

    Any other error, and the last one, reaches `give_up`, and then the queue, which logs it and keeps it.
    """
    try:
        yield
    except Exception as error:
        if may_help(error) and attempt <= len(PAUSES):
            later = BY_NAME[name].using(run_after=CLOCK.now() + PAUSES[attempt - 1])
            later.enqueue(**arguments, attempt=attempt + 1)
            logger.warning("%s %s: attempt %d failed, trying again later: %s", name, arguments, attempt, error)
            return
        if give_up is not None:
            give_up(error)
        raise


@task()
def build_snapshot(grant_id: int, attempt: int = 1) -> None:
    with trying("build_snapshot", attempt, grant_id=grant_id):
        grant_data.build_snapshot(robot("snapshot-builder"), now=CLOCK.now(), grant_id=grant_id)


@task()
def run_job(job_id: int, attempt: int = 1) -> None:
    runner = robot("job-runner")

    def give_up(error: Exception) -> None:
        # Once more, so that a program that still runs is stopped and what it used is recorded.
        if run_training.give_up(runner, now=CLOCK.now(), job_id=job_id, error=error):
            run_job.enqueue(job_id=job_id)

    with trying("run_job", attempt, give_up, job_id=job_id):
        run_training.carry_out(runner, now_of=CLOCK, job_id=job_id)


@task()
def register_model(job_id: int, attempt: int = 1) -> None:
    with trying("register_model", attempt, job_id=job_id):
        release_model.register_model(robot("model-evaluator"), now=CLOCK.now(), job_id=job_id)


@task()
def record_evaluation(job_id: int, attempt: int = 1) -> None:
    with trying("record_evaluation", attempt, job_id=job_id):
        release_model.record_evaluation(robot("model-evaluator"), now=CLOCK.now(), job_id=job_id)


@task()
def write_trust_report(version_id: int, attempt: int = 1) -> None:
    with trying("write_trust_report", attempt, version_id=version_id):
        release_model.write_trust_report(robot("document-writer"), now=CLOCK.now(), version_id=version_id)


@task()
def write_document_pdf(document_id: int, attempt: int = 1) -> None:
    with trying("write_document_pdf", attempt, document_id=document_id):
        usecase_document.render_pdf(robot("document-writer"), now=CLOCK.now(), document_id=document_id)


BY_NAME: Mapping[str, Task[..., Any]] = {
    found.name: found
    for found in (build_snapshot, run_job, register_model, record_evaluation, write_trust_report, write_document_pdf)
}
