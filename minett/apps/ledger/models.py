"""The ledger's rows: append-only, hash-chained; and receipts, which make a repeated write harmless."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q


class Entry(models.Model):
    """One change: who did what to which thing, from what to what, by which rule, for which reason.

    `hash` covers every other column and the hash of the row before, so a changed, removed or reordered row
    shows. Rows are never updated or deleted. Moments and JSON are kept as canonical text: a database type that
    accepts two spellings of one value would let a byte change unseen.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    at_text = models.CharField(max_length=32)
    actor_key = models.CharField(max_length=120)
    actor_name = models.CharField(max_length=200)
    action = models.CharField(max_length=80)
    noun = models.CharField(max_length=40)
    noun_id = models.CharField(max_length=60)
    # The case on whose timeline the change appears; empty for changes outside any case.
    case_id = models.PositiveBigIntegerField(null=True)
    before_text = models.TextField()
    after_text = models.TextField()
    rule = models.CharField(max_length=80)
    reason = models.TextField(blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["case_id", "-number"], name="ledger_by_case"),
            models.Index(fields=["noun", "noun_id", "-number"], name="ledger_by_thing"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["hash"], name="ledger_hash_is_unique"),
            models.CheckConstraint(condition=~Q(rule=""), name="ledger_entry_names_its_rule"),
        ]

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.at_text)

    @property
    def before(self) -> Any:
        return json.loads(self.before_text)

    @property
    def after(self) -> Any:
        return json.loads(self.after_text)


class Head(models.Model):
    """The signed end of the chain: without it, cutting rows off the end would not show.

    There is one row. It is locked while an entry is appended, which puts the writers in line.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_has_one_head")]


class Receipt(models.Model):
    """The answer that was given for an idempotency key, so that the same write sent twice is done once."""

    actor_key = models.CharField(max_length=120)
    key = models.CharField(max_length=100)
    operation = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor_key", "key"], name="receipt_once_per_actor_and_key")]
