"""What is sent through a door: a form as some page shows it, or a body as the API describes it, filled in sensibly.

Whoever may not pass is refused with a body that can be read as well; what the body then does is not told here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from minett.api.v1.api import api
from minett.journeys import usecase_document
from minett.planes.data.policy_tree import to_json
from tests.apps.grants import world as data
from tests.architecture.doors import Door
from tests.architecture.forms import LINE
from tests.architecture.world import AFTER, COLUMNS, World

MULTIPART, JSON = "multipart/form-data", "application/json"


def words_of(world: World) -> dict[str, Any]:
    """Return what a field of this name is filled with, whichever form or body it stands in."""
    return {
        "text": "We look at each reported page by hand.",
        "contact_email": "somebody@example.org",
        "email": "somebody@example.org",
        "usecase": world.usecase.entry.code,
        "services": [world.service.entry.code],
        "cluster": world.cluster.entry.code,
        "grant_id": world.built.grant.pk,
        "grant": world.built.grant.pk,
        "allocation_id": world.built.allocation.pk,
        "allocation": world.built.allocation.pk,
        "product_id": world.restricted.pk,
        "target": COLUMNS[2],
        "subgroup": COLUMNS[1],
        "purpose": "model-training",
        "days": 30,
        "amount": {"amount": "1", "unit": "node-hour"},
        "content_sha256": world.submitted.content_sha256,
        "report_sha256": world.report.pdf_sha256,
        "sections": dict.fromkeys(usecase_document.SECTIONS, LINE),
        "scopes": ["case:*"],
        "expires_at": (world.now + timedelta(days=10)).isoformat(),
        "values": AFTER,
        "period_from": (world.now - timedelta(days=30)).date().isoformat(),
        "period_to": (world.now - timedelta(days=2)).date().isoformat(),
        "policy": to_json(data.POLICY),
        "sector": "cybersecurity",
    }


class Bodies:
    """Bodies of the API's operations, by the API's own description."""

    def __init__(self, world: World, folder: Path) -> None:
        self.words = words_of(world)
        self.file = data.write_table(folder / "given.parquet").read_bytes()
        told = api.get_openapi_schema()
        self.paths, self.schemas = told["paths"], told["components"]["schemas"]

    def of(self, door: Door) -> tuple[Any, str]:
        """Return the body of an operation and its media type; an empty one where it takes none."""
        path = "/" + door.pattern.replace("<", "{").replace(">", "}")
        taken = self.paths[path][door.method.lower()].get("requestBody", {"content": {}})["content"]
        if JSON in taken:
            return json.dumps(self._made("", taken[JSON]["schema"])), JSON
        if MULTIPART in taken:
            given = self._made("", taken[MULTIPART]["schema"])
            file = SimpleUploadedFile("given.parquet", self.file)
            return {"body": json.dumps(given["body"]), "file": file}, MULTIPART
        return "", JSON

    def _made(self, name: str, schema: Mapping[str, Any]) -> Any:
        """Return a value that fits the schema: by the field's name, else the first choice, else something small."""
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema:
            schema = schema["anyOf"][0]
        if "enum" in schema:
            return schema["enum"][0]
        if name == "columns":
            return data.SCHEMA.to_json()["columns"] if schema["items"].get("type") == "object" else COLUMNS
        if name in self.words:
            return self.words[name]
        return self._by_type(name, schema)

    def _by_type(self, name: str, schema: Mapping[str, Any]) -> Any:
        if schema["type"] == "object":
            inner = schema.get("properties")
            if inner is None:
                return {"en": LINE}
            return {key: self._made(key, inner[key]) for key in schema.get("required", ())}
        if schema["type"] == "array":
            return [self._made(name, schema["items"])]
        return {"integer": 1, "number": 1.0, "boolean": False}.get(schema["type"], "a-line" if name == "code" else LINE)
