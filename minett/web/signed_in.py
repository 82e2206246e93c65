"""Pages for people with an account: a visitor is sent to sign in, whatever the address. Nothing else is decided."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.http.response import HttpResponseBase

from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import HouseFacts
from minett.web.middleware import HouseRequest

Rest = ParamSpec("Rest")
Answer = TypeVar("Answer", bound=HttpResponseBase)
View = Callable[Concatenate[HouseRequest, Rest], Answer]


def signed_in(view: View[Rest, Answer]) -> View[Rest, Answer]:
    """Refuse visitors before anything is looked up, so that the answer tells nothing about what exists."""

    @wraps(view)
    def for_people(request: HouseRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Answer:
        demand(request.actor, Action.DESK_VIEW, HouseFacts())
        return view(request, *args, **kwargs)

    return for_people
