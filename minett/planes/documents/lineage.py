"""The way from a need to a release as a small picture, with the same facts as a table.

Rows follow the order in which things came from one another, so it reads on a phone and prints in one column.
It draws what it is given and knows nothing of the records behind it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from minett.planes.documents import labels
from minett.planes.documents.blocks import Table
from minett.planes.documents.drawing import BadChart, Chart
from minett.planes.documents.palette import FONT, PALETTES, Palette, Theme
from minett.planes.documents.plain import one_line
from minett.planes.documents.svg import complete

MOST_NODES = 40
BOX, BOX_HEIGHT = 190, 74
ACROSS, DOWN = 20, 34
PASSAGE = 16
MARGIN = 4
TITLE_LETTERS, DETAIL_LETTERS = 20, 26


@dataclass(frozen=True, slots=True)
class Node:
    """One station. `kind` is its name for people ("Need", "Data product"), `marked` the one this is about."""

    key: str
    kind: str
    label: str
    detail: str = ""
    marked: bool = False


Edge = tuple[str, str]
Place = tuple[float, float]


def _ranks(keys: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return for each key the length of the longest way to it. Raises BadChart for a circle."""
    ranks = dict.fromkeys(keys, 0)
    for _ in keys:
        late = [(left, right) for left, right in edges if ranks[right] <= ranks[left]]
        if not late:
            return _lowered(ranks, edges)
        for left, right in late:
            ranks[right] = max(ranks[right], ranks[left] + 1)
    raise BadChart(why="the ways run in a circle")


def _lowered(ranks: Mapping[str, int], edges: Sequence[Edge]) -> dict[str, int]:
    """Move stations that come from nothing down to where they are first used."""
    reached = {right for _, right in edges}
    first = {left: min(ranks[right] for start, right in edges if start == left) for left, _ in edges}
    return {key: rank if key in reached else first.get(key, 1) - 1 for key, rank in ranks.items()}


