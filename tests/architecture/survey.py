"""Everybody knocks at every door: the answers, and the table that is made from them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from tests.architecture.bodies import Bodies, words_of
from tests.architecture.doors import Door, doors
from tests.architecture.forms import Form, Page
from tests.architecture.knocking import Answer, House
from tests.architecture.world import World

LEAD = """# Permissions

Made by `tests/architecture/test_permissions.py` from the code, by asking; do not edit. Write it anew with
`python tools/permissions.py`. A change here is a change of who may do what.

Each row is one method of one address with the action that it declares, asked by everybody of the cast on the rows of
one company (founder and engineer are its own people, the rival is another company's, the visitor has no account).

| word | meaning |
|---|---|
| ok | shown, or done |
| form | let through: the form came back with what is missing in it |
| unusable | let through: what was sent cannot be used |
| clash, gone | let through: it does not fit the present state, or its time is over |
| moves | leads on to another page, which decides |
| refused | seen, but not allowed |
| absent | hidden, and as if it did not exist |
| sign-in | asked to sign in or to prove who asks |
"""
SIGN_IN = """## The pages of the sign-in package

They know nothing of roles: founder stands for everybody who is signed in.
"""
ANYBODY = ("visitor", "founder")
# A form stands on the page of its own address, or on one of the pages above it.
PAGES_BEFORE = 4


@dataclass
class Survey:
    """All doors with everybody's answer. Doors that nobody can open by their method are left out."""

    house: House
    doors: list[Door] = field(default_factory=list)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    bodies: dict[str, tuple[Any, str]] = field(default_factory=dict)
    shown: dict[tuple[str, str], Answer] = field(default_factory=dict)

    @classmethod
    def of(cls, world: World, folder: Path) -> Survey:
        made = cls(House(world))
        forms, bodies = FormsShown(made, words_of(world)), Bodies(world, folder)
        for door in doors(world):
            body: tuple[Any, str] = ("", "")
            if door.method != "GET":
                body = bodies.of(door) if door.is_api else (forms.body_for(door), "")
            made._ask(door, body)
        return made

    def _ask(self, door: Door, body: tuple[Any, str]) -> None:
        asked: dict[str, Answer] = {}
        for member in self.members_for(door):
            asked[member] = self.get(member, door.address()) if door.method == "GET" else self._send(member, door, body)
            if asked[member].word == "no-method":
                return
        self.doors.append(door)
        self.bodies[door.title] = body
        self.answers |= {(door.title, member): answer for member, answer in asked.items()}

    def _send(self, member: str, door: Door, body: tuple[Any, str]) -> Answer:
        return self.house.knock(member, door.method, door.address(), *body)

    def get(self, member: str, address: str) -> Answer:
        """Return what a member is shown at an address; nothing stays changed, so each is asked for once."""
        if (member, address) not in self.shown:
            self.shown[member, address] = self.house.knock(member, "GET", address)
        return self.shown[member, address]

    def members_for(self, door: Door) -> tuple[str, ...]:
        """Return who is asked: the pages of the sign-in package only tell visitors and persons apart."""
        return ANYBODY if door.is_sign_in else self.house.members

    def of_door(self, door: Door) -> Mapping[str, Answer]:
        return {member: self.answers[door.title, member] for member in self.members_for(door)}

    def again(self, door: Door, member: str, **instead: Any) -> Answer:
        """Ask as before, with other values for some gaps."""
        return self.house.knock(member, door.method, door.address(**instead), *self.bodies[door.title])

    def page(self) -> str:
        """Return the page of the reference."""
        sign_in = [door for door in self.doors if door.is_sign_in]
        pages = [door for door in self.doors if not door.is_api and not door.is_sign_in]
        operations = [door for door in self.doors if door.is_api]
        parts = (LEAD, "## The portal\n", self._table(pages), "## The API\n", self._table(operations))
        return "\n".join((*parts, SIGN_IN, self._table(sign_in)))

    def _table(self, listed: Sequence[Door]) -> str:
        members = self.members_for(listed[0])
        lines = [f"| door | {' | '.join(members)} |", "|---" * (len(members) + 1) + "|"]
        for door in sorted(listed, key=lambda one: (one.pattern, one.method)):
            action = door.action.value if door.action else "none"
            words = (self.answers[door.title, member].word for member in members)
            lines.append(f"| `{_in_table(door.title)}` ({action}) | {' | '.join(words)} |")
        return "\n".join(lines) + "\n"


def _in_table(text: str) -> str:
    return text.replace("|", "\\|")


class FormsShown:
    """Finds the form that leads to an address on the pages before it, whoever is shown it."""

    def __init__(self, survey: Survey, words: Mapping[str, Any]) -> None:
        self.survey, self.words = survey, words

    def body_for(self, door: Door) -> dict[str, list[str]]:
        """Return a filled form; where no page has one, only the key that every form of the house carries."""
        found = next(self._leading_to(door), None)
        return {"form_key": [str(uuid.uuid4())]} if found is None else found.filled(self.words)

    def _leading_to(self, door: Door) -> Iterator[Form]:
        address = door.address()
        before = [f"{parent}/".replace("//", "/") for parent in PurePosixPath(address).parents]
        for page in [address] if door.is_sign_in else [address, *before][:PAGES_BEFORE]:
            for member in self.survey.members_for(door):
                answer = self.survey.get(member, page)
                if answer.is_html and answer.status == 200:
                    forms = Page(answer.body.decode(), page).forms
                    yield from (form for form in forms if form.method == "POST" and _goes_to(form, address))


def _goes_to(form: Form, address: str) -> bool:
    return urlsplit(form.action).path == address
