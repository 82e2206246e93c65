"""Models at each step of their life."""

from __future__ import annotations

from datetime import datetime

import pytest

from minett.apps.jobs.models import Job
from minett.apps.registry import services
from minett.apps.registry.models import ModelVersion
from minett.kernel.actor import robot
from tests.apps.registry.stage import Stage, set_stage, sha
from tests.cast import Cast

ROBOT = robot("model-evaluator")


@pytest.fixture
def stage(cast: Cast, now: datetime) -> Stage:
    return set_stage(cast, now)


@pytest.fixture
def training(stage: Stage, cast: Cast, now: datetime) -> Job:
    return stage.job(cast, now)


@pytest.fixture
def registered(training: Job, now: datetime) -> ModelVersion:
    return services.register_version(
        ROBOT,
        now=now,
        job=training,
        name="Alert triage",
        path="models/a.skops",
        sha256=sha("model"),
        size=10,
        lineage={},
        training={},
    )


@pytest.fixture
def evaluation_job(registered: ModelVersion, stage: Stage, cast: Cast, now: datetime) -> Job:
    spec = {"training_job_id": registered.job_id}
    return stage.job(cast, now, key="job-one-evaluation", kind="evaluation", spec=spec)


@pytest.fixture
def reported(registered: ModelVersion, evaluation_job: Job, now: datetime) -> ModelVersion:
    services.record_evaluation(ROBOT, now=now, version_id=registered.pk, job=evaluation_job, result={"n": 100})
    services.record_report(
        ROBOT,
        now=now,
        version_id=registered.pk,
        card={"name": "x"},
        content={},
        pdf_path="documents/r.pdf",
        pdf_sha256=sha("report"),
    )
    registered.refresh_from_db()
    return registered
