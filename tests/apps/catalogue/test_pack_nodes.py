"""Hostile and broken YAML files: each ends in a sentence with a line, and none hurts the reader."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minett.apps.catalogue.pack.nodes import MAX_BYTES, Document, Node, read_document


def read(tmp_path: Path, content: str | bytes) -> Document:
    path = tmp_path / "part.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_document(path, "part.yaml")


def only_problem(document: Document) -> tuple[str, int]:
    assert len(document.problems) == 1, document.problems
    problem = document.problems[0]
    assert problem.text
    return problem.code, problem.line


def test_plain_values_and_lines(tmp_path):
    document = read(tmp_path, "- id: one\n  day: 2026-11-23\n  price: 0.10\n  open: true\n  note:\n- id: two\n")
    assert document.problems == ()
    assert document.node is not None
    assert document.node.plain() == [
        {"id": "one", "day": date(2026, 11, 23), "price": Decimal("0.10"), "open": True, "note": None},
        {"id": "two"},
    ]
    assert document.node.at((0, "price")).line == 3
    assert document.node.at((1, "missing")).line == 6


def test_what_only_looks_like_a_value_stays_text(tmp_path):
    document = read(tmp_path, "[2026-13-40, 10:30:00, 1e999, .inf, 0x1F, 99999999999999999999]\n")
    assert document.node is not None
    values = document.node.plain()
    assert values == ["2026-13-40", "10:30:00", "1e999", ".inf", "0x1F", "99999999999999999999"]


def test_time_with_its_zone_is_kept(tmp_path):
    document = read(tmp_path, "- 2026-11-30T10:00:00+01:00\n")
    assert document.node is not None
    assert document.node.plain()[0] == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def test_alias_bomb_is_refused_at_once(tmp_path):
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    bomb = "\n".join(["a0: &a0 [lol]", *levels])
    began = time.monotonic()
    document = read(tmp_path, bomb)
    assert time.monotonic() - began < 2
    assert document.node is None
    assert {problem.code for problem in document.problems} >= {"alias"}
    assert document.problems[0].line == 2


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"ok: 1\nbad: \xff\n", "not-utf8", 2),
        ("a: 1\nb: [1, 2\nc: 3\n", "not-yaml", 3),
        ("", "empty-file", 1),
        ("# nothing but a comment\n", "empty-file", 1),
        ("a: 1\n---\nb: 2\n", "several-documents", 2),
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", "tag", 2),
        ("a: 1\n" + "b: " + "[" * 60 + "]" * 60 + "\n", "too-deep", 2),
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", 3),
        ("a: 1\n2: x\n", "key-not-text", 2),
        ("a: 1\n? [x, y]\n: z\n", "key-not-text", 2),
        ("a: \x07\n", "not-yaml", 1),
    ],
)
def test_refused(tmp_path, content, code, line):
    assert only_problem(read(tmp_path, content)) == (code, line)


def test_too_large(tmp_path):
    document = read(tmp_path, b"#" * (MAX_BYTES + 1))
    assert only_problem(document) == ("too-large", 1)
    assert read(tmp_path, b"a: 1 #" + b"#" * (MAX_BYTES - 6)).problems == ()


def test_link_is_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("a: 1\n")
    link = tmp_path / "part.yaml"
    link.symlink_to(target)
    assert only_problem(read_document(link, "part.yaml")) == ("link", 1)


def test_duplicate_key_names_both_lines(tmp_path):
    problem = read(tmp_path, "a: 1\nb: 2\na: 3\n").problems[0]
    assert (problem.line, problem.data["first_line"]) == (3, 1)
    assert "line 1" in problem.text


@settings(max_examples=150, deadline=None)
@given(content=st.one_of(st.binary(max_size=200), st.text(alphabet="ab:-[]{}&*!|>#'\"\n ,?%@0", max_size=80)))
def test_no_bytes_raise(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    document = read_document(path, "any.yaml")
    assert isinstance(document.node, Node) or document.problems
    assert all(problem.text and problem.line >= 1 for problem in document.problems)
