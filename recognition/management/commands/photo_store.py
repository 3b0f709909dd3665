"""`manage.py photo_store`: whose folders of the operator's object store calls may name photos in."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.common.errors import DomainError
from portal.common.ids import parse_public_id
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition.actions import photo_stores
from recognition.models import PhotoStore

OPERATOR = Actor.system("operator")


class Command(BaseCommand):
    """Show the folders of an organization, and register one that is named."""

    help = "Shows the folders of an organization in the photo store, and registers the one that is named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the organization, and a folder to register."""
        parser.add_argument("organization", metavar="ORG", help="public id, org_…")
        parser.add_argument("--bucket", default="", help="of PHOTO_S3_ENDPOINT")
        parser.add_argument("--prefix", default="", help="folder in it that is theirs alone, such as harbor/")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Register and show."""
        try:
            key = parse_public_id(Organization.PREFIX, options["organization"])
            organization = Organization.objects.get(pk=key)
            if options["bucket"] or options["prefix"]:
                folder = {name: options[name] for name in ("bucket", "prefix")}
                photo_stores.register(organization=organization, by=OPERATOR, **folder)
        except Organization.DoesNotExist:
            raise CommandError("There is no such organization.") from None
        except DomainError as error:
            raise CommandError(error.sentence) from error
        with tenant_scope(organization):
            for row in PhotoStore.objects.order_by("bucket", "prefix"):
                self.stdout.write(str(row))
