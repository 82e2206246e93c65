"""Pictures as SVG: reads one only when every element and attribute in it is known to be harmless.

A picture goes straight into pages and into the PDF, so it must not run script, load anything or style the
page around it. This module checks and completes pictures; it draws none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput
from minett.planes.documents.plain import one_line

NAMESPACE = "http://www.w3.org/2000/svg"
LARGEST = 2_000_000
# fmt: off
ELEMENTS = frozenset({
    "svg", "g", "path", "line", "rect", "circle", "ellipse", "polyline", "polygon", "text", "tspan",
    "title", "desc", "defs", "clipPath", "marker", "linearGradient", "radialGradient", "stop",
})
ATTRIBUTES = frozenset({
    "id", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "d", "points",
    "width", "height", "viewBox", "preserveAspectRatio", "version", "transform", "fill", "fill-opacity",
    "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin",
    "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "opacity", "display", "visibility",
    "clip-path", "clip-rule", "font-family", "font-size", "font-weight", "font-style", "text-anchor",
    "dominant-baseline", "letter-spacing", "marker-start", "marker-mid", "marker-end", "markerWidth",
    "markerHeight", "markerUnits", "refX", "refY", "orient", "gradientUnits", "gradientTransform",
    "offset", "stop-color", "stop-opacity", "clipPathUnits", "role", "class", "aria-label",
    "aria-labelledby", "aria-describedby", "aria-hidden", "aria-roledescription", "pointer-events",
    "lang", "dir",
})
# fmt: on
# What Vega leaves on its marks for its own script; without script it would only collide with the page.
_DROPPED = ("class", "role", "aria-label", "aria-roledescription", "aria-hidden", "pointer-events")
_REFERENCE = re.compile(r"url\(\s*#([\w-]+)\s*\)")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")

ET.register_namespace("", NAMESPACE)


class UnsafePicture(BadInput):
    """Data: found (what is not allowed in a picture)."""

    code = "unsafe-picture"
    sentence = gettext_noop("This picture cannot be used: it contains %(found)s.")


def _local(name: str) -> str:
    namespace, _, local = name.rpartition("}")
    if namespace and namespace != "{" + NAMESPACE:
        raise UnsafePicture(found=one_line(name)[:80])
    return local


def _check_attribute(name: str, value: str) -> None:
    local = _local(name)
    if local not in ATTRIBUTES:
        raise UnsafePicture(found=one_line(local)[:80])
    if "url(" in _REFERENCE.sub("", value).lower() or "\\" in value:
        raise UnsafePicture(found=one_line(value)[:80])


def read_svg(svg: str) -> ET.Element:
    """Return the root of a picture that is safe to show.

    Raises UnsafePicture when it is too large, is not XML, declares entities, or holds anything that is not
    on the lists of this module.
    """
    if len(svg) > LARGEST or "<!" in svg or "<?" in svg.removeprefix("<?xml "):
        raise UnsafePicture(found="a declaration or too much")
    try:
        root = ET.fromstring(svg)  # noqa: S314 - declarations, and so entities, are refused above.
    except (ET.ParseError, ValueError) as error:
        raise UnsafePicture(found="no readable XML") from error
    if root.tag != f"{{{NAMESPACE}}}svg":
        raise UnsafePicture(found=one_line(root.tag)[:80])
    for element in root.iter():
        if _local(element.tag) not in ELEMENTS:
            raise UnsafePicture(found=one_line(element.tag)[:80])
        for name, value in element.attrib.items():
            _check_attribute(name, value)
    return root


def canonical(root: ET.Element) -> str:
    """Write a checked picture so that an HTML reader sees the same elements as the XML reader did."""
    return ET.tostring(root, encoding="unicode")


def size(root: ET.Element) -> tuple[float, float]:
    """Return width and height in CSS pixels, from `viewBox` or else from `width` and `height`."""
    box = root.get("viewBox", f"0 0 {root.get('width', '')} {root.get('height', '')}").replace(",", " ").split()
    try:
        width, height = (float(part.removesuffix("px")) for part in box[2:4])
    except ValueError as error:
        raise UnsafePicture(found="no size") from error
    if not (0 < width < 20_000 and 0 < height < 20_000):  # noqa: PLR2004 - also refuses NaN.
        raise UnsafePicture(found="no usable size")
    return width, height


def _rename(root: ET.Element, names: Mapping[str, str]) -> None:
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "id":
                element.set(name, names[value])
            else:
                element.set(name, _REFERENCE.sub(lambda found: f"url(#{names.get(found[1], found[1])})", value))


def _own_ids(root: ET.Element, words: str) -> str:
    """Give ids that depend on what is drawn and said only, and return their prefix.

    Many pictures share one page, and the drawing engine counts its own ids up for as long as it lives.
    """
    old = [name for element in root.iter() if (name := element.get("id")) is not None]
    _rename(root, {name: f"i{place}" for place, name in enumerate(old)})
    prefix = "p" + hashlib.sha256(f"{words}\n{canonical(root)}".encode()).hexdigest()[:10] + "-"
    _rename(root, {f"i{place}": f"{prefix}{place}" for place in range(len(old))})
    return prefix


def _lighten(root: ET.Element) -> None:
    for element in root.iter():
        for name in _DROPPED:
            element.attrib.pop(name, None)
        for name, value in list(element.attrib.items()):
            element.set(name, _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}", value))


def complete(svg: str, *, title: str, description: str, language: str) -> str:
    """Return a checked picture with a name and a description for those who do not see it."""
    root = read_svg(re.sub(r"\sxmlns:xlink=\"[^\"]*\"", "", svg, count=1))
    _lighten(root)
    prefix = _own_ids(root, f"{title}\n{description}\n{language}")
    for position, (tag, words) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{NAMESPACE}}}{tag}", {"id": prefix + tag})
        element.text = one_line(words)
        root.insert(position, element)
    root.attrib |= {"role": "img", "lang": language, "aria-labelledby": f"{prefix}title {prefix}desc"}
    return canonical(root)
