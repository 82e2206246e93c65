"""Requests for data: the list, one with all that a decision needs side by side, and the decision itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from minett.api.errors import words_of
from minett.apps.dataproducts import queries as products
from minett.apps.grants import access, queries, services
from minett.apps.grants.models import AccessRequest, Grant, Review
from minett.apps.grants.terms import ProductNotOffered, narrowed
from minett.journeys import grant_data
from minett.kernel.clock import SystemClock
from minett.kernel.errors import BadInput, Expired
from minett.planes.data import policy_tree
from minett.planes.data.policy_tree import DataPolicy
from minett.policy.actions import Action
from minett.policy.states import REQUEST
from minett.web.declared import acts
from minett.web.forms.requests import AskForm, ReviewForm, StateFilter
from minett.web.middleware import HouseRequest
from minett.web.once import once
from minett.web.pages import Cell, Column, Heading, export, keyset
from minett.web.signed_in import signed_in
from minett.web.templatetags.house import day, text
from minett.web.views import data_shown
from minett.web.views.products import QUESTIONS

TONES = {"approve": "good", "reject": "bad", "return": "wait"}


@acts(Action.REQUEST_VIEW)
@require_GET
@signed_in
def listing(request: HouseRequest) -> HttpResponseBase:
    """Show the requests that the reader may open, newest first; or give them out as a file."""
    states = [(state, _(standing.label)) for state, standing in REQUEST.standings.items()]
    form = StateFilter(request.GET, states)
    rows = queries.requests(request.actor, state=form.chosen())
    if request.GET.get("format"):
        return export(rows, _columns(), request.GET["format"], file_name="requests")
    page = keyset(rows, request.GET.get("cursor", ""))
    labels = (_("Data product"), _("Asked by"), _("For"), _("State"), _("Since"), _("Who has it"))
    context = {
        "form": form,
        "headings": [Heading(label) for label in labels],
        "rows": [_row(row) for row in page.items],
        "next_cursor": page.next_cursor,
    }
    return render(request, "requests/listing.html", context)


def _row(row: AccessRequest) -> list[Cell]:
    return [
        Cell(text(row.product.title), url=f"/requests/{row.pk}/"),
        Cell(row.organisation.display_name),
        Cell(data_shown.purpose_title(row.purpose)),
        Cell(noun="request", state=row.state),
        Cell(day(row.state_since_at)),
        Cell(_(REQUEST.standings[row.state].holder) if REQUEST.standings[row.state].holder else _("nobody")),
    ]


def _columns() -> list[Column[AccessRequest]]:
    return [
        Column("id", lambda row: row.pk),
        Column("product", lambda row: row.product.code),
        Column("organisation", lambda row: row.organisation.legal_name),
        Column("purpose", lambda row: row.purpose),
        Column("columns", lambda row: row.columns),
        Column("days", lambda row: row.days),
        Column("state", lambda row: row.state),
        Column("since", lambda row: row.state_since_at),
        Column("created_at", lambda row: row.created_at),
    ]


@acts(Action.REQUEST_VIEW)
@require_GET
@signed_in
def detail(request: HouseRequest, pk: int) -> HttpResponse:
    """Show a request to those who sent it and to those who decide."""
    return _page(request, access.obtain_request(request.actor, Action.REQUEST_VIEW, pk))


@acts(Action.REQUEST_REVIEW)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def review(request: HouseRequest, pk: int) -> HttpResponse:
    """Approve, return or reject what was read."""
    if request.method == "GET":
        return redirect("request", pk=pk)
    row = access.obtain_request(request.actor, Action.REQUEST_REVIEW, pk)
    form = ReviewForm(request.POST, votes=services.VOTES)
    if form.is_valid():
        try:
            grant_data.decide_request(request.actor, now=SystemClock().now(), request_id=pk, **form.cleaned_data)
        except (BadInput, services.RequestChangedMeanwhile, ProductNotOffered, Expired) as error:
            form.add_error(None, words_of(error))
        else:
            messages.success(request, _("Decided. The applicant reads it now."))
            return redirect("request", pk=pk)
    return _page(request, row, vote=form)


@acts(Action.REQUEST_CHANGE)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def close(request: HouseRequest, pk: int) -> HttpResponse:
    """Take one's own undecided request back."""
    if request.method == "POST":
        services.close(request.actor, now=SystemClock().now(), request_id=pk)
        messages.success(request, _("Taken back. Nothing was decided about it."))
    return redirect("request", pk=pk)


