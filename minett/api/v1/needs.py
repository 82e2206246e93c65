"""Needs: written by anybody, read and kept by whoever knows the secret address."""

from __future__ import annotations

from typing import Annotated

from ninja import Router
from pydantic import Field

from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.needs import KeepGiven, KeptTold, NeedGiven, NeedTold
from minett.apps.cases import access
from minett.journeys import open_case
from minett.policy.actions import Action

router = Router()
Secret = Annotated[str, Field(max_length=100)]


@operation(router, "POST", "/needs", action=Action.NEED_WRITE, answer=NeedTold, status=201)
def describe(request: ApiRequest, body: NeedGiven) -> NeedTold:
    """Describe a need and get a plan."""
    return NeedTold.of(open_case.describe_need(request.actor, now=request.now, raw=body.text))


@operation(router, "GET", "/needs/{secret}", action=Action.NEED_VIEW, answer=NeedTold)
def need(request: ApiRequest, secret: Secret) -> NeedTold:
    """Read a need and its plan."""
    return NeedTold.of(access.obtain_need(request.actor, Action.NEED_VIEW, secret))


@operation(router, "POST", "/needs/{secret}/keep", action=Action.CASE_OPEN, answer=KeptTold)
def keep(request: ApiRequest, secret: Secret, body: KeepGiven) -> KeptTold:
    """Keep the plan: open the case of the need. Asking again returns the same case."""
    case = open_case.keep_plan(request.actor, now=request.now, secret=secret, contact_email=body.contact_email)
    return KeptTold.of(case)
