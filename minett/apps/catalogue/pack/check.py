"""How the entries of a pack fit together: no id twice, no name that leads nowhere. It reads no file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from minett.apps.catalogue.pack.nodes import Node
from minett.apps.catalogue.pack.problems import Problem
from minett.apps.catalogue.pack.schema import REFERENCES


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry as it was written, sound or not.

    A broken entry still counts as named, so that one mistake is reported once, not by all who name it.
    """

    kind: str
    code: str
    node: Node
    file: str
    path: str

    @classmethod
    def of(cls, kind: str, node: Node, file: str, path: str) -> Self:
        written = node.value.get("id") if isinstance(node.value, dict) else None
        code = written.value if written is not None and isinstance(written.value, str) else ""
        return cls(kind, code, node, file, path)

    @property
    def line(self) -> int:
        return self.node.line

    def named(self, field: str) -> Iterator[tuple[Node, str, str]]:
        """Yield (node, code, path) for each entry that the field names; odd values are for the model."""
        held = self.node.value.get(field) if isinstance(self.node.value, dict) else None
        if held is None:
            return
        many = isinstance(held.value, list)
        for index, item in enumerate(held.value if many else [held]):
            if isinstance(item.value, str):
                yield item, item.value, f"{self.path}.{field}" + (f"[{index}]" if many else "")


def problems_between(drafts: Sequence[Draft]) -> tuple[Problem, ...]:
    """Return duplicate ids (at the second place, naming the first) and references that lead nowhere."""
    return (*_duplicates(drafts), *_references(drafts))


def _duplicates(drafts: Sequence[Draft]) -> Iterator[Problem]:
    first: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        if not draft.code:
            continue
        earlier = first.setdefault((draft.kind, draft.code), draft)
        if earlier is not draft:
            other = f"{earlier.file}:{earlier.line}"
            data = {"id": draft.code, "kind": draft.kind, "other": other}
            yield Problem(draft.file, draft.line, f"{draft.path}.id", "duplicate-id", data)


def _references(drafts: Sequence[Draft]) -> Iterator[Problem]:
    known: dict[str, set[str]] = {}
    for draft in drafts:
        known.setdefault(draft.kind, set()).add(draft.code)
    for kind, field, target in REFERENCES:
        for draft in (draft for draft in drafts if draft.kind == kind):
            for node, code, path in draft.named(field):
                data = {"field": field, "given": code, "kind": target}
                if code not in known.get(target, ()):
                    yield Problem(draft.file, node.line, path, "unknown-reference", data)
                elif kind == target and code == draft.code:
                    yield Problem(draft.file, node.line, path, "self-reference", data)
