"""A case from new to closed: who may take each step, what is refused, and what the ledger keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from minett.apps.cases import access, queries, services
from minett.apps.cases.models import Case, Message, Need, UseCaseDocument
from minett.apps.catalogue import services as catalogue
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.apps.ledger.models import Entry
from minett.kernel.actor import VISITOR, robot
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from minett.policy.states import CASE, CommandNotInTable
from tests.apps.catalogue.test_load import PACKS
from tests.cast import Cast


@pytest.fixture
def need(cast: Cast, now: datetime) -> Need:
    return services.write_need(
        VISITOR, now=now, text="Trop de mails", language="fr", plan={"chosen": None}, organisation_id=None
    )


@pytest.fixture
def case(need: Need, now: datetime) -> Case:
    return services.open_case(VISITOR, now=now, need=need, title="Mails", contact_email="f@example.org", channel="web")


@pytest.fixture
def taken(case: Case, cast: Cast, now: datetime) -> Case:
    return services.take(cast.adviser.actor, now=now, case_id=case.pk, organisation_id=cast.company.pk)


@pytest.fixture
def planned(taken: Case, cast: Cast, now: datetime) -> Case:
    catalogue.load(robot("pack-loader"), now=now, path=PACKS / "example-antenna")
    current = EntryVersion.objects.filter(is_current=True).select_related("entry")
    return services.agree_plan(
        cast.adviser.actor,
        now=now,
        case_id=taken.pk,
        usecase=current.filter(entry__kind=EntryKind.USECASES)[0],
        services=list(current.filter(entry__kind=EntryKind.SERVICES)),
        title="Agreed",
        reason="It fits.",
    )


@pytest.fixture
def document(planned: Case, cast: Cast, now: datetime) -> UseCaseDocument:
    return services.write_document(cast.adviser.actor, now=now, case_id=planned.pk, content={"value": "v"})


def test_a_need_has_one_case_however_often_it_is_kept(case: Case, need: Need, now: datetime):
    again = services.open_case(VISITOR, now=now, need=need, title="Other", contact_email="f@example.org", channel="web")

    assert again.pk == case.pk
    assert Case.objects.count() == 1


def test_the_promise_counts_working_days(taken: Case, now: datetime):
    assert now.date() == date(2026, 11, 24)
    assert taken.due_on == date(2026, 12, 1)


def test_only_an_adviser_takes_a_case(case: Case, cast: Cast, now: datetime):
    for name in ("founder", "rival", "partner", "steward", "officer", "reviewer"):
        with pytest.raises((Absent, NotAllowed)):
            services.take(getattr(cast, name).actor, now=now, case_id=case.pk)
    for name in ("manager", "auditor"):
        with pytest.raises(NotAllowed):
            services.take(getattr(cast, name).actor, now=now, case_id=case.pk)

    taken = services.take(cast.adviser.actor, now=now, case_id=case.pk, organisation_id=cast.company.pk)

    assert (taken.state, taken.adviser_id, taken.organisation_id) == ("taken", cast.adviser.user.pk, cast.company.pk)
    with pytest.raises(CommandNotInTable):
        services.take(cast.adviser.actor, now=now, case_id=case.pk)


def test_the_plan_needs_a_company(case: Case, cast: Cast, now: datetime):
    services.take(cast.adviser.actor, now=now, case_id=case.pk)
    catalogue.load(robot("pack-loader"), now=now, path=PACKS / "example-antenna")
    usecase = EntryVersion.objects.filter(entry__kind=EntryKind.USECASES)[0]

    with pytest.raises(services.CaseWithoutCompany):
        services.agree_plan(
            cast.adviser.actor, now=now, case_id=case.pk, usecase=usecase, services=[], title="t", reason="r"
        )


def test_the_company_decides_and_nobody_else(document: UseCaseDocument, cast: Cast, now: datetime):
    decide: dict[str, Any] = {"now": now, "document_id": document.pk, "decision": "go", "reason": "Worth it."}
    for name in ("adviser", "engineer", "manager", "auditor"):
        with pytest.raises(NotAllowed):
            services.decide_document(getattr(cast, name).actor, **decide)
    with pytest.raises(Absent):
        services.decide_document(cast.rival.actor, **decide)
    with pytest.raises(services.ReasonMissing):
        services.decide_document(cast.founder.actor, **(decide | {"reason": "  "}))

    decided = services.decide_document(cast.founder.actor, **decide)

    assert decided.decision == "go"
    assert Case.objects.get(pk=document.case_id).state == "go"
    with pytest.raises((services.DecidedAlready, CommandNotInTable)):
        services.decide_document(cast.founder.actor, **decide)


def test_revise_leads_back_to_the_plan(document: UseCaseDocument, cast: Cast, now: datetime):
    services.decide_document(
        cast.founder.actor, now=now, document_id=document.pk, decision="revise", reason="Less data."
    )

    again = services.write_document(cast.adviser.actor, now=now, case_id=document.case_id, content={"value": "w"})

    assert again.version == 2


def test_a_decision_that_the_table_does_not_know_is_refused(document: UseCaseDocument, cast: Cast, now: datetime):
    with pytest.raises(CommandNotInTable):
        services.decide_document(cast.founder.actor, now=now, document_id=document.pk, decision="perhaps", reason="Hm.")


def test_internal_messages_stay_inside(planned: Case, cast: Cast, now: datetime):
    services.write_message(cast.adviser.actor, now=now, case_id=planned.pk, body="open")
    services.write_message(cast.adviser.actor, now=now, case_id=planned.pk, body="inside", is_internal=True)

    seen = {
        name: set(queries.messages(getattr(cast, name).actor, planned).values_list("body", flat=True))
        for name in ("founder", "adviser", "manager")
    }

    assert seen == {"founder": {"open"}, "adviser": {"open", "inside"}, "manager": {"open", "inside"}}
    with pytest.raises(NotAllowed):
        services.write_message(cast.founder.actor, now=now, case_id=planned.pk, body="x", is_internal=True)
    with pytest.raises(NotAllowed):
        services.write_message(cast.auditor.actor, now=now, case_id=planned.pk, body="x")


@pytest.mark.parametrize("body", ["", "  \n", "x" * 10_001, "\x00"])
def test_messages_without_or_with_too_many_words_are_refused(taken: Case, cast: Cast, now: datetime, body: str):
    with pytest.raises(services.MessageUnusable):
        services.write_message(cast.founder.actor, now=now, case_id=taken.pk, body=body)
    assert not Message.objects.exists()


def test_cases_in_the_list_are_those_that_may_be_opened(planned: Case, cast: Cast, now: datetime):
    other = services.write_need(
        cast.rival.actor, now=now, text="x", language="en", plan={}, organisation_id=cast.rival_company.pk
    )
    services.open_case(cast.rival.actor, now=now, need=other, title="r", contact_email="r@example.org", channel="web")
    partner_sees = planned.pk in set(access.visible(cast.partner.actor).values_list("pk", flat=True))
    for name, actor in cast.actors().items():
        listed = set(access.visible(actor).values_list("pk", flat=True))
        for case in Case.objects.all():
            try:
                access.obtain(actor, Action.CASE_VIEW, case.pk)
                opened = True
            except Absent:
                opened = False
            assert opened == (case.pk in listed), (name, case.number)
    assert not partner_sees


def test_an_engaged_partner_sees_the_case_and_a_need_is_hidden_without_its_address(
    taken: Case, cast: Cast, now: datetime
):
    catalogue.load(robot("pack-loader"), now=now, path=PACKS / "luxembourg")
    current = EntryVersion.objects.filter(is_current=True).select_related("entry")
    by_luxprovide = [
        row for row in current.filter(entry__kind=EntryKind.SERVICES) if row.content["partners"][0] == "luxprovide"
    ]
    services.agree_plan(
        cast.adviser.actor,
        now=now,
        case_id=taken.pk,
        usecase=current.filter(entry__kind=EntryKind.USECASES)[0],
        services=by_luxprovide[:1],
        title="t",
        reason="r",
    )

    assert access.obtain(cast.partner.actor, Action.CASE_VIEW, taken.pk).pk == taken.pk
    with pytest.raises(Absent):
        access.obtain_need(VISITOR, Action.NEED_VIEW, "wrong")
    assert access.obtain_need(VISITOR, Action.NEED_VIEW, taken.need.secret).pk == taken.need_id


def test_every_change_wrote_one_row_with_its_rule(document: UseCaseDocument):
    rows = Entry.objects.filter(case_id=document.case_id, noun="case").order_by("number")

    assert [(row.before["state"], row.after["state"]) for row in rows] == [
        (None, "new"),
        ("new", "taken"),
        ("taken", "planned"),
        ("planned", "documented"),
    ]
    assert all(row.rule for row in rows)


def test_every_state_but_the_last_says_who_has_it_and_what_comes_next():
    for state, standing in CASE.standings.items():
        assert CASE.is_final(state) or (standing.holder and standing.next_step), state


def test_nobody_moves_a_case_past_a_release_or_a_decision(document: UseCaseDocument, cast: Cast, now: datetime):
    for command in ("decide_go", "release", "measure"):
        with pytest.raises(CommandNotInTable):
            services.move(cast.founder.actor, now=now, case_id=document.case_id, command=command)
    services.decide_document(cast.founder.actor, now=now, document_id=document.pk, decision="go", reason="Yes.")
    services.move(cast.founder.actor, now=now, case_id=document.case_id, command="build")

    with pytest.raises(CommandNotInTable):
        services.move(cast.founder.actor, now=now, case_id=document.case_id, command="release")

    assert (
        services.move(robot("model-evaluator"), now=now, case_id=document.case_id, command="release").state
        == "in_production"
    )


def test_a_token_without_the_scope_sees_an_empty_list(planned: Case, cast: Cast):
    narrow = replace(cast.founder.actor, scopes=frozenset({"data:*"}))

    assert access.visible(cast.founder.actor).filter(pk=planned.pk).exists()
    assert not access.visible(narrow).exists()


def test_an_adviser_takes_no_case_for_their_own_organisation(case: Case, cast: Cast, now: datetime):
    desk = cast.front_desk.pk

    with pytest.raises(NotAllowed) as refused:
        services.take(cast.adviser.actor, now=now, case_id=case.pk, organisation_id=desk)

    case.refresh_from_db()
    assert (refused.value.data["rule"], case.organisation_id, case.state) == ("four-eyes", None, "new")


@pytest.mark.parametrize("secret", ["", "\x00", "\ud800" * 43, "x" * 43, "x" * 5000])
def test_what_cannot_be_a_needs_address_is_absent_without_asking_the_database(
    cast: Cast, secret: str, django_assert_max_num_queries: Any
):
    with django_assert_max_num_queries(int(secret == "x" * 43)), pytest.raises(Absent):
        access.obtain_need(VISITOR, Action.NEED_VIEW, secret)
