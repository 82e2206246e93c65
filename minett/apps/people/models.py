"""Persons, organisations, memberships with roles, and API tokens."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from minett.apps.people.managers import UserManager
from minett.kernel.actor import Role
from minett.kernel.content import LANGUAGES


class User(AbstractBaseUser):
    """A person with an account. Rights come from memberships alone; there is no superuser."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=2, choices=[(code, code) for code in LANGUAGES], default="en")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="person_email_is_unique")]

    def get_full_name(self) -> str:
        return self.name


class OrganisationKind(models.TextChoices):
    COMPANY = "company"
    PARTNER = "partner"
    AUTHORITY = "authority"
    OPERATOR = "operator"


class Organisation(models.Model):
    """A legal person. Money in EUR, staff in annual work units; unknown facts stay null, never zero."""

    kind = models.CharField(max_length=12, choices=OrganisationKind)
    legal_name = models.CharField(max_length=200)
    trade_name = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2)
    registry_number = models.CharField(max_length=40, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    nace = models.CharField(max_length=8, blank=True)
    staff = models.PositiveIntegerField(null=True)
    turnover_eur = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    balance_sheet_eur = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    founded_on = models.DateField(null=True)
    # The code of the partner in the pack, for organisations that deliver services.
    partner_code = models.CharField(max_length=80, blank=True)
    is_invented = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "registry_number"],
                condition=~Q(registry_number=""),
                name="organisation_registered_once",
            ),
            models.UniqueConstraint(
                fields=["partner_code"], condition=~Q(partner_code=""), name="partner_code_used_once"
            ),
        ]

    @property
    def display_name(self) -> str:
        return self.trade_name or self.legal_name


class Membership(models.Model):
    """A role that a person holds for an organisation, from a day until an open, exclusive end."""

    person = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=24, choices=[(role.value, role.value) for role in Role])
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organisation", "role"],
                condition=Q(until_at__isnull=True),
                name="role_is_held_once",
            ),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gt=F("since_at")),
                name="membership_ends_after_it_began",
            ),
        ]


class ApiToken(models.Model):
    """A token for the API: only its hash is kept, with the first characters to recognise it by."""

    person = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="token_expires_after_it_was_made")
        ]
