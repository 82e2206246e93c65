"""Untrusted YAML into plain values that know their line. It constructs no objects and follows no alias."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from minett.apps.catalogue.pack.problems import Problem

MAX_BYTES = 2_000_000
MAX_DEPTH = 24

# The C reader is about ten times faster and gives the same nodes; not every platform has it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOMENTS = yaml.SafeLoader("")
_WHOLE = re.compile(r"[-+]?\d{1,15}")
_DECIMAL = re.compile(r"[-+]?\d{1,15}\.\d{0,9}")


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands. `value` is a scalar, a list of nodes or a dict of text to node."""

    value: Any
    line: int

    def plain(self) -> Any:
        """Return the value without lines: lists, dicts and scalars only."""
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        return self.value

    def at(self, location: tuple[str | int, ...]) -> Node:
        """Return the deepest node along the location; what is missing is reported at its parent."""
        if not location:
            return self
        first, rest = location[0], location[1:]
        if isinstance(self.value, dict) and first in self.value:
            return self.value[first].at(rest)  # type: ignore[no-any-return]
        if isinstance(self.value, list) and isinstance(first, int) and first < len(self.value):
            return self.value[first].at(rest)  # type: ignore[no-any-return]
        # Pydantic puts names of its own into a location (a dict's "[key]"), which no node answers to.
        return self.at(rest) if rest else self


@dataclass(frozen=True, slots=True)
class Document:
    """What one file held, as far as it could be read. `node` is None when nothing could."""

    file: str
    node: Node | None
    problems: tuple[Problem, ...]


def read_document(path: Path, file: str) -> Document:
    """Read one pack file; `file` is the name to report. Never raises for what the file says."""
    text, problem = _text(path, file)
    if problem:
        return Document(file, None, (problem,))
    try:
        refused = tuple(_refusals(text, file))
        if refused:
            return Document(file, None, refused)
        tree = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        return Document(file, None, (_not_yaml(error, file),))
    if tree is None or tree.tag == "tag:yaml.org,2002:null":
        return Document(file, None, (Problem(file, 1, "", "empty-file"),))
    problems: list[Problem] = []
    node = _build(tree, file, problems)
    return Document(file, node, tuple(problems))


def _text(path: Path, file: str) -> tuple[str, Problem | None]:
    if path.is_symlink() or not path.is_file():
        return "", Problem(file, 1, "", "link")
    with path.open("rb") as stream:
        raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        data = {"bytes": path.stat().st_size, "limit": MAX_BYTES}
        return "", Problem(file, 1, "", "too-large", data)
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return "", Problem(file, line, "", "not-utf8", {"byte": error.start})


def _not_yaml(error: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    why = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
    return Problem(file, mark.line + 1 if mark else 1, "", "not-yaml", {"why": why})


def _refusals(text: str, file: str) -> Iterator[Problem]:
    """Walk the flat stream of events before any tree is built, so that no bomb is ever unfolded."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            yield Problem(file, line, "", "alias", {"name": event.anchor})
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                yield Problem(file, line, "", "several-documents")
                return
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                yield Problem(file, line, "", "too-deep", {"limit": MAX_DEPTH})
                return
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        # A plain value needs no tag; one that is written out could ask for any class.
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            yield Problem(file, line, "", "tag", {"name": tag})


def _line(part: Any) -> int:
    return int(part.start_mark.line) + 1


def _build(tree: yaml.Node, file: str, problems: list[Problem]) -> Node:
    line = _line(tree)
    if isinstance(tree, yaml.SequenceNode):
        return Node([_build(item, file, problems) for item in tree.value], line)
    if isinstance(tree, yaml.MappingNode):
        return Node(_mapping(tree, file, problems), line)
    return Node(_scalar(tree), line)


def _mapping(tree: yaml.MappingNode, file: str, problems: list[Problem]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in tree.value:
        line = _line(key_node)
        key = _scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            name = str(getattr(key_node, "value", ""))[:40]
            problems.append(Problem(file, line, "", "key-not-text", {"name": name}))
        elif key in found:
            data = {"name": key, "first_line": lines[key]}
            problems.append(Problem(file, line, key, "duplicate-key", data))
        else:
            # The line of the name is kept, not of the value: a block of text begins one line later.
            found[key] = Node(_build(value_node, file, problems).value, line)
            lines[key] = line
    return found


def _scalar(tree: Any) -> Any:
    """Turn a scalar into a value; what only looks like a number or a date stays text and is reported later.

    YAML's own readers are left out for numbers: they know base 60 and floats, and a pack wants neither.
    """
    kind, written = tree.tag.rpartition(":")[2], str(tree.value)
    if kind == "null":
        return None
    if kind == "bool":
        return written.lower() in {"true", "yes", "on"}
    if kind == "int":
        return int(written) if _WHOLE.fullmatch(written) else written
    if kind == "float":
        # Money and rates stay exact: 0.1 must not become 0.1000000000000000055.
        return Decimal(written) if _DECIMAL.fullmatch(written) else written
    if kind == "timestamp":
        return _moment(tree)
    return written


def _moment(tree: Any) -> Any:
    try:
        return _MOMENTS.construct_yaml_timestamp(tree)
    except (ValueError, OverflowError):
        return str(tree.value)
