"""What a pack brings: one row per entry, one more per version of its content. Nothing here is ever deleted."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class EntryKind(models.TextChoices):
    """The parts of a pack, by the names that the pack itself uses."""

    FACTORY = "factory"
    PARTNERS = "partners"
    SECTORS = "sectors"
    SERVICES = "services"
    USECASES = "usecases"
    SCHEMES = "schemes"
    CALLS = "calls"
    CLUSTERS = "clusters"
    FACTORIES = "factories"


class PackEntry(models.Model):
    """An entry of a pack, known by kind and code; `current` is the version that is shown."""

    pack = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=EntryKind)
    code = models.CharField(max_length=80)
    # Set when a later load of the pack no longer holds the entry; cases keep what they refer to.
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="entry_code_used_once_per_kind")]


class EntryVersion(models.Model):
    """The content of an entry as one load found it."""

    entry = models.ForeignKey("catalogue.PackEntry", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    is_current = models.BooleanField()
    position = models.PositiveIntegerField(default=0)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    source = models.TextField()
    checked_on = models.DateField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="entry_version_number_used_once"),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(is_current=True), name="entry_has_one_current_version"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="entry_ends_after_it_began",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="entry_version_has_a_source"),
        ]
