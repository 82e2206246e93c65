"""Jobs: the list, one job with its log as it grows, and stopping it. What a number means is said in `job_parts`."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from minett.apps.jobs import access, queries, services
from minett.apps.jobs.models import Job
from minett.apps.jobs.queries import AllocationUse
from minett.apps.registry import access as registry
from minett.apps.registry import queries as models
from minett.apps.registry.models import ModelVersion
from minett.journeys import run_training
from minett.kernel.clock import SystemClock
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.states import JOB
from minett.web import standing
from minett.web.declared import acts
from minett.web.forms.jobs import KINDS, JobFilter
from minett.web.middleware import HouseRequest
from minett.web.once import once
from minett.web.pages import Cell, Column, Heading, export, keyset
from minett.web.signed_in import signed_in
from minett.web.templatetags.house import moment
from minett.web.views import job_parts

LARGEST_OFFSET = 2**40


@acts(Action.JOB_VIEW)
@require_GET
@signed_in
def listing(request: HouseRequest) -> HttpResponseBase:
    """Show the jobs that the person may see, newest first, or give them out as a file."""
    form = JobFilter(request.GET)
    rows = queries.listing(request.actor, **form.chosen())
    if request.GET.get("format"):
        return export(rows.iterator(chunk_size=500), _columns(), request.GET["format"], file_name="jobs")
    page = keyset(rows, request.GET.get("cursor", ""))
    names = (_("Job"), _("Kind"), _("Case"), _("Company"), _("State"), _("Handed in"), _("By"))
    context = {
        "title": _("Jobs"),
        "lead": _("Trainings and evaluations, each with its log, what it used and what it left."),
        "form": form,
        "caption": _("Jobs, newest first"),
        "headings": [Heading(name) for name in names],
        "rows": [_row(job) for job in page.items],
        "next_cursor": page.next_cursor,
        "empty_title": _("No job here"),
        "empty_words": _("A job starts in a case: with data that were granted and compute that was awarded."),
        "empty_url": "/cases/",
        "empty_action": _("Go to the cases"),
    }
    return render(request, "compute/listing.html", context)


@acts(Action.JOB_VIEW)
@require_GET
@signed_in
def page(request: HouseRequest, pk: int) -> HttpResponse:
    """Show one job: where it stands, its log, what it used against its limits, what it left, what to change."""
    job = queries.detail(request.actor, pk)
    stands = _standing(request, job)
    context = stands | _log(request, job) | _results(request, job, stands["use"])
    return render(request, "jobs/page.html", context)


@acts(Action.JOB_SUBMIT)
@require_GET
@signed_in
def log(request: HouseRequest, pk: int) -> HttpResponse:
    """Answer htmx with the next piece of the log and where the job stands; the whole page anew once it has ended."""
    if not request.htmx:
        return redirect("job", pk=pk)
    text, offset, _last = run_training.log_tail(request.actor, job_id=pk, offset=_offset(request))
    job = queries.detail(request.actor, pk)
    if JOB.is_final(job.state):
        return HttpResponseClientRefresh()
    context = _standing(request, job) | {"text": text, "offset": offset, "is_live": True}
    return render(request, "jobs/piece.html", context)


@acts(Action.JOB_CANCEL)
@require_POST
@signed_in
@once
def act(request: HouseRequest, pk: int, command: str) -> HttpResponse:
    """Stop a job that waits or runs."""
    if command != "cancel":
        raise Absent
    services.cancel(request.actor, now=SystemClock().now(), job_id=pk)
    return redirect("job", pk=pk)


def _standing(request: HouseRequest, job: Job) -> dict[str, Any]:
    now = SystemClock().now()
    use = queries.use_of(job.allocation)
    return {
        "job": job,
        "kind": KINDS.get(job.kind, job.kind),
        "steps": job_parts.steps_of(job),
        "since": job.ended_at or job.started_at or job.submitted_at,
        "seconds": job_parts.seconds_of(job, now),
        "cost": job_parts.cost_of(job, now),
        "use": use,
        "commands": standing.open_commands(request.actor, JOB, job.state, access.facts_of(job)),
        "is_final": JOB.is_final(job.state),
    }


def _log(request: HouseRequest, job: Job) -> dict[str, Any]:
    """Return a piece of the log for those who may read it: the company's own people."""
    if not decide(request.actor, Action.JOB_SUBMIT, access.facts_of(job)):
        return {"may_read": False, "is_live": False}
    start = _offset(request)
    text, offset, last = run_training.log_tail(request.actor, job_id=job.pk, offset=start)
    return {
        "may_read": True,
        "text": text,
        "start": start,
        "offset": offset,
        "more": not last and offset > start and JOB.is_final(job.state),
        "is_live": not JOB.is_final(job.state),
    }


def _results(request: HouseRequest, job: Job, use: AllocationUse) -> dict[str, Any]:
    training_id = job.spec.get("training_job_id") or job.pk
    version = models.version_of_job(training_id)
    may_train = decide(request.actor, Action.JOB_SUBMIT, access.facts_of(job))
    return {
        "case_url": standing.case_url(request.actor, job.case),
        "training_id": training_id if training_id != job.pk else None,
        "train_url": f"/cases/{job.case_id}/train/" if may_train else "",
        "version": version if version and _may_see(request, version) else None,
        "why": job_parts.why_of(job),
        "measured": job_parts.measured_of(job),
        "inputs": job.measured.get("inputs") or {},
        "refused_outputs": job_parts.refused_of(job),
        "advice": job_parts.advice_of(job, use),
    }


def _may_see(request: HouseRequest, version: ModelVersion) -> bool:
    return bool(decide(request.actor, Action.MODEL_VIEW, registry.facts_of(version)))


def _offset(request: HouseRequest) -> int:
    given = request.GET.get("offset", "")
    return min(int(given), LARGEST_OFFSET) if given.isascii() and given.isdigit() and len(given) < 20 else 0  # noqa: PLR2004


def _row(job: Job) -> list[Cell]:
    return [
        Cell(job.title, url=f"/jobs/{job.pk}/"),
        Cell(KINDS.get(job.kind, job.kind)),
        Cell(job.case.number),
        Cell(job.organisation.display_name),
        Cell(noun="job", state=job.state),
        Cell(moment(job.submitted_at)),
        Cell(job.submitter.name),
    ]


def _columns() -> list[Column[Job]]:
    return [
        Column("id", lambda job: job.pk),
        Column("key", lambda job: job.key),
        Column("title", lambda job: job.title),
        Column("kind", lambda job: job.kind),
        Column("case", lambda job: job.case.number),
        Column("organisation", lambda job: job.organisation.display_name),
        Column("state", lambda job: job.state),
        Column("failure", lambda job: job.failure),
        Column("submitted_at", lambda job: job.submitted_at),
        Column("started_at", lambda job: job.started_at),
        Column("ended_at", lambda job: job.ended_at),
        Column("wall_seconds", lambda job: job.measured.get("wall_seconds")),
        Column("cpu_seconds", lambda job: job.measured.get("cpu_seconds")),
        Column("max_rss_mb", lambda job: job.measured.get("max_rss_mb")),
        Column("used", lambda job: job.measured.get("used")),
    ]
