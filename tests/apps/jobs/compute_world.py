"""The set-up of the tests about compute: a decided case, a machine, an awarded allocation."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from minett.apps.cases import services as case_services
from minett.apps.cases.models import Case
from minett.apps.catalogue.models import EntryKind, EntryVersion, PackEntry
from minett.apps.jobs import services
from minett.apps.jobs.models import Allocation, Job
from minett.kernel.actor import robot
from minett.planes.compute.port import Failure, Handle, JobState, Observation, OutputFile, Outputs
from tests.cast import Cast, Person

RUNNER = robot("job-runner")
SPEC: dict[str, Any] = {"template": "train_classifier", "params": {"target": "is_phishing", "seed": 7}}
MODEL = Outputs((OutputFile("model.skops", "a" * 64, 12),), (("link", "It is not a plain file."),))
HALF_HOUR = Observation(JobState.SUCCEEDED, 0, wall_seconds=1800.0, cpu_seconds=900.0, max_rss_mb=200.0)
OUT_OF_MEMORY = Observation(JobState.FAILED, 137, Failure.MEMORY, wall_seconds=36.0, sentence="Too much memory.")


def cluster(now: datetime, kind: EntryKind = EntryKind.CLUSTERS) -> EntryVersion:
    entry, _new = PackEntry.objects.get_or_create(pack="test", kind=kind, code="meluxina")
    version, _new = EntryVersion.objects.get_or_create(
        entry=entry,
        number=1,
        defaults={
            "is_current": True,
            "content": {"title": {"en": "MeluXina"}},
            "sha256": "0" * 64,
            "source": "https://example.org",
            "checked_on": date(2026, 11, 1),
            "valid_from": date(2026, 1, 1),
            "loaded_at": now,
        },
    )
    return version


def decided_case(owner: Person, adviser: Person, now: datetime, state: str = "go") -> Case:
    need = case_services.write_need(
        owner.actor, now=now, text="Find phishing pages.", language="en", plan={}, organisation_id=None
    )
    case = case_services.open_case(owner.actor, now=now, need=need, title="Phishing", contact_email="", channel="web")
    Case.objects.filter(pk=case.pk).update(state=state, adviser=adviser.user)
    case.refresh_from_db()
    return case


def requested(cast: Cast, now: datetime, case: Case, unit: str = "node-hour", amount: str = "2") -> Allocation:
    return services.request_allocation(
        cast.engineer.actor,
        now=now,
        case=case,
        cluster=cluster(now),
        unit=unit,
        amount=Decimal(amount),
        justification="Two trainings.",
    )


def awarded(
    cast: Cast, now: datetime, case: Case, *, unit: str = "node-hour", amount: str = "2", days: int = 30
) -> Allocation:
    asked = requested(cast, now, case, unit=unit, amount=amount)
    return services.award(
        cast.officer.actor, now=now, allocation_id=asked.pk, amount=Decimal(amount), days=days, reason="It fits."
    )


def submitted(cast: Cast, now: datetime, allocation: Allocation, **changed: Any) -> Job:
    facts: dict[str, Any] = {
        "case": allocation.case,
        "allocation_id": allocation.pk,
        "grant_id": None,
        "kind": "training",
        "title": "Train",
        "spec": SPEC,
        "code_sha256": "c" * 64,
    }
    return services.submit(cast.engineer.actor, now=now, **facts | changed)


def started(now: datetime, job: Job, attempt: int = 1) -> Job:
    handle = Handle(job.key, attempt, f"imagined/{job.key}", now)
    return services.start(RUNNER, now=now, job_id=job.pk, handle=handle, inputs={"train.parquet": "b" * 64})
