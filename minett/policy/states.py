"""States are tables: (state, command) -> (next state, the action that must be allowed).

Buttons, API answers, documentation and tests are made from these tables. A command that is not in the table
does not exist. `holder` says who has the thing in a state, `next_step` what happens next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Clash
from minett.policy.actions import Action


class CommandNotInTable(Clash):
    code = "command-not-in-table"
    sentence = _("In the state \u201c%(state)s\u201d this cannot be done. Reload the page to see what can.")


@dataclass(frozen=True, slots=True)
class Standing:
    """One state: its label, who has the thing, what comes next, and within how many working days."""

    label: str
    holder: str = ""
    next_step: str = ""
    promised_days: int | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    to: str
    action: Action
    label: str


@dataclass(frozen=True, slots=True)
class StateTable:
    """The life of one noun."""

    noun: str
    initial: str
    standings: Mapping[str, Standing]
    transitions: Mapping[tuple[str, str], Transition]

    def step(self, state: str, command: str) -> Transition:
        """Return the transition, or raise CommandNotInTable."""
        found = self.transitions.get((state, command))
        if found is None:
            raise CommandNotInTable(state=state, command=command, noun=self.noun)
        return found

    def commands(self, state: str) -> tuple[str, ...]:
        return tuple(command for (at, command) in self.transitions if at == state)

    def is_final(self, state: str) -> bool:
        return not self.commands(state)


COMPANY, ADVISER, STEWARD, ROBOT = _("the company"), _("the adviser"), _("the steward"), _("the platform")
OFFICER, REVIEWER = _("the allocation officer"), _("a trust reviewer")

CASE = StateTable(
    noun="case",
    initial="new",
    standings={
        "new": Standing(_("New"), _("the front desk"), _("An adviser takes the case."), 2),
        "taken": Standing(_("With an adviser"), ADVISER, _("The adviser agrees the plan with you."), 5),
        "planned": Standing(_("Plan agreed"), ADVISER, _("The adviser writes the use-case document."), 10),
        "documented": Standing(_("Document ready"), COMPANY, _("The company decides: go, revise or stop."), 10),
        "go": Standing(_("Decided: go"), COMPANY, _("Ask for the data and the compute that the plan names."), 20),
        "building": Standing(_("Building"), COMPANY, _("Train, evaluate and have the model reviewed."), 60),
        "in_production": Standing(_("In production"), COMPANY, _("Measure the effect against the baseline."), 90),
        "measured": Standing(_("Effect measured"), ADVISER, _("Close the case, or plan the next step."), 20),
        "closed": Standing(_("Closed")),
        "stopped": Standing(_("Stopped")),
    },
    transitions={
        ("new", "take"): Transition("taken", Action.CASE_TAKE, _("Take the case")),
        ("taken", "agree_plan"): Transition("planned", Action.PLAN_AGREE, _("Agree the plan")),
        ("planned", "write_document"): Transition("documented", Action.DOCUMENT_WRITE, _("Write the document")),
        ("documented", "decide_go"): Transition("go", Action.DOCUMENT_DECIDE, _("Go")),
        ("documented", "decide_revise"): Transition("planned", Action.DOCUMENT_DECIDE, _("Revise")),
        ("documented", "decide_stop"): Transition("stopped", Action.DOCUMENT_DECIDE, _("Stop")),
        ("go", "build"): Transition("building", Action.CASE_MOVE, _("Start building")),
        ("building", "release"): Transition("in_production", Action.MODEL_RELEASE, _("Release")),
        ("in_production", "measure"): Transition("measured", Action.IMPACT_RECORD, _("Record the effect")),
        ("measured", "close"): Transition("closed", Action.CASE_MOVE, _("Close the case")),
    },
)

PRODUCT = StateTable(
    noun="product",
    initial="draft",
    standings={
        "draft": Standing(_("Draft"), STEWARD, _("The steward publishes a version.")),
        "published": Standing(_("Published"), STEWARD),
        "withdrawn": Standing(_("Withdrawn")),
    },
    transitions={
        ("draft", "publish"): Transition("published", Action.PRODUCT_PUBLISH, _("Publish")),
        ("published", "publish"): Transition("published", Action.PRODUCT_PUBLISH, _("Publish a new version")),
        ("published", "withdraw"): Transition("withdrawn", Action.PRODUCT_WITHDRAW, _("Withdraw")),
    },
)

REQUEST = StateTable(
    noun="request",
    initial="draft",
    standings={
        "draft": Standing(_("Draft"), COMPANY, _("Send the request.")),
        "submitted": Standing(_("In review"), STEWARD, _("The steward reads the request and decides."), 5),
        "returned": Standing(_("Returned"), COMPANY, _("Answer the reviewer and send it again.")),
        "approved": Standing(_("Approved")),
        "rejected": Standing(_("Rejected")),
        "closed": Standing(_("Withdrawn by the applicant")),
    },
    transitions={
        ("draft", "submit"): Transition("submitted", Action.REQUEST_CHANGE, _("Ask for access")),
        ("returned", "submit"): Transition("submitted", Action.REQUEST_CHANGE, _("Send again")),
        ("submitted", "return"): Transition("returned", Action.REQUEST_REVIEW, _("Return with a question")),
        ("submitted", "approve"): Transition("approved", Action.REQUEST_REVIEW, _("Approve")),
        ("submitted", "reject"): Transition("rejected", Action.REQUEST_REVIEW, _("Reject")),
        ("submitted", "close"): Transition("closed", Action.REQUEST_CHANGE, _("Withdraw the request")),
        ("returned", "close"): Transition("closed", Action.REQUEST_CHANGE, _("Withdraw the request")),
    },
)

GRANT = StateTable(
    noun="grant",
    initial="preparing",
    standings={
        "preparing": Standing(_("Being prepared"), ROBOT, _("The platform writes out what the policy shows.")),
        "active": Standing(_("Active"), COMPANY, _("Use the data for the agreed purpose.")),
        "expired": Standing(_("Expired")),
        "revoked": Standing(_("Revoked")),
    },
    transitions={
        ("preparing", "activate"): Transition("active", Action.GRANT_BUILD, _("Activate")),
        ("preparing", "expire"): Transition("expired", Action.GRANT_EXPIRE, _("Expire")),
        ("active", "expire"): Transition("expired", Action.GRANT_EXPIRE, _("Expire")),
        ("preparing", "revoke"): Transition("revoked", Action.GRANT_REVOKE, _("Revoke")),
        ("active", "revoke"): Transition("revoked", Action.GRANT_REVOKE, _("Revoke")),
    },
)

ALLOCATION = StateTable(
    noun="allocation",
    initial="requested",
    standings={
        "requested": Standing(_("Requested"), OFFICER, _("The allocation officer checks and awards."), 2),
        "awarded": Standing(_("Awarded"), COMPANY, _("Submit jobs until the amount or the period ends.")),
        "rejected": Standing(_("Rejected")),
    },
    transitions={
        ("requested", "award"): Transition("awarded", Action.ALLOCATION_AWARD, _("Award")),
        ("requested", "reject"): Transition("rejected", Action.ALLOCATION_AWARD, _("Reject")),
    },
)

JOB = StateTable(
    noun="job",
    initial="queued",
    standings={
        "queued": Standing(_("Queued"), ROBOT, _("The worker starts the job.")),
        "running": Standing(_("Running"), ROBOT, _("The job writes its result.")),
        "succeeded": Standing(_("Succeeded")),
        "failed": Standing(_("Failed")),
        "refused": Standing(_("Refused")),
        "cancelled": Standing(_("Cancelled")),
    },
    transitions={
        ("queued", "start"): Transition("running", Action.JOB_RUN, _("Start")),
        ("queued", "refuse"): Transition("refused", Action.JOB_RUN, _("Refuse")),
        ("queued", "cancel"): Transition("cancelled", Action.JOB_CANCEL, _("Cancel")),
        ("running", "succeed"): Transition("succeeded", Action.JOB_RUN, _("Succeed")),
        ("running", "fail"): Transition("failed", Action.JOB_RUN, _("Fail")),
        ("running", "refuse"): Transition("refused", Action.JOB_RUN, _("Refuse")),
        ("running", "cancel"): Transition("cancelled", Action.JOB_CANCEL, _("Cancel")),
    },
)

MODEL = StateTable(
    noun="model",
    initial="registered",
    standings={
        "registered": Standing(_("Registered"), ROBOT, _("The platform evaluates it on held-out data.")),
        "evaluated": Standing(_("Evaluated"), ROBOT, _("The platform writes the trust report.")),
        "reported": Standing(_("Waiting for review"), REVIEWER, _("A reviewer who is not the author decides."), 5),
        "released": Standing(_("Released"), COMPANY, _("Measure the effect.")),
        "rejected": Standing(_("Not released")),
    },
    transitions={
        ("registered", "evaluate"): Transition("evaluated", Action.MODEL_EVALUATE, _("Evaluate")),
        ("evaluated", "report"): Transition("reported", Action.MODEL_EVALUATE, _("Write the trust report")),
        ("reported", "release"): Transition("released", Action.MODEL_RELEASE, _("Release")),
        ("reported", "reject"): Transition("rejected", Action.MODEL_RELEASE, _("Do not release")),
    },
)

TABLES: tuple[StateTable, ...] = (CASE, PRODUCT, REQUEST, GRANT, ALLOCATION, JOB, MODEL)
