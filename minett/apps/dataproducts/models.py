"""Data products: what a data holder offers, its versions as files with a hash, and its policies."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from minett.policy.states import PRODUCT


class GovernanceModel(models.TextChoices):
    OPEN = "open"
    RESTRICTED = "restricted"


class Product(models.Model):
    """A data product. Texts are mappings of language to words."""

    code = models.CharField(max_length=80, unique=True)
    title = models.JSONField()
    description = models.JSONField()
    keywords = models.JSONField(default=list)
    sector = models.CharField(max_length=80)
    owner = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    steward = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+", null=True)
    licence = models.TextField()
    source = models.TextField()
    governance = models.CharField(max_length=12, choices=GovernanceModel)
    is_private = models.BooleanField(default=False)
    state = models.CharField(
        max_length=12, choices=[(state, state) for state in PRODUCT.standings], default=PRODUCT.initial
    )
    created_at = models.DateTimeField()
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | ~Q(withdrawn_reason=""), name="withdrawal_has_a_reason"
            )
        ]


class ProductVersion(models.Model):
    """One file of a product, as it was checked and hashed. `path` is relative to the installation's store."""

    product = models.ForeignKey("dataproducts.Product", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    path = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    rows = models.PositiveBigIntegerField()
    schema = models.JSONField()
    profile = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "number"], name="product_version_number_used_once")]


class ProductPolicy(models.Model):
    """What the owner lets others see of a product: rows, columns, masks, purposes, until when."""

    product = models.ForeignKey("dataproducts.Product", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    tree = models.JSONField()
    sha256 = models.CharField(max_length=64)
    author = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+", null=True)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "number"], name="product_policy_number_used_once")]
