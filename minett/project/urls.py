"""The addresses of the portal and of the API."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("minett.web.shell_urls")),
    path("accounts/", include("allauth.urls")),
]
