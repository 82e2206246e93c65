"""The error tree: one class per foreseen failure, with a code, an English sentence with named gaps, and data.

The families below are abstract; rooms derive their own classes next to the function that raises them.
HTTP status is decided at the entrance, from the family. Sentences are translated at the entrance.

    MinettError
      BadInput       what was given cannot be used; says what to do
      Refused        policy said no, with rule and reason
      Absent         not there, or hidden: both look the same from outside
      Clash          does not fit the present state (already done, wrong state, changed meanwhile)
      Expired        was valid once: permit, token, grant
      Unavailable    a part of the house cannot work now; says whether trying again may help
"""

from __future__ import annotations

from typing import Any, ClassVar

from minett.kernel.content import gettext_noop


class MinettError(Exception):
    """Base of every foreseen failure. `data` fills the gaps of `sentence` and is safe to show."""

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = gettext_noop("Something went wrong.")
    retry_may_help: ClassVar[bool] = False

    def __init__(self, **data: Any) -> None:
        self.data = data
        super().__init__(self.code, data)

    def __str__(self) -> str:
        return self.sentence % self.data if self.data else self.sentence


class BadInput(MinettError):
    code = "bad-input"
    sentence = gettext_noop("What was sent cannot be used.")


class Refused(MinettError):
    """Data: rule (the rule that decided) and reason (an English sentence)."""

    code = "refused"
    sentence = gettext_noop("You may not do this: %(reason)s")


class Absent(MinettError):
    code = "absent"
    sentence = gettext_noop("This does not exist, or it is not for you to see.")


class Clash(MinettError):
    code = "clash"
    sentence = gettext_noop("This does not fit the present state.")


class Expired(MinettError):
    code = "expired"
    sentence = gettext_noop("This is no longer valid.")


class Unavailable(MinettError):
    code = "unavailable"
    sentence = gettext_noop("This part of the house cannot work now.")
    retry_may_help = True


FAMILIES: tuple[type[MinettError], ...] = (BadInput, Refused, Absent, Clash, Expired, Unavailable)


def every_error(root: type[MinettError] = MinettError) -> list[type[MinettError]]:
    """Return all classes below `root` that are loaded, sorted by code."""
    found = [root] if root is not MinettError else []
    for child in root.__subclasses__():
        found += every_error(child)
    return sorted(set(found), key=lambda error: (error.code, error.__qualname__))
