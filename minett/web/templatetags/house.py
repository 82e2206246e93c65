"""The house's words in templates: texts in four languages, amounts, days, states, sentences, addresses of actions.

`{% load house %}`. Filters return safe HTML only where they say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_noop, ngettext

from minett.kernel.content import Text
from minett.kernel.quantities import Quantity, Unit
from minett.policy.states import TABLES, Standing
from minett.web.middleware import page_language
from minett.web.pages import Cell, Heading
from minett.web.templatetags.house_tones import Look, look

register = template.Library()

DAY_FORMATS = {"en": "j F Y", "fr": "j F Y", "de": "j. F Y", "lb": "j. F Y"}
_STANDINGS = {(table.noun, state): it for table in TABLES for state, it in table.standings.items()}
TONES = {"good": "check-circle", "wait": "clock", "bad": "exclamation-triangle", "info": "information-circle"}
MESSAGE_TONES = {"success": "good", "warning": "wait", "error": "bad"}
# From how many of a hundred on which words stand beside a confidence.
CONFIDENCE = (
    (80, gettext_noop("very sure")),
    (60, gettext_noop("fairly sure")),
    (40, gettext_noop("likely, to be checked")),
    (0, gettext_noop("a first guess")),
)


@register.filter
def text(value: Any) -> str:
    """Return the words in the page's language; HTML with `lang` when another language had to be served."""
    words, served = _served(value)
    if served == page_language():
        return words
    return format_html('<span lang="{}">{}</span>', served, words)


@register.filter
def plain_text(value: Any) -> str:
    """Like `text`, without HTML: for attributes and titles."""
    return _served(value)[0]


def _served(value: Any) -> tuple[str, str]:
    if not value or isinstance(value, str):
        return str(value or ""), page_language()
    return (value if isinstance(value, Text) else Text.of(value)).served(page_language())


@register.filter
def quantity(value: Any, unit: str = "") -> str:
    """Return an amount with its unit: of a Quantity, or of a number whose unit is given.

    A thousand is written with the language's separator; at most two decimals, none when they are zero.
    """
    if value is None or value == "":
        return gettext("not known")
    amount = value.amount if isinstance(value, Quantity) else _decimal(value)
    name = value.unit.value if isinstance(value, Quantity) else unit
    return f"{number(amount)}\u00a0{_unit(name, amount)}" if name else number(amount)


@register.filter
def number(value: Any) -> str:
    """Return a number as the page's language writes it, with at most two decimals."""
    rounded = round(_decimal(value), 2)
    places = None if rounded % 1 else 0
    return formats.number_format(rounded.normalize() if places is None else rounded, places, force_grouping=True)


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        message = f"{value!r} is not a number"
        raise ValueError(message) from error


def _unit(name: str, amount: Decimal) -> str:
    many = 1 if amount == 1 else 2
    known = {
        Unit.NODE_HOUR: ngettext("node-hour", "node-hours", many),
        Unit.GPU_HOUR: ngettext("GPU-hour", "GPU-hours", many),
        Unit.CPU_HOUR: ngettext("CPU-hour", "CPU-hours", many),
        Unit.EUR: gettext("EUR"),
        Unit.WATT_HOUR: gettext("Wh"),
    }
    return {unit.value: word for unit, word in known.items()}.get(name) or gettext(name)


@register.filter
def day(value: date | datetime | None) -> str:
    """Return a day in words with the year, as HTML with its machine form; moments in the house's time zone."""
    if value is None:
        return gettext("no date")
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    shown = formats.date_format(local, DAY_FORMATS[page_language()])
    return format_html('<time datetime="{}">{}</time>', f"{local:%Y-%m-%d}", shown)


@register.filter
def moment(value: datetime | None) -> str:
    """Return day and time of day with the name of the time zone, as HTML with its machine form."""
    if value is None:
        return gettext("no date")
    local = timezone.localtime(value)
    words = gettext("%(day)s, %(time)s (%(zone)s)") % {
        "day": formats.date_format(local, DAY_FORMATS[page_language()]),
        "time": f"{local:%H:%M}",
        "zone": local.tzname(),
    }
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="minutes"), words)


