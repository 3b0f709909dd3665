"""Members: who they are, what they may do, whom to invite."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.actions import members
from portal.tenancy.models import Invitation, Membership, Organization
from portal.tenancy.roles import Permission, Role
from portal.web.forms.errors import shown_on
from portal.web.forms.members import InviteForm, RoleForm, TrainingForm
from portal.web.guards import MemberRequest, member_view
from portal.web.invitations import send
from portal.web.paging import page_of


@member_view()
def index(request: MemberRequest) -> HttpResponse:
    """List members, and open invitations to those who may invite."""
    rows = Membership.objects.filter(organization=request.organization, ended_at=None)
    context = {"page": page_of(request, rows.select_related("user").order_by("pk"))}
    if request.actor.may(Permission.MANAGE_MEMBERS):
        context["invitations"] = page_of(request, _open(request.organization), parameter="invitations")
    return render(request, "tenant/members/index.html", context)


@member_view(methods=("GET", "POST"), permission=Permission.MANAGE_MEMBERS)
def invite(request: MemberRequest) -> HttpResponse:
    """Invite somebody by email."""
    form = InviteForm(request.POST or None, initial={"role": Role.ANALYST})
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            invitation, secret = members.invite(
                organization=request.organization,
                email=form.cleaned_data["email"],
                role=Role(form.cleaned_data["role"]),
                by=request.actor,
            )
            send(invitation, secret, request)
            messages.success(request, f"An invitation went to {invitation.email}.")
            return redirect("members")
    return render(request, "tenant/members/invite.html", {"form": form}, status=422 if form.errors else 200)


@member_view(methods=("POST",), permission=Permission.MANAGE_MEMBERS)
def withdraw(request: MemberRequest, invitation_id: str) -> HttpResponse:
    """Make an invitation worthless."""
    key = parse_public_id(Invitation.PREFIX, invitation_id)
    invitation = Invitation.objects.filter(pk=key, organization=request.organization).first()
    if invitation is None:
        raise NotFound()
    members.withdraw_invitation(invitation=invitation, by=request.actor)
    messages.success(request, f"The invitation of {invitation.email} was withdrawn.")
    return redirect("members")


@member_view(permission=Permission.MANAGE_MEMBERS)
def detail(request: MemberRequest, member_id: str) -> HttpResponse:
    """Show one member with what can be changed."""
    return _render(request, member_of(request.organization, member_id))


@member_view(methods=("POST",), permission=Permission.MANAGE_MEMBERS)
def change_role(request: MemberRequest, member_id: str) -> HttpResponse:
    """Give a member another role."""
    member, form = member_of(request.organization, member_id), RoleForm(request.POST)
    if not form.is_valid():
        return _render(request, member, role_form=form)
    members.change_role(membership=member, role=Role(form.cleaned_data["role"]), by=request.actor)
    messages.success(request, f"{member.user} is {member.get_role_display().lower()} now.")
    return redirect("members")


@member_view(methods=("POST",), permission=Permission.MANAGE_MEMBERS)
def train(request: MemberRequest, member_id: str) -> HttpResponse:
    """Record a reviewer's training."""
    member, form = member_of(request.organization, member_id), TrainingForm(request.POST)
    if not form.is_valid():
        return _render(request, member, training_form=form)
    members.record_training(membership=member, trained_on=form.cleaned_data["trained_on"], by=request.actor)
    messages.success(request, f"The training of {member.user} was recorded.")
    return redirect("members")


@member_view(methods=("POST",), permission=Permission.MANAGE_MEMBERS)
def remove(request: MemberRequest, member_id: str) -> HttpResponse:
    """End a membership."""
    member = member_of(request.organization, member_id)
    members.remove(membership=member, by=request.actor)
    messages.success(request, f"{member.user} is no member any more.")
    return redirect("members")


def member_of(organization: Organization, public_id: str) -> Membership:
    """Return one current member.

    Raises:
        NotFound: The organization has none of this id.
    """
    key = parse_public_id(Membership.PREFIX, public_id)
    rows = Membership.objects.select_related("user").filter(organization=organization, ended_at=None)
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFound()
    return found


def _open(organization: Organization) -> object:
    rows = Invitation.objects.filter(organization=organization, accepted_at=None, withdrawn_at=None)
    return rows.filter(expires_at__gt=timezone.now()).order_by("-pk")


def _render(
    request: MemberRequest,
    member: Membership,
    role_form: RoleForm | None = None,
    training_form: TrainingForm | None = None,
) -> HttpResponse:
    wrong = role_form or training_form
    context = {
        "member": member,
        "own": member.user_id == request.actor.user_id,
        "role_form": role_form or RoleForm(initial={"role": member.role}),
        "training_form": training_form or TrainingForm(initial={"trained_on": member.trained_on}),
        "form": wrong,
    }
    return render(request, "tenant/members/detail.html", context, status=422 if wrong else 200)
