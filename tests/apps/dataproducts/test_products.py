"""Data products: who publishes, what a repeated publication does, and what ends one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from django.db import IntegrityError, transaction

from minett.apps.dataproducts import access, services
from minett.apps.dataproducts.models import Product, ProductPolicy, ProductVersion
from minett.apps.ledger.models import Entry
from minett.apps.people import services as people
from minett.apps.people.queries import actor_of
from minett.kernel.actor import Role
from minett.kernel.errors import Absent
from minett.planes.data.compile import PolicyNamesUnknownColumn
from minett.planes.data.expressions import PolicyNotUnderstood
from minett.planes.data.policy_tree import ColumnRule, policy_hash, to_json
from minett.planes.data.schema import SchemaNotUnderstood
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from minett.policy.states import CommandNotInTable
from tests.apps.grants.world import POLICY, SCHEMA, description, publish, publish_version, sha_of
from tests.cast import HOUSE, Cast


def test_a_steward_of_the_owner_publishes(cast: Cast, now: datetime):
    product = publish(cast, now)

    version, policy = ProductVersion.objects.get(product=product), ProductPolicy.objects.get(product=product)
    assert product.state == "published"
    assert (version.number, version.sha256, version.rows) == (1, sha_of("one"), 40)
    assert (policy.number, policy.sha256, policy.author) == (1, policy_hash(POLICY), cast.steward.user)
    assert Entry.objects.filter(noun="product", noun_id=str(product.pk), rule="steward-publishes").count() == 3


@pytest.mark.parametrize("name", ["founder", "rival", "adviser", "authority", "manager", "auditor", "visitor"])
def test_nobody_else_publishes(cast: Cast, now: datetime, name: str):
    with pytest.raises(NotAllowed):
        services.create_product(cast.actors()[name], now=now, **description(cast))

    assert not Product.objects.exists()


def test_a_steward_of_another_owner_changes_nothing(cast: Cast, now: datetime):
    product = publish(cast, now)
    people.give_role(HOUSE, now=now, person=cast.partner.user, organisation=cast.partner_org, role=Role.STEWARD)
    foreign = actor_of(cast.partner.user, now=now)

    with pytest.raises(NotAllowed):
        services.set_policy(foreign, now=now, product_id=product.pk, tree=to_json(replace(POLICY, version=2)))
    with pytest.raises(NotAllowed):
        services.withdraw(foreign, now=now, product_id=product.pk, reason="Mine now.")

    product.refresh_from_db()
    assert product.state == "published"
    assert ProductPolicy.objects.count() == 1


def test_a_code_is_used_once(cast: Cast, now: datetime):
    publish(cast, now)

    with pytest.raises(services.ProductCodeTaken):
        services.create_product(cast.steward.actor, now=now, **description(cast))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "Not A Code"),
        ("code", "a" * 81),
        ("code", "a\n"),
        ("licence", " "),
        ("source", ""),
        ("sector", ""),
        ("governance", "secret"),
    ],
)
def test_unusable_facts_are_named(cast: Cast, now: datetime, field: str, value: str):
    with pytest.raises(services.ProductFactsUnusable) as caught:
        services.create_product(cast.steward.actor, now=now, **description(cast, **{field: value}))

    assert caught.value.data["field"] == field


def test_the_named_steward_must_be_one(cast: Cast, now: datetime):
    with pytest.raises(services.StewardNotOfOwner):
        services.create_product(cast.steward.actor, now=now, **description(cast, steward=cast.founder.user))


def test_the_same_version_again_is_the_same_row(cast: Cast, now: datetime):
    product = publish(cast, now)
    told = Entry.objects.count()

    again = publish_version(cast, now, product, "one")

    assert again.number == 1
    assert Entry.objects.count() == told
    assert publish_version(cast, now, product, "two").number == 2
    # Going back to earlier data is a new version: what is newest is what is offered.
    assert publish_version(cast, now, product, "one").number == 3


def test_other_columns_make_another_version(cast: Cast, now: datetime):
    product = publish(cast, now)
    renamed = {"columns": [{**column, "unit": "months"} for column in SCHEMA.to_json()["columns"]]}

    assert publish_version(cast, now, product, "one", schema=renamed).number == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path", "/etc/passwd"),
        ("path", "products/../../etc/passwd"),
        ("path", ""),
        ("sha256", "ABC"),
        ("size", 0),
        ("rows", -1),
    ],
)
def test_a_version_names_a_file_of_the_store(cast: Cast, now: datetime, field: str, value: object):
    product = publish(cast, now)

    with pytest.raises(services.VersionFactsUnusable) as caught:
        publish_version(cast, now, product, "two", **{field: value})

    assert caught.value.data["field"] == field


def test_a_version_needs_a_schema(cast: Cast, now: datetime):
    product = publish(cast, now)

    with pytest.raises(SchemaNotUnderstood):
        publish_version(cast, now, product, "two", schema={"columns": []})


def test_the_same_policy_again_changes_nothing(cast: Cast, now: datetime):
    product = publish(cast, now)
    told = Entry.objects.count()
    steward = cast.steward.actor

    same = services.set_policy(steward, now=now, product_id=product.pk, tree=to_json(POLICY))
    other = services.set_policy(
        steward, now=now, product_id=product.pk, tree=to_json(replace(POLICY, until=date(2027, 1, 31)))
    )

    assert (same.number, other.number) == (1, 2)
    assert Entry.objects.count() == told + 1


def test_a_policy_must_be_understood_and_fit(cast: Cast, now: datetime):
    product = publish(cast, now)
    steward = cast.steward.actor

    with pytest.raises(PolicyNotUnderstood):
        services.set_policy(steward, now=now, product_id=product.pk, tree={**to_json(POLICY), "sql": "1=1"})
    beyond = replace(POLICY, columns=(*POLICY.columns, ColumnRule("salary", keep=True)))
    with pytest.raises(PolicyNamesUnknownColumn):
        services.set_policy(steward, now=now, product_id=product.pk, tree=to_json(beyond))


def test_a_policy_needs_a_version(cast: Cast, now: datetime):
    draft = services.create_product(cast.steward.actor, now=now, **description(cast))

    with pytest.raises(services.ProductHasNoVersion):
        services.set_policy(cast.steward.actor, now=now, product_id=draft.pk, tree=to_json(POLICY))


def test_a_withdrawn_product_takes_nothing_more(cast: Cast, now: datetime):
    product = publish(cast, now)
    steward = cast.steward.actor
    with pytest.raises(services.WithdrawalNeedsReason):
        services.withdraw(steward, now=now, product_id=product.pk, reason="  ")

    services.withdraw(steward, now=now, product_id=product.pk, reason="The source closed.")

    for repeated in (
        lambda: publish_version(cast, now, product, "two"),
        lambda: services.set_policy(steward, now=now, product_id=product.pk, tree=to_json(POLICY)),
        lambda: services.withdraw(steward, now=now, product_id=product.pk, reason="Again."),
    ):
        with pytest.raises(CommandNotInTable):
            repeated()


def test_the_database_wants_a_reason_for_a_withdrawal(cast: Cast, now: datetime):
    product = publish(cast, now)

    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(state="withdrawn")


def test_a_draft_is_absent_for_others(cast: Cast, now: datetime):
    draft = services.create_product(cast.steward.actor, now=now, **description(cast))

    assert access.obtain(cast.steward.actor, Action.PRODUCT_VIEW, draft.pk) == draft
    for name in ("founder", "rival", "visitor", "adviser"):
        with pytest.raises(Absent):
            access.obtain(cast.actors()[name], Action.PRODUCT_VIEW, draft.pk)
        with pytest.raises(Absent):
            services.withdraw(cast.actors()[name], now=now, product_id=draft.pk, reason="x")
