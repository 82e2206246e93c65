"""Sign-in through allauth, in the house's words and by the house's rules. Accounts are made by the people app."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, pgettext

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


def admit(user: User, *, email: str, name: str, password: str | None) -> User:
    """Have the account made by its app. `user` is filled too, because allauth goes on with the object it gave."""
    try:
        made = register_person(
            DOORKEEPER,
            now=SystemClock().now(),
            email=email,
            name=name or email.partition("@")[0],
            language=page_language(),
            password=password,
        )
    except MailAlreadyKnown as error:
        raise ValidationError(words_of(error), code=error.code) from error
    user.__dict__.update(made.__dict__)
    return made


def sign_up_is_open() -> bool:
    """Whether people may make accounts by themselves (setting `OPEN_SIGN_UP`, off unless it is set)."""
    return bool(getattr(settings, "OPEN_SIGN_UP", False))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closed by default: accounts come from the front desk unless `OPEN_SIGN_UP` is set."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature.
        return sign_up_is_open()

    def save_user(
        self,
        request: HttpRequest,  # noqa: ARG002 - allauth's signature.
        user: User,
        form: Any,
        commit: bool = True,  # noqa: ARG002 - allauth's signature; an account is always made and kept in one step.
    ) -> User:
        given = form.cleaned_data
        password = given.get("password1") or given.get("password")
        return admit(user, email=given["email"], name=given.get("name") or user.name, password=password)

    def format_email_subject(self, subject: str) -> str:
        return pgettext("subject of a mail", "Minett: %(subject)s") % {"subject": subject}

    def get_from_email(self) -> str:
        return str(settings.DEFAULT_FROM_EMAIL)


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """People who come from another identity provider (setting `SOCIALACCOUNT_ADAPTER`); same rule, no password."""

    def is_open_for_signup(
        self,
        request: HttpRequest,  # noqa: ARG002 - allauth's signature.
        sociallogin: Any,  # noqa: ARG002 - allauth's signature.
    ) -> bool:
        return sign_up_is_open()

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        parts = (data.get("first_name") or "", data.get("last_name") or "")
        user.name = data.get("name") or " ".join(part for part in parts if part)
        return user

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        user: User = sociallogin.user
        given = form.cleaned_data if form else {}
        name = given.get("name") or user.name
        made = admit(user, email=given.get("email") or user.email, name=name, password=None)
        sociallogin.save(request)
        return made
