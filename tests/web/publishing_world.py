"""What the tests of publishing stand on: a small file, a whole description of it, and how both are sent."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from minett.planes.data import masks as m
from minett.web.forms.publishing_policy import code_of
from tests.web.stock import send, words

CSV = b"visits,town,mail\n3,Esch,a@example.org\n40,Belval,b@example.org\n,Esch,c@example.org\n"
BUCKET = code_of(m.Bucket(10))
DESCRIBED: dict[str, Any] = {
    "code": "towns",
    "title_en": "Towns",
    "title_fr": "Villes",
    "description_en": "Visits by town.",
    "sector": "cybersecurity",
    "source": "invented for a test",
    "licence": "CC0",
    "governance": "open",
    "keywords": "towns, visits,,towns",
    "c0-shown": BUCKET,
    "c0-meaning": "Visits in a month",
    "c0-sensitivity": "none",
    "c1-shown": "show",
    "c1-meaning": "Name of the town",
    "c1-unit": "",
    "c1-sensitivity": "low",
    "c2-shown": "hide",
    "column0": "visits",
    "operator0": "ge",
    "value0": "4",
    "purposes": ["evaluation", "research"],
    "until": "2099-12-31",
}


def file(content: bytes = CSV, name: str = "towns.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def uploaded(client: Client, content: bytes = CSV, name: str = "towns.csv", key: str = "", **fields: Any) -> str:
    answer = send(client, "/publish/", key, file=file(content, name), **fields)
    assert answer.status_code == 302, words(answer)
    return str(answer["Location"])


def described(client: Client, url: str, do: str = "publish", **changed: Any) -> Any:
    return client.post(url, {**DESCRIBED, "do": do, **changed})
