"""Writes about needs and cases. A state changes only by a command of the table in `policy.states`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from minett.apps.cases import access
from minett.apps.cases.models import Assessment, Case, Engagement, Message, Need, UseCaseDocument
from minett.apps.catalogue.models import EntryVersion
from minett.apps.ledger import chain
from minett.apps.ledger import services as ledger
from minett.apps.people import queries as people
from minett.kernel.actor import Actor
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput, Clash
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.decision import Decision
from minett.policy.rules.house import HouseFacts, NeedFacts
from minett.policy.states import CASE, CommandNotInTable

LONGEST_MESSAGE = 10_000


class ReasonMissing(BadInput):
    code = "reason-missing"
    sentence = _("Please give a reason: whoever reads this later needs to understand the decision.")


class MessageUnusable(BadInput):
    code = "message-unusable"
    sentence = _("A message needs between 1 and 10,000 characters.")


class CaseWithoutCompany(Clash):
    code = "case-without-company"
    sentence = _("Say first which company the case belongs to.")


class DecidedAlready(Clash):
    code = "decided-already"
    sentence = _("This version of the document was decided already.")


@transaction.atomic
def write_need(
    actor: Actor, *, now: datetime, text: str, language: str, plan: dict[str, Any], organisation_id: int | None
) -> Need:
    """Keep a need and the plan that answers it; its secret address is all that is needed to come back."""
    decision = demand(actor, Action.NEED_WRITE, HouseFacts())
    need = Need.objects.create(
        secret=secrets.token_urlsafe(32)[:43],
        text=text,
        language=language,
        plan=plan,
        organisation_id=organisation_id,
        created_at=now,
    )
    ledger.record(
        actor,
        now=now,
        action=Action.NEED_WRITE,
        noun="need",
        noun_id=need.pk,
        decision=decision,
        after={"language": language, "characters": len(text), "usecase": plan.get("chosen")},
    )
    return need


@transaction.atomic
def open_case(actor: Actor, *, now: datetime, need: Need, title: str, contact_email: str, channel: str) -> Case:
    """Make the case of a need; a need has one case, so asking twice returns the same."""
    decision = demand(actor, Action.CASE_OPEN, NeedFacts(knows_secret=True))
    locked = Need.objects.select_for_update().get(pk=need.pk)
    known = Case.objects.filter(need_id=locked.pk).first()
    if known is not None:
        return known
    organisation_id = locked.organisation_id or people.company_of(actor)
    if contact_email and contact_email != locked.contact_email:
        locked.contact_email = contact_email
        locked.save(update_fields=["contact_email"])
    case = Case.objects.create(
        number=f"{now.year}-{locked.pk:05d}",
        need=locked,
        organisation_id=organisation_id,
        title=title[:200],
        channel=channel,
        language=locked.language,
        plan=locked.plan,
        opened_at=now,
        holder_since_at=now,
        due_on=due(now, CASE.initial),
    )
    _tell(actor, case, now=now, action=Action.CASE_OPEN, decision=decision, before=None)
    return case


@transaction.atomic
def take(actor: Actor, *, now: datetime, case_id: int, organisation_id: int | None = None) -> Case:
    """Let an adviser take a case, and say which company it belongs to when that is not known yet."""
    case, decision = _locked(actor, Action.CASE_TAKE, case_id)
    before = case.state
    _step(case, "take", now)
    case.adviser_id = actor.person_id
    if case.organisation_id is None and organisation_id is not None:
        case.organisation_id = organisation_id
        # Whose case it is was not known before, so whether this adviser may take it is asked again.
        decision = demand(actor, Action.CASE_TAKE, access.facts_of(case))
    case.first_answer_at = case.first_answer_at or now
    case.save(update_fields=["adviser", "organisation", "first_answer_at", *STATE_FIELDS])
    _tell(actor, case, now=now, action=Action.CASE_TAKE, decision=decision, before=before)
    return case


@transaction.atomic
def agree_plan(
    actor: Actor,
    *,
    now: datetime,
    case_id: int,
    usecase: EntryVersion,
    services: Sequence[EntryVersion],
    title: str,
    reason: str,
) -> Case:
    """Fix the use case and the services of the plan; partners see the case from here on."""
    case, decision = _locked(actor, Action.PLAN_AGREE, case_id)
    if case.organisation_id is None:
        raise CaseWithoutCompany
    before = case.state
    _step(case, "agree_plan", now)
    case.usecase, case.title = usecase, title[:200]
    case.save(update_fields=["usecase", "title", *STATE_FIELDS])
    for service in services:
        _engage(case, service, now)
    agreed = {"usecase": usecase.entry.code, "services": [service.entry.code for service in services]}
    _tell(actor, case, now=now, action=Action.PLAN_AGREE, decision=decision, before=before, reason=reason, more=agreed)
    return case


def _engage(case: Case, service: EntryVersion, now: datetime) -> None:
    for code in service.content.get("partners", [])[:1]:
        Engagement.objects.get_or_create(
            case=case,
            service=service,
            defaults={
                "partner": people.partner_organisation(code),
                "partner_code": code,
                "step": service.content["step"],
                "agreed_at": now,
            },
        )


@transaction.atomic
def write_message(actor: Actor, *, now: datetime, case_id: int, body: str, is_internal: bool = False) -> Message:
    """Write into the case; internal messages are for the factory's staff alone."""
    action = Action.MESSAGE_WRITE_INTERNAL if is_internal else Action.MESSAGE_WRITE
    case, decision = _locked(actor, action, case_id)
    words = body.replace("\x00", "").strip()
    if not 0 < len(words) <= LONGEST_MESSAGE:
        raise MessageUnusable
    message = Message.objects.create(
        case=case,
        author_id=actor.person_id,
        author_name=actor.name,
        body=words,
        is_internal=is_internal,
        written_at=now,
    )
    ledger.record(
        actor,
        now=now,
        action=action,
        noun="message",
        noun_id=message.pk,
        decision=decision,
        after={"internal": is_internal, "characters": len(words)},
        case_id=case.pk,
    )
    return message


