"""Filters that turn codes of recognition into sentences."""

from django import template

from portal.web import sentences

register = template.Library()


@register.filter
def reason(code: str) -> str:
    """Return the sentence of a reason code, such as `face_too_small`."""
    return sentences.reason(code)
