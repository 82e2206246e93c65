"""A training is submitted on granted data, carried out by the worker, refused where it must be, and resumed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from minett.apps.cases.models import Case
from minett.apps.dataproducts import services as products
from minett.apps.grants import services as grant_services
from minett.apps.grants.models import Grant
from minett.apps.jobs import services
from minett.apps.jobs.models import Allocation, Job, UsageRecord
from minett.journeys import equipment, grant_data, run_training, staging
from minett.kernel.clock import FixedClock
from minett.kernel.errors import Absent
from minett.planes.compute.adapters.fake import FakeExecutor, Outcome
from minett.planes.compute.adapters.local import LocalExecutor
from minett.planes.compute.port import Failure, Handle, JobState, Observation, Readiness
from minett.planes.compute.spec import JobSpec
from minett.planes.data.policy_tree import to_json
from minett.planes.data.port import EngineFailed
from minett.policy import permit
from minett.policy.decide import NotAllowed
from tests.apps.grants import world as data
from tests.apps.jobs import compute_world as world
from tests.cast import Cast
from tests.conftest import missing

pytestmark = pytest.mark.django_db

TRAIN, EVALUATE = "/code/train_classifier.py", "/code/evaluate_classifier.py"
REPORT = b'{"columns": ["age", "length"], "categories": []}'
GOOD: Mapping[str, Outcome] = {
    TRAIN: Outcome(outputs={"model.skops": b"a model", "training.json": REPORT}, log="Read 29 rows\n\x1b[31mDone é\n"),
    EVALUATE: Outcome(outputs={"evaluation.json": b"{}"}),
}
GOES_ON = Outcome(JobState.RUNNING, exit_code=None)


class Timed(FakeExecutor):
    """The imagined executor, with half an hour on the clock of every job."""

    def observe(self, handle: Handle) -> Observation:
        return replace(super().observe(handle), wall_seconds=1800.0)


@dataclass
class Stage:
    """One company with everything that a training needs."""

    cast: Cast
    clock: FixedClock
    house: equipment.Equipment
    executor: Timed
    outbox: data.Outbox
    case: Case
    allocation: Allocation
    grant: Grant

    def submit(self, **changed: Any) -> Job:
        facts: dict[str, Any] = {"case_id": self.case.pk, "grant_id": self.grant.pk, "target": "is_phishing"}
        facts |= {"allocation_id": self.allocation.pk, "subgroup": "length", **changed}
        return run_training.submit_training(self.cast.engineer.actor, now=self.clock.now(), **facts)

    def carry_out(self, job: Job, pause: Callable[[float], None] | None = None) -> Job:
        run_training.carry_out(world.RUNNER, now_of=self.clock, job_id=job.pk, pause=pause or no_pause)
        job.refresh_from_db()
        return job

    def revoke(self) -> None:
        grant_services.revoke(
            self.cast.steward.actor, now=self.clock.now(), grant_id=self.grant.pk, reason="The owner asked."
        )

    def tasks(self, name: str) -> list[dict[str, Any]]:
        return [arguments for task, arguments in self.outbox.sent if task == name]


def no_pause(seconds: float) -> None:
    assert seconds > 0, "nothing here should wait for a job that never ends"


def granted(cast: Cast, now: datetime, case: Case, *, rows: int) -> Grant:
    """Publish a table, ask for it, approve, and write its snapshot by the real engine."""
    store = equipment.current().store
    file = data.write_table(store.folder("products") / "pages.parquet", rows=rows)
    product = products.create_product(cast.steward.actor, now=now, **data.description(cast))
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    data.publish_version(cast, now, product, "one", path=store.relative(file), sha256=digest, size=len(content))
    products.set_policy(cast.steward.actor, now=now, product_id=product.pk, tree=to_json(data.POLICY))
    request = data.ask(cast, now, product, columns=["age", "length", "is_phishing"], case_id=case.pk)
    grant = data.approve(cast, now, request)
    return grant_data.build_snapshot(data.BUILDER, now=now, grant_id=grant.pk)


@pytest.fixture
def stage(cast: Cast, clock: FixedClock, tmp_path: Path) -> Iterator[Stage]:
    outbox = data.Outbox()
    with data.equipped(tmp_path / "store", outbox) as house:
        executor = Timed(permit.public_key_of(house.signing_key), dict(GOOD))
        staffed = replace(house, executor=executor)
        equipment.install(lambda: staffed)
        case = world.decided_case(cast.founder, cast.adviser, clock.now())
        allocation = world.awarded(cast, clock.now(), case)
        grant = granted(cast, clock.now(), case, rows=40)
        yield Stage(cast, clock, staffed, executor, outbox, case, allocation, grant)


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
