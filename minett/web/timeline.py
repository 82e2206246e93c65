"""Ledger rows of a case as sentences that a person understands. It reads no table and leaves nothing out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from minett.apps.ledger.models import Entry
from minett.kernel.actor import Actor
from minett.kernel.content import gettext_noop as _
from minett.kernel.quantities import Quantity
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.rules.compute import ComputeFacts
from minett.policy.rules.data import RequestFacts
from minett.policy.rules.models import ModelFacts
from minett.web.amounts import amount


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of `components/timeline.html`."""

    title: str
    at: datetime
    who: str
    body: str = ""
    url: str = ""
    tone: str = ""
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said of a kind of change: a sentence with named gaps, its tone, and whether its reason belongs to it."""

    sentence: str
    tone: str = ""
    with_reason: bool = False


# By noun, and by what tells the changes of that noun apart: mostly the state it came to.
SAYINGS: Mapping[tuple[str, str], Saying] = {
    ("case", "new"): Saying(_("The case was opened."), "info"),
    ("case", "taken"): Saying(_("An adviser took the case."), "info"),
    ("case", "planned"): Saying(_("The plan was agreed."), "good", with_reason=True),
    ("case", "documented"): Saying(_("The use-case document was written, version %(version)s."), "ore"),
    ("case", "decision:go"): Saying(_("The company decided: go."), "good", with_reason=True),
    ("case", "decision:revise"): Saying(_("The company asked for a revised document."), "wait", with_reason=True),
    ("case", "decision:stop"): Saying(_("The company decided to stop."), "bad", with_reason=True),
    ("case", "building"): Saying(_("Building began."), "info"),
    ("case", "in_production"): Saying(_("The case went into production."), "good"),
    ("case", "measured"): Saying(_("The effect was measured."), "good"),
    ("case", "closed"): Saying(_("The case was closed.")),
    ("message", "message"): Saying(_("Message")),
    ("message", "internal"): Saying(_("Internal note")),
    ("assessment", "ai-act"): Saying(_("The adviser read the AI Act preview and kept it with the case."), "info"),
    ("assessment", "other"): Saying(_("An assessment was kept with the case."), "info"),
    ("document", "printed"): Saying(_("The use-case document was printed as PDF.")),
    ("request", "asked"): Saying(_("Access to the data product %(product)s was asked for."), "wait"),
    ("request", "submitted"): Saying(_("The data request was sent again."), "wait"),
    ("request", "returned"): Saying(
        _("The steward sent the data request back with a question."), "wait", with_reason=True
    ),
    ("request", "approved"): Saying(_("The steward approved the data request."), "good", with_reason=True),
    ("request", "rejected"): Saying(_("The steward rejected the data request."), "bad", with_reason=True),
    ("request", "closed"): Saying(_("The data request was withdrawn.")),
    ("grant", "active"): Saying(_("The data are ready to use: %(rows)s rows."), "good"),
    ("grant", "expired"): Saying(_("The access to the data ended, as agreed.")),
    ("grant", "revoked"): Saying(_("The access to the data was revoked."), "bad", with_reason=True),
    ("grant", "used"): Saying(_("The data were opened for the agreed purpose.")),
    ("allocation", "requested"): Saying(_("Compute was asked for: %(requested)s."), "wait"),
    ("allocation", "awarded"): Saying(_("Compute was awarded: %(awarded)s."), "good", with_reason=True),
    ("allocation", "rejected"): Saying(_("The request for compute was rejected."), "bad", with_reason=True),
    ("job", "training"): Saying(_("A training job was submitted."), "info"),
    ("job", "evaluation"): Saying(_("An evaluation job was submitted."), "info"),
    ("job", "running"): Saying(_("A job started, attempt %(attempt)s.")),
    ("job", "succeeded"): Saying(_("A job succeeded and used %(used)s."), "good"),
    ("job", "failed"): Saying(_("A job failed after it used %(used)s."), "bad"),
    ("job", "refused"): Saying(_("A job was refused before it ran."), "bad", with_reason=True),
    ("job", "cancelled"): Saying(_("A job was cancelled.")),
    ("model", "registered"): Saying(_("A model was registered, version %(number)s."), "info"),
    ("model", "evaluated"): Saying(_("The platform evaluated the model on %(rows)s rows it had never seen."), "info"),
    ("model", "reported"): Saying(_("The trust report was written; a reviewer reads it next."), "wait"),
    ("model", "released"): Saying(_("The model was released."), "good", with_reason=True),
    ("model", "rejected"): Saying(_("The model was not released."), "bad", with_reason=True),
    ("indicator", "named"): Saying(_("An indicator was named: %(name)s (%(unit)s)."), "info"),
    ("measurement", "baseline"): Saying(_("The baseline was recorded."), "info"),
    ("measurement", "after"): Saying(_("The effect was recorded."), "good"),
    ("measurement", "baseline-simulated"): Saying(_("A baseline was recorded. Its values are simulated."), "wait"),
    ("measurement", "after-simulated"): Saying(_("An effect was recorded. Its values are simulated."), "wait"),
}
AMOUNTS = frozenset({"requested", "awarded", "used"})
UNKNOWN = Saying(_("Something changed: %(action)s."))
PAGES = {
    "request": "/requests/{}/",
    "grant": "/grants/{}/",
    "allocation": "/allocations/{}/",
    "job": "/jobs/{}/",
    "model": "/models/{}/",
    "document": "/documents/{}/",
}


def told(entry: Entry, openable: Collection[str]) -> Told:
    """Return a row as an entry of the timeline; `openable` are the nouns whose pages the reader may open.

    A row that was annotated with a message's words (`body`) shows them.
    """
    after = entry.after if isinstance(entry.after, dict) else {}
    saying = saying_of(entry, after)
    return Told(
        title=gettext(saying.sentence) % _Gaps({**after, "action": entry.action}),
        at=entry.at,
        who=gettext("the platform") if entry.actor_key.startswith("bot:") else entry.actor_name,
        body=getattr(entry, "body", "") or (entry.reason if saying.with_reason else ""),
        url=_page(entry, after, openable),
        tone=saying.tone,
        internal=entry.action == Action.MESSAGE_WRITE_INTERNAL.value,
    )


def saying_of(entry: Entry, after: Mapping[str, Any]) -> Saying:
    """Return what is said of a row; a kind of change that is not known is named by its action."""
    return SAYINGS.get((entry.noun, _key(entry, after))) or UNKNOWN


def _key(entry: Entry, after: Mapping[str, Any]) -> str:  # noqa: PLR0911 - one answer for each noun.
    state = str(after.get("state", ""))
    match entry.noun:
        case "case":
            return f"decision:{after['decision']}" if "decision" in after else state
        case "message":
            return "internal" if after.get("internal") else "message"
        case "assessment":
            return "ai-act" if after.get("kind") == "ai-act" else "other"
        case "document":
            return "printed"
        case "request":
            return "asked" if entry.action == Action.REQUEST_CREATE.value else state
        case "grant":
            return state or "used"
        case "job":
            return str(after.get("kind", "")) if entry.action == Action.JOB_SUBMIT.value else state
        case "indicator":
            return "named"
        case "measurement":
            return f"{after.get('kind')}-simulated" if after.get("simulated") else str(after.get("kind"))
        case _:
            return state


def _page(entry: Entry, after: Mapping[str, Any], openable: Collection[str]) -> str:
    if entry.noun == "case" and "document" in after:
        return PAGES["document"].format(after["document"])
    return PAGES[entry.noun].format(entry.noun_id) if entry.noun in PAGES and entry.noun in openable else ""


class _Gaps(dict[str, Any]):
    """Named gaps; what an old row does not tell is left open, since rows are never changed."""

    def __missing__(self, key: str) -> str:
        return "…"

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        return _amount(value) if key in AMOUNTS else value


def _amount(told_: Any) -> Any:
    """Return an amount that the ledger tells as text ("2 node-hour") as the page's language writes it."""
    number, _space, unit = str(told_).partition(" ")
    try:
        return amount(Quantity.of(number, unit))
    except (ValueError, ArithmeticError):
        return told_


def openable(actor: Actor, organisation_id: int | None) -> frozenset[str]:
    """Return the nouns of a company's things whose pages the actor may open."""
    nouns = {"document"}
    if organisation_id is None:
        return frozenset(nouns)
    compute = ComputeFacts(organisation_id, None, "")
    if decide(actor, Action.JOB_VIEW, compute):
        nouns |= {"job", "allocation"}
    if decide(actor, Action.MODEL_VIEW, ModelFacts(organisation_id, None, "")):
        nouns.add("model")
    if decide(actor, Action.REQUEST_VIEW, RequestFacts(organisation_id, None, None, 0, "")):
        nouns |= {"request", "grant"}
    return frozenset(nouns)
