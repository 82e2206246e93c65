"""From which need, data, code and run a model came: collected once, when it is registered, by id and hash."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions
from typing import Any

from django.utils.translation import gettext as _

from minett.apps.cases import queries as cases
from minett.apps.grants.models import Grant
from minett.apps.jobs.models import Job
from minett.apps.ledger import chain
from minett.planes.documents.drawing import Chart
from minett.planes.documents.lineage import Node, lineage

FORMAT = "minett-lineage/1"
# What a complete lineage holds. A use-case document is not always written, so it is told, but not demanded.
NEEDED = ("need", "case", "grant", "snapshot", "policy", "code", "environment", "job", "seed", "inputs")
SHORT_HASH = 12


def lineage_of(job: Job, training: dict[str, Any]) -> dict[str, Any]:
    """Return the lineage of the model that a training job left; `training` is its checked report."""
    case = job.case
    need_text = case.need.text.encode()
    return {
        "format": FORMAT,
        "need": {"id": case.need_id, "sha256": hashlib.sha256(need_text).hexdigest()},
        "case": {"id": case.pk, "number": case.number},
        "document": _document(job),
        **(_data(job.grant) if job.grant is not None else {}),
        "code": {"template": job.spec.get("template", ""), "sha256": job.code_sha256},
        "environment": environment() | {"reported": training["versions"]},
        "job": {"id": job.pk, "key": job.key, "attempt": job.attempt, "sandboxed": job.is_sandboxed},
        "inputs": job.measured.get("inputs") or {},
        "seed": job.spec.get("params", {}).get("seed"),
    }


def digest(lineage_or_card: dict[str, Any]) -> str:
    """Return the SHA-256 of plain data in the canonical text that the ledger uses."""
    return hashlib.sha256(chain.canonical(lineage_or_card).encode()).hexdigest()


def missing_of(told: dict[str, Any]) -> list[str]:
    """Return the parts of a lineage that are not there."""
    return [part for part in NEEDED if told.get(part) in (None, "", {}, [])]


@cache
def environment() -> dict[str, str]:
    """Return the Python and one hash over every installed package with its version, as this process sees them."""
    found = {f"{part.name.lower()}=={part.version}" for part in distributions() if part.name}
    lines = "\n".join(sorted(found))
    return {
        "python": platform.python_version(),
        "packages": str(len(found)),
        "packages_sha256": hashlib.sha256(lines.encode()).hexdigest(),
    }


def _document(job: Job) -> dict[str, Any]:
    document = cases.documents(job.case).first()
    if document is None:
        return {}
    return {
        "id": document.pk,
        "version": document.version,
        "sha256": document.sha256,
        "decision": document.decision,
    }


def _data(grant: Grant) -> dict[str, Any]:
    version, product = grant.version, grant.version.product
    known: dict[str, Any] = {
        "product": {
            "code": product.code,
            "title": product.title,
            "version": version.number,
            "sha256": version.sha256,
            "licence": product.licence,
            "source": product.source,
        },
        "grant": {
            "id": grant.pk,
            "purpose": grant.purpose,
            "columns": grant.columns,
            "from": grant.starts_at.isoformat(),
            "until": grant.until_at.isoformat(),
        },
        "policy": {"sha256": grant.tree_sha256},
    }
    if grant.snapshot is not None:
        known["snapshot"] = {"sha256": grant.snapshot.sha256, "rows": grant.snapshot.rows}
    return known


def _short(value: object) -> str:
    return str(value or "")[:SHORT_HASH]


def _stations(told: dict[str, Any], name: str, model_sha256: str) -> Iterator[Node]:
    need, case, document = told["need"], told["case"], told.get("document")
    yield Node("need", _("Need"), _("Need %(number)s") % {"number": need["id"]}, _short(need["sha256"]))
    yield Node("case", _("Case"), case["number"])
    if document:
        label = _("Version %(number)s") % {"number": document["version"]}
        yield Node("document", _("Use-case document"), label, _short(document["sha256"]))
    if told.get("product"):
        yield Node("product", _("Data product"), told["product"]["code"], _short(told["product"]["sha256"]))
    if told.get("grant"):
        label = _("Grant %(number)s") % {"number": told["grant"]["id"]}
        yield Node("grant", _("Data grant"), label, _short(told["policy"]["sha256"]))
    if told.get("snapshot"):
        yield Node("snapshot", _("Snapshot"), _short(told["snapshot"]["sha256"]))
    yield Node("code", _("Code"), told["code"]["template"] or "–", _short(told["code"]["sha256"]))
    yield Node("job", _("Training"), told["job"]["key"], _("Seed %(seed)s") % {"seed": told["seed"]})
    yield Node("model", _("Model"), name, _short(model_sha256), marked=True)


_WAYS = (
    ("need", "case"),
    ("case", "document"),
    ("document", "grant"),
    ("product", "grant"),
    ("grant", "snapshot"),
    ("snapshot", "job"),
    ("code", "job"),
    ("job", "model"),
)


def picture(told: dict[str, Any], *, name: str, model_sha256: str, language: str) -> Chart:
    """Draw the way from the need to the model; the caller has switched to `language`."""
    stations = list(_stations(told, name, model_sha256))
    there = {station.key for station in stations}
    ways = [way for way in _WAYS if set(way) <= there]
    if "document" not in there:
        ways.append(("case", "grant" if "grant" in there else "job"))
    return lineage(stations, ways, title=_("From the need to the model"), language=language)
