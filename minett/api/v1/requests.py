"""Access requests: asked by a company, reviewed by a steward, sent again or taken back by the company."""

from __future__ import annotations

from ninja import Query, Router

from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id, known_state
from minett.api.schemas.grants import (
    CaseTermsGiven,
    RequestDetailTold,
    RequestTold,
    ReviewGiven,
    ReviewTold,
    TermsGiven,
)
from minett.apps.cases import access as cases
from minett.apps.cases.services import CaseWithoutCompany
from minett.apps.grants import queries, services
from minett.apps.grants.models import AccessRequest
from minett.apps.people import queries as people
from minett.journeys import grant_data
from minett.policy.actions import Action
from minett.policy.states import REQUEST

router = Router()


@operation(router, "GET", "/requests", action=Action.REQUEST_VIEW, answer=Page[RequestTold])
def requests(
    request: ApiRequest,
    paging: Query[Paging],
    state: str = "",
    product_id: Id | None = None,
    case_id: Id | None = None,
) -> Page[RequestTold]:
    """List the access requests that whoever asks may open, newest first."""
    wanted = known_state(REQUEST, state) or None
    rows = queries.requests(request.actor, state=wanted, product_id=product_id, case_id=case_id)
    return page(rows, paging, RequestTold.of)


@operation(router, "GET", "/requests/{request_id}", action=Action.REQUEST_VIEW, answer=RequestDetailTold)
def access_request(request: ApiRequest, request_id: Id) -> RequestDetailTold:
    """Read one access request with its reviews and the grant that followed."""
    return _detail(request, request_id)


def _detail(request: ApiRequest, request_id: int) -> RequestDetailTold:
    found = queries.request_detail(request.actor, request_id)
    return RequestDetailTold(
        **RequestTold.facts(found.request),
        reviews=[ReviewTold.of(review) for review in found.reviews],
        grant_id=found.grant and found.grant.pk,
        commands=list(queries.request_commands(request.actor, found.request)),
    )


@operation(
    router,
    "POST",
    "/data-products/{product_id}/requests",
    action=Action.REQUEST_CREATE,
    answer=RequestDetailTold,
    status=201,
)
def ask(request: ApiRequest, product_id: Id, body: TermsGiven) -> RequestDetailTold:
    """Ask for columns of a data product, for one's own company and outside any case."""
    # Somebody who acts for no company is refused by the policy, which knows no organisation 0.
    company = people.company_of(request.actor) or 0
    return _asked(request, product_id, company, None, body)


@operation(
    router, "POST", "/cases/{case_id}/requests", action=Action.REQUEST_CREATE, answer=RequestDetailTold, status=201
)
def ask_for_case(request: ApiRequest, case_id: Id, body: CaseTermsGiven) -> RequestDetailTold:
    """Ask for columns of a data product, for a case of one's own company."""
    case = cases.obtain(request.actor, Action.CASE_VIEW, case_id)
    if case.organisation_id is None:
        raise CaseWithoutCompany
    return _asked(request, body.product_id, case.organisation_id, case.pk, body)


def _asked(
    request: ApiRequest, product_id: int, organisation_id: int, case_id: int | None, terms: TermsGiven
) -> RequestDetailTold:
    made: AccessRequest = services.ask(
        request.actor,
        now=request.now,
        product_id=product_id,
        organisation_id=organisation_id,
        case_id=case_id,
        purpose=terms.purpose,
        columns=terms.columns,
        days=terms.days,
        safeguards=terms.safeguards,
    )
    return _detail(request, made.pk)


@operation(router, "POST", "/requests/{request_id}/review", action=Action.REQUEST_REVIEW, answer=RequestDetailTold)
def review(request: ApiRequest, request_id: Id, body: ReviewGiven) -> RequestDetailTold:
    """Approve, return or reject a request; an approval makes the grant, and the worker builds its snapshot."""
    grant_data.decide_request(
        request.actor,
        now=request.now,
        request_id=request_id,
        vote=body.vote,
        reason=body.reason,
        content_sha256=body.content_sha256,
    )
    return _detail(request, request_id)


@operation(router, "POST", "/requests/{request_id}/resubmit", action=Action.REQUEST_CHANGE, answer=RequestDetailTold)
def resubmit(request: ApiRequest, request_id: Id, body: TermsGiven) -> RequestDetailTold:
    """Send a returned request again."""
    services.resubmit(
        request.actor,
        now=request.now,
        request_id=request_id,
        purpose=body.purpose,
        columns=body.columns,
        days=body.days,
        safeguards=body.safeguards,
    )
    return _detail(request, request_id)


@operation(router, "POST", "/requests/{request_id}/close", action=Action.REQUEST_CHANGE, answer=RequestDetailTold)
def close(request: ApiRequest, request_id: Id) -> RequestDetailTold:
    """Take one's own undecided request back."""
    services.close(request.actor, now=request.now, request_id=request_id)
    return _detail(request, request_id)
