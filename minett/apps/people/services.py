"""Writes about persons, organisations, memberships and tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from minett.apps.ledger import services as ledger
from minett.apps.people.models import ApiToken, Membership, Organisation, User
from minett.kernel.actor import Actor, Role
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Absent, BadInput, Clash, Expired
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import HouseFacts, MembershipFacts, TokenFacts

TOKEN_MARK = "minett_"  # noqa: S105 - the public mark that lets scanners find a leaked token.
LONGEST_TOKEN_LIFE = timedelta(days=366)


class MailAlreadyKnown(Clash):
    code = "mail-already-known"
    sentence = _("There is already an account with this mail address. Sign in, or use another address.")


class OrganisationAlreadyKnown(Clash):
    code = "organisation-already-known"
    sentence = _("An organisation with this registry number is already known.")


class TokenUnknown(Absent):
    code = "token-unknown"
    sentence = _("This token is not known here. Make a new one on your account page.")


class TokenExpired(Expired):
    code = "token-expired"
    sentence = _("This token ended on %(until)s. Make a new one on your account page.")


class TokenLifeTooLong(BadInput):
    code = "token-life-too-long"
    sentence = _("A token lives at least one hour and at most 366 days. Choose an end in between.")


@transaction.atomic
def register_person(actor: Actor, *, now: datetime, email: str, name: str, language: str, password: str | None) -> User:
    """Make an account; without a password the person signs in by another way (OIDC, a reset mail)."""
    decision = demand(actor, Action.PERSON_CREATE, HouseFacts())
    if User.objects.filter(email__iexact=email).exists():
        raise MailAlreadyKnown
    person = User(email=email.lower(), name=name, language=language, joined_at=now)
    if password is None:
        person.set_unusable_password()
    else:
        person.set_password(password)
    person.save()
    # The mail address stays out of the ledger, which can never forget.
    ledger.record(
        actor,
        now=now,
        action=Action.PERSON_CREATE,
        noun="person",
        noun_id=person.pk,
        decision=decision,
        after={"name": name},
    )
    return person


@transaction.atomic
def register_organisation(
    actor: Actor,
    *,
    now: datetime,
    kind: str,
    legal_name: str,
    country: str,
    trade_name: str = "",
    registry_number: str = "",
    vat_number: str = "",
    nace: str = "",
    staff: int | None = None,
    turnover_eur: Decimal | None = None,
    balance_sheet_eur: Decimal | None = None,
    founded_on: date | None = None,
    partner_code: str = "",
    is_invented: bool = False,
) -> Organisation:
    """Make an organisation. The registry number may be used once per country."""
    decision = demand(actor, Action.ORGANISATION_CREATE, HouseFacts())
    taken = Organisation.objects.filter(country=country, registry_number=registry_number)
    if registry_number and taken.exists():
        raise OrganisationAlreadyKnown
    organisation = Organisation.objects.create(
        kind=kind,
        legal_name=legal_name,
        trade_name=trade_name,
        country=country,
        registry_number=registry_number,
        vat_number=vat_number,
        nace=nace,
        staff=staff,
        turnover_eur=turnover_eur,
        balance_sheet_eur=balance_sheet_eur,
        founded_on=founded_on,
        partner_code=partner_code,
        is_invented=is_invented,
        created_at=now,
    )
    ledger.record(
        actor,
        now=now,
        action=Action.ORGANISATION_CREATE,
        noun="organisation",
        noun_id=organisation.pk,
        decision=decision,
        after={"legal_name": legal_name, "kind": kind, "country": country},
    )
    return organisation


@transaction.atomic
def give_role(actor: Actor, *, now: datetime, person: User, organisation: Organisation, role: Role) -> Membership:
    """Let a person act for an organisation in a role; giving it twice changes nothing.

    The front desk gives the roles of companies, the factory's management those of its staff; nobody gives one to
    themselves. Raises NotAllowed.
    """
    decision = demand(actor, Action.MEMBERSHIP_GIVE, MembershipFacts(person_id=person.pk, role=role))
    held = Membership.objects.filter(person=person, organisation=organisation, role=role, until_at=None).first()
    if held is not None:
        return held
    membership = Membership.objects.create(person=person, organisation=organisation, role=role, since_at=now)
    ledger.record(
        actor,
        now=now,
        action=Action.MEMBERSHIP_GIVE,
        noun="membership",
        noun_id=membership.pk,
        decision=decision,
        after={"person": person.pk, "organisation": organisation.pk, "role": role.value},
    )
    return membership


@transaction.atomic
def issue_token(
    actor: Actor, *, now: datetime, name: str, scopes: tuple[str, ...], expires_at: datetime
) -> tuple[ApiToken, str]:
    """Make an API token for the actor; returns the row and the token itself, which is shown this once."""
    decision = demand(actor, Action.TOKEN_MANAGE, TokenFacts(owner_id=actor.person_id))
    if not now + timedelta(hours=1) <= expires_at <= now + LONGEST_TOKEN_LIFE:
        raise TokenLifeTooLong
    raw = TOKEN_MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        person_id=actor.must_be_person(),
        name=name,
        prefix=raw[:12],
        digest=digest_of(raw),
        scopes=list(scopes),
        created_at=now,
        expires_at=expires_at,
    )
    ledger.record(
        actor,
        now=now,
        action=Action.TOKEN_MANAGE,
        noun="token",
        noun_id=token.pk,
        decision=decision,
        after={"name": name, "scopes": list(scopes), "until": expires_at},
    )
    return token, raw


@transaction.atomic
def revoke_token(actor: Actor, *, now: datetime, token_id: int) -> None:
    """End a token at once."""
    token = ApiToken.objects.select_for_update().filter(pk=token_id).first()
    if token is None or token.person_id != actor.person_id:
        raise TokenUnknown
    decision = demand(actor, Action.TOKEN_MANAGE, TokenFacts(owner_id=token.person_id))
    if token.revoked_at is not None:
        return
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    ledger.record(
        actor,
        now=now,
        action=Action.TOKEN_MANAGE,
        noun="token",
        noun_id=token.pk,
        decision=decision,
        after={"revoked": now},
    )


def digest_of(raw: str) -> str:
    """Return the digest that is stored; a token has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(raw.encode()).hexdigest()


def use_token(raw: str, *, now: datetime) -> ApiToken:
    """Return the live token for what a client sent, and note its use (to the minute).

    Raises TokenUnknown for forged, foreign or revoked tokens, TokenExpired after its end.
    """
    token = ApiToken.objects.select_related("person").filter(digest=digest_of(raw)).first()
    if token is None or token.revoked_at is not None or not token.person.is_active:
        raise TokenUnknown
    if now >= token.expires_at:
        raise TokenExpired(until=token.expires_at.isoformat(timespec="minutes"))
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token
