from __future__ import annotations

import re
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from minett.planes.documents.charts import BadChart, Bar, Chart, Measured, Series, bars, before_after, line
from minett.planes.documents.document import Figure
from minett.planes.documents.lineage import Node, lineage
from minett.planes.documents.palette import PALETTES
from minett.planes.documents.svg import read_svg

EVIL = '<script>alert(1)</script> "datum.value" {expr} \x00 \u202e & מ'
NODES = [
    Node("need", "Need", "Book invoices faster", "12 March 2026"),
    Node("case", "Use case", "Invoice coding"),
    Node("plan", "Data product", "Chart of accounts"),
    Node("data", "Data product", "Invoices 2023 to 2025"),
    Node("model", "Model", "Coding 1.2"),
    Node("release", "Release", "Version 1.2", "", marked=True),
]
EDGES = [
    ("need", "case"),
    ("case", "data"),
    ("data", "model"),
    ("plan", "model"),
    ("model", "release"),
    ("case", "release"),
]


def words(chart: Chart) -> list[str]:
    return ["".join(element.itertext()) for element in read_svg(chart.svg).iter() if element.tag.endswith("}text")]


def every(label: str = "x", theme="both") -> list[Chart]:
    month = [(date(2026, number, 1), number * 1.5) for number in range(1, 7)]
    return [
        before_after([(label, 12.4, 11, 14), ("after", 8, None, None)], unit=label, title=label, theme=theme),
        bars([Bar(label, 3.5, label, marked=True), Bar("loss", -2)], unit=label, title=label, theme=theme),
        line([Series(label, tuple(month)), Series("two", tuple(month[:3]))], unit=label, title=label, theme=theme),
        lineage([Node("a", label, label, label), Node("b", "k", "b")], [("a", "b")], title=label, theme=theme),
    ]


@pytest.mark.parametrize("theme", ["both", "light", "dark"])
def test_charts_are_safe_named_and_the_same_each_time(theme):
    for chart, again in zip(every(EVIL, theme), every(EVIL, theme), strict=True):
        assert chart == again
        root = ET.fromstring(chart.svg)  # noqa: S314 - made here.
        assert "<script" not in chart.svg
        assert root.get("role") == "img"
        assert [root[0].tag[-5:], root[1].tag[-4:]] == ["title", "desc"]
        assert root[1].text == chart.description
        assert isinstance(chart.figure(), Figure)
        assert chart.table.rows


def test_before_and_after_shows_values_and_never_invents_an_interval():
    chart = before_after(
        [Measured("Vorher", 1240.5, 1101, 1390), Measured("Nachher", 800)], unit="€", title="Kosten", language="de"
    )
    assert {"Vorher", "Nachher", "1.240,5", "800,0"} <= set(words(chart))
    assert chart.table.rows == (("Vorher", "1.240,5", "1.101,0", "1.390,0"), ("Nachher", "800,0", "–", "–"))
    assert chart.table.numeric == (1, 2, 3)
    assert chart.description == "Vorher: 1.240,5 €; Nachher: 800,0 €."


