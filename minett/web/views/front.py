"""The front door: one box for a need, and how it goes on from there."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from minett.advice.need import NeedEmpty, NeedNotText, NeedTooLong
from minett.api.errors import words_of
from minett.apps.catalogue import queries as catalogue
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.journeys import open_case
from minett.kernel.actor import Actor
from minett.kernel.clock import SystemClock
from minett.kernel.content import gettext_noop
from minett.policy.actions import Action
from minett.web import usual_times
from minett.web.declared import acts
from minett.web.forms.front import NeedForm
from minett.web.middleware import HouseRequest
from minett.web.once import once

# Needs as companies write them: a name for the chip, and the words that it puts into the box.
EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        gettext_noop("Phishing reports"),
        gettext_noop(
            "Our analysts open every reported link by hand to see whether the page is phishing. Each report takes "
            "a quarter of an hour, and on Friday evening nobody answers."
        ),
    ),
    (
        gettext_noop("Scratched parts"),
        gettext_noop(
            "We make metal parts. Two inspectors look at each one by eye for scratches and cracks, and still our "
            "customers send some back every week."
        ),
    ),
    (
        gettext_noop("Invoices typed by hand"),
        gettext_noop(
            "Our accountants type amounts and dates from hundreds of supplier invoices a month by hand. It takes "
            "days, and the mistakes are found late."
        ),
    ),
)
# The partners of the pack that deliver; ministries, funders and chambers stand in the catalogue.
DELIVERING = frozenset({"consortium", "agency", "compute", "data", "university", "research"})


@acts(Action.PORTAL_VIEW)
@require_GET
def home(request: HouseRequest) -> HttpResponse:
    """Show the box, filled with an example where one was clicked."""
    chosen = request.GET.get("example", "")
    known = {str(place): words for place, (_name, words) in enumerate(EXAMPLES, 1)}
    return _door(request, NeedForm(initial={"need": gettext(known[chosen])} if chosen in known else None))


@acts(Action.NEED_WRITE)
@require_http_methods(["GET", "POST"])
@once
def write_need(request: HouseRequest) -> HttpResponse:
    """Answer a need with a plan at an address of its own. Whoever only looks here belongs at the front door."""
    if request.method == "GET":
        return redirect("home")
    form = NeedForm(request.POST)
    if form.is_valid():
        try:
            need = open_case.describe_need(request.actor, now=SystemClock().now(), raw=form.whole())
        except (NeedEmpty, NeedTooLong, NeedNotText) as error:
            form.add_error("need", words_of(error))
        else:
            return redirect("need", secret=need.secret)
    return _door(request, form, status=422)


def _door(request: HouseRequest, form: NeedForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "examples": [gettext(name) for name, _words in EXAMPLES],
        "example": request.GET.get("example", ""),
        "times": usual_times.of_cases(),
        "as_of": SystemClock().now(),
        "partners": _partners(request.actor),
    }
    return render(request, "front/home.html", context, status=status)


def _partners(actor: Actor) -> list[EntryVersion]:
    rows = catalogue.listing(actor, EntryKind.PARTNERS)
    return [row for row in rows if row.content.get("kind") in DELIVERING]
