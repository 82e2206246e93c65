"""Handing out organisations: `visible` lists what `obtain` would open."""

from __future__ import annotations

from minett.apps.people.models import Organisation
from minett.apps.people.queries import visible_organisations as visible
from minett.kernel.actor import Actor
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.rules.house import OrganisationFacts

__all__ = ["obtain", "visible"]


def obtain(actor: Actor, action: Action, organisation_id: int) -> Organisation:
    """Return the organisation, or raise Absent: hidden and missing look the same."""
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None or not decide(actor, action, OrganisationFacts(organisation.pk)):
        raise Absent
    return organisation
