"""Writes about access requests, reviews, grants and snapshots. States change only by the tables of the policy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from minett.apps.cases.models import Case
from minett.apps.dataproducts import access as products
from minett.apps.dataproducts import queries as offers
from minett.apps.grants import access
from minett.apps.grants.models import AccessRequest, Grant, Review, Snapshot
from minett.apps.grants.terms import Terms, narrowed, offered
from minett.apps.ledger import services as ledger
from minett.kernel.actor import Actor
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Absent, BadInput, Clash
from minett.planes.data.policy_tree import policy_hash, to_json
from minett.planes.data.port import SnapshotFile, snapshot_name
from minett.policy import permit
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed, demand
from minett.policy.decision import Decision
from minett.policy.rules.data import RequestFacts
from minett.policy.states import GRANT, REQUEST

VOTES = ("approve", "return", "reject")


class RequestChangedMeanwhile(Clash):
    code = "request-changed-meanwhile"
    sentence = _("The request was changed after you read it. Read it again, then decide.")


class VoteUnknown(BadInput):
    code = "vote-unknown"
    sentence = _("A review approves, returns or rejects; %(vote)s is none of these.")


class DecisionNeedsReason(BadInput):
    code = "decision-needs-reason"
    sentence = _("Say why: the other side reads the reason.")


class SnapshotOfOtherColumns(Clash):
    code = "snapshot-of-other-columns"
    sentence = _("The snapshot does not have the columns that were granted.")


@transaction.atomic
def ask(
    actor: Actor,
    *,
    now: datetime,
    product_id: int,
    organisation_id: int,
    case_id: int | None,
    purpose: str,
    columns: Sequence[str],
    days: int,
    safeguards: str,
) -> AccessRequest:
    """Ask for columns of a product for a purpose and a number of days; the request goes to the steward.

    Raises Absent for a hidden product or a case of another organisation, NotAllowed, ProductNotOffered, and
    the errors of `minett.apps.grants.terms` for what is missing.
    """
    product = products.obtain(actor, Action.REQUEST_CREATE, product_id)
    facts = RequestFacts(organisation_id, actor.person_id, product.steward_id, product.owner_id, REQUEST.initial)
    decision = demand(actor, Action.REQUEST_CHANGE, facts)
    if case_id is not None and not Case.objects.filter(pk=case_id, organisation_id=organisation_id).exists():
        raise Absent
    terms = Terms.of(purpose, columns, days, safeguards)
    terms.must_be_complete(offered(offers.current(product)).rules, now)
    request = AccessRequest(
        product=product,
        organisation_id=organisation_id,
        applicant_id=_person(actor),
        case_id=case_id,
        state=REQUEST.step(REQUEST.initial, "submit").to,
        created_at=now,
        state_since_at=now,
    )
    _write_terms(request, terms)
    request.save(force_insert=True)
    after = {"product": product.code, "state": request.state, **_terms_told(request)}
    _tell(actor, request, Action.REQUEST_CREATE, decision, now=now, after=after)
    return request


@transaction.atomic
def resubmit(
    actor: Actor,
    *,
    now: datetime,
    request_id: int,
    purpose: str,
    columns: Sequence[str],
    days: int,
    safeguards: str,
) -> AccessRequest:
    """Send a returned request again; votes on what it was before do not count for it any more."""
    request, decision = _locked_request(actor, Action.REQUEST_CHANGE, request_id)
    REQUEST.step(request.state, "submit")
    terms = Terms.of(purpose, columns, days, safeguards)
    terms.must_be_complete(offered(offers.current(request.product)).rules, now)
    _write_terms(request, terms)
    request.save(update_fields=["purpose", "columns", "days", "safeguards", "content_sha256"])
    _move(actor, request, "submit", decision, now=now, more=_terms_told(request))
    return request


@transaction.atomic
def close(actor: Actor, *, now: datetime, request_id: int) -> AccessRequest:
    """Take one's own undecided request back."""
    request, decision = _locked_request(actor, Action.REQUEST_CHANGE, request_id)
    _move(actor, request, "close", decision, now=now)
    return request


