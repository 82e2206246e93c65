"""Reading what an untrusted job left behind. Nothing is followed, opened by full path, or trusted by name.

A job may leave links, pipes, endless trees, files with strange names or several names. Everything is reached
through a descriptor of its folder with O_NOFOLLOW, and only plain files with one name are ever copied.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from minett.kernel.content import gettext_noop
from minett.planes.compute.port import OutputFile, Outputs

DEEPEST = 8
MOST_ENTRIES = 2000
MOST_FILES = 200
BLOCK = 512
CHUNK = 1 << 20
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

NOT_A_FILE = gettext_noop("It is not a plain file: links, pipes, sockets and devices are not collected.")
SEVERAL_NAMES = gettext_noop("It has more than one name (a hard link), so it may not be the job's own file.")
UNSAFE_NAME = gettext_noop("Its name has characters other than letters, digits, dots, hyphens and underscores.")
TOO_DEEP = gettext_noop("It lies too many folders deep.")
TOO_MANY = gettext_noop("There are more files than can be collected from one job.")
TOO_LARGE = gettext_noop("With it the outputs would be larger than the job's limit.")
UNREADABLE = gettext_noop("It could not be read.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the output folder: `parent` is its folder's descriptor, open only while it is looked at."""

    name: str
    parent: int
    leaf: str
    status: os.stat_result | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """How much is in the output folder; `hidden` says that a part of it cannot be counted."""

    bytes: int
    entries: int
    hidden: bool

    def too_much(self, most_bytes: int) -> bool:
        return self.hidden or self.bytes > most_bytes or self.entries > MOST_ENTRIES


def walk(folder: Path) -> Iterator[Entry]:
    """Go through everything below `folder`, never through a link."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield from _walk(descriptor, "", 1)
    finally:
        os.close(descriptor)


def measure(folder: Path) -> Measure:
    """Add up what a running job has written. Sparse files count with the size they claim."""
    total = entries = 0
    hidden = False
    for entry in walk(folder):
        entries += 1
        hidden = hidden or bool(entry.problem)
        if entry.status is not None:
            total += max(entry.status.st_size, entry.status.st_blocks * BLOCK)
        if entries > MOST_ENTRIES or hidden:
            break
    return Measure(total, entries, hidden)


def collect(folder: Path, target: Path, most_bytes: int, most_files: int = MOST_FILES) -> Outputs:
    """Copy the plain files below `folder` into `target`, hash them, and say what was refused and why."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    files: list[OutputFile] = []
    refused: list[tuple[str, str]] = []
    left = most_bytes
    for count, entry in enumerate(walk(folder)):
        if count >= MOST_ENTRIES or len(files) >= most_files:
            refused.append((printable(entry.name), TOO_MANY))
            break
        if _is_folder(entry) and not entry.problem:
            continue
        why = _why_not(entry)
        taken = why or _copy(entry, target, left)
        if isinstance(taken, str):
            refused.append((printable(entry.name), taken))
        else:
            files.append(taken)
            left -= taken.bytes
    return Outputs(tuple(sorted(files, key=lambda file: file.name)), tuple(refused))


def printable(name: str) -> str:
    """Return an untrusted file name as plain, short, printable ASCII."""
    return ascii(name)[1:-1][:200]


def _walk(descriptor: int, prefix: str, depth: int) -> Iterator[Entry]:
    with os.scandir(descriptor) as found:
        for item in found:
            name = prefix + item.name
            try:
                status = os.stat(item.name, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:
                # A running job may remove what was just listed.
                continue
            except OSError:
                yield Entry(name, descriptor, item.name, None, UNREADABLE)
                continue
            if not stat.S_ISDIR(status.st_mode):
                yield Entry(name, descriptor, item.name, status)
            else:
                yield from _into(descriptor, name, item.name, status, depth)


def _into(parent: int, name: str, leaf: str, status: os.stat_result, depth: int) -> Iterator[Entry]:
    if depth >= DEEPEST:
        yield Entry(name, parent, leaf, status, TOO_DEEP)
        return
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(leaf, flags, dir_fd=parent)
    except FileNotFoundError:
        return
    except OSError:
        yield Entry(name, parent, leaf, status, UNREADABLE)
        return
    try:
        yield Entry(name, parent, leaf, status)
        yield from _walk(descriptor, f"{name}/", depth + 1)
    finally:
        os.close(descriptor)


def _is_folder(entry: Entry) -> bool:
    return entry.status is not None and stat.S_ISDIR(entry.status.st_mode)


def _why_not(entry: Entry) -> str:
    """Return why an entry must not be opened, or nothing. Types are checked before opening and again after."""
    if entry.problem:
        return entry.problem
    if entry.status is None or not stat.S_ISREG(entry.status.st_mode):
        return NOT_A_FILE
    if entry.status.st_nlink != 1:
        return SEVERAL_NAMES
    if not all(SAFE_NAME.fullmatch(part) for part in entry.name.split("/")):
        return UNSAFE_NAME
    return ""


def _copy(entry: Entry, target: Path, most_bytes: int) -> OutputFile | str:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        source = os.open(entry.leaf, flags, dir_fd=entry.parent)
    except OSError:
        return UNREADABLE
    try:
        why = _why_not(Entry(entry.name, entry.parent, entry.leaf, os.fstat(source)))
        return why or _copy_bytes(source, entry.name, target, most_bytes)
    finally:
        os.close(source)


def _copy_bytes(source: int, name: str, target: Path, most_bytes: int) -> OutputFile | str:
    if os.fstat(source).st_size > most_bytes:
        return TOO_LARGE
    path = target / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A space cannot be in a collected name, so the half-written copy never stands in another file's way.
    unfinished = path.with_name(f"{path.name} unfinished")
    whole, size = hashlib.sha256(), 0
    with unfinished.open("wb") as copy:
        while size <= most_bytes and (chunk := os.read(source, CHUNK)):
            whole.update(chunk)
            size += len(chunk)
            copy.write(chunk)
    if size > most_bytes:
        unfinished.unlink()
        return TOO_LARGE
    unfinished.replace(path)
    return OutputFile(name, whole.hexdigest(), size)
