"""The class and duties that a described use of AI probably has under the AI Act, as of a day.

Never legal advice: it abstains and asks whenever a ban or a high-risk use cannot be ruled out, and an adviser
always confirms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from minett.advice.ai_act.rules import DutyRule, Finding, Rule, Verdict, all_duties, all_rules, findings
from minett.advice.reading import words
from minett.advice.wording import say
from minett.kernel.content import Text

CLASSES = ("prohibited", "high", "limited", "minimal", "out-of-scope", "unsettled")
MOST_QUESTIONS = 4
_FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty with its article and first day; `applies_now` compares that day with the preview's `as_of`."""

    article: str
    label: Text
    applies_from: date
    applies_now: bool


@dataclass(frozen=True, slots=True)
class AiActPreview:
    """`quotes` pairs a sentence of the description with the id of the rule it touched.

    `gpai` is "gpai" or "gpai-systemic" when the text is about providing a general-purpose model, else None: such
    models have duties of their own beside the classes. `language` says which language the reader chose.
    """

    risk_class: str
    articles: tuple[str, ...]
    quotes: tuple[tuple[str, str], ...]
    open_questions: tuple[Text, ...]
    duties: tuple[Duty, ...]
    abstain: bool
    as_of: date
    language: str = "en"
    gpai: str | None = None
    must_be_confirmed: bool = True


def preview(description: str, *, usecase_risk: str | None, language: str, as_of: date) -> AiActPreview:
    """Return the preview for a description in any of the four languages.

    `usecase_risk` is the class that the catalogue gives the chosen use case for its stated purpose, or None.
    """
    found = findings(description)
    gpai = _gpai(found)
    risk_class = _risk_class(found, usecase_risk, gpai, len(words(description)))
    counted = [one for one in found if one.verdict is not Verdict.EXEMPT]
    shown = [one for one in counted if _speaks(one, risk_class)]
    return AiActPreview(
        risk_class=risk_class,
        articles=tuple(dict.fromkeys(one.rule.article for one in shown if one.verdict is Verdict.HIT)),
        quotes=tuple((sentence, one.rule.id) for one in shown for sentence in one.sentences),
        open_questions=_questions(found, risk_class, usecase_risk, gpai),
        duties=_duties(found, risk_class, as_of),
        abstain=risk_class == "unsettled",
        as_of=as_of,
        language=language,
        gpai=gpai,
    )


def _of_kind(found: Sequence[Finding], *kinds: str, verdict: Verdict) -> list[Finding]:
    return [one for one in found if one.rule.kind in kinds and one.verdict is verdict]


def _gpai(found: Sequence[Finding]) -> str | None:
    articles = {one.rule.article for one in _of_kind(found, "gpai", verdict=Verdict.HIT)}
    if "Art. 55" in articles:
        return "gpai-systemic"
    return "gpai" if articles else None


def _risk_class(found: Sequence[Finding], usecase_risk: str | None, gpai: str | None, length: int) -> str:
    """Decide in the Act's order: ban, scope, high-risk, what is open, transparency, the rest."""
    if _of_kind(found, "prohibited", verdict=Verdict.HIT) or usecase_risk == "prohibited":
        return "prohibited"
    risky = usecase_risk == "high" or _of_kind(found, "high", verdict=Verdict.HIT)
    # A use case of the catalogue is a use of AI, whatever else the need tells about macros and sums.
    if _of_kind(found, "scope", verdict=Verdict.HIT) and not risky and usecase_risk is None:
        return "out-of-scope"
    if risky:
        return "high"
    possible = _of_kind(found, "prohibited", "high", verdict=Verdict.POSSIBLE)
    known = usecase_risk is not None
    if possible or gpai or (not known and length < _FEWEST_WORDS):
        return "unsettled"
    transparent = _of_kind(found, "transparency", verdict=Verdict.HIT)
    return "limited" if transparent or (known and "limited" in str(usecase_risk)) else "minimal"


def _speaks(finding: Finding, risk_class: str) -> bool:
    """Whether the finding belongs to the answer: after a ban the lower classes say nothing, else all do."""
    return (
        finding.rule.kind == "prohibited"
        or risk_class not in {"prohibited", "out-of-scope"}
        or (risk_class == "out-of-scope" and finding.rule.kind == "scope")
    )


def _questions(
    found: Sequence[Finding], risk_class: str, usecase_risk: str | None, gpai: str | None
) -> tuple[Text, ...]:
    asked: list[Text] = []
    if usecase_risk == "high" and not _of_kind(found, "high", verdict=Verdict.HIT):
        asked.append(say("ai-act-which-high"))
    if usecase_risk is not None and "gpai" in usecase_risk:
        asked.append(say("ai-act-third"))
    if gpai:
        asked.append(say("ai-act-gpai-system"))
    asked += [
        one.rule.question
        for one in found
        if one.rule.question is not None and one.verdict is not Verdict.HIT and one.rule.kind in {"prohibited", "high"}
    ]
    if risk_class == "unsettled" and not asked:
        asked.append(say("ai-act-purpose"))
    return _distinct(asked)[:MOST_QUESTIONS]


def _distinct(texts: Sequence[Text]) -> tuple[Text, ...]:
    seen: dict[str, Text] = {}
    for text in texts:
        seen.setdefault(text.in_("en"), text)
    return tuple(seen.values())


def _duties(found: Sequence[Finding], risk_class: str, as_of: date) -> tuple[Duty, ...]:
    if risk_class == "out-of-scope":
        return ()
    hits = [one.rule for one in found if one.verdict is Verdict.HIT]
    rows = [_dated(rule, as_of) for rule in hits if rule.kind in _kinds_with_duty(risk_class)]
    start = min((rule.applies_from for rule in hits if rule.kind == "high"), default=_first_high())
    for duty in all_duties():
        if _owed(duty, risk_class, found):
            day = duty.applies_from or start
            rows.append(Duty(duty.article, duty.label, day, day <= as_of))
    return tuple(rows)


def _dated(rule: Rule, as_of: date) -> Duty:
    return Duty(rule.article, rule.label, rule.applies_from, rule.applies_from <= as_of)


def _kinds_with_duty(risk_class: str) -> frozenset[str]:
    return frozenset({"prohibited"} if risk_class == "prohibited" else {"transparency", "gpai"})


def _owed(duty: DutyRule, risk_class: str, found: Sequence[Finding]) -> bool:
    if duty.group == "exempt":
        low = risk_class in {"limited", "minimal", "unsettled"}
        return low and any(one.verdict is Verdict.EXEMPT for one in found)
    if duty.group == "limited":
        # The paragraph that was found says more than the article as a whole.
        return risk_class == "limited" and not _of_kind(found, "transparency", verdict=Verdict.HIT)
    return duty.group in {"always", risk_class}


def _first_high() -> date:
    """Return the earliest day on which any high-risk rule applies: the careful answer when the rule is not known."""
    return min(rule.applies_from for rule in all_rules() if rule.kind == "high")
