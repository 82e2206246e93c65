"""The parts of the pages about compute that are only words and drawing: machines, units, amounts on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from minett.advice.plan import Plan
from minett.apps.cases.models import Case
from minett.apps.catalogue.models import EntryVersion
from minett.apps.jobs.queries import AllocationUse
from minett.kernel.content import Text
from minett.kernel.errors import MinettError
from minett.kernel.quantities import Quantity, Unit
from minett.web.templatetags.house import plain_text


@dataclass(frozen=True, slots=True)
class Amount:
    """One of the amounts of an allocation; `width` is its part of the longest one, from 0 to 100."""

    label: str
    quantity: Quantity | None
    width: float
    tone: str


def machine_of(row: EntryVersion) -> Text:
    """Return a machine's name; its code where the pack gives none."""
    return Text.of(row.content.get("title") or row.entry.code)


def machine_words(row: EntryVersion) -> str:
    """Return a machine with its unit and its graphics processors, for a choice."""
    gpus = row.content.get("gpus_per_node") or 0
    cards = ngettext("%(count)s GPU in each node", "%(count)s GPUs in each node", gpus) if gpus else _("no GPUs")
    return _("%(machine)s, counted in %(unit)s, %(gpus)s") % {
        "machine": plain_text(machine_of(row)),
        "unit": unit_words(row.content["unit"]),
        "gpus": cards % {"count": gpus} if gpus else cards,
    }


def unit_words(unit: str) -> str:
    """Return the name of a unit in the plural."""
    names = {Unit.NODE_HOUR: _("node-hours"), Unit.GPU_HOUR: _("GPU-hours"), Unit.CPU_HOUR: _("CPU-hours")}
    return names.get(Unit(unit), unit)


def amounts_of(use: AllocationUse) -> list[Amount]:
    """Return what was requested, awarded, used and is left, in this order and apart from each other."""
    decided = use.allocation.awarded is not None
    known = [
        (_("Requested"), use.requested, "plain"),
        (_("Awarded"), use.awarded if decided else None, "info"),
        (_("Used"), use.used if decided else None, "ore"),
        (_("Left"), use.remaining if decided else None, "good"),
    ]
    longest = max(quantity.amount for _label, quantity, _tone in known if quantity is not None)
    return [Amount(label, quantity, _width(quantity, longest), tone) for label, quantity, tone in known]


def _width(quantity: Quantity | None, longest: Decimal) -> float:
    if quantity is None or not longest:
        return 0
    # An amount that is there is seen, however small it is beside the others.
    return max(0.5, float(100 * quantity.amount / longest)) if quantity.amount else 0


def estimates_of(case: Case, titles: Mapping[str, Text]) -> list[dict[str, Any]]:
    """Return what the case's plan estimated for the machines in `titles`, each with its name; may be nothing."""
    try:
        plan = Plan.from_json(case.plan)
    except MinettError:
        return []
    return [{"it": one, "machine": titles[one.cluster]} for one in plan.estimates if one.cluster in titles]
