"""A write that is sent twice with the same key is done once. It knows no noun and decides nothing.

A client sends `Idempotency-Key` with a write. The key is claimed in the transaction of the write, so either both
are kept or none, and a write that failed may be sent again under its key. Work that cannot run inside a
transaction holds its claim while it works, and gives it back when it fails.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from minett.api.proof import ApiRequest
from minett.apps.ledger import services as ledger
from minett.apps.ledger.models import Receipt
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput

HEADER = "Idempotency-Key"
REPLAY = "Idempotent-Replay"
KEY = re.compile(r"^[!-~]{8,64}$")
# The status of a receipt whose work failed: the claim is given back, and the same request may try again.
GIVEN_BACK = 1
# Longer than any work outside a transaction may take: a claim this old belongs to a process that died.
LONGEST_WORK = timedelta(minutes=15)
# Headers of an answer that a repeat needs as well; all others belong to one sending.
KEPT_HEADERS = ("Content-Type", "Cache-Control")


class KeyUnusable(BadInput):
    code = "idempotency-key-unusable"
    sentence = _(
        "The header Idempotency-Key takes 8 to 64 visible ASCII characters; without an account it has to be a UUID."
    )


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of a write, and what of it is kept for a repeat."""

    answer: HttpResponseBase
    kept: HttpResponseBase


Work = Callable[[], Done]


@dataclass(frozen=True, slots=True)
class _Claim:
    """One request under its key."""

    request: ApiRequest
    key: str
    operation: str
    content: str

    def made(self) -> Receipt | None:
        """Claim the key; return the receipt of the first write where there is one with an answer."""
        try:
            known = ledger.claim(
                self.request.actor,
                now=self.request.now,
                key=self.key,
                operation=self.operation,
                content=self.content,
            )
        except ledger.StillBeingDone:
            if not self._is_orphaned():
                raise
            return None
        return None if known is None or known.status == GIVEN_BACK else known

    def settled(self, kept: HttpResponseBase) -> None:
        answer = {
            "text": kept.content.decode() if isinstance(kept, HttpResponse) else "",
            "headers": {name: kept.headers[name] for name in KEPT_HEADERS if name in kept.headers},
        }
        ledger.settle(self.request.actor, key=self.key, status=kept.status_code, answer=answer)

    def given_back(self) -> None:
        ledger.settle(self.request.actor, key=self.key, status=GIVEN_BACK, answer={})

    def _is_orphaned(self) -> bool:
        own = Receipt.objects.filter(actor_key=self.request.actor.key, key=self.key, status=0)
        return own.filter(at__lt=self.request.now - LONGEST_WORK).exists()


def perform(request: ApiRequest, operation: str, work: Work, *, works_outside: bool) -> HttpResponseBase:
    """Do the work once for the key that came with the request; without a key, just do it.

    Raises KeyUnusable, KeyUsedForSomethingElse, StillBeingDone.
    """
    key = given_key(request)
    if key is None:
        return work().answer if works_outside else _whole(work)
    claim = _Claim(request, key, f"api:{operation}", content_of(request))
    return (_outside if works_outside else _inside)(claim, work)


def _whole(work: Work) -> HttpResponseBase:
    """Do the work and make its answer, or neither: nobody is told of a failure of what was done."""
    with transaction.atomic():
        return work().answer


def _inside(claim: _Claim, work: Work) -> HttpResponseBase:
    with transaction.atomic():
        known = claim.made()
        if known is not None:
            return replay(known)
        done = work()
        claim.settled(done.kept)
    return done.answer


def _outside(claim: _Claim, work: Work) -> HttpResponseBase:
    known = claim.made()
    if known is not None:
        return replay(known)
    try:
        done = work()
    except BaseException:
        claim.given_back()
        raise
    claim.settled(done.kept)
    return done.answer


def replay(receipt: Receipt) -> HttpResponse:
    """Return the first answer again, marked as a repeat."""
    answer = HttpResponse(receipt.answer["text"], status=receipt.status, headers=receipt.answer["headers"])
    answer.headers[REPLAY] = "true"
    return answer


def given_key(request: ApiRequest) -> str | None:
    """Return the key that was sent. All visitors share one actor, so their keys must be ones that nobody guesses."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise KeyUnusable
    if request.actor.is_visitor:
        try:
            return str(UUID(key))
        except ValueError as error:
            raise KeyUnusable from error
    return key


def content_of(request: ApiRequest) -> str:
    """Return the fingerprint of what is asked for: method, address, body, and how far the proof reaches."""
    scopes = "*" if request.actor.scopes is None else " ".join(sorted(request.actor.scopes))
    head = [str(request.method).encode(), request.get_full_path().encode(), scopes.encode()]
    if request.content_type == "multipart/form-data":
        fields = [part for name, values in sorted(request.POST.lists()) for part in (name, *map(str, values))]
        files = [part for name, sent in sorted(request.FILES.lists()) for file in sent for part in (name, _told(file))]
        return ledger.fingerprint(*head, *(part.encode() for part in (*fields, *files)))
    return ledger.fingerprint(*head, request.body)


def _told(file: UploadedFile[Any]) -> str:
    """Return the hash of a file that came with the request; it can be read again afterwards."""
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()
