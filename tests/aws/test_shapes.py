"""Our tables are the service's model, constraint by constraint; what they refuse, they refuse by name."""

import sys
import unicodedata
from typing import Any

import botocore.loaders
import pytest

from portal.aws import dispatch
from portal.aws.answers import OUTPUTS
from portal.aws.errors import WireError
from portal.aws.reading import expression, read, read_body
from portal.aws.shapes import ERRORS, INPUTS, OFFERED, TAG_KEY, Shape

MODEL = botocore.loaders.Loader().load_service_model("rekognition", "service-2")
OPERATIONS = MODEL["operations"]
COLLECTION = {"CollectionId": "c"}


def told(shape: Shape) -> dict[str, Any]:
    """A shape of ours in the words of the model."""
    own = {
        "type": shape.kind,
        "min": shape.least,
        "max": shape.most,
        "pattern": shape.pattern,
        "enum": set(shape.words) or None,
        "required": set(shape.required) or None,
        "member": told(shape.of) if shape.kind == "list" else None,
        "key": told(shape.keys) if shape.kind == "map" else None,
        "value": told(shape.of) if shape.kind == "map" else None,
        "members": {name: told(inner) for name, inner in shape.members.items()} or None,
    }
    return {name: value for name, value in own.items() if value is not None}


def modelled(name: str) -> dict[str, Any]:
    """A shape of the model with all that it refers to, without its prose."""
    shape = MODEL["shapes"][name]
    found = {word: shape[word] for word in ("type", "min", "max", "pattern") if word in shape}
    found |= {word: set(shape[word]) for word in ("enum", "required") if shape.get(word)}
    found |= {word: modelled(shape[word]["shape"]) for word in ("member", "key", "value") if word in shape}
    if members := shape.get("members"):
        found["members"] = {member: modelled(one["shape"]) for member, one in members.items()}
    return found


@pytest.mark.parametrize("operation", sorted(OFFERED))
def test_every_input_has_the_constraints_of_the_model(operation):
    assert told(INPUTS[operation]) == modelled(OPERATIONS[operation]["input"]["shape"])


@pytest.mark.parametrize("operation", sorted(OFFERED))
def test_every_answer_has_the_constraints_of_the_model(operation):
    assert told(OUTPUTS[operation]) == modelled(OPERATIONS[operation]["output"]["shape"])


@pytest.mark.parametrize("operation", sorted(OFFERED))
def test_every_operation_has_the_errors_of_the_model(operation):
    assert ERRORS[operation] == {one["shape"] for one in OPERATIONS[operation]["errors"]}


def test_every_operation_of_the_service_is_either_offered_or_known_as_not_offered():
    assert set(OPERATIONS) == dispatch.OTHERS | OFFERED
    assert not dispatch.OTHERS & OFFERED


def test_letters_digits_and_spaces_of_all_scripts_are_those_that_the_model_means():
    """The model names classes of Unicode that Python's expressions do not have."""
    wanted = expression(TAG_KEY.pattern)
    for number in range(sys.maxunicode + 1):
        one = chr(number)
        meant = unicodedata.category(one)[0] in "LZN" or one in "_.:/=+-@"
        if 0xD800 <= number <= 0xDFFF or bool(wanted.fullmatch(one)) == meant:
            continue
        pytest.fail(f"U+{number:04X} {unicodedata.category(one)}")


