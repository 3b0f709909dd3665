"""What each operation answers: the shapes of the service's model, declared by hand, and how they are sent.

What the model has and this service never says (age, gender, emotion, beard…) is declared too, so that the
tables are those of the model; nothing fills it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.aws.shapes import (
    COLLECTION_ID,
    EXTERNAL_IMAGE_ID,
    FACE_ID,
    FACE_IDS,
    IMAGE_ID,
    PERCENT,
    TAGS,
    TOKEN,
    USER_ID,
    Shape,
    number,
    several,
    structure,
    text,
    word,
)

_FLOAT = number("float")
_DEGREE = number("float", -180, 180)
_BOOLEAN = Shape("boolean")
_COUNT = number("integer", 0)
_LONG = number("long", 0)
_TEXT = text()
_WHETHER = structure(Value=_BOOLEAN, Confidence=PERCENT)
_BOX = structure(Width=_FLOAT, Height=_FLOAT, Left=_FLOAT, Top=_FLOAT)
_ORIENTATION = word("ROTATE_0 ROTATE_90 ROTATE_180 ROTATE_270")
_LANDMARKS = several(
    structure(
        Type=word(
            "eyeLeft eyeRight nose mouthLeft mouthRight leftEyeBrowLeft leftEyeBrowRight leftEyeBrowUp "
            "rightEyeBrowLeft rightEyeBrowRight rightEyeBrowUp leftEyeLeft leftEyeRight leftEyeUp "
            "leftEyeDown rightEyeLeft rightEyeRight rightEyeUp rightEyeDown noseLeft noseRight mouthUp "
            "mouthDown leftPupil rightPupil upperJawlineLeft midJawlineLeft chinBottom midJawlineRight "
            "upperJawlineRight"
        ),
        X=_FLOAT,
        Y=_FLOAT,
    )
)
_POSE = structure(Roll=_DEGREE, Yaw=_DEGREE, Pitch=_DEGREE)
_QUALITY = structure(Brightness=_FLOAT, Sharpness=_FLOAT)
_EMOTIONS = several(
    structure(
        Type=word("HAPPY SAD ANGRY CONFUSED DISGUSTED SURPRISED CALM UNKNOWN FEAR"),
        Confidence=PERCENT,
    )
)
_FACE = structure(
    FaceId=FACE_ID,
    BoundingBox=_BOX,
    ImageId=IMAGE_ID,
    ExternalImageId=EXTERNAL_IMAGE_ID,
    Confidence=PERCENT,
    IndexFacesModelVersion=text(pattern=r"[0-9\.]+"),
    UserId=USER_ID,
)
_FACE_DETAIL = structure(
    BoundingBox=_BOX,
    AgeRange=structure(Low=_COUNT, High=_COUNT),
    Smile=_WHETHER,
    Eyeglasses=_WHETHER,
    Sunglasses=_WHETHER,
    Gender=structure(Value=word("Male Female"), Confidence=PERCENT),
    Beard=_WHETHER,
    Mustache=_WHETHER,
    EyesOpen=_WHETHER,
    MouthOpen=_WHETHER,
    Emotions=_EMOTIONS,
    Landmarks=_LANDMARKS,
    Pose=_POSE,
    Quality=_QUALITY,
    Confidence=PERCENT,
    FaceOccluded=_WHETHER,
    EyeDirection=structure(Yaw=_DEGREE, Pitch=_DEGREE, Confidence=PERCENT),
)
_COMPARED = structure(
    BoundingBox=_BOX,
    Confidence=PERCENT,
    Landmarks=_LANDMARKS,
    Pose=_POSE,
    Quality=_QUALITY,
    Emotions=_EMOTIONS,
    Smile=_WHETHER,
)
_NOT_GOOD = (
    "EXCEEDS_MAX_FACES EXTREME_POSE LOW_BRIGHTNESS LOW_SHARPNESS LOW_CONFIDENCE SMALL_BOUNDING_BOX "
    "LOW_FACE_QUALITY"
)
_STATUS = word("ACTIVE UPDATING CREATING CREATED")
_USER = structure(UserId=USER_ID, UserStatus=_STATUS)
_FACE_MATCHES = several(structure(Similarity=PERCENT, Face=_FACE))
_USER_MATCHES = several(structure(Similarity=PERCENT, User=_USER), most=500)
_ONE_FACE = structure(FaceId=FACE_ID)


def _failed(reasons: str, **besides: Shape) -> Shape:
    return structure(FaceId=FACE_ID, UserId=USER_ID, Reasons=several(word(reasons)), **besides)


OUTPUTS: Mapping[str, Shape] = {
    "CreateCollection": structure(StatusCode=_COUNT, CollectionArn=_TEXT, FaceModelVersion=_TEXT),
    "DeleteCollection": structure(StatusCode=_COUNT),
    "DescribeCollection": structure(
        FaceCount=_LONG,
        FaceModelVersion=_TEXT,
        CollectionARN=_TEXT,
        CreationTimestamp=Shape("timestamp"),
        UserCount=_LONG,
    ),
    "ListCollections": structure(
        CollectionIds=several(COLLECTION_ID), NextToken=TOKEN, FaceModelVersions=several(_TEXT)
    ),
    "IndexFaces": structure(
        FaceRecords=several(structure(Face=_FACE, FaceDetail=_FACE_DETAIL)),
        OrientationCorrection=_ORIENTATION,
        FaceModelVersion=_TEXT,
        UnindexedFaces=several(structure(Reasons=several(word(_NOT_GOOD)), FaceDetail=_FACE_DETAIL)),
    ),
    "ListFaces": structure(Faces=several(_FACE), NextToken=_TEXT, FaceModelVersion=_TEXT),
    "DeleteFaces": structure(
        DeletedFaces=FACE_IDS,
        UnsuccessfulFaceDeletions=several(_failed("ASSOCIATED_TO_AN_EXISTING_USER FACE_NOT_FOUND"), 0, 4096),
    ),
    "SearchFaces": structure(SearchedFaceId=FACE_ID, FaceMatches=_FACE_MATCHES, FaceModelVersion=_TEXT),
    "SearchFacesByImage": structure(
        SearchedFaceBoundingBox=_BOX,
        SearchedFaceConfidence=PERCENT,
        FaceMatches=_FACE_MATCHES,
        FaceModelVersion=_TEXT,
    ),
    "CompareFaces": structure(
        SourceImageFace=structure(BoundingBox=_BOX, Confidence=PERCENT),
        FaceMatches=several(structure(Similarity=PERCENT, Face=_COMPARED)),
        UnmatchedFaces=several(_COMPARED),
        SourceImageOrientationCorrection=_ORIENTATION,
        TargetImageOrientationCorrection=_ORIENTATION,
    ),
    "DetectFaces": structure(FaceDetails=several(_FACE_DETAIL), OrientationCorrection=_ORIENTATION),
    "CreateUser": structure(),
    "DeleteUser": structure(),
    "ListUsers": structure(Users=several(_USER, most=500), NextToken=TOKEN),
    "AssociateFaces": structure(
        AssociatedFaces=several(_ONE_FACE, 0, 100),
        UnsuccessfulFaceAssociations=several(
            _failed(
                "FACE_NOT_FOUND ASSOCIATED_TO_A_DIFFERENT_USER LOW_MATCH_CONFIDENCE",
                Confidence=PERCENT,
            ),
            0,
            500,
        ),
        UserStatus=_STATUS,
    ),
    "DisassociateFaces": structure(
        DisassociatedFaces=several(_ONE_FACE, 0, 100),
        UnsuccessfulFaceDisassociations=several(
            _failed("FACE_NOT_FOUND ASSOCIATED_TO_A_DIFFERENT_USER"), 0, 500
        ),
        UserStatus=_STATUS,
    ),
    "SearchUsers": structure(
        UserMatches=_USER_MATCHES,
        FaceModelVersion=_TEXT,
        SearchedFace=_ONE_FACE,
        SearchedUser=structure(UserId=USER_ID),
    ),
    "SearchUsersByImage": structure(
        UserMatches=_USER_MATCHES,
        FaceModelVersion=_TEXT,
        SearchedFace=structure(FaceDetail=_FACE_DETAIL),
        UnsearchedFaces=several(
            structure(FaceDetails=_FACE_DETAIL, Reasons=several(word(f"FACE_NOT_LARGEST {_NOT_GOOD}")))
        ),
    ),
    "TagResource": structure(),
    "UntagResource": structure(),
    "ListTagsForResource": structure(Tags=TAGS),
}


def encoded(answer: Mapping[str, Any]) -> bytes:
    """Return an answer as it is sent; what is None was left out, a moment is in seconds since 1970."""
    shown = {name: value for name, value in answer.items() if value is not None}
    return json.dumps(shown, separators=(",", ":"), default=_plain, allow_nan=False).encode()


def _plain(value: Any) -> float:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(type(value).__name__)
