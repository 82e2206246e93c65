"""Models that companies trained, with their lineage, evaluations, trust reports and releases."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from minett.policy.states import MODEL


class Model(models.Model):
    """A model of one case; what changes is its versions."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "name"], name="model_name_used_once_per_case")]


class ModelVersion(models.Model):
    """One trained model file. `lineage` names need, grant, snapshot, code, environment and job by id and hash."""

    model = models.ForeignKey("registry.Model", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    job = models.OneToOneField("jobs.Job", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    lineage = models.JSONField()
    training = models.JSONField()
    card = models.JSONField(default=dict)
    state = models.CharField(
        max_length=12, choices=[(state, state) for state in MODEL.standings], default=MODEL.initial
    )
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "number"], name="model_version_number_used_once")]


class Evaluation(models.Model):
    """What the platform measured of a version on data that the training never saw."""

    version = models.OneToOneField("registry.ModelVersion", on_delete=models.PROTECT, related_name="+")
    job = models.OneToOneField("jobs.Job", on_delete=models.PROTECT, related_name="+")
    result = models.JSONField()
    evaluated_at = models.DateTimeField()


class TrustReport(models.Model):
    """The first trust report of a version: claims, each with its proof; as JSON and as PDF."""

    version = models.OneToOneField("registry.ModelVersion", on_delete=models.PROTECT, related_name="+")
    content = models.JSONField()
    pdf_path = models.CharField(max_length=300)
    pdf_sha256 = models.CharField(max_length=64)
    written_at = models.DateTimeField()


class Release(models.Model):
    """The decision of a reviewer who is not the author, held by the database."""

    version = models.OneToOneField("registry.ModelVersion", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    is_released = models.BooleanField()
    reason = models.TextField()
    report_sha256 = models.CharField(max_length=64)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reviewer=F("author")), name="nobody_releases_their_own_model"),
            models.CheckConstraint(condition=~Q(reason=""), name="release_has_a_reason"),
        ]
