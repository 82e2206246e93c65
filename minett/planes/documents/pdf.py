"""A document as PDF: tagged, the same bytes for the same document, and never half written.

Text reaches the template only as JSON data, so nothing a person wrote is ever read as typesetting code. The
template may not load anything: it has no packages, no network and no folder but its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from textwrap import shorten
from typing import Any, Literal

import typst

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput
from minett.planes.documents import stored
from minett.planes.documents.document import Block, Document, Figure, Table
from minett.planes.documents.labels import labels
from minett.planes.documents.svg import read_svg, size

POINTS_PER_PIXEL = 0.75
RUNNING = 96
NARROWEST, WIDEST = 6, 48
HEAD = 16
# Cells keep a distance, which counts like letters.
GUTTER = 3
MOST_ROWS_TOGETHER, MOST_LETTERS_TOGETHER = 12, 1_200
MOST_LETTERS_REPEATED = 120
# The file says nothing of when it was made: a date that matters is part of the document's facts.
TIMESTAMP = 0
Standard = Literal["PDF/UA-1", "tagged PDF"]


class CannotPrint(BadInput):
    """Data: why (what the typesetter said)."""

    code = "cannot-print"
    sentence = gettext_noop("This document cannot be printed: %(why)s")


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A finished PDF. `standard` says whether it meets PDF/UA-1 or, for rare scripts, is only tagged."""

    path: Path
    sha256: str
    bytes: int
    pages: int
    standard: Standard


def _weight(cells: Sequence[str], *, numeric: bool) -> int:
    """Return the share of one column: enough for its longest word, and no more than a line of prose."""
    head, body = cells[0], [len(cell) for cell in cells[1:]]
    word = max(len(word) for cell in cells for word in (*cell.split(), ""))
    wanted = min(len(head), HEAD) if numeric else len(head)
    return min(max(wanted, word, NARROWEST, *([] if numeric else body)), WIDEST) + GUTTER


def _laid(table: Table) -> dict[str, Any]:
    """Return a table with the shares of its columns, and how it may meet the end of a page."""
    columns = [[name, *cells] for name, *cells in zip(table.columns, *table.rows, strict=True)]
    letters = sum(len(cell) for cells in columns for cell in cells)
    weights = [_weight(cells, numeric=place in table.numeric) for place, cells in enumerate(columns)]
    together = len(table.rows) <= MOST_ROWS_TOGETHER and letters <= MOST_LETTERS_TOGETHER
    # A head as tall as a page would leave the rows no room, and the typesetter would try for minutes.
    repeated = max(map(len, table.columns)) <= MOST_LETTERS_REPEATED
    return {**stored.plain(table), "weights": weights, "together": together, "repeated": repeated}


def _payload(block: Block) -> dict[str, Any]:
    if isinstance(block, Table):
        return _laid(block)
    data: dict[str, Any] = stored.plain(block)
    if isinstance(block, Figure):
        data["width"] = round(size(read_svg(block.svg))[0] * POINTS_PER_PIXEL, 2)
        data["table"] = _laid(block.table) if block.table else None
    return data


def _inputs(document: Document) -> dict[str, str]:
    data = {
        "title": document.title,
        "running": shorten(document.title, RUNNING, placeholder=" …"),
        "subtitle": document.subtitle,
        "language": document.language,
        "meta": stored.plain(document.meta),
        "notice": document.notice,
        "blocks": [_payload(block) for block in document.levels()],
        "labels": labels(document.language),
    }
    return {"document": json.dumps(data, sort_keys=True)}


def _compile(folder: Path, inputs: Mapping[str, str], *, system_fonts: bool, standard: Standard) -> tuple[bytes, int]:
    template = folder / "document.typ"
    compiler = typst.Compiler(
        str(template), root=str(folder), ignore_system_fonts=not system_fonts, sys_inputs=dict(inputs)
    )
    profile: list[Any] = ["ua-1"] if standard == "PDF/UA-1" else []
    made = compiler.compile(format="pdf", pdf_standards=profile, timestamp=TIMESTAMP)
    pages = json.loads(compiler.query("<pages>", field="value", one=True))
    if not isinstance(made, bytes):
        raise CannotPrint(why="the typesetter made no single file")
    return made, int(pages)


def compiled(document: Document) -> tuple[bytes, int, Standard]:
    """Return the PDF, its number of pages and the standard it meets. Writes nothing.

    The fonts inside the typesetter come first, so that every machine makes the same bytes. Only a document
    with a script that they lack asks for the fonts of the machine, and gives up PDF/UA if those lack it too.
    """
    attempts: tuple[tuple[bool, Standard], ...] = (
        (False, "PDF/UA-1"),
        (True, "PDF/UA-1"),
        (True, "tagged PDF"),
    )
    inputs, why = _inputs(document), ""
    with as_file(files(__package__).joinpath("templates")) as folder:
        for system_fonts, standard in attempts:
            try:
                made, pages = _compile(folder, inputs, system_fonts=system_fonts, standard=standard)
            except typst.TypstError as error:
                why = str(error.message)
                if "could not be displayed" not in why:
                    break
            else:
                return made, pages, standard
    raise CannotPrint(why=why)


def _write(made: bytes, target: Path) -> None:
    """Write beside the target, reach the disk, then take its name: a reader sees the old file or the new."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(made)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def render_pdf(document: Document, target: Path) -> RenderedFile:
    """Print `document` to `target`, whose folder must exist. The file is readable by its owner only.

    Raises CannotPrint when the typesetter refuses, and OSError when the disk does.
    """
    made, pages, standard = compiled(document)
    _write(made, target)
    return RenderedFile(target, hashlib.sha256(made).hexdigest(), len(made), pages, standard)
