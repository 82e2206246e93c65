"""Reads about data products: the list, one product with what is current of it, and cards for the thinking floor."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery

from minett.advice.cards import DataProductCard
from minett.apps.dataproducts import access
from minett.apps.dataproducts.models import GovernanceModel, Product, ProductPolicy, ProductVersion
from minett.kernel.actor import Actor
from minett.kernel.content import LANGUAGES, Text
from minett.planes.data import policy_tree
from minett.planes.data.policy_tree import DataPolicy
from minett.planes.data.schema import TableSchema
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.states import PRODUCT

LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """A product with its newest version and policy; either is None until the owner gave it."""

    product: Product
    version: ProductVersion | None
    policy: ProductPolicy | None

    @property
    def schema(self) -> TableSchema | None:
        return None if self.version is None else TableSchema.from_json(self.version.schema)

    @property
    def rules(self) -> DataPolicy | None:
        return None if self.policy is None else policy_tree.from_json(self.policy.tree)


def listing(actor: Actor, *, sector: str | None = None, search: str | None = None) -> QuerySet[Product]:
    """Return the products that the actor may open, by code, narrowed to a sector and to words in their texts."""
    products = access.visible(actor).order_by("code")
    if sector:
        products = products.filter(sector=sector)
    for word in (search or "")[:LONGEST_SEARCH].split():
        products = products.filter(_names(word))
    return products


def _names(word: str) -> Q:
    """Return where a word may stand: code, source, and title and description in any language."""
    # The keywords are one JSON list, whose text some databases keep with escapes for letters beyond ASCII.
    found = Q(code__icontains=word) | Q(source__icontains=word) | Q(keywords__icontains=word)
    found |= Q(keywords__icontains=json.dumps(word)[1:-1])
    for language in LANGUAGES:
        found |= Q(**{f"title__{language}__icontains": word}) | Q(**{f"description__{language}__icontains": word})
    return found


def current(product: Product) -> Offer:
    """Return what is current of an obtained product; two queries."""
    return Offer(
        product=product,
        version=ProductVersion.objects.filter(product=product).order_by("-number").first(),
        policy=ProductPolicy.objects.filter(product=product).select_related("author").order_by("-number").first(),
    )


def detail(actor: Actor, product_id: int) -> Offer:
    """Return a product that the actor may open, with its newest version and policy; raises Absent."""
    return current(access.obtain(actor, Action.PRODUCT_VIEW, product_id))


def versions(product: Product) -> QuerySet[ProductVersion]:
    return ProductVersion.objects.filter(product=product).order_by("-number")


def policies(product: Product) -> QuerySet[ProductPolicy]:
    return ProductPolicy.objects.filter(product=product).select_related("author").order_by("-number")


def newest_policies(products: Iterable[Product]) -> dict[int, ProductPolicy]:
    """Return the newest policy by product id, in one query; products without a policy are not in it."""
    newest = ProductPolicy.objects.filter(product_id=OuterRef("product_id")).order_by("-number").values("pk")[:1]
    found = ProductPolicy.objects.filter(product__in=[product.pk for product in products], pk=Subquery(newest))
    return {policy.product_id: policy for policy in found}


def commands(actor: Actor, product: Product) -> tuple[str, ...]:
    """Return the commands of the state table that the actor may give for this product now."""
    facts = access.facts_of(product)
    here = PRODUCT.commands(product.state)
    return tuple(command for command in here if decide(actor, PRODUCT.step(product.state, command).action, facts))


def cards(actor: Actor) -> tuple[DataProductCard, ...]:
    """Return a card for each published product that the actor may open and that has a policy, by code.

    A card names the columns that the policy shows and no other.
    """
    products = list(access.visible(actor).filter(state="published").order_by("code"))
    rules = newest_policies(products)
    return tuple(_card(product, rules[product.pk]) for product in products if product.pk in rules)


def _card(product: Product, policy: ProductPolicy) -> DataProductCard:
    shown = policy_tree.from_json(policy.tree).kept
    return DataProductCard(
        code=product.code,
        title=Text.of(product.title),
        description=Text.of(product.description),
        columns=tuple(rule.name for rule in shown),
        keywords=tuple(product.keywords),
        sectors=(product.sector,),
        access="open" if product.governance == GovernanceModel.OPEN else "request",
    )
