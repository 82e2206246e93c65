"""A job is queued, run, ended; what it used is recorded once, whatever is repeated."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from minett.apps.jobs import queries, services
from minett.apps.jobs.models import Job, UsageRecord
from minett.apps.ledger.models import Entry
from minett.kernel.actor import Actor
from minett.kernel.errors import Absent
from minett.planes.compute.port import JobState, Observation, Outputs
from minett.policy.decide import NotAllowed
from minett.policy.states import CommandNotInTable
from tests.apps.jobs import compute_world as world
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(cast: Cast, now: datetime) -> Job:
    allocation = world.awarded(cast, now, world.decided_case(cast.founder, cast.adviser, now))
    return world.submitted(cast, now, allocation)


def finish(now: datetime, job: Job, seen: Observation = world.HALF_HOUR, outputs: Outputs = world.MODEL) -> Job:
    return services.finish(world.RUNNER, now=now, job_id=job.pk, seen=seen, outputs=outputs)


def test_a_job_runs_to_its_end(job: Job, now: datetime) -> None:
    assert job.state == "queued"
    assert world.started(now, job).state == "running"
    ended = finish(now + timedelta(minutes=30), job)
    assert (ended.state, ended.failure, ended.is_sandboxed) == ("succeeded", "", True)
    assert ended.outputs == [{"name": "model.skops", "sha256": "a" * 64, "bytes": 12}]
    assert ended.measured["cpu_share"] == 0.5
    assert ended.measured["inputs"] == {"train.parquet": "b" * 64}
    assert ended.measured["refused_outputs"] == [["link", "It is not a plain file."]]
    states = [entry.after["state"] for entry in Entry.objects.filter(noun="job").order_by("number")]
    assert states == ["queued", "running", "succeeded"]


def test_use_is_recorded_once_when_finish_is_repeated(job: Job, now: datetime) -> None:
    world.started(now, job)
    first = finish(now, job)
    told = Entry.objects.count()
    again = finish(now + timedelta(hours=1), job, world.OUT_OF_MEMORY)
    assert (again.state, again.ended_at) == (first.state, first.ended_at)
    assert UsageRecord.objects.filter(job=job).count() == 1
    assert Entry.objects.count() == told


def test_a_failed_job_used_compute_too(job: Job, now: datetime) -> None:
    world.started(now, job)
    ended = finish(now, job, world.OUT_OF_MEMORY, Outputs(()))
    assert (ended.state, ended.failure, ended.explanation) == ("failed", "memory", "Too much memory.")
    assert UsageRecord.objects.get(job=job).amount == Decimal("0.01")


def test_a_lost_job_says_so(job: Job, now: datetime) -> None:
    world.started(now, job)
    ended = finish(now, job, Observation(JobState.LOST, sentence="It was lost."), Outputs(()))
    assert (ended.state, ended.failure) == ("failed", "lost")


def test_the_same_attempt_starts_once_and_a_new_one_counts(job: Job, now: datetime) -> None:
    world.started(now, job)
    told = Entry.objects.count()
    world.started(now, job)
    assert Entry.objects.count() == told
    again = world.started(now + timedelta(minutes=1), job, attempt=2)
    assert (again.attempt, again.started_at) == (2, now)


def test_a_queued_job_does_not_end_before_it_starts(job: Job, now: datetime) -> None:
    with pytest.raises(CommandNotInTable):
        finish(now, job)
    assert not UsageRecord.objects.exists()


def test_a_refused_job_gives_reason_and_remedy_and_uses_nothing(job: Job, now: datetime) -> None:
    for _time in range(2):
        refused = services.refuse(
            world.RUNNER, now=now, job_id=job.pk, reason="No sandbox.", remedy="Allow user namespaces."
        )
    assert (refused.state, refused.explanation) == ("refused", "No sandbox. Allow user namespaces.")
    assert not UsageRecord.objects.exists()
    assert Entry.objects.filter(noun="job", reason=refused.explanation).count() == 1


def test_cancelling_while_running_keeps_the_state_and_counts_the_use(cast: Cast, job: Job, now: datetime) -> None:
    world.started(now, job)
    services.cancel(cast.founder.actor, now=now, job_id=job.pk)
    ended = finish(now, job, Observation(JobState.CANCELLED, wall_seconds=360.0), Outputs(()))
    assert ended.state == "cancelled"
    assert UsageRecord.objects.get(job=job).amount == Decimal("0.1")
    with pytest.raises(CommandNotInTable):
        services.cancel(cast.founder.actor, now=now, job_id=job.pk)


def test_others_neither_cancel_nor_run(cast: Cast, job: Job, now: datetime) -> None:
    with pytest.raises(Absent):
        services.cancel(cast.rival.actor, now=now, job_id=job.pk)
    with pytest.raises(NotAllowed):
        services.cancel(cast.officer.actor, now=now, job_id=job.pk)
    with pytest.raises(NotAllowed):
        services.refuse(cast.founder.actor, now=now, job_id=job.pk, reason="Mine.")


def test_an_allocation_must_be_awarded_in_its_period_and_not_used_up(cast: Cast, now: datetime) -> None:
    case = world.decided_case(cast.founder, cast.adviser, now)
    with pytest.raises(services.AllocationNotAwarded):
        world.submitted(cast, now, world.requested(cast, now, case))
    allocation = world.awarded(cast, now, case, amount="0.5", days=1)
    for moment in (now - timedelta(seconds=1), now + timedelta(days=1)):
        with pytest.raises(services.AllocationOutsidePeriod):
            world.submitted(cast, moment, allocation)
    finish(now, world.started(now, world.submitted(cast, now, allocation)))
    with pytest.raises(services.AllocationUsedUp) as refused:
        world.submitted(cast, now, allocation)
    assert "0.5 node-hour of 0.5 node-hour" in str(refused.value)


def test_an_allocation_of_another_case_is_refused(cast: Cast, now: datetime) -> None:
    allocation = world.awarded(cast, now, world.decided_case(cast.founder, cast.adviser, now))
    other = world.decided_case(cast.founder, cast.adviser, now)
    with pytest.raises(services.AllocationForSomethingElse):
        world.submitted(cast, now, allocation, case=other)


def test_a_case_that_ended_runs_nothing(cast: Cast, now: datetime) -> None:
    allocation = world.awarded(cast, now, world.decided_case(cast.founder, cast.adviser, now))
    case = allocation.case
    case.state = "stopped"
    with pytest.raises(services.CaseEnded):
        world.submitted(cast, now, allocation, case=case)


def test_only_the_company_submits_and_a_robot_names_a_person(cast: Cast, now: datetime) -> None:
    allocation = world.awarded(cast, now, world.decided_case(cast.founder, cast.adviser, now))

    def submit(actor: Actor, **more: object) -> Job:
        facts = {"case": allocation.case, "allocation_id": allocation.pk, "grant_id": None, "kind": "evaluation"}
        facts |= {"title": "Evaluate", "spec": {}, "code_sha256": "c" * 64, **more}
        return services.submit(actor, now=now, **facts)  # type: ignore[arg-type]

    for name in ("rival", "officer", "adviser", "visitor"):
        with pytest.raises(NotAllowed):
            submit(cast.actors()[name])
    with pytest.raises(services.PersonMissing):
        submit(world.RUNNER)
    first = submit(world.RUNNER, submitter_id=cast.engineer.user.pk, key="job-1-evaluation")
    assert submit(world.RUNNER, submitter_id=cast.engineer.user.pk, key="job-1-evaluation") == first
    assert first.submitter == cast.engineer.user


def test_lists_are_filtered_and_need_one_query(
    cast: Cast, job: Job, now: datetime, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = [row.organisation.legal_name for row in queries.listing(cast.founder.actor, state="queued")]
    assert found == [cast.company.legal_name]
    assert not queries.listing(cast.founder.actor, kind="evaluation")
    assert not queries.listing(cast.rival.actor)
    assert queries.detail(cast.auditor.actor, job.pk) == job
