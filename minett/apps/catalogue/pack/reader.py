"""A pack folder into entries, with every problem found. It writes nothing and stops at no mistake."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minett.apps.catalogue.pack.check import Draft, problems_between
from minett.apps.catalogue.pack.nodes import read_document
from minett.apps.catalogue.pack.problems import Problem
from minett.apps.catalogue.pack.schema import KINDS, Entry
from minett.apps.catalogue.pack.validate import validate
from minett.kernel.content import LANGUAGES, gettext_noop
from minett.kernel.errors import BadInput

PACK_FILE = "pack.yaml"
MAX_FILES = 400


class PackNotThere(BadInput):
    code = "pack-not-there"
    sentence = gettext_noop("There is no folder at %(path)s. Name the folder that holds pack.yaml.")


class PackHasProblems(BadInput):
    code = "pack-has-problems"
    sentence = gettext_noop("The pack has %(count)s problems. The first one: %(first)s")


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One sound entry. `content` is plain JSON after its model; `sha256` is of its canonical form."""

    kind: str
    code: str
    content: dict[str, Any]
    sha256: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Pack:
    """What could be read. Only a pack without problems may be loaded; entries with a problem are left out."""

    code: str
    root: Path
    entries: tuple[PackEntry, ...]
    problems: tuple[Problem, ...]

    def of(self, kind: str) -> tuple[PackEntry, ...]:
        return tuple(entry for entry in self.entries if entry.kind == kind)

    def find(self, kind: str, code: str) -> PackEntry | None:
        return next((entry for entry in self.of(kind) if entry.code == code), None)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the pack promises; all four where pack.yaml could not be read."""
        factory = next(iter(self.of("factory")), None)
        return tuple(factory.content["languages"]) if factory else LANGUAGES


def read_pack(path: Path) -> Pack:
    """Read the folder at `path`. Raises PackNotThere; everything else is in `problems`, by file and line."""
    root = Path(path)
    if not root.is_dir():
        raise PackNotThere(path=str(path))
    files, problems = _files(root)
    drafts: list[Draft] = []
    entries: list[PackEntry] = []
    for kind, file in files:
        found, wrong = _read_file(kind, root, file)
        problems += wrong
        for draft, entry in found:
            drafts.append(draft)
            if entry is not None:
                entries.append(_entry(draft, entry))
    problems += problems_between(drafts)
    code = next((draft.code for draft in drafts if draft.kind == "factory"), "")
    ordered = sorted(problems, key=lambda problem: (problem.file, problem.line, problem.path))
    return Pack(code, root, tuple(entries), tuple(ordered))


def read_sound_pack(path: Path) -> Pack:
    """Read a pack that is to be used. Raises PackNotThere or PackHasProblems."""
    pack = read_pack(path)
    if pack.problems:
        first = str(pack.problems[0])
        raise PackHasProblems(count=len(pack.problems), first=first, problems=pack.problems)
    return pack


def check(path: Path) -> tuple[Problem, ...]:
    """Return every problem of the pack at `path`, ordered by file and line."""
    return read_pack(path).problems


def _files(root: Path) -> tuple[list[tuple[str, str]], list[Problem]]:
    """List the pack's files as (kind, relative name); a part is one file, a folder of files, or both."""
    problems: list[Problem] = []
    files: list[tuple[str, str]] = []
    if not (root / PACK_FILE).exists():
        problems.append(Problem(PACK_FILE, 1, "", "missing-file", {"name": PACK_FILE}))
    for file in _yaml_files(root):
        kind = "factory" if file == PACK_FILE else file.split("/", maxsplit=1)[0].removesuffix(".yaml")
        if (root / file).parent != root and (root / file).parent.is_symlink():
            problems.append(Problem(file, 1, "", "link"))
        elif kind in KINDS and (kind != "factory" or file == PACK_FILE):
            files.append((kind, file))
        else:
            data = {"name": file, "known": ", ".join((PACK_FILE, *KINDS[1:]))}
            problems.append(Problem(file, 1, "", "unknown-file", data))
    if len(files) > MAX_FILES:
        counts = {"count": len(files), "limit": MAX_FILES}
        problems.append(Problem(PACK_FILE, 1, "", "too-many-files", counts))
    return sorted(files[:MAX_FILES], key=lambda item: (KINDS.index(item[0]), item[1])), problems


def _yaml_files(root: Path) -> Iterator[str]:
    for pattern in ("*", "*/*"):
        for path in sorted(root.glob(pattern)):
            if path.suffix in {".yaml", ".yml"} and not path.name.startswith("."):
                yield path.relative_to(root).as_posix()


def _read_file(kind: str, root: Path, file: str) -> tuple[list[tuple[Draft, Entry | None]], tuple[Problem, ...]]:
    document = read_document(root / file, file)
    if document.node is None:
        return [], document.problems
    problems = list(document.problems)
    nodes = [document.node] if kind == "factory" else document.node.value
    if not isinstance(nodes, list):
        return [], (*problems, Problem(file, document.node.line, "", "not-a-list"))
    found: list[tuple[Draft, Entry | None]] = []
    for index, node in enumerate(nodes):
        path = "factory" if kind == "factory" else f"{kind}[{index}]"
        entry, wrong = validate(kind, node, file, path)
        problems += wrong
        found.append((Draft.of(kind, node, file, path), entry))
    return found, tuple(problems)


def _entry(draft: Draft, entry: Entry) -> PackEntry:
    content = entry.model_dump(mode="json")
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return PackEntry(draft.kind, entry.id, content, digest, draft.file, draft.line)
