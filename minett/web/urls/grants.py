"""Addresses of grants."""

from __future__ import annotations

from django.urls import path

from minett.web.views import grants

urlpatterns = [
    path("grants/", grants.listing, name="grants"),
    path("grants/<int:pk>/", grants.detail, name="grant"),
    path("grants/<int:pk>/revoke/", grants.revoke, name="grant-revoke"),
]
