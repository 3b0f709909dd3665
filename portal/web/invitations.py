"""Invitations: the mail that carries the link, and the page behind it."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse

from portal.common.errors import NotFound
from portal.tenancy.actions import members, people
from portal.tenancy.actor import Actor
from portal.tenancy.middleware import SESSION_KEY
from portal.tenancy.models import Invitation, Membership, User
from portal.web.forms.members import JoinForm
from portal.web.guards import private

_SIGN_IN = "allauth.account.auth_backends.AuthenticationBackend"
_GONE = {"is_open": False, "invited_by": "whoever sent it"}


def send(invitation: Invitation, secret: str, request: HttpRequest) -> None:
    """Mail the link of an invitation; the secret is written nowhere else."""
    link = request.build_absolute_uri(reverse("invitation", args=[secret]))
    context = {"invitation": invitation, "link": link}
    body = render_to_string("email/invitation.txt", context)
    subject = f"Join {invitation.organization} on Countenance"
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [invitation.email])


def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Let an invited person join: signed in, after signing in, or with a new account."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(("GET", "POST"))
    try:
        invitation = members.find_invitation(secret)
    except NotFound:
        return private(render(request, "account/invitation.html", {"invitation": _GONE}, status=404))
    if request.user.is_authenticated:
        return _with_account(request, invitation, secret)
    if User.objects.filter(email=invitation.email).exists():
        return redirect_to_login(request.get_full_path())
    return _with_new_account(request, invitation, secret)


def _with_account(request: HttpRequest, invitation: Invitation, secret: str) -> HttpResponse:
    if request.method == "POST":
        return _enter(request, members.accept(secret=secret, user=request.user))  # type: ignore[arg-type]
    return private(render(request, "account/invitation.html", {"invitation": invitation}))


def _with_new_account(request: HttpRequest, invitation: Invitation, secret: str) -> HttpResponse:
    """Make the account the invitation was meant for: whoever has the link has read the mail."""
    form = JoinForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        user = people.create_user(
            email=invitation.email,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            by=Actor.system("invitation"),
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        membership = members.accept(secret=secret, user=user)
        login(request, user, backend=_SIGN_IN)
        return _enter(request, membership)
    context = {"invitation": invitation, "form": form}
    return private(render(request, "account/invitation.html", context, status=422 if form.errors else 200))


def _enter(request: HttpRequest, membership: Membership) -> HttpResponse:
    request.session[SESSION_KEY] = str(membership.organization_id)
    return redirect("home")
