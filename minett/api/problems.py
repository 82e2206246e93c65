"""Failures as problem documents (RFC 9457). It puts into words what others found out and decides nothing.

What is wrong with a request before any noun is reached (method, media type, size) is a `Fault`, which names its own
status; every foreseen failure of the house gets its status from the table in `minett.api.errors`.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.translation import gettext
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, Field

from minett.api.errors import status_of, words_of
from minett.kernel.actor import VISITOR, Actor
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Absent, MinettError, Refused

logger = logging.getLogger("minett.api")

MEDIA_TYPE = "application/problem+json"
TITLES: Mapping[int, str] = {
    401: _("Proof of who you are is needed"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Method not allowed"),
    409: _("Does not fit the present state"),
    410: _("No longer valid"),
    413: _("Too large"),
    415: _("Media type not taken"),
    422: _("Cannot be used"),
    500: _("Unforeseen failure"),
    503: _("Cannot work now"),
}
FIELDS_SENTENCE = _("Some fields are missing or cannot be used; the list of fields says which and why.")
UNFORESEEN_SENTENCE = _("Something failed that nobody foresaw. Tell the operator the number of this answer.")
RETRY_SECONDS = "5"


class Problem(BaseModel):
    """The answer to every request that failed. `code` is stable; `detail` is in the language that was asked for."""

    type: str = Field(examples=["urn:minett:problem:not-allowed"])
    title: str
    status: int
    detail: str
    code: str
    data: dict[str, Any] = Field(description="What fills the gaps of the sentence; for fields, what is wrong where.")
    instance: str
    retry_may_help: bool


class Fault(Exception):
    """A request that no operation can take as it is. Subclasses give status, code and an English sentence."""

    status: ClassVar[int] = 400
    code: ClassVar[str]
    sentence: ClassVar[str]

    def __init__(self, *, headers: Mapping[str, str] | None = None, **data: Any) -> None:
        self.headers, self.data = dict(headers or {}), data
        super().__init__(self.code, data)


class MethodNotTaken(Fault):
    status = 405
    code = "method-not-taken"
    sentence = _("This address does not take %(method)s, only: %(taken)s.")


class MediaTypeNotTaken(Fault):
    status = 415
    code = "media-type-not-taken"
    sentence = _("Send the body as %(wanted)s.")


class BodyTooLarge(Fault):
    status = 413
    code = "body-too-large"
    sentence = _("The body is too large: at most %(limit)s bytes are taken here.")


class BodyUnreadable(Fault):
    status = 422
    code = "body-unreadable"
    sentence = _("The body cannot be read: it is cut off, is not JSON, or has characters that are not text.")


def problem(
    request: HttpRequest,
    *,
    status: int,
    code: str,
    detail: str,
    data: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    instance: str = "",
    retry_may_help: bool = False,
) -> HttpResponse:
    """Return a problem document; `detail` is in the reader's language already."""
    body = Problem.model_construct(
        type=f"urn:minett:problem:{code}",
        title=gettext(TITLES.get(status, TITLES[422 if status < 500 else 500])),  # noqa: PLR2004 - HTTP's own border.
        status=status,
        detail=detail,
        code=code,
        data=_plain(data or {}),
        instance=instance or request.path,
        retry_may_help=retry_may_help,
    )
    answer = HttpResponse(json.dumps(body.model_dump()), status=status, content_type=MEDIA_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        answer.headers[name] = value
    return answer


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data as plain JSON; what JSON has no word for becomes text."""

    class Plain(DjangoJSONEncoder):
        def default(self, o: Any) -> Any:
            try:
                return super().default(o)
            except TypeError:
                return str(o)

    found: dict[str, Any] = json.loads(json.dumps(dict(data), cls=Plain))
    return found


def of_error(request: HttpRequest, error: MinettError, *, status: int | None = None) -> HttpResponse:
    """Tell a foreseen failure. A visitor who is refused is asked for a proof of who they are."""
    status, headers = status or status_of(error), {}
    actor: Actor = getattr(request, "actor", VISITOR)
    if isinstance(error, Refused) and actor.is_visitor:
        status = 401
    if status == 401:  # noqa: PLR2004 - HTTP's own number.
        headers["WWW-Authenticate"] = 'Bearer realm="minett"'
    if error.retry_may_help and status == 503:  # noqa: PLR2004 - HTTP's own number.
        headers["Retry-After"] = RETRY_SECONDS
    return problem(
        request,
        status=status,
        code=error.code,
        detail=words_of(error),
        data=error.data,
        headers=headers,
        retry_may_help=error.retry_may_help,
    )


def of_fault(request: HttpRequest, fault: Fault) -> HttpResponse:
    words = gettext(fault.sentence) % fault.data
    return problem(request, status=fault.status, code=fault.code, detail=words, data=fault.data, headers=fault.headers)


def of_fields(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Name each field that cannot be used, where it stands, and why; never the value that came."""
    fields = [
        {"in": str(part["loc"][0]), "at": [str(step) for step in part["loc"][1:]], "why": part["msg"]}
        for part in error.errors
    ]
    return problem(
        request, status=422, code="fields-unusable", detail=gettext(FIELDS_SENTENCE), data={"fields": fields}
    )


def of_unreadable(request: HttpRequest, _error: Exception) -> HttpResponse:
    """Tell that the body could not be read: ninja's own word for it is an HTTP error."""
    return of_fault(request, BodyUnreadable())


def of_size(request: HttpRequest, _error: Exception) -> HttpResponse:
    return of_fault(request, BodyTooLarge(limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE))


def of_absence(request: HttpRequest, _error: Exception | None = None) -> HttpResponse:
    return of_error(request, Absent())


def unforeseen(request: HttpRequest, error: Exception) -> HttpResponse:
    """Log once, with the number that the answer names; the answer says nothing of the inside."""
    number = uuid.uuid4()
    # The route, not the address: an address may hold the secret of a need.
    route = request.resolver_match.route if request.resolver_match else ""
    logger.error("%s %s failed (%s)", request.method, route, number, exc_info=error)
    detail = gettext(UNFORESEEN_SENTENCE)
    return problem(request, status=500, code="unforeseen", detail=detail, instance=number.urn)


HANDLERS: Mapping[type[Exception], Any] = {
    Exception: unforeseen,
    MinettError: of_error,
    Fault: of_fault,
    ValidationError: of_fields,
    HttpError: of_unreadable,
    MultiPartParserError: of_unreadable,
    UnreadablePostError: of_unreadable,
    RequestDataTooBig: of_size,
    Http404: of_absence,
}
