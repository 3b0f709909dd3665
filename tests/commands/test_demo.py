"""Where the demonstration does not run."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from portal.tenancy.models import Organization


def test_without_a_worker_the_command_says_what_to_start(database: None) -> None:
    before = Organization.objects.count()
    with pytest.raises(CommandError, match="make demo"):
        call_command("demo")
    assert Organization.objects.count() == before


def test_the_demonstration_does_not_run_in_production(database: None, settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("demo")
