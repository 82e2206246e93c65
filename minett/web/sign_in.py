"""Sign-in through allauth, in the house's words and by the house's rules. Accounts are made by the people app."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy, pgettext

from minett.api.errors import words_of
from minett.apps.people.models import User
from minett.apps.people.services import MailAlreadyKnown, register_person
from minett.kernel.actor import robot
from minett.kernel.clock import SystemClock
from minett.web.middleware import page_language

# People who sign up by themselves are let in by this robot, whose name stands in the ledger.
DOORKEEPER = robot("sign-up")


class NameForm(forms.Form):
    """What sign-up asks besides mail address and password (setting `ACCOUNT_SIGNUP_FORM_CLASS`)."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        """Allauth calls this after the account was made; the adapter has already kept the name."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closed by default: accounts come from the front desk unless `OPEN_SIGN_UP` is set."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(getattr(settings, "OPEN_SIGN_UP", False))

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Have the account made by its app. `user` is filled too, because allauth goes on with the object it gave."""
        if not commit:
            raise NotImplementedError(gettext("Accounts are made and kept in one step."))
        given = form.cleaned_data
        try:
            made = register_person(
                DOORKEEPER,
                now=SystemClock().now(),
                email=given["email"],
                name=given.get("name") or user.name or given["email"].partition("@")[0],
                language=page_language(),
                password=given.get("password1") or given.get("password"),
            )
        except MailAlreadyKnown as error:
            raise ValidationError(words_of(error), code=error.code) from error
        user.__dict__.update(made.__dict__)
        return made

    def format_email_subject(self, subject: str) -> str:
        return pgettext("subject of a mail", "Minett: %(subject)s") % {"subject": subject}

    def get_from_email(self) -> str:
        return str(settings.DEFAULT_FROM_EMAIL)
