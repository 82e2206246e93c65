"""Addresses of the ledger."""

from __future__ import annotations

from django.urls import path

from minett.web.views import ledger

urlpatterns = [
    path("ledger/", ledger.listing, name="ledger"),
    path("ledger/verify/", ledger.verify, name="ledger-verify"),
    path("ledger/<int:number>/", ledger.entry, name="ledger-entry"),
]
