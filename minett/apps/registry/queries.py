"""Reads about models: lists with filters, and everything that the page of one version shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from minett.apps.registry import access
from minett.apps.registry.models import Evaluation, ModelVersion, Release, TrustReport
from minett.kernel.actor import Actor
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.states import MODEL

MOST_WAITING = 50


@dataclass(frozen=True, slots=True)
class Sheet:
    """One version with what is known of it so far."""

    version: ModelVersion
    evaluation: Evaluation | None
    report: TrustReport | None
    release: Release | None


def listing(actor: Actor, *, case_id: int | None = None, state: str = "", search: str = "") -> QuerySet[ModelVersion]:
    """Return the versions that the actor may see, newest first, narrowed by the filters."""
    versions = access.visible(actor).order_by("-id")
    if case_id is not None:
        versions = versions.filter(model__case_id=case_id)
    if state in MODEL.standings:
        versions = versions.filter(state=state)
    if search:
        words = search[:100]
        organisation = "model__organisation"
        versions = versions.filter(
            Q(model__name__icontains=words)
            | Q(**{f"{organisation}__legal_name__icontains": words})
            | Q(**{f"{organisation}__trade_name__icontains": words})
        )
    return versions


def detail(actor: Actor, version_id: int) -> Sheet:
    """Return a version with its evaluation, report and release; four queries. Raises Absent."""
    return sheet_of(access.obtain(actor, Action.MODEL_VIEW, version_id))


def sheet_of(version: ModelVersion) -> Sheet:
    """Return what is known of a version that was already handed out."""
    return Sheet(
        version=version,
        evaluation=Evaluation.objects.filter(version=version).select_related("job").first(),
        report=TrustReport.objects.filter(version=version).first(),
        release=Release.objects.filter(version=version).select_related("reviewer").first(),
    )


def version_of_job(job_id: int) -> ModelVersion | None:
    """Return the version that a training job left, for journeys and for pages of jobs already handed out."""
    return ModelVersion.objects.select_related("model", "author").filter(job_id=job_id).first()


def siblings(version: ModelVersion) -> QuerySet[ModelVersion]:
    """Return all versions of the same model, newest first."""
    return ModelVersion.objects.filter(model_id=version.model_id).order_by("-number")


def waiting_for_reviewer(actor: Actor) -> list[ModelVersion]:
    """Return the versions that wait for a decision that the actor may take, oldest first, at most fifty."""
    waiting = access.visible(actor).filter(state="reported").order_by("id")
    others = waiting.exclude(author_id=actor.person_id).exclude(model__organisation_id__in=actor.organisations)
    return [
        version for version in others[:MOST_WAITING] if decide(actor, Action.MODEL_RELEASE, access.facts_of(version))
    ]
