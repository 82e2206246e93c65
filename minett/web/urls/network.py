"""Address of the network of factories."""

from __future__ import annotations

from django.urls import path

from minett.web.views import network

urlpatterns = [path("network/", network.listing, name="network")]
