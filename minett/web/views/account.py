"""One's own account: where to change what, and the tokens for the API."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from minett.api.errors import words_of
from minett.apps.people import queries, services
from minett.apps.people.models import ApiToken
from minett.kernel.clock import SystemClock
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import TokenFacts
from minett.web.declared import acts
from minett.web.forms.account import TokenForm
from minett.web.middleware import HouseRequest
from minett.web.once import once
from minett.web.signed_in import signed_in

MOST_SHOWN = 100


@acts(Action.DESK_VIEW)
@require_GET
@signed_in
def account(request: HouseRequest) -> HttpResponse:
    """Show the account and where its parts are changed."""
    return render(request, "tokens/account.html", {"person": request.user})


@acts(Action.TOKEN_MANAGE)
@require_http_methods(["GET", "POST"])
@signed_in
def tokens(request: HouseRequest) -> HttpResponse:
    """List one's tokens, and make one. The token itself is in the answer to the form and nowhere else."""
    demand(request.actor, Action.TOKEN_MANAGE, TokenFacts(owner_id=request.actor.person_id))
    if request.method == "GET":
        return _list(request, TokenForm())
    made: list[tuple[ApiToken, str]] = []

    @once
    def make(asked: HouseRequest) -> HttpResponse:
        form = TokenForm(asked.POST)
        if not form.is_valid():
            return _list(asked, form)
        now = SystemClock().now()
        try:
            made.append(
                services.issue_token(
                    asked.actor,
                    now=now,
                    name=form.cleaned_data["name"],
                    scopes=tuple(form.cleaned_data["scopes"]),
                    expires_at=now + timedelta(days=form.cleaned_data["days"]),
                )
            )
        except services.TokenLifeTooLong as error:
            form.add_error("days", words_of(error))
            return _list(asked, form)
        return redirect("tokens")

    answer = make(request)
    if made:
        return _shown_once(request, *made[0])
    if isinstance(answer, HttpResponseRedirect):
        messages.warning(request, _("This token was made already and cannot be shown again. Revoke it if it is lost."))
    return answer


def _shown_once(request: HouseRequest, token: ApiToken, raw: str) -> HttpResponse:
    """Answer with the token on the page: only its hash is kept, so it passes through no address and no session."""
    answer = render(request, "tokens/made.html", {"token": token, "raw": raw})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _list(request: HouseRequest, form: TokenForm) -> HttpResponse:
    now = SystemClock().now()
    context = {"form": form, "tokens": list(queries.own_tokens(request.actor)[:MOST_SHOWN]), "now": now}
    return render(request, "tokens/list.html", context, status=422 if form.errors else 200)


@acts(Action.TOKEN_MANAGE)
@require_POST
@signed_in
@once
def revoke(request: HouseRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    services.revoke_token(request.actor, now=SystemClock().now(), token_id=pk)
    messages.success(request, _("The token is revoked. Programs that use it are refused from now on."))
    return redirect("tokens")
