"""Errors in the words of the service's model: a refusal is never mistaken, and nothing of ours leaks."""

import pytest

from portal.aws.errors import CODE, WireError, of
from portal.aws.headers import DECISION
from portal.aws.shapes import ERRORS
from portal.aws.sigv4 import Rejected
from portal.common.envelope import KeyServiceSilent
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable
from recognition.engine.types import POISON

RULED = {"rule": "us-police-2020", "remedy": "Ask for an exemption.", "decision": "rul_1", "ruling": "rul_1"}
KINDS = [
    Refused("us-police-2020", "Police are a party."),
    Refused("quota_items_a_day", "Enough for today."),
    NotFound(),
    Conflict("state_changed", "This changed."),
    Conflict("kept", "This has to be kept."),
    InvalidInput("bad_value", "It is wrong."),
    Unavailable("no_worker", "No engine answers.", retry_seconds=5),
]


@pytest.mark.parametrize("operation", sorted(ERRORS))
def test_whatever_is_refused_has_a_name_that_the_model_knows_for_the_operation(operation):
    assert {of(error, operation).name for error in KINDS} <= ERRORS[operation]


def test_a_refusal_says_rule_remedy_and_decision():
    answer = of(Refused("us-police-2020", "Police are a party.", **RULED), "SearchFaces")
    assert (answer.name, answer.status) == ("AccessDeniedException", 400)
    said = "Police are a party. Ask for an exemption. (Rule us-police-2020, decision rul_1)"
    assert answer.message == said
    assert (answer.headers[DECISION], answer.headers[CODE]) == ("rul_1", "us-police-2020")


THROTTLED = {
    "a part that says when": (Unavailable("no_worker", "No engine answers.", retry_seconds=5), "5"),
    "somebody who was first": (Conflict("state_changed", "This changed."), "1"),
    "a signature seen before": (Rejected("ThrottlingException", "Sign anew."), "1"),
}


@pytest.mark.parametrize("kind", THROTTLED)
def test_what_is_to_be_sent_again_says_when(kind):
    error, seconds = THROTTLED[kind]
    answer = of(error, "DeleteFaces")
    assert (answer.name, answer.headers["Retry-After"]) == ("ThrottlingException", seconds)


def test_a_refusal_is_the_same_later_and_says_no_time():
    for error in (Refused("x", "No."), Refused("quota_items_a_day", "Enough for today."), NotFound()):
        assert "Retry-After" not in of(error, "IndexFaces").headers


def test_a_format_that_other_interfaces_read_is_not_offered_here():
    answer = of(InvalidInput("image_format", "Send a JPEG, PNG or WebP file."), "DetectFaces")
    assert (answer.name, "WebP" in answer.message) == ("InvalidImageFormatException", False)


def test_a_remedy_that_the_sentence_holds_already_is_said_once():
    answer = of(Refused("x", "No. Ask for an exemption.", remedy="Ask for an exemption."))
    assert answer.message == "No. Ask for an exemption."


@pytest.mark.parametrize("code", ["scope", "permission", "fact_missing", "review_required", "tag_widens"])
def test_no_refusal_is_an_invalid_parameter_or_throttled(code):
    names = {of(Refused(code, "No."), operation).name for operation in ERRORS}
    assert names == {"AccessDeniedException"}


@pytest.mark.parametrize(
    "error",
    [
        InvalidInput("reimport", "It left another organization.", field="image"),
        InvalidInput("contradiction", "Both cannot be.", field="subject_class"),
        InvalidInput("missing_name", "authorization: issuer is missing.", field="authorization"),
        InvalidInput("unknown_party", "Not in the register.", field="recipient"),
        InvalidInput("case_differs", "They are of another case.", field="case_reference"),
        Conflict("case_closed", "The person was found."),
        Conflict("model_mismatch", "Of another model."),
        Conflict("subject_merged", "They are somebody else by now."),
    ],
    ids=lambda error: error.code,
)
def test_what_is_not_looked_at_is_never_told_as_no_face_nor_to_be_sent_again(error):
    assert {of(error, operation).name for operation in ERRORS} == {"AccessDeniedException"}


@pytest.mark.parametrize(
    "operation", ["IndexFaces", "DetectFaces", "CompareFaces", "SearchFacesByImage", "SearchUsersByImage"]
)
def test_a_photo_that_breaks_the_engine_is_no_photo_without_a_face(operation):
    error = InvalidInput(POISON, "Photo 1 could not be read by the engine.", field="image")
    assert of(error, operation).name == "InvalidImageFormatException"


@pytest.mark.parametrize("error", [RuntimeError("secret"), KeyServiceSilent("secret"), KeyError("secret")])
def test_an_error_of_ours_tells_a_reference_and_nothing_else(error):
    answer = of(error, "ListFaces")
    assert (answer.name, answer.status) == ("InternalServerError", 500)
    assert "secret" not in answer.message
    assert "reference " in answer.message


def test_an_answer_that_is_an_error_already_stays_as_it_is():
    answer = WireError("SerializationException", "No JSON.")
    assert of(answer, "ListFaces") is answer
