"""The colours of pictures, for paper, for the dark, and for both at once. It draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Theme = Literal["both", "light", "dark"]
FONT = "system-ui, Segoe UI, Roboto, Helvetica Neue, Arial, Libertinus Serif, sans-serif"


@dataclass(frozen=True, slots=True)
class Palette:
    """`ink` writes, `muted` and `line` recede, `accent` is what matters, `series` tells lines apart."""

    ink: str
    muted: str
    line: str
    paper: str
    accent: str
    series: tuple[str, ...]


# The colours of "both" stand at least 3:1 against the light paper and against the dark one; words take the
# colour of the text around the picture.
PALETTES: Mapping[Theme, Palette] = {
    "both": Palette(
        "currentColor",
        "#857b72",
        "#857b7240",
        "none",
        "#c2543a",
        ("#c2543a", "#3b82b5", "#5b8f55", "#a8780f", "#8d6cb0"),
    ),
    "light": Palette(
        "#1d1a17",
        "#6b635b",
        "#e4ddd4",
        "#fbf9f6",
        "#a13d24",
        ("#a13d24", "#245f8a", "#3f6b3a", "#8a5f00", "#6b4a8f"),
    ),
    "dark": Palette(
        "#f1ebe4",
        "#b0a69b",
        "#3a332d",
        "#171412",
        "#e58a6d",
        ("#e58a6d", "#84bbe0", "#93c28c", "#deb04e", "#bda3d9"),
    ),
}
