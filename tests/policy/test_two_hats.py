"""One person with two roles: what needs two people stays with two, whatever roles the front desk has given out."""

from __future__ import annotations

import pytest

from minett.kernel.actor import Actor, ActorKind, Role
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.rules.cases import CaseFacts
from minett.policy.rules.compute import ComputeFacts

COMPANY, DESK, PARTNER, OTHER = 1, 2, 3, 4


def person(*held: tuple[int, Role], number: int = 7) -> Actor:
    return Actor(ActorKind.PERSON, f"person:{number}", "Two Hats", number, frozenset(held))


def case(**changed: object) -> CaseFacts:
    facts: dict[str, object] = {"organisation_id": COMPANY, "adviser_id": None, "partners": frozenset(), "state": "new"}
    return CaseFacts(**(facts | changed))  # type: ignore[arg-type]


def test_nobody_advises_their_own_company():
    both = person((DESK, Role.ADVISER), (COMPANY, Role.COMPANY_ADMIN))

    assert decide(both, Action.CASE_TAKE, case()).rule == "four-eyes"
    assert decide(both, Action.CASE_TAKE, case(organisation_id=OTHER))
    assert decide(both, Action.CASE_TAKE, case(organisation_id=None))


@pytest.mark.parametrize("action", [Action.PLAN_AGREE, Action.DOCUMENT_WRITE, Action.DOCUMENT_DECIDE])
def test_who_joins_the_company_later_neither_leads_its_case_nor_decides_on_their_own_document(action: Action):
    both = person((DESK, Role.ADVISER), (COMPANY, Role.COMPANY_ADMIN))

    decision = decide(both, action, case(adviser_id=both.person_id, state="documented"))

    assert (decision.allowed, decision.rule) == (False, "four-eyes")


def test_who_left_the_company_does_not_award_what_they_asked_for():
    officer = person((DESK, Role.ALLOCATION_OFFICER))

    asked = ComputeFacts(organisation_id=COMPANY, requester_id=officer.person_id, state="requested")

    assert decide(officer, Action.ALLOCATION_AWARD, asked).rule == "four-eyes"
    assert decide(officer, Action.ALLOCATION_AWARD, ComputeFacts(COMPANY, 99, "requested"))


def test_staff_of_one_partner_do_not_see_what_another_delivers_where_they_only_keep_data():
    staff = person((PARTNER, Role.PARTNER_STAFF), (OTHER, Role.STEWARD))

    assert decide(staff, Action.CASE_VIEW, case(partners=frozenset({PARTNER})))
    assert not decide(staff, Action.CASE_VIEW, case(partners=frozenset({OTHER})))
