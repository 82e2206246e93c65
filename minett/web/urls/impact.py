"""Addresses of a case's effect: what was measured before and after, and the forms that record it."""

from __future__ import annotations

from django.urls import path

from minett.web.views import impact

urlpatterns = [
    path("cases/<int:case_id>/impact/", impact.page, name="impact"),
    path("cases/<int:case_id>/impact/baseline/", impact.baseline, name="impact-baseline"),
    path("cases/<int:case_id>/impact/after/", impact.after, name="impact-after"),
]
