"""Writes about allocations, jobs and what jobs used. Nothing here starts a program; the journey and the worker do.

Units are never converted: a job is counted in the unit of its allocation.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from minett.apps.cases import access as cases
from minett.apps.cases.models import Case
from minett.apps.cases.services import CaseWithoutCompany, ReasonMissing
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.apps.grants.models import Grant
from minett.apps.jobs import access, counting, queries
from minett.apps.jobs.models import Allocation, Job, JobKind, UsageRecord
from minett.apps.ledger import services as ledger
from minett.kernel.actor import Actor
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput, Clash, Expired
from minett.kernel.quantities import Quantity, Unit
from minett.planes.compute.port import Handle, JobState, Observation, Outputs
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.decision import Decision
from minett.policy.states import ALLOCATION, CASE, JOB

COMPUTE_UNITS = frozenset({Unit.NODE_HOUR, Unit.GPU_HOUR, Unit.CPU_HOUR})
LARGEST_AMOUNT = Decimal(1_000_000_000)
LONGEST_DAYS = 366 * 3
LOST = "lost"


class NotACluster(BadInput):
    code = "not-a-cluster"
    sentence = _("Choose a machine from the catalogue.")


class UnitNotForCompute(BadInput):
    code = "unit-not-for-compute"
    sentence = _("Compute is counted in node-hours, GPU-hours or CPU-hours, not in %(unit)s.")


class AmountUnusable(BadInput):
    code = "amount-unusable"
    sentence = _("The amount must be more than zero and at most %(most)s, with up to four decimals.")


class PeriodUnusable(BadInput):
    code = "period-unusable"
    sentence = _("An allocation lasts from one day to %(most)s days.")


class PersonMissing(BadInput):
    code = "person-missing"
    sentence = _("Say for which person this is done: compute is always asked for by a person.")


class CaseEnded(Clash):
    code = "case-ended"
    sentence = _("The case has ended, so no further jobs run for it.")


class AllocationNotAwarded(Clash):
    code = "allocation-not-awarded"
    sentence = _("This allocation has not been awarded. Wait for the allocation officer's decision.")


class AllocationForSomethingElse(Clash):
    code = "allocation-for-something-else"
    sentence = _("This allocation belongs to another case. Choose one of this case.")


class GrantForSomethingElse(Clash):
    code = "grant-for-something-else"
    sentence = _("This data grant belongs to another case. Choose one of this case.")


class AllocationOutsidePeriod(Expired):
    code = "allocation-outside-period"
    sentence = _("This allocation runs from %(since)s to %(until)s. Ask for a new one.")


class AllocationUsedUp(Clash):
    code = "allocation-used-up"
    sentence = _("This allocation is used up: %(used)s of %(awarded)s. Ask for more compute.")


@transaction.atomic
def request_allocation(
    actor: Actor, *, now: datetime, case: Case, cluster: EntryVersion, unit: str, amount: Decimal, justification: str
) -> Allocation:
    """Ask for compute on a machine of the catalogue, for a case of one's own company."""
    decision = demand(actor, Action.ALLOCATION_REQUEST, cases.facts_of(case))
    if case.organisation_id is None:
        raise CaseWithoutCompany
    if cluster.entry.kind != EntryKind.CLUSTERS:
        raise NotACluster
    if unit not in COMPUTE_UNITS:
        raise UnitNotForCompute(unit=unit)
    allocation = Allocation.objects.create(
        case=case,
        organisation_id=case.organisation_id,
        requester_id=_person(actor.person_id),
        cluster=cluster,
        unit=unit,
        requested=_usable(amount),
        justification=_reason(justification),
        requested_at=now,
    )
    asked = {"requested": str(Quantity.of(allocation.requested, unit)), "cluster": cluster.entry.code}
    _tell(actor, allocation, now=now, action=Action.ALLOCATION_REQUEST, decision=decision, before=None, more=asked)
    return allocation


@transaction.atomic
def award(actor: Actor, *, now: datetime, allocation_id: int, amount: Decimal, days: int, reason: str) -> Allocation:
    """Award an amount, in the unit that was asked for, from now on for a number of days."""
    allocation, decision = _locked_allocation(actor, allocation_id)
    if not 0 < days <= LONGEST_DAYS:
        raise PeriodUnusable(most=LONGEST_DAYS)
    allocation.awarded = _usable(amount)
    allocation.starts_at, allocation.until_at = now, now + timedelta(days=days)
    awarded = {"awarded": str(Quantity.of(allocation.awarded, allocation.unit)), "until": allocation.until_at}
    _decide(actor, allocation, "award", now=now, decision=decision, reason=reason, more=awarded)
    return allocation


@transaction.atomic
def reject(actor: Actor, *, now: datetime, allocation_id: int, reason: str) -> Allocation:
    """Say no to a request for compute, with a reason."""
    allocation, decision = _locked_allocation(actor, allocation_id)
    _decide(actor, allocation, "reject", now=now, decision=decision, reason=reason, more={})
    return allocation


