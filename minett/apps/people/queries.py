"""Reads about persons and organisations."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from minett.apps.people.models import ApiToken, Membership, Organisation, User
from minett.kernel.actor import COMPANY_ROLES, STAFF_ROLES, Actor, ActorKind, Role
from minett.policy.actions import Action
from minett.policy.decide import covers, decide
from minett.policy.rules.house import TokenFacts


def actor_of(user: User, *, scopes: tuple[str, ...] | None = None, now: datetime | None = None) -> Actor:
    """Return the actor behind an account; one query."""
    held = Membership.objects.filter(person_id=user.pk)
    alive = Q(until_at__isnull=True) if now is None else Q(until_at__isnull=True) | Q(until_at__gt=now)
    pairs = held.filter(alive).values_list("organisation_id", "role")
    return Actor(
        kind=ActorKind.PERSON,
        key=f"person:{user.pk}",
        name=user.name,
        person_id=user.pk,
        memberships=frozenset((organisation, Role(role)) for organisation, role in pairs),
        language=user.language,
        scopes=None if scopes is None else frozenset(scopes),
    )


def visible_organisations(actor: Actor) -> QuerySet[Organisation]:
    """All for the factory's staff and robots, one's own for companies, none for visitors."""
    if not covers(actor, Action.ORGANISATION_VIEW):
        return Organisation.objects.none()
    if actor.is_robot or actor.has(*STAFF_ROLES):
        return Organisation.objects.all()
    return Organisation.objects.filter(pk__in=actor.organisations)


def own_tokens(actor: Actor) -> QuerySet[ApiToken]:
    """Return one's own tokens, newest first; none for whoever comes with a token."""
    rows = ApiToken.objects.filter(person_id=actor.person_id).order_by("-id")
    return rows if decide(actor, Action.TOKEN_MANAGE, TokenFacts(actor.person_id)) else rows.none()


def company_of(actor: Actor) -> int | None:
    """Return the organisation for which the actor acts as a company's person (the lowest id of several)."""
    ids = sorted(organisation for organisation, role in actor.memberships if role in COMPANY_ROLES)
    return ids[0] if ids else None


def partner_organisation(code: str) -> Organisation | None:
    return Organisation.objects.filter(partner_code=code).first()


def person_by_mail(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()
