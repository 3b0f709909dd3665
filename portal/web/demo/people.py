"""Accounts of the story: officers, and administrators and analysts of the three organizations."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db.models import Q

from portal.env import secret
from portal.tenancy.actions import officers, people
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Officer, Organization, User

BY = Actor.system("demo")
OFFICE = "office.example"
OFFICERS = {"maya": "Maya Thornton", "oskar": "Oskar Nyman", "ruth": "Ruth Abara"}


def password() -> str:
    """Return the password of all accounts of the story: drawn once a home, or `DEMO_PASSWORD`."""
    return secret("DEMO_PASSWORD", size=12)


def account(name: str, email: str) -> User:
    """Return an account, made unless it is there."""
    found = User.objects.filter(email=email).first()
    return found or people.create_user(email=email, name=name, password=password(), by=BY)


def appoint_officers() -> list[User]:
    """Return the officers of the story, appointed unless they are.

    Raises:
        CommandError: There are officers besides them: cases are drawn by lot, and nobody acts in their name.
    """
    users = [account(name, f"{first}@{OFFICE}") for first, name in OFFICERS.items()]
    for user in users:
        if not Officer.objects.filter(user=user).exists():
            officers.appoint(user=user, by=BY, synthetic=True)
    others = Officer.objects.filter(Q(active=True), ~Q(user__in=users)).count()
    if others:
        raise CommandError(
            f"This installation has {others} officer(s) of its own, and cases are drawn by lot among all. "
            "The story acts in nobody's name: play it elsewhere, COUNTENANCE_HOME=folder make demo."
        )
    return users


def acting_as_officer(user: User) -> Actor:
    """Return the actor of the officer whom a case was drawn for."""
    return Actor.for_user(User.objects.select_related("officer").get(pk=user.pk))


def acting_as(user: User, organization: Organization) -> Actor:
    """Return the actor of a member of an organization."""
    membership = Membership.objects.get(user=user, organization=organization, ended_at=None)
    return Actor.for_user(user, membership)