@transaction.atomic
def review(
    actor: Actor, *, now: datetime, request_id: int, vote: str, reason: str, content_sha256: str
) -> AccessRequest:
    """Approve, return or reject what was read, which `content_sha256` names; an approval makes the grant.

    The grant stands in state `preparing` until its snapshot is built. Raises NotAllowed (four eyes: nobody of
    the asking organisation decides), RequestChangedMeanwhile, VoteUnknown, DecisionNeedsReason, and where the
    owner changed the offer meanwhile ProductNotOffered, PurposeNotOffered, ColumnsNotOffered or PolicyEnded.
    """
    request, decision = _locked_request(actor, Action.REQUEST_REVIEW, request_id)
    if vote not in VOTES:
        raise VoteUnknown(vote=vote)
    REQUEST.step(request.state, vote)
    if request.content_sha256 != content_sha256:
        raise RequestChangedMeanwhile
    if not reason.strip():
        raise DecisionNeedsReason
    Review.objects.create(
        request=request,
        reviewer_id=_person(actor),
        applicant_id=request.applicant_id,
        vote=vote,
        reason=reason.strip(),
        content_sha256=content_sha256,
        voted_at=now,
    )
    more = {"sha256": content_sha256}
    if vote == "approve":
        more["grant"] = str(_grant(request, now).pk)
    _move(actor, request, vote, decision, now=now, reason=reason, more=more)
    return request


def _grant(request: AccessRequest, now: datetime) -> Grant:
    """Make the grant of a request that is being approved, from what the owner offers at this moment."""
    offer = offered(offers.current(request.product))
    terms = Terms.of(request.purpose, request.columns, request.days, request.safeguards)
    terms.must_be_offered(offer.rules)
    policy = narrowed(offer.rules, terms.columns)
    return Grant.objects.create(
        request=request,
        organisation_id=request.organisation_id,
        version=offer.version,
        policy=offer.policy,
        tree=to_json(policy),
        tree_sha256=policy_hash(policy),
        purpose=request.purpose,
        columns=[rule.name for rule in policy.columns],
        starts_at=now,
        until_at=terms.until(offer.rules, now),
    )


@transaction.atomic
def activate(actor: Actor, *, now: datetime, grant_id: int, built: SnapshotFile, path: str) -> Grant:
    """Note the snapshot that was built and let the grant be used; doing it again changes nothing.

    `path` is where `built` lies, relative to the installation's store. Raises SnapshotOfOtherColumns, and
    CommandNotInTable for a grant that ended meanwhile.
    """
    grant, decision = _locked_grant(actor, Action.GRANT_BUILD, grant_id, now)
    if list(built.columns) != grant.columns:
        raise SnapshotOfOtherColumns
    if grant.state == "active" and grant.snapshot is not None and grant.snapshot.sha256 == built.sha256:
        return grant
    GRANT.step(grant.state, "activate")
    # A snapshot whose file was lost is built again; what is true of the file now replaces what was known.
    facts = {"path": path, "sha256": built.sha256, "rows": built.rows, "bytes": built.bytes}
    facts["columns"] = list(built.columns)
    grant.snapshot, _is_new = Snapshot.objects.update_or_create(
        policy_sha256=grant.tree_sha256,
        source_sha256=grant.version.sha256,
        defaults=facts,
        create_defaults={**facts, "built_at": now},
    )
    grant.save(update_fields=["snapshot"])
    _move(actor, grant, "activate", decision, now=now, more={"snapshot": built.sha256, "rows": built.rows})
    return grant


@transaction.atomic
def expire(actor: Actor, *, now: datetime, grant_id: int) -> Grant:
    """End a grant whose time is over; raises NotAllowed while it still runs."""
    grant, decision = _locked_grant(actor, Action.GRANT_EXPIRE, grant_id, now)
    _move(actor, grant, "expire", decision, now=now)
    return grant


def expire_due(actor: Actor, *, now: datetime) -> int:
    """End every grant whose time is over and return how many these were.

    Each ends in a transaction of its own, so what was done stays done when the process is killed in between.
    """
    running = [state for state in GRANT.standings if "expire" in GRANT.commands(state)]
    due = Grant.objects.filter(state__in=running, until_at__lte=now).order_by("until_at").values_list("pk", flat=True)
    return sum(_expire_if_running(actor, now, grant_id) for grant_id in list(due))


@transaction.atomic
def _expire_if_running(actor: Actor, now: datetime, grant_id: int) -> bool:
    grant = Grant.objects.select_for_update().get(pk=grant_id)
    # Between the list and the lock another sweep, or a steward, may have ended it.
    if GRANT.is_final(grant.state):
        return False
    expire(actor, now=now, grant_id=grant_id)
    return True


@transaction.atomic
def revoke(actor: Actor, *, now: datetime, grant_id: int, reason: str) -> Grant:
    """End a grant before its time, with a reason that its holder reads."""
    grant, decision = _locked_grant(actor, Action.GRANT_REVOKE, grant_id, now)
    GRANT.step(grant.state, "revoke")
    if not reason.strip():
        raise DecisionNeedsReason
    grant.end_reason = reason.strip()
    grant.save(update_fields=["end_reason"])
    _move(actor, grant, "revoke", decision, now=now, reason=reason)
    return grant


