"""The directory: users, organizations, memberships, invitations, keys, officers."""

from portal.tenancy.models.data_keys import PlatformKey, RotationReason, StoredDataKey
from portal.tenancy.models.keys import ApiKey, KeyKind, KeyNetwork
from portal.tenancy.models.organizations import (
    ORGANIZATION_TRANSITIONS,
    Invitation,
    Membership,
    Organization,
    OrganizationStatus,
)
from portal.tenancy.models.people import (
    OFFICER_PROPOSAL_TRANSITIONS,
    Officer,
    OfficerApproval,
    OfficerChange,
    OfficerProposal,
    OfficerProposalStatus,
    User,
)

__all__ = [
    "OFFICER_PROPOSAL_TRANSITIONS",
    "ORGANIZATION_TRANSITIONS",
    "ApiKey",
    "Invitation",
    "KeyKind",
    "KeyNetwork",
    "Membership",
    "Officer",
    "OfficerApproval",
    "OfficerChange",
    "OfficerProposal",
    "OfficerProposalStatus",
    "Organization",
    "OrganizationStatus",
    "PlatformKey",
    "RotationReason",
    "StoredDataKey",
    "User",
]
