"""Addresses of data products."""

from __future__ import annotations

from django.urls import path

from minett.web.views import products

urlpatterns = [
    path("data/", products.listing, name="data"),
    path("data/<slug:code>/", products.product, name="product"),
    path("data/<slug:code>/preview/", products.preview, name="product-preview"),
    path("data/<slug:code>/ask/", products.ask, name="request-ask"),
]
