"""Taking a case for a company: an adviser lets the person in who asked, and never themselves."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from datetime import datetime
from pathlib import Path

import pytest

from minett.apps.cases import access
from minett.apps.people import queries as people
from minett.journeys import register_company
from minett.journeys.register_company import NewCompany
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from tests.cast import Cast
from tests.journeys.lock_order import nothing_after_the_ledger
from tests.web.case_world import opened


def test_an_adviser_does_not_become_a_company_by_a_need_of_their_own(cast: Cast, now: datetime):
    case = opened(now, mail=cast.adviser.user.email)

    with pytest.raises(NotAllowed):
        register_company.take_for_company(
            cast.adviser.actor, now=now, case_id=case.pk, organisation_id=cast.company.pk, contact_name="Me"
        )

    assert not people.actor_of(cast.adviser.user).belongs_to(cast.company.pk)
    assert access.obtain(cast.adviser.actor, Action.CASE_VIEW, case.pk).state == "new"


def test_the_person_who_asked_decides_for_the_company(cast: Cast, now: datetime):
    case = opened(now, mail="lea@ferrum.example")

    register_company.take_for_company(
        cast.adviser.actor, now=now, case_id=case.pk, organisation_id=cast.company.pk, contact_name="Léa"
    )

    known = people.person_by_mail("lea@ferrum.example")
    assert known is not None
    assert people.actor_of(known).belongs_to(cast.company.pk)


def test_whoever_writes_into_the_case_meanwhile_waits_and_is_not_waited_for(
    cast: Cast, now: datetime, locks: list[str]
):
    case = opened(now)
    locks.clear()

    register_company.take_for_company(cast.adviser.actor, now=now, case_id=case.pk, new=NewCompany("Neu S.A.", "LU"))

    assert nothing_after_the_ledger(locks)


TAKE_AND_WRITE = textwrap.dedent(
    """
    import django; django.setup()
    import threading
    from django.core.management import call_command
    from django.db import connection
    from minett.apps.cases import services as cases
    from minett.apps.ledger import services as ledger
    from minett.journeys import register_company
    from tests.cast import FOUNDED, make_cast
    from tests.web.case_world import opened

    call_command("migrate", verbosity=0)
    cast, ended = make_cast(), {}
    case = opened(FOUNDED)
    head_is_held, case_is_held = threading.Event(), threading.Event()
    record, locked = ledger.record, cases._locked

    def slow_record(*args, **facts):
        entry = record(*args, **facts)
        if threading.current_thread().name == "take":
            head_is_held.set()
            case_is_held.wait(2)
        return entry

    def told_lock(*args):
        held = locked(*args)
        if threading.current_thread().name == "write":
            case_is_held.set()
        return held

    ledger.record, cases._locked = slow_record, told_lock

    def take():
        new = register_company.NewCompany("Neu S.A.", "LU")
        register_company.take_for_company(cast.adviser.actor, now=FOUNDED, case_id=case.pk, new=new)

    def write():
        head_is_held.wait(10)
        cases.write_message(cast.manager.actor, now=FOUNDED, case_id=case.pk, body="Who takes this?")

    def run(work):
        try:
            work()
            ended[work.__name__] = "done"
        except Exception as error:
            ended[work.__name__] = type(error).__name__
        connection.close()

    both = [threading.Thread(target=run, args=(work,), name=work.__name__) for work in (take, write)]
    [one.start() for one in both]
    [one.join() for one in both]
    print(sorted(ended.items()))
    """
)


@pytest.mark.postgres
def test_a_case_is_taken_while_somebody_writes_into_it_on_postgresql(tmp_path: Path, postgres_url: str):
    known = {**os.environ, "MINETT_VAR": str(tmp_path), "DATABASE_URL": postgres_url}
    known["DJANGO_SETTINGS_MODULE"] = "minett.project.settings"

    done = subprocess.run(
        [sys.executable, "-c", TAKE_AND_WRITE], env=known, check=False, capture_output=True, text=True, timeout=120
    )

    assert done.stdout.strip() == "[('take', 'done'), ('write', 'done')]", done.stderr[-2000:]
