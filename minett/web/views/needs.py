"""A need with its plan, at an address that only its owner knows; keeping the plan opens a case."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from minett.advice.plan import Plan
from minett.api.errors import words_of
from minett.apps.cases import access, queries
from minett.apps.cases.models import Need
from minett.apps.catalogue.models import EntryKind
from minett.journeys import open_case
from minett.kernel.clock import SystemClock
from minett.policy.actions import Action
from minett.web.catalogue_titles import titles_of
from minett.web.declared import acts
from minett.web.forms.front import KeepForm
from minett.web.middleware import HouseRequest
from minett.web.once import once
from minett.web.views import plan_parts

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HouseRequest, Rest], HttpResponse]


def secret_address(view: View[Rest]) -> View[Rest]:
    """Keep the address of the page to itself: no other site, no search engine and no shared cache learns it."""

    @wraps(view)
    def kept_secret(request: HouseRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        # No other site is told the address. Under "no-referrer" browsers send the forms of the page with the
        # origin "null", which the protection against forged forms refuses.
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
        answer.headers["Cache-Control"] = "private, no-cache"
        return answer

    return kept_secret


@acts(Action.NEED_VIEW)
@require_GET
@secret_address
def plan(request: HouseRequest, secret: str) -> HttpResponse:
    """Show the need and the plan that answers it."""
    need = access.obtain_need(request.actor, Action.NEED_VIEW, secret)
    return _plan_page(request, need, KeepForm(initial={"email": getattr(request.user, "email", "")}))


@acts(Action.CASE_OPEN)
@require_http_methods(["GET", "POST"])
@secret_address
@once
def keep(request: HouseRequest, secret: str) -> HttpResponse:
    """Open the case of the need; the mail address is all that is asked for."""
    if request.method == "GET":
        return redirect("need", secret=secret)
    form = KeepForm(request.POST)
    if form.is_valid():
        try:
            address = form.cleaned_data["email"]
            open_case.keep_plan(request.actor, now=SystemClock().now(), secret=secret, contact_email=address)
            return redirect("need-kept", secret=secret)
        except open_case.MailUnusable as error:
            form.add_error("email", words_of(error))
    need = access.obtain_need(request.actor, Action.NEED_VIEW, secret)
    return _plan_page(request, need, form, status=422)


@acts(Action.NEED_VIEW)
@require_GET
@secret_address
def kept(request: HouseRequest, secret: str) -> HttpResponse:
    """Say what happens next with a kept plan, who does it, and by when."""
    need = access.obtain_need(request.actor, Action.NEED_VIEW, secret)
    case = queries.case_of_need(need.pk)
    if case is None:
        return redirect("need", secret=secret)
    address = request.build_absolute_uri(f"/needs/{need.secret}/")
    return render(request, "needs/kept.html", {"need": need, "case": case, "address": address})


def _plan_page(request: HouseRequest, need: Need, form: KeepForm, status: int = 200) -> HttpResponse:
    found = Plan.from_json(need.plan)
    titles = titles_of(request.actor, EntryKind.PARTNERS, EntryKind.CLUSTERS)
    best = plan_parts.best_of(found)
    context = {
        "need": need,
        "plan": found,
        "best": best,
        "others": [proposal for proposal in found.proposals if proposal is not best],
        "case": queries.case_of_need(need.pk),
        "form": form,
        "pieces": plan_parts.pieces(found),
        "places": plan_parts.places(found),
        "questions": plan_parts.questions(found),
        "stations": plan_parts.stations(found, titles),
        "path": plan_parts.path_of(found, titles),
        "estimates": [(one, plan_parts.machine(titles, one.cluster)) for one in found.estimates],
        "risk": plan_parts.risk_of(found),
        "quotes": list(plan_parts.quotes(found)),
        "language_found": gettext(plan_parts.LANGUAGE_NAMES[found.language.code]),
    }
    return render(request, "needs/plan.html", context, status=status)
