"""What the schemas of all nouns share: amounts with their unit, texts by language, moments in UTC, standings.

What comes in is closed: a field that an operation does not know is refused, so that no body can say whose an
object is. Scope comes from the address alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from django.utils.translation import gettext
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from minett.kernel.actor import Actor
from minett.kernel.content import Text
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput
from minett.kernel.quantities import Quantity, Unit
from minett.policy.decide import decide
from minett.policy.states import StateTable

LARGEST_ID = 2**63 - 1
LONGEST_REASON = 5_000


class StateUnknown(BadInput):
    code = "state-unknown"
    sentence = _("There is no state %(state)s here. There are: %(states)s.")


class Given(BaseModel):
    """What a client sends; a field that is not named here is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Told(BaseModel):
    """What the house answers."""

    model_config = ConfigDict(frozen=True)


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _written_day(value: Any) -> Any:
    # A number is no day: pydantic would take it for seconds since 1970.
    if not isinstance(value, str | date):
        raise ValueError("a day is written like 2027-01-31")  # noqa: TRY004 - pydantic tells ValueErrors to the client.
    return value


def _sound_texts(value: dict[str, str]) -> dict[str, str]:
    return Text.of(value).to_json()


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Day = Annotated[date, BeforeValidator(_written_day)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
GivenId = Annotated[StrictInt, Field(ge=1, le=LARGEST_ID)]
Code = Annotated[str, Field(min_length=1, max_length=80)]
Short = Annotated[str, Field(max_length=200)]
Reason = Annotated[str, Field(max_length=LONGEST_REASON)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Texts = dict[str, str]
GivenTexts = Annotated[
    dict[Annotated[str, Field(max_length=2)], Annotated[str, Field(max_length=5_000)]], AfterValidator(_sound_texts)
]


class Amount(Told):
    """A decimal amount with its unit: node-hour, GPU-hour, CPU-hour, EUR, Wh. Never a bare number."""

    amount: str = Field(examples=["1.5"])
    unit: str = Field(examples=["node-hour"])

    @classmethod
    def of(cls, quantity: Quantity) -> Self:
        return cls(amount=f"{quantity.amount.normalize():f}", unit=quantity.unit.value)

    @classmethod
    def money(cls, euros: Decimal | None) -> Self | None:
        """Return an amount in EUR; what is not known stays null."""
        return None if euros is None else cls.of(Quantity.of(euros, Unit.EUR))


class GivenAmount(Given):
    """An amount as a client sends it; `amount` is best sent as text, which no reader rounds."""

    amount: Annotated[Decimal, Field(max_digits=20, decimal_places=6, allow_inf_nan=False)]
    unit: Unit

    def quantity(self) -> Quantity:
        return Quantity(self.amount, self.unit)


class Standing(Told):
    """Where a thing stands: who has it, and what comes next, in the language that was asked for."""

    state: str
    label: str
    holder: str
    next_step: str

    @classmethod
    def of(cls, table: StateTable, state: str) -> Self:
        here = table.standings[state]
        said = {name: gettext(words) if words else "" for name, words in _words(here).items()}
        return cls(state=state, **said)


def _words(here: Any) -> Mapping[str, str]:
    return {"label": here.label, "holder": here.holder, "next_step": here.next_step}


def commands_of(actor: Actor, table: StateTable, state: str, facts: object) -> list[str]:
    """Return the commands of the table that the actor may give in this state."""
    here = table.commands(state)
    return [command for command in here if decide(actor, table.step(state, command).action, facts)]


def known_state(table: StateTable, state: str) -> str:
    """Return the state to filter by, or "" for all. Raises StateUnknown: a typing error must not look like no rows."""
    if state and state not in table.standings:
        raise StateUnknown(state=state[:40], states=", ".join(table.standings))
    return state


class Named(Told):
    """A person or an organisation, by number and name."""

    id: int
    name: str
