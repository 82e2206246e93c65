"""Addresses of use-case documents: to read, to take along, to decide on."""

from __future__ import annotations

from django.urls import path

from minett.web.views import documents

urlpatterns = [
    path("documents/<int:pk>/", documents.document, name="document"),
    path("documents/<int:pk>.pdf", documents.pdf, name="document-pdf"),
    path("documents/<int:pk>.json", documents.as_json, name="document-json"),
    path("documents/<int:pk>/decide/", documents.decide, name="document-decide"),
]
