"""A form that is sent twice does its work once. It decides nothing and knows no noun.

Every form that writes carries a hidden `form_key`, made when the page was shown (`{% load once %}{% form_key %}`).
The key is claimed in the transaction of the write, so either both are kept or none.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseRedirectBase

from minett.apps.ledger import services as ledger
from minett.kernel.clock import SystemClock
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput
from minett.web.middleware import HouseRequest

FIELD = "form_key"
# These change from one sending of the same form to the next, or say nothing about what was asked.
NOT_CONTENT = frozenset({FIELD, "csrfmiddlewaretoken"})
LONGEST_OPERATION = 120

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HouseRequest, Rest], HttpResponse]


class FormKeyMissing(BadInput):
    code = "form-key-missing"
    sentence = _("This form is not complete. Reload the page and send it again.")


def new_key() -> str:
    """Return a key for a form that is being shown."""
    return str(uuid.uuid4())


def once(view: View[Rest]) -> View[Rest]:
    """Run the view of a POST once for a form and its content; a repeat goes to where the first one went.

    A view that did its work answers with a redirect. Any other answer (the form again, with what is wrong)
    undoes the claim and whatever was written, so the form can be sent again. Other content under the same key
    is another request: who goes back, changes the words and sends them means the new words. GET passes through.
    The view runs in one transaction; put `@once` below `@acts` and the allowed methods. Raises FormKeyMissing.
    """

    @wraps(view)
    def done_once(request: HouseRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        content = content_of(request)
        key = f"{_given_key(request)}:{content[:40]}"
        with transaction.atomic():
            first = ledger.claim(
                request.actor, now=SystemClock().now(), key=key, operation=_operation(request), content=content
            )
            if first is not None:
                return HttpResponseRedirect(first.answer["url"])
            answer = view(request, *args, **kwargs)
            if isinstance(answer, HttpResponseRedirectBase):
                ledger.settle(request.actor, key=key, status=answer.status_code, answer={"url": answer.url})
            else:
                transaction.set_rollback(True)
        return answer

    return done_once


def content_of(request: HouseRequest) -> str:
    """Return the fingerprint of what a form asks for: its address, its fields and its files."""
    fields = sorted((name, values) for name, values in request.POST.lists() if name not in NOT_CONTENT)
    parts = [request.path, *(part for name, values in fields for part in (name, str(len(values)), *values))]
    parts += [part for name, files in sorted(request.FILES.lists()) for file in files for part in (name, _told(file))]
    return ledger.fingerprint(*(part.encode() for part in parts))


def _told(file: UploadedFile[Any]) -> str:
    """Return name and hash of a file that came with the form; it can be read again afterwards."""
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return f"{file.name}:{digest.hexdigest()}"


def _given_key(request: HouseRequest) -> str:
    try:
        return str(uuid.UUID(request.POST.get(FIELD, "")))
    except ValueError as error:
        raise FormKeyMissing from error


def _operation(request: HouseRequest) -> str:
    match = request.resolver_match
    return (match.view_name if match else request.path)[:LONGEST_OPERATION]
