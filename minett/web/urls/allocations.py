"""Addresses of compute: allocations, and the form that asks for one in a case."""

from __future__ import annotations

from django.urls import path

from minett.web.views import allocations

urlpatterns = [
    path("allocations/", allocations.listing, name="allocations"),
    path("allocations/<int:pk>/", allocations.page, name="allocation"),
    path("allocations/<int:pk>/<str:command>/", allocations.act, name="allocation-do"),
    path("cases/<int:case_id>/allocation/", allocations.ask, name="allocation-ask"),
]
