"""The page of one's mail addresses, narrowed to addresses that were proven. It keeps nothing itself."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.views import EmailView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class MailAddresses(EmailView):  # type: ignore[misc]
    """Allauth's page, on which only a confirmed address becomes the main one.

    A case finds its company by the main address of the person who wrote the need, and the account of that address
    is given the company's rights. Allauth asks for the confirmation only of accounts that have confirmed an address
    before, which an account from the front desk has not.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "action_primary" in request.POST and not self._is_confirmed(request.POST.get("email", "")):
            get_adapter().add_message(request, messages.ERROR, "account/messages/unverified_primary_email.txt")
            return redirect("account_email")
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def _is_confirmed(self, address: str) -> bool:
        own = EmailAddress.objects.filter(user=self.request.user, verified=True)
        return bool(own.filter(email__iexact=address).exists())
