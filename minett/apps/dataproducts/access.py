"""Handing out data products. `visible` lists exactly what `obtain` would open."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from minett.apps.dataproducts.models import Product
from minett.kernel.actor import Actor, Role
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import covers, decide, demand
from minett.policy.rules.data import ProductFacts


def facts_of(product: Product) -> ProductFacts:
    """Return what the rules need to know of a product."""
    return ProductFacts(
        owner_id=product.owner_id,
        steward_id=product.steward_id,
        private=product.is_private,
        state=product.state,
    )


def visible(actor: Actor) -> QuerySet[Product]:
    """Return all data products that the actor may open."""
    products = Product.objects.select_related("owner", "steward")
    if not covers(actor, Action.PRODUCT_VIEW):
        return products.none()
    if actor.is_robot or actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return products
    public = Q(is_private=False) & ~Q(state="draft")
    return products.filter(public | Q(owner_id__in=actor.organisations))


def obtain(actor: Actor, action: Action, product_id: int) -> Product:
    """Return the product; raise Absent when it is missing or hidden, NotAllowed when seen but not allowed."""
    product = Product.objects.select_related("owner", "steward").filter(pk=product_id).first()
    if product is None:
        raise Absent
    facts = facts_of(product)
    if not decide(actor, Action.PRODUCT_VIEW, facts) and not decide(actor, action, facts):
        raise Absent
    demand(actor, action, facts)
    return product
