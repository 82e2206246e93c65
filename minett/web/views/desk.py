"""The desk: what needs a person now, by what they are here for."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from minett.kernel.clock import SystemClock
from minett.policy.actions import Action
from minett.web import desk_parts
from minett.web.declared import acts
from minett.web.middleware import HouseRequest
from minett.web.signed_in import signed_in


@acts(Action.DESK_VIEW)
@require_GET
@signed_in
def desk(request: HouseRequest) -> HttpResponse:
    """Show the desk of whoever is signed in; somebody without a role is told what comes next."""
    return render(request, "desk/desk.html", {"parts": desk_parts.of(request.actor, SystemClock().now())})
