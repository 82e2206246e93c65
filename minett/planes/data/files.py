"""Files that are either whole or not there: hashing, publishing under a name, and waiting for one's turn."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHUNK = 2**20
HALF = ".part"


def digest_of(file: int) -> str:
    """Return SHA-256 (hexadecimal) of an open file, from its start, without moving its position."""
    digest, offset = hashlib.sha256(), 0
    while chunk := os.pread(file, CHUNK, offset):
        digest.update(chunk)
        offset += len(chunk)
    return digest.hexdigest()


def identity(file: int) -> tuple[int, int, int, int, int]:
    """Return what changes when an open file's content does: device, inode, size, two times in nanoseconds."""
    facts = os.fstat(file)
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


@contextmanager
def published(target: Path) -> Iterator[int]:
    """Give an open file beside `target`; at a clean end it is on disk under that name, else it is gone."""
    half = target.with_name(f"{target.name}.{secrets.token_hex(8)}{HALF}")
    file = os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield file
        os.fsync(file)
        half.replace(target)
        _sync_folder(target.parent)
    finally:
        os.close(file)
        half.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Put the folder on disk too: only then does a rename outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def turn(folder: Path, stem: str) -> Iterator[None]:
    """Wait until nobody else builds `stem` in this folder, and sweep what a crashed build left of it.

    The folder is made if it is not there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / f"{stem}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for half in folder.glob(f"{stem}.*{HALF}"):
            half.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)
