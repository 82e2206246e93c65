"""The main job of the platform, from a need to a measured effect, done by everybody whose part it is.

Every step calls the same services as the pages do. People act here; what takes long is done by the worker, and a
step waits until it is done. Only the people, the company and the simulated measurement are invented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from minett.apps.ledger import queries as ledger
from minett.journeys import demo_build, demo_people, demo_plan, demo_proof
from minett.journeys.demo_tour import Result, Tour
from minett.kernel.actor import robot
from minett.kernel.clock import Clock
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Clash


class LedgerBroken(Clash):
    code = "ledger-broken"
    sentence = _("The ledger does not hold: row %(number)s is %(what)s.")


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    title: str
    who: str
    does: Callable[[Tour], Result]


def steps() -> Iterator[Step]:
    """Yield the steps in their order."""
    yield Step(1, "Data products published from real data", "steward", demo_build.publish)
    yield Step(2, "Need in French, plan with use cases", "a visitor", demo_plan.need)
    yield Step(3, "Plan kept, case taken, plan agreed", "adviser", demo_plan.agree)
    yield Step(4, "Baseline recorded", "founder", demo_plan.baseline)
    yield Step(5, "Use-case document, decision: go", "adviser, founder", demo_plan.document)
    yield Step(6, "Access asked, approved, snapshot written", "engineer, steward", demo_build.grant)
    yield Step(7, "Compute requested and awarded", "engineer, officer", demo_build.allocate)
    yield Step(8, "Model trained in a sandbox, without network", "engineer, worker", demo_build.train)
    yield Step(9, "Model evaluated, trust report written", "worker", demo_proof.report)
    yield Step(10, "Model released", "trust reviewer", demo_proof.release)
    yield Step(11, "Effect measured (simulated)", "founder", demo_proof.measure)
    yield Step(12, "Ledger verified", "auditor", verify)


def verify(_tour: Tour) -> Result:
    result = ledger.verify(robot("ledger-verifier"))
    for finding in result.findings:
        raise LedgerBroken(number=finding.number, what=finding.what)
    return Result(f"{result.rows} rows, chain unbroken", "/ledger/")


def begin(clock: Clock, folder: Path, password: str) -> Tour:
    """Make sure that everybody is there, and start a tour."""
    return Tour(people=demo_people.everybody(clock.now(), password), clock=clock, folder=folder)
