"""Jobs: a training is submitted for a case, watched, and cancelled. The worker runs it, never a request."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router
from pydantic import Field

from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id, commands_of, known_state
from minett.api.schemas.compute import JobDetail, JobTold, LogTold, TrainingGiven
from minett.apps.jobs import access, queries, services
from minett.apps.jobs.models import JobKind
from minett.journeys import run_training
from minett.policy.actions import Action
from minett.policy.states import JOB

router = Router()
LONGEST_LOG = 10**12  # Bytes; no job may print as much.


@operation(router, "GET", "/jobs", action=Action.JOB_VIEW, answer=Page[JobTold])
def jobs(
    request: ApiRequest,
    paging: Query[Paging],
    state: str = "",
    kind: JobKind | None = None,
    case_id: Id | None = None,
) -> Page[JobTold]:
    """List the jobs that whoever asks may open, newest first."""
    wanted = known_state(JOB, state)
    return page(queries.listing(request.actor, case_id=case_id, state=wanted, kind=kind or ""), paging, JobTold.of)


@operation(router, "GET", "/jobs/{job_id}", action=Action.JOB_VIEW, answer=JobDetail)
def job(request: ApiRequest, job_id: Id) -> JobDetail:
    """Read one job: what it was given, what was measured, and what it left."""
    return _detail(request, job_id)


def _detail(request: ApiRequest, job_id: int) -> JobDetail:
    found = queries.detail(request.actor, job_id)
    commands = commands_of(request.actor, JOB, found.state, access.facts_of(found))
    return JobDetail.whole(found, usage=queries.usage_of_job(found), commands=commands)


@operation(router, "POST", "/cases/{case_id}/jobs", action=Action.JOB_SUBMIT, answer=JobDetail, status=201)
def submit(request: ApiRequest, case_id: Id, body: TrainingGiven) -> JobDetail:
    """Queue the training of a classifier on the data of a grant."""
    made = run_training.submit_training(
        request.actor,
        now=request.now,
        case_id=case_id,
        grant_id=body.grant_id,
        allocation_id=body.allocation_id,
        target=body.target,
        subgroup=body.subgroup,
        seed=body.seed,
    )
    return _detail(request, made.pk)


@operation(router, "GET", "/jobs/{job_id}/log", action=Action.JOB_SUBMIT, answer=LogTold)
def log(request: ApiRequest, job_id: Id, offset: Annotated[int, Field(ge=0, le=LONGEST_LOG)] = 0) -> LogTold:
    """Read what the job printed, from a byte on; for the company's own people, since it may show rows."""
    text, next_offset, is_complete = run_training.log_tail(request.actor, job_id=job_id, offset=offset)
    return LogTold(text=text, next_offset=next_offset, is_complete=is_complete)


@operation(router, "POST", "/jobs/{job_id}/cancel", action=Action.JOB_CANCEL, answer=JobDetail)
def cancel(request: ApiRequest, job_id: Id) -> JobDetail:
    """Stop a job that is queued or running."""
    services.cancel(request.actor, now=request.now, job_id=job_id)
    return _detail(request, job_id)
