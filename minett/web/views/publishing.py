"""A steward publishes a data product: sends the file, says what it is and what others see, looks at it as they will."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from minett.api.errors import words_of
from minett.apps.dataproducts import services
from minett.apps.dataproducts.models import Product
from minett.journeys import prepare_product
from minett.journeys.prepare_product import AlreadyPublished
from minett.journeys.uploads import Upload
from minett.kernel.clock import SystemClock
from minett.kernel.errors import BadInput, MinettError, Unavailable
from minett.planes.data.port import MEBIBYTE
from minett.policy.actions import Action
from minett.web.declared import acts
from minett.web.forms.publishing import Description, UploadForm, WithdrawForm, most_columns
from minett.web.middleware import HouseRequest
from minett.web.once import FIELD, FormKeyMissing, once
from minett.web.templatetags.house import text
from minett.web.upload_cap import CappedUpload
from minett.web.views import publishing_parts as parts

MOST_MEBIBYTES = prepare_product.LIMITS.file_bytes // MEBIBYTE


@acts(Action.PRODUCT_PUBLISH)
@require_http_methods(["GET", "POST"])
@csrf_exempt
def start(request: HouseRequest) -> HttpResponse:
    """Take the file. Nothing of a body is read before it is known that a steward sends it."""
    prepare_product.stewardships(request.actor)
    cap = CappedUpload(request, prepare_product.LIMITS.file_bytes)
    request.upload_handlers = [cap]
    return _start(request, cap)


# Reading the token against forged forms reads the body, so it is done here and not before the view.
@csrf_protect
def _start(request: HouseRequest, cap: CappedUpload) -> HttpResponse:
    is_sent = request.method == "POST"
    code = (request.POST if is_sent else request.GET).get("product", "")
    product = prepare_product.own_product(request.actor, code) if code else None
    form = UploadForm(*((request.POST, request.FILES) if is_sent else ()), most_mebibytes=MOST_MEBIBYTES)
    if is_sent:
        upload = _received(request, form, cap, code)
        if upload is not None:
            return redirect("publish-describe", token=upload.token)
    context = {
        "form": form,
        "product": product,
        "waiting": prepare_product.waiting(request.actor, now=SystemClock().now()),
        "crumbs": [(_("Data"), "/data/")],
    }
    return render(request, "publishing/start.html", context, status=422 if form.errors else 200)


def _received(request: HouseRequest, form: UploadForm, cap: CappedUpload, code: str) -> Upload | None:
    """Take the file in; None when the form has to be shown again."""
    if cap.is_over:
        form.errors.pop("file", None)
        form.add_error("file", words_of(prepare_product.UploadTooLarge(most=MOST_MEBIBYTES)))
        return None
    if not form.is_valid():
        return None
    file = form.cleaned_data["file"]
    try:
        return prepare_product.receive(
            request.actor,
            now=SystemClock().now(),
            stream=file,
            name=file.name or "",
            key=_form_key(request),
            most_columns=most_columns(),
            product_code=code,
        )
    except (BadInput, Unavailable, prepare_product.TooManyUploads) as error:
        form.add_error("file", parts.words_with_lists(error))
        return None


def _form_key(request: HouseRequest) -> str:
    try:
        return str(uuid.UUID(request.POST.get(FIELD, "")))
    except ValueError as error:
        raise FormKeyMissing from error


@acts(Action.PRODUCT_PUBLISH)
@require_http_methods(["GET", "POST"])
def describe(request: HouseRequest, token: str) -> HttpResponse:
    """Describe an upload section by section, look at what others would see, and publish it.

    An upload is published once whatever is sent how often: the journey remembers what became of it.
    """
    actor, now = request.actor, SystemClock().now()
    try:
        upload = prepare_product.obtain(actor, token, now=now)
        product = parts.product_of(actor, upload)
        page = Description(parts.known(actor, upload, product, now), request.POST if request.method == "POST" else None)
        if request.method != "POST":
            return _page(request, upload, product, page)
        if request.POST.get("do") == "publish":
            return _published(request, upload, product, page)
        prepare_product.keep_draft(actor, now=now, token=token, draft=page.draft())
    except AlreadyPublished as error:
        return redirect("product", code=error.data["product"])
    if request.POST.get("do") == "keep":
        messages.success(request, _("Kept. It waits here for you until you publish it."))
        return redirect("publish-describe", token=token)
    if request.htmx:
        return render(request, "publishing/reading.html", parts.reading(actor, upload, page, now))
    return _page(request, upload, product, page, shows_problems=False)


def _published(request: HouseRequest, upload: Upload, product: Product | None, page: Description) -> HttpResponse:
    policy = page.policy() if page.is_valid() else None
    if policy is None:
        return _page(request, upload, product, page, shows_problems=True)
    try:
        done = prepare_product.publish(
            request.actor,
            now=SystemClock().now(),
            token=upload.token,
            schema=page.schema(),
            policy=policy,
            described=page.facts.described() if page.facts is not None else None,
        )
    except (BadInput, Unavailable, services.ProductCodeTaken) as error:
        return _refused(request, upload, product, page, error)
    messages.success(request, _("Published. This is the page that others see."))
    return redirect("product", code=done.product.code)


def _refused(
    request: HouseRequest, upload: Upload, product: Product | None, page: Description, error: MinettError
) -> HttpResponse:
    """Show the page again with what the services said, beside the field it is about where there is one."""
    words = parts.words_with_lists(error)
    if page.facts is not None and isinstance(error, services.ProductCodeTaken):
        page.facts.add_error("code", words)
    else:
        page.rows.add_error(None, words)
    return _page(request, upload, product, page, shows_problems=True)


def _page(
    request: HouseRequest, upload: Upload, product: Product | None, page: Description, *, shows_problems: bool = False
) -> HttpResponse:
    reading = parts.reading(request.actor, upload, page, SystemClock().now())
    context: dict[str, Any] = {
        "upload": upload,
        "product": product,
        "page": page,
        "columns": parts.columns(upload, page),
        "problems": page.problems() if shows_problems else [],
        "crumbs": [(_("Data"), "/data/"), (_("Publish a data product"), "/publish/")],
        **reading,
    }
    return render(request, "publishing/describe.html", context, status=422 if shows_problems else 200)


@acts(Action.PRODUCT_PUBLISH)
@require_POST
@once
def remove(request: HouseRequest, token: str) -> HttpResponse:
    """Throw an upload away that is not to be published after all."""
    try:
        prepare_product.throw_away(request.actor, now=SystemClock().now(), token=token)
    except AlreadyPublished as error:
        return redirect("product", code=error.data["product"])
    messages.success(request, _("The file was removed."))
    return redirect("publish")


@acts(Action.PRODUCT_WITHDRAW)
@require_http_methods(["GET", "POST"])
@once
def withdraw(request: HouseRequest, code: str) -> HttpResponse:
    """Take a product off the list, with the reason."""
    product = prepare_product.own_product(request.actor, code, "withdraw")
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        services.withdraw(request.actor, now=SystemClock().now(), product_id=product.pk, reason=reason)
        messages.success(request, _("Withdrawn. Nobody can ask for it any more."))
        return redirect("product", code=code)
    context = {
        "form": form,
        "product": product,
        "crumbs": [(_("Data"), "/data/"), (text(product.title), f"/data/{code}/")],
    }
    return render(request, "publishing/withdraw.html", context, status=422 if form.errors else 200)