@acts(Action.REQUEST_CHANGE)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def resubmit(request: HouseRequest, pk: int) -> HttpResponse:
    """Send a returned request again, with what the reviewer asked for."""
    if request.method == "GET":
        return redirect("request", pk=pk)
    row = access.obtain_request(request.actor, Action.REQUEST_CHANGE, pk)
    offer = products.current(row.product)
    form = _terms_form(row, offer, request.POST)
    if form is None:
        return redirect("request", pk=pk)
    if form.is_valid():
        try:
            services.resubmit(request.actor, now=SystemClock().now(), request_id=pk, **form.terms())
        except (BadInput, Expired) as error:
            form.add_error(QUESTIONS.get(type(error)), words_of(error))
        else:
            messages.success(request, _("Sent again. The steward reads it."))
            return redirect("request", pk=pk)
    return _page(request, row, terms=form)


def _terms_form(row: AccessRequest, offer: products.Offer, data: Any = None) -> AskForm | None:
    """Return the form of a returned request; None where nothing is offered any more."""
    if offer.rules is None or offer.schema is None:
        return None
    initial = {"purpose": row.purpose, "columns": row.columns, "days": row.days, "safeguards": row.safeguards}
    meanings = data_shown.meanings_of(offer.rules, offer.schema)
    return AskForm(data, rules=offer.rules, meanings=meanings, cases=None, initial=initial)


def _page(
    request: HouseRequest, row: AccessRequest, *, vote: ReviewForm | None = None, terms: AskForm | None = None
) -> HttpResponse:
    commands = queries.request_commands(request.actor, row)
    votes = [command for command in commands if command in services.VOTES]
    reviews = Review.objects.filter(request=row).select_related("reviewer").order_by("-id")
    standing = REQUEST.standings[row.state]
    context: dict[str, Any] = {
        "row": row,
        "purpose": data_shown.purposes_of([row.purpose]),
        "commands": commands,
        "decides": bool(votes),
        "holder_words": _(standing.holder) if standing.holder else "",
        "promised_on": data_shown.promised(row),
        "entries": _timeline(row, list(reviews)),
        "crumbs": [(_("Data"), "/data/"), (_("Requests"), "/requests/")],
    }
    context |= _granted(row) if row.state == "approved" else _offered(row, commands, votes, vote, terms)
    failed = bool((vote and vote.errors) or (terms and terms.errors))
    return render(request, "requests/detail.html", context, status=422 if failed else 200)


def _granted(row: AccessRequest) -> dict[str, Any]:
    """Return the grant that followed, and what it shows."""
    grant = queries.grant_of(row)
    return {"grant": grant, "sentences": data_shown.sentences(_tree(grant)) if grant else ()}


def _tree(grant: Grant) -> DataPolicy:
    return policy_tree.from_json(grant.tree)


def _offered(
    row: AccessRequest, commands: tuple[str, ...], votes: list[str], vote: ReviewForm | None, terms: AskForm | None
) -> dict[str, Any]:
    """Return what an approval would show, what to weigh, and the form for the next step."""
    offer = products.current(row.product)
    shown = narrowed(offer.rules, row.columns) if offer.rules else None
    now = SystemClock().now()
    bound = {"content_sha256": row.content_sha256}
    return {
        "sentences": data_shown.sentences(shown) if shown else (),
        "risks": data_shown.risks_of(row, offer, now) if votes else [],
        "vote": _fresh(vote, bound) or (ReviewForm(votes=votes, initial=bound) if votes else None),
        "terms": terms or (_terms_form(row, offer) if "submit" in commands else None),
    }


def _fresh(vote: ReviewForm | None, bound: dict[str, str]) -> ReviewForm | None:
    """Bind a vote that did not go through to what stands on the page now, so that it can be sent again."""
    if vote is not None:
        vote.data = {**vote.data.dict(), **bound}  # type: ignore[attr-defined]
    return vote


def _timeline(row: AccessRequest, reviews: list[Review]) -> list[dict[str, Any]]:
    told = [
        {
            "title": _(REQUEST.step("submitted", review.vote).label),
            "at": review.voted_at,
            "who": review.reviewer.name,
            "body": review.reason,
            "tone": TONES.get(review.vote, "info"),
        }
        for review in reviews
    ]
    asked = {"title": _("Asked for access"), "at": row.created_at, "who": row.applicant.name, "tone": "ore"}
    return [*told, asked]
