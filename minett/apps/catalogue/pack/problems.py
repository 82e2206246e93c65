"""What can be wrong with a pack, in one sentence each. It finds nothing itself and shows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minett.kernel.content import gettext_noop

SENTENCES: Mapping[str, str] = {
    # About a file.
    "missing-file": gettext_noop("The pack has no %(name)s. Every pack needs one."),
    "unknown-file": gettext_noop("No part of a pack is called %(name)s. Known parts: %(known)s."),
    "link": gettext_noop("This is a link, not a file. Put the file itself into the pack."),
    "too-large": gettext_noop("The file has %(bytes)s bytes; a pack file may have %(limit)s. Split it."),
    "too-many-files": gettext_noop("The pack has %(count)s files; it may have %(limit)s. Join some."),
    "not-utf8": gettext_noop("The file is not UTF-8 from byte %(byte)s on. Save it as UTF-8."),
    "not-yaml": gettext_noop("This is not YAML: %(why)s"),
    "empty-file": gettext_noop("The file says nothing."),
    "several-documents": gettext_noop("A pack file holds one document; a second one starts here."),
    "alias": gettext_noop("An alias (*%(name)s) stands here. Write the content out; aliases are refused."),
    "tag": gettext_noop("A tag (%(name)s) stands here. A pack holds plain values only."),
    "too-deep": gettext_noop("This is nested deeper than %(limit)s levels."),
    "duplicate-key": gettext_noop("%(name)s stands twice in the same place; first in line %(first_line)s."),
    "key-not-text": gettext_noop("%(name)s is used as a name, but a name must be text. Put it in quotes."),
    "not-a-list": gettext_noop("This file must hold a list of entries (each starting with a dash)."),
    # About one value.
    "missing": gettext_noop("%(field)s is missing."),
    "unknown-field": gettext_noop("%(field)s is not known here. Remove it or correct its spelling."),
    "wrong-type": gettext_noop("%(field)s must be %(wanted)s; %(given)s was given."),
    "wrong-date": gettext_noop("%(given)s is not a date. Write year-month-day, for example 2026-11-23."),
    "no-time-zone": gettext_noop("%(given)s says no time zone. Write it like 2026-11-30T10:00:00+01:00."),
    "unknown-time-zone": gettext_noop("%(given)s is not a time zone. Write it like Europe/Brussels."),
    "offset-differs": gettext_noop("%(zone)s was at %(wanted)s then, but %(given)s is written."),
    "unknown-unit": gettext_noop("%(given)s is not a unit. Known units: %(known)s."),
    "not-one-of": gettext_noop("%(given)s is not possible for %(field)s. Possible: %(known)s."),
    "bad-id": gettext_noop("%(given)s cannot be an id. Use lower-case letters, digits and single hyphens."),
    "bad-form": gettext_noop("%(given)s does not have the form that %(field)s needs (%(form)s)."),
    "empty-text": gettext_noop("%(field)s is empty."),
    "too-long": gettext_noop("%(field)s is too long; at most %(limit)s are allowed."),
    "too-few": gettext_noop("%(field)s needs at least %(limit)s."),
    "not-in-range": gettext_noop("%(given)s is outside what %(field)s may be: %(why)s"),
    "unknown-language": gettext_noop("%(given)s is not a language of the house. Known: %(known)s."),
    "no-english": gettext_noop("The English text is missing. Every text needs one; others fall back to it."),
    "ends-before-start": gettext_noop("valid_to (%(valid_to)s) lies before valid_from (%(valid_from)s)."),
    "cut-offs-differ": gettext_noop("The rule %(rule)s does not fit %(count)s cut-off dates."),
    "sum-differs": gettext_noop("%(nodes)s nodes with %(per_node)s GPUs are %(wanted)s GPUs, not %(given)s."),
    "antenna-hosts": gettext_noop("An antenna names the factories that host it; a factory names none."),
    "not-valid": gettext_noop("%(field)s is not valid: %(why)s"),
    # About how entries fit together.
    "duplicate-id": gettext_noop("%(id)s stands twice among the %(kind)s; first in %(other)s."),
    "unknown-reference": gettext_noop("%(field)s names %(given)s, but the %(kind)s of this pack lack it."),
    "self-reference": gettext_noop("%(given)s names itself in %(field)s."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: `file` lies in the pack, `line` counts from 1, `path` is like services[3].valid_from."""

    file: str
    line: int
    path: str
    code: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The English sentence with its gaps, as it is translated."""
        return SENTENCES[self.code]

    @property
    def text(self) -> str:
        """The English sentence with its gaps filled."""
        return self.sentence % self.data

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return f"{where} {self.path}: {self.text}" if self.path else f"{where} {self.text}"
