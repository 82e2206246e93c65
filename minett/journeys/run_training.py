"""From a case, a grant and an allocation to a job that has run: submitting, carrying out, reading the log.

The worker carries a job out. It may be killed at any moment and start again from the top: the executor knows the
job by its key, every state is looked at before it is changed, and the end of a job and what follows from it are
one transaction.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import transaction

from minett.apps.cases import access as cases
from minett.apps.cases import services as case_services
from minett.apps.grants import access as grants
from minett.apps.grants.models import Grant
from minett.apps.jobs import access, queries, services
from minett.apps.jobs.models import Job, JobKind
from minett.journeys import equipment, staging
from minett.journeys.equipment import Equipment
from minett.kernel.actor import Actor
from minett.kernel.actor import robot as named
from minett.kernel.clock import Clock
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput, MinettError, Refused
from minett.planes.compute.port import (
    Failure,
    Handle,
    JobState,
    JobUnknown,
    Observation,
    Outputs,
    SandboxRefused,
    sentence_for,
)
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.states import CASE, JOB, CommandNotInTable

SEED = 7
LARGEST_SEED = 2**32 - 1
PURPOSE = "model-training"
MOST_ATTEMPTS = 3
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.1, 2.0, 1.5
LOG_CHUNK = 65_536
FOLLOWS = {JobKind.TRAINING: "register_model", JobKind.EVALUATION: "record_evaluation"}
STOPPED = _("An error that nobody foresaw stopped the job.")
STOPPED_REMEDY = _("Tell the operator; the worker's log says more.")
Pause = Callable[[float], None]


class ColumnNotGranted(BadInput):
    code = "column-not-granted"
    sentence = _("The grant does not show the column %(column)s. Choose one of: %(columns)s.")


class SameColumnTwice(BadInput):
    code = "same-column-twice"
    sentence = _("The column to predict and the column to compare groups by must be different.")


class SeedUnusable(BadInput):
    code = "seed-unusable"
    sentence = _("The seed must be a whole number from 0 to %(most)s.")


class PurposeDoesNotCover(Refused):
    code = "purpose-does-not-cover"


@transaction.atomic
def submit_training(
    actor: Actor,
    *,
    now: datetime,
    case_id: int,
    grant_id: int,
    allocation_id: int,
    target: str,
    subgroup: str = "",
    seed: int = SEED,
) -> Job:
    """Queue the training of a classifier for `target` on the data of a grant; groups are compared by `subgroup`.

    The first training moves a decided case to building. Raises Absent, NotAllowed, ColumnNotGranted,
    SameColumnTwice, SeedUnusable, PurposeDoesNotCover, and what `jobs.services.submit` raises.
    """
    # Two first trainings at once: the second one finds the case moved already.
    cases.lock(case_id)
    case = cases.obtain(actor, Action.CASE_VIEW, case_id)
    allocation = access.obtain_allocation(actor, Action.ALLOCATION_VIEW, allocation_id)
    grant = grants.obtain_grant(actor, Action.GRANT_USE, grant_id, now=now)
    _must_suit(grant, target, subgroup, seed)
    job = services.submit(
        actor,
        now=now,
        case=case,
        allocation_id=allocation.pk,
        grant_id=grant.pk,
        kind=JobKind.TRAINING,
        title=f"{case.number}: {target}",
        spec={
            "template": staging.TRAINING,
            "params": {"target": target, "seed": seed},
            "subgroups": [subgroup] if subgroup else [],
            "holdout_share": staging.HOLDOUT_SHARE,
        },
        code_sha256=staging.template_hash(staging.TRAINING),
    )
    if "build" in CASE.commands(case.state):
        case_services.move(named("job-runner"), now=now, case_id=case.pk, command="build")
    equipment.current().enqueue("run_job", job_id=job.pk)
    return job


@transaction.atomic
def submit_evaluation(robot: Actor, *, now: datetime, training_job_id: int) -> Job:
    """Queue the evaluation of a trained model on the rows its training never saw; asking again changes nothing."""
    training = access.obtain(robot, Action.JOB_RUN, training_job_id)
    key = f"{training.key}-evaluation"
    known = Job.objects.filter(key=key).first()
    if known is not None:
        return known
    job = services.submit(
        robot,
        now=now,
        case=training.case,
        allocation_id=training.allocation_id,
        grant_id=training.grant_id,
        kind=JobKind.EVALUATION,
        title=training.title,
        spec={
            "template": staging.EVALUATION,
            "training_job_id": training.pk,
            "params": {**training.spec["params"], "subgroups": training.spec["subgroups"]},
            "holdout_share": training.spec["holdout_share"],
        },
        code_sha256=staging.template_hash(staging.EVALUATION),
        submitter_id=training.submitter_id,
        key=key,
    )
    equipment.current().enqueue("run_job", job_id=job.pk)
    return job


def carry_out(robot: Actor, *, now_of: Clock, job_id: int, pause: Pause = time.sleep) -> None:
    """Run a queued job to its end, or go on with one whose worker died; a job that has ended is left alone.

    What cannot be run is refused with the reason and what helps. Raises only what trying again may mend.
    """
    gear = equipment.current()
    job = access.obtain(robot, Action.JOB_RUN, job_id)
    with staging.alone(staging.folder_of(gear, job.key)):
        errand = _Errand(gear, robot, now_of, job_id, pause)
        try:
            errand.run()
        except SandboxRefused as error:
            give_up(robot, now=now_of.now(), job_id=job_id, error=error)
        except MinettError as error:
            if error.retry_may_help:
                raise
            give_up(robot, now=now_of.now(), job_id=job_id, error=error)
        errand.settle()
        staging.forget_data(gear, job.key)


def give_up(robot: Actor, *, now: datetime, job_id: int, error: Exception) -> bool:
    """Refuse a job for an error and return whether that changed it; a job that has ended stays as it is."""
    reason, remedy = STOPPED, STOPPED_REMEDY
    if isinstance(error, SandboxRefused):
        reason, remedy = error.data["reason"], error.data["remedy"]
    elif isinstance(error, MinettError):
        reason, remedy = str(error), ""
    with transaction.atomic():
        before = Job.objects.select_for_update().get(pk=job_id).state
        return services.refuse(robot, now=now, job_id=job_id, reason=reason, remedy=remedy).state != before


def log_tail(actor: Actor, *, job_id: int, offset: int = 0) -> tuple[str, int, bool]:
    """Return what the job printed from byte `offset` on (at most 64 kB), the next offset, and whether that is all.

    The log may show rows of governed data, so only the company's own people read it: those who may submit. It is
    untrusted text; control characters are left out. Raises Absent, NotAllowed.
    """
    job = access.obtain(actor, Action.JOB_SUBMIT, job_id)
    ended = JOB.is_final(job.state)
    handle = _handle_of(job)
    if handle is None:
        return "", 0, ended
    chunk = _log_bytes(handle, max(0, offset))
    last = ended and len(chunk) < LOG_CHUNK
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(chunk, final=last)
    left = len(decoder.getstate()[0])
    shown = "".join(letter for letter in text if letter in "\n\t" or letter.isprintable())
    return shown, max(0, offset) + len(chunk) - left, last


class _Errand:
    """One worker's work on one job, while it holds the job's lock."""

    def __init__(self, gear: Equipment, robot: Actor, clock: Clock, job_id: int, pause: Pause) -> None:
        self.gear, self.robot, self.clock, self.job_id, self.pause = gear, robot, clock, job_id, pause

    def run(self) -> None:
        job = self._job()
        handle = _handle_of(job)
        while not JOB.is_final(job.state):
            handle = handle or self._hand_over(job)
            seen = self._watch(handle)
            job = self._job()
            if seen.state is not JobState.LOST or handle.attempt >= MOST_ATTEMPTS:
                self._conclude(job, handle, seen)
                return
            handle = None

    def settle(self) -> None:
        """Stop the program of a job that was cancelled or refused, and record what it used."""
        job = self._job()
        handle = _handle_of(job)
        if handle is None or not JOB.is_final(job.state) or queries.usage_of_job(job) is not None:
            return
        services.finish(self.robot, now=self.clock.now(), job_id=job.pk, seen=self._watch(handle), outputs=Outputs(()))

    def _job(self) -> Job:
        return access.obtain(self.robot, Action.JOB_RUN, self.job_id)

    def _hand_over(self, job: Job) -> Handle:
        now = self.clock.now()
        staged = staging.prepare(self.gear, self.robot, job, now=now)
        handle = self.gear.executor.submit(staged.spec, job.key, staged.token, now)
        # A job that was cancelled in this very moment cannot start; watching it will stop it.
        with contextlib.suppress(CommandNotInTable):
            services.start(self.robot, now=now, job_id=job.pk, handle=handle, inputs=staged.inputs)
        return handle

    def _watch(self, handle: Handle) -> Observation:
        """Look again and again, with growing pauses, until the job has ended; stop it when it may not go on."""
        length = FIRST_PAUSE
        while not (seen := self._look(handle)).state.is_final:
            if self._must_stop():
                self.gear.executor.cancel(handle)
            self.pause(length)
            length = min(length * GROWTH, LONGEST_PAUSE)
        return seen

    def _look(self, handle: Handle) -> Observation:
        try:
            return self.gear.executor.observe(handle)
        except JobUnknown:
            return Observation(JobState.LOST, sentence=sentence_for(JobState.LOST, Failure.NONE))

    def _must_stop(self) -> bool:
        """Whether somebody cancelled the job, or its grant was revoked or ended while it runs."""
        job, now = self._job(), self.clock.now()
        if JOB.is_final(job.state) or job.grant is None:
            return JOB.is_final(job.state)
        decision = decide(self.robot, Action.GRANT_USE, grants.grant_facts(job.grant, now))
        if not decision:
            services.refuse(self.robot, now=now, job_id=job.pk, reason=decision.reason)
        return not decision

    def _conclude(self, job: Job, handle: Handle, seen: Observation) -> None:
        outputs = Outputs(())
        if seen.state in {JobState.SUCCEEDED, JobState.FAILED} and not JOB.is_final(job.state):
            outputs = self._collect(job, handle)
        now = self.clock.now()
        with transaction.atomic():
            before = Job.objects.select_for_update().get(pk=job.pk).state
            ended = services.finish(self.robot, now=now, job_id=job.pk, seen=seen, outputs=outputs)
            if not JOB.is_final(before) and ended.state == "succeeded":
                self.gear.enqueue(FOLLOWS[JobKind(ended.kind)], job_id=ended.pk)

    def _collect(self, job: Job, handle: Handle) -> Outputs:
        target = staging.folder_of(self.gear, job.key) / "out"
        # What a worker that died had collected is collected again.
        shutil.rmtree(target, ignore_errors=True)
        return self.gear.executor.collect(handle, target)


def _must_suit(grant: Grant, target: str, subgroup: str, seed: int) -> None:
    if grant.purpose != PURPOSE:
        raise PurposeDoesNotCover(rule="purpose", reason=_("the grant was given for another purpose than training."))
    for column in filter(None, (target, subgroup)):
        if column not in grant.columns:
            raise ColumnNotGranted(column=column, columns=", ".join(grant.columns))
    if not target:
        raise ColumnNotGranted(column="", columns=", ".join(grant.columns))
    if target == subgroup:
        raise SameColumnTwice
    if not 0 <= seed <= LARGEST_SEED:
        raise SeedUnusable(most=LARGEST_SEED)


def _handle_of(job: Job) -> Handle | None:
    told = job.measured.get("handle")
    return Handle.from_json(told) if told else None


def _log_bytes(handle: Handle, offset: int) -> bytes:
    """Read from the log that the executor's supervisor keeps in the job's place.

    An executor whose place is no folder of this machine gives the last lines only, which is what is read then.
    """
    path = Path(handle.place) / "log.txt"
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        try:
            tail = equipment.current().executor.observe(handle).log_tail
        except JobUnknown:
            return b""
        return tail.encode()[offset : offset + LOG_CHUNK]
    try:
        return os.pread(file, LOG_CHUNK, offset)
    finally:
        os.close(file)