def test_double_and_long_labels_keep_their_own_rows():
    long = "Access to data and approval by the committee of all partners " * 3
    chart = bars([(long, 1), (long, 2), ("", 3)], unit="days", title="t")
    shown = [text for text in words(chart) if text.startswith("Access")]
    assert len(set(shown)) == 2
    assert all(len(text) < 90 for text in shown)
    assert chart.table.rows[0][0] == long.strip()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: before_after([], unit="", title="t"),
        lambda: before_after([("a", float("nan"), None, None)], unit="", title="t"),
        lambda: before_after([("a", 5, 6, 7)], unit="", title="t"),
        lambda: bars([], unit="", title="t"),
        lambda: bars([("a", float("inf"))], unit="", title="t"),
        lambda: line([], unit="", title="t"),
        lambda: line([Series("a", ())], unit="", title="t"),
        lambda: line([Series("a", ((1.0, 2), (date(2026, 1, 1), 2)))], unit="", title="t"),
        lambda: line([Series("a", ((datetime(2026, 1, 1), 2),))], unit="", title="t"),  # noqa: DTZ001 - the case.
        lambda: line([Series("a", ((1.0, float("nan")),))], unit="", title="t"),
        lambda: line([Series("a", ((float("inf"), 1.0),))], unit="", title="t"),
        lambda: line([Series(str(n), ((1.0, 2.0),)) for n in range(6)], unit="", title="t"),
        lambda: lineage([], [], title="t"),
        lambda: lineage([NODES[0], NODES[0]], [], title="t"),
        lambda: lineage(NODES, [("need", "nowhere")], title="t"),
        lambda: lineage(NODES, [*EDGES, ("release", "need")], title="t"),
        lambda: lineage(NODES, [("need", "need")], title="t"),
    ],
)
def test_what_would_mislead_is_refused(draw):
    with pytest.raises(BadChart):
        draw()


def test_lines_share_one_table_by_position():
    chart = line([Series("a", ((2, 4.5), (1, 3))), Series("b", ((2, 1),))], unit="%", title="t", across="Epoch")
    assert chart.table.columns == ("Epoch", "a (%)", "b (%)")
    assert chart.table.rows == (("1", "3.00", "–"), ("2", "4.50", "1.00"))


def test_a_long_line_shows_an_extract_and_says_so():
    points = tuple((float(second), second % 7) for second in range(1_000))
    chart = line([Series("GPU", points)], unit="%", title="Use", language="fr")
    assert len(chart.table.rows) <= 61
    assert chart.table.rows[-1][0] == "999"
    assert f"{len(chart.table.rows)} points sur 1000" in chart.table.caption


def test_times_are_shown_as_utc():
    points = tuple((datetime(2026, 3, 1, hour, tzinfo=UTC), hour) for hour in range(6))
    chart = line([Series("a", points)], unit="W", title="t")
    assert {"00:00", "05:00"} <= set(words(chart))
    assert chart.table.rows[0][0] == "2026-03-01 00:00 UTC"


def test_charts_of_nothing_but_zeros_are_drawn():
    assert "0" in words(bars([("a", 0), ("b", 0)], unit="h", title="t"))
    assert "0" in words(before_after([("a", 0, 0, 0)], unit="h", title="t"))
    assert words(bars([("a", -3)], unit="h", title="t"))


def test_lineage_tells_the_same_as_its_table():
    chart = lineage(NODES, EDGES, title="From need to release")
    assert chart.table.rows[4] == ("Model", "Coding 1.2", "–", "Invoices 2023 to 2025, Chart of accounts")
    assert chart.description.startswith("Need: Book invoices faster; ")
    assert chart.description.endswith("; Release: Version 1.2.")
    assert {"Book invoices faster", "Version 1.2"} <= set(words(chart))


def test_lineage_lines_cross_no_box():
    root = read_svg(lineage(NODES, EDGES, title="t").svg)
    boxes = [
        tuple(float(element.get(name, "")) for name in ("x", "y", "width", "height"))
        for element in root.iter()
        if element.tag.endswith("rect")
    ]
    paths = [element.get("d", "") for element in root.iter() if element.get("marker-end")]
    assert (len(boxes), len(paths)) == (6, 6)
    for path in paths:
        for x, y in re.findall(r"L(-?[\d.]+) (-?[\d.]+)", path):
            assert not any(left < float(x) < left + w and top < float(y) < top + h for left, top, w, h in boxes)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("theme", "papers"), [("both", ("light", "dark")), ("light", ("light",)), ("dark", ("dark",))])
def test_colours_are_seen_on_their_paper(theme, papers):
    palette = PALETTES[theme]
    for paper in (PALETTES[name].paper for name in papers):
        for colour in (palette.accent, palette.muted, *palette.series):
            assert _contrast(colour, paper) >= 3, (colour, paper)
        if theme != "both":
            assert _contrast(palette.ink, paper) >= 4.5
