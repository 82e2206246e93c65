"""Jobs on pages: starting a training, the log as it grows, what failed and what to change, stopping, lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from minett.apps.grants.models import Grant
from minett.apps.jobs import services
from minett.apps.jobs.models import Allocation, Job, UsageRecord
from minett.kernel.clock import SystemClock
from minett.kernel.quantities import Quantity
from minett.planes.compute.port import Failure
from minett.web.once import new_key
from minett.web.templatetags.compute import fine
from minett.web.views import job_parts
from tests.apps.grants.world import Outbox, equipped
from tests.apps.jobs.compute_world import MODEL, RUNNER
from tests.apps.registry.stage import Stage, set_stage
from tests.cast import Cast
from tests.web.case_world import send, signed_in
from tests.web.stock import few_queries, words

NOW = SystemClock().now()
LOG = "Read 40 rows\n<script>alert(1)</script>\n"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return set_stage(cast, NOW)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox()
    with equipped(tmp_path, box):
        yield box


@pytest.fixture
def running(cast: Cast, stage: Stage, tmp_path: Path, outbox: Outbox) -> Job:
    (tmp_path / "log.txt").write_text(LOG)
    handle = {"key": "job-one", "attempt": 1, "place": str(tmp_path), "started_at": NOW.isoformat()}
    began = SystemClock().now() - timedelta(seconds=36)
    return stage.job(cast, NOW, state="running", started_at=began, ended_at=None, measured={"handle": handle})


def wish(stage: Stage, **changed: Any) -> dict[str, Any]:
    known = {"grant": stage.grant.pk, "allocation": stage.allocation.pk, "target": "label", "subgroup": "site"}
    return {**known, **changed}


def test_a_training_is_handed_in_once(cast: Cast, stage: Stage, outbox: Outbox):
    client = signed_in(cast.engineer)
    url = f"/cases/{stage.case.pk}/train/"
    with few_queries():
        page = words(client.get(url))
    for said in ("about 800 rows of 3 columns", "20 % of the rows are held out", "no network", "2,048 MB"):
        assert said in page
    key = new_key()
    first, again = send(client, url, key, **wish(stage)), send(client, url, key, **wish(stage))
    job = Job.objects.get()
    assert (first.status_code, first.url, again.url) == (302, f"/jobs/{job.pk}/", f"/jobs/{job.pk}/")
    assert (job.spec["params"]["target"], job.spec["subgroups"]) == ("label", ["site"])
    assert outbox.sent == [("run_job", {"job_id": job.pk})]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"target": ""}, "This field is required"),
        ({"target": "owner_mail"}, "is not one of the available choices"),
        ({"subgroup": "label"}, "must be different"),
        ({"grant": "999"}, "is not one of the available choices"),
        ({"allocation": "x"}, "is not one of the available choices"),
    ],
)
def test_a_wrong_wish_is_shown_again(cast: Cast, stage: Stage, outbox: Outbox, changed: dict[str, str], said: str):
    answer = send(signed_in(cast.engineer), f"/cases/{stage.case.pk}/train/", **wish(stage, **changed))
    assert answer.status_code == 422
    assert said in words(answer)
    assert not Job.objects.exists()
    assert not outbox.sent


def test_what_is_missing_is_said_first(cast: Cast, stage: Stage):
    client, url = signed_in(cast.founder), f"/cases/{stage.case.pk}/train/"
    Allocation.objects.filter(pk=stage.allocation.pk).update(until_at=NOW - timedelta(hours=1))
    assert "First the compute" in words(client.get(url))
    Grant.objects.filter(pk=stage.grant.pk).update(until_at=NOW - timedelta(hours=1))
    assert "First the data" in words(client.get(url))


def test_only_the_company_trains(cast: Cast, stage: Stage, outbox: Outbox):
    url = f"/cases/{stage.case.pk}/train/"
    for person, status in ((cast.adviser, 403), (cast.auditor, 403), (cast.rival, 404), (cast.officer, 404)):
        assert signed_in(person).get(url).status_code == status
        assert send(signed_in(person), url, **wish(stage)).status_code == status
    assert not Job.objects.exists()


def test_a_running_job_shows_state_log_and_cost(cast: Cast, running: Job):
    client = signed_in(cast.engineer)
    with few_queries():
        page = words(client.get(f"/jobs/{running.pk}/"))
    assert "Read 40 rows" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert f'hx-get="/jobs/{running.pk}/log/?offset={len(LOG)}"' in page
    assert "0.01" in page
    assert "10\u00a0node-hours" in page


def test_the_log_comes_in_pieces_until_the_job_has_ended(cast: Cast, running: Job, tmp_path: Path):
    client, url = signed_in(cast.engineer), f"/jobs/{running.pk}/log/"
    with (tmp_path / "log.txt").open("a") as file:
        file.write("fold 2 <b>\n")
    with few_queries():
        piece = words(client.get(f"{url}?offset={len(LOG)}", headers=HTMX))
    assert "fold 2 &lt;b&gt;" in piece
    assert "Read 40" not in piece
    assert f"offset={len(LOG) + 11}" in piece
    assert "hx-swap-oob" in piece
    for wrong in ("-3", "x", "9" * 30, "²"):
        assert "Read 40 rows" in words(client.get(url, {"offset": wrong}, headers=HTMX))
    assert client.get(url).headers["Location"] == f"/jobs/{running.pk}/"
    Job.objects.filter(pk=running.pk).update(state="succeeded", ended_at=NOW)
    ended = client.get(url, headers=HTMX)
    assert ended.headers["HX-Refresh"] == "true"
    assert "hx-get" not in words(client.get(f"/jobs/{running.pk}/"))


def test_a_long_log_is_read_part_by_part_without_script(cast: Cast, running: Job, tmp_path: Path):
    (tmp_path / "log.txt").write_text("a" * 70_000 + "the end")
    Job.objects.filter(pk=running.pk).update(state="failed", failure="job", ended_at=NOW)
    client = signed_in(cast.engineer)
    page = words(client.get(f"/jobs/{running.pk}/"))
    assert "the end" not in page
    assert "?offset=65536#log" in page
    assert "the end" in words(client.get(f"/jobs/{running.pk}/?offset=65536"))


def test_the_log_is_for_the_company_alone(cast: Cast, running: Job):
    for person in (cast.officer, cast.manager, cast.auditor):
        page = words(signed_in(person).get(f"/jobs/{running.pk}/"))
        assert "Read 40" not in page
        assert "hx-get" not in page
        assert signed_in(person).get(f"/jobs/{running.pk}/log/", headers=HTMX).status_code == 403
    for person in (cast.rival, cast.adviser, cast.steward):
        assert signed_in(person).get(f"/jobs/{running.pk}/").status_code == 404
        assert signed_in(person).get(f"/jobs/{running.pk}/log/", headers=HTMX).status_code == 404


def test_stopping_a_job(cast: Cast, running: Job):
    url = f"/jobs/{running.pk}/cancel/"
    for person in (cast.rival, cast.officer, cast.auditor):
        assert send(signed_in(person), url).status_code in {403, 404}
    client, key = signed_in(cast.founder), new_key()
    assert f'action="{url}"' in words(client.get(f"/jobs/{running.pk}/"))
    assert send(client, url, key).url == send(client, url, key).url == f"/jobs/{running.pk}/"
    running.refresh_from_db()
    assert running.state == "cancelled"
    assert send(client, url).status_code == 409
    assert send(client, f"/jobs/{running.pk}/start/").status_code == 404
    assert f'action="{url}"' not in words(client.get(f"/jobs/{running.pk}/"))


def test_a_job_that_succeeded_shows_what_it_used_and_left(cast: Cast, stage: Stage):
    measured: dict[str, Any] = {"wall_seconds": 250.0, "cpu_seconds": 40.0, "cpu_share": 0.16, "max_rss_mb": 300.0}
    measured |= {"used": "0.069445 node-hour", "refused_outputs": [["link", "It could not be read."]]}
    outputs = [{"name": "model.skops", "sha256": "a" * 64, "bytes": 2048}]
    job = stage.job(cast, NOW, measured=measured, outputs=outputs)
    UsageRecord.objects.create(
        allocation=stage.allocation, job=job, amount=Decimal("0.069445"), unit="node-hour", recorded_at=NOW
    )
    client = signed_in(cast.engineer)
    with few_queries():
        page = words(client.get(f"/jobs/{job.pk}/"))
    for said in ("0.0694\u00a0node-hours", "9.93\u00a0node-hours", "a" * 64, "2.0\u00a0KB", "It could not be read."):
        assert said in page
    assert "Running time came to 83 % of the limit" in page
    assert "The processor was busy for 16 % of the time" in page
    assert "pays for about 142 more runs" in page


def test_a_refusal_says_why_and_what_helps(cast: Cast, stage: Stage):
    job = stage.job(cast, NOW, state="queued", started_at=None, ended_at=None, measured={})
    services.refuse(RUNNER, now=NOW, job_id=job.pk, reason="No namespaces.", remedy="Allow them.")
    page = words(signed_in(cast.engineer).get(f"/jobs/{job.pk}/"))
    assert "Why it was refused" in page
    assert "No namespaces. Allow them." in page
    assert f"/cases/{stage.case.pk}/train/" in page


@pytest.mark.parametrize("failure", [*(one for one in Failure if one in job_parts.AFTER_FAILURE), services.LOST])
def test_every_failure_says_what_to_do(cast: Cast, stage: Stage, failure: str):
    job = stage.job(cast, NOW, state="failed", failure=failure, explanation="It failed.", measured={})
    page = words(signed_in(cast.engineer).get(f"/jobs/{job.pk}/"))
    assert "What to change next time" in page
    assert "%(" not in page


def test_the_list_shows_what_may_be_opened(cast: Cast, running: Job):
    for name, person in cast.people().items():
        client = signed_in(person)
        listed = f'href="/jobs/{running.pk}/"' in words(client.get("/jobs/"))
        assert listed == (client.get(f"/jobs/{running.pk}/").status_code == 200), name
        assert listed == (name in {"founder", "engineer", "officer", "manager", "auditor"}), name


def test_long_lists_take_no_more_queries_and_come_as_files(cast: Cast, stage: Stage):
    for number in range(70):
        stage.job(cast, NOW, key=f"job-{number}", measured={})
    client = signed_in(cast.engineer)
    with few_queries():
        page = words(client.get("/jobs/?state=succeeded&kind=training"))
    assert page.count('data-label="Job"') == 50
    assert words(client.get("/jobs/?format=csv")).count("training") == 70
    assert 'data-label="Job"' not in words(client.get("/jobs/?state=failed"))
    assert "No job here" in words(client.get("/jobs/?state=failed"))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0.003598", "0.0036"), ("0", "0"), ("1.99149", "1.99"), ("0.99999", "1"), ("12345", "12,345")],
)
def test_small_amounts_keep_three_digits(amount: str, shown: str):
    assert fine(Quantity.of(amount, "GPU-hour")).split("\u00a0")[0] == shown


def test_outputs_of_the_run_are_what_was_collected(cast: Cast, stage: Stage):
    assert [
        pair[0] for pair in job_parts.refused_of(Job(measured={"refused_outputs": [list(p) for p in MODEL.refused]}))
    ] == ["link"]
