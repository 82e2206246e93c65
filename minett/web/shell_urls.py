"""Addresses of the shell itself: language, theme and mail addresses. The project includes them at the root."""

from __future__ import annotations

from django.urls import include, path

from minett.web.context import switch_theme
from minett.web.mail_addresses import MailAddresses

urlpatterns = [
    path("theme/", switch_theme, name="theme"),
    path("i18n/", include("django.conf.urls.i18n")),
    # Before the pages of sign-in, whose own view it narrows.
    path("accounts/email/", MailAddresses.as_view(), name="account_email"),
]
