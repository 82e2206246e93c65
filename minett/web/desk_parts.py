"""What a person's desk holds, by role. Each part asks the database once; a desk has at most four parts.

Whoever has several roles gets the parts of the first ones; the others are a click away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from minett.apps.cases import access as case_access
from minett.apps.cases import queries as cases
from minett.apps.cases.models import Case
from minett.apps.dataproducts import access as product_access
from minett.apps.grants import queries as grants
from minett.apps.jobs import queries as compute
from minett.apps.ledger import queries as ledger
from minett.apps.registry import queries as registry
from minett.journeys import case_things
from minett.kernel.actor import COMPANY_ROLES, Actor, Role
from minett.kernel.content import gettext_noop
from minett.kernel.quantities import Quantity
from minett.policy.states import CASE
from minett.web.case_buttons import Button, buttons
from minett.web.case_parts import line
from minett.web.pages import Cell, Heading
from minett.web.templatetags.house import day, moment, plain_text, quantity
from minett.web.timeline import told

MOST_PARTS, MOST_ROLES = 4, 3
ROWS = 40
SOON = timedelta(days=2)
THING_PAGES = frozenset({"request", "grant", "job", "model", "allocation"})
# What is still under way among a company's things.
UNDER_WAY = frozenset({"draft", "submitted", "returned", "preparing", "active", "queued", "running", "requested"})
MODELS_UNDER_WAY = frozenset({"registered", "evaluated", "reported"})


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case on a desk, with its buttons; `is_late` when its promised day has passed."""

    case: Case
    buttons: list[Button]
    is_late: bool


@dataclass(slots=True)
class Part:
    """One part of the desk. `kind` names its template in `desk/`; an empty one says `nothing`, and what to do."""

    kind: str
    title: str
    nothing: str = ""
    rows: Sequence[Any] = ()
    more: list[tuple[str, str]] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Now:
    """Who looks, and when."""

    actor: Actor
    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()


def of(actor: Actor, now: datetime) -> list[Part]:
    """Return the parts of the actor's desk; one query each."""
    held = [found for roles, found in _DESKS if actor.has(*roles)][:MOST_ROLES]
    makers = [maker for found in held for maker in found][:MOST_PARTS]
    return [part for maker in makers for part in maker(Now(actor, now))]


def _row(at: Now, case: Case) -> CaseRow:
    return CaseRow(case, buttons(at.actor, case), case.due_on is not None and case.due_on < at.today)


def _adviser(at: Now) -> Iterator[Part]:
    """New cases and those whose promise is near, then all open ones; both from the same rows."""
    rows = [_row(at, case) for case in cases.at_risk(at.actor)[: ROWS * 2]]
    urgent = [row for row in rows if row.case.state == "new" or _is_near(row.case, at.today)]
    mine = [row for row in rows if row.case.adviser_id == at.actor.person_id]
    yield Part(
        "cases",
        _("What needs me now"),
        _("Nothing is late, nothing is due within two days, and no new case waits."),
        urgent[:ROWS],
        caption=_("New cases and promises at risk, the earliest first"),
    )
    yield Part(
        "cases",
        _("My open cases"),
        _("You have no open case. Take one of the new cases."),
        mine[:ROWS],
        [(_("All my cases"), reverse("cases") + "?mine=on"), (_("All cases"), reverse("cases"))],
        caption=_("My open cases, the earliest promise first"),
    )


def _is_near(case: Case, today: date) -> bool:
    """Whether the promise ends within two days and the adviser is the one who holds the case."""
    is_theirs = CASE.standings[case.state].holder == CASE.standings["taken"].holder
    return is_theirs and case.due_on is not None and case.due_on <= today + SOON


def _company_cases(at: Now) -> Iterator[Part]:
    rows = [_row(at, case) for case in cases.listing(at.actor)[:ROWS]]
    yield Part(
        "cases",
        _("Our cases"),
        _("Your company has no case yet. Describe at the front door what you would like to do better."),
        rows,
        [(_("Describe a need"), reverse("home")), (_("All our cases"), reverse("cases"))],
        caption=_("Our cases, newest first"),
    )


def _company_things(at: Now) -> Iterator[Part]:
    things = case_things.newest(at.actor, "request", "grant", "allocation", "job", "model")
    open_ones = [thing for thing in things if thing.state in (MODELS_UNDER_WAY if thing.kind == "model" else UNDER_WAY)]
    yield Part(
        "things",
        _("Under way"),
        _("No request, job or model is under way."),
        [(_(KINDS[thing.kind]), line(thing, THING_PAGES)) for thing in open_ones],
        [(_("All requests"), "/requests/"), (_("All jobs"), "/jobs/"), (_("All models"), "/models/")],
    )


KINDS = {
    "request": gettext_noop("Data request"),
    "grant": gettext_noop("Data"),
    "allocation": gettext_noop("Compute"),
    "job": gettext_noop("Job"),
    "model": gettext_noop("Model"),
}


def _table(
    title: str, nothing: str, headings: Sequence[str], rows: Sequence[list[Cell]], *more: tuple[str, str]
) -> Part:
    return Part("table", title, nothing, rows, list(more), [Heading(words) for words in headings], title)


def _requests_to_review(at: Now) -> Iterator[Part]:
    yield _requests(
        _("Requests that wait for me"), _("No request waits for a decision."), list(grants.to_review(at.actor)[:ROWS])
    )


def _all_requests(at: Now) -> Iterator[Part]:
    yield _requests(_("Data requests"), _("Nobody has asked for data yet."), list(grants.requests(at.actor)[:ROWS]))


