"""A training is submitted on granted data, carried out by the worker, refused where it must be, and resumed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from minett.apps.jobs import services
from minett.apps.jobs.models import Job, UsageRecord
from minett.journeys import equipment, run_training, staging
from minett.kernel.clock import FixedClock
from minett.planes.compute.adapters.fake import FakeExecutor, Outcome
from minett.planes.compute.adapters.local import LocalExecutor
from minett.planes.compute.port import Failure, Handle, JobState, Readiness
from minett.planes.compute.spec import JobSpec
from minett.planes.data.port import EngineFailed
from minett.policy import permit
from tests.apps.grants import world as data
from tests.apps.jobs import compute_world as world
from tests.cast import Cast
from tests.conftest import missing
from tests.journeys.training_stage import GOES_ON, GOOD, TRAIN, Stage, granted

pytestmark = pytest.mark.django_db


def test_a_training_runs_and_the_model_is_registered_next(stage: Stage) -> None:
    job = stage.submit()
    assert stage.tasks("run_job") == [{"job_id": job.pk}]
    stage.case.refresh_from_db()
    assert stage.case.state == "building"
    ended = stage.carry_out(job)
    assert (ended.state, [file["name"] for file in ended.outputs]) == ("succeeded", ["model.skops", "training.json"])
    assert stage.tasks("register_model") == [{"job_id": job.pk}]
    assert set(ended.measured["inputs"]) == {"train.parquet", "params.json"}
    assert (staging.folder_of(stage.house, job.key) / "out" / "model.skops").read_bytes() == b"a model"
    assert not list(staging.folder_of(stage.house, job.key).glob("*.parquet"))


def test_the_training_never_sees_what_is_held_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def look(spec: JobSpec, key: str, token: str | None, now: datetime) -> Handle:
        seen[spec.name] = {
            name: pq.read_table(path).to_pylist() for name, path in spec.inputs.items() if name.endswith("parquet")
        }
        return FakeExecutor.submit(stage.executor, spec, key, token, now)

    monkeypatch.setattr(stage.executor, "submit", look)
    training = stage.carry_out(stage.submit())
    evaluation = run_training.submit_evaluation(world.RUNNER, now=stage.clock.now(), training_job_id=training.pk)
    assert (
        run_training.submit_evaluation(world.RUNNER, now=stage.clock.now(), training_job_id=training.pk) == evaluation
    )
    assert stage.carry_out(evaluation).state == "succeeded"
    assert stage.tasks("record_evaluation") == [{"job_id": evaluation.pk}]
    assert list(seen["training"]) == ["train.parquet"]
    assert list(seen["evaluation"]) == ["test.parquet"]
    learnt = [row["age"] for row in seen["training"]["train.parquet"]]
    held_out = [row["age"] for row in seen["evaluation"]["test.parquet"]]
    assert sorted(learnt + held_out) == [age for age in range(40) if age % 10]
    assert set(learnt).isdisjoint(held_out)
    assert held_out


def test_carrying_out_again_changes_nothing(stage: Stage) -> None:
    job = stage.carry_out(stage.submit())
    again = stage.carry_out(job)
    assert again.measured == job.measured
    assert len(stage.executor.submitted) == 1
    assert UsageRecord.objects.filter(job=job).count() == 1
    assert len(stage.tasks("register_model")) == 1


@pytest.mark.parametrize("moment", ["start", "finish"])
def test_a_worker_killed_in_between_is_followed_by_another(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    job = stage.submit()

    def die(*_given: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(services, moment, die)
        with pytest.raises(KeyboardInterrupt):
            stage.carry_out(job)
    ended = stage.carry_out(job)
    assert (ended.state, ended.attempt) == ("succeeded", 1)
    assert len(stage.executor.submitted) == 1
    assert UsageRecord.objects.filter(job=job).count() == 1
    assert len(stage.tasks("register_model")) == 1


def test_a_lost_job_is_handed_in_again_three_times_at_most(stage: Stage) -> None:
    stage.executor.outcomes = {TRAIN: Outcome(JobState.LOST, exit_code=None)}
    ended = stage.carry_out(stage.submit())
    assert (ended.state, ended.failure, ended.attempt) == ("failed", "lost", 3)
    assert len(stage.executor.submitted) == 3
    assert not stage.tasks("register_model")


def test_a_job_that_is_lost_once_succeeds(stage: Stage) -> None:
    stage.executor.outcomes = {TRAIN: GOES_ON}

    def lose(_seconds: float) -> None:
        stage.executor.outcomes = dict(GOOD)
        stage.executor.lose(stage.executor._handles[job.key])

    job = stage.submit()
    ended = stage.carry_out(job, pause=lose)
    assert (ended.state, ended.attempt) == ("succeeded", 2)


def test_a_failed_training_registers_no_model(stage: Stage) -> None:
    stage.executor.outcomes = {TRAIN: Outcome(JobState.FAILED, Failure.MEMORY, 137)}
    ended = stage.carry_out(stage.submit())
    assert (ended.state, ended.failure) == ("failed", "memory")
    assert "memory" in ended.explanation
    assert not stage.tasks("register_model")
    assert UsageRecord.objects.filter(job=ended).exists()


def test_revoked_while_queued_is_refused(stage: Stage) -> None:
    job = stage.submit()
    stage.revoke()
    ended = stage.carry_out(job)
    assert (ended.state, ended.attempt) == ("refused", 0)
    assert "the grant is not active" in ended.explanation
    assert not stage.executor.submitted
    assert not UsageRecord.objects.exists()


def test_ended_while_queued_is_refused(stage: Stage) -> None:
    job = stage.submit()
    stage.clock.moment = stage.grant.until_at
    ended = stage.carry_out(job)
    assert ended.state == "refused"
    assert "the grant has ended" in ended.explanation
    assert not stage.executor.submitted


def test_revoked_while_running_is_stopped_and_counted(stage: Stage) -> None:
    stage.executor.outcomes = {TRAIN: GOES_ON}
    pauses: list[float] = []

    def revoke(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            stage.revoke()

    ended = stage.carry_out(stage.submit(), pause=revoke)
    assert (ended.state, ended.explanation) == ("refused", "the grant is not active.")
    assert UsageRecord.objects.get(job=ended).amount > 0
    assert pauses[:3] == sorted(pauses[:3])
    assert pauses[0] < pauses[2]


def test_cancelled_while_running_is_stopped_and_counted(stage: Stage) -> None:
    stage.executor.outcomes = {TRAIN: GOES_ON}
    job = stage.submit()

    def cancel(_seconds: float) -> None:
        if Job.objects.get(pk=job.pk).state == "running":
            services.cancel(stage.cast.founder.actor, now=stage.clock.now(), job_id=job.pk)

    ended = stage.carry_out(job, pause=cancel)
    assert ended.state == "cancelled"
    assert UsageRecord.objects.filter(job=job).count() == 1


def test_cancelled_while_the_worker_was_dead_is_stopped_by_the_next(stage: Stage) -> None:
    stage.executor.outcomes = {TRAIN: GOES_ON}
    job = stage.submit()

    def die(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage.carry_out(job, pause=die)
    services.cancel(stage.cast.founder.actor, now=stage.clock.now(), job_id=job.pk)
    ended = stage.carry_out(job)
    handle = stage.executor._handles[job.key]
    assert stage.executor.observe(handle).state is JobState.CANCELLED
    assert ended.state == "cancelled"
    assert UsageRecord.objects.filter(job=job).count() == 1


def test_no_sandbox_refuses_with_reason_and_remedy(stage: Stage) -> None:
    stage.executor.readiness = Readiness(
        ok=False, code="user-namespaces-refused", reason="No namespaces.", remedy="Allow them."
    )
    ended = stage.carry_out(stage.submit())
    assert (ended.state, ended.explanation) == ("refused", "No namespaces. Allow them.")


def test_a_program_that_changed_meanwhile_is_refused(stage: Stage) -> None:
    job = stage.submit()
    Job.objects.filter(pk=job.pk).update(code_sha256="0" * 64)
    ended = stage.carry_out(job)
    assert (ended.state, ended.explanation) == ("refused", staging.CodeChanged.sentence)


def test_what_may_help_is_raised_for_the_queue(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_given: object) -> tuple[Path, Path]:
        raise EngineFailed(step="split")

    job = stage.submit()
    monkeypatch.setattr(type(stage.house.data), "split", busy)
    with pytest.raises(EngineFailed):
        stage.carry_out(job)
    job.refresh_from_db()
    assert job.state == "queued"


def test_a_model_that_was_exchanged_is_not_evaluated(stage: Stage) -> None:
    training = stage.carry_out(stage.submit())
    (staging.folder_of(stage.house, training.key) / "out" / "model.skops").write_bytes(b"another")
    evaluation = run_training.submit_evaluation(world.RUNNER, now=stage.clock.now(), training_job_id=training.pk)
    ended = stage.carry_out(evaluation)
    assert (ended.state, ended.explanation) == ("refused", staging.NothingToEvaluate.sentence)


@pytest.mark.parametrize(
    "report", [b"[]", b"{", b'{"columns": "age", "categories": []}', b'{"columns": [1], "categories": []}']
)
def test_a_hostile_report_is_not_evaluated(stage: Stage, report: bytes) -> None:
    stage.executor.outcomes = {TRAIN: Outcome(outputs={"model.skops": b"m", "training.json": report})}
    training = stage.carry_out(stage.submit())
    evaluation = run_training.submit_evaluation(world.RUNNER, now=stage.clock.now(), training_job_id=training.pk)
    assert stage.carry_out(evaluation).state == "refused"


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_real_training_and_its_evaluation(cast: Cast, clock: FixedClock, tmp_path: Path) -> None:
    with data.equipped(tmp_path / "store", data.Outbox()) as house:
        executor = LocalExecutor(tmp_path / "sandbox", permit.public_key_of(house.signing_key))
        if not (ready := executor.ready()).ok:
            missing(f"{ready.reason} {ready.detail}")
        staffed = replace(house, executor=executor)
        equipment.install(lambda: staffed)
        case = world.decided_case(cast.founder, cast.adviser, clock.now())
        allocation = world.awarded(cast, clock.now(), case)
        grant = granted(cast, clock.now(), case, rows=300)
        job = run_training.submit_training(
            cast.engineer.actor,
            now=clock.now(),
            case_id=case.pk,
            grant_id=grant.pk,
            allocation_id=allocation.pk,
            target="is_phishing",
        )
        run_training.carry_out(world.RUNNER, now_of=clock, job_id=job.pk)
        job.refresh_from_db()
        log = run_training.log_tail(cast.engineer.actor, job_id=job.pk)[0]
        assert job.state == "succeeded", (job.explanation, log)
        assert "Wrote the model" in log
        evaluation = run_training.submit_evaluation(world.RUNNER, now=clock.now(), training_job_id=job.pk)
        run_training.carry_out(world.RUNNER, now_of=clock, job_id=evaluation.pk)
        evaluation.refresh_from_db()
        assert evaluation.state == "succeeded", evaluation.explanation
        assert [file["name"] for file in evaluation.outputs] == ["evaluation.json"]
        assert job.is_sandboxed
        assert UsageRecord.objects.get(job=job).amount > 0
