"""What requests and answers about subjects look like, for the schema. Every id and name is made up."""

from __future__ import annotations

NEW_SUBJECT = {"name": "Case 2026-0114"}
SUBJECT = {
    "id": "sub_01k9",
    "user_id": "anna",
    **NEW_SUBJECT,
    "case": "cre_01k9",
    "merged_into": None,
    "created_at": "2026-03-01T09:00:00Z",
}
NEW_MERGE = {"subject": "sub_01kb", "reason": "The scar over the left eye is the same."}
MERGE = {
    "id": "mrg_01k9",
    "survivor": "sub_01k9",
    "merged": "sub_01kb",
    "reason": NEW_MERGE["reason"],
    "merged_by": "usr_01k9",
    "merged_at": "2026-03-02T09:00:00Z",
    "undone_because": "",
    "undone_by": "",
    "undone_at": None,
}
NEW_UNMERGE = {"merge": "mrg_01k9", "reason": "They are twins.", "faces": ["fac_01kc"]}
APART = {"subject": {**SUBJECT, "id": "sub_01kb", "name": "Sea Lane 4"}, "faces": 3, "elsewhere": 0}
FACE_MOVE = {
    "id": "mov_01k9",
    "face": "fac_01k9",
    "came_from": "sub_01kb",
    "went_to": "sub_01k9",
    "merge": "mrg_01k9",
    "reason": NEW_MERGE["reason"],
    "moved_by": "usr_01k9",
    "moved_at": "2026-03-02T09:00:00Z",
}
NEW_FACE_MOVE = {"subject": "sub_01kb", "reason": "The photo was in the wrong folder."}
FACE = {
    "id": "fac_01k9",
    "face_id": "019ac0de-0000-7000-8000-000000000001",
    "image_id": "019ac0de-0000-7000-8000-000000000002",
    "external_image_id": "anna-1.jpg",
    "user_id": "anna",
    "subject": "sub_01k9",
    "image": "img_01k9",
    "index": 0,
    "box": {"left": 120.5, "top": 80.0, "width": 96.2, "height": 96.2},
    "quality": {"sharpness": 100.0},
    "created_at": "2026-03-01T09:00:00Z",
}
PAIR = {
    "id": "can_01k9",
    "item": "itm_01k9",
    "probe": "fac_01ka",
    "face": "fac_01k9",
    "similarity": 94.1,
    "review": "unreviewed",
}
PEOPLE = {
    "job": "job_01k9",
    "threshold": 92.4,
    "notice": "A candidate is not an identification.",
    "ruling": {
        "id": "rul_01k9",
        "outcome": "cleared",
        "rule": "baseline-find_missing_child",
        "sentence": "Organizations that look for missing children may search for one.",
        "remedy": "",
        "source": "",
    },
    "unreviewed": 0,
    "items": [
        {
            "rank": 1,
            "subject": "Sea Lane 4",
            "subject_id": "sub_01kb",
            "similarity": 94.1,
            "best": PAIR,
            "candidates": [PAIR],
        }
    ],
    "next": None,
}
NEW_SUBJECT_SEARCH = {
    "kind": "search",
    "gallery": "gal_01k9",
    "subject": "sub_01k9",
    "requested_by": "police",
    "subject_class": "missing_child",
    "recipient": None,
    "threshold": 90,
}
