"""The one place where permission is decided. What it does not know (action, facts, scope) it refuses."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from minett.kernel.actor import Actor
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Refused
from minett.policy.actions import Action
from minett.policy.decision import Decision, deny
from minett.policy.rules import cases, compute, data, house, impact, models

Rule = Callable[[Actor, Any], Decision]

RULES: dict[Action, tuple[type, Rule]] = {
    **house.RULES,
    **cases.RULES,
    **data.RULES,
    **compute.RULES,
    **models.RULES,
    **impact.RULES,
}


class NotAllowed(Refused):
    code = "not-allowed"
    sentence = _("You may not do this: %(reason)s")


def decide(actor: Actor, action: Action, facts: object) -> Decision:
    """Answer whether `actor` may do `action` on the thing that `facts` describe.

    `facts` is a frozen dataclass declared in `policy.rules`, filled by the app from its own rows. A pair of
    action and facts that is not known is refused.
    """
    known = RULES.get(action)
    if known is None:
        return deny("unknown-action", _("this action is not known."))
    facts_type, rule = known
    if type(facts) is not facts_type:
        return deny("unknown-facts", _("the facts needed to decide are missing."))
    if not covers(actor, action):
        return deny("token-scope", _("the token was not issued for this action."))
    return rule(actor, facts)


def covers(actor: Actor, action: Action) -> bool:
    """Say whether the scopes of the actor's token cover the action; without a token everything is covered.

    A list asks this before it asks whose rows: a token sees in a list only what it could open.
    """
    return actor.scopes is None or any(fnmatchcase(action, scope) for scope in actor.scopes)


def demand(actor: Actor, action: Action, facts: object) -> Decision:
    """Return the decision when it allows; raise NotAllowed with rule and reason when it does not."""
    decision = decide(actor, action, facts)
    if not decision:
        raise NotAllowed(rule=decision.rule, reason=decision.reason)
    return decision
