"""The hidden field that lets a form that is sent twice do its work once."""

from __future__ import annotations

from django import template
from django.utils.html import format_html

from minett.web.once import FIELD, new_key

register = template.Library()


@register.simple_tag
def form_key() -> str:
    """Return the hidden field with a new key; every form that writes holds one."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_key())
