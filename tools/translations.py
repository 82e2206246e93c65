"""Collect every sentence that a person sees, and check that each is translated into every language.

python tools/translations.py extract   write new sentences into the .po files (existing translations stay)
python tools/translations.py check     fail when a sentence is missing, empty, fuzzy, unused or has lost a gap
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import template as django_template

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "minett" / "locale"
LANGUAGES = ("fr", "de", "lb")
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": None,
    "pgettext_lazy": None,
}
GAP = re.compile(r"%\((\w+)\)[sd]")


def _python() -> Iterator[Path]:
    yield from (path for path in sorted((ROOT / "minett").rglob("*.py")) if "migrations" not in path.parts)


def _templates() -> Iterator[Path]:
    for suffix in ("html", "txt"):
        yield from sorted((ROOT / "minett" / "web" / "templates").rglob(f"*.{suffix}"))


def _sentences(source: bytes) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    found: Any
    for _line, function, found, _comments in extract_python(io.BytesIO(source), KEYWORDS, [], {}):
        parts: list[str | None] = [found] if isinstance(found, str) else list(found or [])
        first, second = [*parts, None, None][:2]
        if function in {"ngettext", "ngettext_lazy"} and first and second:
            yield (first, second), None
        elif function in {"pgettext", "pgettext_lazy"} and first and second:
            yield second, first
        elif first:
            yield first, None


def collect() -> Catalog:
    """Return all sentences of code and templates, without line numbers, so that diffs stay small."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
    catalogue = Catalog(fuzzy=False)
    texts = [(path, path.read_bytes()) for path in _python()]
    texts += [(path, django_template.templatize(path.read_text(), str(path)).encode()) for path in _templates()]
    for path, source in texts:
        for sentence, context in _sentences(source):
            if sentence:
                catalogue.add(sentence, locations=[(str(path.relative_to(ROOT)), 0)], context=context)
    return catalogue


def _read(language: str) -> Catalog:
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def extract() -> None:
    """Bring the .po files up to date: new sentences are empty, gone ones leave."""
    template = collect()
    for language in LANGUAGES:
        known = _read(language)
        fresh = Catalog(locale=language, fuzzy=False, project="Minett", charset="utf-8")
        for message in template:
            if message.id:
                before = known.get(message.id, context=message.context)
                fresh.add(message.id, before.string if before else "", context=message.context)
        path = LOCALE / language / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, fresh, no_location=True, sort_output=True, width=110, omit_header=False)
        text = re.sub(
            r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By).*\n', "", path.read_text(), flags=re.MULTILINE
        )
        path.write_text(text)


def _strings(message: Message) -> list[str]:
    string: Any = message.string
    return list(string) if isinstance(string, (tuple, list)) else [string or ""]


def _problems(language: str, template: Catalog) -> Iterator[str]:
    known = _read(language)
    for message in template:
        if not message.id:
            continue
        found = known.get(message.id, context=message.context)
        words = str(message.id)[:90]
        if found is None or not all(_strings(found)):
            yield f"{language}: not translated: {words}"
        elif "fuzzy" in found.flags:
            yield f"{language}: marked as unsure: {words}"
        else:
            singular = message.id if isinstance(message.id, str) else message.id[1]
            if set(GAP.findall(singular)) != set(GAP.findall(_strings(found)[-1])):
                yield f"{language}: another set of gaps: {words}"
    for message in known:
        if message.id and template.get(message.id, context=message.context) is None:
            yield f"{language}: no longer used: {str(message.id)[:90]}"


def check() -> int:
    """Print what is wrong; return how many problems there are."""
    template = collect()
    problems = [problem for language in LANGUAGES for problem in _problems(language, template)]
    for problem in problems:
        print(problem)
    print(f"{len(template)} sentences, {len(problems)} problems")
    return len(problems)


if __name__ == "__main__":
    command = sys.argv[1] if len(sys.argv) > 1 else "check"
    if command == "extract":
        extract()
    sys.exit(1 if command == "check" and check() else 0)
