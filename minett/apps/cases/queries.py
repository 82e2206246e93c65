"""Reads about cases: lists with filters, and what the case page shows."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from minett.apps.cases import access
from minett.apps.cases.models import Assessment, Case, Engagement, Message, UseCaseDocument
from minett.kernel.actor import Actor
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.states import CASE


def listing(
    actor: Actor, *, state: str = "", search: str = "", mine: bool = False, unassigned: bool = False
) -> QuerySet[Case]:
    """Return the actor's cases, newest first, narrowed by the filters."""
    cases = access.visible(actor).order_by("-id")
    if state in CASE.standings:
        cases = cases.filter(state=state)
    if search:
        words = search[:100]
        cases = cases.filter(
            Q(title__icontains=words)
            | Q(number__icontains=words)
            | Q(organisation__legal_name__icontains=words)
            | Q(organisation__trade_name__icontains=words)
        )
    if mine:
        cases = cases.filter(adviser_id=actor.person_id)
    return cases.filter(adviser__isnull=True) if unassigned else cases


def at_risk(actor: Actor) -> QuerySet[Case]:
    """Return open cases by promise at risk: the earliest promised day first, cases without a promise last."""
    open_states = [state for state in CASE.standings if not CASE.is_final(state)]
    theirs = access.visible(actor).filter(state__in=open_states).filter(Q(adviser_id=actor.person_id) | Q(state="new"))
    return theirs.order_by(F("due_on").asc(nulls_last=True), "-id")


def messages(actor: Actor, case: Case) -> QuerySet[Message]:
    """Return the messages of an obtained case, newest first; internal ones only for those who may read them."""
    rows = Message.objects.filter(case=case).order_by("-id")
    internal = decide(actor, Action.MESSAGE_VIEW_INTERNAL, access.facts_of(case, partners=actor.organisations))
    return rows if internal else rows.filter(is_internal=False)


def engagements(case: Case) -> QuerySet[Engagement]:
    return Engagement.objects.filter(case=case).select_related("service__entry", "partner").order_by("id")


def documents(case: Case) -> QuerySet[UseCaseDocument]:
    return UseCaseDocument.objects.filter(case=case).order_by("-version")


def assessments(case: Case) -> QuerySet[Assessment]:
    return Assessment.objects.filter(case=case).order_by("-id")


def case_of_need(need_id: int) -> Case | None:
    return Case.objects.filter(need_id=need_id).first()