@transaction.atomic
def assess(
    actor: Actor, *, now: datetime, case_id: int, kind: str, rule_set: str, result: dict[str, Any]
) -> Assessment:
    """Keep an answer of the thinking floor with the case; the adviser who keeps it confirms it."""
    case, decision = _locked(actor, Action.PLAN_AGREE, case_id)
    row = Assessment.objects.create(
        case=case, kind=kind, rule_set=rule_set, result=result, confirmed_by_id=actor.person_id, made_at=now
    )
    ledger.record(
        actor,
        now=now,
        action=Action.PLAN_AGREE,
        noun="assessment",
        noun_id=row.pk,
        decision=decision,
        after={"kind": kind, "rules": rule_set},
        case_id=case.pk,
    )
    return row


@transaction.atomic
def write_document(actor: Actor, *, now: datetime, case_id: int, content: dict[str, Any]) -> UseCaseDocument:
    """Write a version of the use-case document; the company decides on exactly this content."""
    case, decision = _locked(actor, Action.DOCUMENT_WRITE, case_id)
    before = case.state
    _step(case, "write_document", now)
    case.save(update_fields=STATE_FIELDS)
    document = UseCaseDocument.objects.create(
        case=case,
        version=UseCaseDocument.objects.filter(case=case).count() + 1,
        content=content,
        sha256=hashlib.sha256(chain.canonical(content).encode()).hexdigest(),
        author_id=actor.must_be_person(),
        written_at=now,
    )
    written = {"document": document.pk, "version": document.version, "sha256": document.sha256}
    _tell(actor, case, now=now, action=Action.DOCUMENT_WRITE, decision=decision, before=before, more=written)
    return document


