"""Handing out allocations and jobs. `visible` lists exactly what `obtain` would open; nothing here writes."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import QuerySet

from minett.apps.jobs.models import Allocation, Job
from minett.kernel.actor import Actor
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import covers, decide, demand
from minett.policy.rules.compute import COMPUTE_READERS, ComputeFacts

Row = TypeVar("Row", Allocation, Job)


def facts_of(row: Allocation | Job) -> ComputeFacts:
    """Return what the rules need to know about an allocation or a job."""
    asked_by = row.requester_id if isinstance(row, Allocation) else row.submitter_id
    return ComputeFacts(organisation_id=row.organisation_id, requester_id=asked_by, state=row.state)


def visible(actor: Actor) -> QuerySet[Job]:
    """All jobs that the actor may open."""
    jobs = Job.objects.select_related("organisation", "case", "allocation", "submitter")
    return _shown(actor, Action.JOB_VIEW, jobs)


def visible_allocations(actor: Actor) -> QuerySet[Allocation]:
    """All allocations that the actor may open."""
    allocations = Allocation.objects.select_related("organisation", "case", "cluster__entry", "requester")
    return _shown(actor, Action.ALLOCATION_VIEW, allocations)


def obtain(actor: Actor, action: Action, job_id: int) -> Job:
    """Return the job; raise Absent when it is missing or hidden, NotAllowed when seen but not allowed."""
    related = ("organisation", "case", "allocation", "grant__version__product", "submitter")
    job = Job.objects.select_related(*related).filter(pk=job_id).first()
    if job is None or not decide(actor, Action.JOB_VIEW, facts_of(job)):
        raise Absent
    demand(actor, action, facts_of(job))
    return job


def obtain_allocation(actor: Actor, action: Action, allocation_id: int) -> Allocation:
    """Return the allocation; raise Absent when it is missing or hidden, NotAllowed when seen but not allowed."""
    related = ("organisation", "case", "cluster__entry", "requester")
    allocation = Allocation.objects.select_related(*related).filter(pk=allocation_id).first()
    if allocation is None or not decide(actor, Action.ALLOCATION_VIEW, facts_of(allocation)):
        raise Absent
    demand(actor, action, facts_of(allocation))
    return allocation


def _shown(actor: Actor, action: Action, rows: QuerySet[Row]) -> QuerySet[Row]:
    if not covers(actor, action):
        return rows.none()
    if actor.is_robot or actor.has(*COMPUTE_READERS):
        return rows
    return rows.filter(organisation_id__in=actor.organisations)
