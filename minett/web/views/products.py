"""Data products: the list, what one is and shows, and asking for access to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from minett.api.errors import words_of
from minett.apps.cases import access as cases
from minett.apps.cases.models import Case
from minett.apps.catalogue.models import EntryKind
from minett.apps.dataproducts import access, queries
from minett.apps.dataproducts.models import Product
from minett.apps.grants import services as grants
from minett.apps.grants import terms
from minett.apps.people import queries as people
from minett.journeys import publish_product
from minett.kernel.actor import Actor
from minett.kernel.clock import SystemClock
from minett.kernel.errors import Absent, BadInput, MinettError
from minett.planes.data.port import PolicyEnded
from minett.policy.actions import Action
from minett.policy.decide import decide, demand
from minett.web import usual_times
from minett.web.catalogue_titles import Titles, choices_of, title_in, titles_of
from minett.web.declared import acts
from minett.web.forms.products import ProductFilter
from minett.web.forms.requests import AskForm
from minett.web.middleware import HouseRequest, page_language
from minett.web.once import once
from minett.web.pages import Cell, Column, Heading, export, keyset
from minett.web.templatetags.house import text
from minett.web.views import data_shown

MOST_CASES = 100
# Beside which question a refusal of the services is shown.
QUESTIONS: dict[type[MinettError], str] = {
    terms.PurposeNotOffered: "purpose",
    terms.ColumnsMissing: "columns",
    terms.ColumnsNotOffered: "columns",
    terms.PeriodTooShort: "days",
    terms.PeriodTooLong: "days",
    terms.SafeguardsMissing: "safeguards",
}


@acts(Action.PRODUCT_VIEW)
@require_GET
def listing(request: HouseRequest) -> HttpResponseBase:
    """Show the products that the reader may open, page by page; or give them out as a file."""
    titles = titles_of(request.actor, EntryKind.SECTORS)
    form = ProductFilter(request.GET, choices_of(titles, EntryKind.SECTORS, page_language()))
    rows = queries.listing(request.actor, **form.chosen())
    if request.GET.get("format"):
        return export(rows, _columns(), request.GET["format"], file_name="data-products")
    page = keyset(rows, request.GET.get("cursor", ""), by=("code",))
    context = {
        "form": form,
        "headings": [Heading(label) for label in (_("Name"), _("Sector"), _("Owner"), _("Access"), _("State"))],
        "rows": [_row(product, titles) for product in page.items],
        "next_cursor": page.next_cursor,
    }
    return render(request, "products/listing.html", context)


def _row(product: Product, titles: Titles) -> list[Cell]:
    return [
        Cell(text(product.title), url=f"/data/{product.code}/"),
        Cell(text(title_in(titles, EntryKind.SECTORS, product.sector))),
        Cell(product.owner.display_name),
        Cell(_("open") if product.governance == "open" else _("on request")),
        Cell(noun="product", state=product.state),
    ]


def _columns() -> list[Column[Product]]:
    return [
        Column("code", lambda row: row.code),
        Column("title", lambda row: row.title),
        Column("description", lambda row: row.description),
        Column("sector", lambda row: row.sector),
        Column("owner", lambda row: row.owner.legal_name),
        Column("licence", lambda row: row.licence),
        Column("source", lambda row: row.source),
        Column("governance", lambda row: row.governance),
        Column("state", lambda row: row.state),
    ]


def _obtained(actor: Actor, code: str) -> Product:
    product = access.visible(actor).filter(code=code).first()
    if product is None:
        raise Absent
    return product


@acts(Action.PRODUCT_VIEW)
@require_GET
def product(request: HouseRequest, code: str) -> HttpResponse:
    """Show what a product is, what its policy lets out, and how long access usually takes."""
    row = _obtained(request.actor, code)
    offer = queries.current(row)
    rules, schema = offer.rules, offer.schema
    may_ask = decide(request.actor, Action.REQUEST_CREATE, access.facts_of(row))
    context = {
        "product": row,
        "version": offer.version,
        "policy": offer.policy,
        "rules": rules,
        "columns": data_shown.columns_of(rules, schema) if rules and schema else [],
        "sentences": data_shown.sentences(rules) if rules else (),
        "purposes": data_shown.purposes_of(rules.purposes) if rules else [],
        "usual": usual_times.of_requests(row.pk),
        "offered": bool(row.state == "published" and rules and schema),
        "may_ask": may_ask or request.actor.is_visitor,
        "why_not": may_ask.reason,
        "crumbs": [(_("Data"), "/data/")],
    }
    return render(request, "products/product.html", context)


@acts(Action.PRODUCT_VIEW)
@require_GET
def preview(request: HouseRequest, code: str) -> HttpResponse:
    """Show a few rows as the policy shows them to this reader: within the product's page, or as a page of its own."""
    row = _obtained(request.actor, code)
    context: dict[str, Any] = {"product": row, "crumbs": [(_("Data"), "/data/"), (text(row.title), f"/data/{code}/")]}
    try:
        table = publish_product.preview(request.actor, row.pk, now=SystemClock().now())
        wanted = request.GET.getlist("only")
        names = [name for name in table.columns if not wanted or name in wanted]
        context |= {"names": names, "rows": data_shown.preview_rows(names, table.rows)}
    except (publish_product.PreviewNeedsGrant, publish_product.NothingToPreview, PolicyEnded) as error:
        context["why_not"] = words_of(error)
    whole = "products/preview_part.html" if request.htmx else "products/preview.html"
    return render(request, whole, context)


