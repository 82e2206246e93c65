"""Publishing the small table of the grants' world through the API, as a multipart upload."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from minett.planes.data.policy_tree import to_json
from tests.api.callers import ROOT, Callers
from tests.apps.grants.world import POLICY, SCHEMA, write_table


def described(**changed: Any) -> dict[str, Any]:
    return {
        "code": "phishing-pages",
        "title": {"en": "Phishing pages", "fr": "Pages d’hameçonnage"},
        "description": {"en": "Features of pages that were reported as phishing."},
        "keywords": ["phishing"],
        "sector": "cybersecurity",
        "licence": "CC BY 4.0",
        "source": "https://example.org/phishing",
        "governance": "restricted",
        "columns": SCHEMA.to_json()["columns"],
        "policy": to_json(POLICY),
        **changed,
    }


def upload(
    call: Callers,
    *,
    who: str = "steward",
    owner: int = 0,
    key: str = "",
    rows: int = 40,
    file: Any = None,
    **changed: Any,
) -> Any:
    """Send the table with its description; `owner` is the data holder unless another number is given."""
    with tempfile.TemporaryDirectory() as folder:
        content = write_table(Path(folder) / "in.parquet", rows=rows).read_bytes()
    sent = SimpleUploadedFile("../../pages.parquet", content) if file is None else file
    more = {"Idempotency-Key": key} if key else {}
    return call.client.post(
        f"{ROOT}/organisations/{owner or call.cast.data_holder.pk}/data-products",
        data={"body": json.dumps(described(**changed)), "file": sent},
        headers=call.headers(who, **more),
    )
