"""Addresses of cases and of what is done in them."""

from __future__ import annotations

from django.urls import path

from minett.web.views import case_steps, cases

urlpatterns = [
    path("cases/", cases.listing, name="cases"),
    path("cases/<int:pk>/", cases.case, name="case"),
    path("cases/<int:pk>/messages/", cases.write, name="case-message"),
    path("cases/<int:pk>/take/", case_steps.take, name="case-take"),
    path("cases/<int:pk>/plan/", case_steps.plan, name="case-plan"),
    path("cases/<int:pk>/document/", case_steps.document, name="case-document"),
    path("cases/<int:pk>/move/", case_steps.move, name="case-move"),
]