BAD = [
    ("CreateCollection", {}, "InvalidParameterException"),
    ("CreateCollection", {"CollectionId": None}, "InvalidParameterException"),
    ("CreateCollection", {"CollectionId": ""}, "InvalidParameterException"),
    ("CreateCollection", {"CollectionId": "a b"}, "InvalidParameterException"),
    ("CreateCollection", {"CollectionId": "a\n"}, "InvalidParameterException"),
    ("CreateCollection", {"CollectionId": "a" * 256}, "InvalidParameterException"),
    ("CreateCollection", {"CollectionId": 7}, "SerializationException"),
    ("CreateCollection", {"CollectionId": "\ud800"}, "SerializationException"),
    ("CreateCollection", COLLECTION | {"Tags": {"aws:x": "1"}}, "InvalidParameterException"),
    ("CreateCollection", COLLECTION | {"Tags": {"k": "<"}}, "InvalidParameterException"),
    ("CreateCollection", COLLECTION | {"Tags": {"k" * 129: ""}}, "InvalidParameterException"),
    (
        "CreateCollection",
        COLLECTION | {"Tags": {f"k{n}": "" for n in range(201)}},
        "InvalidParameterException",
    ),
    ("CreateCollection", COLLECTION | {"Tags": ["k"]}, "SerializationException"),
    ("ListCollections", {"MaxResults": 4097}, "InvalidParameterException"),
    ("ListCollections", {"MaxResults": -1}, "InvalidParameterException"),
    ("ListCollections", {"MaxResults": True}, "SerializationException"),
    ("ListCollections", {"MaxResults": "7"}, "SerializationException"),
    ("ListCollections", {"MaxResults": 10**40}, "SerializationException"),
    ("ListCollections", {"NextToken": "t" * 256}, "InvalidPaginationTokenException"),
    ("ListUsers", COLLECTION | {"MaxResults": 0}, "InvalidParameterException"),
    ("ListFaces", COLLECTION | {"FaceIds": []}, "InvalidParameterException"),
    ("ListFaces", COLLECTION | {"FaceIds": ["A" * 36]}, "InvalidParameterException"),
    ("ListFaces", COLLECTION | {"FaceIds": ["A" * 36] * 4097}, "InvalidParameterException"),
    ("SearchFaces", COLLECTION | {"FaceId": "x", "FaceMatchThreshold": 101}, "InvalidParameterException"),
    ("AssociateFaces", COLLECTION | {"UserId": "u"}, "InvalidParameterException"),
    ("DetectFaces", {"Image": {"Bytes": "?"}}, "SerializationException"),
    ("DetectFaces", {"Image": {"Bytes": "é"}}, "SerializationException"),
    ("DetectFaces", {"Image": {"Bytes": ""}}, "InvalidParameterException"),
    ("DetectFaces", {"Image": {"Bytes": "AAAA" * 1_747_627}}, "ImageTooLargeException"),
    ("DetectFaces", {"Image": {"S3Object": {"Bucket": "b!b"}}}, "InvalidParameterException"),
    ("DetectFaces", {"Image": {}, "Attributes": ["AGE"]}, "InvalidParameterException"),
]


@pytest.mark.parametrize(("operation", "value", "name"), BAD, ids=lambda one: str(one)[:40])
def test_what_the_model_does_not_allow_is_refused_by_its_name(operation, value, name):
    with pytest.raises(WireError) as refused:
        read(INPUTS[operation], value, "")
    assert refused.value.name == name
    assert len(refused.value.message) < 400


def test_a_message_says_where_the_fault_stands():
    with pytest.raises(WireError) as refused:
        read(INPUTS["DetectFaces"], {"Image": {"Bytes": ""}}, "")
    assert refused.value.message == "Image.Bytes has at least 1 bytes."


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"MaxResults": NaN}', "[" * 100_000, "9" * 5_000])
def test_a_body_that_is_no_object_of_json_cannot_be_read(body):
    with pytest.raises(WireError) as refused:
        read_body(INPUTS["ListCollections"], body)
    assert refused.value.name == "SerializationException"


def test_members_that_nobody_knows_are_left_out():
    assert read_body(INPUTS["ListCollections"], '{"MaxResults": 3, "Color": "red"}') == {"MaxResults": 3}


def test_a_photo_of_exactly_the_most_bytes_is_read():
    found = read(INPUTS["DetectFaces"], {"Image": {"Bytes": "AAAA" * 1_747_626 + "AAA="}}, "")
    assert len(found["Image"]["Bytes"]) == 5 * 1024 * 1024


@pytest.mark.parametrize("number", [0, 75.5, 100])
def test_a_threshold_within_the_range_is_a_number(number):
    found = read(
        INPUTS["SearchFaces"],
        COLLECTION | {"FaceId": "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "FaceMatchThreshold": number},
        "",
    )
    assert found["FaceMatchThreshold"] == float(number)
