"""Compute is asked for by the company, awarded by somebody else, and counted in one unit."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from minett.apps.cases.services import ReasonMissing
from minett.apps.catalogue.models import EntryKind
from minett.apps.jobs import access, counting, queries, services
from minett.apps.jobs.models import Allocation, UsageRecord
from minett.apps.ledger.models import Entry
from minett.kernel.errors import Absent
from minett.kernel.quantities import Quantity, Unit
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from minett.policy.states import CommandNotInTable
from tests.apps.jobs import compute_world as world
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def award(cast: Cast, now: datetime, allocation: Allocation, **changed: object) -> Allocation:
    facts: dict[str, object] = {"amount": Decimal(2), "days": 30, "reason": "It fits."}
    return services.award(cast.officer.actor, now=now, allocation_id=allocation.pk, **facts | changed)  # type: ignore[arg-type]


def test_company_asks_and_officer_awards(cast: Cast, now: datetime) -> None:
    case = world.decided_case(cast.founder, cast.adviser, now)
    allocation = award(cast, now, world.requested(cast, now, case), amount=Decimal("1.5"))
    assert allocation.state == "awarded"
    assert (allocation.requested, allocation.awarded) == (Decimal(2), Decimal("1.5"))
    assert allocation.until_at == now + timedelta(days=30)
    told = Entry.objects.filter(noun="allocation").order_by("number")
    assert [entry.actor_key for entry in told] == [cast.engineer.actor.key, cast.officer.actor.key]
    assert told[1].after["awarded"] == "1.5 node-hour"
    assert {entry.case_id for entry in told} == {case.pk}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"amount": Decimal(0)}, services.AmountUnusable),
        ({"amount": Decimal("NaN")}, services.AmountUnusable),
        ({"amount": Decimal("0.00001")}, services.AmountUnusable),
        ({"unit": "EUR"}, services.UnitNotForCompute),
        ({"justification": " "}, ReasonMissing),
    ],
)
def test_what_cannot_be_asked_for(
    cast: Cast, now: datetime, changed: dict[str, object], error: type[Exception]
) -> None:
    case = world.decided_case(cast.founder, cast.adviser, now)
    facts = {"case": case, "cluster": world.cluster(now), "unit": "node-hour", "amount": Decimal(1)}
    facts |= {"justification": "Two trainings.", **changed}
    with pytest.raises(error):
        services.request_allocation(cast.engineer.actor, now=now, **facts)  # type: ignore[arg-type]
    assert not Allocation.objects.exists()


def test_only_machines_are_asked_for(cast: Cast, now: datetime) -> None:
    case = world.decided_case(cast.founder, cast.adviser, now)
    with pytest.raises(services.NotACluster):
        services.request_allocation(
            cast.engineer.actor,
            now=now,
            case=case,
            cluster=world.cluster(now, EntryKind.SERVICES),
            unit="node-hour",
            amount=Decimal(1),
            justification="Why not?",
        )


@pytest.mark.parametrize("name", ["rival", "adviser", "officer", "manager"])
def test_nobody_else_asks_for_the_company(cast: Cast, now: datetime, name: str) -> None:
    case = world.decided_case(cast.founder, cast.adviser, now)
    with pytest.raises(NotAllowed):
        services.request_allocation(
            cast.actors()[name],
            now=now,
            case=case,
            cluster=world.cluster(now),
            unit="node-hour",
            amount=Decimal(1),
            justification="For them.",
        )


def test_awarding_needs_an_officer_a_reason_and_a_period(cast: Cast, now: datetime) -> None:
    allocation = world.requested(cast, now, world.decided_case(cast.founder, cast.adviser, now))
    for name in ("founder", "adviser", "auditor", "manager"):
        with pytest.raises((NotAllowed, Absent)):
            services.award(
                cast.actors()[name], now=now, allocation_id=allocation.pk, amount=Decimal(2), days=9, reason="Mine."
            )
    with pytest.raises(Absent):
        services.reject(cast.rival.actor, now=now, allocation_id=allocation.pk, reason="No.")
    with pytest.raises(ReasonMissing):
        award(cast, now, allocation, reason=" ")
    with pytest.raises(services.PeriodUnusable):
        award(cast, now, allocation, days=0)
    allocation.refresh_from_db()
    assert allocation.state == "requested"


def test_a_decision_is_taken_once(cast: Cast, now: datetime) -> None:
    allocation = world.requested(cast, now, world.decided_case(cast.founder, cast.adviser, now))
    services.reject(cast.officer.actor, now=now, allocation_id=allocation.pk, reason="Too much.")
    with pytest.raises(CommandNotInTable):
        award(cast, now, allocation)


def test_the_database_holds_the_four_eyes(cast: Cast, now: datetime) -> None:
    allocation = world.requested(cast, now, world.decided_case(cast.founder, cast.adviser, now))
    with pytest.raises(IntegrityError), transaction.atomic():
        Allocation.objects.filter(pk=allocation.pk).update(decided_by=cast.engineer.user)


def test_used_and_remaining_come_in_one_query(cast: Cast, now: datetime, django_assert_num_queries: object) -> None:
    allocation = world.awarded(cast, now, world.decided_case(cast.founder, cast.adviser, now))
    for _number in range(2):
        job = world.started(now, world.submitted(cast, now, allocation))
        services.finish(world.RUNNER, now=now, job_id=job.pk, seen=world.HALF_HOUR, outputs=world.MODEL)
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = queries.allocation(cast.founder.actor, allocation.pk)
    assert found.used == Quantity.of("1", Unit.NODE_HOUR)
    assert found.remaining == Quantity.of("1", Unit.NODE_HOUR)
    assert str(found.awarded) == "2 node-hour"
    assert [row.amount for row in queries.usage(cast.auditor.actor, allocation.pk)] == [Decimal("0.5")] * 2
    with pytest.raises(Absent):
        queries.allocation(cast.rival.actor, allocation.pk)
    with pytest.raises(Absent):
        queries.usage(cast.rival.actor, allocation.pk)


@pytest.mark.parametrize(("unit", "amount"), [("node-hour", "0.5"), ("CPU-hour", "0.25"), ("GPU-hour", "0")])
def test_a_job_is_counted_in_the_unit_of_its_allocation(cast: Cast, now: datetime, unit: str, amount: str) -> None:
    allocation = world.awarded(cast, now, world.decided_case(cast.founder, cast.adviser, now), unit=unit)
    job = world.started(now, world.submitted(cast, now, allocation))
    services.finish(world.RUNNER, now=now, job_id=job.pk, seen=world.HALF_HOUR, outputs=world.MODEL)
    record = UsageRecord.objects.get(job=job)
    assert (record.unit, record.amount) == (unit, Decimal(amount))


def test_the_list_shows_what_may_be_opened(cast: Cast, now: datetime) -> None:
    mine = world.awarded(cast, now, world.decided_case(cast.founder, cast.adviser, now))
    job = world.submitted(cast, now, mine)
    for name, actor in cast.actors().items():
        listed = access.visible_allocations(actor).filter(pk=mine.pk).exists()
        jobs = access.visible(actor).filter(pk=job.pk).exists()
        expected = name in {"founder", "engineer", "officer", "manager", "auditor"}
        assert (listed, jobs) == (expected, expected), name
        for obtain, action, row in (
            (access.obtain_allocation, Action.ALLOCATION_VIEW, mine),
            (access.obtain, Action.JOB_VIEW, job),
        ):
            if expected:
                assert obtain(actor, action, row.pk) == row
            else:
                with pytest.raises(Absent):
                    obtain(actor, action, row.pk)


def test_jobs_that_wait_hold_what_they_may_use(cast: Cast, now: datetime) -> None:
    case = world.decided_case(cast.founder, cast.adviser, now)
    # A job may run for five minutes, a twelfth of a node-hour: two of them fit, and a third begins before the end.
    small = world.awarded(cast, now, case, amount="0.2")
    jobs = [world.submitted(cast, now, small) for _one in range(3)]

    with pytest.raises(counting.AllocationHeld) as held:
        world.submitted(cast, now, small)
    services.cancel(cast.engineer.actor, now=now, job_id=jobs[0].pk)
    world.submitted(cast, now, small)

    assert held.value.data == {"left": "0.2 node-hour", "held": "0.250002 node-hour"}


def test_the_platforms_own_next_step_is_not_kept_waiting(cast: Cast, now: datetime) -> None:
    case = world.decided_case(cast.founder, cast.adviser, now)
    small = world.awarded(cast, now, case, amount="0.01")
    world.submitted(cast, now, small)

    follows = services.submit(
        world.RUNNER,
        now=now,
        case=case,
        allocation_id=small.pk,
        grant_id=None,
        kind="evaluation",
        title="Evaluate",
        spec=world.SPEC,
        code_sha256="c" * 64,
        submitter_id=cast.engineer.user.pk,
        key="next",
    )

    assert follows.state == "queued"
