"""Taking tasks out of the table of django-tasks-db and putting them back. It runs none.

Its own worker marks a task as failed when the worker is told to end, and never takes up what a killed worker left;
a task here either ends or goes back into the queue.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction

from minett.worker.presence import Presence

BACKEND = "default"


def claim(worker_id: str) -> DBTaskResult[..., Any] | None:
    """Mark the next task that is due as running by this worker and return it, or None."""
    due = DBTaskResult.objects.ready().filter(backend_name=BACKEND)
    # Looking costs no lock, so an idle worker never holds up those who write.
    if not due.exists():
        return None
    with exclusive_transaction(due.db):
        row: DBTaskResult[..., Any] | None = due.get_locked()
        if row is not None:
            row.claim(worker_id)
    return row


def put_back(row: DBTaskResult[..., Any]) -> bool:
    """Make a running task ready again, unless somebody else did so meanwhile."""
    # The moment of the claim tells one run of a task from the next one.
    held = DBTaskResult.objects.filter(pk=row.pk, status=TaskResultStatus.RUNNING, started_at=row.started_at)
    return held.update(status=TaskResultStatus.READY, started_at=None) == 1


def take_back(presence: Presence) -> int:
    """Put back every running task whose worker has ended, and return how many there were.

    It is called between tasks, so a task that is marked as this worker's own was left by a failed write.
    """
    count = 0
    for row in DBTaskResult.objects.running().filter(backend_name=BACKEND):
        holder = row.worker_ids[-1] if row.worker_ids else ""
        if holder and (holder == presence.id or presence.is_gone(holder)):
            count += put_back(row)
    return count


def prune(before: datetime) -> int:
    """Remove tasks that finished before a moment, and return how many."""
    finished = Q(status__in=(TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED))
    removed, _by_model = DBTaskResult.objects.filter(finished, finished_at__lt=before).delete()
    return int(removed)
