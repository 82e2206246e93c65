"""Addresses of models, their trust reports, and the reviewer's decision."""

from __future__ import annotations

from django.urls import path

from minett.web.views import models

urlpatterns = [
    path("models/", models.listing, name="models"),
    path("models/<int:pk>/", models.page, name="model"),
    path("models/<int:pk>/report.pdf", models.report_pdf, name="model-report-pdf"),
    path("models/<int:pk>/report.json", models.report_json, name="model-report-json"),
    path("models/<int:pk>/<str:command>/", models.act, name="model-do"),
]