@transaction.atomic
def permit_for(actor: Actor, *, now: datetime, grant_id: int) -> str:
    """Return a signed permit to read the grant's snapshot, and note in the ledger that it was given out.

    Whether the grant may be used is decided at this moment, and the plane checks the permit's end again when
    it is used. Raises Absent, or NotAllowed for a grant that ended, was revoked, or is not ready.
    """
    grant = access.obtain_grant(actor, Action.GRANT_USE, grant_id, now=now)
    decision = demand(actor, Action.GRANT_USE, access.grant_facts(grant, now))
    after = {"purpose": grant.purpose, "until": grant.until_at, "policy": grant.tree_sha256}
    _tell(actor, grant, Action.GRANT_USE, decision, now=now, after=after)
    return _signed(actor, grant)


def permit_to_build(actor: Actor, *, now: datetime, grant_id: int) -> str:
    """Return a signed permit for the robot that writes out the snapshot of a grant; raises NotAllowed."""
    return _signed(actor, access.obtain_grant(actor, Action.GRANT_BUILD, grant_id, now=now))


def _signed(actor: Actor, grant: Grant) -> str:
    source = grant.version.sha256
    what = permit.Permit(
        what=snapshot_name(grant.tree_sha256, source),
        subject=actor.key,
        purpose=grant.purpose,
        until=grant.until_at,
        columns=tuple(grant.columns),
        details=(("source_sha256", source), ("grant", str(grant.pk))),
    )
    return permit.sign(what, settings.SIGNING_KEY)


def _person(actor: Actor) -> int:
    """Return the person behind the actor; a robot never asks and never decides."""
    if actor.person_id is None:
        raise NotAllowed(rule="persons-decide", reason=_("only a person does this."))
    return actor.person_id


def _locked_request(actor: Actor, action: Action, request_id: int) -> tuple[AccessRequest, Decision]:
    """Lock the row, then read it again: the state that is checked is the state that is changed."""
    AccessRequest.objects.select_for_update().filter(pk=request_id).values_list("pk").first()
    request = access.obtain_request(actor, action, request_id)
    return request, demand(actor, action, access.request_facts(request))


def _locked_grant(actor: Actor, action: Action, grant_id: int, now: datetime) -> tuple[Grant, Decision]:
    Grant.objects.select_for_update().filter(pk=grant_id).values_list("pk").first()
    grant = access.obtain_grant(actor, action, grant_id, now=now)
    return grant, demand(actor, action, access.grant_facts(grant, now))


def _write_terms(request: AccessRequest, terms: Terms) -> None:
    request.purpose, request.columns, request.days = terms.purpose, list(terms.columns), terms.days
    request.safeguards = terms.safeguards
    # The round makes the hash of an unchanged request that is sent again another one: it needs its own vote.
    request.content_sha256 = terms.sha256(
        product=request.product_id,
        organisation=request.organisation_id,
        applicant=request.applicant_id,
        case=request.case_id,
        round=0 if request.pk is None else Review.objects.filter(request=request).count(),
    )


def _terms_told(request: AccessRequest) -> dict[str, Any]:
    told = {"purpose": request.purpose, "columns": request.columns, "days": request.days}
    return {**told, "sha256": request.content_sha256}


def _move(
    actor: Actor,
    row: AccessRequest | Grant,
    command: str,
    decision: Decision,
    *,
    now: datetime,
    reason: str = "",
    more: dict[str, Any] | None = None,
) -> None:
    """Take one step of the row's state table and tell the ledger."""
    table = REQUEST if isinstance(row, AccessRequest) else GRANT
    before, transition = row.state, table.step(row.state, command)
    row.state = transition.to
    if isinstance(row, AccessRequest):
        row.state_since_at = now
        row.save(update_fields=["state", "state_since_at"])
    else:
        row.save(update_fields=["state"])
    old, new = {"state": before}, {"state": row.state, **(more or {})}
    _tell(actor, row, transition.action, decision, now=now, reason=reason, before=old, after=new)


def _tell(
    actor: Actor,
    row: AccessRequest | Grant,
    action: Action,
    decision: Decision,
    *,
    now: datetime,
    reason: str = "",
    before: Any = None,
    after: Any = None,
) -> None:
    request = row if isinstance(row, AccessRequest) else row.request
    ledger.record(
        actor,
        now=now,
        action=action,
        noun="request" if request is row else "grant",
        noun_id=row.pk,
        decision=decision,
        reason=reason.strip(),
        before=before,
        after=after,
        case_id=request.case_id,
    )
