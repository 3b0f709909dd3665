"""What requests and answers about keys look like, for the schema. Every id and secret is made up."""

from __future__ import annotations

KEY = {
    "id": "key_01kb",
    "name": "Case system",
    "prefix": "5f0c1a9b7e2d",
    "access_key_id": "CKEXAMPLEEXAMPLEEXA",
    "purpose": "find_missing_child",
    "end_user": "eus_01k9",
    "scopes": ["submit_jobs", "view_results", "rotate_keys"],
    "created_at": "2026-03-01T09:00:00Z",
    "expires_at": "2026-09-01T00:00:00Z",
    "revoked_at": None,
    "last_used_at": "2026-03-01T10:00:00Z",
    "replaces": "key_01k9",
}
NEW_ROTATION = {"overlap_hours": 24}
ROTATED = {
    "key": KEY | {"last_used_at": None},
    "old_key_ends_at": "2026-03-02T09:00:00Z",
    "bearer": "ck_5f0c1a9b7e2d_example",
    "secret_access_key": "example",
}
