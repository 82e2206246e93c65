"""Addresses of the shell itself: language and theme. The project includes them at the root."""

from __future__ import annotations

from django.urls import include, path

from minett.web.context import switch_theme

urlpatterns = [
    path("theme/", switch_theme, name="theme"),
    path("i18n/", include("django.conf.urls.i18n")),
]
