"""Allocations of compute and jobs. Every amount has its unit; units are never converted into one another."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, StrictInt

from minett.api.schemas.base import Amount, Code, Given, GivenAmount, GivenId, Moment, Named, Reason, Standing, Told
from minett.apps.jobs.models import Job, UsageRecord
from minett.apps.jobs.queries import AllocationUse
from minett.kernel.quantities import Quantity
from minett.policy.states import ALLOCATION, JOB

# What is told of the facts that were measured of a run; where it ran on the machine stays inside.
MEASURED = ("exit_code", "wall_seconds", "cpu_seconds", "cpu_share", "max_rss_mb", "log_bytes", "refused_outputs")


class AllocationGiven(Given):
    cluster: Code
    amount: GivenAmount
    justification: Reason


class AwardGiven(Given):
    """`amount` is in the unit that was asked for."""

    amount: GivenAmount
    days: StrictInt
    reason: Reason


class RejectGiven(Given):
    reason: Reason


class TrainingGiven(Given):
    """A training of a classifier for `target`; `subgroup` is the column by which groups are compared."""

    grant_id: GivenId
    allocation_id: GivenId
    target: Annotated[str, Field(max_length=128)]
    subgroup: Annotated[str, Field(max_length=128)] = ""
    seed: StrictInt = 7


class AllocationTold(Told):
    id: int
    case_id: int
    organisation: Named
    requester: Named
    cluster: str
    requested: Amount
    awarded: Amount | None
    used: Amount
    remaining: Amount
    justification: str
    decision_reason: str | None
    standing: Standing
    requested_at: Moment
    starts_at: Moment | None
    until_at: Moment | None

    @classmethod
    def facts(cls, use: AllocationUse) -> dict[str, Any]:
        row = use.allocation
        return {
            "id": row.pk,
            "case_id": row.case_id,
            "organisation": Named(id=row.organisation_id, name=row.organisation.display_name),
            "requester": Named(id=row.requester_id, name=row.requester.name),
            "cluster": row.cluster.entry.code,
            "requested": Amount.of(use.requested),
            "awarded": None if row.awarded is None else Amount.of(use.awarded),
            "used": Amount.of(use.used),
            "remaining": Amount.of(use.remaining),
            "justification": row.justification,
            "decision_reason": row.decision_reason or None,
            "standing": Standing.of(ALLOCATION, row.state),
            "requested_at": row.requested_at,
            "starts_at": row.starts_at,
            "until_at": row.until_at,
        }

    @classmethod
    def of(cls, use: AllocationUse) -> Self:
        return cls(**cls.facts(use))


class UsageTold(Told):
    job_id: int
    used: Amount
    recorded_at: Moment

    @classmethod
    def of(cls, row: UsageRecord) -> Self:
        return cls(job_id=row.job_id, used=Amount.of(Quantity.of(row.amount, row.unit)), recorded_at=row.recorded_at)


class AllocationDetail(AllocationTold):
    commands: list[str]


class JobTold(Told):
    id: int
    key: str
    kind: str
    title: str
    case_id: int
    organisation: Named
    allocation_id: int
    grant_id: int | None
    submitter: Named
    standing: Standing
    is_sandboxed: bool | None
    submitted_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    failure: str | None
    explanation: str | None

    @classmethod
    def facts(cls, row: Job) -> dict[str, Any]:
        same = ("key", "kind", "title", "case_id", "allocation_id", "grant_id", "is_sandboxed")
        moments = ("submitted_at", "started_at", "ended_at")
        return {
            **{name: getattr(row, name) for name in (*same, *moments)},
            "id": row.pk,
            "organisation": Named(id=row.organisation_id, name=row.organisation.display_name),
            "submitter": Named(id=row.submitter_id, name=row.submitter.name),
            "standing": Standing.of(JOB, row.state),
            "failure": row.failure or None,
            "explanation": row.explanation or None,
        }

    @classmethod
    def of(cls, row: Job) -> Self:
        return cls(**cls.facts(row))


class OutputTold(Told):
    name: str
    sha256: str
    bytes: int


class JobDetail(JobTold):
    """A job with what it was given, what was measured of its run, and what it left."""

    spec: dict[str, Any]
    code_sha256: str
    inputs: dict[str, str]
    measured: dict[str, Any]
    outputs: list[OutputTold]
    used: Amount | None
    commands: list[str]

    @classmethod
    def whole(cls, row: Job, *, usage: UsageRecord | None, commands: list[str]) -> Self:
        return cls(
            **cls.facts(row),
            spec=row.spec,
            code_sha256=row.code_sha256,
            inputs=row.measured.get("inputs", {}),
            measured={name: row.measured[name] for name in MEASURED if name in row.measured},
            outputs=[OutputTold(**output) for output in row.outputs],
            used=None if usage is None else Amount.of(Quantity.of(usage.amount, usage.unit)),
            commands=commands,
        )


class LogTold(Told):
    """A piece of what the job printed, which is untrusted text. Ask again with `next_offset` until `is_complete`."""

    text: str
    next_offset: int
    is_complete: bool
