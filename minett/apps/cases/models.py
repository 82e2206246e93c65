"""Needs as companies wrote them, cases, engagements of partners, messages, assessments, use-case documents."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from minett.policy.states import CASE

CASE_STATES = [(state, state) for state in CASE.standings]


class Need(models.Model):
    """A need in a company's own words, with the plan that answered it. Its address is a secret."""

    secret = models.CharField(max_length=43, unique=True)
    text = models.TextField()
    language = models.CharField(max_length=2)
    plan = models.JSONField()
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+", null=True)
    contact_email = models.EmailField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="need_has_words")]


class Case(models.Model):
    """One company's way from a need to a measured effect. `holder_since_at` is when the present state began."""

    number = models.CharField(max_length=20, unique=True)
    need = models.OneToOneField("cases.Need", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+", null=True)
    adviser = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+", null=True)
    usecase = models.ForeignKey("catalogue.EntryVersion", on_delete=models.PROTECT, related_name="+", null=True)
    title = models.CharField(max_length=200)
    channel = models.CharField(max_length=12, default="web")
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=16, choices=CASE_STATES, default=CASE.initial)
    plan = models.JSONField()
    opened_at = models.DateTimeField()
    first_answer_at = models.DateTimeField(null=True)
    holder_since_at = models.DateTimeField()
    due_on = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-id"], name="cases_by_organisation"),
            models.Index(fields=["adviser", "state", "due_on"], name="cases_by_adviser"),
            models.Index(fields=["state", "due_on"], name="cases_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="new") | Q(adviser__isnull=False), name="case_beyond_new_has_an_adviser"
            )
        ]


class Engagement(models.Model):
    """A service of the catalogue that a partner delivers in a case."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey("catalogue.EntryVersion", on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+", null=True)
    partner_code = models.CharField(max_length=80)
    step = models.CharField(max_length=12)
    agreed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "service"], name="service_engaged_once_per_case")]


class Message(models.Model):
    """A message in a case; internal ones are for the factory's staff."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+", null=True)
    author_name = models.CharField(max_length=200)
    body = models.TextField()
    is_internal = models.BooleanField(default=False)
    written_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "-id"], name="messages_by_case")]


class Assessment(models.Model):
    """An answer of the thinking floor about a case (AI Act preview, readiness), and who confirmed it."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16)
    rule_set = models.CharField(max_length=40)
    result = models.JSONField()
    confirmed_by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+", null=True)
    made_at = models.DateTimeField()


class UseCaseDocument(models.Model):
    """The decision-ready document: value, data, metrics, risks, compliance, resources, plan."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    author = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    pdf_path = models.CharField(max_length=300, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    decision = models.CharField(max_length=8, blank=True)
    decision_reason = models.TextField(blank=True)
    decided_by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], name="document_version_used_once"),
            models.CheckConstraint(condition=Q(decision="") | ~Q(decision_reason=""), name="decision_has_a_reason"),
        ]
