"""A policy, its columns and its risks in words, for those who ask and those who decide. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from minett.api.errors import words_of
from minett.apps.dataproducts.queries import Offer
from minett.apps.grants.models import AccessRequest
from minett.apps.grants.terms import Terms, offered
from minett.kernel.content import Text, gettext_noop
from minett.kernel.errors import MinettError
from minett.planes.data.policy_tree import ColumnRule, DataPolicy
from minett.planes.data.policy_words import describe
from minett.planes.data.purposes import PURPOSES
from minett.planes.data.schema import ColumnSpec, ColumnType, Sensitivity, TableSchema
from minett.policy.states import REQUEST
from minett.web.middleware import page_language

SENSITIVITIES = {
    Sensitivity.NONE: (gettext_noop("harmless"), "good"),
    Sensitivity.LOW: (gettext_noop("low"), "info"),
    Sensitivity.PERSONAL: (gettext_noop("personal"), "wait"),
    Sensitivity.SENSITIVE: (gettext_noop("sensitive"), "bad"),
}
TYPES = {
    ColumnType.BOOLEAN: gettext_noop("yes or no"),
    ColumnType.INTEGER: gettext_noop("whole number"),
    ColumnType.NUMBER: gettext_noop("number"),
    ColumnType.TEXT: gettext_noop("text"),
    ColumnType.DATE: gettext_noop("day"),
    ColumnType.TIMESTAMP: gettext_noop("moment (UTC)"),
}
LONG_DAYS = 365
FEW_CHARACTERS = 80
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """One column that the policy lets out; `masked` where its values are changed before."""

    name: str
    meaning: Text
    kind: str
    unit: str
    sensitivity: str
    tone: str
    masked: bool


@dataclass(frozen=True, slots=True)
class Risk:
    """Something a reviewer should weigh: `tone` is bad, wait or good."""

    tone: str
    words: str


def columns_of(rules: DataPolicy, schema: TableSchema) -> list[ShownColumn]:
    """Return the columns that the policy shows. Hidden ones are not named: for the reader they do not exist."""
    known = schema.by_name
    return [_column(rule, known[rule.name]) for rule in rules.kept if rule.name in known]


def _column(rule: ColumnRule, spec: ColumnSpec) -> ShownColumn:
    words, tone = SENSITIVITIES[spec.sensitivity]
    kind = _(TYPES[spec.type])
    return ShownColumn(spec.name, spec.meaning, kind, spec.unit or "", _(words), tone, rule.mask is not None)


def meanings_of(rules: DataPolicy, schema: TableSchema) -> dict[str, str]:
    """Return each shown column's name with its meaning, for the choices of a form."""
    shown = columns_of(rules, schema)
    return {one.name: f"{one.name}: {one.meaning.in_(page_language())} ({one.sensitivity})" for one in shown}


def sentences(rules: DataPolicy) -> tuple[str, ...]:
    """Return the policy as sentences in the page's language."""
    return describe(rules, page_language(), {})


def purposes_of(codes: Iterable[str]) -> list[tuple[Text, Text]]:
    return [(PURPOSES[code].title, PURPOSES[code].meaning) for code in codes if code in PURPOSES]


def purpose_title(code: str) -> str:
    return PURPOSES[code].title.in_(page_language()) if code in PURPOSES else code


def promised(request: AccessRequest) -> date | None:
    """Return the day by which the next step of a request is promised, in working days since its state began."""
    days = REQUEST.standings[request.state].promised_days
    day = request.state_since_at.date()
    for _one in range(days or 0):
        day += timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
    return day if days else None


def risks_of(request: AccessRequest, offer: Offer, now: datetime) -> list[Risk]:
    """Return what a reviewer should weigh, the gravest first; at least one sentence."""
    found = [*_offer_risks(request, offer, now), *_column_risks(request, offer), *_other_risks(request, offer)]
    order = {"bad": 0, "wait": 1}
    found.sort(key=lambda risk: order.get(risk.tone, 2))
    return found or [Risk("good", _("Nothing stands out: no personal columns, a stated case, a year at most."))]


def _offer_risks(request: AccessRequest, offer: Offer, now: datetime) -> Iterator[Risk]:
    """Say what an approval would run into: the owner may have changed the offer meanwhile."""
    terms = Terms.of(request.purpose, request.columns, request.days, request.safeguards)
    try:
        rules = offered(offer).rules
        terms.must_be_offered(rules)
        until = terms.until(rules, now)
    except MinettError as error:
        yield Risk("bad", _("It cannot be approved as it stands: %(why)s") % {"why": words_of(error)})
        return
    if until < now + timedelta(days=request.days):
        yield Risk("wait", _("The policy ends before the days that are asked for; the grant would end with it."))
    if rules.rows is None:
        yield Risk("wait", _("The policy leaves no row out: every row would be delivered."))


def _column_risks(request: AccessRequest, offer: Offer) -> Iterator[Risk]:
    if offer.rules is None or offer.schema is None:
        return
    asked = [one for one in columns_of(offer.rules, offer.schema) if one.name in request.columns]
    grave = [one for one in asked if one.tone in {"bad", "wait"}]
    plain = [one.name for one in grave if not one.masked]
    masked = [one.name for one in grave if one.masked]
    if plain:
        yield Risk("bad", _("Personal or sensitive, and shown as it is: %(names)s.") % {"names": ", ".join(plain)})
    if masked:
        yield Risk("wait", _("Personal or sensitive, but masked: %(names)s.") % {"names": ", ".join(masked)})


def _other_risks(request: AccessRequest, offer: Offer) -> Iterator[Risk]:
    if request.days > LONG_DAYS:
        words = ngettext("%(count)s day is long", "%(count)s days are long", request.days) % {"count": request.days}
        yield Risk("wait", _("%(days)s: is a year not enough to begin with?") % {"days": words})
    if len(request.safeguards) < FEW_CHARACTERS:
        yield Risk("wait", _("The safeguards are told in few words."))
    if request.case_id is None:
        yield Risk("wait", _("No case is named, so no adviser accompanies this use."))
    if request.organisation.is_invented:
        yield Risk("wait", _("The company is invented for a demonstration."))
    if offer.version is not None and offer.version.published_at > request.state_since_at:
        yield Risk("wait", _("A new version was published after the request was sent."))


def cell_words(value: object) -> str:
    """Return a value of a preview as words; nothing is a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:.6g}"
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def preview_rows(names: Sequence[str], rows: Iterable[object]) -> list[list[str]]:
    return [[cell_words(row[name]) for name in names] for row in rows]  # type: ignore[index]
