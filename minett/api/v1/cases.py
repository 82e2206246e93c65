"""Cases: list, detail, the steps of the state table, messages, timeline."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router
from pydantic import Field

from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id, commands_of, known_state
from minett.api.schemas.cases import (
    CaseDetail,
    CaseTold,
    EventTold,
    MessageGiven,
    MessageTold,
    MoveGiven,
    PlanGiven,
    TakeGiven,
)
from minett.apps.cases import access, queries, services
from minett.apps.cases.models import Case
from minett.apps.ledger import queries as ledger
from minett.journeys import open_case, register_company
from minett.kernel.actor import Actor
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.states import CASE

router = Router()
INTERNAL = (Action.MESSAGE_WRITE_INTERNAL, Action.MESSAGE_VIEW_INTERNAL)


@operation(router, "GET", "/cases", action=Action.CASE_VIEW, answer=Page[CaseTold])
def cases(
    request: ApiRequest,
    paging: Query[Paging],
    state: str = "",
    search: Annotated[str, Field(max_length=100)] = "",
    *,
    mine: bool = False,
    unassigned: bool = False,
) -> Page[CaseTold]:
    """List the cases that whoever asks may open, newest first."""
    rows = queries.listing(
        request.actor, state=known_state(CASE, state), search=search, mine=mine, unassigned=unassigned
    )
    return page(rows, paging, CaseTold.of)


@operation(router, "GET", "/cases/{case_id}", action=Action.CASE_VIEW, answer=CaseDetail)
def case(request: ApiRequest, case_id: Id) -> CaseDetail:
    """Read one case with its need, plan, engaged services, and the steps that can be taken now."""
    return _detail(request.actor, access.obtain(request.actor, Action.CASE_VIEW, case_id))


def _detail(actor: Actor, found: Case) -> CaseDetail:
    return CaseDetail.whole(
        found,
        engagements=queries.engagements(found),
        assessments=queries.assessments(found),
        commands=commands_of(actor, CASE, found.state, access.facts_of(found)),
    )


def _again(request: ApiRequest, case_id: int) -> CaseDetail:
    """Read the case after it was changed."""
    return _detail(request.actor, access.obtain(request.actor, Action.CASE_VIEW, case_id))


@operation(router, "POST", "/cases/{case_id}/take", action=Action.CASE_TAKE, answer=CaseDetail)
def take(request: ApiRequest, case_id: Id, body: TakeGiven) -> CaseDetail:
    """Take a case as its adviser."""
    register_company.take_for_company(
        request.actor, now=request.now, case_id=case_id, organisation_id=body.organisation_id
    )
    return _again(request, case_id)


@operation(router, "POST", "/cases/{case_id}/plan", action=Action.PLAN_AGREE, answer=CaseDetail)
def agree_plan(request: ApiRequest, case_id: Id, body: PlanGiven) -> CaseDetail:
    """Agree the plan: fix the use case and the services."""
    open_case.agree_plan(
        request.actor,
        now=request.now,
        case_id=case_id,
        usecase=body.usecase,
        service_codes=body.services,
        reason=body.reason,
    )
    return _again(request, case_id)


@operation(router, "POST", "/cases/{case_id}/move", action=Action.CASE_MOVE, answer=CaseDetail)
def move(request: ApiRequest, case_id: Id, body: MoveGiven) -> CaseDetail:
    """Take a step that has no operation of its own: start building, or close."""
    access.obtain(request.actor, Action.CASE_MOVE, case_id)
    services.move(request.actor, now=request.now, case_id=case_id, command=body.command, reason=body.reason)
    return _again(request, case_id)


@operation(router, "GET", "/cases/{case_id}/messages", action=Action.CASE_VIEW, answer=Page[MessageTold])
def messages(request: ApiRequest, case_id: Id, paging: Query[Paging]) -> Page[MessageTold]:
    """List the messages of a case, newest first; internal ones for the factory's staff alone."""
    found = access.obtain(request.actor, Action.CASE_VIEW, case_id)
    return page(queries.messages(request.actor, found), paging, MessageTold.of)


@operation(router, "POST", "/cases/{case_id}/messages", action=Action.MESSAGE_WRITE, answer=MessageTold, status=201)
def write_message(request: ApiRequest, case_id: Id, body: MessageGiven) -> MessageTold:
    """Write a message into a case."""
    written = services.write_message(
        request.actor, now=request.now, case_id=case_id, body=body.text, is_internal=body.is_internal
    )
    return MessageTold.of(written)


@operation(router, "GET", "/cases/{case_id}/timeline", action=Action.CASE_VIEW, answer=Page[EventTold])
def timeline(request: ApiRequest, case_id: Id, paging: Query[Paging]) -> Page[EventTold]:
    """List what was done in a case, newest first, as the ledger has it."""
    found = access.obtain(request.actor, Action.CASE_VIEW, case_id)
    rows = ledger.timeline(request.actor, found.pk)
    if not decide(request.actor, Action.MESSAGE_VIEW_INTERNAL, access.facts_of(found)):
        rows = rows.exclude(action__in=INTERNAL)
    return page(rows, paging, EventTold.of)
