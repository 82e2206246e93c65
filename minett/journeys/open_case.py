"""From a need in a company's own words to a case with an agreed plan: catalogue, data products, cases, people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from minett.advice.plan import Plan
from minett.advice.service import Library, advise
from minett.apps.cases import access, services
from minett.apps.cases.models import Case, Need
from minett.apps.catalogue import queries as catalogue
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.apps.dataproducts import queries as dataproducts
from minett.apps.people import queries as people
from minett.kernel.actor import Actor
from minett.kernel.content import Text
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput
from minett.policy.actions import Action


class MailUnusable(BadInput):
    code = "mail-unusable"
    sentence = _("This is not a mail address we can write to: %(given)s. Please check it.")


class UseCaseUnknown(BadInput):
    code = "usecase-unknown"
    sentence = _("The catalogue has no use case %(given)s. Choose one from the list.")


class ServicesUnknown(BadInput):
    code = "services-unknown"
    sentence = _("The catalogue has no service %(given)s. Choose from the list.")


def library(actor: Actor, as_of: date) -> Library:
    """Return everything the advice may speak of: the catalogue as it holds on the day, and visible data products."""
    signature = catalogue.signature()
    usecases, matcher = catalogue.matcher_of(signature)
    return Library(
        usecases=usecases,
        matcher=matcher,
        data_products=dataproducts.cards(actor),
        **catalogue.offer_of(signature, as_of),
    )


def describe_need(actor: Actor, *, now: datetime, raw: object) -> Need:
    """Answer a need with a plan, and keep both. Raises NeedEmpty, NeedTooLong or NeedNotText."""
    plan = advise(raw, library(actor, now.date()), now.date())
    return services.write_need(
        actor,
        now=now,
        text=plan.need,
        language=plan.language.code,
        plan=plan.to_json(),
        organisation_id=people.company_of(actor),
    )


def keep_plan(actor: Actor, *, now: datetime, secret: str, contact_email: str) -> Case:
    """Open the case of a need. A mail address is all it takes; asking again returns the same case."""
    need = access.obtain_need(actor, Action.CASE_OPEN, secret)
    try:
        validate_email(contact_email)
    except ValidationError as error:
        raise MailUnusable(given=contact_email[:80]) from error
    title = title_of(Plan.from_json(need.plan), need.language)
    return services.open_case(actor, now=now, need=need, title=title, contact_email=contact_email, channel="web")


def title_of(plan: Plan, language: str) -> str:
    """Name a case after the use case that fits best, or after the first words of the need."""
    chosen = next((proposal for proposal in plan.proposals if proposal.code == plan.chosen), None)
    return chosen.title.in_(language) if chosen else plan.need[:80]


@transaction.atomic
def take_case(actor: Actor, *, now: datetime, case_id: int, organisation_id: int | None) -> Case:
    """Let an adviser take the case; a person known by the need's mail address brings the company along."""
    case = access.obtain(actor, Action.CASE_TAKE, case_id)
    if organisation_id is None and case.organisation_id is None:
        known = people.person_by_mail(case.need.contact_email)
        organisation_id = people.company_of(people.actor_of(known)) if known else None
        if organisation_id is None:
            raise services.CaseWithoutCompany
    return services.take(actor, now=now, case_id=case_id, organisation_id=organisation_id)


@transaction.atomic
def agree_plan(
    actor: Actor, *, now: datetime, case_id: int, usecase: str, service_codes: list[str], reason: str
) -> Case:
    """Fix use case and services, engage the partners, and keep the AI Act preview that the adviser saw."""
    case = access.obtain(actor, Action.PLAN_AGREE, case_id)
    chosen = _one(actor, usecase)
    wanted = catalogue.current(actor, EntryKind.SERVICES, service_codes)
    unknown = set(service_codes) - {row.entry.code for row in wanted}
    if unknown:
        raise ServicesUnknown(given=", ".join(sorted(unknown)))
    title = Text.of(chosen.content["title"]).in_(case.language)
    agreed = services.agree_plan(
        actor, now=now, case_id=case_id, usecase=chosen, services=wanted, title=title, reason=reason
    )
    preview: dict[str, Any] = case.plan.get("ai_act") or {}
    if preview:
        services.assess(actor, now=now, case_id=case_id, kind="ai-act", rule_set=str(now.date()), result=preview)
    return agreed


def _one(actor: Actor, code: str) -> EntryVersion:
    found = catalogue.current(actor, EntryKind.USECASES, [code])
    if not found:
        raise UseCaseUnknown(given=code[:80])
    return found[0]
