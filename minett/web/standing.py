"""Where a thing stands, for pages: which commands are open to a person, by when something is promised, what went wrong.

The tables of states and the rules decide; this only asks them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django import forms

from minett.api.errors import words_of
from minett.apps.cases import access as cases
from minett.apps.cases.models import Case
from minett.kernel.actor import Actor
from minett.kernel.errors import BadInput, Clash, Expired, MinettError
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.states import StateTable

# A form that fails in one of these ways is shown again, with the sentence and all that was typed.
SHOWN_AGAIN = (BadInput, Clash, Expired)
SATURDAY = 5
Places = dict[type[MinettError], str]


def open_commands(actor: Actor, table: StateTable, state: str, facts: object) -> list[str]:
    """Return the commands of the table that this person may give in this state."""
    steps = [(command, table.step(state, command).action) for command in table.commands(state)]
    return [command for command, action in steps if decide(actor, action, facts)]


def case_url(actor: Actor, case: Case) -> str:
    """Return the address of the case, or nothing for those who see what belongs to it but not the case itself."""
    facts = cases.facts_of(case, partners=frozenset())
    return f"/cases/{case.pk}/" if decide(actor, Action.CASE_VIEW, facts) else ""


def promised_on(table: StateTable, state: str, since: datetime) -> date | None:
    """Return the day by which the next step is promised, counting working days; None where nothing is promised."""
    days, day = table.standings[state].promised_days, since.date()
    for _step in range(days or 0):
        day += timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
    return day if days else None


def tell(form: forms.Form, error: MinettError, places: Places) -> None:
    """Put the sentence of a foreseen failure beside the field that it is about, or above the form."""
    field = next((name for kind, name in places.items() if isinstance(error, kind)), None)
    form.add_error(field if field in form.fields else None, words_of(error))
