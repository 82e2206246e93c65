"""The side column of a case: who takes part, its documents, data, jobs, models and compute, in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from minett.apps.cases.models import Engagement
from minett.journeys.case_overview import CaseOverview
from minett.journeys.case_things import Thing
from minett.kernel.actor import Actor
from minett.kernel.content import Text, gettext_noop
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.rules.compute import ComputeFacts
from minett.web.amounts import amount
from minett.web.templatetags.house import plain_text
from minett.web.timeline import PAGES

# What a document's decision is called; an empty one waits.
DECISIONS = {
    "": (gettext_noop("to be decided"), "wait"),
    "go": (gettext_noop("go"), "good"),
    "revise": (gettext_noop("to be revised"), "wait"),
    "stop": (gettext_noop("stop"), "bad"),
}
BUILDING = frozenset({"go", "building", "in_production", "measured"})


@dataclass(frozen=True, slots=True)
class Line:
    """One thing as a line: its title, its page if the reader may open it, and its badge."""

    thing: Thing
    title: Any
    url: str
    noun: str = ""
    state: str = ""
    label: str = ""
    tone: str = ""

    @property
    def amounts(self) -> list[tuple[str, str]]:
        """Return what was asked for, awarded, used and is left, kept apart, each with its unit."""
        told = (
            (_("Asked for"), self.thing.requested),
            (_("Awarded"), self.thing.awarded),
            (_("Used"), self.thing.used if self.thing.awarded else None),
            (_("Left"), self.thing.remaining),
        )
        return [(words, amount(value)) for words, value in told if value is not None]


@dataclass(frozen=True, slots=True)
class Group:
    """One part of the side column, with what the reader may do next there."""

    title: str
    lines: list[Line]
    nothing: str
    links: list[tuple[str, str]]


def line(thing: Thing, nouns: Collection[str]) -> Line:
    """Return a thing as a line; `nouns` are those whose pages the reader may open."""
    url = PAGES[thing.kind].format(thing.id) if thing.kind in nouns else ""
    if thing.kind != "document":
        return Line(thing, thing.title, url, noun=thing.kind, state=thing.state)
    label, tone = DECISIONS.get(thing.state, (thing.state, "plain"))
    title = _("Use-case document, version %(version)s") % {"version": thing.title.in_("en")}
    return Line(thing, title, url, label=_(label), tone=tone)


def engaged(engagements: Sequence[Engagement]) -> list[tuple[str, list[Text]]]:
    """Return each partner with the services that it delivers in the case."""
    by_partner: dict[str, list[Text]] = {}
    for one in engagements:
        name = (
            one.partner.display_name
            if one.partner
            else plain_text(getattr(one, "partner_title", "") or one.partner_code)
        )
        by_partner.setdefault(name, []).append(Text.of(one.service.content["title"]))
    return list(by_partner.items())


def present(actor: Actor, found: CaseOverview, nouns: Collection[str]) -> dict[str, Any]:
    """Return the side column's groups, and the compute that was asked for, awarded and used."""
    lines = {kind: [line(thing, nouns) for thing in found.of(kind)] for kind in PAGES}
    return {
        "groups": [
            Group(_("Documents"), lines["document"], _("No document has been written yet."), []),
            Group(_("Data"), lines["grant"] + _open_requests(lines["request"]), *_data(found, actor, nouns)),
            Group(_("Jobs"), lines["job"], *_jobs(found, actor, nouns)),
            Group(_("Models"), lines["model"], _("No model has been registered yet."), []),
        ],
        "allocations": lines["allocation"],
        "may_ask_for_compute": _builds(found) and decide(actor, Action.ALLOCATION_REQUEST, found.facts),
        "sees_compute": "allocation" in nouns,
    }


def _open_requests(lines: list[Line]) -> list[Line]:
    """An approved request lives on as its grant, which is shown instead."""
    return [one for one in lines if one.state != "approved"]


def _builds(found: CaseOverview) -> bool:
    return found.case.state in BUILDING


def _data(found: CaseOverview, actor: Actor, nouns: Collection[str]) -> tuple[str, list[tuple[str, str]]]:
    if "grant" not in nouns:
        return _("Requests and grants are shown to the company and to those who keep the data."), []
    nothing = _("No data have been asked for yet.")
    may = _builds(found) and decide(actor, Action.ALLOCATION_REQUEST, found.facts)
    return nothing, [(_("Ask for data"), "/data/")] if may else []


def _jobs(found: CaseOverview, actor: Actor, nouns: Collection[str]) -> tuple[str, list[tuple[str, str]]]:
    if "job" not in nouns:
        return _("Jobs are shown to the company and to those who award compute."), []
    nothing = _("No job has run yet.")
    organisation = found.case.organisation_id
    if organisation is None or not _builds(found):
        return nothing, []
    may = decide(actor, Action.JOB_SUBMIT, ComputeFacts(organisation, actor.person_id, ""))
    ready = any(thing.state == "active" for thing in found.of("grant"))
    return nothing, [(_("Train a model"), f"/cases/{found.case.pk}/train/")] if may and ready else []
