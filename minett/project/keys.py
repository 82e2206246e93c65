"""The installation's own secrets: made once, kept in `var/keys`, readable by the operator's account alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from minett.policy import permit


def _write_once(path: Path, content: bytes) -> None:
    """Create the file with mode 0600; keep an existing one, also when two processes start at once."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def ensure(folder: Path) -> None:
    """Make sure that the secret key and the signing key exist."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "secret-key").exists():
        _write_once(folder / "secret-key", secrets.token_urlsafe(50).encode())
    if not (folder / "signing-key.pem").exists():
        _write_once(folder / "signing-key.pem", permit.new_key()[0])
