"""Rules about models: who sees one, who registers and evaluates it, who releases it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minett.kernel.actor import COMPANY_ROLES, Actor, Role
from minett.kernel.content import gettext_noop as _
from minett.policy.actions import Action
from minett.policy.decision import Decision, allow, deny

MODEL_READERS = (Role.TRUST_REVIEWER, Role.ADVISER, Role.FACTORY_MANAGER, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    organisation_id: int
    author_id: int | None
    state: str


def see_model(actor: Actor, facts: ModelFacts) -> Decision:
    if actor.is_robot or actor.belongs_to(facts.organisation_id):
        return allow("own-organisation", _("it is your organisation's model."))
    if actor.has(*MODEL_READERS):
        return allow("model-readers", _("reviewers, advisers, management and auditors see models."))
    return deny("model-hidden", _("the model belongs to another organisation."))


def register_model(actor: Actor, facts: ModelFacts) -> Decision:
    if actor.is_robot or actor.has_in(facts.organisation_id, *COMPANY_ROLES):
        return allow("own-organisation", _("it is your organisation's model."))
    return deny("own-organisation", _("only the organisation's own people do this."))


def evaluate_model(actor: Actor, _facts: ModelFacts) -> Decision:
    if actor.is_robot:
        return allow("robots-evaluate", _("the platform evaluates models itself."))
    return deny("robots-evaluate", _("only the platform evaluates models."))


def release_model(actor: Actor, facts: ModelFacts) -> Decision:
    if actor.person_id is not None and actor.person_id == facts.author_id:
        return deny("four-eyes", _("nobody releases their own model."))
    if actor.belongs_to(facts.organisation_id):
        return deny("four-eyes", _("nobody releases a model of their own organisation."))
    if actor.has(Role.TRUST_REVIEWER):
        return allow("reviewer-releases", _("you are a trust reviewer."))
    return deny("reviewer-releases", _("only a trust reviewer releases a model."))


RULES: dict[Action, tuple[type, Callable[[Actor, Any], Decision]]] = {
    Action.MODEL_VIEW: (ModelFacts, see_model),
    Action.MODEL_REGISTER: (ModelFacts, register_model),
    Action.MODEL_EVALUATE: (ModelFacts, evaluate_model),
    Action.MODEL_RELEASE: (ModelFacts, release_model),
}
