"""Plain text for print and screen: removes what could hide, reorder or break, and nothing else.

It must not judge the meaning of a text, and it must not escape: every output escapes in its own way.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Bidirectional embeddings, overrides and isolates can show a text in another order than it is stored.
# The plain marks U+200E and U+200F stay: right-to-left writing needs them.
_HIDING = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_IMPOSSIBLE = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\ue000-\uf8ff\U000f0000-\U0010ffff]")


def clean(text: str) -> str:
    """Return `text` in composed form with unified line ends, without controls and reordering marks.

    Surrogates, noncharacters and private characters become U+FFFD, so that a loss stays visible.
    """
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    text = _HIDING.sub("", _CONTROLS.sub("", text))
    return unicodedata.normalize("NFC", _IMPOSSIBLE.sub("\ufffd", text)).strip()


def one_line(text: str) -> str:
    """Return `text` cleaned, with every run of white space as one space."""
    return re.sub(r"[ \n]+", " ", clean(text))


def paragraphs(text: str) -> tuple[str, ...]:
    """Split a cleaned text at its empty lines."""
    return tuple(part.strip() for part in re.split(r"\n[ \n]*\n", text) if part.strip())
