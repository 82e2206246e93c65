"""Who acts. Every service and query takes an Actor first; there is no default and no anonymous None."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from minett.kernel.content import gettext_noop
from minett.kernel.errors import Refused


class Role(StrEnum):
    """What a person does for an organisation. Codes are stored; names for people are made by the pages."""

    COMPANY_ADMIN = "company_admin"
    ENGINEER = "engineer"
    ADVISER = "adviser"
    PARTNER_STAFF = "partner_staff"
    STEWARD = "steward"
    DATA_AUTHORITY = "data_authority"
    ALLOCATION_OFFICER = "allocation_officer"
    TRUST_REVIEWER = "trust_reviewer"
    FACTORY_MANAGER = "factory_manager"
    AUDITOR = "auditor"


COMPANY_ROLES = frozenset({Role.COMPANY_ADMIN, Role.ENGINEER})
STAFF_ROLES = frozenset(Role) - COMPANY_ROLES


class PersonNeeded(Refused):
    code = "person-needed"
    because = gettext_noop("this is done by a person, signed in with an account.")


class ActorKind(StrEnum):
    PERSON = "person"
    ROBOT = "robot"
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a named robot, or a visitor without an account.

    `key` is stable and goes into the ledger (`person:12`, `bot:job-runner`, `visitor`).
    `memberships` are pairs of organisation id and role; a role counts only inside its organisation
    unless it is a staff role, which the factory itself gives.
    `scopes` narrows what the actor may do (an API token's scopes); None means everything the roles allow.
    """

    kind: ActorKind
    key: str
    name: str
    person_id: int | None = None
    memberships: frozenset[tuple[int, Role]] = field(default_factory=frozenset)
    language: str = "en"
    scopes: frozenset[str] | None = None

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(role for _, role in self.memberships)

    @property
    def organisations(self) -> frozenset[int]:
        return frozenset(organisation for organisation, _ in self.memberships)

    @property
    def is_robot(self) -> bool:
        return self.kind is ActorKind.ROBOT

    @property
    def is_visitor(self) -> bool:
        return self.kind is ActorKind.VISITOR

    def must_be_person(self) -> int:
        """Return the person's id; raises PersonNeeded for robots and visitors."""
        if self.person_id is None:
            raise PersonNeeded(rule="person-needed", reason=PersonNeeded.because)
        return self.person_id

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds any of the roles, in whichever organisation."""
        return not self.roles.isdisjoint(roles)

    def has_in(self, organisation_id: int, *roles: Role) -> bool:
        """Whether the actor holds any of the roles in this organisation."""
        return any((organisation_id, role) in self.memberships for role in roles)

    def belongs_to(self, organisation_id: int | None) -> bool:
        return organisation_id is not None and organisation_id in self.organisations


VISITOR = Actor(kind=ActorKind.VISITOR, key="visitor", name="Visitor")


def robot(name: str) -> Actor:
    """Return the named robot; its key in the ledger is `bot:<name>`."""
    return Actor(kind=ActorKind.ROBOT, key=f"bot:{name}", name=f"bot:{name}")
