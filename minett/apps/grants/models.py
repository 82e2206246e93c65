"""Access requests, their reviews, the grants that follow, and the snapshots that grants read."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from minett.policy.states import GRANT, REQUEST


class AccessRequest(models.Model):
    """A company asks for columns of a product for a purpose and a number of days."""

    product = models.ForeignKey("dataproducts.Product", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    applicant = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+", null=True)
    purpose = models.CharField(max_length=40)
    columns = models.JSONField()
    days = models.PositiveIntegerField()
    safeguards = models.TextField()
    state = models.CharField(
        max_length=12, choices=[(state, state) for state in REQUEST.standings], default=REQUEST.initial
    )
    content_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    state_since_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="requests_by_organisation")]
        constraints = [models.CheckConstraint(condition=Q(days__gt=0), name="request_is_for_some_days")]


class Review(models.Model):
    """One reviewer's vote, bound to the hash of what was voted on; nobody votes on their own request."""

    request = models.ForeignKey("grants.AccessRequest", on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    applicant = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    vote = models.CharField(max_length=8)
    reason = models.TextField()
    content_sha256 = models.CharField(max_length=64)
    voted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reviewer=F("applicant")), name="nobody_reviews_their_own_request"),
            models.CheckConstraint(condition=~Q(reason=""), name="review_has_a_reason"),
            models.UniqueConstraint(
                fields=["request", "reviewer", "content_sha256"], name="one_vote_per_reviewer_and_content"
            ),
        ]


class Snapshot(models.Model):
    """What a policy shows of a product version, written once and shared by every grant with the same hash."""

    policy_sha256 = models.CharField(max_length=64)
    source_sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    columns = models.JSONField()
    built_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy_sha256", "source_sha256"], name="snapshot_built_once")]


class Grant(models.Model):
    """Access for one organisation, one purpose, these columns of this version, until an exclusive end."""

    request = models.OneToOneField("grants.AccessRequest", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("dataproducts.ProductVersion", on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey("dataproducts.ProductPolicy", on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey("grants.Snapshot", on_delete=models.PROTECT, related_name="+", null=True)
    # The policy narrowed to the columns that were granted; its hash names the snapshot.
    tree = models.JSONField()
    tree_sha256 = models.CharField(max_length=64)
    purpose = models.CharField(max_length=40)
    columns = models.JSONField()
    state = models.CharField(
        max_length=12, choices=[(state, state) for state in GRANT.standings], default=GRANT.initial
    )
    starts_at = models.DateTimeField()
    until_at = models.DateTimeField()
    end_reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "until_at"], name="grants_by_end")]
        constraints = [
            models.CheckConstraint(condition=Q(until_at__gt=F("starts_at")), name="grant_ends_after_it_began"),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(snapshot__isnull=False), name="active_grant_has_a_snapshot"
            ),
            models.CheckConstraint(condition=~Q(state="revoked") | ~Q(end_reason=""), name="revocation_has_a_reason"),
        ]
