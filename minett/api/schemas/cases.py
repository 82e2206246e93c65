"""Cases with their messages, use-case documents and timeline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool

from minett.api.schemas.base import Code, Given, GivenId, Moment, Named, Reason, Standing, Texts, Told
from minett.apps.cases.models import Assessment, Case, Engagement, Message, UseCaseDocument
from minett.apps.ledger.models import Entry
from minett.policy.states import CASE


class TakeGiven(Given):
    """`organisation_id`: the company that the case belongs to, where nothing says so yet; never changes a known one."""

    organisation_id: GivenId | None = None


class PlanGiven(Given):
    usecase: Code
    services: Annotated[list[Code], Field(max_length=40)]
    reason: Reason = ""


class MessageGiven(Given):
    text: str = Field(description="Between 1 and 10,000 characters.")
    is_internal: StrictBool = False


class MoveGiven(Given):
    """The steps that have no operation of their own; what is released or measured moves its case by itself."""

    command: Literal["build", "close"]
    reason: Reason = ""


class DocumentGiven(Given):
    sections: dict[Annotated[str, Field(max_length=40)], str]


class DecisionGiven(Given):
    decision: Literal["go", "revise", "stop"]
    reason: Reason


class CaseTold(Told):
    id: int
    number: str
    title: str
    language: str
    channel: str
    organisation: Named | None
    adviser: Named | None
    standing: Standing
    opened_at: Moment
    holder_since_at: Moment
    due_on: date | None

    @classmethod
    def facts(cls, case: Case) -> dict[str, Any]:
        company, adviser = case.organisation, case.adviser
        return {
            "id": case.pk,
            "number": case.number,
            "title": case.title,
            "language": case.language,
            "channel": case.channel,
            "organisation": company and Named(id=company.pk, name=company.display_name),
            "adviser": adviser and Named(id=adviser.pk, name=adviser.name),
            "standing": Standing.of(CASE, case.state),
            "opened_at": case.opened_at,
            "holder_since_at": case.holder_since_at,
            "due_on": case.due_on,
        }

    @classmethod
    def of(cls, case: Case) -> Self:
        return cls(**cls.facts(case))


class EngagementTold(Told):
    service: str
    title: Texts
    step: str
    partner: str
    agreed_at: Moment

    @classmethod
    def of(cls, row: Engagement) -> Self:
        return cls(
            service=row.service.entry.code,
            title=row.service.content["title"],
            step=row.step,
            partner=row.partner_code,
            agreed_at=row.agreed_at,
        )


class AssessmentTold(Told):
    kind: str
    rule_set: str
    result: dict[str, Any]
    made_at: Moment

    @classmethod
    def of(cls, row: Assessment) -> Self:
        return cls(kind=row.kind, rule_set=row.rule_set, result=row.result, made_at=row.made_at)


class CaseDetail(CaseTold):
    """A case with its need and plan. `commands`: the steps that whoever asks may take now."""

    need: str
    plan: dict[str, Any]
    engagements: list[EngagementTold]
    assessments: list[AssessmentTold]
    commands: list[str]

    @classmethod
    def whole(
        cls,
        case: Case,
        *,
        engagements: Iterable[Engagement],
        assessments: Iterable[Assessment],
        commands: list[str],
    ) -> Self:
        return cls(
            **cls.facts(case),
            need=case.need.text,
            plan=case.plan,
            engagements=[EngagementTold.of(row) for row in engagements],
            assessments=[AssessmentTold.of(row) for row in assessments],
            commands=commands,
        )


class MessageTold(Told):
    id: int
    author: str
    text: str
    is_internal: bool
    written_at: Moment

    @classmethod
    def of(cls, row: Message) -> Self:
        return cls(
            id=row.pk, author=row.author_name, text=row.body, is_internal=row.is_internal, written_at=row.written_at
        )


class DraftTold(Told):
    sections: Texts


class DocumentTold(Told):
    """A version of the use-case document. `pdf` is its address once the worker has printed it."""

    id: int
    version: int
    content: dict[str, Any]
    sha256: str
    written_at: Moment
    pdf: str | None
    pdf_sha256: str | None
    decision: str | None
    decision_reason: str | None
    decided_at: Moment | None

    @classmethod
    def of(cls, row: UseCaseDocument, *, pdf: str) -> Self:
        return cls(
            id=row.pk,
            version=row.version,
            content=row.content,
            sha256=row.sha256,
            written_at=row.written_at,
            pdf=pdf if row.pdf_path else None,
            pdf_sha256=row.pdf_sha256 or None,
            decision=row.decision or None,
            decision_reason=row.decision_reason or None,
            decided_at=row.decided_at,
        )


class EventTold(Told):
    """One line of a case's timeline: who did what to which thing, by which rule, and why."""

    number: int
    at: Moment
    actor: str
    action: str
    noun: str
    noun_id: str
    state_before: str | None
    state_after: str | None
    rule: str
    reason: str

    @classmethod
    def of(cls, row: Entry) -> Self:
        return cls(
            number=row.number,
            at=row.at,
            actor=row.actor_name,
            action=row.action,
            noun=row.noun,
            noun_id=row.noun_id,
            state_before=_state(row.before),
            state_after=_state(row.after),
            rule=row.rule,
            reason=row.reason,
        )


def _state(told: Any) -> str | None:
    state = told.get("state") if isinstance(told, dict) else None
    return state if isinstance(state, str) else None