@acts(Action.REQUEST_CREATE)
@require_http_methods(["GET", "POST"])
@once
def ask(request: HouseRequest, code: str) -> HttpResponse:
    """Ask for access, section by section; what was written can be kept for later."""
    row = _obtained(request.actor, code)
    demand(request.actor, Action.REQUEST_CREATE, access.facts_of(row))
    organisation_id = people.company_of(request.actor)
    assert organisation_id is not None  # noqa: S101 - only a company's person may ask.
    offer = queries.current(row)
    rules, schema = terms.offered(offer).rules, offer.schema
    assert schema is not None  # noqa: S101 - an offer that is complete has a version.
    kept = request.session.get(_drawer(code), {})
    form = AskForm(
        request.POST if request.method == "POST" else None,
        rules=rules,
        meanings=data_shown.meanings_of(rules, schema),
        cases=_cases(request.actor, organisation_id),
        initial={"case": request.GET.get("case", ""), **kept},
    )
    if request.method == "POST":
        answer = _asked(request, form, row, organisation_id)
        if answer is not None:
            return answer
    return _ask_page(request, form, row, rules=rules, kept=kept)


def _asked(request: HouseRequest, form: AskForm, row: Product, organisation_id: int) -> HttpResponse | None:
    """Keep or send what was written; None when the form has to be shown again."""
    if request.POST.get("do") == "keep":
        names = [name for name in form.fields if name in request.POST]
        request.session[_drawer(row.code)] = {name: _typed(request, name) for name in names}
        messages.success(request, _("Kept. It waits here for you until you send it."))
        return redirect("request-ask", code=row.code)
    if not form.is_valid():
        return None
    try:
        asked = grants.ask(
            request.actor,
            now=SystemClock().now(),
            product_id=row.pk,
            organisation_id=organisation_id,
            case_id=form.case_id(),
            **form.terms(),
        )
    except (BadInput, PolicyEnded) as error:
        form.add_error(QUESTIONS.get(type(error)), words_of(error))
        return None
    request.session.pop(_drawer(row.code), None)
    messages.success(request, _("Asked. The steward reads your request."))
    return redirect("request", pk=asked.pk)


def _ask_page(request: HouseRequest, form: AskForm, row: Product, **more: Any) -> HttpResponse:
    context = {
        "form": form,
        "product": row,
        "sentences": data_shown.sentences(more["rules"]),
        "kept": bool(more["kept"]),
        "crumbs": [(_("Data"), "/data/"), (text(row.title), f"/data/{row.code}/")],
    }
    return render(request, "products/ask.html", context, status=422 if form.errors else 200)


def _drawer(code: str) -> str:
    """Return where the session keeps what was written for a product and not sent."""
    return f"ask:{code}"


def _typed(request: HouseRequest, name: str) -> Any:
    return request.POST.getlist(name) if name == "columns" else request.POST.get(name)


def _cases(actor: Actor, organisation_id: int) -> list[Case]:
    theirs = cases.visible(actor).filter(organisation_id=organisation_id).order_by("-id")
    return list(theirs[:MOST_CASES])
