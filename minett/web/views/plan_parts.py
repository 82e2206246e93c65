"""A plan laid out for a page: the marked need, the chips, the stations of the path. It changes nothing in the plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from minett.advice.ai_act.rules import all_rules
from minett.advice.marking import MatchedWord
from minett.advice.plan import Plan
from minett.advice.planned import PlannedService, PlannedUseCase
from minett.apps.catalogue.models import EntryKind
from minett.kernel.content import Text, gettext_noop
from minett.web.catalogue_titles import Titles, title_in
from minett.web.middleware import page_language
from minett.web.templatetags.house import quantity, text

STEPS = {
    "discover": gettext_noop("Find out"),
    "assess": gettext_noop("Assess"),
    "data": gettext_noop("Data"),
    "skills": gettext_noop("Skills"),
    "build": gettext_noop("Build"),
    "trust": gettext_noop("Trust"),
    "fund": gettext_noop("Money"),
    "connect": gettext_noop("Connect"),
    "scale": gettext_noop("Scale"),
}
RISKS = {
    "prohibited": (gettext_noop("Forbidden use"), "bad"),
    "high": (gettext_noop("High risk"), "wait"),
    "limited": (gettext_noop("Limited risk: people have to be told"), "info"),
    "minimal": (gettext_noop("Minimal risk"), "good"),
    "out-of-scope": (gettext_noop("Outside the AI Act"), "good"),
    "unsettled": (gettext_noop("Not settled: a person has to look at it"), "wait"),
}
# Where in the catalogue a matched word stands, by the field's name in the thinking floor.
PLACES = {
    "glossary": gettext_noop("the trade's own words"),
    "title": gettext_noop("the title"),
    "problem": gettext_noop("the description of the problem"),
    "data": gettext_noop("the data needed"),
    "method": gettext_noop("the method"),
    "value": gettext_noop("the value"),
}
LANGUAGE_NAMES = {
    "en": gettext_noop("English"),
    "fr": gettext_noop("French"),
    "de": gettext_noop("German"),
    "lb": gettext_noop("Luxembourgish"),
}
# The answer to this question means nothing without the question.
NEEDS_ITS_QUESTION = "persons"
MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the need; `word` is set where it is marked."""

    text: str
    word: MatchedWord | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """An answer to a follow-up question: what it shows, and the words it adds to the need."""

    label: str
    adds: str


@dataclass(frozen=True, slots=True)
class Station:
    """One station of the horizontal path, in the form that components/path.html takes."""

    title: SafeString
    mark: str = ""
    body: str = ""
    lines: tuple[str, ...] = ()
    state: str = ""


def best_of(plan: Plan) -> PlannedUseCase | None:
    return next((proposal for proposal in plan.proposals if proposal.code == plan.chosen), None)


def pieces(plan: Plan) -> list[Piece]:
    """Cut the need at the matched words. A word that is not where the plan says it is stays unmarked."""
    best = best_of(plan)
    found, at = [], 0
    for word in best.words if best else ():
        if word.start < at or plan.need[word.start : word.end] != word.word:
            continue
        found += [Piece(plan.need[at : word.start]), Piece(word.word, word)]
        at = word.end
    return [piece for piece in (*found, Piece(plan.need[at:])) if piece.text]


def places(plan: Plan) -> list[tuple[str, str, str]]:
    """Return each marked word with the catalogue's term and where that stands."""
    best = best_of(plan)
    return [(word.word, word.term, _(PLACES.get(word.why, word.why))) for word in (best.words if best else ())]


def questions(plan: Plan) -> list[tuple[Text, list[Chip]]]:
    """Return the follow-up questions; the chips answer in the language of the need, which they are added to."""
    spoken = plan.language.code
    asked = []
    for question in plan.questions:
        start = f"{question.sentence.in_(spoken)} " if question.key == NEEDS_ITS_QUESTION else ""
        chips = [Chip(words.in_(page_language()), start + words.in_(spoken)) for _key, words in question.options]
        asked.append((question.sentence, chips))
    return asked


def stations(plan: Plan, titles: Titles) -> list[Station]:
    """Return services, data, compute, law and money with the two marks where they belong."""
    return [_services(plan, titles), _data(plan), _compute(plan, titles), _law(plan), _money(plan)]


def _title(words: str, anchor: str) -> SafeString:
    return format_html('<a href="#{}">{}</a>', anchor, words)


def _services(plan: Plan, titles: Titles) -> Station:
    names = [partner(titles, code).in_(page_language()) for code in plan.partners]
    count = sum(len(step.services) for step in plan.path)
    body = ngettext("%(count)s service", "%(count)s services", count) % {"count": count}
    return Station(_title(_("Services and partners"), "services"), "first", body, _few(names))


def _data(plan: Plan) -> Station:
    title = _title(_("Data"), "data")
    if plan.data_products:
        return Station(title, body=_("Offered here:"), lines=_few([text(one.title) for one in plan.data_products]))
    brings = text(plan.company_brings) if plan.company_brings else _("To be settled with the adviser.")
    return Station(title, body=brings)


def _compute(plan: Plan, titles: Titles) -> Station:
    title = _title(_("Computing time"), "compute")
    if not plan.estimates:
        return Station(title, body=_("No estimate before the use is settled."))
    first = plan.estimates[0]
    span = _("%(low)s to %(high)s") % {"low": quantity(first.low), "high": quantity(first.high)}
    where = machine(titles, first.cluster).in_(page_language())
    return Station(title, body=f"{span} ({where})", lines=(_("A first range, not a quote."),))


def _law(plan: Plan) -> Station:
    label, _tone = risk_of(plan)
    mark = "not-yet" if plan.ai_act.risk_class == "prohibited" else ""
    return Station(_title(_("Law"), "law"), mark, label, lines=(_("To be confirmed by a person."),))


def _money(plan: Plan) -> Station:
    title = _title(_("Money"), "money")
    if not plan.schemes:
        return Station(title, body=_("To be settled with the adviser."))
    mark = "not-yet" if plan.do_not_start_yet else ""
    return Station(title, mark, _("Aid that may fit:"), _few([text(scheme.title) for scheme in plan.schemes]))


def _few(lines: list[str]) -> tuple[str, ...]:
    more = len(lines) - MOST_LINES
    if more <= 0:
        return tuple(lines)
    return (*lines[:MOST_LINES], ngettext("and %(count)s more", "and %(count)s more", more) % {"count": more})


def risk_of(plan: Plan) -> tuple[str, str]:
    """Return the class of the AI Act preview in words, and its tone."""
    label, tone = RISKS.get(plan.ai_act.risk_class, (plan.ai_act.risk_class, "wait"))
    return _(label), tone


def quotes(plan: Plan) -> Iterator[tuple[str, str, Text | None]]:
    """Yield what was said, the article that it touches, and that rule's name."""
    rules = {rule.id: rule for rule in all_rules()}
    for sentence, rule_id in plan.ai_act.quotes:
        rule = rules.get(rule_id)
        yield sentence, rule.article if rule else "", rule.label if rule else None


def path_of(plan: Plan, titles: Titles) -> list[tuple[str, list[tuple[PlannedService, Text]]]]:
    """Return the steps in words, each with its services and their partners' names."""
    return [
        (_(STEPS.get(step.step, step.step)), [(one, partner(titles, one.partner)) for one in step.services])
        for step in plan.path
    ]


def partner(titles: Titles, code: str) -> Text:
    return title_in(titles, EntryKind.PARTNERS, code)


def machine(titles: Titles, code: str) -> Text:
    return title_in(titles, EntryKind.CLUSTERS, code)
