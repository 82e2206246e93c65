from __future__ import annotations

from html.parser import HTMLParser

import pytest

from minett.kernel.content import LANGUAGES
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
from minett.planes.documents.html import render_html, render_page
from minett.planes.documents.labels import LABELS, decimals, label, labels, number

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20"/></svg>'
EVIL = '</script><script>alert("1")</script><img src=x onerror=alert(1)> &amp; \x00 \u202e'
VOID = {"br", "meta"}


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.opened.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.opened.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def document(words: str, language: str = "en") -> Document:
    table = Table((words, "n"), ((words, "1"),), words, (1,))
    blocks = (
        Heading(1, words),
        Paragraph(words),
        Bullets((words,)),
        Facts(((words, words),)),
        table,
        Checks(((State.FAIL, words, words),)),
        Figure(SQUARE, words, table),
        Quote(words, words),
        PageBreak(),
    )
    return Document(words, words, language, ((words, words),), words, blocks)


@pytest.mark.parametrize("render", [render_html, render_page])
def test_hostile_words_stay_words(render):
    reader = read(render(document(EVIL)))
    assert not {"script", "img"} & set(reader.opened)
    assert not {name for name in reader.attributes if name.startswith("on")}
    assert 'alert("1")' in "".join(reader.words)
    assert not {"\x00", "\u202e"} & set("".join(reader.words))


def test_the_fragment_carries_no_style():
    reader = read(render_html(document("x")))
    assert "style" not in reader.attributes | set(reader.opened)


def test_structure_is_told_to_those_who_listen():
    html = render_html(document("Need"), top=2)
    assert html.startswith('<article class="document" lang="en">')
    assert "<h2>Need</h2>" in html
    assert "<h3>Need</h3>" in html
    assert "<caption><b>Table 1.</b> Need</caption>" in html
    assert "<figcaption><b>Figure 1.</b> Need</figcaption>" in html
    assert "<b>Table 2.</b>" in html
    assert '<th scope="col" class="number">n</th>' in html
    assert "<h1>Need</h1>" in render_page(document("Need"))


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Failed"), ("fr", "Échoué"), ("de", "Nicht bestanden"), ("lb", "Net bestanen")]
)
def test_states_are_words_in_the_readers_language(language: str, words: str):
    assert f'<span class="state state-fail">{words}</span>' in render_html(document("x", language))


def test_every_label_stands_in_every_language():
    for key, text in LABELS.items():
        assert set(text.by_language) == set(LANGUAGES), key
        assert all(words.strip() for words in text.by_language.values()), key
    for language in LANGUAGES:
        assert {"{page}", "{total}"} <= set(label("page", language).replace("/", " ").split())
        assert labels(language)["pass"] != labels(language)["fail"]
        assert {state.value for state in State} <= set(labels(language))


def test_numbers_wear_the_marks_of_their_language():
    assert [number(-1234567.891, language, 2) for language in LANGUAGES] == [
        "\u22121,234,567.89",
        "\u22121\u202f234\u202f567,89",
        "\u22121.234.567,89",
        "\u22121.234.567,89",
    ]
    assert number(-0.001, "en", 1) == "0.0"
    assert [decimals(values) for values in ([3.0, 400], [12.5], [1.25], [0.5, 0.25], [0.001])] == [0, 1, 2, 3, 4]