def _chains(edges: Sequence[Edge], ranks: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Return each edge with an invisible stop in every row that it passes, so that no line crosses a box."""
    return [
        (left, *(f"{left}\0{right}\0{rank}" for rank in range(ranks[left] + 1, ranks[right])), right)
        for left, right in edges
    ]


def _rows(keys: Sequence[str], chains: Sequence[tuple[str, ...]], ranks: Mapping[str, int]) -> list[list[str]]:
    """Return the rows from top to bottom, each ordered by where its sources stand in the row above."""
    rows: list[list[str]] = [[] for _ in range(max(ranks.values()) + 1)]
    for key in keys:
        rows[ranks[key]].append(key)
    for chain in chains:
        for offset, stop in enumerate(chain[1:-1], start=1):
            rows[ranks[chain[0]] + offset].append(stop)
    sources: dict[str, list[str]] = {}
    for chain in chains:
        for above, below in pairwise(chain):
            sources.setdefault(below, []).append(above)
    for upper, lower in pairwise(rows):
        places = {key: (position + 0.5) / len(upper) for position, key in enumerate(upper)}
        lower.sort(key=lambda key: _mean([places[source] for source in sources.get(key, [])]))
    return rows


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.5


def _width(key: str) -> int:
    return PASSAGE if "\0" in key else BOX


def _across(row: Sequence[str]) -> dict[str, float]:
    """Return the middle of each stop in one row, counted from the middle of its boxes."""
    edge, middles = 0.0, {}
    for key in row:
        middles[key] = edge + _width(key) / 2
        edge += _width(key) + ACROSS
    boxes = [middles[key] for key in row if "\0" not in key]
    centre = (boxes[0] + boxes[-1]) / 2 if boxes else edge / 2
    return {key: middle - centre for key, middle in middles.items()}


def _places(rows: Sequence[Sequence[str]]) -> tuple[dict[str, Place], float, float]:
    """Return the middle of each stop, and the size of the picture."""
    across = [_across(row) for row in rows]
    left = min(x - _width(key) / 2 for row in across for key, x in row.items()) - MARGIN
    right = max(x + _width(key) / 2 for row in across for key, x in row.items()) + MARGIN
    places = {
        key: (x - left, MARGIN + BOX_HEIGHT / 2 + number * (BOX_HEIGHT + DOWN))
        for number, row in enumerate(across)
        for key, x in row.items()
    }
    return places, right - left, 2 * MARGIN + len(rows) * BOX_HEIGHT + (len(rows) - 1) * DOWN


def _short(text: str, letters: int) -> str:
    whole = one_line(text)
    return whole if len(whole) <= letters else whole[: letters - 1].rstrip() + "…"


def _lines(node: Node) -> list[tuple[str, float, str]]:
    """Return what stands in a box: (words, height of the line, font). A long name takes two lines."""
    kind, title, detail = 'font-size="11.5"', 'font-size="14" font-weight="600"', 'font-size="12"'
    names = textwrap.wrap(one_line(node.label), TITLE_LETTERS, max_lines=2, placeholder=" …")
    lines = [(_short(node.kind, DETAIL_LETTERS), 16.0, kind), *((name, 17.0, title) for name in names)]
    lines.append((_short(node.detail, DETAIL_LETTERS), 16.0, detail))
    return [line for line in lines if line[0]]


def _box(node: Node, place: Place, palette: Palette) -> str:
    left, top = place[0] - BOX / 2, place[1] - BOX_HEIGHT / 2
    stroke, weight = (palette.accent, 2.5) if node.marked else (palette.muted, 1)
    lines, words = _lines(node), ""
    y = place[1] - sum(height for _, height, _ in lines) / 2 - 4
    for text, height, font in lines:
        y += height
        shade = ' fill-opacity="0.75"' if text == lines[0][0] else ""
        words += f'<text x="{place[0]:g}" y="{y:g}" text-anchor="middle" {font}{shade}>{escape(text)}</text>'
    return (
        f"<g><title>{escape(one_line(f'{node.kind}: {node.label} {node.detail}'))}</title>"
        f'<rect x="{left:g}" y="{top:g}" width="{BOX}" height="{BOX_HEIGHT}" rx="6" fill="{palette.paper}" '
        f'stroke="{stroke}" stroke-width="{weight}"/><g fill="{palette.ink}">{words}</g></g>'
    )


def _way(chain: Sequence[str], places: Mapping[str, Place], palette: Palette) -> str:
    """Draw one edge: curves between rows, straight through an invisible stop, an arrow at the end."""
    half, path = BOX_HEIGHT / 2, ""
    for above, below in pairwise(chain):
        (x0, y0), (x1, y1) = places[above], places[below]
        start, end = y0 + half, y1 - half - (5 if below == chain[-1] else 0)
        bend = (end - start) / 2
        path += "M" if not path else "L"
        path += f"{x0:g} {start:g}C{x0:g} {start + bend:g} {x1:g} {end - bend:g} {x1:g} {end:g}"
    return f'<path d="{path}" fill="none" stroke="{palette.muted}" stroke-width="1.5" marker-end="url(#end)"/>'


def _arrow(palette: Palette) -> str:
    return (
        '<defs><marker id="end" viewBox="0 0 8 8" refX="2" refY="4" markerWidth="6" markerHeight="6" '
        f'orient="auto"><path d="M0 0L8 4L0 8Z" fill="{palette.muted}"/></marker></defs>'
    )


def _check(nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    keys = [node.key for node in nodes]
    if not 0 < len(nodes) <= MOST_NODES or len(set(keys)) != len(keys) or any("\0" in key for key in keys):
        raise BadChart(why=f"it needs 1 to {MOST_NODES} stations, each with a key of its own")
    if not {end for edge in edges for end in edge} <= set(keys):
        raise BadChart(why="a way leads to an unknown station")


def _table(nodes: Sequence[Node], edges: Sequence[Edge], title: str, language: str) -> Table:
    names = {node.key: one_line(node.label) for node in nodes}
    nothing = labels.label("nothing", language)
    rows = tuple(
        (
            node.kind,
            node.label,
            node.detail or nothing,
            ", ".join(names[left] for left, right in edges if right == node.key) or nothing,
        )
        for node in nodes
    )
    columns = tuple(labels.label(key, language) for key in ("step", "item", "detail", "comes_from"))
    return Table(columns, rows, title)


def lineage(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    title: str,
    language: str = "en",
    theme: Theme = "both",
) -> Chart:
    """Draw stations and the ways between them, (from key, to key), in the order of `nodes` within a row.

    Raises BadChart for no stations, too many, double keys, unknown ends, or a circle.
    """
    _check(nodes, edges)
    known, palette = list(dict.fromkeys(edges)), PALETTES[theme]
    keys = [node.key for node in nodes]
    ranks = _ranks(keys, known)
    chains = _chains(known, ranks)
    places, width, height = _places(_rows(keys, chains, ranks))
    ways = "".join(_way(chain, places, palette) for chain in chains)
    boxes = "".join(_box(node, places[node.key], palette) for node in nodes)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="{FONT}">{_arrow(palette)}{ways}{boxes}</svg>'
    )
    table = _table(nodes, known, title, language)
    description = (
        "; ".join(
            f"{one_line(node.kind)}: {one_line(node.label)}" for node in sorted(nodes, key=lambda n: ranks[n.key])
        )
        + "."
    )
    return Chart(
        complete(svg, title=title, description=description, language=language),
        table,
        one_line(title),
        description,
    )
