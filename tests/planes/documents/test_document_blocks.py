from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.planes.documents.document import (
    BadDocument,
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
from minett.planes.documents.plain import clean, one_line, paragraphs
from minett.planes.documents.svg import UnsafePicture, complete, read_svg, size

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20"/></svg>'


def whole() -> Document:
    table = Table(("Measure", "Value"), (("Rows", "12"), ("Share", "0.4")), "Numbers", (1,))
    return Document(
        "A report",
        "about a model",
        "en",
        (("Company", "Invented Ltd (invented)"),),
        "No legal advice.",
        (
            Heading(1, "First"),
            Paragraph("One.\n\nTwo."),
            Bullets(("a", "b")),
            Facts((("Cost", "4 node-hours"),)),
            table,
            Checks(((State.PASS, "It holds.", "run 4"), (State.OPEN, "Nobody looked.", "–"))),
            Figure(SQUARE, "A square", table, "A black square"),
            Quote("Good.", "An accountant"),
            PageBreak(),
        ),
    )


def changed(**values: Any) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(json.dumps(whole().to_json()))
    return raw | values


def test_json_brings_back_an_equal_document():
    assert Document.from_json(json.loads(json.dumps(whole().to_json()))) == whole()


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {},
        changed(format="other"),
        changed(title=3),
        changed(language="it"),
        changed(meta=[["only one"]]),
        changed(blocks={"kind": "heading"}),
        changed(blocks=[{"kind": "script"}]),
        changed(blocks=[{"kind": ["heading"]}]),
        changed(blocks=[{"kind": "heading", "level": True, "text": "x"}]),
        changed(blocks=[{"kind": "heading", "level": 9, "text": "x"}]),
        changed(blocks=[{"kind": "checks", "rows": [["perfect", "a", "b"]]}]),
        changed(blocks=[{"kind": "checks", "rows": [["pass", "a"]]}]),
        changed(blocks=[{"kind": "table", "columns": ["a"], "rows": [["1", "2"]]}]),
        changed(blocks=[{"kind": "table", "columns": ["a"], "rows": [], "numeric": [4]}]),
    ],
)
def test_stored_data_is_not_trusted(raw: Any):
    with pytest.raises(BadDocument):
        Document.from_json(raw)


def test_headings_skip_no_level():
    document = Document("t", "", "en", (), None, (Heading(3, "a"), Heading(3, "b"), Heading(1, "c"), Heading(3, "d")))
    assert [block.level for block in document.levels() if isinstance(block, Heading)] == [1, 2, 1, 2]


def test_clean_removes_what_hides_and_keeps_what_is_written():
    assert clean("a\x00b\u202ec\u2066d\r\ne\ud800f\ufeff") == "abcd\ne\ufffdf"
    assert clean("مرحبا שלום 漢字 e\u0301") == "مرحبا שלום 漢字 é"
    assert one_line(" a\n\tb  c ") == "a b c"
    assert paragraphs("a\nb\n \nc") == ("a\nb", "c")


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str):
    assert clean(clean(text)) == clean(text)
    assert "\x00" not in clean(text)


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<image href="file:///etc/passwd"/>',
        "<foreignObject><p>x</p></foreignObject>",
        '<rect onload="alert(1)"/>',
        '<rect style="fill:red"/>',
        '<rect fill="url(http://example.org/x)"/>',
        '<rect fill="URL( //example.org )"/>',
        '<use href="#a"/>',
        '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
        "<!-- a comment -->",
        "<?pi?>",
        "<rect>",
    ],
)
def test_unsafe_pictures_are_refused(inside: str):
    with pytest.raises(UnsafePicture):
        Figure(SQUARE.replace("</svg>", f"{inside}</svg>"), "caption")


def test_entities_and_strange_sizes_are_refused():
    with pytest.raises(UnsafePicture):
        read_svg('<!DOCTYPE svg [<!ENTITY a "aa">]>' + SQUARE)
    for box in ("0 0 nan 4", "0 0 0 4", "0 0 90000 4", "a b", ""):
        with pytest.raises(UnsafePicture):
            size(read_svg(SQUARE.replace("0 0 40 20", box)))


def test_a_completed_picture_has_a_name_and_ids_of_its_own():
    svg = SQUARE.replace("<rect", '<clipPath id="clip0"><path d="M0 0"/></clipPath><rect clip-path="url(#clip0)"')
    first, second = (complete(svg, title=title, description="<d>", language="fr") for title in ("A & B", "C"))
    root = read_svg(first)
    assert root[0].text == "A & B"
    assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"
    ids = [{element.get("id") for element in read_svg(one).iter()} - {None} for one in (first, second)]
    assert len(ids[0]) == 3
    assert not ids[0] & ids[1]
    assert next(e.get("clip-path") for e in root.iter() if e.tag.endswith("rect")) == f"url(#{root[2].get('id')})"
