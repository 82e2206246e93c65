"""Grants: used only while they run, ended once, and seen by exactly those who may open them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from minett.apps.grants import access, queries, services
from minett.apps.grants.models import AccessRequest, Grant, Snapshot
from minett.apps.ledger.models import Entry
from minett.kernel.actor import Actor
from minett.kernel.errors import Absent
from minett.planes.data.port import snapshot_name
from minett.policy import permit
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from minett.policy.states import CommandNotInTable
from tests.apps.grants.world import BUILDER, EXPIRER, activate, approve, ask, built_for, publish, sha_of
from tests.cast import Cast

DAYS = timedelta(days=90)


@pytest.fixture
def grant(cast: Cast, now: datetime) -> Grant:
    return activate(now, approve(cast, now, ask(cast, now, publish(cast, now))))


def test_a_permit_covers_what_was_granted(cast: Cast, now: datetime, grant: Grant):
    token = services.permit_for(cast.engineer.actor, now=now, grant_id=grant.pk)

    public = permit.public_key_of(settings.SIGNING_KEY)
    given = permit.read(token, public, now)
    assert given.what == snapshot_name(grant.tree_sha256, sha_of("one"))
    assert (given.purpose, given.columns) == ("model-training", ("age", "is_phishing"))
    assert given.detail("source_sha256") == sha_of("one")
    assert given.until == grant.until_at == now + DAYS
    assert Entry.objects.filter(action=Action.GRANT_USE, actor_key=cast.engineer.actor.key).count() == 1
    with pytest.raises(permit.PermitExpired):
        permit.read(token, public, now + DAYS)


@pytest.mark.parametrize("name", ["steward", "authority", "auditor"])
def test_who_sees_a_grant_may_not_use_it(cast: Cast, now: datetime, grant: Grant, name: str):
    with pytest.raises(NotAllowed):
        services.permit_for(cast.actors()[name], now=now, grant_id=grant.pk)


@pytest.mark.parametrize("name", ["rival", "adviser", "partner", "officer", "reviewer", "manager", "visitor"])
def test_for_others_the_grant_is_absent(cast: Cast, now: datetime, grant: Grant, name: str):
    with pytest.raises(Absent):
        services.permit_for(cast.actors()[name], now=now, grant_id=grant.pk)
    with pytest.raises(Absent):
        services.revoke(cast.actors()[name], now=now, grant_id=grant.pk, reason="x")
    with pytest.raises(Absent):
        services.permit_for(cast.actors()[name], now=now, grant_id=grant.pk + 1)


def test_a_grant_whose_time_is_over_is_refused_before_any_sweep(cast: Cast, now: datetime, grant: Grant):
    services.permit_for(cast.engineer.actor, now=now + DAYS - timedelta(microseconds=1), grant_id=grant.pk)

    with pytest.raises(NotAllowed) as caught:
        services.permit_for(cast.engineer.actor, now=now + DAYS, grant_id=grant.pk)

    assert caught.value.data["rule"] == "grant-ended"


@pytest.mark.parametrize("name", ["steward", "authority"])
def test_a_revoked_grant_is_refused_at_once(cast: Cast, now: datetime, grant: Grant, name: str):
    with pytest.raises(services.DecisionNeedsReason):
        services.revoke(cast.actors()[name], now=now, grant_id=grant.pk, reason=" ")
    services.revoke(cast.actors()[name], now=now, grant_id=grant.pk, reason="The purpose changed.")

    with pytest.raises(NotAllowed) as caught:
        services.permit_for(cast.engineer.actor, now=now, grant_id=grant.pk)

    grant.refresh_from_db()
    assert caught.value.data["rule"] == "grant-not-active"
    assert (grant.state, grant.end_reason) == ("revoked", "The purpose changed.")
    with pytest.raises(CommandNotInTable):
        services.revoke(cast.actors()[name], now=now, grant_id=grant.pk, reason="Again.")


@pytest.mark.parametrize("name", ["engineer", "auditor"])
def test_holders_and_auditors_do_not_revoke(cast: Cast, now: datetime, grant: Grant, name: str):
    with pytest.raises(NotAllowed):
        services.revoke(cast.actors()[name], now=now, grant_id=grant.pk, reason="x")


def test_the_database_wants_a_reason_and_a_snapshot(now: datetime, grant: Grant):
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=grant.pk).update(state="revoked")
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=grant.pk).update(snapshot=None)


def test_activating_again_changes_nothing(now: datetime, grant: Grant):
    told = Entry.objects.count()

    again = activate(now + timedelta(days=1), grant)

    assert again.snapshot == grant.snapshot
    assert Entry.objects.count() == told
    assert Snapshot.objects.get().built_at == now


def test_two_grants_of_one_policy_share_a_snapshot(cast: Cast, now: datetime, grant: Grant):
    request = ask(cast, now, grant.version.product, purpose="evaluation", columns=["is_phishing", "age"])

    other = activate(now, approve(cast, now, request))

    assert other.snapshot == grant.snapshot
    assert Snapshot.objects.count() == 1


def test_a_snapshot_that_had_to_be_built_again_replaces_what_was_known(cast: Cast, now: datetime, grant: Grant):
    other = approve(cast, now, ask(cast, now, grant.version.product))

    activate(now, other, sha256=sha_of("rebuilt"), bytes=701)

    assert (Snapshot.objects.get().sha256, Snapshot.objects.get().bytes) == (sha_of("rebuilt"), 701)


def test_only_a_robot_activates_and_only_the_granted_columns(cast: Cast, now: datetime):
    grant = approve(cast, now, ask(cast, now, publish(cast, now)))

    with pytest.raises(services.SnapshotOfOtherColumns):
        activate(now, grant, columns=("age", "length", "is_phishing"))
    for name in ("engineer", "steward"):
        with pytest.raises(NotAllowed):
            services.activate(cast.actors()[name], now=now, grant_id=grant.pk, built=built_for(grant), path="s")
        with pytest.raises(NotAllowed):
            services.permit_to_build(cast.actors()[name], now=now, grant_id=grant.pk)
    with pytest.raises(NotAllowed):
        services.permit_for(cast.engineer.actor, now=now, grant_id=grant.pk)


def test_grants_end_by_themselves_and_once(cast: Cast, now: datetime, grant: Grant):
    preparing = approve(cast, now, ask(cast, now, grant.version.product, days=30))
    revoked = approve(cast, now, ask(cast, now, grant.version.product, days=30))
    services.revoke(cast.steward.actor, now=now, grant_id=revoked.pk, reason="Mistake.")

    assert services.expire_due(EXPIRER, now=now) == 0
    assert services.expire_due(EXPIRER, now=now + timedelta(days=30)) == 1
    assert services.expire_due(EXPIRER, now=now + DAYS) == 1
    assert services.expire_due(EXPIRER, now=now + DAYS) == 0

    states = dict(Grant.objects.values_list("pk", "state"))
    assert states == {grant.pk: "expired", preparing.pk: "expired", revoked.pk: "revoked"}
    assert Entry.objects.filter(action=Action.GRANT_EXPIRE).count() == 2


def test_nobody_ends_a_grant_before_its_time_as_if_it_were_over(cast: Cast, now: datetime, grant: Grant):
    with pytest.raises(NotAllowed):
        services.expire(EXPIRER, now=now, grant_id=grant.pk)
    with pytest.raises(NotAllowed):
        services.expire(cast.steward.actor, now=now + DAYS, grant_id=grant.pk)


def _opens(actor: Actor, request: AccessRequest, grant: Grant, now: datetime) -> tuple[bool, bool]:
    found = []
    for open_one in (
        lambda: access.obtain_request(actor, Action.REQUEST_VIEW, request.pk),
        lambda: access.obtain_grant(actor, Action.GRANT_VIEW, grant.pk, now=now),
    ):
        try:
            open_one()
        except Absent:
            found.append(False)
        else:
            found.append(True)
    return found[0], found[1]


def test_what_is_listed_is_what_may_be_opened(cast: Cast, now: datetime, grant: Grant):
    actors = {**cast.actors(), "robot": BUILDER}
    tokens = {f"{name}'s token": replace(actor, scopes=frozenset({"case:*"})) for name, actor in actors.items()}
    seeing = set()
    for name, actor in {**actors, **tokens}.items():
        listed = (queries.requests(actor).exists(), queries.grants(actor).exists())
        assert listed == _opens(actor, grant.request, grant, now), name
        seeing |= {name} if listed[0] else set()

    assert seeing == {"founder", "engineer", "steward", "authority", "auditor", "robot"}


def test_filters_narrow_and_never_widen(cast: Cast, now: datetime, grant: Grant):
    actor, product = cast.engineer.actor, grant.version.product

    assert list(queries.grants(actor, state="active", product_id=product.pk)) == [grant]
    assert not queries.grants(actor, state="expired").exists()
    assert not queries.requests(cast.rival.actor, organisation_id=cast.company.pk).exists()
    assert list(queries.requests(actor, state="approved", organisation_id=cast.company.pk)) == [grant.request]
    assert not queries.to_review(cast.steward.actor).exists()


def test_usable_grants_are_those_that_may_be_used(cast: Cast, now: datetime, grant: Grant):
    product_id = grant.version.product_id

    assert queries.usable(cast.engineer.actor, now=now, product_id=product_id) == (grant,)
    assert queries.usable(cast.engineer.actor, now=now + DAYS, product_id=product_id) == ()
    assert queries.usable(cast.steward.actor, now=now, product_id=product_id) == ()


def test_a_list_needs_one_query(
    cast: Cast, now: datetime, grant: Grant, django_assert_num_queries: DjangoAssertNumQueries
):
    approve(cast, now, ask(cast, now, grant.version.product))
    with django_assert_num_queries(1):
        shown = [
            (row.version.product.owner.display_name, row.organisation.legal_name, row.request.purpose)
            for row in queries.grants(cast.auditor.actor)
        ]

    assert len(shown) == 2


def test_commands_follow_the_moment(cast: Cast, now: datetime, grant: Grant):
    grant = queries.grant_detail(cast.steward.actor, grant.pk, now=now)

    assert queries.grant_commands(cast.steward.actor, grant, now) == ("revoke",)
    assert queries.grant_commands(cast.engineer.actor, grant, now) == ()
    assert queries.grant_commands(EXPIRER, grant, now) == ()
    assert queries.grant_commands(EXPIRER, grant, now + DAYS) == ("expire",)
    assert queries.standing(grant).holder == "the company"
