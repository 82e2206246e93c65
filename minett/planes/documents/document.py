"""A neutral document: what a report says, in order, before anybody decides how it looks.

It is stored as JSON and comes back without being trusted: reading checks every type, because a stored
document may have been edited by another hand.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from minett.kernel.content import LANGUAGES
from minett.planes.documents import stored
from minett.planes.documents.blocks import (
    BadDocument,
    Block,
    Bullets,
    Checks,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Quote,
    State,
    Table,
    need,
    pairs,
    put,
)
from minett.planes.documents.plain import one_line

__all__ = [
    "BadDocument",
    "Block",
    "Bullets",
    "Checks",
    "Document",
    "Facts",
    "Figure",
    "Heading",
    "PageBreak",
    "Paragraph",
    "Quote",
    "State",
    "Table",
]

FORMAT = "minett-document/1"


@dataclass(frozen=True, slots=True)
class Document:
    """`meta` are the facts under the title, `notice` is the sentence at the foot of every page."""

    title: str
    subtitle: str
    language: str
    meta: tuple[tuple[str, str], ...]
    notice: str | None
    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        need(self.language in LANGUAGES, "language", f"must be one of {', '.join(LANGUAGES)}")
        put(self, title=one_line(self.title), subtitle=one_line(self.subtitle), meta=pairs(self.meta))
        put(self, notice=one_line(self.notice or "") or None)
        need(bool(self.title), "title", "needs words")

    def levels(self) -> tuple[Block, ...]:
        """Return the blocks with headings that skip no level, which readers by ear rely on."""
        depth, even = 0, list[Block]()
        for block in self.blocks:
            if isinstance(block, Heading):
                depth = min(block.level, depth + 1)
                even.append(Heading(depth, block.text))
            else:
                even.append(block)
        return tuple(even)

    def to_json(self) -> dict[str, object]:
        """Return plain JSON data from which `from_json` builds an equal document."""
        parts = {field.name: stored.plain(getattr(self, field.name)) for field in fields(self)}
        return {"format": FORMAT, **parts}

    @classmethod
    def from_json(cls, raw: object) -> Self:
        """Build a document from stored JSON data. Raises BadDocument, or UnsafePicture for a figure."""
        data = stored.mapping(raw, "document")
        need(data.get("format") == FORMAT, "document", f"is not in the format {FORMAT}")
        notice = data.get("notice")
        return cls(
            stored.text(data.get("title"), "title"),
            stored.text(data.get("subtitle", ""), "subtitle"),
            stored.text(data.get("language"), "language"),
            stored.two_texts(data.get("meta", []), "meta"),
            None if notice is None else stored.text(notice, "notice"),
            tuple(stored.block(part) for part in stored.items(data.get("blocks"), "blocks")),
        )
