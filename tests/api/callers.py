"""Calling the API as somebody of the cast: with a token of theirs, or as a visitor without any proof."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client

from minett.apps.people import services
from minett.journeys.equipment import Equipment
from minett.kernel.clock import FixedClock
from tests.cast import Cast

ROOT = "/api/v1"


@dataclass
class Callers:
    cast: Cast
    clock: FixedClock
    house: Equipment
    client: Client = field(default_factory=Client)
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, who: str, *scopes: str) -> str:
        """Return a token of the person, made once for each set of scopes."""
        key = " ".join((who, *scopes))
        if key not in self.tokens:
            person = self.cast.people()[who]
            _row, self.tokens[key] = services.issue_token(
                person.actor,
                now=self.clock.now(),
                name=key,
                scopes=scopes or ("*",),
                expires_at=self.clock.now() + timedelta(days=30),
            )
        return self.tokens[key]

    def headers(self, who: str, **more: str) -> dict[str, str]:
        proof = {} if who == "visitor" else {"Authorization": f"Bearer {self.token(who)}"}
        return {**proof, **more}

    def get(self, who: str, path: str, expect: int = 200, **more: str) -> Any:
        answer = self.client.get(f"{ROOT}{path}", headers=self.headers(who, **more))
        return told(answer, expect)

    def post(self, who: str, path: str, body: Any = None, expect: int = 200, **more: str) -> Any:
        return told(self.sent(who, path, body, **more), expect)

    def sent(self, who: str, path: str, body: Any = None, **more: str) -> Any:
        """Return the raw answer to a write."""
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return self.client.post(
            f"{ROOT}{path}",
            data=json.dumps({} if body is None else body),
            content_type="application/json",
            headers=self.headers(who, **named),
        )


def told(answer: Any, expect: int) -> Any:
    """Return the JSON of an answer; a failure must be a problem document that says what and where."""
    assert answer.status_code == expect, answer.content[:2000]
    body = answer.json()
    if expect >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert body["type"] == f"urn:minett:problem:{body['code']}"
        assert (body["status"], bool(body["title"]), bool(body["detail"])) == (expect, True, True)
    return body