@transaction.atomic
def submit(
    actor: Actor,
    *,
    now: datetime,
    case: Case,
    allocation_id: int,
    grant_id: int | None,
    kind: str,
    title: str,
    spec: dict[str, Any],
    code_sha256: str,
    submitter_id: int | None = None,
    key: str = "",
) -> Job:
    """Put a job into the queue; it runs once the worker takes it.

    A person submits for their own company. A robot submits as the next step of somebody's own job and names
    that person by `submitter_id`. With a `key` that is known already, the job of that key is returned.
    Raises AllocationNotAwarded, AllocationForSomethingElse, AllocationOutsidePeriod, AllocationUsedUp,
    AllocationHeld, GrantForSomethingElse, CaseEnded.
    """
    # A job holds on to its case, so whoever locks case and allocation takes the case first, here as in a journey.
    cases.lock(case.pk)
    # The row's lock puts the jobs of one allocation in line, so that two at once cannot both take the rest.
    allocation = Allocation.objects.select_for_update().get(pk=allocation_id)
    known = Job.objects.filter(key=key, case=case).first() if key else None
    action = Action.JOB_RUN if actor.is_robot else Action.JOB_SUBMIT
    decision = demand(actor, action, access.facts_of(known or allocation))
    if known is not None:
        return known
    _must_fit(case, allocation, grant_id)
    spent = _must_have_room(allocation, now)
    if not actor.is_robot:
        # The platform's own next step follows from a person's job that was let in, and never waits.
        counting.must_not_be_held(spent)
    job = Job.objects.create(
        key=key or f"job-{secrets.token_hex(12)}",
        kind=JobKind(kind),
        title=title[:200],
        case=case,
        organisation_id=allocation.organisation_id,
        allocation=allocation,
        grant_id=grant_id,
        submitter_id=_person(submitter_id if actor.is_robot else actor.person_id),
        spec=spec,
        code_sha256=code_sha256,
        submitted_at=now,
    )
    facts = {"kind": job.kind, "key": job.key, "code_sha256": code_sha256, "grant": grant_id}
    _tell(actor, job, now=now, action=Action.JOB_SUBMIT, decision=decision, before=None, more=facts)
    return job


@transaction.atomic
def start(robot: Actor, *, now: datetime, job_id: int, handle: Handle, inputs: Mapping[str, str]) -> Job:
    """Note that the executor runs the job, and the SHA-256 of each input; the same attempt again changes nothing."""
    job, decision = _locked_job(robot, Action.JOB_RUN, job_id)
    if job.state == "running" and job.attempt == handle.attempt:
        return job
    before = job.state
    if before != "running":
        job.state = JOB.step(before, "start").to
    job.attempt, job.started_at = handle.attempt, job.started_at or now
    job.measured = {**job.measured, "handle": handle.to_json(), "inputs": dict(inputs)}
    job.save(update_fields=["state", "attempt", "started_at", "measured"])
    more = {"attempt": job.attempt}
    _tell(robot, job, now=now, action=Action.JOB_RUN, decision=decision, before=before, more=more)
    return job


@transaction.atomic
def finish(robot: Actor, *, now: datetime, job_id: int, seen: Observation, outputs: Outputs) -> Job:
    """Note how a run ended, with exactly one usage record in the same transaction.

    A job that was cancelled or refused while it ran keeps its state; only what it used is added. A job whose use
    is recorded already is returned as it is.
    """
    job, decision = _locked_job(robot, Action.JOB_RUN, job_id)
    if UsageRecord.objects.filter(job=job).exists():
        return job
    before = job.state
    if not JOB.is_final(before):
        command = "succeed" if seen.state is JobState.SUCCEEDED else "fail"
        job.state = JOB.step(before, command).to
        job.failure, job.explanation = _failure(seen), seen.sentence
    job.ended_at, job.is_sandboxed = job.ended_at or now, seen.sandboxed
    used = _record_use(job, seen, now)
    job.measured = _measured(job, seen, outputs) | {"used": str(used)}
    job.outputs = [{"name": file.name, "sha256": file.sha256, "bytes": file.bytes} for file in outputs.files]
    job.save(update_fields=["state", "failure", "explanation", "ended_at", "is_sandboxed", "measured", "outputs"])
    more = {"used": str(used), "failure": job.failure, "outputs": job.outputs}
    _tell(robot, job, now=now, action=Action.JOB_RUN, decision=decision, before=before, more=more)
    return job


@transaction.atomic
def refuse(robot: Actor, *, now: datetime, job_id: int, reason: str, remedy: str = "") -> Job:
    """Say that a job cannot be run, why, and what helps; a job that has ended stays as it is."""
    job, decision = _locked_job(robot, Action.JOB_RUN, job_id)
    if JOB.is_final(job.state):
        return job
    before = job.state
    job.state = JOB.step(before, "refuse").to
    job.explanation, job.ended_at = " ".join(filter(None, (reason, remedy))), now
    job.save(update_fields=["state", "explanation", "ended_at"])
    _tell(robot, job, now=now, action=Action.JOB_RUN, decision=decision, before=before, reason=job.explanation)
    return job


