"""Reads about jobs, allocations and use, for pages and API. Sums are made by the database, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from minett.apps.jobs import access
from minett.apps.jobs.models import Allocation, Job, UsageRecord
from minett.kernel.actor import Actor
from minett.kernel.errors import Absent
from minett.kernel.quantities import Quantity
from minett.policy.actions import Action

AMOUNT = DecimalField(max_digits=16, decimal_places=6)


@dataclass(frozen=True, slots=True)
class AllocationUse:
    """An allocation with what was asked for, awarded, used and is left, each with its unit.

    `remaining` is never below zero: a job that was running when the rest ran out is still recorded in `used`.
    """

    allocation: Allocation
    requested: Quantity
    awarded: Quantity
    used: Quantity
    remaining: Quantity


def listing(actor: Actor, *, case_id: int | None = None, state: str = "", kind: str = "") -> QuerySet[Job]:
    """Return the jobs that the actor may see, newest first."""
    jobs = access.visible(actor).order_by("-id")
    wanted = {"case_id": case_id, "state": state, "kind": kind}
    return jobs.filter(**{name: value for name, value in wanted.items() if value})


def detail(actor: Actor, job_id: int) -> Job:
    """Return the job with case, allocation, grant and product in one query; raises Absent."""
    return access.obtain(actor, Action.JOB_VIEW, job_id)


def used_of(allocations: QuerySet[Allocation]) -> QuerySet[Allocation]:
    """Annotate `used`: the sum of the usage records of each allocation."""
    records = UsageRecord.objects.filter(allocation_id=OuterRef("pk")).order_by().values("allocation_id")
    total = Subquery(records.annotate(total=Sum("amount")).values("total"), output_field=AMOUNT)
    return allocations.annotate(used=Coalesce(total, Value(Decimal(0)), output_field=AMOUNT))


def allocations(actor: Actor, *, case_id: int | None = None, state: str = "") -> tuple[AllocationUse, ...]:
    """Return the allocations that the actor may see with their use, newest first; one query."""
    rows = used_of(access.visible_allocations(actor)).order_by("-id")
    wanted = {"case_id": case_id, "state": state}
    return tuple(_use(row) for row in rows.filter(**{name: value for name, value in wanted.items() if value}))


def allocation(actor: Actor, allocation_id: int) -> AllocationUse:
    """Return one allocation with its use; one query. Raises Absent."""
    row = used_of(access.visible_allocations(actor)).filter(pk=allocation_id).first()
    if row is None:
        raise Absent
    return _use(row)


def use_of(row: Allocation) -> AllocationUse:
    """Return the use of an allocation that was already handed out."""
    return _use(used_of(Allocation.objects.all()).get(pk=row.pk))


def usage(actor: Actor, allocation_id: int) -> QuerySet[UsageRecord]:
    """Return what each job used of an allocation, newest first. Raises Absent."""
    row = access.obtain_allocation(actor, Action.ALLOCATION_VIEW, allocation_id)
    return UsageRecord.objects.filter(allocation=row).select_related("job__submitter").order_by("-id")


def usage_of_job(job: Job) -> UsageRecord | None:
    """Return what a job that was already handed out used; None while it has not ended, or never started."""
    return UsageRecord.objects.filter(job=job).first()


def waiting_for_officer() -> QuerySet[Allocation]:
    """Return the requests that wait for an allocation officer, oldest first; the desk asks only for officers."""
    rows = Allocation.objects.select_related("organisation", "case", "cluster__entry", "requester")
    return rows.filter(state="requested").order_by(F("requested_at").asc())


def _use(row: Allocation) -> AllocationUse:
    used: Decimal = row.used  # type: ignore[attr-defined]  # annotated by `used_of`
    awarded = row.awarded or Decimal(0)
    return AllocationUse(
        allocation=row,
        requested=Quantity.of(row.requested, row.unit),
        awarded=Quantity.of(awarded, row.unit),
        used=Quantity.of(used, row.unit),
        remaining=Quantity.of(max(awarded - used, Decimal(0)), row.unit),
    )
