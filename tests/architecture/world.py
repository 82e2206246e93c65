"""One of everything: what the tests of the whole house stand on. Rows come about through services and journeys.

The company's case is built to a model that waits for its review; smaller cases stand in the earlier and later
states. The rival has a case, a grant, an allocation and a job of its own, which the company must not see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from minett.apps.cases import services as cases
from minett.apps.cases.models import Case, Need, UseCaseDocument
from minett.apps.catalogue import queries as catalogue
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.apps.dataproducts import services as products
from minett.apps.dataproducts.models import Product
from minett.apps.grants import services as grants
from minett.apps.grants.models import AccessRequest, Grant
from minett.apps.impact.models import Indicator
from minett.apps.jobs import services as jobs
from minett.apps.jobs.models import Allocation, Job
from minett.apps.network import access as network
from minett.apps.network.models import Peer
from minett.apps.people import services as people
from minett.apps.people.models import ApiToken, Organisation
from minett.apps.registry.models import ModelVersion, TrustReport
from minett.journeys import (
    equipment,
    grant_data,
    load_pack,
    measure_effect,
    open_case,
    prepare_product,
    publish_product,
    release_model,
    run_training,
    usecase_document,
)
from minett.journeys.uploads import Upload
from minett.kernel.actor import Actor, robot
from minett.kernel.clock import FixedClock
from minett.planes.compute.adapters.fake import FakeExecutor, Outcome
from minett.planes.compute.port import Handle, Observation
from minett.planes.data.policy_tree import DataPolicy
from minett.policy import permit
from tests.apps.grants import world as data
from tests.architecture.reports import evaluation_report, training_files
from tests.cast import HOUSE, Cast, Person, make_cast

PACK = Path(__file__).resolve().parents[2] / "packs" / "luxembourg"
WORKER = robot("job-runner")
COLUMNS = ["age", "length", "is_phishing"]
REASON = "It fits."
A_YEAR = timedelta(days=365)
BEFORE, AFTER = [40.0, 42.0, 39.0, 41.0, 40.5], [31.0, 30.0, 32.5, 29.0, 31.5]


@dataclass(frozen=True)
class Compute:
    """A case that is being built: its data, its machine time, its training."""

    case: Case
    request: AccessRequest
    grant: Grant
    allocation: Allocation
    job: Job


@dataclass(frozen=True)
class World:
    """Everything by its part. Cases are named for their state; `built` is the one that has everything."""

    now: datetime
    cast: Cast
    house: equipment.Equipment
    need: Need
    usecase: EntryVersion
    service: EntryVersion
    cluster: EntryVersion
    new: Case
    taken: Case
    planned: Case
    documented: Case
    measured: Case
    built: Compute
    rival: Compute
    document: UseCaseDocument
    undecided: UseCaseDocument
    restricted: Product
    private: Product
    open: Product
    draft: Product
    submitted: AccessRequest
    returned: AccessRequest
    preparing: Grant
    requested: Allocation
    queued: Job
    version: ModelVersion
    report: TrustReport
    indicator: Indicator
    unmeasured: Indicator
    token: ApiToken
    peer: Peer
    upload: Upload


class Timed(FakeExecutor):
    """The imagined executor, with half a minute on the clock of every job."""

    def observe(self, handle: Handle) -> Observation:
        return replace(super().observe(handle), wall_seconds=30.0, cpu_seconds=21.0, max_rss_mb=180.0)


@contextmanager
def standing(root: Path, now: datetime) -> Iterator[World]:
    """Build the world in the open transaction, on equipment that nothing else uses."""
    with data.equipped(root / "store", data.Outbox()) as plain:
        scripted = {
            "/code/train_classifier.py": Outcome(outputs=training_files(), log="Read 29 rows\nWrote the model\n"),
            "/code/evaluate_classifier.py": Outcome(outputs={"evaluation.json": evaluation_report()}),
        }
        staffed = replace(plain, executor=Timed(permit.public_key_of(plain.signing_key), scripted))
        equipment.install(lambda: staffed)
        yield Builder(make_cast(), now, staffed, root).world()


class Builder:
    """Puts the world up, everybody in their part."""

    def __init__(self, cast: Cast, now: datetime, house: equipment.Equipment, root: Path) -> None:
        self.cast, self.now, self.house, self.root = cast, now, house, root
        load_pack.load(HOUSE, now=now, path=PACK)
        self.usecase = catalogue.listing(HOUSE, EntryKind.USECASES)[0]
        self.cluster = catalogue.listing(HOUSE, EntryKind.CLUSTERS)[0]
        self.service = self._service_of(cast.partner_org)

    def world(self) -> World:
        offered = self.restricted, self.private, self.open = self._products()
        built = self.compute(self.cast.founder, self.cast.engineer)
        version, report = self._model(built.job)
        measured, indicator = self._measured()
        taken, planned, documented = (self.case(self.cast.founder, state) for state in CASES_ON_THE_WAY)
        submitted, returned, waiting = self._requests(built.case)
        return World(
            now=self.now,
            cast=self.cast,
            house=self.house,
            need=self.need(self.cast.founder.actor),
            usecase=self.usecase,
            service=self.service,
            cluster=self.cluster,
            new=self.case(None, "new"),
            taken=taken,
            planned=planned,
            documented=documented,
            measured=measured,
            built=built,
            rival=self.compute(self.cast.rival, self.cast.rival),
            document=UseCaseDocument.objects.get(case=built.case),
            undecided=UseCaseDocument.objects.get(case=documented),
            restricted=offered[0],
            private=offered[1],
            open=offered[2],
            draft=products.create_product(
                self.cast.steward.actor, now=self.now, **data.description(self.cast, code="draft-pages")
            ),
            submitted=submitted,
            returned=returned,
            preparing=waiting,
            requested=self._asked_compute(self.cast.engineer.actor, built.case),
            queued=self._training(self.cast.engineer.actor, built.case, built.grant, built.allocation),
            version=version,
            report=report,
            indicator=indicator,
            unmeasured=self._baseline(built.case).indicator,
            token=self._token(),
            peer=network.visible(HOUSE)[0],
            upload=self._upload(),
        )

    def need(self, actor: Actor) -> Need:
        return open_case.describe_need(actor, now=self.now, raw="We check phishing pages by hand, too many each day.")

    def case(self, owner: Person | None, state: str) -> Case:
        """Return a case that was led to a state on the way to a decision; without an owner nobody took it."""
        adviser, now = self.cast.adviser.actor, self.now
        need = self.need(owner.actor if owner else robot("front-door"))
        case = open_case.keep_plan(HOUSE, now=now, secret=need.secret, contact_email="somebody@example.org")
        if state == "new":
            return case
        case = open_case.take_case(adviser, now=now, case_id=case.pk, organisation_id=None)
        cases.write_message(adviser, now=now, case_id=case.pk, body="I have read your need.")
        cases.write_message(adviser, now=now, case_id=case.pk, body="For the factory only.", is_internal=True)
        if state == "taken":
            return case
        codes = [self.service.entry.code]
        case = open_case.agree_plan(
            adviser, now=now, case_id=case.pk, usecase=self.usecase.entry.code, service_codes=codes, reason=REASON
        )
        if state != "planned":
            self._document(case)
        case.refresh_from_db()
        return case

    def compute(self, owner: Person, engineer: Person) -> Compute:
        """Return a decided case of the owner's company in which a training succeeded."""
        case = self.case(owner, "documented")
        document = UseCaseDocument.objects.get(case=case)
        cases.decide_document(owner.actor, now=self.now, document_id=document.pk, decision="go", reason=REASON)
        request = self._ask(engineer, case, self.restricted)
        grant = self._granted(request)
        asked = self._asked_compute(engineer.actor, case)
        allocation = jobs.award(
            self.cast.officer.actor, now=self.now, allocation_id=asked.pk, amount=Decimal(2), days=30, reason=REASON
        )
        job = self._training(engineer.actor, case, grant, allocation)
        run_training.carry_out(WORKER, now_of=FixedClock(self.now), job_id=job.pk)
        for row in (case, request, allocation, job):
            row.refresh_from_db()
        assert job.state == "succeeded", job.explanation
        return Compute(case, request, grant, allocation, job)

    def _service_of(self, partner: Organisation) -> EntryVersion:
        listed = catalogue.listing(HOUSE, EntryKind.SERVICES, partner=partner.partner_code)
        return next(row for row in listed if row.content["partners"][0] == partner.partner_code)

    def _document(self, case: Case) -> UseCaseDocument:
        adviser, now = self.cast.adviser.actor, self.now
        sections = dict.fromkeys(usecase_document.SECTIONS, "A line.")
        document = usecase_document.write(adviser, now=now, case_id=case.pk, sections=sections)
        usecase_document.render_pdf(robot("document-printer"), now=now, document_id=document.pk)
        return document

    def _products(self) -> tuple[Product, Product, Product]:
        restricted = self._published(code="phishing-pages")
        private = self._published(code="private-pages", is_private=True)
        return restricted, private, self._published(code="open-pages", governance="open")

    def _published(self, **changed: Any) -> Product:
        described = data.description(self.cast, **changed)
        file = data.write_table(self.root / f"{described['code']}.parquet")
        policy = replace(data.POLICY, until=(self.now + A_YEAR).date())
        return self._publish(file, policy, described)

    def _publish(self, file: Path, policy: DataPolicy, described: dict[str, Any]) -> Product:
        published = publish_product.publish(
            self.cast.steward.actor, now=self.now, file=file, schema=data.SCHEMA, policy=policy, **described
        )
        return published.product

    def _ask(self, person: Person, case: Case, product: Product) -> AccessRequest:
        assert case.organisation_id is not None
        return grants.ask(
            person.actor,
            now=self.now,
            product_id=product.pk,
            organisation_id=case.organisation_id,
            case_id=case.pk,
            purpose="model-training",
            columns=COLUMNS,
            days=90,
            safeguards=data.SAFEGUARDS,
        )

    def _vote(self, request: AccessRequest, vote: str) -> AccessRequest:
        return grant_data.decide_request(
            self.cast.steward.actor,
            now=self.now,
            request_id=request.pk,
            vote=vote,
            reason=REASON,
            content_sha256=request.content_sha256,
        )

    def _granted(self, request: AccessRequest) -> Grant:
        self._vote(request, "approve")
        made = Grant.objects.get(request=request)
        return grant_data.build_snapshot(data.BUILDER, now=self.now, grant_id=made.pk)

    def _requests(self, case: Case) -> tuple[AccessRequest, AccessRequest, Grant]:
        """Return a request that waits, one that was returned, and a grant whose snapshot is not written yet."""
        person = self.cast.engineer
        submitted = self._ask(person, case, self.restricted)
        returned = self._vote(self._ask(person, case, self.open), "return")
        approved = self._vote(self._ask(self.cast.founder, case, self.open), "approve")
        return submitted, returned, Grant.objects.get(request=approved)

    def _asked_compute(self, actor: Actor, case: Case) -> Allocation:
        return jobs.request_allocation(
            actor,
            now=self.now,
            case=case,
            cluster=self.cluster,
            unit="node-hour",
            amount=Decimal(2),
            justification="Two trainings.",
        )

    def _training(self, actor: Actor, case: Case, grant: Grant, allocation: Allocation) -> Job:
        return run_training.submit_training(
            actor,
            now=self.now,
            case_id=case.pk,
            grant_id=grant.pk,
            allocation_id=allocation.pk,
            target="is_phishing",
            subgroup="length",
        )

    def _model(self, job: Job) -> tuple[ModelVersion, TrustReport]:
        evaluator, now = robot("model-evaluator"), self.now
        version = release_model.register_model(evaluator, now=now, job_id=job.pk)
        evaluation = Job.objects.get(kind="evaluation", spec__training_job_id=job.pk)
        run_training.carry_out(WORKER, now_of=FixedClock(now), job_id=evaluation.pk)
        release_model.record_evaluation(evaluator, now=now, job_id=evaluation.pk)
        report = release_model.write_trust_report(evaluator, now=now, version_id=version.pk)
        version.refresh_from_db()
        return version, report

    def _measured(self) -> tuple[Case, Indicator]:
        """Return a case whose effect was measured. Its model is not told here, so the state is set directly."""
        case = self.case(self.cast.founder, "documented")
        Case.objects.filter(pk=case.pk).update(state="in_production")
        indicator = self._baseline(case).indicator
        measure_effect.record_after(
            self.cast.founder.actor, now=self.now, indicator_id=indicator.pk, **self._period(AFTER, 40, 1)
        )
        case.refresh_from_db()
        return case, indicator

    def _baseline(self, case: Case) -> Any:
        facts: dict[str, Any] = {
            "name": "Hours per week",
            "unit": "h",
            "how": "From the time sheets.",
            "direction": "lower",
        }
        return measure_effect.record_baseline(
            self.cast.founder.actor, now=self.now, case_id=case.pk, **facts, **self._period(BEFORE, 80, 41)
        )

    def _period(self, values: Sequence[float], since: int, until: int) -> dict[str, Any]:
        return {
            "values": values,
            "method": "Added up each Friday.",
            "is_simulated": False,
            "period_from": self._days_ago(since),
            "period_to": self._days_ago(until),
        }

    def _days_ago(self, days: int) -> date:
        return (self.now - timedelta(days=days)).date()

    def _upload(self) -> Upload:
        """Return a file that the steward sent and has not described yet."""
        file = data.write_table(self.root / "sent.parquet", rows=12)
        with file.open("rb") as stream:
            return prepare_product.receive(
                self.cast.steward.actor, now=self.now, stream=stream, name=file.name, key="sent", most_columns=100
            )

    def _token(self) -> ApiToken:
        until = self.now + timedelta(days=30)
        token, _raw = people.issue_token(
            self.cast.founder.actor, now=self.now, name="Nightly export", scopes=("case:*",), expires_at=until
        )
        return token


CASES_ON_THE_WAY = ("taken", "planned", "documented")


def snapshot_rows(world: World) -> int:
    """Return how many rows the snapshot of the built case's grant really holds."""
    assert world.built.grant.snapshot is not None
    path = world.house.store.absolute(world.built.grant.snapshot.path)
    return int(pq.read_metadata(path).num_rows)