@transaction.atomic
def cancel(actor: Actor, *, now: datetime, job_id: int) -> Job:
    """Stop a job that is queued or running; the worker stops the program and records what it used."""
    job, decision = _locked_job(actor, Action.JOB_CANCEL, job_id)
    before = job.state
    job.state = JOB.step(before, "cancel").to
    job.ended_at = now
    job.save(update_fields=["state", "ended_at"])
    _tell(actor, job, now=now, action=Action.JOB_CANCEL, decision=decision, before=before)
    return job


def _record_use(job: Job, seen: Observation, now: datetime) -> Quantity:
    used = counting.use(job.allocation.unit, seen)
    UsageRecord.objects.create(
        allocation_id=job.allocation_id, job=job, amount=used.amount, unit=used.unit, recorded_at=now
    )
    return used


def _measured(job: Job, seen: Observation, outputs: Outputs) -> dict[str, Any]:
    return {
        **job.measured,
        "exit_code": seen.exit_code,
        "wall_seconds": seen.wall_seconds,
        "cpu_seconds": seen.cpu_seconds,
        "cpu_share": round(seen.cpu_seconds / seen.wall_seconds, 4) if seen.wall_seconds else None,
        "max_rss_mb": seen.max_rss_mb,
        "log_bytes": seen.log_bytes,
        "refused_outputs": [list(pair) for pair in outputs.refused],
    }


def _failure(seen: Observation) -> str:
    return LOST if seen.state is JobState.LOST else ("" if seen.state is JobState.SUCCEEDED else seen.failure.value)


def _usable(amount: Decimal) -> Decimal:
    if not amount.is_finite() or not 0 < amount <= LARGEST_AMOUNT or amount != round(amount, 4):
        raise AmountUnusable(most=f"{LARGEST_AMOUNT:,}")
    return amount


def _person(person_id: int | None) -> int:
    if person_id is None:
        raise PersonMissing
    return person_id


def _reason(words: str) -> str:
    if not words.strip():
        raise ReasonMissing
    return words.strip()


def _must_fit(case: Case, allocation: Allocation, grant_id: int | None) -> None:
    """Everything that a job is made of must belong to one case of one organisation."""
    if CASE.is_final(case.state):
        raise CaseEnded
    if (allocation.case_id, allocation.organisation_id) != (case.pk, case.organisation_id):
        raise AllocationForSomethingElse
    if grant_id is None:
        return
    grant = Grant.objects.select_related("request").get(pk=grant_id)
    if grant.organisation_id != case.organisation_id or grant.request.case_id not in {None, case.pk}:
        raise GrantForSomethingElse


def _must_have_room(allocation: Allocation, now: datetime) -> queries.AllocationUse:
    since, until = allocation.starts_at, allocation.until_at
    if allocation.state != "awarded" or since is None or until is None:
        raise AllocationNotAwarded
    if not since <= now < until:
        raise AllocationOutsidePeriod(since=f"{since:%Y-%m-%d %H:%M}", until=f"{until:%Y-%m-%d %H:%M}")
    spent = queries.use_of(allocation)
    if spent.remaining.amount <= 0:
        raise AllocationUsedUp(used=str(spent.used), awarded=str(spent.awarded))
    return spent


def _locked_allocation(actor: Actor, allocation_id: int) -> tuple[Allocation, Decision]:
    access.obtain_allocation(actor, Action.ALLOCATION_AWARD, allocation_id)
    allocation = Allocation.objects.select_for_update().get(pk=allocation_id)
    return allocation, demand(actor, Action.ALLOCATION_AWARD, access.facts_of(allocation))


def _locked_job(actor: Actor, action: Action, job_id: int) -> tuple[Job, Decision]:
    access.obtain(actor, action, job_id)
    job = Job.objects.select_for_update().get(pk=job_id)
    return job, demand(actor, action, access.facts_of(job))


def _decide(
    actor: Actor,
    allocation: Allocation,
    command: str,
    *,
    now: datetime,
    decision: Decision,
    reason: str,
    more: dict[str, Any],
) -> None:
    before = allocation.state
    allocation.state = ALLOCATION.step(before, command).to
    allocation.decided_by_id, allocation.decision_reason = actor.person_id, _reason(reason)
    allocation.save(update_fields=["state", "awarded", "starts_at", "until_at", "decided_by", "decision_reason"])
    action = Action.ALLOCATION_AWARD
    _tell(actor, allocation, now=now, action=action, decision=decision, before=before, reason=reason, more=more)


def _tell(
    actor: Actor,
    row: Allocation | Job,
    *,
    now: datetime,
    action: Action,
    decision: Decision,
    before: str | None,
    reason: str = "",
    more: dict[str, Any] | None = None,
) -> None:
    ledger.record(
        actor,
        now=now,
        action=action,
        noun="allocation" if isinstance(row, Allocation) else "job",
        noun_id=row.pk,
        decision=decision,
        reason=reason.strip(),
        before=None if before is None else {"state": before},
        after={"state": row.state, **(more or {})},
        case_id=row.case_id,
    )
