"""Buttons for stewards on the pages of data products. Who may press them is said by the policy; they read no row."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext

from minett.apps.dataproducts import queries
from minett.apps.dataproducts.models import Product
from minett.journeys import prepare_product
from minett.kernel.errors import Refused
from minett.policy.states import PRODUCT

register = template.Library()


@register.inclusion_tag("publishing/of_product.html", takes_context=True)
def steward_buttons(context: dict[str, Any], product: Product) -> dict[str, Any]:
    """Show the commands of the product's table that the reader may give."""
    commands = queries.commands(context["actor"], product)
    told = [(command, gettext(PRODUCT.step(product.state, command).label)) for command in commands]
    return {"commands": told, "product": product}


@register.inclusion_tag("publishing/button.html", takes_context=True)
def publish_button(context: dict[str, Any]) -> dict[str, Any]:
    """Show the way to publish to stewards."""
    try:
        return {"may_publish": bool(prepare_product.stewardships(context["actor"]))}
    except Refused:
        return {"may_publish": False}
