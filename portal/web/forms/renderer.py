"""Form markup: every form of the portal renders the same accessible fields from `templates/django/forms/`."""

from pathlib import Path

import django.forms
from django.forms.renderers import BaseRenderer, EngineMixin
from django.template.backends.django import DjangoTemplates
from django.utils.functional import cached_property

PROJECT_TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
DJANGO_TEMPLATES = Path(django.forms.__file__).parent / "templates"


class GovukRenderer(EngineMixin, BaseRenderer):
    """Renders forms with our templates first, then Django's own; set as `FORM_RENDERER`.

    A form may carry `label_class`: `govuk-visually-hidden` where the heading of the page is the question.
    """

    backend = DjangoTemplates

    @cached_property
    def engine(self) -> DjangoTemplates:
        """Return an engine of its own, so that `django.forms` need not be an installed app."""
        return self.backend(
            {
                "NAME": "portal_forms",
                "DIRS": [PROJECT_TEMPLATES, DJANGO_TEMPLATES],
                "APP_DIRS": True,
                "OPTIONS": {},
            }
        )
