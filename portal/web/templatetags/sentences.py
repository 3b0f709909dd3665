"""Filters that turn codes of recognition into sentences."""

from django import template

from portal.web import sentences

register = template.Library()


@register.filter
def reason(code: str) -> str:
    """`face_too_small` -> `The face is too small to compare.`"""
    return sentences.reason(code)
