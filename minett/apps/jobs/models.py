"""Allocations of compute, jobs, and the append-only record of what jobs used."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from minett.kernel.quantities import Unit
from minett.policy.states import ALLOCATION, JOB


class Allocation(models.Model):
    """Compute for one case: requested, awarded and used are kept apart, always with their unit."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    requester = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    cluster = models.ForeignKey("catalogue.EntryVersion", on_delete=models.PROTECT, related_name="+")
    unit = models.CharField(max_length=12, choices=[(unit.value, unit.value) for unit in Unit])
    requested = models.DecimalField(max_digits=14, decimal_places=4)
    awarded = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    justification = models.TextField()
    state = models.CharField(
        max_length=12, choices=[(state, state) for state in ALLOCATION.standings], default=ALLOCATION.initial
    )
    decided_by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+", null=True)
    decision_reason = models.TextField(blank=True)
    requested_at = models.DateTimeField()
    starts_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="allocations_by_organisation")]
        constraints = [
            models.CheckConstraint(condition=Q(requested__gt=0), name="allocation_asks_for_something"),
            models.CheckConstraint(
                condition=~Q(state="awarded") | Q(awarded__isnull=False, until_at__gt=F("starts_at")),
                name="awarded_allocation_has_amount_and_period",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requester")),
                name="nobody_awards_their_own_request",
            ),
        ]


class JobKind(models.TextChoices):
    TRAINING = "training"
    EVALUATION = "evaluation"


class Job(models.Model):
    """One run of code. `key` is its name at the executor, so that the same job never runs twice at once."""

    key = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=12, choices=JobKind)
    title = models.CharField(max_length=200)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    allocation = models.ForeignKey("jobs.Allocation", on_delete=models.PROTECT, related_name="+")
    grant = models.ForeignKey("grants.Grant", on_delete=models.PROTECT, related_name="+", null=True)
    submitter = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    spec = models.JSONField()
    code_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=[(state, state) for state in JOB.standings], default=JOB.initial)
    is_sandboxed = models.BooleanField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=16, blank=True)
    explanation = models.TextField(blank=True)
    measured = models.JSONField(default=dict)
    outputs = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="jobs_by_organisation")]


class UsageRecord(models.Model):
    """What a job used of an allocation. Rows are only ever added; a correction is another row."""

    allocation = models.ForeignKey("jobs.Allocation", on_delete=models.PROTECT, related_name="+")
    job = models.OneToOneField("jobs.Job", on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=6)
    unit = models.CharField(max_length=12, choices=[(unit.value, unit.value) for unit in Unit])
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="usage_is_not_negative")]
