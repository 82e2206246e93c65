"""Needs: what a company writes, and what the house answers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field

from minett.api.schemas.base import Given, Moment, Standing, Told
from minett.apps.cases.models import Case, Need
from minett.policy.states import CASE


class NeedGiven(Given):
    text: str = Field(description="The need in the company's own words, in English, French, German or Luxembourgish.")


class KeepGiven(Given):
    contact_email: Annotated[str, Field(max_length=254)]


class NeedTold(Told):
    """A need with its plan. Whoever knows `secret` may read it and keep it."""

    secret: str
    text: str
    language: str
    plan: dict[str, Any]
    created_at: Moment

    @classmethod
    def of(cls, need: Need) -> Self:
        return cls(
            secret=need.secret, text=need.text, language=need.language, plan=need.plan, created_at=need.created_at
        )


class KeptTold(Told):
    """The case that was opened: its number to quote, and what happens next by when."""

    number: str
    title: str
    standing: Standing
    due_on: date | None

    @classmethod
    def of(cls, case: Case) -> Self:
        return cls(number=case.number, title=case.title, standing=Standing.of(CASE, case.state), due_on=case.due_on)
