"""Accounts, organisations and tokens: who may make them, and when a token stops."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from minett.apps.people import access, queries, services
from minett.apps.people.models import ApiToken, Organisation
from minett.kernel.actor import Role
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed, decide
from minett.policy.rules.house import OrganisationFacts
from tests.cast import Cast


@pytest.fixture
def token(cast: Cast, now: datetime) -> tuple[ApiToken, str]:
    return services.issue_token(
        cast.engineer.actor, now=now, name="laptop", scopes=("case:*",), expires_at=now + timedelta(days=10)
    )


def test_a_token_works_until_its_end_and_is_kept_as_a_hash(token: tuple[ApiToken, str], now: datetime):
    row, raw = token

    used = services.use_token(raw, now=now)

    assert used.pk == row.pk
    assert raw not in row.digest
    with pytest.raises(services.TokenExpired):
        services.use_token(raw, now=now + timedelta(days=10))


def test_forged_and_revoked_tokens_are_unknown(token: tuple[ApiToken, str], cast: Cast, now: datetime):
    row, raw = token
    with pytest.raises(services.TokenUnknown):
        services.use_token(raw[:-1] + ("a" if raw[-1] != "a" else "b"), now=now)

    services.revoke_token(cast.engineer.actor, now=now, token_id=row.pk)

    with pytest.raises(services.TokenUnknown):
        services.use_token(raw, now=now)


def test_a_foreign_token_cannot_be_revoked(token: tuple[ApiToken, str], cast: Cast, now: datetime):
    with pytest.raises(services.TokenUnknown):
        services.revoke_token(cast.rival.actor, now=now, token_id=token[0].pk)


def test_a_token_narrows_what_its_owner_may_do(token: tuple[ApiToken, str], cast: Cast, now: datetime):
    actor = queries.actor_of(cast.engineer.user, scopes=tuple(token[0].scopes))
    facts = OrganisationFacts(cast.company.pk)

    assert decide(cast.engineer.actor, Action.ORGANISATION_VIEW, facts)
    assert decide(actor, Action.ORGANISATION_VIEW, facts).rule == "token-scope"
    with pytest.raises(NotAllowed):
        services.issue_token(actor, now=now, name="child", scopes=("*",), expires_at=now + timedelta(days=1))


@pytest.mark.parametrize("life", [timedelta(minutes=1), timedelta(days=400)])
def test_a_token_life_is_between_an_hour_and_a_year(cast: Cast, now: datetime, life: timedelta):
    with pytest.raises(services.TokenLifeTooLong):
        services.issue_token(cast.engineer.actor, now=now, name="x", scopes=("*",), expires_at=now + life)


def test_only_the_front_desk_makes_accounts(cast: Cast, now: datetime):
    person: dict[str, Any] = {"now": now, "email": "new@example.org", "name": "New", "language": "de", "password": None}

    made = services.register_person(cast.adviser.actor, **person)

    assert made.pk
    with pytest.raises(NotAllowed):
        services.register_person(cast.founder.actor, **person)
    with pytest.raises(services.MailAlreadyKnown):
        services.register_person(cast.adviser.actor, **(person | {"email": "NEW@example.org"}))


def test_a_registry_number_is_used_once(cast: Cast, now: datetime):
    with pytest.raises(services.OrganisationAlreadyKnown):
        services.register_organisation(
            cast.adviser.actor, now=now, kind="company", legal_name="Copy", country="LU", registry_number="B900001"
        )


def test_a_role_given_twice_is_held_once(cast: Cast, now: datetime):
    again = services.give_role(
        cast.manager.actor, now=now, person=cast.founder.user, organisation=cast.company, role=Role.COMPANY_ADMIN
    )

    assert again.since_at < now


def test_organisations_in_the_list_are_those_that_may_be_opened(cast: Cast):
    for name, actor in cast.actors().items():
        listed = set(access.visible(actor).values_list("pk", flat=True))
        for organisation in Organisation.objects.all():
            try:
                access.obtain(actor, Action.ORGANISATION_VIEW, organisation.pk)
                opened = True
            except Absent:
                opened = False
            assert opened == (organisation.pk in listed), (name, organisation.legal_name)


def test_the_front_desk_makes_nobody_staff(cast: Cast, now: datetime):
    given: dict[str, Any] = {"now": now, "person": cast.engineer.user, "organisation": cast.factory}

    for role in (Role.FACTORY_MANAGER, Role.STEWARD, Role.AUDITOR):
        with pytest.raises(NotAllowed):
            services.give_role(cast.adviser.actor, role=role, **given)
    assert services.give_role(cast.manager.actor, role=Role.AUDITOR, **given).role == Role.AUDITOR


def test_nobody_gives_a_role_to_themselves(cast: Cast, now: datetime):
    for person, role in ((cast.adviser, Role.COMPANY_ADMIN), (cast.manager, Role.TRUST_REVIEWER)):
        with pytest.raises(NotAllowed) as refused:
            services.give_role(person.actor, now=now, person=person.user, organisation=cast.company, role=role)
        assert refused.value.data["rule"] == "four-eyes"
