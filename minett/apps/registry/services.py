"""Writes about models: registering a version, its evaluation, its trust report, and the decision on it.

Files and what jobs wrote are read by the journeys; what arrives here was checked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from minett.apps.jobs.models import Job, JobKind
from minett.apps.ledger import services as ledger
from minett.apps.registry import access
from minett.apps.registry.models import Evaluation, Model, ModelVersion, Release, TrustReport
from minett.kernel.actor import Actor
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput, Clash
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed, demand
from minett.policy.decision import Decision
from minett.policy.rules.models import ModelFacts
from minett.policy.states import MODEL


class JobLeftNoModel(Clash):
    code = "job-left-no-model"
    sentence = _("Only a training that succeeded leaves a model to register.")


class EvaluationOfSomethingElse(Clash):
    code = "evaluation-of-something-else"
    sentence = _("This job did not evaluate this model.")


class ReleaseNeedsReason(BadInput):
    code = "release-needs-reason"
    sentence = _("Say why: whoever uses this model, or misses it, will read the reason.")


class ReportNotTheOneRead(Clash):
    code = "report-not-the-one-read"
    sentence = _(
        "The decision names another trust report than the one of this model. Read the present one, then decide."
    )


@transaction.atomic
def register_version(
    actor: Actor,
    *,
    now: datetime,
    job: Job,
    name: str,
    path: str,
    sha256: str,
    size: int,
    lineage: dict[str, Any],
    training: dict[str, Any],
) -> ModelVersion:
    """Register the model file that a training left; a job has one version, so doing it again returns the same.

    `path` is relative to the installation's store. The author is the person who submitted the job.
    """
    # The lock puts those who register the versions of one case in line: numbers are given once.
    locked = Job.objects.select_for_update().get(pk=job.pk)
    facts = ModelFacts(locked.organisation_id, locked.submitter_id, MODEL.initial)
    decision = demand(actor, Action.MODEL_REGISTER, facts)
    known = ModelVersion.objects.select_related("model").filter(job=locked).first()
    if known is not None:
        return known
    if locked.kind != JobKind.TRAINING or locked.state != "succeeded":
        raise JobLeftNoModel
    defaults = {"organisation_id": locked.organisation_id, "created_at": now}
    model, _is_new = Model.objects.get_or_create(case_id=locked.case_id, name=name[:200], defaults=defaults)
    version = ModelVersion.objects.create(
        model=Model.objects.select_for_update().get(pk=model.pk),
        number=ModelVersion.objects.filter(model=model).count() + 1,
        job=locked,
        author_id=locked.submitter_id,
        path=path,
        sha256=sha256,
        bytes=size,
        lineage=lineage,
        training=training,
        registered_at=now,
    )
    told = {"model": model.pk, "number": version.number, "sha256": sha256, "job": locked.key}
    _tell(actor, version, now=now, action=Action.MODEL_REGISTER, decision=decision, before=None, more=told)
    return version


@transaction.atomic
def record_evaluation(actor: Actor, *, now: datetime, version_id: int, job: Job, result: dict[str, Any]) -> Evaluation:
    """Keep what the platform measured of a version; the first evaluation stands, doing it again returns it."""
    version, decision = _locked(actor, Action.MODEL_EVALUATE, version_id)
    known = Evaluation.objects.filter(version=version).first()
    if known is not None:
        return known
    is_its_own = job.spec.get("training_job_id") == version.job_id and job.case_id == version.model.case_id
    if job.kind != JobKind.EVALUATION or job.state != "succeeded" or not is_its_own:
        raise EvaluationOfSomethingElse
    before = _step(version, "evaluate")
    evaluation = Evaluation.objects.create(version=version, job=job, result=result, evaluated_at=now)
    told = {"evaluation": evaluation.pk, "job": job.key, "rows": result.get("n")}
    _tell(actor, version, now=now, action=Action.MODEL_EVALUATE, decision=decision, before=before, more=told)
    return evaluation


@transaction.atomic
def record_report(
    actor: Actor,
    *,
    now: datetime,
    version_id: int,
    card: dict[str, Any],
    content: dict[str, Any],
    pdf_path: str,
    pdf_sha256: str,
) -> TrustReport:
    """Keep the model card and the trust report of a version; the first report stands, doing it again returns it."""
    version, decision = _locked(actor, Action.MODEL_EVALUATE, version_id)
    known = TrustReport.objects.filter(version=version).first()
    if known is not None:
        return known
    before = _step(version, "report")
    version.card = card
    version.save(update_fields=["card"])
    report = TrustReport.objects.create(
        version=version, content=content, pdf_path=pdf_path, pdf_sha256=pdf_sha256, written_at=now
    )
    told = {"report": report.pk, "pdf_sha256": pdf_sha256}
    _tell(actor, version, now=now, action=Action.MODEL_EVALUATE, decision=decision, before=before, more=told)
    return report


@transaction.atomic
def decide_release(
    actor: Actor, *, now: datetime, version_id: int, is_released: bool, reason: str, report_sha256: str
) -> Release:
    """Release a version or decide against it, with a reason, on the report that was read.

    `report_sha256` is the SHA-256 of that report's PDF. Raises NotAllowed (four eyes: neither the author nor
    anybody of the same organisation), CommandNotInTable, ReleaseNeedsReason, ReportNotTheOneRead.
    """
    version, decision = _locked(actor, Action.MODEL_RELEASE, version_id)
    if actor.person_id is None:
        raise NotAllowed(rule="persons-decide", reason=_("only a person does this."))
    MODEL.step(version.state, command := "release" if is_released else "reject")
    if not reason.strip():
        raise ReleaseNeedsReason
    if TrustReport.objects.get(version=version).pdf_sha256 != report_sha256:
        raise ReportNotTheOneRead
    before = _step(version, command)
    release = Release.objects.create(
        version=version,
        author_id=version.author_id,
        reviewer_id=actor.person_id,
        is_released=is_released,
        reason=reason.strip(),
        report_sha256=report_sha256,
        decided_at=now,
    )
    told = {"release": release.pk, "report_sha256": report_sha256, "model_sha256": version.sha256}
    _tell(
        actor,
        version,
        now=now,
        action=Action.MODEL_RELEASE,
        decision=decision,
        before=before,
        reason=reason,
        more=told,
    )
    return release


def _locked(actor: Actor, action: Action, version_id: int) -> tuple[ModelVersion, Decision]:
    """Lock the row, then read it again: the state that is checked is the state that is changed."""
    ModelVersion.objects.select_for_update().filter(pk=version_id).values_list("pk").first()
    version = access.obtain(actor, action, version_id)
    return version, demand(actor, action, access.facts_of(version))


def _step(version: ModelVersion, command: str) -> str:
    """Take one step of the table; return the state before."""
    before = version.state
    version.state = MODEL.step(before, command).to
    version.save(update_fields=["state"])
    return before


def _tell(
    actor: Actor,
    version: ModelVersion,
    *,
    now: datetime,
    action: Action,
    decision: Decision,
    before: str | None,
    more: dict[str, Any],
    reason: str = "",
) -> None:
    ledger.record(
        actor,
        now=now,
        action=action,
        noun="model",
        noun_id=version.pk,
        decision=decision,
        reason=reason.strip(),
        before=None if before is None else {"state": before},
        after={"state": version.state, **more},
        case_id=version.model.case_id,
    )
