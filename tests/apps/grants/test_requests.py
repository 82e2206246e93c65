"""Access requests: what is missing is said, four eyes decide, and a vote counts for what was read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from minett.apps.cases.models import Case, Need
from minett.apps.dataproducts import services as products
from minett.apps.dataproducts.models import Product
from minett.apps.grants import access, queries, services, terms
from minett.apps.grants.models import AccessRequest, Grant, Review
from minett.apps.ledger.models import Entry
from minett.apps.people import services as people
from minett.apps.people.queries import actor_of
from minett.kernel.actor import Role
from minett.kernel.errors import Absent
from minett.planes.data import policy_tree
from minett.planes.data.port import PolicyEnded
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from minett.policy.states import CommandNotInTable
from tests.apps.grants.world import BUILDER, POLICY, SAFEGUARDS, ask, publish, publish_version
from tests.cast import HOUSE, Cast


@pytest.fixture
def product(cast: Cast, now: datetime) -> Product:
    return publish(cast, now)


@pytest.fixture
def request_(cast: Cast, now: datetime, product: Product) -> AccessRequest:
    return ask(cast, now, product)


def vote(cast: Cast, now: datetime, request: AccessRequest, by: str = "steward", **changed: str) -> AccessRequest:
    given = {"vote": "approve", "reason": "Fits.", "content_sha256": request.content_sha256, **changed}
    return services.review(cast.actors()[by], now=now, request_id=request.pk, **given)


def _case(cast: Cast, now: datetime) -> Case:
    need = Need.objects.create(secret="s" * 43, text="Find phishing", language="en", plan={}, created_at=now)
    return Case.objects.create(
        number="M-1",
        need=need,
        organisation=cast.company,
        title="Phishing",
        language="en",
        plan={},
        opened_at=now,
        holder_since_at=now,
    )


def test_a_company_asks_and_the_steward_has_it(cast: Cast, now: datetime, product: Product):
    case = _case(cast, now)

    request = ask(cast, now, product, case_id=case.pk, columns=["is_phishing", "age", "age"])

    standing = queries.standing(request)
    assert (request.state, request.applicant, request.state_since_at) == ("submitted", cast.engineer.user, now)
    assert request.columns == ["is_phishing", "age"]
    assert (standing.holder, standing.promised_days) == ("the steward", 5)
    entry = Entry.objects.get(noun="request")
    assert (entry.case_id, entry.action, entry.rule) == (case.pk, Action.REQUEST_CREATE, "own-request")
    assert SAFEGUARDS not in entry.after_text


@pytest.mark.parametrize(
    ("changed", "error", "data"),
    [
        ({"purpose": "research"}, terms.PurposeNotOffered, {"offered": "model-training, evaluation"}),
        ({"purpose": "anything"}, terms.PurposeNotOffered, {"purpose": "anything"}),
        ({"columns": []}, terms.ColumnsMissing, {"offered": "age, length, is_phishing"}),
        ({"columns": ["age", "owner_mail"]}, terms.ColumnsNotOffered, {"columns": "owner_mail"}),
        ({"columns": ["age", "no_such_column"]}, terms.ColumnsNotOffered, {"columns": "no_such_column"}),
        ({"days": 0}, terms.PeriodTooShort, {}),
        ({"days": 219}, terms.PeriodTooLong, {"longest": 218, "until": "2027-06-30"}),
        ({"safeguards": " \n"}, terms.SafeguardsMissing, {}),
    ],
)
def test_what_is_missing_is_said(cast: Cast, now: datetime, product: Product, changed, error, data):
    with pytest.raises(error) as caught:
        ask(cast, now, product, **changed)

    assert data.items() <= caught.value.data.items()
    assert str(caught.value)
    assert not AccessRequest.objects.exists()
    ask(cast, now, product, days=218)


def test_the_longest_period_is_bound_also_where_the_policy_has_no_end(cast: Cast, now: datetime):
    for word, until in (("none", None), ("far", date.max)):
        product = publish(cast, now, code=word, word=word, policy=replace(POLICY, until=until))

        with pytest.raises(terms.PeriodTooLong):
            ask(cast, now, product, days=terms.LONGEST_DAYS + 1)
        assert ask(cast, now, product, days=terms.LONGEST_DAYS).days == terms.LONGEST_DAYS


@pytest.mark.parametrize("name", ["rival", "adviser", "steward", "authority", "auditor", "visitor"])
def test_nobody_asks_for_another_company(cast: Cast, now: datetime, product: Product, name: str):
    with pytest.raises(NotAllowed):
        services.ask(
            cast.actors()[name],
            now=now,
            product_id=product.pk,
            organisation_id=cast.company.pk,
            case_id=None,
            purpose="evaluation",
            columns=["age"],
            days=10,
            safeguards=SAFEGUARDS,
        )


def test_a_hidden_product_and_a_foreign_case_are_absent(cast: Cast, now: datetime, product: Product):
    private = publish(cast, now, code="private", word="private", is_private=True)
    case = _case(cast, now)
    case_of_nobody = case.pk + 1

    with pytest.raises(Absent):
        ask(cast, now, private)
    with pytest.raises(Absent):
        ask(cast, now, product, case_id=case_of_nobody)
    with pytest.raises(Absent):
        services.ask(
            cast.rival.actor,
            now=now,
            product_id=product.pk,
            organisation_id=cast.rival_company.pk,
            case_id=case.pk,
            purpose="evaluation",
            columns=["age"],
            days=10,
            safeguards=SAFEGUARDS,
        )


def test_what_is_not_offered_cannot_be_asked_for(cast: Cast, now: datetime, product: Product):
    bare = publish(cast, now, code="bare", word="bare", policy=None)
    with pytest.raises(terms.ProductNotOffered):
        ask(cast, now, bare)
    with pytest.raises(PolicyEnded):
        ask(cast, datetime.combine(date(2027, 7, 1), now.timetz()), product)

    products.withdraw(cast.steward.actor, now=now, product_id=product.pk, reason="Gone.")
    with pytest.raises(terms.ProductNotOffered):
        ask(cast, now, product)


def test_an_approval_makes_a_narrow_grant(cast: Cast, now: datetime, request_: AccessRequest):
    request = vote(cast, now, request_)

    grant, review = Grant.objects.get(request=request), Review.objects.get()
    policy = policy_tree.from_json(grant.tree)
    assert request.state == "approved"
    assert (grant.state, grant.columns, grant.purpose) == ("preparing", ["age", "is_phishing"], "model-training")
    assert [rule.name for rule in policy.columns] == ["age", "is_phishing"]
    assert policy.rows == POLICY.rows
    assert grant.tree_sha256 == policy_tree.policy_hash(policy)
    assert grant.until_at == now + timedelta(days=90)
    assert (review.reviewer, review.applicant) == (cast.steward.user, cast.engineer.user)
    assert Entry.objects.filter(noun="request", rule="steward-decides", reason="Fits.").count() == 1


def test_a_grant_ends_with_the_policy_at_the_latest(cast: Cast, now: datetime, product: Product):
    request = ask(cast, now, product, days=218)

    vote(cast, now + timedelta(days=30), request)

    assert Grant.objects.get().until_at.isoformat() == "2027-07-01T00:00:00+00:00"


@pytest.mark.parametrize(("choice", "state"), [("return", "returned"), ("reject", "rejected")])
def test_other_votes_make_no_grant(cast: Cast, now: datetime, request_: AccessRequest, choice: str, state: str):
    assert vote(cast, now, request_, vote=choice).state == state
    assert not Grant.objects.exists()


@pytest.mark.parametrize("name", ["authority", "auditor", "engineer", "founder"])
def test_who_sees_the_request_may_still_not_decide(cast: Cast, now: datetime, request_: AccessRequest, name: str):
    with pytest.raises(NotAllowed):
        vote(cast, now, request_, by=name)


@pytest.mark.parametrize("name", ["rival", "adviser", "partner", "officer", "reviewer", "manager", "visitor"])
def test_for_others_the_request_is_absent(cast: Cast, now: datetime, request_: AccessRequest, name: str):
    with pytest.raises(Absent):
        vote(cast, now, request_, by=name)
    with pytest.raises(Absent):
        queries.request_detail(cast.actors()[name], request_.pk)
    with pytest.raises(Absent):
        services.close(cast.actors()[name], now=now, request_id=request_.pk)


def test_a_steward_of_another_owner_sees_nothing(cast: Cast, now: datetime, request_: AccessRequest):
    people.give_role(HOUSE, now=now, person=cast.partner.user, organisation=cast.partner_org, role=Role.STEWARD)

    with pytest.raises(Absent):
        services.review(
            actor_of(cast.partner.user),
            now=now,
            request_id=request_.pk,
            vote="approve",
            reason="Mine.",
            content_sha256=request_.content_sha256,
        )


def test_robots_do_not_decide(now: datetime, request_: AccessRequest):
    with pytest.raises(NotAllowed):
        services.review(
            BUILDER,
            now=now,
            request_id=request_.pk,
            vote="approve",
            reason="Rule.",
            content_sha256=request_.content_sha256,
        )


@pytest.mark.parametrize("name", ["engineer", "founder"])
def test_four_eyes_hold_for_applicants_who_are_stewards_too(
    cast: Cast, now: datetime, request_: AccessRequest, name: str
):
    person = cast.people()[name].user
    people.give_role(HOUSE, now=now, person=person, organisation=cast.data_holder, role=Role.STEWARD)

    with pytest.raises(NotAllowed) as caught:
        services.review(
            actor_of(person),
            now=now,
            request_id=request_.pk,
            vote="approve",
            reason="Fine.",
            content_sha256=request_.content_sha256,
        )

    assert caught.value.data["rule"] == "four-eyes"


def test_four_eyes_hold_in_the_database_too(cast: Cast, now: datetime, request_: AccessRequest):
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            request=request_,
            reviewer=cast.engineer.user,
            applicant=cast.engineer.user,
            vote="approve",
            reason="Me.",
            content_sha256=request_.content_sha256,
            voted_at=now,
        )


def test_a_vote_counts_for_what_was_read(cast: Cast, now: datetime, request_: AccessRequest):
    read = request_.content_sha256
    vote(cast, now, request_, vote="return", reason="Which disk?")
    resubmit(cast, now, request_, columns=["age", "length", "is_phishing"])

    with pytest.raises(services.RequestChangedMeanwhile):
        vote(cast, now, request_, content_sha256=read)

    assert not Grant.objects.exists()
    request_.refresh_from_db()
    assert vote(cast, now, request_).state == "approved"


def resubmit(cast: Cast, now: datetime, request: AccessRequest, by: str = "engineer", **changed: Any) -> AccessRequest:
    given = {"purpose": request.purpose, "columns": request.columns, "days": request.days, **changed}
    given.setdefault("safeguards", SAFEGUARDS)
    return services.resubmit(cast.actors()[by], now=now, request_id=request.pk, **given)


def test_a_request_sent_again_unchanged_needs_its_own_vote(cast: Cast, now: datetime, request_: AccessRequest):
    hashes = {request_.content_sha256}
    for _round in range(2):
        vote(cast, now, request_, vote="return", reason="Please call me.")
        resubmit(cast, now, request_, by="founder")
        request_.refresh_from_db()
        hashes.add(request_.content_sha256)

    assert len(hashes) == 3
    assert request_.applicant == cast.engineer.user
    assert vote(cast, now, request_).state == "approved"
    assert len(queries.request_detail(cast.founder.actor, request_.pk).reviews) == 3


def test_only_a_returned_request_is_sent_again_and_only_complete(cast: Cast, now: datetime, request_: AccessRequest):
    with pytest.raises(CommandNotInTable):
        resubmit(cast, now, request_)
    vote(cast, now, request_, vote="return", reason="Which disk?")
    with pytest.raises(terms.ColumnsNotOffered):
        resubmit(cast, now, request_, columns=["owner_mail"])
    with pytest.raises(NotAllowed):
        resubmit(cast, now, request_, by="steward")


def test_a_decision_is_made_once_with_a_reason_and_a_known_vote(cast: Cast, now: datetime, request_: AccessRequest):
    for changed, error in (
        ({"vote": "close"}, services.VoteUnknown),
        ({"vote": "submit"}, services.VoteUnknown),
        ({"reason": " "}, services.DecisionNeedsReason),
    ):
        with pytest.raises(error):
            vote(cast, now, request_, **changed)
    vote(cast, now, request_)

    with pytest.raises(CommandNotInTable):
        vote(cast, now, request_)
    assert (Review.objects.count(), Grant.objects.count()) == (1, 1)


def test_an_applicant_takes_an_undecided_request_back(cast: Cast, now: datetime, request_: AccessRequest):
    assert services.close(cast.founder.actor, now=now, request_id=request_.pk).state == "closed"

    with pytest.raises(CommandNotInTable):
        vote(cast, now, request_)


def test_an_offer_that_shrank_meanwhile_is_not_granted(cast: Cast, now: datetime, request_: AccessRequest):
    smaller = replace(POLICY, columns=POLICY.columns[1:])
    tree = policy_tree.to_json(smaller)
    products.set_policy(cast.steward.actor, now=now, product_id=request_.product_id, tree=tree)

    with pytest.raises(terms.ColumnsNotOffered):
        vote(cast, now, request_)

    request_.refresh_from_db()
    assert request_.state == "submitted"
    assert not Review.objects.exists()
    products.withdraw(cast.steward.actor, now=now, product_id=request_.product_id, reason="Gone.")
    with pytest.raises(terms.ProductNotOffered):
        vote(cast, now, request_)


def test_a_grant_is_for_the_newest_version(cast: Cast, now: datetime, request_: AccessRequest):
    newest = publish_version(cast, now, request_.product, "two")

    vote(cast, now, request_)

    assert Grant.objects.get().version == newest


def test_commands_are_those_that_the_actor_may_give(cast: Cast, request_: AccessRequest):
    request = access.obtain_request(cast.steward.actor, Action.REQUEST_VIEW, request_.pk)

    assert queries.request_commands(cast.steward.actor, request) == ("return", "approve", "reject")
    assert queries.request_commands(cast.engineer.actor, request) == ("close",)
    assert queries.request_commands(cast.auditor.actor, request) == ()
