"""Addresses of the catalogue."""

from __future__ import annotations

from django.urls import path

from minett.web.views import catalogue

urlpatterns = [
    path("catalogue/", catalogue.index, name="catalogue"),
    path("catalogue/<slug:kind>/", catalogue.listing, name="catalogue-kind"),
    path("catalogue/<slug:kind>/<slug:code>/", catalogue.entry, name="catalogue-entry"),
]
