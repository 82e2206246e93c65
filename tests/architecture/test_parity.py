"""Being in the list equals being opened: for every noun, every row of the world and everybody of the cast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from minett.kernel.actor import Actor, robot
from tests.architecture.nouns import NOUNS
from tests.architecture.world import World, snapshot_rows

pytestmark = pytest.mark.django_db

# Tokens narrow what a person may do: nothing, one scope, several, all.
SCOPES: tuple[tuple[str, ...], ...] = ((), ("data:*",), ("case:*",), ("compute:job:view", "ledger:*"), ("*",))

# One of each kind of rule: a company's own, an engaged partner, staff who see some things, a reader of everything.
WITH_TOKENS = frozenset({"founder", "partner", "steward", "adviser", "auditor"})
# Rows of the pack are many and alike.
MOST_ROWS = 40


def everybody(world: World) -> Iterator[tuple[str, Actor]]:
    """Yield the cast, some of it with narrower tokens, and a robot."""
    yield "robot", robot("somebody")
    for name, actor in world.cast.actors().items():
        yield name, actor
        if name in WITH_TOKENS:
            for scopes in SCOPES:
                yield f"{name} with a token for {scopes}", replace(actor, scopes=frozenset(scopes))


@pytest.mark.parametrize("noun", NOUNS)
def test_what_is_listed_is_what_can_be_opened(world: World, noun: str) -> None:
    told, moment = NOUNS[noun], world.now + timedelta(minutes=1)
    rows = list(told.all())[-MOST_ROWS:]
    assert rows, f"the world has no {noun}"
    broken, answers = [], set()
    for name, actor in everybody(world):
        listed = set(told.shown(actor).values_list("pk", flat=True))
        for row in rows:
            opened = told.may_be_opened(actor, row, moment)
            answers.add(opened)
            if (row.pk in listed) != opened:
                broken.append(f"{noun} {row.pk}: {name} is {'' if opened else 'not '}let in, but the list differs")
    assert not broken, "\n".join(broken[:40])
    assert True in answers, f"nobody may open any {noun}: the world or the rule is wrong"


def test_the_company_and_the_rival_see_nothing_of_each_other(world: World) -> None:
    founder, rival = world.cast.founder.actor, world.cast.rival.actor
    for noun in ("case", "request", "grant", "allocation", "job"):
        ours = set(NOUNS[noun].shown(founder).values_list("pk", flat=True))
        theirs = set(NOUNS[noun].shown(rival).values_list("pk", flat=True))
        assert ours, noun
        assert theirs, noun
        assert not ours & theirs, noun


def test_the_world_is_real(world: World) -> None:
    assert snapshot_rows(world) == world.built.grant.snapshot.rows > 0  # type: ignore[union-attr]
    assert world.version.state == "reported"
    assert (world.new.state, world.taken.state, world.planned.state) == ("new", "taken", "planned")
    assert (world.documented.state, world.built.case.state, world.measured.state) == (
        "documented",
        "building",
        "measured",
    )
