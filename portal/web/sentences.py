"""Codes as sentences: why a photo has no result, what a job's state means, what a similarity says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from compliance.policy.vocabulary import SubjectClass
from recognition import threshold
from recognition.ages import CHILDREN
from recognition.comparisons import OF_CHILDREN
from recognition.models import Job

REASONS: Final[Mapping[str, str]] = {
    "no_face": "No face was found in the photo.",
    "face_too_small": "The face is too small to compare.",
    "low_quality": "The face is too blurred, too dark or turned too far to compare.",
    "pose": "The face is turned too far to compare.",
    "other_face": "Another face of this photo was used: the largest one that could be.",
    "quota_stored_photos": "Your organization may store no more photos. A compliance officer can raise it.",
    "duplicate": "This photo of this subject is in the gallery already.",
    "reimport": "This photo left another organization as part of a lead, and is not looked at here.",
    "image_truncated": "The file is damaged or incomplete. Send it again.",
    "image_too_large": "The photo is larger than 15 MB or 50 megapixels.",
    "image_format": "This is not a JPEG, PNG or WebP photo.",
    "image_bomb": "The file would unpack to far more than a photo needs, so it was not opened.",
    "image_animated": "The file holds an animation. Send one still photo.",
    "archive_path": "The file's name leads outside its folder, or names a device.",
    "archive_link": "This is a link or a special file, not a photo.",
    "archive_nested": "This is an archive inside the archive. It is not opened: send its photos themselves.",
    "name_twice": "Another file of the upload has the same name, and was taken.",
    "name_unusable": "Nobody can be enrolled under this name: it is empty or longer than 200 characters.",
    "not_in_manifest": "No line of manifest.csv names this file.",
    "manifest_missing": "manifest.csv names this file, and it did not come.",
    "manifest_path": "The line names no file.",
    "manifest_second": "The line names no second file.",
    "manifest_subject": "The line names nobody, or the name is longer than 200 characters.",
    "manifest_date": "The line's date is none. Write 2019-03-07 or 2019.",
    "manifest_twice": "An earlier line names this file.",
    "pair_of_itself": "The line compares a file with itself.",
    "unpaired": "There is no photo to compare this one with.",
    "accepted": "Accepted.",
    "poison": "The engine failed on this photo three times, so it was set aside.",
    "gallery_full": "The gallery holds as many faces as the grant allows.",
    "model_mismatch": "The gallery was enrolled with another model.",
    "reembedding": "The gallery is on its way to another model. Try again when that has ended.",
    "face_lost": "The model does not find the enrolled face in this photo.",
    "policy": "A rule stopped the job before this photo.",
    "timeout": "The engine took too long for this photo.",
    "purged": "The photo was purged.",
    "other_person": "This face was moved to another person before it had its turn.",
    "erased": "The person or the photo was erased before this photo had its turn.",
    "file_missing": "The stored photo could not be found. Tell your operator, and retry it when it is back.",
}

# Why one face is not compared; `EXCEEDS_MAX_FACES` is told by the reason of its face already.
QUALITY: Final[Mapping[str, str]] = {
    "SMALL_BOUNDING_BOX": "The face is less than 24 pixels wide.",
    "EXTREME_POSE": "The head is turned too far away.",
    "LOW_SHARPNESS": "The face is blurred.",
    "LOW_BRIGHTNESS": "The face is too dark.",
    "LOW_FACE_QUALITY": "The face is washed out by light.",
    "LOW_CONFIDENCE": "Eyes, nose and mouth cannot be made out with certainty.",
}

# What a state means and what happens next. `%` is not used: the texts are complete.
STATES: Final[Mapping[str, str]] = {
    "submitted": "The job is being checked.",
    "refused": "Nothing was run, and no face was compared.",
    "awaiting_approval": "Nothing runs before somebody has decided. The compliance office sees this job. "
    "Without a decision within 14 days it expires.",
    "expired": "Nobody decided within 14 days, so nothing was run.",
    "queued": "The job waits for a worker. There is nothing you have to do.",
    "running": "Workers are on it. You can leave this page; the job goes on.",
    "held": "The job stands still. Nothing is lost. Why, and what lets it go on, stands below.",
    "failed": "No photo could be worked on. The reasons stand below.",
    "partial": "Some photos could not be worked on. The reasons stand below; the others have results.",
    "awaiting_review": "Trained reviewers have to judge the candidates before anybody else sees them.",
    "released": "The results can be read.",
    "recalled": "The results were called back. Do not use what you have read.",
    "cancelled": "Somebody ended this job. What was done until then is kept; the rest is never done.",
    "terminated": "The job was held for 30 days and ended. Its results were purged.",
    "purged": "Photos and results were destroyed when their time was over.",
}
_OF_NOBODY: Final = (
    "Whom this job was to search for was erased, and with them whatever was found. It says nothing about "
    "them: neither that they were found nor that they were not."
)
THRESHOLDS: Final[Mapping[str, str]] = {
    "asked": "as you asked",
    "floor": "the lowest that the rules allow for this purpose",
    "budget": "so that one search brings up no more false candidates than the budget allows",
}
DATA_SET: Final = "press photos (LFW), in the group with the most false matches"
_NOT_SURE_FROM: Final = 99.0


def reason(code: str) -> str:
    """Return the sentence of a reason code; an unlisted code is shown as it is."""
    return REASONS.get(code, code.replace("_", " ")) if code else ""


def against(quality: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what speaks against comparing a face: each reason's code and sentence."""
    return [{"code": one, "sentence": QUALITY[one]} for one in quality.get("reasons", ()) if one in QUALITY]


def state(job: Job) -> str:
    """Return what the state of a job means and what happens next."""
    if job.subject_erased and job.purged_at is not None:
        return _OF_NOBODY
    return STATES.get(job.status, "")


def one_in(similarity: float) -> str:
    """Return the false match rate of a similarity in words: "About 1 in 5,000"."""
    # One comparison is a search of a gallery with one face.
    rate = threshold.expected_false_candidates(similarity, 1)
    return f"About 1 in {_rounded(1 / rate):,}" if rate < 1 else "Every one"


def meaning(similarity: float) -> str:
    """Return what a similarity says, and what it does not."""
    sentence = f"{one_in(similarity)} comparisons of different people scores this high on {DATA_SET}."
    return f"Not {int(similarity)} % sure. {sentence}" if similarity >= _NOT_SURE_FROM else sentence


def caution(purpose: str, subject_class: str = "") -> str:
    """Return the sentence about children where children are looked for."""
    is_child = purpose in OF_CHILDREN or subject_class == SubjectClass.MISSING_CHILD
    return CHILDREN if is_child else ""


def _rounded(value: float) -> int:
    """Round to two significant digits: more would claim a precision that no test has."""
    digits = max(len(str(int(value))) - 2, 0)
    return int(round(value, -digits))
