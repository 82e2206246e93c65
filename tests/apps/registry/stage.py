"""A case that is being built, with grant, allocation and jobs, for the tests of models and effects.

The rows are laid out directly: how they come about is tested where it belongs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from minett.apps.cases.models import Case, Need
from minett.apps.catalogue.models import EntryVersion, PackEntry
from minett.apps.dataproducts.models import Product, ProductPolicy, ProductVersion
from minett.apps.grants.models import AccessRequest, Grant, Snapshot
from minett.apps.jobs.models import Allocation, Job
from tests.cast import Cast

WORDS = {"en": "Alerts that nobody has time for", "fr": "Des alertes que personne ne lit"}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Stage:
    case: Case
    grant: Grant
    allocation: Allocation

    def job(self, cast: Cast, now: datetime, *, key: str = "job-one", **facts: Any) -> Job:
        """A training job of the engineer's that succeeded, unless told otherwise."""
        known: dict[str, Any] = {
            "kind": "training",
            "title": f"{self.case.number}: label",
            "state": "succeeded",
            "case": self.case,
            "organisation": cast.company,
            "allocation": self.allocation,
            "grant": self.grant,
            "submitter": cast.engineer.user,
            "spec": {
                "template": "train_classifier",
                "params": {"target": "label", "seed": 7},
                "subgroups": ["site"],
                "holdout_share": 0.2,
            },
            "code_sha256": sha("code"),
            "is_sandboxed": True,
            "attempt": 1,
            "submitted_at": now,
            "started_at": now,
            "ended_at": now,
            "measured": {"inputs": {"train.parquet": sha("train")}, "cpu_seconds": 2.5},
        }
        return Job.objects.create(key=key, **{**known, **facts})


def entry(kind: str, code: str, content: dict[str, Any], now: datetime) -> EntryVersion:
    return EntryVersion.objects.create(
        entry=PackEntry.objects.create(pack="test", kind=kind, code=code),
        number=1,
        is_current=True,
        content=content,
        sha256=sha(code),
        source="a test",
        checked_on=date(2026, 11, 1),
        valid_from=date(2026, 11, 1),
        loaded_at=now,
    )


def make_case(cast: Cast, now: datetime, *, state: str = "building", number: str = "2026-00001") -> Case:
    need = Need.objects.create(
        secret=sha(number)[:43], text="We drown in alerts.", language="en", plan={}, created_at=now
    )
    return Case.objects.create(
        number=number,
        need=need,
        organisation=cast.company,
        adviser=cast.adviser.user,
        usecase=entry("usecases", f"alerts-{number}", {"id": "alerts", "problem": WORDS}, now),
        title="Alert triage",
        language="en",
        state=state,
        plan={"ai_act": {"risk_class": "minimal", "articles": [], "as_of": "2026-11-20"}},
        opened_at=now,
        holder_since_at=now,
    )


def set_stage(cast: Cast, now: datetime, *, state: str = "building") -> Stage:
    case = make_case(cast, now, state=state)
    return Stage(case, _grant(cast, case, now), _allocation(cast, case, now))


def _grant(cast: Cast, case: Case, now: datetime) -> Grant:
    product = Product.objects.create(
        code="alerts",
        title=WORDS,
        description=WORDS,
        sector="cybersecurity",
        owner=cast.data_holder,
        steward=cast.steward.user,
        licence="CC BY 4.0",
        source="invented",
        governance="restricted",
        state="published",
        created_at=now,
    )
    version = ProductVersion.objects.create(
        product=product,
        number=1,
        path="products/a",
        sha256=sha("product"),
        bytes=1,
        rows=1,
        schema={},
        profile={},
        published_at=now,
    )
    request = AccessRequest.objects.create(
        product=product,
        organisation=cast.company,
        applicant=cast.engineer.user,
        case=case,
        purpose="model-training",
        columns=["score", "site", "label"],
        days=30,
        safeguards="none",
        state="approved",
        content_sha256=sha("request"),
        created_at=now,
        state_since_at=now,
    )
    return Grant.objects.create(
        request=request,
        organisation=cast.company,
        version=version,
        policy=ProductPolicy.objects.create(product=product, number=1, tree={}, sha256=sha("policy"), set_at=now),
        snapshot=Snapshot.objects.create(
            policy_sha256=sha("tree"),
            source_sha256=sha("product"),
            path="snapshots/a",
            sha256=sha("snapshot"),
            rows=1000,
            bytes=1,
            columns=["score", "site", "label"],
            built_at=now,
        ),
        tree={},
        tree_sha256=sha("tree"),
        purpose="model-training",
        columns=["score", "site", "label"],
        state="active",
        starts_at=now - timedelta(days=1),
        until_at=now + timedelta(days=30),
    )


def _allocation(cast: Cast, case: Case, now: datetime) -> Allocation:
    return Allocation.objects.create(
        case=case,
        organisation=cast.company,
        requester=cast.engineer.user,
        cluster=entry("clusters", "meluxina", {}, now),
        unit="node-hour",
        requested=Decimal(10),
        awarded=Decimal(10),
        justification="training",
        state="awarded",
        decided_by=cast.officer.user,
        requested_at=now,
        starts_at=now - timedelta(days=1),
        until_at=now + timedelta(days=30),
    )
