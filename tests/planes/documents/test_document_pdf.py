from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from minett.planes.documents import pdf
from minett.planes.documents.document import (
    Bullets,
    Checks,
    Document,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Quote,
    State,
    Table,
)
from minett.planes.documents.pdf import CannotPrint, compiled, render_pdf

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20"/></svg>'
HOSTILE = [
    '#import "@preview/evil:1.0.0": *',
    '#read("/etc/passwd") #panic("x") #sys.inputs',
    "= Heading *bold* _it_ $x^2$ `raw` <label> @ref \\ // comment /* */",
    '"]; #text(red)[x] \\u{41} {"a": 1} ${x}',
    "</script><img src=x onerror=alert(1)>",
    "nul \x00 bell \x07 escape \x1b[31m",
    "שלום עולם مرحبا \u202eevil\u202c",
    "w" * 10_000,
    "0123456789abcdef" * 600,
    "",
    "\n\n \n",
]


def document(words: str, title: str = "Title") -> Document:
    return Document(
        title,
        words,
        "fr",
        ((words, words),),
        words[:200],
        (
            Heading(2, words.strip() or "-"),
            Paragraph(words),
            Bullets((words, words)),
            Facts(((words, words),)),
            Table(("a", words), ((words, words), ("1", "2")), words, (1,)),
            Checks(tuple((state, words, words) for state in State)),
            Figure(SQUARE, words.strip() or "-", Table(("a",), (), "")),
            Quote(words, words),
        ),
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_no_text_is_read_as_typesetting_code(words: str):
    made, pages, standard = compiled(document(words))
    assert made.startswith(b"%PDF-")
    assert pages >= 1
    assert standard == "PDF/UA-1"


def test_the_template_may_not_read_beyond_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "templates").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "templates" / "document.typ").write_text('#read("../secret.txt")')
    monkeypatch.setattr(pdf, "files", lambda _package: tmp_path)
    with pytest.raises(CannotPrint):
        compiled(document("x"))


def test_the_same_document_makes_the_same_bytes(tmp_path: Path):
    first, second = (render_pdf(document("Straße"), tmp_path / name) for name in ("a.pdf", "b.pdf"))
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.sha256 == hashlib.sha256(first.path.read_bytes()).hexdigest() == second.sha256
    assert first.bytes == first.path.stat().st_size
    assert render_pdf(document("Strasse"), tmp_path / "c.pdf").sha256 != first.sha256


def test_pages_are_counted(tmp_path: Path):
    blocks = (Paragraph("a"), PageBreak(), Paragraph("b"), PageBreak(), Paragraph("c"))
    made = render_pdf(Document("t", "", "lb", (), None, blocks), tmp_path / "a.pdf")
    assert made.pages == 3


def test_a_script_without_a_font_still_prints():
    made, _, standard = compiled(document("漢字 😀 \U00010380"))
    assert made.startswith(b"%PDF-")
    assert standard in {"PDF/UA-1", "tagged PDF"}


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = tmp_path / "report.pdf"
    target.write_bytes(b"old")

    def full_disk(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        render_pdf(document("x"), target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_file_is_private_and_replaces_the_old_one(tmp_path: Path):
    target = tmp_path / "report.pdf"
    target.write_bytes(b"old")
    render_pdf(document("x"), target)
    assert target.read_bytes().startswith(b"%PDF-")
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_a_long_cell_may_break_over_pages():
    rows = (("long", "word " * 6_000),)
    _, pages, _ = compiled(Document("t", "", "de", (), None, (Table(("a", "b"), rows, "c"),)))
    assert pages > 3