def _requests(title: str, nothing: str, found: Sequence[Any]) -> Part:
    rows = [
        [
            Cell(plain_text(one.product.title), url=f"/requests/{one.pk}/"),
            Cell(one.organisation.display_name),
            Cell(noun="request", state=one.state),
            Cell(day(one.state_since_at)),
        ]
        for one in found
    ]
    headings = (_("Data product"), _("Company"), _("State"), _("Since"))
    return _table(title, nothing, headings, rows, (_("All requests"), "/requests/"))


def _products(at: Now) -> Iterator[Part]:
    own = product_access.visible(at.actor).filter(owner_id__in=at.actor.organisations).order_by("code")[:ROWS]
    rows = [
        [Cell(plain_text(one.title), url=f"/data/{one.code}/"), Cell(one.code), Cell(noun="product", state=one.state)]
        for one in own
    ]
    headings = (_("Data product"), _("Code"), _("State"))
    nothing = _("Your organisation offers no data product yet.")
    yield _table(_("My data products"), nothing, headings, rows, (_("All data products"), "/data/"))


def _grants(at: Now) -> Iterator[Part]:
    rows = [
        [
            Cell(plain_text(one.version.product.title), url=f"/grants/{one.pk}/"),
            Cell(one.organisation.display_name),
            Cell(noun="grant", state=one.state),
            Cell(day(one.until_at)),
        ]
        for one in grants.grants(at.actor)[:ROWS]
    ]
    headings = (_("Data product"), _("Company"), _("State"), _("Until"))
    yield _table(_("Grants"), _("No access to data has been granted yet."), headings, rows)


def _allocations(_at: Now) -> Iterator[Part]:
    rows = [
        [
            Cell(plain_text(one.cluster.content["title"]), url=f"/allocations/{one.pk}/"),
            Cell(one.organisation.display_name),
            Cell(one.case.number),
            Cell(quantity(Quantity.of(one.requested, one.unit))),
            Cell(day(one.requested_at)),
        ]
        for one in compute.waiting_for_officer()[:ROWS]
    ]
    headings = (_("Machine"), _("Company"), _("Case"), _("Asked for"), _("Since"))
    nothing = _("Nobody waits for compute.")
    yield _table(_("Compute that was asked for"), nothing, headings, rows, (_("All allocations"), "/allocations/"))


def _models(at: Now) -> Iterator[Part]:
    rows = [
        [
            Cell(f"{one.model.name} · {one.number}", url=f"/models/{one.pk}/"),
            Cell(one.model.organisation.display_name),
            Cell(one.author.name),
            Cell(day(one.registered_at)),
        ]
        for one in registry.waiting_for_reviewer(at.actor)[:ROWS]
    ]
    headings = (_("Model"), _("Company"), _("Author"), _("Registered"))
    nothing = _("No model waits for your review.")
    yield _table(_("Models that wait for review"), nothing, headings, rows, (_("All models"), "/models/"))


def _counts(at: Now) -> Iterator[Part]:
    found = case_access.visible(at.actor).order_by().values_list("state").annotate(count=Count("pk"))
    counts: dict[str, int] = dict(found)
    rows = [
        [
            Cell(noun="case", state=state),
            Cell(counts.get(state, 0), url=f"{reverse('cases')}?state={state}"),
            Cell(_(standing.holder)),
        ]
        for state, standing in CASE.standings.items()
    ]
    part = _table(_("Where the cases stand"), "", (_("State"), _("Cases"), _("Who has them")), rows, *_house_links())
    part.headings[1] = Heading(_("Cases"), numeric=True)
    yield part


def _house_links() -> tuple[tuple[str, str], ...]:
    return (
        (_("All cases"), reverse("cases")),
        (_("Allocations"), "/allocations/"),
        (_("Jobs"), "/jobs/"),
        (_("Models"), "/models/"),
        (_("Ledger"), reverse("ledger")),
    )


def _ledger(at: Now) -> Iterator[Part]:
    newest = ledger.visible(at.actor).order_by("-number")[:ROWS]
    rows = [
        [
            Cell(row.number, url=f"/ledger/{row.number}/"),
            Cell(moment(row.at)),
            Cell(row.actor_name),
            Cell(told(row, ()).title if row.case_id else row.action),
        ]
        for row in newest
    ]
    links = ((_("The whole ledger"), reverse("ledger")), (_("Check the whole chain"), reverse("ledger-verify")))
    headings = (_("Row"), _("When"), _("Who"), _("What"))
    yield _table(_("The newest rows of the ledger"), _("The ledger is empty."), headings, rows, *links)


def _partner_cases(at: Now) -> Iterator[Part]:
    rows = [_row(at, case) for case in cases.listing(at.actor)[:ROWS]]
    yield Part(
        "cases",
        _("Cases in which we deliver a service"),
        _("Your organisation is not engaged in a case yet. Advisers engage it when they agree a plan."),
        rows,
        [(_("All our cases"), reverse("cases"))],
        caption=_("Our cases, newest first"),
    )


Maker = Callable[[Now], Iterator[Part]]
_DESKS: tuple[tuple[tuple[Role, ...], tuple[Maker, ...]], ...] = (
    ((Role.ADVISER,), (_adviser,)),
    (tuple(COMPANY_ROLES), (_company_cases, _company_things)),
    ((Role.STEWARD,), (_requests_to_review, _products)),
    ((Role.ALLOCATION_OFFICER,), (_allocations,)),
    ((Role.TRUST_REVIEWER,), (_models,)),
    ((Role.DATA_AUTHORITY,), (_grants, _all_requests)),
    ((Role.FACTORY_MANAGER,), (_counts,)),
    ((Role.AUDITOR,), (_ledger,)),
    ((Role.PARTNER_STAFF,), (_partner_cases,)),
)
