"""Addresses of publishing: the file, its description, and taking a product off the list."""

from __future__ import annotations

from django.urls import path

from minett.web.views import publishing

urlpatterns = [
    path("publish/", publishing.start, name="publish"),
    path("publish/<slug:token>/", publishing.describe, name="publish-describe"),
    path("publish/<slug:token>/remove/", publishing.remove, name="publish-remove"),
    path("publish/<slug:code>/withdraw/", publishing.withdraw, name="product-withdraw"),
]
