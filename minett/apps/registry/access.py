"""Handing out model versions. `visible` lists exactly what `obtain` would open; nothing here writes."""

from __future__ import annotations

from django.db.models import QuerySet

from minett.apps.registry.models import ModelVersion
from minett.kernel.actor import Actor
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import covers, decide, demand
from minett.policy.rules.models import MODEL_READERS, ModelFacts

_RELATED = ("model__case", "model__organisation", "author", "job__grant__version__product")


def facts_of(version: ModelVersion) -> ModelFacts:
    """Return what the rules need to know of a model version."""
    return ModelFacts(organisation_id=version.model.organisation_id, author_id=version.author_id, state=version.state)


def visible(actor: Actor) -> QuerySet[ModelVersion]:
    """All model versions that the actor may open."""
    versions = ModelVersion.objects.select_related(*_RELATED)
    if not covers(actor, Action.MODEL_VIEW):
        return versions.none()
    if actor.is_robot or actor.has(*MODEL_READERS):
        return versions
    return versions.filter(model__organisation_id__in=actor.organisations)


def obtain(actor: Actor, action: Action, version_id: int) -> ModelVersion:
    """Return the version; raise Absent when it is missing or hidden, NotAllowed when seen but not allowed."""
    version = ModelVersion.objects.select_related(*_RELATED).filter(pk=version_id).first()
    if version is None or not decide(actor, Action.MODEL_VIEW, facts_of(version)):
        raise Absent
    demand(actor, action, facts_of(version))
    return version
