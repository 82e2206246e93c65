"""What lists of data products show: exactly what may be opened, found by words, with the policy's columns alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from minett.apps.dataproducts import access, queries, services
from minett.apps.dataproducts.models import Product
from minett.kernel.actor import Actor
from minett.kernel.content import Text
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from tests.apps.grants.world import BUILDER, POLICY, description, publish
from tests.cast import Cast


@pytest.fixture
def shelf(cast: Cast, now: datetime) -> dict[str, Product]:
    """One product for each way a product can be: public, private, draft, withdrawn, without a policy."""
    steward = cast.steward.actor
    draft = services.create_product(steward, now=now, **description(cast, code="draft"))
    withdrawn = publish(cast, now, code="withdrawn", word="withdrawn")
    withdrawn = services.withdraw(steward, now=now, product_id=withdrawn.pk, reason="Old.")
    return {
        "public": publish(cast, now, code="public", word="public"),
        "private": publish(cast, now, code="private", word="private", is_private=True),
        "bare": publish(cast, now, code="bare", word="bare", policy=None, sector="space", governance="open"),
        "draft": draft,
        "withdrawn": withdrawn,
    }


def _opens(actor: Actor, product: Product) -> bool:
    try:
        access.obtain(actor, Action.PRODUCT_VIEW, product.pk)
    except Absent:
        return False
    return True


def test_what_is_listed_is_what_may_be_opened(cast: Cast, shelf: dict[str, Product]):
    actors = {**cast.actors(), "robot": BUILDER}
    tokens = {name: replace(actor, scopes=frozenset({"case:*"})) for name, actor in actors.items()}
    for name, actor in [*actors.items(), *tokens.items()]:
        listed = {product.pk for product in access.visible(actor)}
        assert listed == {product.pk for product in shelf.values() if _opens(actor, product)}, name

    assert {product.code for product in access.visible(cast.rival.actor)} == {"public", "bare", "withdrawn"}
    assert not access.visible(tokens["steward"]).exists()


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("phishing", {"public", "bare", "withdrawn"}),
        ("hameçonnage", {"public", "bare", "withdrawn"}),
        ("sécurité", {"public", "bare", "withdrawn"}),
        ("REPORTED public", {"public"}),
        ("nothing-like-this", set()),
        ("%", set()),
        ("private", set()),
    ],
)
def test_words_are_found_in_every_language(cast: Cast, shelf: dict[str, Product], search: str, found: set[str]):
    assert {product.code for product in queries.listing(cast.founder.actor, search=search)} == found


def test_a_sector_narrows_the_list(cast: Cast, shelf: dict[str, Product]):
    assert [product.code for product in queries.listing(cast.founder.actor, sector="space")] == ["bare"]


def test_detail_shows_what_is_current(
    cast: Cast, shelf: dict[str, Product], django_assert_num_queries: DjangoAssertNumQueries
):
    with django_assert_num_queries(3):
        offer = queries.detail(cast.founder.actor, shelf["public"].pk)
        assert offer.product.owner == cast.data_holder

    assert offer.rules == POLICY
    assert offer.schema is not None
    assert queries.detail(cast.founder.actor, shelf["bare"].pk).rules is None
    with pytest.raises(Absent):
        queries.detail(cast.founder.actor, shelf["private"].pk)


def test_cards_name_shown_columns_of_published_products_alone(
    cast: Cast, shelf: dict[str, Product], django_assert_num_queries: DjangoAssertNumQueries
):
    with django_assert_num_queries(2):
        cards = queries.cards(cast.founder.actor)

    assert [card.code for card in cards] == ["public"]
    assert cards[0].columns == ("age", "length", "is_phishing")
    assert (cards[0].access, cards[0].sectors) == ("request", ("cybersecurity",))
    assert cards[0].title == Text.of({"en": "Phishing pages", "fr": "Pages d’hameçonnage"})
    assert [card.code for card in queries.cards(cast.steward.actor)] == ["private", "public"]


def test_commands_are_those_that_the_actor_may_give(cast: Cast, shelf: dict[str, Product]):
    assert queries.commands(cast.steward.actor, shelf["public"]) == ("publish", "withdraw")
    assert queries.commands(cast.steward.actor, shelf["withdrawn"]) == ()
    assert queries.commands(cast.founder.actor, shelf["public"]) == ()
