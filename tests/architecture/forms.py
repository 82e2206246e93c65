"""Reads the forms and links of a page, and fills a form in as a person with a browser would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

LINE = "A line."
CHOSEN = frozenset({"checkbox", "radio"})
NOT_SENT = frozenset({"submit", "image", "file", "reset", "button"})
Given = dict[str, str]


@dataclass
class Form:
    """A form: where it goes, what stands in it, and which fields a person fills in."""

    method: str
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)

    def choices(self, name: str) -> list[str]:
        return [option for option in self.options.get(name, ()) if option]

    def filled(self, words: Mapping[str, Any]) -> dict[str, list[str]]:
        """Return what is sent once the gaps are filled: by the field's name, else the first choice, else a line."""
        sent = {name: list(values) for name, values in self.fields.items()}
        for name in self.kinds:
            if not any(sent.get(name, ())):
                sent[name] = self._filling(name, words.get(name))
        return sent

    def _filling(self, name: str, said: Any) -> list[str]:
        if isinstance(said, dict):
            # An amount is told with its unit to the API, and without on pages, which name the unit.
            said = said.get(name)
        wanted = [str(one) for one in said] if isinstance(said, list) else [str(said or LINE)]
        choices = self.choices(name)
        if not choices:
            return wanted
        return [one for one in wanted if one in choices] or choices[:1]


class Page(HTMLParser):
    """The forms and links of a page at an address."""

    def __init__(self, html: str, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._selected = self._written = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("method", "get").upper(), given.get("action") or self.address)
            self.forms.append(self._form)
        elif tag == "a":
            self.links.append(given.get("href", ""))
        elif self._form is not None:
            if "formaction" in given:
                # Another button of the same form that leads elsewhere: a form of its own with the same fields.
                self.forms.append(replace(self._form, action=given["formaction"]))
            self._field(self._form, tag, given, given.get("name", ""))

    def _field(self, form: Form, tag: str, given: Given, name: str) -> None:
        if tag == "option":
            self._option(form, given)
        elif not name or "disabled" in given:
            return
        elif tag == "input" and given.get("type", "text") not in NOT_SENT:
            _input(form, given, name)
        elif tag == "button":
            form.fields.setdefault(name, [given.get("value", "")])
        elif tag == "select":
            self._selected, form.kinds[name] = name, tag
        elif tag == "textarea":
            self._written, form.kinds[name], form.fields[name] = name, tag, [""]

    def _option(self, form: Form, given: Given) -> None:
        form.options.setdefault(self._selected, []).append(given.get("value", ""))
        if "selected" in given:
            form.fields[self._selected] = [given.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._written:
            self._form.fields[self._written][0] += data.lstrip("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._selected = ""
        elif tag == "textarea":
            self._written = ""


def _input(form: Form, given: Given, name: str) -> None:
    kind, value = given.get("type", "text"), given.get("value", "")
    if kind in CHOSEN:
        form.kinds[name] = kind
        form.options.setdefault(name, []).append(value or "on")
        if "checked" in given:
            form.fields.setdefault(name, []).append(value or "on")
        return
    form.fields[name] = [value]
    if kind != "hidden":
        form.kinds[name] = kind
