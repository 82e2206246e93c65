"""The demonstration's middle: real data published, granted, and used for training in the sandbox."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from minett.apps.cases import access as cases
from minett.apps.catalogue import queries as catalogue
from minett.apps.catalogue.models import EntryKind
from minett.apps.dataproducts import access as products
from minett.apps.dataproducts import queries as offers
from minett.apps.grants import services as grants
from minett.apps.grants.models import AccessRequest, Grant
from minett.apps.jobs import services as jobs
from minett.apps.jobs.models import Job
from minett.journeys import grant_data, publish_product, run_training
from minett.journeys.demo_tour import JobDidNotEnd, Result, Tour
from minett.kernel.quantities import Unit
from minett.planes.data.catalogue_sets import CODES, RealSet, Terms, phishing_policy, realise
from minett.planes.data.policy_tree import ColumnRule, DataPolicy
from minett.policy.actions import Action
from minett.policy.states import JOB

MAIN_SET, OPEN_SET = "phishing", "modechoice"
# What is learned from each set, and by which column the groups are compared.
TARGETS = {"phishing": ("is_phishing", "https"), "modechoice": ("choice", "mode")}
END_OF_POLICY = timedelta(days=365)


def publish(tour: Tour) -> Result:
    """The steward publishes one set under a policy and four more; open are those in the public domain."""
    until = (tour.clock.now() + END_OF_POLICY).date()
    for code in CODES:
        real = realise(code, tour.folder)
        policy = phishing_policy(until) if code == MAIN_SET else _everything(real, until)
        published = publish_product.publish(
            tour.people.steward,
            now=tour.clock.now(),
            file=real.path,
            schema=real.schema,
            policy=policy,
            **_described(tour, real, code),
        )
        tour.products[code] = published.product.pk
    tour.product_id = tour.products[MAIN_SET]
    return Result(f"{len(CODES)} products from real data", f"/data/{MAIN_SET}/")


def _everything(real: RealSet, until: date) -> DataPolicy:
    columns = tuple(ColumnRule(name, keep=True, mask=None) for name in real.schema.names)
    return DataPolicy(None, columns, ("model-training", "evaluation", "research"), until, version=1)


def _described(tour: Tour, real: RealSet, code: str) -> Any:
    return {
        "code": code,
        "title": real.title,
        "description": real.description,
        "keywords": ("phishing", "hameçonnage", "Phishing") if code == MAIN_SET else (code,),
        "sector": real.sector,
        "owner": tour.people.data_holder,
        "steward": None,
        "licence": real.licence,
        "source": real.source,
        # Only what its makers gave to everybody is open; anything else is asked for.
        "governance": "open" if real.terms is Terms.PUBLIC_DOMAIN else "restricted",
    }


def grant(tour: Tour) -> Result:
    """The engineer asks for access; the steward approves; the platform writes the snapshot."""
    return _granted(tour, MAIN_SET)


def _granted(tour: Tour, code: str) -> Result:
    product_id = tour.products[code]
    request = _ask(tour, product_id)
    tour.request_id = request.pk
    grant_data.decide_request(
        tour.people.steward,
        now=tour.clock.now(),
        request_id=request.pk,
        vote="approve",
        reason="The purpose is covered by the policy, and only the columns that are needed are asked for.",
        content_sha256=request.content_sha256,
    )
    made = Grant.objects.get(request_id=request.pk)
    tour.grant_id = made.pk
    tour.wait("snapshot", lambda: Grant.objects.filter(pk=made.pk, state="active").exists())
    ready = Grant.objects.select_related("snapshot").get(pk=made.pk)
    snapshot = ready.snapshot
    rows, files = (snapshot.rows, (snapshot.path,)) if snapshot else (0, ())
    return Result(f"{rows} rows, until {ready.until_at:%Y-%m-%d}", f"/grants/{made.pk}/", files)


def _ask(tour: Tour, product_id: int) -> AccessRequest:
    product = products.obtain(tour.people.engineer, Action.PRODUCT_VIEW, product_id)
    rules = offers.current(product).rules
    shown = [rule.name for rule in rules.columns if rule.keep] if rules else []
    return grants.ask(
        tour.people.engineer,
        now=tour.clock.now(),
        product_id=product_id,
        organisation_id=tour.people.company.pk,
        case_id=tour.case_id,
        purpose="model-training",
        columns=shown,
        days=90,
        safeguards="Only in the sandbox of the platform; no copy leaves it; two named engineers.",
    )


def allocate(tour: Tour) -> Result:
    """The engineer asks for compute; the allocation officer awards it."""
    case = cases.obtain(tour.people.engineer, Action.CASE_VIEW, tour.case_id)
    cluster = catalogue.current(tour.people.engineer, EntryKind.CLUSTERS, ["local-sandbox"])[0]
    asked = jobs.request_allocation(
        tour.people.engineer,
        now=tour.clock.now(),
        case=case,
        cluster=cluster,
        unit=Unit.NODE_HOUR,
        amount=Decimal(2),
        justification="One training and one evaluation of a small classifier, with room for repeats.",
    )
    awarded = jobs.award(
        tour.people.officer,
        now=tour.clock.now(),
        allocation_id=asked.pk,
        amount=Decimal(2),
        days=30,
        reason="Small, and within what the sandbox of this installation can give.",
    )
    tour.allocation_id = awarded.pk
    return Result(f"{awarded.awarded} {awarded.unit} for 30 days", f"/allocations/{awarded.pk}/")


def train(tour: Tour) -> Result:
    """The job runs in the sandbox; where the kernel refuses one, only open data may be used, and the step says so."""
    job = _run(tour, MAIN_SET)
    if job.state == "refused":
        tour.refused = job.explanation
        _granted(tour, OPEN_SET)
        job = _run(tour, OPEN_SET)
    if job.state != "succeeded":
        raise JobDidNotEnd(state=job.state, why=job.explanation)
    tour.job_id = job.pk
    place = "in the sandbox" if job.is_sandboxed else "without a sandbox, on open data"
    seconds = (job.ended_at - job.started_at).total_seconds() if job.ended_at and job.started_at else 0
    return Result(f"{job.key} {place}, {seconds:.1f} s", f"/jobs/{job.pk}/")


def _run(tour: Tour, code: str) -> Job:
    target, subgroup = TARGETS[code]
    job = run_training.submit_training(
        tour.people.engineer,
        now=tour.clock.now(),
        case_id=tour.case_id,
        grant_id=tour.grant_id,
        allocation_id=tour.allocation_id,
        target=target,
        subgroup=subgroup,
    )
    final = [state for state in JOB.standings if JOB.is_final(state)]
    tour.wait("training", lambda: Job.objects.filter(pk=job.pk, state__in=final).exists())
    return Job.objects.get(pk=job.pk)
