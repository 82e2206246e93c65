"""How each kind of catalogue entry is shown: its columns in a list, its facts on a page. Words only, no reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from minett.apps.catalogue.models import EntryKind
from minett.kernel.content import Text, gettext_noop
from minett.web.catalogue_titles import Titles, title_in
from minett.web.middleware import page_language
from minett.web.templatetags.house import moment, number, quantity, text
from minett.web.views.plan_parts import RISKS, STEPS

Content = Mapping[str, Any]
Shown = Callable[[Content, Titles], Any]

TRUST = {
    "own-page": gettext_noop("Read on the page of the organisation that offers it."),
    "third-party": gettext_noop("Reported by others: read it again at the owner's page before you rely on it."),
    "disputed": gettext_noop("Sources differ: read it again at the owner's page before you rely on it."),
    "invented": gettext_noop("Invented as an example. It does not exist."),
    "documented": gettext_noop("Documented by an organisation that did it."),
    "pattern": gettext_noop("A pattern met in several places, not one documented project."),
}
SURE = {
    "own-page": gettext_noop("official"),
    "third-party": gettext_noop("reported by others"),
    "disputed": gettext_noop("sources differ"),
    "invented": gettext_noop("invented"),
}
FIGURES = {
    "minimum": gettext_noop("at least"),
    "maximum": gettext_noop("at most"),
    "flat": gettext_noop("flat"),
    "share-percent": gettext_noop("share"),
}
EFFORTS = {"S": gettext_noop("small"), "M": gettext_noop("medium"), "L": gettext_noop("large")}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is said about an entry: its name for people, and how it is read from the content."""

    label: str
    shown: Shown
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A part of the catalogue. `columns` stand in its list beside the title, `facts` on an entry's page."""

    code: str
    title: str
    words: str
    columns: tuple[Field, ...]
    facts: tuple[Field, ...]


def _words(name: str) -> Shown:
    return lambda content, _titles: text(content.get(name))


def _plain(name: str) -> Shown:
    return lambda content, _titles: content.get(name) or ""


def _number(name: str) -> Shown:
    return lambda content, _titles: "" if content.get(name) is None else number(content[name])


def _yes_no(name: str) -> Shown:
    return lambda content, _titles: _("yes") if content.get(name) else _("no")


def _among(name: str, words: Mapping[str, str]) -> Shown:
    return lambda content, _titles: _(words.get(str(content.get(name)), str(content.get(name) or "")))


def _named(name: str, kind: str) -> Shown:
    """Return the titles of the entries that a field refers to, one code or several."""

    def shown(content: Content, titles: Titles) -> str:
        given = content.get(name) or []
        codes = [given] if isinstance(given, str) else given
        return ", ".join(title_in(titles, kind, code).in_(page_language()) for code in codes)

    return shown


def _lines(name: str) -> Shown:
    """Return a list by language as one text; the words follow the page's language as every text does."""

    def shown(content: Content, _titles: Titles) -> str:
        given = {code: "\n".join(lines) for code, lines in (content.get(name) or {}).items()}
        return text(Text(given)) if given else ""

    return shown


def _risk(content: Content, _titles: Titles) -> str:
    given = str(content.get("risk_class", ""))
    return _(RISKS[given][0]) if given in RISKS else given


def _closings(content: Content, _titles: Titles) -> str:
    moments = sorted(datetime.fromisoformat(one["at"]) for one in content.get("cut_offs") or [])
    return format_html_join(mark_safe("<br>"), "{}", ((moment(at),) for at in moments))


def _amounts(content: Content, _titles: Titles) -> str:
    """Return each published figure with what it is of, and who says so: figures that differ stand side by side."""
    rows = content.get("amounts") or []
    return format_html_join(
        mark_safe("<br>"), '{} ({}): {}. <span class="small muted">{} ({})</span>', (_figure(row) for row in rows)
    )


def _figure(row: Mapping[str, Any]) -> tuple[str, ...]:
    value = f"{number(row['value'])} %" if row.get("unit") is None else quantity(row["value"], row["unit"])
    return _(FIGURES[row["what"]]), text(row["of"]), value, row["source"], _(SURE[row["trust"]])


def _partitions(content: Content, _titles: Titles) -> str:
    rows = content.get("partitions") or []
    parts = ((text(row["title"]), _nodes(row.get("nodes"))) for row in rows)
    return format_html_join(mark_safe("<br>"), "{}: {}", parts)


def _nodes(count: int | None) -> str:
    if count is None:
        return _("number of nodes not published")
    return ngettext("%(count)s node", "%(count)s nodes", count) % {"count": count}


