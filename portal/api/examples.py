"""What requests and answers look like, for the schema. Every id and name is made up."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

NEW_GALLERY = {
    "name": "Missing children",
    "purpose": "find_missing_child",
    "legal_basis": "Guardians' consent",
    "owner": "Case team",
    "retention_days": 365,
    "image_source": "guardian",
}
GALLERY = {
    "id": "gal_01k9",
    "collection_id": "missing-children",
    **NEW_GALLERY,
    "jurisdictions": ["US"],
    "faces": 214,
    "subjects": 120,
    "created_at": "2026-03-01T09:00:00Z",
}
REKEY = {"key_version": 2, "faces": 214, "turned": 100, "running": True}
REEMBED = {
    "state": "waiting",
    "pipeline": "dlib-resnet-v1/blazeface/mesh5/mirror/1",
    "next_pipeline": "dlib-resnet-v1/yunet/mesh5/mirror/1",
    "faces": 214,
    "renewed": 211,
    "lacking": 3,
    "not_in_this_version": 0,
    "job": "job_01k9",
}
RECEIPT = {"event": "019ac0de-0000-7000-8000-000000000000", "faces": 2, "subjects": 1, "photos": 2}
IMAGE = {
    "id": "img_01k9",
    "name": "anna.jpg",
    "width": 1200,
    "height": 1600,
    "format": "JPEG",
    "size": 412733,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-03-01T09:00:00Z",
}
NEW_SEARCH = {
    "kind": "search",
    "gallery": "gal_01k9",
    "images": ["img_01k9"],
    "requested_by": "police",
    "case_reference": "WP-2026-0114",
    "subject_class": "missing_child",
    "image_source": "guardian",
    "recipient": "eus_01k9",
    "threshold": 90,
    "max_candidates": 10,
}
NEW_COMPARISON = {
    "kind": "compare",
    "pairs": [["img_01k9", "img_01ka"], ["img_01k9", "img_01kb"]],
    "requested_by": "police",
    "case_reference": "WP-2026-0114",
    "subject_class": "missing_child",
    "image_source": "case_file",
    "threshold": 90,
}
BRIEF = {
    "id": "job_01k9",
    "kind": "search",
    "status": "released",
    "gallery": "gal_01k9",
    "subject": None,
    "purpose": "find_missing_child",
    "total": 1,
    "created_at": "2026-03-01T09:00:00Z",
    "finished_at": "2026-03-01T09:00:02Z",
}
JOB = {
    **BRIEF,
    "status": "running",
    "subject_erased": False,
    "end_user": "eus_01k9",
    "priority": "normal",
    "counts": {"total": 1200, "done": 800, "failed": 3, "held": 0},
    "reasons": {"no_face": 4, "image_truncated": 3},
    "rejected": [{"name": "notes.txt", "reason": "image_format"}],
    "rate": 84.2,
    "eta_seconds": 5,
    "threshold": 92.4,
    "threshold_asked": 90.0,
    "threshold_reason": "budget",
    "expected_false_candidates": 0.98,
    "share_missed": 0.21,
    "estimate": {
        "gallery_size": 7000,
        "false_candidates": {"value": 0.98, "low": 0.26, "high": 3.7},
        "false_match_rate": {"value": 0.00014, "low": 0.000037, "high": 0.00053},
        "missed": {"value": 0.21, "low": 0.14, "high": 0.27},
        "data_set": "press photos (LFW), false matches of all groups together times 4.8, as women's may be",
        "scale": "lfw-x4.8-blazeface-mirror/1",
        "is_provisional": True,
        "is_beyond_data": False,
    },
    "max_candidates": 10,
    "review": "after_delivery",
    "refused_by": "",
    "policy_version": "countenance-default@3",
    "rulings": [
        {
            "id": "rul_01k9",
            "gate": "submit",
            "outcome": "cleared",
            "rule": "baseline-find_missing_child",
            "at": "2026-03-01T09:00:00Z",
        }
    ],
    "started_at": "2026-03-01T09:00:01Z",
    "finished_at": None,
    "released_at": None,
    "held_at": None,
    "held_because": "",
    "recoveries": 0,
    "retention_days": 30,
    "purged_at": None,
}
ITEM = {
    "id": "itm_01k9",
    "position": 0,
    "image": "img_01k9",
    "name": "anna.jpg",
    "subject": "",
    "status": "done",
    "reason": "",
    "faces": 1,
    "second": None,
    "done_at": "2026-03-01T09:00:02Z",
}
NEW_ENROLLMENT = {
    "kind": "enroll",
    "gallery": "gal_01k9",
    "archive": "(bytes of photos.zip)",
    "subject_from": "folder",
}
SUBMITTED = {
    **JOB,
    "ruling": {
        "id": "rul_01k9",
        "outcome": "cleared",
        "rule": "baseline-find_missing_child",
        "sentence": "Organizations that look for missing children may search for one.",
        "remedy": "",
        "source": "",
    },
}
RULING = {
    "id": "rul_01k9",
    "subject": "job_01k9",
    "gate": "submit",
    "outcome": "cleared",
    "rule": "baseline-find_missing_child",
    "sentence": "Organizations that look for missing children may search for one.",
    "remedy": "",
    "source": {"title": "Countenance: purposes and conditions of the default pack"},
    "period": {"start": "2020-06-10", "end": None},
    "facts": {"purpose": "find_missing_child", "subject_class": "missing_child"},
    "facts_sha256": IMAGE["sha256"],
    "version": "countenance-default@3",
    "version_sha256": IMAGE["sha256"],
    "evaluator_hash": IMAGE["sha256"],
    "at": "2026-03-01T09:00:00Z",
    "known_at": "2026-03-01T09:00:00Z",
    "looked_at": [{"rule": "us-police-2020", "result": "does not apply"}],
    "obligations": [],
    "valid_until": None,
    "recorded_status": "exempt",
    "computed_status": "exempt",
}
REFUSAL = {
    "type": "urn:countenance:problem:us-police-2020",
    "title": "Refused",
    "status": 403,
    "code": "us-police-2020",
    "detail": "From 10 June 2020 and until further notice, no face is looked at by or for police.",
    "decision": "rul_01k9",
    "rule": "us-police-2020",
    "remedy": "Where a charity holds the case, ask for the humanitarian exemption.",
    "job": "job_01k9",
}
NEW_ADJUDICATION = {
    "verdict": "lead",
    "compared": ["ears", "marks"],
    "reason": "The same scar on the left eyebrow.",
}
ADJUDICATIONS: dict[str, Any] = {
    "candidate": "can_01k9",
    "status": "lead",
    "round": 1,
    "adjudications": [
        {
            "id": "adj_01k9",
            "reviewer": "usr_01k9",
            "round": 1,
            **NEW_ADJUDICATION,
            "created_at": "2026-03-01T10:00:00Z",
        }
    ],
}
KEYS_JUDGE_NOTHING = {
    "type": "urn:countenance:problem:person_needed",
    "title": "Refused",
    "status": 403,
    "code": "person_needed",
    "detail": "Candidates are judged by trained people, signed in with their own account. A key judges none.",
}
NEW_OUTCOME = {
    "outcome": "confirmed",
    "source": "Westford Police, missing persons unit",
    "reason": "She was met and gave her name.",
}
OUTCOME = {
    "id": "out_01k9",
    "lead": "can_01k9",
    **NEW_OUTCOME,
    "recorded_by": "key_01k9",
    "created_at": "2026-03-02T09:00:00Z",
}
WITHDRAWN = {
    "lead": "can_01k9",
    "status": "withdrawn",
    "notices": [{"id": "ntc_01k9", "export": "exp_01k9", "mailed": True}],
}
STANDING = {
    "organization": "org_01k9",
    "name": "Harbor Light",
    "organization_type": "child_protection_ngo",
    "organization_status": "active",
    "synthetic": False,
    "moratorium_status": "exempt",
    "policy_version": "countenance-default@3",
    "at": "2026-03-01T09:00:00Z",
    "grants": [
        {
            "purpose": "find_missing_child",
            "end_user": "eus_01k9",
            "end_user_name": "Westford Police, missing persons unit",
            "status": "exempt",
            "words": "Exempt for Find a missing child / Westford Police until September 1, 2026",
            "operations": ["detect", "enroll", "search"],
            "conditions": {"review": "after_delivery"},
            "starts_at": "2026-02-01T00:00:00Z",
            "expires_at": "2026-09-01T00:00:00Z",
            "in_force": True,
        }
    ],
    "rules": [],
    "key": {
        "id": "key_01k9",
        "purpose": "find_missing_child",
        "end_user": "eus_01k9",
        "scopes": [],
        "defaults": {"requested_by": "police"},
        "expires_at": "2026-09-01T00:00:00Z",
        "replaces": None,
    },
}


def sent(title: str, value: dict[str, Any]) -> OpenApiExample:
    """Return the example of a request."""
    return OpenApiExample(title, value=value, request_only=True)


def answered(title: str, value: dict[str, Any], *, status: int | None = None) -> OpenApiExample:
    """Return the example of an answer; of one status where an operation has several that differ."""
    statuses = [str(status)] if status else ["200", "201", "202"]
    return OpenApiExample(title, value=value, response_only=True, status_codes=statuses)


def uploaded(title: str, value: dict[str, Any]) -> OpenApiExample:
    """Return the example of a form with files."""
    return OpenApiExample(title, value=value, request_only=True, media_type="multipart/form-data")


def listed(title: str, value: dict[str, Any]) -> OpenApiExample:
    """Return the example of a page of a list."""
    return answered(title, {"items": [value], "next": None})


def refused(title: str, value: dict[str, Any]) -> OpenApiExample:
    """Return the example of a refusal."""
    return OpenApiExample(
        title, value=value, response_only=True, status_codes=["403"], media_type="application/problem+json"
    )
