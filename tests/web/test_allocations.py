"""Compute on pages: asking, deciding, amounts kept apart, lists; who may and who may not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from minett.apps.cases.models import Case
from minett.apps.catalogue.models import EntryVersion
from minett.apps.jobs import services
from minett.apps.jobs.models import Allocation
from minett.kernel.clock import SystemClock
from minett.planes.compute.port import Outputs
from minett.web.once import new_key
from tests.apps.jobs import compute_world as world
from tests.cast import Cast
from tests.web.case_world import send, signed_in
from tests.web.stock import few_queries, load_catalogue, words

NOW = SystemClock().now()
WISH = {"cluster": "local-sandbox", "amount": "2,5", "justification": "Two trainings."}


@pytest.fixture
def case(cast: Cast) -> Case:
    return world.decided_case(cast.founder, cast.adviser, NOW)


@pytest.fixture
def asked(cast: Cast, case: Case) -> Allocation:
    row = world.requested(cast, NOW, case)
    EntryVersion.objects.filter(pk=row.cluster_id).update(content={"title": {"en": "MeluXina", "fr": "MeluXina"}})
    return row


def test_asking_explains_the_units_and_is_done_once(cast: Cast, case: Case):
    load_catalogue()
    client = signed_in(cast.engineer)
    with few_queries():
        page = words(client.get(f"/cases/{case.pk}/allocation/"))
    assert "one node-hour is 4 GPU-hours" in page
    assert "MeluXina, counted in node-hours, 4 GPUs in each node" in page
    assert 'value="meluxina-ai"' not in page
    key = new_key()
    first = send(client, f"/cases/{case.pk}/allocation/", key, **WISH)
    again = send(client, f"/cases/{case.pk}/allocation/", key, **WISH)
    row = Allocation.objects.get()
    assert (first.status_code, first.url, again.url) == (302, f"/allocations/{row.pk}/", f"/allocations/{row.pk}/")
    assert (row.requested, row.unit) == (Decimal("2.5"), "node-hour")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"amount": "much"}, "“much” is not a number"),
        ({"amount": "1,250"}, "“1,250” can be read in two ways"),
        ({"amount": "0"}, "must be more than zero"),
        ({"amount": "0,00001"}, "up to four decimals"),
        ({"amount": ""}, "This field is required"),
        ({"justification": "  "}, "This field is required"),
        ({"cluster": "meluxina-ai"}, "is not one of the available choices"),
    ],
)
def test_a_wrong_wish_is_shown_again_with_what_was_typed(cast: Cast, case: Case, changed: dict[str, str], said: str):
    load_catalogue()
    answer = send(signed_in(cast.founder), f"/cases/{case.pk}/allocation/", **{**WISH, **changed})
    page = words(answer)
    assert answer.status_code == 422
    assert said in page
    if "justification" not in changed:
        assert "Two trainings." in page
    assert not Allocation.objects.exists()


def test_only_the_company_asks(cast: Cast, case: Case):
    url = f"/cases/{case.pk}/allocation/"
    for person, status in ((cast.adviser, 403), (cast.rival, 404), (cast.officer, 404), (cast.founder, 200)):
        assert signed_in(person).get(url).status_code == status
    assert send(signed_in(cast.rival), url, **WISH).status_code == 404


def test_the_officer_decides_and_amounts_stay_apart(cast: Cast, asked: Allocation):
    url = f"/allocations/{asked.pk}/"
    officer = signed_in(cast.officer)
    assert "Your decision" in words(officer.get(url))
    assert "Your decision" not in words(signed_in(cast.founder).get(url))
    given = {"amount": "1.5", "days": "20", "reason": "It fits."}
    key = new_key()
    assert send(officer, f"{url}award/", key, **given).url == url
    assert send(officer, f"{url}award/", key, **given).url == url
    now = SystemClock().now()
    job = world.started(now, world.submitted(cast, now, Allocation.objects.get(pk=asked.pk)))
    services.finish(world.RUNNER, now=now, job_id=job.pk, seen=world.HALF_HOUR, outputs=Outputs(()))
    client = signed_in(cast.engineer)
    with few_queries():
        page = words(client.get(url))
    for amount in ("2\u00a0node-hours", "1.5\u00a0node-hours", "0.5\u00a0node-hours", "1\u00a0node-hour<"):
        assert amount in page
    assert f"/jobs/{job.pk}/" in page
    assert "Your decision" not in words(officer.get(url))


def test_a_small_use_does_not_read_as_none(cast: Cast, asked: Allocation):
    services.award(cast.officer.actor, now=NOW, allocation_id=asked.pk, amount=Decimal(2), days=3, reason="It fits.")
    job = world.started(NOW, world.submitted(cast, NOW, Allocation.objects.get(pk=asked.pk)))
    services.finish(world.RUNNER, now=NOW, job_id=job.pk, seen=world.OUT_OF_MEMORY, outputs=Outputs(()))
    assert "0.01\u00a0node-hours" in words(signed_in(cast.founder).get(f"/allocations/{asked.pk}/"))


def test_rejecting_needs_a_reason_and_nothing_else(cast: Cast, asked: Allocation):
    officer = signed_in(cast.officer)
    url = f"/allocations/{asked.pk}/reject/"
    assert send(officer, url, amount="", days="", reason=" ").status_code == 422
    assert send(officer, url, amount="", days="", reason="Too much for a test.").status_code == 302
    assert "Too much for a test." in words(signed_in(cast.founder).get(f"/allocations/{asked.pk}/"))
    late = send(officer, url, reason="Again.")
    assert late.status_code == 409
    assert "this cannot be done" in words(late)


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [({"days": "0"}, 422, "from one day"), ({"days": ""}, 422, "This field is required"), ({"days": "x"}, 422, "x")],
)
def test_a_wrong_award_is_shown_again(cast: Cast, asked: Allocation, changed: dict[str, str], status: int, said: str):
    given = {"amount": "1", "days": "20", "reason": "It fits.", **changed}
    answer = send(signed_in(cast.officer), f"/allocations/{asked.pk}/award/", **given)
    assert answer.status_code == status
    assert said in words(answer)
    assert "It fits." in words(answer)
    asked.refresh_from_db()
    assert asked.state == "requested"


def test_others_decide_nothing(cast: Cast, asked: Allocation):
    given = {"amount": "1", "days": "20", "reason": "It fits."}
    for name, person in cast.people().items():
        if name != "officer":
            assert send(signed_in(person), f"/allocations/{asked.pk}/award/", **given).status_code in {403, 404}, name
    assert send(signed_in(cast.officer), f"/allocations/{asked.pk}/sell/", **given).status_code == 404
    assert signed_in(cast.officer).get(f"/allocations/{asked.pk}/award/").status_code == 405


def test_the_list_shows_what_may_be_opened(cast: Cast, asked: Allocation):
    link = f'href="/allocations/{asked.pk}/"'
    for name, person in cast.people().items():
        client = signed_in(person)
        listed = link in words(client.get("/allocations/"))
        assert listed == (client.get(f"/allocations/{asked.pk}/").status_code == 200), name
        assert listed == (name in {"founder", "engineer", "officer", "manager", "auditor"}), name
    assert send(Client(), f"/allocations/{asked.pk}/reject/", reason="No.").url.startswith("/accounts/login/")


def test_long_lists_take_no_more_queries_and_come_as_files(cast: Cast, case: Case):
    for _number in range(70):
        world.requested(cast, NOW, case)
    client = signed_in(cast.officer)
    with few_queries():
        page = words(client.get("/allocations/?state=requested"))
    assert page.count('data-label="Allocation"') == 50
    assert "cursor=" in page
    table = words(client.get("/allocations/?format=csv&state=requested"))
    assert table.count("meluxina") == 70
    assert client.get("/allocations/?format=json&state=awarded").streaming
    assert words(client.get("/allocations/?state=nonsense")).count('data-label="Allocation"') == 50
