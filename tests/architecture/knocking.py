"""Knocking at doors: one request of one member, undone afterwards, and its answer in a short word."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.shortcuts import resolve_url
from django.test import Client

from tests.architecture.world import World

HTML = "text/html"
WORDS: Mapping[int, str] = {
    401: "sign-in",
    403: "refused",
    404: "absent",
    405: "no-method",
    409: "clash",
    410: "gone",
    413: "unusable",
    415: "unusable",
    422: "unusable",
    503: "unavailable",
}
# What differs from one answer to the next although the same was asked: keys of forms and of CSRF.
KEYS = re.compile(r'name="(csrfmiddlewaretoken|form_key)" value="[^"]*"|"X-CSRFToken": ?"[^"]*"')


@dataclass(frozen=True)
class Answer:
    """What came back. `failure` is the line of the house's code where it failed, for an answer of the 500s."""

    method: str
    status: int
    body: bytes
    content_type: str
    location: str
    failure: str

    @property
    def is_html(self) -> bool:
        return self.content_type.startswith(HTML)

    @property
    def word(self) -> str:
        if self.status in {301, 302, 303}:
            if self.location.startswith(resolve_url(settings.LOGIN_URL)):
                return "sign-in"
            return "moves" if self.method == "GET" else "ok"
        if 200 <= self.status < 300:
            # A form that did its work leads on; one that comes back says what is wrong with it.
            return "form" if self.method == "POST" and self.is_html else "ok"
        return WORDS.get(self.status, str(self.status))

    def without(self, address: str, gaps: Mapping[str, Any]) -> list[str]:
        """Return the answer line by line without what names the object that was asked for, to compare two answers."""
        text = f"{self.status} {self.location}\n{KEYS.sub('KEY', self.body.decode(errors='replace'))}"
        text = text.replace(address, "ADDRESS").replace(quote(address, safe=""), "ADDRESS")
        for value in gaps.values():
            text = re.sub(rf"(/|%2F){re.escape(str(value))}(?=/|%2F|[.?&\"']|$)", r"\1ID", text, flags=re.MULTILINE)
        return text.splitlines()


@dataclass
class _Failures(logging.Handler):
    """Keeps where an unforeseen failure happened: portal and API both log it."""

    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.ERROR)

    def __hash__(self) -> int:
        return id(self)

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            ours = next((one for one in reversed(frames) if f"{Path('minett')}/" in one.filename), frames[-1])
            where = ours.filename.partition("/minett/")[2] or ours.filename
            self.lines.append(f"minett/{where}:{ours.lineno} {ours.name}: {error!r:.200}")


@contextmanager
def _listening() -> Iterator[list[str]]:
    handler = _Failures()
    loggers = [logging.getLogger(name) for name in ("django.request", "minett.api")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


class House:
    """The members of the cast with a browser each. Nothing that they do stays."""

    def __init__(self, world: World) -> None:
        self.clients = {"visitor": Client(raise_request_exception=False)}
        for name, person in world.cast.people().items():
            self.clients[name] = Client(raise_request_exception=False)
            self.clients[name].force_login(person.user, backend=settings.AUTHENTICATION_BACKENDS[0])
        # A database undoes what was written into it; files that wait in the store are put back as they were.
        folder = world.house.store.folder("uploads")
        self.files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self.cookies = {name: client.cookies.output() for name, client in self.clients.items()}

    @property
    def members(self) -> tuple[str, ...]:
        return tuple(self.clients)

    def knock(self, member: str, method: str, address: str, body: Any = None, media: str = "") -> Answer:
        """Send one request, read the whole answer, and undo what it did."""
        client = self.clients[member]
        cache.clear()
        with _listening() as failures, transaction.atomic():
            answer = _sent(client, method, address, body, media)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        self._put_back()
        client.cookies = SimpleCookie(_pairs(self.cookies[member]))
        return Answer(
            method=method,
            status=answer.status_code,
            body=content,
            content_type=answer.headers.get("Content-Type", ""),
            location=answer.headers.get("Location", ""),
            failure=failures[-1] if failures and answer.status_code >= 500 else "",
        )

    def _put_back(self) -> None:
        for path, content in self.files.items():
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)


def _pairs(output: str) -> str:
    return "; ".join(line.partition(": ")[2].partition(";")[0] for line in output.splitlines())


def _sent(client: Client, method: str, address: str, body: Any, media: str) -> Any:
    if method == "GET":
        return client.get(address)
    if media == "application/json":
        return client.generic(method, address, body or "", content_type=media)
    return client.post(address, body or {})
