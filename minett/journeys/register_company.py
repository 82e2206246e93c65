"""An adviser takes a case and says whose it is: a company that is known, or one that is registered with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from minett.apps.cases import access as cases
from minett.apps.cases.models import Case
from minett.apps.cases.services import CaseWithoutCompany
from minett.apps.people import access as people_access
from minett.apps.people import queries as people
from minett.apps.people import services as people_services
from minett.apps.people.models import Organisation, OrganisationKind
from minett.journeys import open_case
from minett.kernel.actor import Actor, Role
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput
from minett.policy.actions import Action
from minett.policy.states import CASE


class NotACompany(BadInput):
    code = "not-a-company"
    sentence = _("%(name)s is not a company. A case belongs to a company.")


@dataclass(frozen=True, slots=True)
class NewCompany:
    """What is needed to register a company; `country` is its ISO code of two letters."""

    legal_name: str
    country: str
    registry_number: str = ""
    is_invented: bool = False


def companies(actor: Actor, search: str, most: int = 20) -> list[Organisation]:
    """Return the companies whose name or registry number holds the words, by name."""
    known = people_access.visible(actor).filter(kind=OrganisationKind.COMPANY)
    for word in search[:100].split():
        known = known.filter(
            Q(legal_name__icontains=word) | Q(trade_name__icontains=word) | Q(registry_number__icontains=word)
        )
    return list(known.order_by("legal_name", "pk")[:most])


@transaction.atomic
def take_for_company(
    actor: Actor,
    *,
    now: datetime,
    case_id: int,
    organisation_id: int | None = None,
    new: NewCompany | None = None,
    contact_name: str = "",
) -> Case:
    """Take the case for a known company, for a new one, or for the one of the person who asked.

    With a `contact_name` the address that the need came from gets an account as the company's administrator.
    Raises CaseWithoutCompany when nothing says which company it is, NotACompany, OrganisationAlreadyKnown.
    """
    cases.lock(case_id)
    case = cases.obtain(actor, Action.CASE_TAKE, case_id)
    CASE.step(case.state, "take")
    company = _company(actor, now, organisation_id, new)
    taken = open_case.take_case(actor, now=now, case_id=case_id, organisation_id=company.pk if company else None)
    if taken.organisation_id is None:
        raise CaseWithoutCompany
    if company is not None and contact_name.strip() and case.need.contact_email:
        _give_account(actor, now, case, company, contact_name.strip())
    return taken


def _company(actor: Actor, now: datetime, organisation_id: int | None, new: NewCompany | None) -> Organisation | None:
    if new is not None:
        return people_services.register_organisation(
            actor,
            now=now,
            kind=OrganisationKind.COMPANY,
            legal_name=new.legal_name,
            country=new.country,
            registry_number=new.registry_number,
            is_invented=new.is_invented,
        )
    if organisation_id is None:
        return None
    known = people_access.obtain(actor, Action.ORGANISATION_VIEW, organisation_id)
    if known.kind != OrganisationKind.COMPANY:
        raise NotACompany(name=known.display_name)
    return known


def _give_account(actor: Actor, now: datetime, case: Case, company: Organisation, name: str) -> None:
    """Let the person who asked act for the company; they set a password by the mail that sign-in sends."""
    address = case.need.contact_email
    person = people.person_by_mail(address) or people_services.register_person(
        actor, now=now, email=address, name=name[:200], language=case.language, password=None
    )
    people_services.give_role(actor, now=now, person=person, organisation=company, role=Role.COMPANY_ADMIN)
