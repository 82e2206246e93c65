"""Amounts of compute in words, also those that are too small to be seen at two decimals."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext

from minett.kernel.quantities import Quantity
from minett.web.templatetags.house import quantity

LEAST = Decimal("0.01")


def amount(value: Quantity) -> str:
    """Return the amount with its unit; what is less than a hundredth is said to be so, never shown as nothing."""
    if 0 < value.amount < LEAST:
        return gettext("less than %(amount)s") % {"amount": quantity(Quantity(LEAST, value.unit))}
    return quantity(value)
