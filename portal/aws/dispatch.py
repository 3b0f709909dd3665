"""From the name of an operation to what does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.aws import errors
from portal.aws.calls import Answer, Operation, WireCall, require_scope
from portal.aws.errors import DENIED, WireError
from portal.aws.operations import collections, detection, faces, indexing, searching, tags, users
from portal.aws.reading import read_body
from portal.aws.shapes import INPUTS
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey

SERVICE = "RekognitionService"
UNKNOWN = "UnknownOperationException"
OPERATIONS: Mapping[str, Operation] = {
    **collections.OPERATIONS,
    **detection.OPERATIONS,
    **faces.OPERATIONS,
    **indexing.OPERATIONS,
    **searching.OPERATIONS,
    **tags.OPERATIONS,
    **users.OPERATIONS,
}
# What else the real service does. Names are all that is known of it here.
_NOT_OFFERED = """
CopyProjectVersion CreateDataset CreateFaceLivenessSession CreateProject CreateProjectVersion
CreateStreamProcessor DeleteDataset DeleteProject DeleteProjectPolicy DeleteProjectVersion
DeleteStreamProcessor DescribeDataset DescribeProjectVersions DescribeProjects DescribeStreamProcessor
DetectCustomLabels DetectLabels DetectModerationLabels DetectProtectiveEquipment DetectText
DistributeDatasetEntries GetCelebrityInfo GetCelebrityRecognition GetContentModeration GetFaceDetection
GetFaceLivenessSessionResults GetFaceSearch GetLabelDetection GetMediaAnalysisJob GetPersonTracking
GetSegmentDetection GetTextDetection ListDatasetEntries ListDatasetLabels ListMediaAnalysisJobs
ListProjectPolicies ListStreamProcessors PutProjectPolicy RecognizeCelebrities
StartCelebrityRecognition StartContentModeration StartFaceDetection StartFaceSearch StartLabelDetection
StartMediaAnalysisJob StartPersonTracking StartProjectVersion StartSegmentDetection
StartStreamProcessor StartTextDetection StopProjectVersion StopStreamProcessor UpdateDatasetEntries
UpdateStreamProcessor
"""
OTHERS = frozenset(_NOT_OFFERED.split())


def read(name: str, text: str) -> dict[str, Any]:
    """Return the input of an operation, checked.

    Args:
        name: From `operation_of`.
        text: The body.

    Raises:
        WireError: It is not what the operation takes.
    """
    return read_body(INPUTS[name], text)


def run(
    name: str, values: Mapping[str, Any], *, key: ApiKey, region: str
) -> tuple[Answer, Mapping[str, str]]:
    """Do what a signed call asks, and return the answer with its headers.

    Args:
        name: From `operation_of`.
        values: From `read`.
        key: Whose signature the call carries.
        region: It was signed for.

    Raises:
        WireError: The answer is an error.
    """
    call = WireCall(name, values, key, Actor.for_key(key), region)
    try:
        operation = OPERATIONS[name]
        require_scope(call, operation)
        return operation.run(call), call.headers
    except Exception as error:
        raise errors.of(error, name) from error


def operation_of(target: str) -> str:
    """Return the name of the operation that a target means.

    Raises:
        WireError: `UnknownOperationException`, the service never had it; `AccessDeniedException`, it is one
            of the real service's that is not offered here.
    """
    service, _, name = target.partition(".")
    if service != SERVICE or name not in OPERATIONS.keys() | OTHERS | INPUTS.keys():
        raise WireError(UNKNOWN, "There is no such operation.")
    if name not in OPERATIONS:
        raise WireError(DENIED, f"{name} is not offered by this service.", x_countenance_code="not_offered")
    return name
