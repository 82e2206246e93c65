"""How use is counted, and how much of an allocation jobs hold that have not ended. It writes nothing."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

from minett.apps.jobs.models import Allocation, Job
from minett.apps.jobs.queries import AllocationUse
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Clash
from minett.kernel.quantities import Quantity, Unit
from minett.planes.compute.port import JobState, Observation
from minett.planes.compute.spec import Limits
from minett.policy.states import JOB

SECONDS_PER_HOUR = Decimal(3600)
NODES, GPUS = 1, 0
SMALLEST_USE = Decimal("0.000001")


class AllocationHeld(Clash):
    """Data: left (of the award) and held (by jobs that have not ended), each with its unit."""

    code = "allocation-held"
    sentence = _(
        "%(left)s are left, and jobs that wait or run may use up to %(held)s. Wait until one of them has ended, or "
        "ask for more compute."
    )


def use(unit: str, seen: Observation) -> Quantity:
    """Return what a run used, in the unit of its allocation.

    The local sandbox is one node, and a job has it in whole: node-hours are wall-clock hours times one node,
    whatever share of the processors the job kept busy. That share (CPU seconds by wall seconds) stands in the
    job's measured facts and is not charged. CPU-hours are the processor time that was measured. The sandbox
    gives a job no GPU, so a run uses no GPU-hours.
    """
    hours = {
        Unit.NODE_HOUR: Decimal(str(seen.wall_seconds)) * NODES,
        Unit.GPU_HOUR: Decimal(str(seen.wall_seconds)) * GPUS,
        Unit.CPU_HOUR: Decimal(str(seen.cpu_seconds)),
    }[Unit(unit)] / SECONDS_PER_HOUR
    return Quantity(hours.quantize(SMALLEST_USE, rounding=ROUND_UP), Unit(unit))


def held(allocation: Allocation) -> Quantity:
    """Return the most that the jobs of an allocation may still use: their limits, until they have ended."""
    limits = Limits()
    most = Observation(JobState.RUNNING, wall_seconds=limits.wall_seconds, cpu_seconds=limits.cpu_seconds)
    alive = [state for state in JOB.standings if not JOB.is_final(state)]
    one, count = use(allocation.unit, most), Job.objects.filter(allocation=allocation, state__in=alive).count()
    return Quantity(one.amount * count, one.unit)


def must_not_be_held(spent: AllocationUse) -> None:
    """Raise AllocationHeld where the jobs that have not ended may use all that is left.

    The last one let in may go over the end by at most its own limits; what it used is recorded all the same.
    """
    taken = held(spent.allocation)
    if taken.amount and spent.remaining.amount <= taken.amount:
        raise AllocationHeld(left=str(spent.remaining), held=str(taken))