@transaction.atomic
def attach_pdf(actor: Actor, *, now: datetime, document_id: int, path: str, sha256: str) -> None:
    """Note where the printed document lies; the same file again changes nothing."""
    document = UseCaseDocument.objects.select_for_update().select_related("case").get(pk=document_id)
    if document.pdf_sha256 == sha256:
        return
    decision = demand(actor, Action.CASE_MOVE, access.facts_of(document.case))
    document.pdf_path, document.pdf_sha256 = path, sha256
    document.save(update_fields=["pdf_path", "pdf_sha256"])
    ledger.record(
        actor,
        now=now,
        action=Action.DOCUMENT_WRITE,
        noun="document",
        noun_id=document.pk,
        decision=decision,
        after={"pdf_sha256": sha256},
        case_id=document.case_id,
    )


@transaction.atomic
def decide_document(actor: Actor, *, now: datetime, document_id: int, decision: str, reason: str) -> UseCaseDocument:
    """Decide go, revise or stop on the newest document, with a reason."""
    document = UseCaseDocument.objects.select_for_update().select_related("case").get(pk=document_id)
    case, ruling = _locked(actor, Action.DOCUMENT_DECIDE, document.case_id)
    if not reason.strip():
        raise ReasonMissing
    if document.decision:
        raise DecidedAlready
    before = case.state
    _step(case, f"decide_{decision}", now)
    case.save(update_fields=STATE_FIELDS)
    document.decision, document.decision_reason = decision, reason.strip()
    document.decided_by_id, document.decided_at = actor.person_id, now
    document.save(update_fields=["decision", "decision_reason", "decided_by", "decided_at"])
    chosen = {"document": document.pk, "decision": decision, "sha256": document.sha256}
    _tell(
        actor, case, now=now, action=Action.DOCUMENT_DECIDE, decision=ruling, before=before, reason=reason, more=chosen
    )
    return document


@transaction.atomic
def move(actor: Actor, *, now: datetime, case_id: int, command: str, reason: str = "") -> Case:
    """Take one step of the table that no other service takes: build and close, or follow a release or measurement.

    A release and a measurement are decided where they happen; only the platform moves the case after them.
    """
    case = Case.objects.select_for_update().get(pk=case_id)
    transition = CASE.step(case.state, command)
    own = transition.action is Action.CASE_MOVE
    if not own and not (actor.is_robot and transition.action in FOLLOWED):
        raise CommandNotInTable(state=case.state, command=command, noun=CASE.noun)
    decision = demand(actor, Action.CASE_MOVE, access.facts_of(case))
    before = case.state
    _step(case, command, now)
    case.save(update_fields=STATE_FIELDS)
    _tell(actor, case, now=now, action=Action.CASE_MOVE, decision=decision, before=before, reason=reason)
    return case


STATE_FIELDS = ["state", "holder_since_at", "due_on"]
FOLLOWED = frozenset({Action.MODEL_RELEASE, Action.IMPACT_RECORD})


def due(now: datetime, state: str) -> date | None:
    """Return the day by which the next step of a state is promised, counting working days."""
    days = CASE.standings[state].promised_days
    day = now.date()
    for _step_day in range(days or 0):
        day += timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
    return day if days else None


SATURDAY = 5


def _locked(actor: Actor, action: Action, case_id: int) -> tuple[Case, Decision]:
    """Obtain the case for the action, then lock its row: the state that is checked is the state that is changed."""
    access.obtain(actor, action, case_id)
    case = Case.objects.select_for_update().get(pk=case_id)
    return case, demand(actor, action, access.facts_of(case))


def _step(case: Case, command: str, now: datetime) -> None:
    case.state = CASE.step(case.state, command).to
    case.holder_since_at, case.due_on = now, due(now, case.state)


def _tell(
    actor: Actor,
    case: Case,
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
        noun="case",
        noun_id=case.pk,
        decision=decision,
        reason=reason.strip(),
        before={"state": before},
        after={"state": case.state, **(more or {})},
        case_id=case.pk,
    )