TITLES_OF_PARTNERS = _named("partners", EntryKind.PARTNERS)
GIVES = Field(gettext_noop("What you get"), _words("gives"))
AUDIENCE = Field(gettext_noop("For whom"), _words("audience"))
PARTNERS = Field(gettext_noop("Delivered by"), TITLES_OF_PARTNERS)
STEP = Field(gettext_noop("Step"), _among("step", STEPS))
PRICE = Field(gettext_noop("Price"), _words("price"))
DURATION = Field(gettext_noop("Duration"), _words("duration"))
SECTOR = Field(gettext_noop("Sector"), _named("sector", EntryKind.SECTORS))
EFFORT = Field(gettext_noop("Effort"), _among("effort", EFFORTS))
RISK = Field(gettext_noop("AI Act, usually"), _risk)
SIZE = Field(gettext_noop("Size"), _words("size"))
OPENING = Field(gettext_noop("Open"), _words("opening"))
ANSWER = Field(gettext_noop("Answer"), _words("answer_time"))
BEFORE = Field(gettext_noop("Apply before you start"), _yes_no("must_precede_start"))
OPERATOR = Field(gettext_noop("Run by"), _named("operator", EntryKind.PARTNERS))
GPUS = Field(gettext_noop("GPUs in a node"), _number("gpus_per_node"), numeric=True)
ROLE = Field(gettext_noop("What it does"), _words("role"))

KINDS: tuple[Kind, ...] = (
    Kind(
        "usecases",
        gettext_noop("Use cases"),
        gettext_noop("What companies do with AI: the problem, what it changed, and what it needed."),
        (SECTOR, EFFORT, RISK),
        (
            Field(gettext_noop("Problem"), _words("problem")),
            Field(gettext_noop("What it changes"), _lines("value")),
            Field(gettext_noop("Data needed"), _words("data_needed")),
            Field(gettext_noop("Method"), _words("method")),
            SECTOR,
            EFFORT,
            RISK,
            Field(gettext_noop("Goes well with"), _named("twins", EntryKind.USECASES)),
        ),
    ),
    Kind(
        "services",
        gettext_noop("Services"),
        gettext_noop("What the partners do for you, by the step at which it helps."),
        (STEP, PARTNERS, PRICE, DURATION),
        (
            GIVES,
            AUDIENCE,
            STEP,
            PARTNERS,
            PRICE,
            DURATION,
            BEFORE,
            Field(SECTOR.label, _named("sectors", EntryKind.SECTORS)),
        ),
    ),
    Kind(
        "schemes",
        gettext_noop("Aid"),
        gettext_noop("Money that may help, with its conditions and how sure the figures are."),
        (GIVES, BEFORE),
        (GIVES, AUDIENCE, BEFORE, PARTNERS, Field(gettext_noop("Published figures"), _amounts)),
    ),
    Kind(
        "calls",
        gettext_noop("Calls"),
        gettext_noop("Where computing time and joint projects can be asked for, and until when."),
        (SIZE, OPENING, ANSWER),
        (
            SIZE,
            AUDIENCE,
            OPENING,
            Field(gettext_noop("Closing dates"), _closings),
            ANSWER,
            Field(gettext_noop("How it is decided"), _words("review")),
            PARTNERS,
            Field(gettext_noop("Counted in"), _plain("unit")),
        ),
    ),
    Kind(
        "clusters",
        gettext_noop("Machines"),
        gettext_noop("The computers on which models are trained. A figure that is not published stays empty."),
        (OPERATOR, GPUS),
        (OPERATOR, GPUS, Field(gettext_noop("Parts"), _partitions), Field(gettext_noop("Counted in"), _plain("unit"))),
    ),
    Kind(
        "partners",
        gettext_noop("Partners"),
        gettext_noop("Who delivers, funds or supervises what stands in this catalogue."),
        (ROLE,),
        (
            ROLE,
            Field(gettext_noop("Legal name"), _plain("legal_name")),
            Field(gettext_noop("Country"), _plain("country")),
        ),
    ),
    Kind(
        "sectors",
        gettext_noop("Sectors"),
        gettext_noop("The fields of business that use cases and services belong to."),
        (Field(gettext_noop("Put first by the factory"), _yes_no("priority")),),
        (Field(gettext_noop("Put first by the factory"), _yes_no("priority")),),
    ),
)
BY_CODE: Mapping[str, Kind] = {kind.code: kind for kind in KINDS}
NAMED_BY = (EntryKind.PARTNERS, EntryKind.SECTORS)


def facts(kind: Kind, content: Content, titles: Titles) -> list[tuple[str, Any]]:
    """Return what is known of an entry; a fact without a value is left out."""
    shown = ((_(field.label), field.shown(content, titles)) for field in kind.facts)
    return [(label, value) for label, value in shown if value]


def trust_of(content: Content) -> str:
    """Return in words how far the entry may be trusted."""
    return _(TRUST.get(str(content.get("trust") or content.get("source_kind") or ""), ""))
