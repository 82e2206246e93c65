"""Every noun with an access of its own: all its rows, what a person is shown of them, and the way to open one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from minett.apps.cases import access as cases
from minett.apps.cases.models import Case, UseCaseDocument
from minett.apps.catalogue import access as catalogue
from minett.apps.catalogue.models import EntryVersion
from minett.apps.dataproducts import access as products
from minett.apps.dataproducts.models import Product
from minett.apps.grants import access as grants
from minett.apps.grants.models import AccessRequest, Grant
from minett.apps.impact import access as impact
from minett.apps.impact.models import Indicator
from minett.apps.jobs import access as jobs
from minett.apps.jobs.models import Allocation, Job
from minett.apps.ledger import queries as ledger
from minett.apps.ledger.models import Entry
from minett.apps.network import access as network
from minett.apps.network.models import Peer
from minett.apps.people import access as organisations
from minett.apps.people import queries as people
from minett.apps.people.models import ApiToken, Organisation
from minett.apps.registry import access as registry
from minett.apps.registry.models import ModelVersion
from minett.kernel.actor import Actor
from minett.kernel.errors import MinettError
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import HouseFacts, TokenFacts


@dataclass(frozen=True)
class Noun:
    """`shown` is the list for an actor; `opened` hands one row out at a moment, or raises."""

    rows: type[Model]
    shown: Callable[[Actor], QuerySet[Any]]
    opened: Callable[[Actor, Any, datetime], object]

    def all(self) -> Iterable[Any]:
        return self.rows._default_manager.order_by("pk")

    def may_be_opened(self, actor: Actor, row: Any, now: datetime) -> bool:
        try:
            self.opened(actor, row, now)
        except MinettError:
            return False
        return True


def _documents(actor: Actor) -> QuerySet[UseCaseDocument]:
    """Documents have no list of their own: they stand on the pages of the cases that are shown."""
    return UseCaseDocument.objects.filter(case__in=cases.visible(actor).select_related(None))


NOUNS: Mapping[str, Noun] = {
    "case": Noun(Case, cases.visible, lambda a, row, _: cases.obtain(a, Action.CASE_VIEW, row.pk)),
    "document": Noun(UseCaseDocument, _documents, lambda a, row, _: cases.obtain_document(a, Action.CASE_VIEW, row.pk)),
    "product": Noun(Product, products.visible, lambda a, row, _: products.obtain(a, Action.PRODUCT_VIEW, row.pk)),
    "request": Noun(
        AccessRequest,
        grants.visible_requests,
        lambda a, row, _: grants.obtain_request(a, Action.REQUEST_VIEW, row.pk),
    ),
    "grant": Noun(
        Grant, grants.visible_grants, lambda a, row, now: grants.obtain_grant(a, Action.GRANT_VIEW, row.pk, now=now)
    ),
    "allocation": Noun(
        Allocation,
        jobs.visible_allocations,
        lambda a, row, _: jobs.obtain_allocation(a, Action.ALLOCATION_VIEW, row.pk),
    ),
    "job": Noun(Job, jobs.visible, lambda a, row, _: jobs.obtain(a, Action.JOB_VIEW, row.pk)),
    "model": Noun(ModelVersion, registry.visible, lambda a, row, _: registry.obtain(a, Action.MODEL_VIEW, row.pk)),
    "indicator": Noun(Indicator, impact.visible, lambda a, row, _: impact.obtain(a, Action.IMPACT_VIEW, row.pk)),
    "organisation": Noun(
        Organisation,
        organisations.visible,
        lambda a, row, _: organisations.obtain(a, Action.ORGANISATION_VIEW, row.pk),
    ),
    "entry": Noun(Entry, ledger.visible, lambda a, _row, _: demand(a, Action.LEDGER_VIEW, HouseFacts())),
    "catalogue": Noun(
        EntryVersion,
        catalogue.visible,
        lambda a, row, _: catalogue.obtain(a, Action.CATALOGUE_VIEW, row.entry.kind, row.entry.code),
    ),
    "peer": Noun(Peer, network.visible, lambda a, row, _: network.obtain(a, Action.NETWORK_VIEW, row.code)),
    # Tokens are listed by their owner's query alone; what may be done with one is decided by the rule.
    "token": Noun(
        ApiToken, people.own_tokens, lambda a, row, _: demand(a, Action.TOKEN_MANAGE, TokenFacts(row.person_id))
    ),
}
