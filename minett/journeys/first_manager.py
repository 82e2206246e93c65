"""The first person of a new installation: a manager of the factory, who lets everybody else in."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from minett.apps.people import services
from minett.apps.people.models import Organisation, OrganisationKind, User
from minett.kernel.actor import Actor, Role
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput

SHORTEST_PASSWORD = 12


class PasswordTooShort(BadInput):
    code = "password-too-short"
    sentence = _("A password needs at least %(least)s characters.")


class ManagerMailUnusable(BadInput):
    code = "manager-mail-unusable"
    sentence = _("This is not a mail address: %(given)s.")


@transaction.atomic
def admit(actor: Actor, *, now: datetime, email: str, name: str, factory: str, country: str, password: str) -> User:
    """Register a manager, and the factory's office when there is none yet. Raises MailAlreadyKnown."""
    try:
        validate_email(email)
    except ValidationError as error:
        raise ManagerMailUnusable(given=email[:80]) from error
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(least=SHORTEST_PASSWORD)
    office = Organisation.objects.filter(kind=OrganisationKind.OPERATOR).order_by("pk").first()
    if office is None:
        office = services.register_organisation(
            actor, now=now, kind=OrganisationKind.OPERATOR, legal_name=factory, country=country
        )
    person = services.register_person(actor, now=now, email=email, name=name, language="en", password=password)
    services.give_role(actor, now=now, person=person, organisation=office, role=Role.FACTORY_MANAGER)
    return person
