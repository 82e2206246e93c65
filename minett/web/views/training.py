"""Starting a training: the data, the compute and the column, what the job will see, and its limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from minett.api.errors import status_of
from minett.apps.cases import access as cases
from minett.apps.cases.models import Case
from minett.apps.grants import queries as grants
from minett.apps.grants.models import Grant
from minett.apps.jobs import counting, services
from minett.apps.jobs import queries as jobs
from minett.apps.jobs.queries import AllocationUse
from minett.journeys import run_training, staging
from minett.kernel.clock import SystemClock
from minett.planes.compute.spec import Limits
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.compute import ComputeFacts
from minett.web import standing
from minett.web.declared import acts
from minett.web.forms.jobs import TrainForm
from minett.web.middleware import HouseRequest
from minett.web.once import once
from minett.web.signed_in import signed_in
from minett.web.templatetags.compute import fine
from minett.web.templatetags.house import number, plain_text
from minett.web.views.allocation_parts import machine_of

PLACES: standing.Places = {
    run_training.ColumnNotGranted: "target",
    run_training.SameColumnTwice: "subgroup",
    services.GrantForSomethingElse: "grant",
    services.AllocationNotAwarded: "allocation",
    services.AllocationForSomethingElse: "allocation",
    services.AllocationOutsidePeriod: "allocation",
    services.AllocationUsedUp: "allocation",
    counting.AllocationHeld: "allocation",
}


@acts(Action.JOB_SUBMIT)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def train(request: HouseRequest, case_id: int) -> HttpResponse:
    """Show what a training needs, and hand it in."""
    now = SystemClock().now()
    case = cases.obtain(request.actor, Action.CASE_VIEW, case_id)
    demand(request.actor, Action.JOB_SUBMIT, ComputeFacts(case.organisation_id or 0, None, ""))
    usable = [one for one in grants.usable(request.actor, now=now, case_id=case.pk) if _suits(one, case)]
    open_ones = [one for one in jobs.allocations(request.actor, case_id=case.pk, state="awarded") if _runs(one, now)]
    form = TrainForm(
        request.POST if request.method == "POST" else None,
        grants=[(str(one.pk), _grant_words(one)) for one in usable],
        allocations=[(str(one.allocation.pk), _allocation_words(one)) for one in open_ones],
        columns=_columns(usable),
    )
    if not form.is_bound or not form.is_valid():
        return _train_page(request, case, form, usable, open_ones, status=422 if form.is_bound else 200)
    given = form.cleaned_data
    try:
        job = run_training.submit_training(
            request.actor,
            now=now,
            case_id=case.pk,
            grant_id=int(given["grant"]),
            allocation_id=int(given["allocation"]),
            target=given["target"],
            subgroup=given["subgroup"],
        )
    except standing.SHOWN_AGAIN as error:
        standing.tell(form, error, PLACES)
        return _train_page(request, case, form, usable, open_ones, status=status_of(error))
    return redirect("job", pk=job.pk)


def _train_page(
    request: HouseRequest,
    case: Case,
    form: TrainForm,
    usable: list[Grant],
    open_ones: list[AllocationUse],
    *,
    status: int,
) -> HttpResponse:
    limits = Limits()
    context = {
        "case": case,
        "form": form,
        "crumbs": [(case.number, f"/cases/{case.pk}/")],
        "grants": [(one, plain_text(one.version.product.title), _share(one)) for one in usable],
        "allocations": open_ones,
        "held_out": staging.HOLDOUT_SHARE,
        "limits": [
            (_("Running time"), _("%(count)s seconds") % {"count": number(limits.wall_seconds)}),
            (_("Processor time"), _("%(count)s seconds") % {"count": number(limits.cpu_seconds)}),
            (_("Memory"), _("%(count)s MB") % {"count": number(limits.memory_mb)}),
            (_("Processors"), number(limits.threads)),
            (_("Output"), _("%(count)s MB") % {"count": number(limits.output_mb)}),
            (_("Log"), _("%(count)s MB") % {"count": number(limits.log_mb)}),
        ],
    }
    return render(request, "jobs/train.html", context, status=status)


def _suits(grant: Grant, case: Case) -> bool:
    """Whether a grant is one of this case, for training; the journey checks the same again."""
    its_own = grant.request.case_id in {None, case.pk} and grant.organisation_id == case.organisation_id
    return its_own and grant.purpose == run_training.PURPOSE


def _runs(use: AllocationUse, now: datetime) -> bool:
    row = use.allocation
    runs = row.starts_at is not None and row.until_at is not None and row.starts_at <= now < row.until_at
    return runs and use.remaining.amount > 0


def _share(grant: Grant) -> int:
    """Return about how many rows the training sees; the rest is held out for the evaluation."""
    rows = grant.snapshot.rows if grant.snapshot else 0
    return round(rows * (1 - staging.HOLDOUT_SHARE))


def _grant_words(grant: Grant) -> str:
    return _("%(title)s (grant %(number)s, until %(until)s)") % {
        "title": plain_text(grant.version.product.title),
        "number": grant.pk,
        "until": f"{grant.until_at:%Y-%m-%d}",
    }


def _allocation_words(use: AllocationUse) -> str:
    return _("%(machine)s: %(left)s left of %(awarded)s, until %(until)s") % {
        "machine": plain_text(machine_of(use.allocation.cluster)),
        "left": fine(use.remaining),
        "awarded": fine(use.awarded),
        "until": f"{use.allocation.until_at:%Y-%m-%d}",
    }


def _columns(usable: list[Grant]) -> list[tuple[str, Any]]:
    """Return the columns that the grants show; with several grants in groups, so that each says where it is from."""
    groups = [(_grant_words(one), [(name, _column_words(one, name)) for name in one.columns]) for one in usable]
    if len(groups) == 1:
        return list(groups[0][1])
    return list(groups)


def _column_words(grant: Grant, name: str) -> str:
    known = {column["name"]: column for column in grant.version.schema.get("columns", [])}
    meaning = plain_text(known[name]["meaning"]) if name in known else ""
    return f"{name}: {meaning}" if meaning else name
