"""Many rows at once: cases with all that hangs on them, laid out directly, since only their number matters here.

Every constraint of the tables holds, but the ledger's rows are not chained: no page of a list checks the chain.
"""

from __future__ import annotations

import hashlib
import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Max, Model

from minett.apps.cases.models import Case, Engagement, Message, Need
from minett.apps.dataproducts.models import Product
from minett.apps.grants.models import AccessRequest, Grant
from minett.apps.impact.models import Indicator, Measurement
from minett.apps.jobs.models import Allocation, Job, UsageRecord
from minett.apps.ledger.models import Entry
from minett.apps.people.models import ApiToken, Organisation
from minett.apps.registry.models import Model as TrainedModel
from minett.apps.registry.models import ModelVersion
from tests.architecture.world import World

Row = TypeVar("Row", bound=Model)
CASE_STATES = ("taken", "planned", "documented", "go", "building", "in_production", "measured", "closed")
# So many rows of each kind hang on the case whose page is shown, of every ten that are made.
ON_ONE_CASE = 10
BATCH = 500
FEWER = 5


class Crowd:
    """Adds rows beside those of the world; the company owns them, so its people are shown all of them."""

    def __init__(self, world: World) -> None:
        self.world, self.now = world, world.now
        self.company, self.engineer = world.cast.company, world.cast.engineer.user
        self.serial = itertools.count(1)

    def grow(self, count: int) -> None:
        """Add `count` cases with a message and a ledger row each, and everything else on some of them."""
        numbers = [next(self.serial) for _one in range(count)]
        cases = self._cases(numbers)
        # One in ten of what hangs on a case hangs on the one case whose page everybody looks at.
        places = [
            self.world.built.case if n % ON_ONE_CASE == 0 else case for n, case in zip(numbers, cases, strict=True)
        ]
        self._told(numbers, places)
        some = slice(None) if count <= BATCH else slice(None, None, FEWER)
        requests = self._requests(numbers[some], places[some])
        grants = self._grants(requests[::2])
        self._compute(numbers[some], places[some], grants)
        self._measured(numbers[some], cases[some])
        self._house(numbers)

    def _cases(self, numbers: list[int]) -> list[Case]:
        needs = [
            Need(secret=sha(f"need-{n}")[:43], text="Many.", language="en", plan={}, created_at=self.now)
            for n in numbers
        ]
        needs = _made(needs)
        return _made(
            [
                Case(
                    number=f"crowd-{n}",
                    need=need,
                    organisation=self.company,
                    adviser=self.world.cast.adviser.user,
                    usecase=self.world.usecase,
                    title=f"One of many, {n}",
                    language="en",
                    state=CASE_STATES[n % len(CASE_STATES)],
                    plan={},
                    opened_at=self.now,
                    holder_since_at=self.now,
                    due_on=(self.now + timedelta(days=n % 20)).date(),
                )
                for n, need in zip(numbers, needs, strict=True)
            ]
        )

    def _told(self, numbers: list[int], places: list[Case]) -> None:
        """Messages, the rows of the ledger, and the partner's engagements."""
        adviser = self.world.cast.adviser
        facts: dict[str, Any] = {"author": adviser.user, "author_name": adviser.user.name, "written_at": self.now}
        messages = _made(
            [Message(case=case, body="A word.", is_internal=n % 3 == 0, **facts)
             for n, case in zip(numbers, places, strict=True)]
        )  # fmt: skip
        first = (Entry.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        _made([self._entry(first + n, message) for n, message in enumerate(messages)])
        engaged = {"service": self.world.service, "partner": self.world.cast.partner_org, "agreed_at": self.now}
        cases = {case.pk: case for case in places if case.pk != self.world.built.case.pk}
        _made([Engagement(case=case, partner_code="luxprovide", step="build", **engaged) for case in cases.values()])

    def _entry(self, number: int, message: Message) -> Entry:
        return Entry(
            number=number,
            at_text=self.now.isoformat(),
            actor_key=self.world.cast.adviser.actor.key,
            actor_name="Adviser",
            action="case:message:write",
            noun="message",
            noun_id=str(message.pk),
            case_id=message.case_id,
            before_text="null",
            after_text='{"characters":7,"internal":false}',
            rule="case-adviser",
            previous_hash="0" * 64,
            hash=sha(f"entry-{number}"),
        )

    def _requests(self, numbers: list[int], places: list[Case]) -> list[AccessRequest]:
        facts: dict[str, Any] = {"product": self.world.restricted, "organisation": self.company, "days": 30}
        facts |= {"applicant": self.engineer, "purpose": "model-training", "columns": ["age"], "safeguards": "none"}
        return _made(
            [
                AccessRequest(
                    case=case,
                    state="approved" if n % 2 else "submitted",
                    content_sha256=sha(f"request-{n}"),
                    created_at=self.now,
                    state_since_at=self.now,
                    **facts,
                )
                for n, case in zip(numbers, places, strict=True)
            ]
        )

    def _grants(self, requests: list[AccessRequest]) -> list[Grant]:
        known = self.world.built.grant
        facts: dict[str, Any] = {
            name: getattr(known, name)
            for name in ("organisation", "version", "policy", "snapshot", "tree", "tree_sha256", "purpose", "columns")
        }
        period = {"state": "active", "starts_at": known.starts_at, "until_at": known.until_at}
        return _made([Grant(request=request, **facts, **period) for request in requests])

    def _compute(self, numbers: list[int], places: list[Case], grants: list[Grant]) -> None:
        facts: dict[str, Any] = {"organisation": self.company, "requester": self.engineer, "unit": "node-hour"}
        facts |= {"cluster": self.world.cluster, "requested": Decimal(2), "justification": "Many.", "state": "awarded"}
        facts |= {"awarded": Decimal(2), "starts_at": self.now, "until_at": self.now + timedelta(days=30)}
        facts |= {"decided_by": self.world.cast.officer.user, "requested_at": self.now}
        allocations = _made([Allocation(case=case, **facts) for case in places])
        jobs = _made(
            [
                self._job(n, case, allocation, grants[place // 2])
                for place, (n, case, allocation) in enumerate(zip(numbers, places, allocations, strict=True))
            ]
        )
        used = {"amount": Decimal("0.01"), "unit": "node-hour", "recorded_at": self.now}
        _made([UsageRecord(allocation=job.allocation, job=job, **used) for job in jobs])
        self._models(jobs)

    def _job(self, n: int, case: Case, allocation: Allocation, grant: Grant) -> Job:
        known = self.world.built.job
        facts: dict[str, Any] = {name: getattr(known, name) for name in ("spec", "code_sha256", "measured", "outputs")}
        # What the shown allocation was used for is many jobs as well.
        shown = self.world.built.allocation if case.pk == self.world.built.case.pk else allocation
        moments = {"submitted_at": self.now, "started_at": self.now, "ended_at": self.now}
        return Job(
            key=f"crowd-{n}",
            kind="training",
            title=f"Training {n}",
            case=case,
            organisation=self.company,
            allocation=shown,
            grant=grant,
            submitter=self.engineer,
            state="succeeded",
            attempt=1,
            **facts,
            **moments,
        )

    def _models(self, jobs: list[Job]) -> None:
        models = [
            TrainedModel(case=job.case, organisation=self.company, name=job.title, created_at=self.now) for job in jobs
        ]
        known = self.world.version
        facts: dict[str, Any] = {
            name: getattr(known, name) for name in ("path", "sha256", "bytes", "lineage", "training")
        }
        facts |= {"author": self.engineer, "card": known.card, "state": "reported", "registered_at": self.now}
        _made(
            [ModelVersion(model=model, number=1, job=job, **facts)
             for model, job in zip(_made(models), jobs, strict=True)]
        )  # fmt: skip

    def _measured(self, numbers: list[int], cases: list[Case]) -> None:
        known = {"unit": "h", "how": "Counted.", "direction": "lower", "created_at": self.now}
        indicators = _made(
            [Indicator(case=case, name=f"Number {n}", **known) for n, case in zip(numbers, cases, strict=True)]
        )
        period = {"period_from": self.now.date(), "period_to": self.now.date()}
        taken = {"values": [1.0, 2.0], "method": "Counted.", "is_simulated": False, "recorded_by": self.engineer}
        _made(
            [Measurement(indicator=one, kind="baseline", recorded_at=self.now, **taken, **period) for one in indicators]
        )

    def _house(self, numbers: list[int]) -> None:
        """Organisations, data products and tokens, fewer than cases."""
        fewer = numbers[:: 10 if len(numbers) > BATCH else 2]
        company = {"kind": "company", "country": "LU", "is_invented": True, "created_at": self.now}
        _made([Organisation(legal_name=f"Crowd {n}", **company) for n in fewer])
        known = self.world.restricted
        facts: dict[str, Any] = {
            name: getattr(known, name)
            for name in ("title", "description", "keywords", "sector", "owner", "steward", "licence", "source")
        }
        _made([Product(code=f"crowd-{n}", state="published", governance="restricted", created_at=self.now, **facts)
               for n in fewer])  # fmt: skip
        token = {"person": self.world.cast.founder.user, "prefix": "crowd", "scopes": ["*"], "created_at": self.now}
        token["expires_at"] = self.now + timedelta(days=20)
        _made([ApiToken(name=f"Token {n}", digest=sha(f"token-{n}"), **token) for n in fewer])


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _made(rows: list[Row]) -> list[Row]:
    if not rows:
        return rows
    return list(type(rows[0])._default_manager.bulk_create(rows, batch_size=BATCH))
