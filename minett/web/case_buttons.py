"""The buttons of a case: the commands of the state table that the reader may give, each with where it leads.

A command that needs more than a click leads to its own page; the others are forms of one button.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from minett.apps.cases.models import Case
from minett.journeys.case_overview import commands
from minett.kernel.actor import Actor
from minett.policy.rules.cases import CaseFacts
from minett.policy.states import CASE


@dataclass(frozen=True, slots=True)
class Button:
    """A link, or with a `command` a form that sends it. `label` is a verb."""

    label: str
    url: str
    command: str = ""
    is_post: bool = False


# Commands that a page of their own takes, by the name of its route.
PAGES = {"agree_plan": "case-plan", "write_document": "case-document"}


def facts_from_row(case: Case) -> CaseFacts:
    """Return the facts for commands, which no partner gives: no query for a row of a list."""
    return CaseFacts(case.organisation_id, case.adviser_id, frozenset(), case.state)


def buttons(actor: Actor, case: Case, document_id: int | None = None) -> list[Button]:
    """Return the buttons for a case, in the order of the table. `document_id` is the document to decide on."""
    names = commands(actor, facts_from_row(case))
    found = [_button(case, name) for name in names if not name.startswith("decide_")]
    if any(name.startswith("decide_") for name in names):
        page = reverse("document", args=[document_id]) if document_id else reverse("case", args=[case.pk])
        found.append(Button(_("Read the document and decide"), page))
    return found


def _button(case: Case, command: str) -> Button:
    label = _(CASE.step(case.state, command).label)
    if command in PAGES:
        return Button(label, reverse(PAGES[command], args=[case.pk]))
    if command == "take":
        return Button(label, reverse("case-take", args=[case.pk]), is_post=case.organisation_id is not None)
    if command == "measure":
        return Button(label, f"/cases/{case.pk}/impact/")
    return Button(label, reverse("case-move", args=[case.pk]), command, is_post=True)
