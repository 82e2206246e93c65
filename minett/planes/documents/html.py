"""A document as HTML: a fragment for a page of the house, or a whole file to download and print.

Everything a person wrote is escaped; pictures were checked when their figure was made. The fragment carries
no style and no script, so it obeys the strictest content policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from itertools import count

from minett.planes.documents.document import (
    Block,
    Bullets,
    Checks,
    Document,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Quote,
    Table,
)
from minett.planes.documents.labels import labels
from minett.planes.documents.plain import paragraphs

DEEPEST = 6
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _prose(text: str) -> str:
    return "".join(f'<p dir="auto">{_lines(part)}</p>' for part in paragraphs(text))


def _facts(rows: Iterable[tuple[str, str]], name: str) -> str:
    pairs = "".join(f'<div><dt>{escape(label)}</dt><dd dir="auto">{_lines(value)}</dd></div>' for label, value in rows)
    return f'<dl class="{name}">{pairs}</dl>' if pairs else ""


class _Writer:
    """Writes blocks in order and counts tables and figures, as the PDF does."""

    def __init__(self, words: Mapping[str, str], top: int) -> None:
        self.words = words
        self.top = top
        self.tables = count(1)
        self.figures = count(1)

    def heading(self, block: Heading) -> str:
        level = min(self.top + block.level, DEEPEST)
        return f"<h{level}>{escape(block.text)}</h{level}>"

    def table(self, block: Table) -> str:
        numeric = dict.fromkeys(block.numeric, ' class="number"')
        head = "".join(
            f'<th scope="col"{numeric.get(place, "")}>{escape(column)}</th>'
            for place, column in enumerate(block.columns)
        )
        rows = "".join(f"<tr>{self._cells(row, numeric)}</tr>" for row in block.rows)
        title = f"{self.words['table']} {next(self.tables)}."
        caption = f"<caption><b>{title}</b> {escape(block.caption)}</caption>" if block.caption else ""
        return self._scroll(
            f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>",
            block.caption or title,
        )

    @staticmethod
    def _cells(row: Iterable[str], numeric: Mapping[int, str]) -> str:
        return "".join(f'<td dir="auto"{numeric.get(place, "")}>{_lines(cell)}</td>' for place, cell in enumerate(row))

    @staticmethod
    def _scroll(inner: str, name: str) -> str:
        # A wide table scrolls in its own frame, which the keyboard must be able to reach.
        return f'<div class="document-wide" role="region" tabindex="0" aria-label="{escape(name)}">{inner}</div>'

    def checks(self, block: Checks) -> str:
        head = "".join(f'<th scope="col">{escape(self.words[key])}</th>' for key in ("state", "claim", "proof"))
        rows = "".join(
            f'<tr><td><span class="state state-{state.value}">{escape(self.words[state.value])}</span></td>'
            f'<td dir="auto">{_lines(claim)}</td><td dir="auto">{_lines(proof)}</td></tr>'
            for state, claim, proof in block.rows
        )
        table = f'<table class="checks"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        return self._scroll(table, self.words["claim"])

    def figure(self, block: Figure) -> str:
        caption = f"<b>{self.words['figure']} {next(self.figures)}.</b> {escape(block.caption)}"
        picture = f'<div class="document-picture">{block.svg}</div>'
        figure = f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"
        return figure + (self.table(block.table) if block.table else "")

    def bullets(self, block: Bullets) -> str:
        return "<ul>" + "".join(f'<li dir="auto">{_lines(item)}</li>' for item in block.items) + "</ul>"

    def quote(self, block: Quote) -> str:
        source = f"<footer>{escape(block.source)}</footer>" if block.source else ""
        return f"<blockquote>{_prose(block.text)}{source}</blockquote>"

    def write(self, block: Block) -> str:
        """Return one block as HTML."""
        match block:
            case Heading():
                html = self.heading(block)
            case Paragraph():
                html = _prose(block.text)
            case Bullets():
                html = self.bullets(block)
            case Facts():
                html = _facts(block.rows, "document-facts")
            case Table():
                html = self.table(block)
            case Checks():
                html = self.checks(block)
            case Figure():
                html = self.figure(block)
            case Quote():
                html = self.quote(block)
            case PageBreak():
                html = '<div class="document-break"></div>'
        return html


def render_html(document: Document, *, top: int = 2) -> str:
    """Return the document as one `<article>`; its title is a heading of level `top`."""
    writer = _Writer(labels(document.language), top)
    body = "".join(f"{writer.write(block)}\n" for block in document.levels())
    subtitle = f'<p class="document-subtitle">{escape(document.subtitle)}</p>' if document.subtitle else ""
    notice = f'<footer class="document-notice">{escape(document.notice)}</footer>' if document.notice else ""
    head = f"<h{top}>{escape(document.title)}</h{top}>{subtitle}{_facts(document.meta, 'document-meta')}"
    opening = f'<article class="document" lang="{document.language}">'
    return f"{opening}\n<header>{head}</header>\n{body}{notice}</article>\n"


def render_page(document: Document) -> str:
    """Return a whole HTML file with its own style, which works without a network and without script."""
    style = files(__package__).joinpath("templates", "document.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{escape(document.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"{render_html(document, top=1)}</body>\n</html>\n"
    )
