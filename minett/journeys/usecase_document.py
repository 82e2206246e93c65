"""The decision-ready use-case document: drafted from plan and catalogue, written by the adviser, printed by typst."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from minett.apps.cases import access, services
from minett.apps.cases.models import Case, UseCaseDocument
from minett.journeys import equipment
from minett.kernel.actor import Actor
from minett.kernel.content import Text, gettext_noop
from minett.kernel.errors import Absent, BadInput
from minett.planes.documents.document import Bullets, Document, Facts, Heading, Paragraph, Quote
from minett.planes.documents.pdf import render_pdf as print_pdf
from minett.policy.actions import Action

# The fields that the front door's partners ask a decision-ready document to have, in their order.
SECTIONS = ("value", "data", "metrics", "risks", "compliance", "resources", "plan")
TITLES = {
    "value": gettext_noop("Expected business value"),
    "data": gettext_noop("Data required"),
    "metrics": gettext_noop("Performance metrics"),
    "risks": gettext_noop("Risks"),
    "compliance": gettext_noop("Compliance"),
    "resources": gettext_noop("Resources needed"),
    "plan": gettext_noop("Execution plan"),
}
LONGEST_SECTION = 5_000


class SectionsMissing(BadInput):
    code = "sections-missing"
    sentence = gettext_noop("The document is not ready for a decision. Still empty: %(missing)s.")


class SectionTooLong(BadInput):
    code = "section-too-long"
    sentence = gettext_noop("A section holds at most 5,000 characters. Too long: %(section)s.")


def draft(actor: Actor, *, case_id: int) -> dict[str, str]:
    """Return a first text for each section, in the case's language, from the agreed use case and the plan."""
    case = access.obtain(actor, Action.DOCUMENT_WRITE, case_id)
    usecase = case.usecase.content if case.usecase else {}
    with translation.override(case.language):
        return _drafts(case, usecase)


def _drafts(case: Case, usecase: dict[str, Any]) -> dict[str, str]:
    language, plan = case.language, case.plan
    values = usecase.get("value", {})
    preview = plan.get("ai_act") or {}
    articles = ", ".join(preview.get("articles") or []) or _("none found")
    steps = [_words(part.get("title"), language) for step in plan.get("path") or [] for part in step["services"][:1]]
    estimate: dict[str, Any] = next(iter(plan.get("estimates") or []), {})
    return {
        "value": "\n".join(values.get(language) or values.get("en") or []),
        "data": _words(usecase.get("data_needed"), language),
        "metrics": _("Measured before and after, on the same indicator, with its interval."),
        "risks": _("Data of too little quality or quantity. Too little time of the people who know the process."),
        "compliance": _("AI Act, first preview: %(risk)s. Articles: %(articles)s. To be confirmed by a person.")
        % {"risk": preview.get("risk_class", _("not settled")), "articles": articles},
        "resources": str(estimate.get("formula") or "") or _("An estimate follows once the data are known."),
        "plan": "\n".join(step for step in steps if step) or _("The adviser fills in the steps."),
    }


def _words(texts: object, language: str) -> str:
    return Text.of(texts).in_(language) if isinstance(texts, dict) and texts else ""


@transaction.atomic
def write(actor: Actor, *, now: datetime, case_id: int, sections: dict[str, str]) -> UseCaseDocument:
    """Write the document; its PDF is printed by the worker. Every section needs words."""
    case = access.obtain(actor, Action.DOCUMENT_WRITE, case_id)
    clean = {name: sections.get(name, "").replace("\x00", "").strip() for name in SECTIONS}
    missing = [name for name, text in clean.items() if not text]
    if missing:
        raise SectionsMissing(missing=", ".join(missing), sections=missing)
    too_long = [name for name, text in clean.items() if len(text) > LONGEST_SECTION]
    if too_long:
        raise SectionTooLong(section=", ".join(too_long))
    document = services.write_document(actor, now=now, case_id=case_id, content=_content(case, clean, now))
    equipment.current().enqueue("write_document_pdf", document_id=document.pk)
    return document


def _content(case: Case, sections: dict[str, str], now: datetime) -> dict[str, Any]:
    usecase = case.usecase
    return {
        "format": "minett-usecase-document/1",
        "case": case.number,
        "title": case.title,
        "company": case.organisation.display_name if case.organisation else "",
        "is_invented": bool(case.organisation and case.organisation.is_invented),
        "adviser": case.adviser.name if case.adviser else "",
        "language": case.language,
        "need": case.need.text,
        "usecase": {"code": usecase.entry.code, "version": usecase.number, "source": usecase.source} if usecase else {},
        "as_of": now.date().isoformat(),
        "sections": sections,
    }


def as_document(document: UseCaseDocument) -> Document:
    """Lay the document out, in the language of its case."""
    content = document.content
    with translation.override(content["language"]):
        facts = [
            (_("Case"), content["case"]),
            (_("Company"), content["company"]),
            (_("Adviser"), content["adviser"]),
            (_("As of"), content["as_of"]),
            (_("Version"), str(document.version)),
        ]
        invented = _("The company is invented for a demonstration.") if content["is_invented"] else ""
        return Document(
            title=content["title"],
            subtitle=_("Use-case document, ready for a decision"),
            language=content["language"],
            meta=tuple((label, value) for label, value in facts if value),
            notice=" ".join(filter(None, [_("Not legal advice."), invented])),
            blocks=tuple(_blocks(content)),
        )


def _blocks(content: dict[str, Any]) -> list[Heading | Paragraph | Bullets | Quote | Facts]:
    blocks: list[Heading | Paragraph | Bullets | Quote | Facts] = [
        Heading(1, _("The need, in the company's words")),
        Quote(content["need"][:2000]),
    ]
    for name in SECTIONS:
        blocks.append(Heading(1, _(TITLES[name])))
        lines = tuple(line.strip() for line in content["sections"][name].splitlines() if line.strip())
        blocks.append(Bullets(lines) if len(lines) > 1 else Paragraph(lines[0]))
    source = content["usecase"].get("source")
    if source:
        blocks += [Heading(1, _("Where the pattern comes from")), Paragraph(source)]
    return blocks


def render_pdf(robot: Actor, *, now: datetime, document_id: int) -> None:
    """Print the document and note where it lies; printing again gives the same file."""
    document = UseCaseDocument.objects.select_related("case").filter(pk=document_id).first()
    if document is None:
        raise Absent
    store = equipment.current().store
    printed = print_pdf(as_document(document), store.folder("documents") / f"usecase-{document.sha256[:24]}.pdf")
    services.attach_pdf(
        robot, now=now, document_id=document_id, path=store.relative(printed.path), sha256=printed.sha256
    )
