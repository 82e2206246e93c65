"""From a finished training to a release: once, in order, and with nothing believed that a job wrote."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.utils import translation

from minett.apps.cases import services as case_services
from minett.apps.jobs.models import Job
from minett.apps.ledger.models import Entry
from minett.apps.people.models import User
from minett.apps.registry import services
from minett.apps.registry.models import Evaluation, ModelVersion, Release, TrustReport
from minett.journeys import equipment, job_reports, release_model, run_training, trust_report
from minett.kernel.actor import robot
from minett.kernel.errors import Absent
from minett.planes.compute.adapters.fake import FakeExecutor
from minett.planes.data.adapters.duckdb import DuckDBEngine
from minett.planes.documents.document import Document, State
from minett.policy.decide import NotAllowed
from minett.project import wiring
from tests.apps.registry.stage import Stage, set_stage
from tests.cast import Cast
from tests.journeys.lock_order import nothing_after_the_ledger
from tests.journeys.release_house import HOSTILE, House, changed, run_programs

ROBOT = robot("model-evaluator")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(equipment.Store(tmp_path / "store"))

    def enqueue(task: str, **arguments: int | str) -> None:
        made.queue.append((task, arguments))

    built = equipment.Equipment(FakeExecutor(b"", {}), DuckDBEngine(), made.store, enqueue, b"")
    equipment.install(lambda: built)
    yield made
    wiring.connect()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return run_programs(tmp_path_factory.mktemp("programs"))


@pytest.fixture
def stage(cast: Cast, now: datetime) -> Stage:
    return set_stage(cast, now)


@pytest.fixture
def training(house: House, stage: Stage, cast: Cast, now: datetime, written: dict[str, bytes]) -> Job:
    files = {name: written[name] for name in (job_reports.MODEL_FILE, job_reports.TRAINING_FILE)}
    return house.leave(stage.job(cast, now), files)


@pytest.fixture
def version(training: Job, now: datetime) -> ModelVersion:
    return release_model.register_model(ROBOT, now=now, job_id=training.pk)


def evaluated_by(house: House, version: ModelVersion, raw: bytes) -> Job:
    """Let the queued evaluation succeed and leave `raw` as its report."""
    job = Job.objects.get(kind="evaluation", spec__training_job_id=version.job_id)
    inputs = {"test.parquet": hashlib.sha256(b"test").hexdigest()}
    measured = {"inputs": inputs, "cpu_seconds": 1.5}
    Job.objects.filter(pk=job.pk).update(state="succeeded", is_sandboxed=True, measured=measured)
    return house.leave(job, {job_reports.EVALUATION_FILE: raw})


@pytest.fixture
def evaluation(house: House, version: ModelVersion, now: datetime, written: dict[str, bytes]) -> Evaluation:
    job = evaluated_by(house, version, written[job_reports.EVALUATION_FILE])
    return release_model.record_evaluation(ROBOT, now=now, job_id=job.pk)


@pytest.fixture
def report(version: ModelVersion, evaluation: Evaluation, now: datetime) -> TrustReport:
    return release_model.write_trust_report(ROBOT, now=now, version_id=version.pk)


def states(report: TrustReport) -> dict[str, str]:
    return {claim["key"]: claim["state"] for claim in report.content["claims"]}


def test_a_model_is_kept_by_its_hash_with_its_whole_lineage(
    house: House, version: ModelVersion, training: Job, written
):
    raw = written[job_reports.MODEL_FILE]
    assert version.path == f"models/{hashlib.sha256(raw).hexdigest()}.skops"
    assert house.store.absolute(version.path).read_bytes() == raw
    told = version.lineage
    assert training.grant is not None
    assert training.grant.snapshot is not None
    assert told["snapshot"]["sha256"] == training.grant.snapshot.sha256
    assert told["job"] == {"id": training.pk, "key": training.key, "attempt": 1, "sandboxed": True}
    assert (told["seed"], told["code"]["sha256"]) == (7, training.code_sha256)
    assert told["need"]["sha256"] == hashlib.sha256(b"We drown in alerts.").hexdigest()
    assert told["environment"]["reported"]["scikit-learn"]
    evaluation = Job.objects.get(kind="evaluation")
    assert house.queue == [("run_job", {"job_id": evaluation.pk})]


def test_registering_again_changes_nothing(house: House, version: ModelVersion, training: Job, now: datetime):
    rows = Entry.objects.count()

    assert release_model.register_model(ROBOT, now=now, job_id=training.pk) == version
    assert Entry.objects.count() == rows
    assert len(house.queue) == 1
    assert [path.name for path in house.store.folder("models").iterdir()] == [f"{version.sha256}.skops"]


def test_a_worker_that_died_after_the_copy_or_the_row_is_made_up_for(house, training, now, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(services, "register_version", _die)
        with pytest.raises(KeyboardInterrupt):
            release_model.register_model(ROBOT, now=now, job_id=training.pk)
    with monkeypatch.context() as broken:
        broken.setattr(run_training, "submit_evaluation", _die)
        with pytest.raises(KeyboardInterrupt):
            release_model.register_model(ROBOT, now=now, job_id=training.pk)
    release_model.register_model(ROBOT, now=now, job_id=training.pk)

    assert (ModelVersion.objects.count(), Job.objects.filter(kind="evaluation").count()) == (1, 1)


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["changed", "link", "pipe", "missing"])
def test_a_model_file_that_is_not_what_was_collected_is_not_registered(house, training, now, tmp_path, kind):
    path = house.out(training) / job_reports.MODEL_FILE
    path.unlink()
    if kind == "changed":
        path.write_bytes(b"another model")
    elif kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "pipe":
        os.mkfifo(path)

    with pytest.raises(job_reports.OutputMissing):
        release_model.register_model(ROBOT, now=now, job_id=training.pk)
    assert not ModelVersion.objects.exists()
    assert not list(house.store.folder("models").iterdir())


@pytest.mark.parametrize("name", ["no json", "deep", "a list", "one class", "nan", "rows", "a zero sign"])
def test_a_hostile_training_report_registers_nothing(house: House, training: Job, now: datetime, written, name):
    raw = written[job_reports.TRAINING_FILE]
    hostile = {
        "one class": changed(raw, classes=["alert"]),
        "nan": raw.replace(b'"mean":', b'"mean": NaN, "x":', 1),
        "rows": changed(raw, rows=-1),
    }
    files = {
        job_reports.MODEL_FILE: written[job_reports.MODEL_FILE],
        job_reports.TRAINING_FILE: hostile.get(name) or HOSTILE[name](raw),
    }
    house.leave(training, files)

    with pytest.raises(job_reports.ReportUnusable):
        release_model.register_model(ROBOT, now=now, job_id=training.pk)
    assert not ModelVersion.objects.exists()
    assert house.queue == []


def test_an_evaluation_is_recorded_once_and_queues_the_report(house: House, version, evaluation: Evaluation, now):
    again = release_model.record_evaluation(ROBOT, now=now, job_id=evaluation.job_id)

    assert again == evaluation
    assert house.queue[1:] == [("write_trust_report", {"version_id": version.pk})]
    version.refresh_from_db()
    assert version.state == "evaluated"
    assert set(evaluation.result["subgroups"]["site"]["groups"]) == {"Esch", "Belval"}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_evaluation_is_refused_and_changes_nothing(house, version, now, written, name):
    job = evaluated_by(house, version, HOSTILE[name](written[job_reports.EVALUATION_FILE]))
    queued = len(house.queue)

    with pytest.raises(job_reports.ReportUnusable) as refused:
        release_model.record_evaluation(ROBOT, now=now, job_id=job.pk)
    assert len(str(refused.value)) < 600
    assert str(refused.value).isprintable()
    version.refresh_from_db()
    assert version.state == "registered"
    assert len(house.queue) == queued
    assert not Evaluation.objects.exists()


def test_an_evaluation_that_was_changed_after_it_was_collected_is_refused(house, version, now, written):
    job = evaluated_by(house, version, written[job_reports.EVALUATION_FILE])
    (house.out(job) / job_reports.EVALUATION_FILE).write_bytes(b"{}")

    with pytest.raises(job_reports.OutputMissing):
        release_model.record_evaluation(ROBOT, now=now, job_id=job.pk)


def test_a_report_passes_what_was_measured_and_leaves_open_what_was_not(house: House, report: TrustReport, version):
    found = states(report)

    for key in ("lineage", "model-file", "grant", "held-out", "sandbox", "better-than-baseline", "intended-use"):
        assert found[key] == State.PASS, key
    for key in ("robustness", "oversight", "energy", "ai-act"):
        assert found[key] == State.OPEN, key
    assert "subgroups:site" in found
    version.refresh_from_db()
    assert version.state == "reported"
    assert version.card["intended_use"]["fr"] == "Des alertes que personne ne lit"
    raw = house.store.absolute(report.pdf_path).read_bytes()
    assert raw.startswith(b"%PDF")
    assert hashlib.sha256(raw).hexdigest() == report.pdf_sha256
    assert sum(report.content["counts"].values()) == len(found)


def test_a_report_is_written_once(report: TrustReport, version: ModelVersion, now: datetime):
    rows = Entry.objects.count()

    assert release_model.write_trust_report(ROBOT, now=now, version_id=version.pk) == report
    assert Entry.objects.count() == rows


def test_no_report_without_an_evaluation(version: ModelVersion, now: datetime):
    with pytest.raises(release_model.NotEvaluatedYet):
        release_model.write_trust_report(ROBOT, now=now, version_id=version.pk)


@pytest.mark.parametrize("language", ["en", "fr", "de", "lb"])
def test_a_report_is_in_its_authors_language_and_its_claims_in_any(cast: Cast, version, evaluation, now, language):
    User.objects.filter(pk=cast.engineer.user.pk).update(language=language)
    report = release_model.write_trust_report(ROBOT, now=now, version_id=version.pk)

    document = Document.from_json(report.content["document"])
    assert document.language == language
    for reader in ("en", "fr", "de", "lb"):
        with translation.override(reader):
            told = trust_report.spoken(report.content["claims"], reader)
        assert all(claim.claim and claim.proof and "%(" not in claim.claim + claim.proof for claim in told)


@pytest.mark.parametrize(
    ("facts", "key", "state"),
    [
        ({"grant": {}}, "grant", "fail"),
        ({"grant": {}}, "lineage", "warn"),
        ({"inputs": {}}, "held-out", "warn"),
        ({"inputs": {"train.parquet": hashlib.sha256(b"test").hexdigest()}}, "held-out", "fail"),
        ({"seed": None}, "lineage", "warn"),
    ],
)
def test_a_gap_in_the_evidence_shows(version: ModelVersion, evaluation: Evaluation, now, facts, key, state):
    ModelVersion.objects.filter(pk=version.pk).update(lineage={**version.lineage, **facts})

    assert states(release_model.write_trust_report(ROBOT, now=now, version_id=version.pk))[key] == state


def test_a_stored_model_that_was_changed_fails(house: House, version: ModelVersion, evaluation: Evaluation, now):
    house.store.absolute(version.path).write_bytes(b"another model")

    assert states(release_model.write_trust_report(ROBOT, now=now, version_id=version.pk))["model-file"] == "fail"


@pytest.mark.parametrize(
    ("change", "key", "state"),
    [
        ({"intervals": {}}, "better-than-baseline", "warn"),
        ({"intervals": {"accuracy": {"low": 0.1, "high": 0.2}}}, "better-than-baseline", "fail"),
        ({"intervals": {"accuracy": {"low": 0.4, "high": 0.99}}}, "better-than-baseline", "warn"),
        ({"subgroups": {}}, "subgroups", "open"),
    ],
)
def test_what_was_measured_decides_the_claims(house, version, now, written, change, key, state):
    job = evaluated_by(house, version, changed(written[job_reports.EVALUATION_FILE], **change))
    release_model.record_evaluation(ROBOT, now=now, job_id=job.pk)

    assert states(release_model.write_trust_report(ROBOT, now=now, version_id=version.pk))[key] == state


def test_gaps_between_groups_are_counted_again(house, version, now, written):
    result = json.loads(written[job_reports.EVALUATION_FILE])
    part = result["subgroups"]["site"]
    part["groups"]["Esch"]["recall"], part["groups"]["Belval"]["recall"] = 0.9, 0.5
    part["gaps"] = dict.fromkeys(part["gaps"], 0.0)
    job = evaluated_by(house, version, json.dumps(result).encode())
    release_model.record_evaluation(ROBOT, now=now, job_id=job.pk)

    assert states(release_model.write_trust_report(ROBOT, now=now, version_id=version.pk))["subgroups:site"] == "fail"


def test_a_release_moves_the_case_into_production(cast: Cast, stage: Stage, report: TrustReport, version, now):
    made = release_model.release(
        cast.reviewer.actor, now=now, version_id=version.pk, reason="Sound.", report_sha256=report.pdf_sha256
    )

    stage.case.refresh_from_db()
    assert (made.is_released, stage.case.state) == (True, "in_production")


def test_a_release_waits_for_nobody_once_it_holds_the_end_of_the_ledger(
    cast: Cast, report: TrustReport, version: ModelVersion, now: datetime, locks: list[str]
):
    locks.clear()

    release_model.release(
        cast.reviewer.actor, now=now, version_id=version.pk, reason="Good.", report_sha256=report.pdf_sha256
    )

    assert nothing_after_the_ledger(locks)


def test_a_rejection_leaves_the_case_where_it_is(cast: Cast, stage: Stage, report: TrustReport, version, now):
    release_model.reject(
        cast.reviewer.actor, now=now, version_id=version.pk, reason="Unfair.", report_sha256=report.pdf_sha256
    )

    stage.case.refresh_from_db()
    version.refresh_from_db()
    assert (version.state, stage.case.state) == ("rejected", "building")


def test_a_release_and_its_case_stand_or_fall_together(cast: Cast, stage, report, version, now, monkeypatch):
    monkeypatch.setattr(case_services, "move", _die)
    with pytest.raises(KeyboardInterrupt):
        release_model.release(
            cast.reviewer.actor, now=now, version_id=version.pk, reason="Sound.", report_sha256=report.pdf_sha256
        )
    version.refresh_from_db()
    assert version.state == "reported"
    assert not Release.objects.exists()


def test_nobody_but_a_reviewer_releases(cast: Cast, report: TrustReport, version: ModelVersion, now: datetime):
    for name, actor in cast.actors().items():
        if name != "reviewer":
            with pytest.raises((NotAllowed, Absent)):
                release_model.release(
                    actor, now=now, version_id=version.pk, reason="Sound.", report_sha256=report.pdf_sha256
                )


def test_people_do_not_do_the_robots_work(cast: Cast, training: Job, now: datetime):
    for person in (cast.founder, cast.reviewer):
        with pytest.raises((NotAllowed, Absent)):
            release_model.register_model(person.actor, now=now, job_id=training.pk)
