"""What requests and answers of `accuracy/` look like, for the schema. All of it is made up."""

from __future__ import annotations

from typing import Any

NEW_TEST = {
    "threshold": 80,
    "image_source": "data_set",
    "subject_class": "consenting",
    "pairs": [
        {"pair": "0001", "same": True, "group": "F"},
        {"pair": "0002", "same": False, "group": "F"},
    ],
}
_FMR = {"value": 0.0031, "low": 0.0014, "high": 0.0058, "events": 9, "trials": 2920}
_FNMR = {"value": 0.0475, "low": 0.0289, "high": 0.0732, "events": 19, "trials": 400}
RESULT: dict[str, Any] = {
    "is_enough": True,
    "threshold": 80.0,
    "compared": 3320,
    "same": 400,
    "different": 2920,
    "not_handed_in": 0,
    "fmr": _FMR,
    "fnmr": _FNMR,
    "thresholds": [{"threshold": 80, "fmr": _FMR, "fnmr": _FNMR}],
    "groups": [
        {"group": "F", "same": 400, "different": 2920, "fmr": _FMR, "fnmr": _FNMR, "withheld": []},
    ],
    "failure_to_enroll": {"value": 0.00015, "low": 0.000004, "high": 0.00084, "events": 1, "trials": 6642},
    "failures": [{"pair": "0917", "photo": "second", "reason": "no_face"}],
    "left_out": [{"pair": "1203", "reason": "repeated_pair"}],
}
OPEN_TEST: dict[str, Any] = {
    "id": "acc_01k9",
    "status": "open",
    "purpose": "bias_audit",
    "threshold": 80.0,
    "model": "dlib-resnet-v1",
    "pipeline": "dlib-resnet-v1/blazeface/mesh5/mirror/1",
    "scale": "lfw-x4.8-blazeface-mirror/1",
    "labels_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "pairs": 3322,
    "progress": {"compared": 1200, "not_compared": 1, "waiting": 2121},
    "result": None,
    "ruling": "rul_01k9",
    "created_at": "2026-03-01T09:00:00Z",
    "expires_at": "2026-03-02T09:00:00Z",
    "ended_at": None,
}
FINISHED_TEST = OPEN_TEST | {
    "status": "finished",
    "progress": None,
    "result": RESULT,
    "ended_at": "2026-03-01T09:20:00Z",
}
HANDED_IN = {
    "pair": "0917",
    "compared": False,
    "failures": [{"photo": "second", "reason": "no_face"}],
    "status": "open",
    "progress": OPEN_TEST["progress"],
}
NO_GRANT = {
    "type": "urn:countenance:problem:no-grant",
    "title": "Refused",
    "status": 403,
    "code": "no-grant",
    "detail": "No determination grants this purpose for this end user.",
    "decision": "rul_01k9",
    "rule": "no-grant",
    "remedy": "Apply for it.",
}
