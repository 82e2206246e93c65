"""Indicators that a company already measures, their baselines, and what was measured after."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Direction(models.TextChoices):
    LOWER_IS_BETTER = "lower"
    HIGHER_IS_BETTER = "higher"


class Indicator(models.Model):
    """A number that the company measures: what, in which unit, how, how often."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=60)
    how = models.TextField()
    direction = models.CharField(max_length=8, choices=Direction)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "name"], name="indicator_named_once_per_case")]


class MeasurementKind(models.TextChoices):
    BASELINE = "baseline"
    AFTER = "after"


class Measurement(models.Model):
    """One period's values of an indicator; simulated ones are marked and never summed with measured ones."""

    indicator = models.ForeignKey("impact.Indicator", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=MeasurementKind)
    values = models.JSONField()
    method = models.TextField()
    is_simulated = models.BooleanField()
    period_from = models.DateField()
    period_to = models.DateField()
    recorded_by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["indicator"], condition=Q(kind="baseline"), name="indicator_has_one_baseline"
            ),
            models.CheckConstraint(condition=~Q(method=""), name="measurement_has_a_method"),
        ]
