"""Everybody at every door: who gets in is a table in the docs, nobody meets a failure, and hidden looks absent."""

from __future__ import annotations

import itertools
import json
import os
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.architecture.doors import Door, Gap, described
from tests.architecture.knocking import Answer
from tests.architecture.nouns import NOUNS
from tests.architecture.survey import Survey
from tests.architecture.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "permissions.md"
REWRITE = "python tools/permissions.py"
ODD = (0, -1, 2**63, "text", "%00", "é'--", "..%2f..%2fetc", "x" * 300)
# Whoever asks with an odd address gets one of these: it is absent, unusable, or they are sent on.
TAKEN_CALMLY = frozenset({301, 302, 400, 401, 403, 404, 405, 410, 414, 422})


@pytest.fixture(scope="module")
def survey(world: World, tmp_path_factory: pytest.TempPathFactory) -> Survey:
    return Survey.of(world, tmp_path_factory.mktemp("bodies"))


def test_every_door_declares_its_action(survey: Survey) -> None:
    assert not [door.title for door in survey.doors if door.action is None]
    assert not [f"{method} {path}" for method, path, action in described() if not action]


def test_every_operation_of_the_description_is_asked(survey: Survey) -> None:
    told = {(method, path.lstrip("/").replace("{", "<").replace("}", ">")) for method, path, _action in described()}
    assert told <= {(door.method, door.pattern) for door in survey.doors}


def test_nobody_meets_a_failure(survey: Survey) -> None:
    failed = [
        f"{door.title} as {member}: {answer.status} {answer.failure}"
        for door in survey.doors
        for member, answer in survey.of_door(door).items()
        if answer.status >= 500
    ]
    assert not failed, "\n".join(failed)


def test_bodies_are_read(survey: Survey) -> None:
    """A body that no operation can read would hide who may send it."""
    unread = []
    for door in survey.doors:
        codes = {_problem_of(answer) for answer in survey.of_door(door).values() if door.is_api}
        if codes & {"fields-unusable", "body-unreadable", "media-type-not-taken"}:
            unread.append(f"{door.title}: teach tests/architecture/bodies.py what it takes ({codes})")
    assert not unread, "\n".join(unread)


def _problem_of(answer: Answer) -> str:
    if answer.content_type != "application/problem+json":
        return ""
    return str(json.loads(answer.body)["code"])


def test_the_table_is_as_written(survey: Survey) -> None:
    made = survey.page()
    if os.environ.get("MINETT_WRITE_REFERENCE"):
        REFERENCE.parent.mkdir(parents=True, exist_ok=True)
        REFERENCE.write_text(made)
    known = REFERENCE.read_text() if REFERENCE.exists() else ""
    changed = sorted(set(made.splitlines()) ^ set(known.splitlines()))
    assert made == known, f"who may do what has changed; if that is meant: {REWRITE}\n" + "\n".join(changed)


def test_hidden_looks_absent(survey: Survey, world: World) -> None:
    told: dict[str, list[str]] = {}
    for door in survey.doors:
        for name, gap in door.gaps.items():
            for member in _blind(world, gap):
                if difference := _difference(survey, door, name, member):
                    told.setdefault(f"{door.title}: {difference}", []).append(member)
    assert not told, "\n".join(f"{line} ({', '.join(members)})" for line, members in told.items())


def _blind(world: World, gap: Gap) -> list[str]:
    """Return the members who are not shown the object of a gap; none where it names no object."""
    if gap.seen_by:
        return [member for member in world.cast.actors() if member not in gap.seen_by]
    if not gap.noun:
        return []
    shown, key = NOUNS[gap.noun].shown, gap.row.pk if gap.row is not None else gap.value
    return [member for member, actor in world.cast.actors().items() if not shown(actor).filter(pk=key).exists()]


def _difference(survey: Survey, door: Door, name: str, member: str) -> str:
    """Return how an answer about a hidden object differs from one about an object that does not exist."""
    absent = {name: door.gaps[name].absent}
    ours = {other: gap.value for other, gap in door.gaps.items()}
    hidden = survey.answers[door.title, member].without(door.address(), ours)
    missing = survey.again(door, member, **absent).without(door.address(**absent), ours | absent)
    pairs = ((left, right) for left, right in zip_longest(hidden, missing) if left != right)
    return next((f"of a hidden one {left!r:.160}, of none {right!r:.160}" for left, right in pairs), "")


def test_odd_addresses_are_taken_calmly(survey: Survey) -> None:
    wrong = []
    for door in survey.doors:
        member = _let_in(survey, door)
        for name, odd in itertools.product(door.gaps, ODD):
            answer = survey.again(door, member, **{name: odd})
            if answer.status >= 500 or not (door.is_sign_in or answer.status in TAKEN_CALMLY):
                wrong.append(f"{door.title} as {member}, {name}={odd!s:.20}: {answer.status} {answer.failure}")
    assert not wrong, "\n".join(wrong)


def _let_in(survey: Survey, door: Door) -> str:
    """Return somebody whom the door lets in, who gets furthest with an odd address; else the visitor."""
    answers = survey.of_door(door).items()
    return next((member for member, answer in answers if answer.word in {"ok", "form"}), "visitor")
