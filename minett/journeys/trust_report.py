"""The first trust report of a model: claims, each with its state and a proof that anybody can see again.

A claim that no run has measured is open, never passed. Claims are kept as data and put into words when they are
shown, so that a page may show them in its own language; the PDF is in the author's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from minett.apps.registry.models import ModelVersion
from minett.journeys import model_card, model_lineage
from minett.journeys.trust_claims import Dossier, claims_of
from minett.kernel.content import Text
from minett.planes.documents import charts, labels
from minett.planes.documents.document import Block, Checks, Document, Facts, Figure, Heading, Paragraph, State, Table

FORMAT = "minett-trust-report/1"
# Enough to recognise a hash by; the whole ones stand in the last chapter.
SHOWN_HASH = 12
DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Spoken:
    """A claim in a reader's words."""

    key: str
    state: State
    claim: str
    proof: str


def compose(dossier: Dossier, card: dict[str, Any], *, language: str, as_of: date) -> dict[str, Any]:
    """Return the content of the report: claims as data, and the document in `language`."""
    claims = [claim.to_json() for claim in claims_of(dossier, card)]
    with translation.override(language):
        document = _document(dossier, card, spoken(claims, language), language, as_of)
    return {
        "format": FORMAT,
        "language": language,
        "as_of": as_of.isoformat(),
        "claims": claims,
        "counts": {state.value: sum(claim["state"] == state for claim in claims) for state in State},
        "document": document.to_json(),
    }


def spoken(claims: list[dict[str, Any]], language: str) -> list[Spoken]:
    """Put stored claims into words of `language`; the caller has switched to it."""
    return [
        Spoken(
            key=claim["key"],
            state=State(claim["state"]),
            claim=_(claim["claim"]) % _filled(claim["data"], language),
            proof=_(claim["proof"]) % _filled(claim["data"], language),
        )
        for claim in claims
    ]


def _filled(data: dict[str, Any], language: str) -> dict[str, str]:
    return {name: _said(value, language) for name, value in data.items()}


def _said(value: Any, language: str) -> str:
    """Write one gap: numbers in the language's marks, hashes short, marked words translated."""
    match value:
        case {"say": str(words)}:
            return _(words)
        case {"text": dict(texts)}:
            return Text.of(texts).in_(language)
        case {"sha256": str(whole)}:
            return whole[:SHOWN_HASH] or labels.label("nothing", language)
        case int() | float():
            return labels.number(value, language, DECIMALS if isinstance(value, float) else 0)
    return str(value)


def _document(dossier: Dossier, card: dict[str, Any], told: list[Spoken], language: str, as_of: date) -> Document:
    version, case = dossier.version, dossier.case
    organisation = version.model.organisation
    invented = _("The company is invented for a demonstration.") if organisation.is_invented else ""
    return Document(
        title=_("Trust report: %(name)s") % {"name": version.model.name},
        subtitle=_("Version %(number)s, a first report") % {"number": version.number},
        language=language,
        meta=(
            (_("Company"), organisation.display_name),
            (_("Case"), case.number),
            (_("Author"), version.author.name),
            (_("As of"), as_of.isoformat()),
            (_("Model file (SHA-256)"), version.sha256),
        ),
        notice=" ".join(filter(None, [_("Not legal advice."), invented])),
        blocks=(
            *_summary(told),
            *model_card.use_blocks(card, language),
            *_performance(dossier, card, language),
            *model_card.data_blocks(card, language),
            *_origin(version, card, language),
        ),
    )


def _summary(told: list[Spoken]) -> Iterator[Block]:
    counts = {state.value: sum(claim.state is state for claim in told) for state in State}
    yield Heading(1, _("What was checked"))
    words = _("%(pass)s passed, %(warn)s need attention, %(fail)s failed, %(open)s are not yet checked.")
    yield Paragraph(words % counts)
    yield Checks(tuple((claim.state, claim.claim, claim.proof) for claim in told))


def _performance(dossier: Dossier, card: dict[str, Any], language: str) -> Iterator[Block]:
    result = dossier.evaluation.result
    yield Heading(1, _("How good it is"))
    yield _against_baseline(result, language)
    yield model_card.metrics_table(card, language)
    for column, part in result["subgroups"].items():
        if part["groups"]:
            yield Heading(2, _("Groups of “%(column)s”") % {"column": column})
            yield _groups(part, language)


def _against_baseline(result: dict[str, Any], language: str) -> Figure:
    accuracy, bounds = result["metrics"]["accuracy"], result["intervals"].get("accuracy")
    low, high = (bounds["low"], bounds["high"]) if bounds else (None, None)
    # An interval that does not hold its own value cannot be drawn; the table still gives it.
    if low is None or not low <= accuracy <= high:
        low = high = None
    points = (
        charts.Measured(_("Always the most frequent answer"), result["baseline"]["accuracy"]),
        charts.Measured(_("This model"), accuracy, low, high),
    )
    chart = charts.before_after(
        points, unit=_("share of right answers"), title=_("Accuracy against the simplest answer"), language=language
    )
    return chart.figure(with_table=False)


def _groups(part: dict[str, Any], language: str) -> Table:
    keys = ("accuracy", "recall", "precision", "selection_rate")
    rows = tuple(
        (
            name,
            labels.number(group["n"], language),
            *(labels.number(group[key], language, DECIMALS) for key in keys),
        )
        for name, group in part["groups"].items()
    )
    head = (_("Group"), _("Rows"), *(model_card.metric_name(key) for key in keys))
    return Table(head, rows, _("All about the positive answer against the rest"), tuple(range(1, len(head))))


def _origin(version: ModelVersion, card: dict[str, Any], language: str) -> Iterator[Block]:
    told = version.lineage
    yield Heading(1, _("Where it comes from"))
    yield Facts(tuple(_hashes(told, card)))
    chart = model_lineage.picture(told, name=version.model.name, model_sha256=version.sha256, language=language)
    yield chart.figure(with_table=False)


def _hashes(told: dict[str, Any], card: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the whole hashes and the environment, which the picture has no room for."""
    names = {
        "need": _("Need (SHA-256)"),
        "document": _("Use-case document (SHA-256)"),
        "product": _("Data product (SHA-256)"),
        "policy": _("Policy (SHA-256)"),
        "snapshot": _("Snapshot (SHA-256)"),
        "code": _("Code (SHA-256)"),
    }
    for key, name in names.items():
        if told.get(key):
            yield name, told[key]["sha256"]
    yield _("Lineage (SHA-256)"), model_lineage.digest(told)
    yield _("Model card (SHA-256)"), model_lineage.digest(card)
    environment = told["environment"]
    yield _("Installed packages (SHA-256)"), environment["packages_sha256"]
    yield (
        _("Packages of the training"),
        ", ".join(f"{name} {number}" for name, number in environment["reported"].items()),
    )
