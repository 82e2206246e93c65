"""Handing out needs and cases. `visible` lists exactly what `obtain` would open."""

from __future__ import annotations

import re
import secrets

from django.db.models import Exists, OuterRef, Q, QuerySet

from minett.apps.cases.models import Case, Engagement, Need, UseCaseDocument
from minett.kernel.actor import Actor, Role
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import covers, decide, demand
from minett.policy.rules.cases import CASE_READERS, CaseFacts
from minett.policy.rules.house import NeedFacts

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def facts_of(case: Case, *, partners: frozenset[int] | None = None) -> CaseFacts:
    """Return what the rules need to know; reads the engaged partners unless they are given."""
    if partners is None:
        engaged = Engagement.objects.filter(case_id=case.pk, partner__isnull=False)
        partners = frozenset(engaged.values_list("partner_id", flat=True))
    return CaseFacts(
        organisation_id=case.organisation_id, adviser_id=case.adviser_id, partners=partners, state=case.state
    )


def visible(actor: Actor) -> QuerySet[Case]:
    """All cases that the actor may open."""
    cases = Case.objects.select_related("organisation", "adviser")
    if not covers(actor, Action.CASE_VIEW):
        return cases.none()
    if actor.is_robot or actor.has(*CASE_READERS):
        return cases
    mine = Q(organisation_id__in=actor.organisations)
    if serves := [partner for partner in actor.organisations if actor.has_in(partner, Role.PARTNER_STAFF)]:
        engaged = Engagement.objects.filter(case_id=OuterRef("pk"), partner_id__in=serves)
        mine |= Q(Exists(engaged))
    return cases.filter(mine)


def obtain(actor: Actor, action: Action, case_id: int) -> Case:
    """Return the case; raise Absent when it is missing or hidden, NotAllowed when seen but not allowed."""
    case = Case.objects.select_related("organisation", "adviser", "need").filter(pk=case_id).first()
    if case is None:
        raise Absent
    facts = facts_of(case)
    if not decide(actor, Action.CASE_VIEW, facts) and not decide(actor, action, facts):
        raise Absent
    demand(actor, action, facts)
    return case


def lock(case_id: int) -> None:
    """Put those who change a case in line until the open transaction ends; it decides nothing.

    A journey that changes a case behind another noun takes this lock first. Every row of the ledger waits for the
    ledger's end, so whoever holds that end and then waits for a case may wait for somebody who waits for the end.
    """
    Case.objects.select_for_update().filter(pk=case_id).values_list("pk").first()


def obtain_need(actor: Actor, action: Action, secret: str) -> Need:
    """Return the need with this secret address, or raise Absent."""
    # What cannot be an address is not looked for: a database may fail on signs that are no text.
    need = Need.objects.filter(secret=secret).first() if SECRET.fullmatch(secret) else None
    if need is None or not secrets.compare_digest(need.secret, secret):
        raise Absent
    demand(actor, action, NeedFacts(knows_secret=True, organisation_id=need.organisation_id))
    return need


def obtain_document(actor: Actor, action: Action, document_id: int) -> UseCaseDocument:
    """Return the use-case document of a case that the actor may see."""
    document = UseCaseDocument.objects.select_related("case__organisation", "author").filter(pk=document_id).first()
    if document is None:
        raise Absent
    obtain(actor, action, document.case_id)
    return document
