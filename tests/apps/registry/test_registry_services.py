"""Registering, evaluating, reporting, deciding: each once, in order, by whom it may."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from minett.apps.jobs.models import Job
from minett.apps.ledger.models import Entry
from minett.apps.people import queries as people
from minett.apps.people import services as people_services
from minett.apps.registry import services
from minett.apps.registry.models import Evaluation, Model, ModelVersion, Release, TrustReport
from minett.kernel.actor import Role, robot
from minett.kernel.errors import Absent
from minett.policy.decide import NotAllowed
from minett.policy.states import CommandNotInTable
from tests.apps.registry.stage import Stage, sha
from tests.cast import HOUSE, Cast

ROBOT = robot("model-evaluator")


def register(job: Job, now: datetime, actor=ROBOT, sha256: str = sha("model")) -> ModelVersion:
    return services.register_version(
        actor,
        now=now,
        job=job,
        name="Alert triage",
        path="models/a.skops",
        sha256=sha256,
        size=10,
        lineage={},
        training={},
    )


def decide(actor, version: ModelVersion, now: datetime, **changes: object) -> Release:
    facts: dict[str, Any] = {
        "is_released": True,
        "reason": "The evidence is sound.",
        "report_sha256": sha("report"),
        **changes,
    }
    return services.decide_release(actor, now=now, version_id=version.pk, **facts)


def test_a_job_has_one_version_however_often_it_is_registered(training: Job, now: datetime):
    first = register(training, now)
    rows = Entry.objects.count()

    assert register(training, now, sha256=sha("another")) == first
    assert ModelVersion.objects.get().sha256 == sha("model")
    assert Entry.objects.count() == rows


def test_a_second_training_makes_the_second_version_of_the_same_model(training: Job, stage: Stage, cast: Cast, now):
    register(training, now)
    second = register(stage.job(cast, now, key="job-two"), now)

    assert second.number == 2
    assert Model.objects.get() == second.model


@pytest.mark.parametrize(
    ("kind", "state"), [("training", "failed"), ("training", "running"), ("evaluation", "succeeded")]
)
def test_only_a_training_that_succeeded_leaves_a_model(stage: Stage, cast: Cast, now, kind, state):
    with pytest.raises(services.JobLeftNoModel):
        register(stage.job(cast, now, kind=kind, state=state), now)


def test_strangers_register_nothing(training: Job, cast: Cast, now: datetime):
    for person in (cast.rival, cast.reviewer, cast.auditor):
        with pytest.raises(NotAllowed):
            register(training, now, actor=person.actor)
    assert register(training, now, actor=cast.engineer.actor).author == cast.engineer.user


def test_the_first_evaluation_and_report_stand(reported: ModelVersion, evaluation_job: Job, now: datetime):
    evaluation = services.record_evaluation(
        ROBOT, now=now, version_id=reported.pk, job=evaluation_job, result={"n": 999}
    )
    report = services.record_report(
        ROBOT, now=now, version_id=reported.pk, card={}, content={"n": 1}, pdf_path="x", pdf_sha256=sha("x")
    )

    assert (Evaluation.objects.get(), TrustReport.objects.get()) == (evaluation, report)
    assert (evaluation.result, report.pdf_sha256) == ({"n": 100}, sha("report"))
    reported.refresh_from_db()
    assert (reported.state, reported.card) == ("reported", {"name": "x"})


def test_the_evaluation_of_another_model_is_not_taken(registered: ModelVersion, stage: Stage, cast: Cast, now):
    other = stage.job(cast, now, key="job-two")
    job = stage.job(cast, now, key="other-evaluation", kind="evaluation", spec={"training_job_id": other.pk})
    failed = stage.job(
        cast, now, key="failed", kind="evaluation", state="failed", spec={"training_job_id": registered.job_id}
    )

    for wrong in (job, failed, other):
        with pytest.raises(services.EvaluationOfSomethingElse):
            services.record_evaluation(ROBOT, now=now, version_id=registered.pk, job=wrong, result={})
    assert not Evaluation.objects.exists()


def test_people_neither_evaluate_nor_report(registered: ModelVersion, evaluation_job: Job, cast: Cast, now):
    for person in (cast.engineer, cast.reviewer, cast.manager):
        with pytest.raises(NotAllowed):
            services.record_evaluation(person.actor, now=now, version_id=registered.pk, job=evaluation_job, result={})


def test_a_report_comes_after_the_evaluation(registered: ModelVersion, now: datetime):
    with pytest.raises(CommandNotInTable):
        services.record_report(
            ROBOT, now=now, version_id=registered.pk, card={}, content={}, pdf_path="x", pdf_sha256=sha("x")
        )


@pytest.mark.parametrize(("is_released", "state"), [(True, "released"), (False, "rejected")])
def test_a_reviewer_decides_once_and_the_ledger_says_why(reported, cast: Cast, now, is_released, state):
    release = decide(cast.reviewer.actor, reported, now, is_released=is_released)

    reported.refresh_from_db()
    assert reported.state == state
    assert (release.author, release.reviewer) == (cast.engineer.user, cast.reviewer.user)
    entry = Entry.objects.latest("number")
    assert (entry.reason, entry.rule, entry.case_id) == (
        "The evidence is sound.",
        "reviewer-releases",
        reported.model.case_id,
    )
    with pytest.raises(CommandNotInTable):
        decide(cast.reviewer.actor, reported, now, is_released=not is_released)


def test_nobody_else_decides(reported: ModelVersion, cast: Cast, now: datetime):
    for name, actor in cast.actors().items():
        if name != "reviewer":
            with pytest.raises((NotAllowed, Absent)):
                decide(actor, reported, now)
    with pytest.raises(NotAllowed):
        decide(ROBOT, reported, now)
    assert not Release.objects.exists()


def test_four_eyes_hold_for_an_author_who_is_a_reviewer_too(reported: ModelVersion, cast: Cast, now: datetime):
    for person, organisation in ((cast.engineer, cast.factory), (cast.founder, cast.company)):
        people_services.give_role(
            HOUSE, now=now, person=person.user, organisation=organisation, role=Role.TRUST_REVIEWER
        )
        with pytest.raises(NotAllowed) as refused:
            decide(people.actor_of(person.user), reported, now)
        assert refused.value.data["rule"] == "four-eyes"


def test_the_database_itself_refuses_an_author_who_releases(reported: ModelVersion, cast: Cast, now: datetime):
    with pytest.raises(IntegrityError, match="nobody_releases_their_own_model"), transaction.atomic():
        Release.objects.create(
            version=reported,
            author=cast.engineer.user,
            reviewer=cast.engineer.user,
            is_released=True,
            reason="mine",
            report_sha256=sha("report"),
            decided_at=now,
        )


def test_a_decision_needs_a_reason_and_names_the_report_that_was_read(reported: ModelVersion, cast: Cast, now):
    with pytest.raises(services.ReleaseNeedsReason):
        decide(cast.reviewer.actor, reported, now, reason=" \n")
    with pytest.raises(services.ReportNotTheOneRead):
        decide(cast.reviewer.actor, reported, now, report_sha256=sha("an older one"))
    reported.refresh_from_db()
    assert reported.state == "reported"


def test_nothing_is_released_before_its_report(registered: ModelVersion, cast: Cast, now: datetime):
    with pytest.raises(CommandNotInTable):
        decide(cast.reviewer.actor, registered, now)


def test_a_token_without_the_scope_releases_nothing(reported: ModelVersion, cast: Cast, now: datetime):
    narrow = replace(cast.reviewer.actor, scopes=frozenset({"model:model:view"}))
    with pytest.raises(NotAllowed):
        decide(narrow, reported, now)
