"""A small client of the Countenance REST API. Standard library only.

A refusal raises `Refused`, which names the rule, the remedy and the decision. It never comes back as an empty
result, so that "not allowed" cannot be taken for "nobody found".
"""

from countenance_client.client import Client
from countenance_client.errors import (
    ApiError,
    Conflict,
    Held,
    Invalid,
    NotAuthenticated,
    NotFound,
    Refused,
    Stopped,
    Throttled,
    Unavailable,
    Unreachable,
)
from countenance_client.jobs import Job

__all__ = [
    "ApiError",
    "Client",
    "Conflict",
    "Held",
    "Invalid",
    "Job",
    "NotAuthenticated",
    "NotFound",
    "Refused",
    "Stopped",
    "Throttled",
    "Unavailable",
    "Unreachable",
]
