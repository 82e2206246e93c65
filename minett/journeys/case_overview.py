"""One case as its page and its API answer show it: where it stands, who takes part, what belongs to it, what happened.

It reads only. Company and staff get the same, but for what is internal and what an app does not let them see.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case as Choice
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Concat

from minett.apps.cases import access, queries
from minett.apps.cases.models import Case, Engagement, Message
from minett.apps.catalogue import access as catalogue
from minett.apps.catalogue.models import EntryKind
from minett.apps.ledger import queries as ledger
from minett.apps.ledger.models import Entry
from minett.apps.people.models import Membership
from minett.journeys import case_things
from minett.journeys.case_things import Thing
from minett.kernel.actor import Actor
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import decide, demand
from minett.policy.rules.cases import CaseFacts
from minett.policy.states import CASE

PLATFORM = "platform"
ADVISER = "adviser"


@dataclass(frozen=True, slots=True)
class CaseOverview:
    """A case with its partners' services, the newest things that belong to it, and what the actor may do now.

    Each engagement carries `partner_title`, the catalogue's name for a partner that has no account here, or None.
    """

    case: Case
    facts: CaseFacts
    engagements: tuple[Engagement, ...]
    things: tuple[Thing, ...]
    commands: tuple[str, ...]

    def of(self, *kinds: str) -> list[Thing]:
        """Return the things of these kinds, newest first."""
        return [thing for thing in self.things if thing.kind in kinds]


def overview(actor: Actor, case_id: int) -> CaseOverview:
    """Return the case that the actor may open; raises Absent. Three queries, whatever hangs on the case."""
    shown = access.visible(actor).select_related("need", "usecase__entry")
    case = shown.filter(pk=case_id).first()
    if case is None:
        raise Absent
    names = catalogue.visible(actor).filter(entry__kind=EntryKind.PARTNERS, entry__code=OuterRef("partner_code"))
    engaged = tuple(queries.engagements(case).annotate(partner_title=Subquery(names.values("content__title")[:1])))
    partners = frozenset(one.partner_id for one in engaged if one.partner_id is not None)
    facts = access.facts_of(case, partners=partners)
    demand(actor, Action.CASE_VIEW, facts)
    return CaseOverview(
        case=case,
        facts=facts,
        engagements=engaged,
        things=case_things.of_case(actor, case.pk),
        commands=commands(actor, facts),
    )


def commands(actor: Actor, facts: CaseFacts) -> tuple[str, ...]:
    """Return the commands of the state table that the actor may give for the case now.

    Releasing is decided on a model, whose facts a case does not have, so it is never among them.
    """
    here = CASE.commands(facts.state)
    return tuple(command for command in here if decide(actor, CASE.step(facts.state, command).action, facts))


def history(actor: Actor, overview_: CaseOverview, *, who: str = "") -> QuerySet[Entry]:
    """Return what happened in the case, newest first, each message with its words in `body`.

    `who` narrows to one taking part: an organisation's id, "adviser", or "platform"; anything else narrows nothing,
    so that nobody finds out who belongs to an organisation that takes no part.
    Internal notes are only there for those who may read them.
    """
    case, facts = overview_.case, overview_.facts
    words = Message.objects.filter(case=case).annotate(key=Cast("pk", CharField(max_length=60)))
    body = Subquery(words.filter(key=OuterRef("noun_id")).values("body")[:1])
    rows = ledger.timeline(actor, case.pk).annotate(
        body=Choice(When(noun="message", then=body), default=Value(""), output_field=TextField())
    )
    if not decide(actor, Action.MESSAGE_VIEW_INTERNAL, facts):
        rows = rows.exclude(action=Action.MESSAGE_WRITE_INTERNAL.value)
    return rows.filter(_by(who, case, facts.partners | {case.organisation_id}))


def _by(who: str, case: Case, parts: frozenset[int | None]) -> Q:
    if who == PLATFORM:
        return Q(actor_key__startswith="bot:")
    if who == ADVISER:
        return Q(actor_key=f"person:{case.adviser_id}")
    if who.isdecimal() and int(who[:9]) in parts:
        members = Membership.objects.filter(organisation_id=int(who[:9]))
        keys = members.values(key=Concat(Value("person:"), Cast("person_id", CharField(max_length=20))))
        return Q(actor_key__in=keys)
    return Q()
