"""The portal's colours can be read in both themes, and its styles stay small."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from minett.web import context

STATIC = Path(context.__file__).parent / "static" / "minett"


def themes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r"(:root[^{]*)\{([^{}]*)\}", (STATIC / "tokens.css").read_text())
    found = {where.strip(): dict(re.findall(r"--([a-z0-9-]+):\s*([^;]+);", body)) for where, body in blocks}
    light = found[":root"]
    return {
        "light": light,
        "dark, chosen": light | found[':root[data-theme="dark"]'],
        "dark, as the device": light | found[':root:not([data-theme="light"])'],
    }


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


TEXT_PAIRS = [
    *((text, ground) for text in ("ink", "muted", "ore", "ore-dark") for ground in ("paper", "card", "sunk")),
    *((text, ground) for text in ("moss", "amber-ink", "signal", "sky") for ground in ("paper", "card", "sunk")),
    *((tone, f"{tone}-ground") for tone in ("ore", "moss", "signal", "sky")),
    *(("ink", f"{tone}-ground") for tone in ("ore", "moss", "amber", "signal", "sky", "mark")),
    *(("ore", f"{tone}-ground") for tone in ("amber", "signal")),
    ("amber-ink", "amber-ground"),
    ("ore-dark", "ore-ground"),
    ("on-ore", "ore"),
    ("on-ore", "ore-dark"),
    ("on-signal", "signal"),
]


@pytest.mark.parametrize("theme", ["light", "dark, chosen", "dark, as the device"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_can_be_read(theme, text, ground):
    tokens = themes()[theme]
    assert contrast(tokens[text], tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark, chosen", "dark, as the device"])
@pytest.mark.parametrize("mark", ["edge", "ore", "amber", "signal"])
def test_edges_of_controls_can_be_seen(theme, mark):
    tokens = themes()[theme]
    assert min(contrast(tokens[mark], tokens[ground]) for ground in ("paper", "card", "sunk")) >= 3


def test_dark_is_the_same_by_choice_and_by_device():
    assert themes()["dark, chosen"] == themes()["dark, as the device"]


def test_styles_are_small_and_use_only_known_tokens():
    styles = "".join(file.read_text() for file in STATIC.glob("*.css"))
    known = set(re.findall(r"--([a-z0-9-]+):", styles))
    assert set(re.findall(r"var\(--([a-z0-9-]+)", styles)) <= known
    assert len(styles.encode()) < 42_000
    assert "http" not in styles.replace('a[href^="http"]', "")


def test_the_type_scale_is_one_fifth():
    tokens = (STATIC / "tokens.css").read_text()
    sizes = [float(size) for size in re.findall(r"--t-[a-z0-9]+: ([0-9.]+)rem", tokens)]
    assert all(abs(larger / smaller - 1.2) < 0.001 for smaller, larger in pairwise(sizes))