@register.filter
def working_days(value: int | None) -> str:
    """Return a span of working days in words; empty when nothing is promised."""
    if value is None:
        return ""
    return ngettext("%(days)s working day", "%(days)s working days", value) % {"days": value}


@register.simple_tag
def sentence(words: str, gaps: Mapping[str, Any] | None = None, **named: Any) -> str:
    """Return an English sentence that was marked in policy, advice or the planes, in the page's language."""
    if not words:
        return ""
    filling = {**(gaps or {}), **named}
    return gettext(words) % filling if filling else gettext(words)


@register.filter(name="sentence")
def sentence_filter(words: str) -> str:
    """Like the tag, for a sentence without gaps."""
    return sentence(words)


def _standing(noun: str, state: str) -> Standing:
    return _STANDINGS.get((noun, state)) or Standing(state)


@register.simple_tag
def state_label(noun: str, state: str) -> str:
    """Return the name of a state from `policy.states` in the page's language."""
    return sentence(_standing(noun, state).label)


@register.simple_tag
def state_holder(noun: str, state: str) -> str:
    """Return who has the thing in this state; empty when nobody waits for anybody."""
    return sentence(_standing(noun, state).holder)


@register.simple_tag
def state_next(noun: str, state: str) -> str:
    """Return what happens next in this state; empty in a last one."""
    return sentence(_standing(noun, state).next_step)


@register.simple_tag
def state_look(noun: str, state: str) -> Look:
    """Return tone and icon of a state."""
    return look(noun, state)


@register.simple_tag
def command_label(noun: str, state: str, command: str) -> str:
    """Return the verb of a command in a state; raises CommandNotInTable for one that does not exist."""
    table = next(table for table in TABLES if table.noun == noun)
    return sentence(table.step(state, command).label)


@register.simple_tag
def action_url(noun: str, pk: Any, command: str) -> str:
    """Return the address to which the button of a state's command posts: the route `<noun>-do`."""
    return reverse(f"{noun}-do", kwargs={"pk": pk, "command": command})


@register.filter
def tone_icon(tone: str) -> str:
    """Return the icon that goes with a tone, so that colour is never the only sign."""
    return TONES.get(tone, "information-circle")


@register.filter
def message_tone(tags: str) -> str:
    """Return the tone of one of Django's messages from its tags."""
    return next((tone for tag, tone in MESSAGE_TONES.items() if tag in tags.split()), "info")


@register.filter
def percent(share: Any) -> int:
    """Return a share between 0 and 1 as a whole number of a hundred, kept within 0 and 100."""
    return max(0, min(100, round(_decimal(share) * 100)))


@register.filter
def confidence_words(share: Any) -> str:
    """Return the words for a confidence between 0 and 1."""
    reached = percent(share)
    return gettext(next(words for least, words in CONFIDENCE if reached >= least))


@register.filter
def with_headings(row: Sequence[Cell], headings: Sequence[Heading]) -> list[tuple[Heading, Cell]]:
    """Return the cells of a row, each with the heading of its column."""
    return list(zip(headings, row, strict=True))


@register.simple_tag
def on_scale(value: Any, low: Any, high: Any, width: int = 300) -> str:
    """Return where a value lies on a drawn scale from `low` to `high`, in units of the drawing."""
    start, end = _decimal(low), _decimal(high)
    share = (_decimal(value) - start) / (end - start) if end > start else Decimal(0)
    return f"{max(Decimal(0), min(Decimal(1), share)) * width:.1f}"


@register.filter
def control_kind(field: Any) -> str:
    """Return how a field is laid out: "check" (one box), "choices" (several), else "line"."""
    kind = getattr(field.field.widget, "input_type", "")
    if kind == "checkbox" and not hasattr(field.field.widget, "choices"):
        return "check"
    return "choices" if kind in {"radio", "checkbox"} else "line"
