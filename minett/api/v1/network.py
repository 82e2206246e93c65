"""The other factories and antennas, which are public."""

from __future__ import annotations

from typing import Annotated

from ninja import Router
from pydantic import Field

from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Code
from minett.api.schemas.catalogue import NetworkTold, PeerTold
from minett.apps.network import queries
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import HouseFacts

router = Router()


@operation(router, "GET", "/network", action=Action.NETWORK_VIEW, answer=NetworkTold)
def peers(
    request: ApiRequest,
    kind: Annotated[str, Field(max_length=8)] = "",
    country: Annotated[str, Field(max_length=2)] = "",
    *,
    linked: bool = False,
) -> NetworkTold:
    """List factories and antennas; the network is small, so the list comes whole."""
    demand(request.actor, Action.NETWORK_VIEW, HouseFacts())
    found = queries.listing(request.actor, kind=kind, country=country, linked_only=linked)
    return NetworkTold(items=[PeerTold.of(listed) for listed in found])


@operation(router, "GET", "/network/{code}", action=Action.NETWORK_VIEW, answer=PeerTold)
def peer(request: ApiRequest, code: Code) -> PeerTold:
    """Read one factory or antenna."""
    demand(request.actor, Action.NETWORK_VIEW, HouseFacts())
    return PeerTold.of(queries.detail(request.actor, code))
