"""Small amounts in templates: a job of some seconds uses thousandths of a node-hour, which must not read as none."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils import formats

from minett.kernel.quantities import Quantity
from minett.web.templatetags.house import quantity

register = template.Library()
DIGITS = 3


@register.filter
def fine(value: Quantity | None) -> str:
    """Return an amount with its unit; below one with three significant digits instead of two decimals."""
    if value is None or not 0 < abs(value.amount) < 1:
        return quantity(value)
    unit = quantity(value).rpartition("\u00a0")[2]
    amount = Decimal(f"{value.amount:.{DIGITS}g}").normalize()
    return f"{formats.number_format(format(amount, 'f'))}\u00a0{unit}"
