"""What requests and answers about case records look like, for the schema. Every id and name is made up."""

from __future__ import annotations

NEW_CASE = {
    "reference": "WP-2026-0114",
    "requested_by": "family",
    "born": "2015-05-01",
    "missing_since": "2026-01-14",
    "authority": {
        "kind": "report",
        "issuer": "Westford Police, missing persons unit",
        "reference": "26-00412",
        "dated": "2026-01-14",
    },
}
CASE = {
    "id": "cre_01k9",
    **NEW_CASE,
    "purpose": "find_missing_child",
    "status": "open",
    "photos": 2,
    "opened_at": "2026-03-01T09:00:00Z",
    "ended_at": None,
}
NEW_CASE_PHOTO = {"image": "img_01k9", "taken": "2024", "edited": False, "note": "From school"}
FOUND = {
    "on_hold": False,
    "event": "019ac0de-0000-7000-8000-000000000000",
    "told": 1,
    "faces": 2,
    "subjects": 1,
    "photos": 5,
    "candidates": 3,
    "jobs": 2,
}
CASE_PHOTO = {
    "id": "crp_01k9",
    **NEW_CASE_PHOTO,
    "age_years": [8, 9],
    "age_progressed": False,
    "added_at": "2026-03-01T09:00:00Z",
}
