"""What policy does not know it refuses; four eyes hold whatever other roles somebody has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.kernel.actor import COMPANY_ROLES, VISITOR, Actor, ActorKind, Role, robot
from minett.policy.actions import Action
from minett.policy.decide import RULES, NotAllowed, decide, demand
from minett.policy.rules.compute import ComputeFacts
from minett.policy.rules.data import GrantFacts, RequestFacts
from minett.policy.rules.house import HouseFacts
from minett.policy.rules.models import ModelFacts
from minett.policy.states import TABLES, CommandNotInTable

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
roles = st.frozensets(st.sampled_from(Role))
COMPANY, HOLDER = 1, 2


def person(person_id: int, *memberships: tuple[int, Role]) -> Actor:
    return Actor(
        kind=ActorKind.PERSON,
        key=f"person:{person_id}",
        name="P",
        person_id=person_id,
        memberships=frozenset(memberships),
    )


def test_every_action_has_a_rule():
    assert set(RULES) == set(Action)


@given(st.sampled_from(Action))
def test_unknown_facts_are_refused(action: Action):
    assert decide(robot("any"), action, object()).rule == "unknown-facts"


def test_an_unknown_action_is_refused():
    assert decide(robot("any"), "no:such:action", HouseFacts()).rule == "unknown-action"  # type: ignore[arg-type]


@given(roles)
def test_nobody_reviews_their_own_request(held: frozenset[Role]):
    actor = person(7, *((organisation, role) for organisation in (COMPANY, HOLDER) for role in held))
    own = RequestFacts(organisation_id=COMPANY, applicant_id=7, steward_id=7, owner_id=HOLDER, state="submitted")

    assert not decide(actor, Action.REQUEST_REVIEW, own)


@given(roles)
def test_nobody_releases_or_awards_to_their_own(held: frozenset[Role]):
    actor = person(7, *((COMPANY, role) for role in held), (COMPANY, Role.ENGINEER))

    assert not decide(actor, Action.MODEL_RELEASE, ModelFacts(organisation_id=COMPANY, author_id=9, state="reported"))
    assert not decide(actor, Action.MODEL_RELEASE, ModelFacts(organisation_id=HOLDER, author_id=7, state="reported"))
    facts = ComputeFacts(organisation_id=COMPANY, requester_id=9, state="requested")
    assert not decide(actor, Action.ALLOCATION_AWARD, facts)


@given(roles, st.sampled_from(["preparing", "expired", "revoked"]))
def test_a_grant_that_is_not_active_is_used_by_nobody(held: frozenset[Role], state: str):
    facts = GrantFacts(COMPANY, None, HOLDER, state, NOW, NOW + timedelta(days=1))
    for actor in (person(7, *((COMPANY, role) for role in held)), robot("job-runner")):
        assert not decide(actor, Action.GRANT_USE, facts)


def test_a_grant_is_used_until_its_exclusive_end():
    engineer = person(7, (COMPANY, Role.ENGINEER))
    for moment, allowed in ((NOW, True), (NOW + timedelta(days=1), False)):
        facts = GrantFacts(COMPANY, None, HOLDER, "active", moment, NOW + timedelta(days=1))
        assert bool(decide(engineer, Action.GRANT_USE, facts)) is allowed


def test_a_refusal_carries_rule_and_reason():
    with pytest.raises(NotAllowed) as refused:
        demand(VISITOR, Action.LEDGER_VIEW, HouseFacts())

    assert refused.value.data["rule"] == "ledger-readers"
    assert refused.value.data["reason"]


@given(st.sampled_from(sorted(COMPANY_ROLES)))
def test_a_token_scope_narrows_and_never_widens(role: Role):
    narrow = Actor(
        kind=ActorKind.PERSON,
        key="person:7",
        name="P",
        person_id=7,
        memberships=frozenset({(COMPANY, role)}),
        scopes=frozenset({"data:*", "ledger:*"}),
    )

    assert decide(narrow, Action.DESK_VIEW, HouseFacts()).rule == "token-scope"
    assert not decide(narrow, Action.LEDGER_VIEW, HouseFacts())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.noun)
def test_state_tables_are_whole(table):
    assert table.initial in table.standings
    reachable, frontier = set(), {table.initial}
    while frontier:
        state = frontier.pop()
        reachable.add(state)
        frontier |= {table.step(state, command).to for command in table.commands(state)} - reachable
    assert reachable == set(table.standings)
    for (state, _command), transition in table.transitions.items():
        assert {state, transition.to} <= set(table.standings)
        assert transition.action in RULES
    with pytest.raises(CommandNotInTable):
        table.step(table.initial, "no-such-command")
