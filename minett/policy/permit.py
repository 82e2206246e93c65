"""The permit with which a plane works: what, which columns, which purpose, until when; signed by the house.

A permit is a compact JWS signed with the installation's Ed25519 key, so a plane on another machine can check
it with the public key alone. It is checked when it is issued *and* again by the plane at the moment of use:
hours may pass in a queue.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from minett.kernel.content import gettext_noop
from minett.kernel.errors import Expired, Refused

ALGORITHM = "EdDSA"
AUDIENCE = "minett-plane"


class PermitForged(Refused):
    code = "permit-forged"
    sentence = gettext_noop("This permit was not signed by this installation, or it was changed.")


class PermitExpired(Expired):
    code = "permit-expired"
    sentence = gettext_noop("This permit ended on %(until)s. Ask for a new grant.")


class PermitForSomethingElse(Refused):
    code = "permit-for-something-else"
    sentence = gettext_noop("This permit is for %(have)s, not for %(want)s.")


@dataclass(frozen=True, slots=True)
class Permit:
    """What a plane may do.

    `what` names the thing (`snapshot:12`, `job:7`, `version:3`), `columns` the columns it may show (empty for
    things without columns), `purpose` the agreed purpose, `subject` the key of the actor it was issued for,
    `until` an aware moment after which it is worth nothing, `details` further limits (hashes) as strings.
    """

    what: str
    subject: str
    purpose: str
    until: datetime
    columns: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()

    def detail(self, name: str) -> str:
        return dict(self.details)[name]

    def must_be_for(self, what: str, now: datetime) -> None:
        """Raise unless the permit is for `what` and has not ended at `now`."""
        if now >= self.until:
            raise PermitExpired(until=self.until.isoformat(timespec="minutes"))
        if self.what != what:
            raise PermitForSomethingElse(have=self.what, want=what)


def sign(permit: Permit, key_pem: bytes) -> str:
    """Return the permit as a signed token."""
    claims: dict[str, Any] = asdict(permit)
    claims |= {"until": permit.until.isoformat(), "aud": AUDIENCE, "exp": permit.until.timestamp()}
    claims |= {"details": [list(pair) for pair in permit.details], "columns": list(permit.columns)}
    return jwt.encode(claims, key_pem, algorithm=ALGORITHM)


def read(token: str, public_pem: bytes, now: datetime) -> Permit:
    """Return the permit after checking its signature and its end against `now`.

    Raises PermitForged or PermitExpired.
    """
    try:
        # Expiry is checked against the clock that was passed in, not against the system's.
        claims = jwt.decode(token, public_pem, algorithms=[ALGORITHM], audience=AUDIENCE, options={"verify_exp": False})
        permit = Permit(
            what=claims["what"],
            subject=claims["subject"],
            purpose=claims["purpose"],
            until=datetime.fromisoformat(claims["until"]).astimezone(UTC),
            columns=tuple(claims["columns"]),
            details=tuple((name, value) for name, value in claims["details"]),
        )
    except (jwt.InvalidTokenError, KeyError, ValueError, json.JSONDecodeError) as error:
        raise PermitForged from error
    if now >= permit.until:
        raise PermitExpired(until=permit.until.isoformat(timespec="minutes"))
    return permit


def new_key() -> tuple[bytes, bytes]:
    """Make a key pair; return private and public key as PEM."""
    private = Ed25519PrivateKey.generate()
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )


def public_key_of(private_pem: bytes) -> bytes:
    private = load_pem_private_key(private_pem, password=None)
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def sign_bytes(message: bytes, private_pem: bytes) -> bytes:
    """Return the detached Ed25519 signature of a message (used for the ledger's head)."""
    private = load_pem_private_key(private_pem, password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise PermitForged
    return private.sign(message)


def signature_holds(message: bytes, signature: bytes, public_pem: bytes) -> bool:
    public = load_pem_public_key(public_pem)
    if not isinstance(public, Ed25519PublicKey):
        return False
    try:
        public.verify(signature, message)
    except Exception:  # noqa: BLE001 - whatever is wrong with a signature, it does not hold.
        return False
    return True
