"""The ledger finds every changed, removed, added and reordered row, and names it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minett.apps.ledger import chain, queries, services
from minett.apps.ledger.models import Entry, Head
from minett.kernel.actor import VISITOR, robot
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from minett.policy.decision import allow
from tests.cast import FOUNDED, Cast

BOT = robot("test")
COLUMNS = (*chain.COLUMNS, "hash")


def write(count: int, now: datetime = FOUNDED) -> None:
    for number in range(count):
        services.record(
            BOT,
            now=now,
            action=Action.NEED_WRITE,
            noun="need",
            noun_id=number,
            decision=allow("public", "this is public."),
            before=None,
            after={"ä": number, "text": "line\nbreak \u2028 end"},
            case_id=number if number % 2 else None,
        )


def findings() -> list[tuple[int, str]]:
    return [(finding.number, finding.what) for finding in queries.verify(BOT).findings]


@pytest.mark.django_db
def test_an_untouched_chain_holds():
    write(5)

    result = queries.verify(BOT)

    assert result.holds
    assert result.rows == 5


@pytest.mark.django_db
def test_only_readers_of_the_ledger_may_verify(cast: Cast):
    queries.verify(cast.auditor.actor)
    for actor in (cast.founder.actor, cast.adviser.actor, VISITOR):
        with pytest.raises(NotAllowed):
            queries.verify(actor)
        assert not queries.visible(actor).exists()


def _raw(number: int, column: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM ledger_entry WHERE number = %s", [number])
        return cursor.fetchone()[0]


def _set_raw(number: int, column: str, value: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE ledger_entry SET {column} = %s WHERE number = %s", [value, number])


@pytest.mark.django_db(transaction=False)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=st.integers(1, 6), column=st.sampled_from(COLUMNS), data=st.data())
def test_any_single_byte_change_names_its_row(row: int, column: str, data: st.DataObject):
    with transaction.atomic():
        Entry.objects.all().delete()
        Head.objects.filter(id=1).update(number=0, hash="", signature="")
        write(6)
        old = _raw(row, column)
        if isinstance(old, int):
            new: Any = old ^ (1 << data.draw(st.integers(0, 7)))
            if column == "number":
                new = old + 100
        elif old is None:
            new = data.draw(st.integers(0, 255))
        else:
            at = data.draw(st.integers(0, max(0, len(old) - 1)))
            letter = data.draw(st.characters(min_codepoint=9, max_codepoint=126, exclude_characters=old[at : at + 1]))
            new = old[:at] + letter + old[at + 1 :]
        _set_raw(row, column, new)

        named = {number for number, _ in findings()}

        assert row in named or (column == "number" and new in named), (column, old, new, named)


@pytest.mark.django_db
@pytest.mark.parametrize("row", [1, 3, 6])
def test_a_removed_row_is_named(row: int):
    write(6)

    Entry.objects.filter(number=row).delete()

    assert (row, "missing") in findings()


@pytest.mark.django_db
def test_two_rows_that_changed_places_are_named():
    write(6)
    a, b = Entry.objects.get(number=3), Entry.objects.get(number=4)

    Entry.objects.filter(number=3).update(after_text=b.after_text, noun_id=b.noun_id, hash="x" * 64)
    Entry.objects.filter(number=4).update(after_text=a.after_text, noun_id=a.noun_id)

    assert {3, 4} <= {number for number, _ in findings()}


@pytest.mark.django_db
def test_a_row_rewritten_with_a_fitting_hash_is_named_by_its_successor():
    write(6)
    entry = Entry.objects.get(number=3)
    entry.reason = "never said"
    Entry.objects.filter(number=3).update(reason=entry.reason, hash=chain.hash_of(entry))

    assert (3, "replaced") in findings()


@pytest.mark.django_db
def test_a_whole_rewritten_chain_needs_the_signing_key():
    write(4)
    previous = chain.GENESIS
    for entry in Entry.objects.order_by("number"):
        entry.actor_name, entry.previous_hash = "Somebody else", previous
        previous = chain.hash_of(entry)
        Entry.objects.filter(number=entry.number).update(
            actor_name=entry.actor_name, previous_hash=entry.previous_hash, hash=previous
        )
    Head.objects.filter(id=1).update(hash=previous)

    assert (4, "head-forged") in findings()


@pytest.mark.django_db
def test_rows_added_behind_the_signed_end_are_named():
    write(3)
    entry = Entry.objects.get(number=3)
    entry.previous_hash, entry.number = entry.hash, 4
    entry.hash = chain.hash_of(entry)
    entry.save(force_insert=True)

    assert findings() == [(4, "added")]


@pytest.mark.django_db(transaction=True)
def test_a_row_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        write(1)


@pytest.mark.django_db
def test_a_key_sent_twice_is_done_once_and_refused_for_other_content(now: datetime):
    first = services.claim(BOT, now=now, key="k", operation="need", content="a")
    services.settle(BOT, key="k", status=201, answer={"id": 1})

    again = services.claim(BOT, now=now, key="k", operation="need", content="a")

    assert first is None
    assert again is not None
    assert (again.status, again.answer) == (201, {"id": 1})
    with pytest.raises(services.KeyUsedForSomethingElse):
        services.claim(BOT, now=now, key="k", operation="need", content="b")
    assert services.claim(VISITOR, now=now, key="k", operation="need", content="b") is None


@pytest.mark.django_db
def test_a_chain_without_its_end_is_told_and_written_no_further():
    write(3)
    Head.objects.all().delete()

    assert findings() == [(3, "head-missing")]
    with pytest.raises(services.ChainWithoutEnd):
        write(1)
