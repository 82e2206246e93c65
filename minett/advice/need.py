"""A company's words, made safe to think about. It changes no wording and judges no content."""

from __future__ import annotations

import unicodedata

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput

LONGEST_NEED = 20_000
FEWEST_LETTERS = 3
CONTROL_SHARE = 0.1
_KEPT_CONTROLS = frozenset("\n\t")


class NeedEmpty(BadInput):
    code = "need-empty"
    sentence = gettext_noop(
        "Nothing was written. Describe in your own words what troubles you, one sentence is enough."
    )


class NeedTooLong(BadInput):
    """Data: characters (how many came) and longest (how many may come)."""

    code = "need-too-long"
    sentence = gettext_noop(
        "The text has %(characters)s characters; at most %(longest)s can be read. Send the part that matters most."
    )


class NeedNotText(BadInput):
    code = "need-not-text"
    sentence = gettext_noop("This is not readable text. Write your need in words, not as a file or as signs alone.")


def clean_need(raw: object) -> str:
    """Return the need in normal form C, without control characters and without space around it.

    Markup stays as it is: it is text, and whoever shows it escapes it.
    Raises NeedEmpty, NeedTooLong or NeedNotText.
    """
    text = _decoded(raw).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise NeedEmpty
    if len(text) > LONGEST_NEED:
        raise NeedTooLong(characters=len(text), longest=LONGEST_NEED)
    kept = "".join(sign for sign in text if sign in _KEPT_CONTROLS or not _is_control(sign))
    cleaned = unicodedata.normalize("NFC", kept).strip()
    letters = sum(sign.isalpha() for sign in cleaned)
    if len(text) - len(kept) > len(text) * CONTROL_SHARE or letters < FEWEST_LETTERS:
        raise NeedNotText
    return cleaned


def _decoded(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    if not isinstance(raw, bytes | bytearray):
        raise NeedNotText
    try:
        return bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise NeedNotText from error


def _is_control(sign: str) -> bool:
    """Tell control signs, lone surrogates and private or unassigned code points from text."""
    category = unicodedata.category(sign)
    return category in {"Cc", "Cs", "Co", "Cn"} or sign in "\u200b\u2060\ufeff" or sign in _DIRECTION_SIGNS


# Signs that turn the writing direction can make shown text differ from stored text.
_DIRECTION_SIGNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
