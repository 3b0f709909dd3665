"""Roles of an organization's members: what each may do, in words and in permissions."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import TextChoices


class Permission(StrEnum):
    """What an actor may be allowed to do in one organization."""

    APPLY = "apply"  # answer, submit and withdraw applications
    MANAGE_MEMBERS = "manage_members"
    MANAGE_KEYS = "manage_keys"
    MANAGE_WEBHOOKS = "manage_webhooks"  # where the organization's programs are told what happens
    ROTATE_KEYS = "rotate_keys"  # a program its own key
    MANAGE_GALLERIES = "manage_galleries"
    MANAGE_CASES = "manage_cases"  # case records: whom the organization looks for
    UPLOAD = "upload"
    SUBMIT_JOBS = "submit_jobs"
    APPROVE_JOBS = "approve_jobs"
    PRIORITIZE_JOBS = "prioritize_jobs"  # which of its own jobs the organization wants done first
    VIEW_RESULTS = "view_results"
    ADJUDICATE = "adjudicate"
    EXPORT = "export"
    RECALL_RESULTS = "recall_results"
    ERASE = "erase"
    RENEW_KEYS = "renew_keys"  # secret keys of galleries and of the organization
    REEMBED = "reembed"  # galleries, to another model
    VIEW_TRAIL = "view_trail"
    TEST_ACCURACY = "test_accuracy"  # keys of their own kind alone


class Role(TextChoices):
    """One role a membership."""

    ADMINISTRATOR = "administrator", "Administrator"
    ANALYST = "analyst", "Analyst"
    APPROVER = "approver", "Approver"
    REVIEWER = "reviewer", "Reviewer"
    PRIVACY_CONTACT = "privacy_contact", "Privacy contact"
    AUDITOR = "auditor", "Auditor"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What members of this role may do."""
        return _PERMISSIONS[self]

    @property
    def description(self) -> str:
        """One sentence for the page where roles are given."""
        return _DESCRIPTIONS[self]


_P = Permission
_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(
        {_P.APPLY, _P.MANAGE_MEMBERS, _P.MANAGE_KEYS, _P.MANAGE_GALLERIES, _P.MANAGE_CASES, _P.UPLOAD,
         _P.SUBMIT_JOBS, _P.PRIORITIZE_JOBS, _P.VIEW_RESULTS, _P.EXPORT, _P.RECALL_RESULTS, _P.ERASE,
         _P.VIEW_TRAIL, _P.RENEW_KEYS, _P.REEMBED, _P.MANAGE_WEBHOOKS}
    ),
    Role.ANALYST: frozenset(
        {_P.MANAGE_GALLERIES, _P.MANAGE_CASES, _P.UPLOAD, _P.SUBMIT_JOBS, _P.VIEW_RESULTS, _P.EXPORT}
    ),
    Role.APPROVER: frozenset({_P.APPROVE_JOBS, _P.PRIORITIZE_JOBS, _P.VIEW_RESULTS}),
    Role.REVIEWER: frozenset({_P.VIEW_RESULTS, _P.ADJUDICATE}),
    Role.PRIVACY_CONTACT: frozenset({_P.ERASE, _P.VIEW_TRAIL}),
    Role.AUDITOR: frozenset({_P.VIEW_TRAIL}),
}  # fmt: skip
_DESCRIPTIONS: dict[Role, str] = {
    Role.ADMINISTRATOR: "Applies for the organization, manages members and keys, does an analyst's work.",
    Role.ANALYST: "Keeps case records, enrolls photos, submits jobs and sees candidates.",
    Role.APPROVER: "Approves jobs that somebody else submitted.",
    Role.REVIEWER: "Judges candidates, after training.",
    Role.PRIVACY_CONTACT: "Looks after retention and erasure.",
    Role.AUDITOR: "Reads the trail and changes nothing.",
}
KEY_PERMISSIONS = frozenset(
    {_P.MANAGE_GALLERIES, _P.MANAGE_CASES, _P.UPLOAD, _P.SUBMIT_JOBS, _P.VIEW_RESULTS, _P.EXPORT, _P.ERASE}
)
# What cannot be undone, or reaches past its own purpose, a key may do only where it has the scope by name.
NAMED_KEY_PERMISSIONS = KEY_PERMISSIONS | {
    _P.RECALL_RESULTS,
    _P.RENEW_KEYS,
    _P.REEMBED,
    _P.MANAGE_WEBHOOKS,
    _P.ROTATE_KEYS,
    _P.VIEW_TRAIL,
}
TESTER_PERMISSIONS = frozenset({_P.TEST_ACCURACY})
