"""What the house writes into its log: never the secret address of a need, whichever line it would stand in."""

from __future__ import annotations

import io
import logging
import logging.config
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from minett.apps.cases.models import Need
from minett.web.once import new_key
from tests.cast import Cast
from tests.web.case_world import opened


@pytest.fixture
def lines():
    """Collect what the configured handler would print."""
    logging.config.dictConfig(settings.LOGGING)
    handler, said = logging.getLogger().handlers[0], io.StringIO()
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(said)
    yield said
    handler.setStream(before)


def secret_of(now: datetime) -> str:
    return str(Need.objects.get(pk=opened(now).need_id).secret)


@pytest.mark.parametrize("address", ["/needs/{}/keep/", "/api/v1/needs/{}/keep"])
def test_a_refused_form_leaves_no_secret_in_the_log(cast: Cast, now: datetime, lines, address: str):
    secret = secret_of(now)
    sent = {"email": "not an address", "form_key": new_key()}
    as_api: dict[str, Any] = {"content_type": "application/json"} if address.startswith("/api") else {}
    body = {"contact_email": "x"} if as_api else sent

    answer = Client().post(address.format(secret), body, **as_api)

    assert answer.status_code == 422
    assert "/needs/" in lines.getvalue()
    assert secret not in lines.getvalue()


def test_a_failure_that_nobody_foresaw_leaves_none_either(lines):
    secret = "x" * 43
    failure = RuntimeError(f"/needs/{secret}/")

    logging.getLogger("django.request").error("Failed: %s", f"/needs/{secret}/kept/", exc_info=failure)

    assert secret not in lines.getvalue()
    assert "/needs/…/kept/" in lines.getvalue()
