"""What synchronous calls and their answers look like, for the schema. Every id and name is made up."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample

from portal.api.examples import IMAGE, JOB, REFUSAL
from portal.api.problems import PROBLEM
from portal.api.subject_examples import FACE

NEW_DETECTION = {"image": "img_01k9"}
NEW_COMPARISON = {"source_image": "img_01k9", "target_image": "img_01ka", "threshold": 90}
NEW_SEARCH = {
    "image": "img_01k9",
    "case_reference": "WP-2026-0114",
    "threshold": 90,
    "max_candidates": 5,
    "faces": "largest",
}
NEW_FACE_SEARCH = {"face": "fac_01k9", "case_reference": "WP-2026-0114"}
_FACE = {
    "index": 0,
    "box": {"left": 301.2, "top": 210.4, "width": 402.0, "height": 402.0},
    "landmarks": [[402.1, 350.0], [601.3, 351.2], [500.0, 460.1], [421.0, 540.3], [580.7, 541.0]],
    "quality": {
        "confidence": 0.982,
        "size_px": 402.0,
        "sharpness": 61.2,
        "brightness": 131.0,
        "sharpness_grade": 86.0,
        "brightness_grade": 51.4,
        "reasons": [],
        "pose": {"yaw": -4.2, "pitch": 3.1, "roll": 0.4},
    },
    "reason": "",
}
_SMALL = {**_FACE, "index": 1, "reason": "face_too_small"}
_AGE = {
    "gap_years": [6, 7],
    "gap": "6 to 7 years",
    "probe": {"taken": "2026", "age_years": [10, 11], "age": "10 to 11", "edited": False,
              "age_progressed": False},
    "enrolled": {"taken": "2019-03-07", "age_years": [3, 3], "age": "3", "edited": False,
                 "age_progressed": False},
    "cautions": ["Not measured on children. Expect more misses and more false candidates."],
}  # fmt: skip
_PHOTO = {"width": 1200, "height": 1600, "reason": "", "faces": [_FACE, _SMALL]}
_CALL = {
    "id": "cal_01k9",
    "notice": "A face without a candidate does not show that the person is absent. "
    "A similarity is not an identification.",
    "threshold": 92.4,
    "threshold_asked": 90.0,
    "threshold_reason": "budget",
    "photos": [_PHOTO],
    "ruling": {
        "id": "rul_01k9",
        "outcome": "cleared",
        "rule": "baseline-find_missing_child",
        "sentence": "Charities may look for missing children.",
        "remedy": "",
        "source": "Countenance default policy",
    },
}
SEARCHED = {
    **_CALL,
    "kind": "search",
    "gallery": "gal_01k9",
    "review": "after_delivery",
    "faces": 2,
    "left_out": {"face_too_small": 1},
    "candidates": 1,
    "estimate": JOB["estimate"],
    "searched": [
        {
            "index": 0,
            "candidates": [
                {
                    "rank": 1,
                    "face": "fac_01k9",
                    "subject_id": "sub_01k9",
                    "subject": "Case 2026-0114",
                    "image": "img_01kb",
                    "similarity": 96.1,
                    "review": "unreviewed",
                    "age": _AGE,
                }
            ],
        }
    ],
    "compared": [],
    "age": None,
}
COMPARED = {
    **SEARCHED,
    "kind": "compare",
    "gallery": None,
    "faces": 3,
    "photos": [_PHOTO, {"width": 800, "height": 800, "reason": "", "faces": [_FACE]}],
    "searched": [],
    "compared": [{"index": 0, "similarity": 95.3, "alike": True, "review": "unreviewed"}],
}
DETECTED = {
    **SEARCHED,
    "kind": "detect",
    "gallery": None,
    "review": "none",
    "left_out": {},
    "candidates": 0,
    "estimate": None,
    "searched": [],
}
FOR_REVIEW = {
    **REFUSAL,
    "type": "urn:countenance:problem:review_required",
    "code": "review_required",
    "detail": "Trained reviewers have to judge candidates first, so nothing is answered here. "
    "The photo waits as job job_01k9.",
    "rule": "public-safety-floor",
    "remedy": "Read the results of the job once its reviewers have judged them.",
}
BUSY = {
    "type": "urn:countenance:problem:no_worker",
    "title": "Not possible at the moment",
    "status": 503,
    "code": "no_worker",
    "detail": "No engine is running at the moment. No face was searched and nothing was kept. "
    "Send the call again.",
}
LOOKED_AT = {
    **IMAGE,
    "faces": [_FACE],
    "detection": {"call": "cal_01k9", "reason": "", "ruling": _CALL["ruling"], "problem": None},
}
NOT_LOOKED_AT = {
    **IMAGE,
    "detection": {
        "call": None,
        "reason": "",
        "ruling": None,
        "problem": {name: value for name, value in REFUSAL.items() if name != "job"},
    },
}
NEW_FACES = {"image": "img_01k9", "name": "Case 2026-0114"}
ENROLLED = {
    "id": "cal_01k9",
    "gallery": "gal_01k9",
    "new": 1,
    "enrolled": [FACE],
    "left_out": {"face_too_small": 1},
    "photo": _PHOTO,
    "ruling": _CALL["ruling"],
}
ALREADY_ENROLLED = {**ENROLLED, "new": 0}
NO_ENGINE = OpenApiExample(
    "No engine answers", value=BUSY, response_only=True, status_codes=["503"], media_type=PROBLEM
)
