"""Addresses of requests for data."""

from __future__ import annotations

from django.urls import path

from minett.web.views import requests

urlpatterns = [
    path("requests/", requests.listing, name="requests"),
    path("requests/<int:pk>/", requests.detail, name="request"),
    path("requests/<int:pk>/review/", requests.review, name="request-review"),
    path("requests/<int:pk>/close/", requests.close, name="request-close"),
    path("requests/<int:pk>/resubmit/", requests.resubmit, name="request-resubmit"),
]
