"""One company with everything that a training needs, for the tests of submitting and of carrying out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from minett.apps.cases.models import Case
from minett.apps.dataproducts import services as products
from minett.apps.grants import services as grant_services
from minett.apps.grants.models import Grant
from minett.apps.jobs.models import Allocation, Job
from minett.journeys import equipment, grant_data, run_training
from minett.kernel.clock import FixedClock
from minett.planes.compute.adapters.fake import FakeExecutor, Outcome
from minett.planes.compute.port import Handle, JobState, Observation
from minett.planes.data.policy_tree import to_json
from tests.apps.grants import world as data
from tests.apps.jobs import compute_world as world
from tests.cast import Cast

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
