"""The claims of a trust report: for each one its state, by stated thresholds, and the figures that prove it.

Sentences are English with gaps and stand for every language. What nobody has measured is open.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minett.apps.cases.models import Assessment, Case
from minett.apps.registry.models import Evaluation, ModelVersion
from minett.journeys import model_lineage
from minett.kernel.content import gettext_noop as _
from minett.planes.data.purposes import PURPOSES
from minett.planes.documents.document import State

# Thresholds of this house, stated in the report: no law sets them.
GAP_PASSES, GAP_FAILS = 0.1, 0.2
FEWEST_ROWS, FEWEST_OF_A_GROUP = 100, 30
GAP_METRICS = ("accuracy", "recall")
PURPOSE = "model-training"
RISK_CLASSES = {
    "prohibited": _("prohibited"),
    "high": _("high risk"),
    "limited": _("limited risk, with duties of transparency"),
    "minimal": _("minimal risk"),
    "out-of-scope": _("no AI system in the sense of the Act"),
    "unsettled": _("not settled"),
}
# A preview never passes: only a person confirms the class.
RISK_STATES = {"prohibited": State.FAIL, "high": State.WARN, "unsettled": State.WARN}


@dataclass(frozen=True, slots=True)
class Dossier:
    """What the report is made from. `intact` says whether the stored model file still has its hash."""

    version: ModelVersion
    evaluation: Evaluation
    case: Case
    ai_act: Assessment | None
    intact: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """`claim` and `proof` are English sentences whose gaps `data` fills.

    A value of `data` is a number, a plain text, or {"sha256": …}, {"say": English words}, {"text": by language}.
    """

    key: str
    state: State
    claim: str
    proof: str
    data: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "state": self.state.value,
            "claim": self.claim,
            "proof": self.proof,
            "data": self.data,
        }


def claims_of(dossier: Dossier, card: dict[str, Any]) -> Iterator[Claim]:
    """Yield the claims in the order in which a reviewer reads them."""
    yield _lineage(dossier)
    yield _model_file(dossier)
    yield _grant(dossier)
    yield _held_out(dossier)
    yield _sandbox(dossier)
    yield _better_than_baseline(dossier.evaluation.result)
    yield from _subgroups(dossier.evaluation.result)
    yield _intended_use(card)
    yield _ai_act(dossier)
    yield Claim(
        "robustness",
        State.OPEN,
        _("The model holds up when data are noisy, missing or shifted."),
        _("Not measured yet."),
        {},
    )
    yield Claim(
        "oversight",
        State.OPEN,
        _("A person can understand, correct and stop what the model decides."),
        _("Not described yet. The company says who oversees the model before it is used."),
        {},
    )
    yield _energy(dossier)


def _sha(value: object) -> dict[str, str]:
    return {"sha256": str(value or "")}


def _lineage(dossier: Dossier) -> Claim:
    told = dossier.version.lineage
    missing = model_lineage.missing_of(told)
    data: dict[str, Any] = {"lineage": _sha(model_lineage.digest(told)), "missing": ", ".join(missing)}
    proof = _("Lineage with SHA-256 %(lineage)s.")
    if missing:
        proof = _("Not recorded: %(missing)s. Lineage with SHA-256 %(lineage)s.")
    claim = _("Everything that made the model is recorded: need, data, code, environment, run and seed.")
    return Claim("lineage", State.WARN if missing else State.PASS, claim, proof, data)


def _model_file(dossier: Dossier) -> Claim:
    version = dossier.version
    proof = _("SHA-256 %(model)s, %(bytes)s bytes.")
    if not dossier.intact:
        proof = _("The stored file no longer has the SHA-256 %(model)s that was registered.")
    claim = _("The model file is the one that the training left.")
    state = State.PASS if dossier.intact else State.FAIL
    return Claim("model-file", state, claim, proof, {"model": _sha(version.sha256), "bytes": version.bytes})


def _grant(dossier: Dossier) -> Claim:
    told, job = dossier.version.lineage, dossier.version.job
    claim = _("The data were used under a grant, for its purpose and while it ran.")
    grant = told.get("grant")
    if not grant:
        return Claim("grant", State.FAIL, claim, _("No grant is recorded."), {})
    began = job.started_at
    runs = began is not None and datetime.fromisoformat(grant["from"]) <= began < datetime.fromisoformat(grant["until"])
    purpose = PURPOSES.get(grant["purpose"])
    data = {
        # Numbers of rows are names here: they are not grouped by thousands.
        "grant": str(grant["id"]),
        "purpose": {"text": purpose.title.to_json()} if purpose else grant["purpose"],
        "until": grant["until"][:10],
        "policy": _sha(told["policy"]["sha256"]),
        "snapshot": _sha((told.get("snapshot") or {}).get("sha256")),
    }
    good = runs and grant["purpose"] == PURPOSE
    proof = _("Grant %(grant)s for “%(purpose)s”, until %(until)s. Policy %(policy)s, snapshot %(snapshot)s.")
    return Claim("grant", State.PASS if good else State.FAIL, claim, proof, data)


def _held_out(dossier: Dossier) -> Claim:
    train = dossier.version.lineage.get("inputs", {}).get("train.parquet")
    test = dossier.evaluation.job.measured.get("inputs", {}).get("test.parquet")
    state = State.WARN
    if train and test:
        state = State.PASS if train != test else State.FAIL
    claim = _("The model was evaluated on rows that its training never saw.")
    proof = _("The training read the part %(train)s alone; the evaluation read the part %(test)s.")
    return Claim("held-out", state, claim, proof, {"train": _sha(train), "test": _sha(test)})


def _sandbox(dossier: Dossier) -> Claim:
    jobs = (dossier.version.job, dossier.evaluation.job)
    claim = _("Training and evaluation ran in a sandbox without a network.")
    data = {"training": jobs[0].key, "evaluation": jobs[1].key}
    if all(job.is_sandboxed for job in jobs):
        return Claim("sandbox", State.PASS, claim, _("Jobs %(training)s and %(evaluation)s."), data)
    proof = _("At least one of the jobs %(training)s and %(evaluation)s ran without a sandbox.")
    return Claim("sandbox", State.WARN, claim, proof, data)


def _better_than_baseline(result: dict[str, Any]) -> Claim:
    bounds, baseline = result["intervals"].get("accuracy"), result["baseline"]["accuracy"]
    claim = _("The model is better than always giving the most frequent answer.")
    data = {"accuracy": result["metrics"]["accuracy"], "baseline": baseline, "n": result["n"]}
    if bounds is None:
        proof = _("Accuracy %(accuracy)s on %(n)s rows, against %(baseline)s. No interval was measured.")
        return Claim("better-than-baseline", State.WARN, claim, proof, data)
    state = State.WARN
    if bounds["high"] < baseline:
        state = State.FAIL
    elif bounds["low"] > baseline and result["n"] >= FEWEST_ROWS:
        state = State.PASS
    data |= {"low": bounds["low"], "high": bounds["high"], "fewest": FEWEST_ROWS}
    proof = _(
        "Accuracy %(accuracy)s (95 %% interval %(low)s to %(high)s) on %(n)s rows, against %(baseline)s. It passes"
        " where the whole interval lies above, from %(fewest)s rows on."
    )
    return Claim("better-than-baseline", state, claim, proof, data)


def _subgroups(result: dict[str, Any]) -> Iterator[Claim]:
    if not result["subgroups"]:
        claim, proof = (
            _("The model errs about equally often in all groups."),
            _("No column was named to compare groups by."),
        )
        yield Claim("subgroups", State.OPEN, claim, proof, {})
    for column, part in result["subgroups"].items():
        claim, data = _("The model errs about equally often in the groups of “%(column)s”."), {"column": column}
        if len(part["groups"]) < 2:  # noqa: PLR2004 - one group has nothing to be compared with.
            proof = _("The groups could not be compared: too many values, or too few rows in each.")
            yield Claim(f"subgroups:{column}", State.OPEN, claim, proof, data)
            continue
        # The gap is counted again from the groups: a report's own sums are not taken on trust.
        spread = {key: [group[key] for group in part["groups"].values()] for key in GAP_METRICS}
        gap = max(max(values) - min(values) for values in spread.values())
        smallest = min(group["n"] for group in part["groups"].values())
        figures = {"gap": gap, "passes": GAP_PASSES, "fails": GAP_FAILS, "smallest": smallest}
        proof = _(
            "The largest gap in accuracy or recall is %(gap)s; up to %(passes)s passes, above %(fails)s fails."
            " The smallest group has %(smallest)s rows."
        )
        yield Claim(f"subgroups:{column}", _gap_state(gap, smallest), claim, proof, data | figures)


def _gap_state(gap: float, smallest: int) -> State:
    """Small groups prove neither fairness nor its lack, so they need attention whatever the gap."""
    if smallest < FEWEST_OF_A_GROUP:
        return State.WARN
    if gap > GAP_FAILS:
        return State.FAIL
    return State.PASS if gap <= GAP_PASSES else State.WARN


def _intended_use(card: dict[str, Any]) -> Claim:
    claim, data = _("What the model is for, and what not, is stated."), {"card": _sha(model_lineage.digest(card))}
    if card["intended_use"]:
        return Claim("intended-use", State.PASS, claim, _("Model card with SHA-256 %(card)s."), data)
    proof = _("The case names no use case. Model card with SHA-256 %(card)s.")
    return Claim("intended-use", State.WARN, claim, proof, data)


def preview_of(dossier: Dossier) -> dict[str, Any]:
    """Return the newest AI Act preview: the one kept with the case, else the plan's; empty where there is none."""
    kept = dossier.ai_act.result if dossier.ai_act else dossier.case.plan.get("ai_act")
    return kept if isinstance(kept, dict) else {}


def _ai_act(dossier: Dossier) -> Claim:
    claim = _("The class under the AI Act is known.")
    preview = preview_of(dossier)
    risk = str(preview.get("risk_class") or "")
    if not risk:
        return Claim("ai-act", State.OPEN, claim, _("No preview was made. To be settled by a person."), {})
    data = {
        "risk": {"say": RISK_CLASSES.get(risk, risk)},
        "articles": ", ".join(map(str, preview.get("articles") or ())) or "–",
        "as_of": str(preview.get("as_of") or "–"),
    }
    proof = _("First preview: %(risk)s; articles: %(articles)s; as of %(as_of)s. To be confirmed by a person.")
    return Claim("ai-act", RISK_STATES.get(risk, State.OPEN), claim, proof, data)


def _energy(dossier: Dossier) -> Claim:
    jobs = (dossier.version.job, dossier.evaluation.job)
    seconds = sum(float(job.measured.get("cpu_seconds") or 0) for job in jobs)
    claim = _("The energy that training and evaluation took is known.")
    proof = _("Not measured on this machine. Both took %(seconds)s seconds of CPU time together.")
    return Claim("energy", State.OPEN, claim, proof, {"seconds": math.ceil(seconds)})
