"""The effect of a case: one number with its interval, before and after, the records behind it, and the two forms."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from minett.api.errors import status_of
from minett.apps.cases import access as cases
from minett.apps.cases.models import Case
from minett.apps.impact import queries, services
from minett.apps.impact.models import Measurement
from minett.apps.impact.queries import Record
from minett.journeys import measure_effect
from minett.kernel.clock import SystemClock
from minett.kernel.errors import MinettError
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.web import standing
from minett.web.declared import acts
from minett.web.forms.impact import AfterForm, BaselineForm
from minett.web.middleware import HouseRequest, page_language
from minett.web.once import once
from minett.web.pages import Column, export
from minett.web.signed_in import signed_in
from minett.web.views import impact_parts

UNPROCESSABLE = 422
PLACES: standing.Places = {
    services.ValuesUnusable: "values",
    services.MethodMissing: "method",
    services.PeriodUnusable: "period_to",
    services.AfterBeforeBaseline: "period_from",
    services.IndicatorKnown: "name",
    services.BaselineMissing: "indicator",
}


@acts(Action.IMPACT_VIEW)
@require_GET
@signed_in
def page(request: HouseRequest, case_id: int) -> HttpResponseBase:
    """Show the effect of a case, or give out the records behind it."""
    case = cases.obtain(request.actor, Action.IMPACT_VIEW, case_id)
    records = queries.records(request.actor, case_id=case.pk)
    if request.GET.get("format"):
        rows = [(record, one) for record in records for one in impact_parts.measurements_of(record)]
        return export(rows, _columns(), request.GET["format"], file_name=f"impact-{case.number}")
    return _page(request, case, records)


@acts(Action.IMPACT_RECORD)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def baseline(request: HouseRequest, case_id: int) -> HttpResponse:
    """Name an indicator and record what it was before."""
    if request.method == "GET":
        return redirect("impact", case_id=case_id)
    form = BaselineForm(request.POST)
    if not form.is_valid():
        return _again(request, case_id, baseline_form=form)
    try:
        kept = measure_effect.record_baseline(
            request.actor, now=SystemClock().now(), case_id=case_id, **form.cleaned_data
        )
    except standing.SHOWN_AGAIN as error:
        standing.tell(form, error, PLACES | _named(error))
        return _again(request, case_id, baseline_form=form, status=status_of(error))
    return _kept(request, case_id, kept)


@acts(Action.IMPACT_RECORD)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def after(request: HouseRequest, case_id: int) -> HttpResponse:
    """Record what an indicator was once the model worked."""
    if request.method == "GET":
        return redirect("impact", case_id=case_id)
    case = cases.obtain(request.actor, Action.IMPACT_VIEW, case_id)
    records = queries.records(request.actor, case_id=case.pk)
    form = AfterForm(request.POST, impact_parts.choices_of(records))
    if not form.is_valid():
        return _page(request, case, records, after_form=form, status=UNPROCESSABLE)
    given = dict(form.cleaned_data)
    try:
        kept = measure_effect.record_after(
            request.actor, now=SystemClock().now(), indicator_id=given.pop("indicator"), **given
        )
    except standing.SHOWN_AGAIN as error:
        standing.tell(form, error, PLACES)
        return _page(request, case, records, after_form=form, status=status_of(error))
    return _kept(request, case_id, kept)


def _kept(request: HouseRequest, case_id: int, kept: Measurement) -> HttpResponse:
    """Say what was understood, so that a number that was read wrongly is seen at once."""
    words = _("Recorded: %(count)s values, mean %(mean)s. Each is listed under the records.")
    messages.success(request, words % {"count": len(kept.values), "mean": impact_parts.mean_words(kept)})
    return redirect("impact", case_id=case_id)


def _named(error: MinettError) -> dict[type[MinettError], str]:
    """An indicator's error names its own field."""
    field = error.data.get("field", "")
    return {services.IndicatorUnusable: field} if field else {}


def _again(
    request: HouseRequest, case_id: int, *, baseline_form: BaselineForm, status: int = UNPROCESSABLE
) -> HttpResponse:
    case = cases.obtain(request.actor, Action.IMPACT_VIEW, case_id)
    records = queries.records(request.actor, case_id=case.pk)
    return _page(request, case, records, baseline_form=baseline_form, status=status)


def _page(
    request: HouseRequest,
    case: Case,
    records: tuple[Record, ...],
    *,
    baseline_form: BaselineForm | None = None,
    after_form: AfterForm | None = None,
    status: int = 200,
) -> HttpResponse:
    may_record = decide(request.actor, Action.IMPACT_RECORD, cases.facts_of(case, partners=frozenset()))
    measurable = case.state in measure_effect.MEASURABLE
    choices = impact_parts.choices_of(records)
    context = {
        "case": case,
        "crumbs": [(case.number, f"/cases/{case.pk}/")],
        "effects": [impact_parts.shown(record, page_language()) for record in records],
        "may_record": bool(may_record),
        "measurable": measurable,
        "baseline_form": baseline_form or BaselineForm(),
        "after_form": after_form or (AfterForm(None, choices) if choices and measurable else None),
        "open_baseline": baseline_form is not None or not records,
        "open_after": after_form is not None,
    }
    return render(request, "impact/page.html", context, status=status)


def _columns() -> list[Column[tuple[Record, Measurement]]]:
    return [
        Column("indicator", lambda row: row[0].indicator.name),
        Column("unit", lambda row: row[0].indicator.unit),
        Column("direction", lambda row: row[0].indicator.direction),
        Column("kind", lambda row: row[1].kind),
        Column("from", lambda row: row[1].period_from),
        Column("to", lambda row: row[1].period_to),
        Column("values", lambda row: row[1].values),
        Column("simulated", lambda row: row[1].is_simulated),
        Column("method", lambda row: row[1].method),
        Column("recorded_by", lambda row: row[1].recorded_by.name),
        Column("recorded_at", lambda row: row[1].recorded_at),
    ]
