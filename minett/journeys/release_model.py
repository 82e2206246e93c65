"""From a training that succeeded to a model that is released or not: registry, evaluation, trust report, case.

The worker does the first three steps. It may be killed at any moment and start a step again from the top: files
are named by their hash and written whole, and every row is looked for before it is made.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from datetime import datetime
from pathlib import Path

from django.db import transaction

from minett.apps.cases import access as case_access
from minett.apps.cases import queries as cases
from minett.apps.cases import services as case_services
from minett.apps.cases.models import Case
from minett.apps.jobs import access as jobs
from minett.apps.jobs.models import Job
from minett.apps.registry import access, queries, services
from minett.apps.registry.models import Evaluation, ModelVersion, Release, TrustReport
from minett.journeys import equipment, job_reports, model_card, model_lineage, run_training, trust_claims, trust_report
from minett.kernel.actor import Actor
from minett.kernel.actor import robot as named
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Clash
from minett.planes.documents.document import Document
from minett.planes.documents.pdf import render_pdf
from minett.policy.actions import Action
from minett.policy.states import CASE

CHUNK = 1 << 20


class NotEvaluatedYet(Clash):
    code = "model-not-evaluated"
    sentence = _("The model has not been evaluated yet, so there is nothing to report on.")


class ModelNotRegistered(Clash):
    code = "model-not-registered"
    sentence = _("The model that this job evaluated is not registered.")


def register_model(robot: Actor, *, now: datetime, job_id: int) -> ModelVersion:
    """Register the model of a training job and queue its evaluation; doing it again changes nothing.

    Raises OutputMissing or ReportUnusable for what the job left, JobLeftNoModel, and what
    `run_training.submit_evaluation` raises: then the version stands, and the evaluation is still to come.
    """
    job = jobs.obtain(robot, Action.JOB_RUN, job_id)
    version = queries.version_of_job(job.pk) or _registered(robot, now, job)
    run_training.submit_evaluation(robot, now=now, training_job_id=job.pk)
    return version


def _registered(robot: Actor, now: datetime, job: Job) -> ModelVersion:
    training = job_reports.training_of(job)
    source, sha256, size = job_reports.output_of(job, job_reports.MODEL_FILE)
    target = _kept(source, sha256)
    return services.register_version(
        robot,
        now=now,
        job=job,
        name=job.case.title,
        path=equipment.current().store.relative(target),
        sha256=sha256,
        size=size,
        lineage=model_lineage.lineage_of(job, training),
        training=training,
    )


def _kept(source: Path, sha256: str) -> Path:
    """Copy a model file into the store under its hash, whole or not at all. Raises OutputMissing."""
    folder = equipment.current().store.folder("models")
    target = folder / f"{sha256}.skops"
    if _has_hash(target, sha256):
        return target
    part = folder / f".{sha256}.{secrets.token_hex(8)}.part"
    try:
        if not _copied(source, part, sha256):
            raise job_reports.OutputMissing(name=job_reports.MODEL_FILE)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    # The name must reach the disk before a row speaks of it.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return target


def _copied(source: Path, part: Path, sha256: str) -> bool:
    """Copy a plain file through one descriptor; return whether what was copied has the hash."""
    digest = hashlib.sha256()
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as read, part.open("xb") as written:
        if not stat.S_ISREG(os.fstat(read.fileno()).st_mode):
            return False
        while chunk := read.read(CHUNK):
            digest.update(chunk)
            written.write(chunk)
        written.flush()
        os.fsync(written.fileno())
    return digest.hexdigest() == sha256


def _has_hash(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def record_evaluation(robot: Actor, *, now: datetime, job_id: int) -> Evaluation:
    """Keep what an evaluation job measured and queue the trust report; doing it again changes nothing.

    Raises OutputMissing or ReportUnusable for what the job left, ModelNotRegistered.
    """
    job = jobs.obtain(robot, Action.JOB_RUN, job_id)
    version = queries.version_of_job(job.spec.get("training_job_id") or 0)
    if version is None:
        raise ModelNotRegistered
    known = queries.sheet_of(version).evaluation
    if known is not None:
        return known
    result = job_reports.evaluation_of(job)
    with transaction.atomic():
        evaluation = services.record_evaluation(robot, now=now, version_id=version.pk, job=job, result=result)
        equipment.current().enqueue("write_trust_report", version_id=version.pk)
    return evaluation


def write_trust_report(robot: Actor, *, now: datetime, version_id: int) -> TrustReport:
    """Write model card and trust report of an evaluated version, in its author's language, and print the report.

    Doing it again changes nothing. Raises NotEvaluatedYet.
    """
    version = access.obtain(robot, Action.MODEL_EVALUATE, version_id)
    sheet = queries.sheet_of(version)
    if sheet.report is not None:
        return sheet.report
    if sheet.evaluation is None:
        raise NotEvaluatedYet
    dossier = _dossier(version, sheet.evaluation)
    risk = str(trust_claims.preview_of(dossier).get("risk_class") or "")
    card = model_card.card_of(version, dossier.case, sheet.evaluation.result, risk)
    content = trust_report.compose(dossier, card, language=version.author.language, as_of=now.date())
    store = equipment.current().store
    name = f"trust-report-{version.pk}-{model_lineage.digest(content)[:24]}.pdf"
    printed = render_pdf(Document.from_json(content["document"]), store.folder("documents") / name)
    return services.record_report(
        robot,
        now=now,
        version_id=version.pk,
        card=card,
        content=content,
        pdf_path=store.relative(printed.path),
        pdf_sha256=printed.sha256,
    )


def _dossier(version: ModelVersion, evaluation: Evaluation) -> trust_claims.Dossier:
    case = Case.objects.select_related("usecase__entry").get(pk=version.model.case_id)
    path = equipment.current().store.absolute(version.path)
    return trust_claims.Dossier(
        version=version,
        evaluation=evaluation,
        case=case,
        ai_act=cases.assessments(case).filter(kind="ai-act").first(),
        intact=_has_hash(path, version.sha256),
    )


@transaction.atomic
def release(actor: Actor, *, now: datetime, version_id: int, reason: str, report_sha256: str) -> Release:
    """Release a version on the report that was read; its case goes into production.

    Raises Absent, NotAllowed (four eyes), CommandNotInTable, ReleaseNeedsReason, ReportNotTheOneRead.
    """
    case_access.lock(access.obtain(actor, Action.MODEL_RELEASE, version_id).model.case_id)
    decided = services.decide_release(
        actor, now=now, version_id=version_id, is_released=True, reason=reason, report_sha256=report_sha256
    )
    case = Case.objects.select_for_update().get(pk=decided.version.model.case_id)
    # A further version of a model that is in production already moves nothing.
    if "release" in CASE.commands(case.state):
        case_services.move(named("model-evaluator"), now=now, case_id=case.pk, command="release", reason=reason)
    return decided


def reject(actor: Actor, *, now: datetime, version_id: int, reason: str, report_sha256: str) -> Release:
    """Decide not to release a version, on the report that was read; the case stays where it is."""
    return services.decide_release(
        actor, now=now, version_id=version_id, is_released=False, reason=reason, report_sha256=report_sha256
    )
