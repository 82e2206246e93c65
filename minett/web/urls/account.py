"""Addresses of one's own account, beside those of sign-in."""

from __future__ import annotations

from django.urls import path

from minett.web.views import account

urlpatterns = [
    path("account/", account.account, name="account"),
    path("account/tokens/", account.tokens, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", account.revoke, name="token-revoke"),
]
