"""What a training needs to be submitted, and who may read its log."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet

from minett.apps.cases.models import Case
from minett.apps.grants.models import Grant
from minett.apps.jobs import services
from minett.apps.jobs.models import Job
from minett.journeys import run_training
from minett.kernel.errors import Absent
from minett.policy.decide import NotAllowed
from tests.apps.jobs import compute_world as world
from tests.journeys.lock_order import nothing_after_the_ledger
from tests.journeys.training_stage import Stage

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"target": "owner_mail"}, run_training.ColumnNotGranted),
        ({"subgroup": "nothing"}, run_training.ColumnNotGranted),
        ({"target": ""}, run_training.ColumnNotGranted),
        ({"subgroup": "is_phishing"}, run_training.SameColumnTwice),
        ({"seed": -1}, run_training.SeedUnusable),
        ({"grant_id": 10_000}, Absent),
        ({"allocation_id": 10_000}, Absent),
        ({"case_id": 10_000}, Absent),
    ],
)
def test_what_cannot_be_submitted(stage: Stage, changed: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        stage.submit(**changed)
    assert not Job.objects.exists()
    assert not stage.outbox.sent


def test_another_purpose_is_refused(stage: Stage) -> None:
    Grant.objects.filter(pk=stage.grant.pk).update(purpose="evaluation")
    with pytest.raises(run_training.PurposeDoesNotCover):
        stage.submit()


def test_a_grant_and_an_allocation_of_another_case_are_refused(stage: Stage) -> None:
    other = world.decided_case(stage.cast.founder, stage.cast.adviser, stage.clock.now())
    with pytest.raises(services.AllocationForSomethingElse):
        stage.submit(case_id=other.pk)
    with pytest.raises(services.GrantForSomethingElse):
        stage.submit(case_id=other.pk, allocation_id=world.awarded(stage.cast, stage.clock.now(), other).pk)


def test_others_submit_nothing(stage: Stage) -> None:
    facts: dict[str, Any] = {"case_id": stage.case.pk, "grant_id": stage.grant.pk, "allocation_id": stage.allocation.pk}
    for name, actor in stage.cast.actors().items():
        if name in {"founder", "engineer"}:
            continue
        with pytest.raises((Absent, NotAllowed)):
            run_training.submit_training(actor, now=stage.clock.now(), target="is_phishing", **facts)


def test_an_ended_grant_is_refused_when_submitting(stage: Stage) -> None:
    stage.clock.advance(timedelta(days=200))
    with pytest.raises(NotAllowed):
        stage.submit()


def test_the_log_comes_in_pieces_and_only_to_the_company(stage: Stage) -> None:
    job = stage.submit()
    founder = stage.cast.founder.actor
    assert run_training.log_tail(founder, job_id=job.pk) == ("", 0, False)
    stage.carry_out(job)
    text, offset, done = run_training.log_tail(founder, job_id=job.pk)
    assert (text, done) == ("Read 29 rows\n[31mDone é\n", True)
    assert run_training.log_tail(founder, job_id=job.pk, offset=offset) == ("", offset, True)
    with pytest.raises(Absent):
        run_training.log_tail(stage.cast.rival.actor, job_id=job.pk)
    with pytest.raises(NotAllowed):
        run_training.log_tail(stage.cast.auditor.actor, job_id=job.pk)


def test_a_long_log_is_read_in_steps_without_breaking_a_letter(stage: Stage, tmp_path: Path) -> None:
    job = stage.carry_out(stage.submit())
    whole = "a" + "é" * 70_000
    (tmp_path / "log.txt").write_text(whole, encoding="utf-8")
    job.measured["handle"]["place"] = str(tmp_path)
    Job.objects.filter(pk=job.pk).update(measured=job.measured)
    found, offset, done = "", 0, False
    while not done:
        text, offset, done = run_training.log_tail(stage.cast.founder.actor, job_id=job.pk, offset=offset)
        assert len(text.encode()) <= run_training.LOG_CHUNK
        found += text
    assert found == whole


def test_a_submission_waits_for_nobody_once_it_holds_the_end_of_the_ledger(stage: Stage, locks: list[str]) -> None:
    stage.submit()

    assert nothing_after_the_ledger(locks)


def test_two_first_trainings_at_once_both_count(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, moved = QuerySet.select_for_update, list[str]()

    def overtaken(rows: QuerySet[Any], *args: Any, **options: Any) -> QuerySet[Any]:
        """While this submission waits for its first lock, the other one moves the case."""
        if not moved:
            moved.append("building")
            Case.objects.filter(pk=stage.case.pk).update(state="building")
        return lock(rows, *args, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", overtaken)

    assert stage.submit().state == "queued"
    assert moved
