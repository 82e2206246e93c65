"""Texts in the four languages of the house, with a stated fallback. It translates nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

LANGUAGES = ("en", "fr", "de", "lb")
FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "en": ("en", "fr", "de", "lb"),
    "fr": ("fr", "en", "de", "lb"),
    "de": ("de", "en", "fr", "lb"),
    # Luxembourgish readers read German with the least effort, so it comes before English.
    "lb": ("lb", "de", "en", "fr"),
}


def gettext_noop(sentence: str) -> str:
    """Mark an English sentence for translation; the entrance that shows it translates it."""
    return sentence


@dataclass(frozen=True, slots=True)
class Text:
    """One text in one to four languages. An empty text is refused when it is made."""

    by_language: Mapping[str, str]

    def __post_init__(self) -> None:
        unknown = set(self.by_language) - set(LANGUAGES)
        if unknown or not any(value.strip() for value in self.by_language.values()):
            message = f"A text needs words in at least one of {LANGUAGES}; unknown: {sorted(unknown)}"
            raise ValueError(message)

    @classmethod
    def of(cls, value: str | Mapping[str, str]) -> Self:
        """Take a mapping of language to words, or a plain string, which is English."""
        return cls({"en": value} if isinstance(value, str) else dict(value))

    def served(self, language: str) -> tuple[str, str]:
        """Return the words and the language they are in, after the stated fallback."""
        for code in FALLBACKS.get(language, FALLBACKS["en"]):
            words = self.by_language.get(code, "").strip()
            if words:
                return words, code
        raise AssertionError(self.by_language)

    def in_(self, language: str) -> str:
        return self.served(language)[0]

    def to_json(self) -> dict[str, str]:
        return dict(self.by_language)
