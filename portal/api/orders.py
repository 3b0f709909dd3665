"""What a request for a job says, completed from key and gallery and held against what the key is bound to."""

from __future__ import annotations

import math
from typing import Any

from rest_framework import serializers

from compliance.models import EndUser
from compliance.policy.vocabulary import AuthorizationOutcome, ImageSource, Purpose, RequestedBy, SubjectClass
from compliance.stated import end_user_of
from portal.api import reach
from portal.api.authentication import Caller
from portal.api.endpoint import Input
from portal.common.errors import InvalidInput, NotFound, Refused
from portal.common.ids import parse_public_id, public_id
from portal.common.uploads import path_of
from portal.tenancy.scope import tenant_scope
from recognition.actions.images import Photo
from recognition.actions.imports import File
from recognition.actions.orders import MOST_CANDIDATES, MOST_ITEMS, Order
from recognition.models import Gallery, Image, JobKind, Subject

SUBJECT_FROM = ("filename", "folder", "manifest")
# Facts that a key may carry, named as in a request.
_CARRIED = ("recipient", "requested_by", "case_reference", "subject_class", "image_source", "authorization")
_CARRIED_SETTINGS = ("threshold", "max_candidates")
_NAMED_AT_MOST = 5
_UPLOADS = ("archive", "files")


class Similarity(serializers.FloatField):
    """A finite number: NaN passes every comparison with a bound, and no bound is met by a number too long."""

    def to_internal_value(self, data: Any) -> float:
        try:
            value = float(super().to_internal_value(data))
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            self.fail("invalid")
        return value


class AuthorizationInput(Input):
    """What a court or authority was asked, and answered."""

    issuer = serializers.CharField(max_length=200)
    reference = serializers.CharField(max_length=200)
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    outcome = serializers.ChoiceField([(word.value, word.label) for word in AuthorizationOutcome])


class FactsInput(Input):
    """What a job or call declares; what the key or gallery carries may be left out."""

    purpose = serializers.ChoiceField([(word.value, word.label) for word in Purpose], required=False)
    end_user = serializers.CharField(required=False, help_text="Id in the register, or the name.")
    recipient = serializers.CharField(
        required=False,
        allow_null=True,
        help_text="Who gets the results, from the register; null: they stay in the organization.",
    )
    requested_by = serializers.ChoiceField([(word.value, word.label) for word in RequestedBy], required=False)
    case_reference = serializers.CharField(required=False, allow_null=True, max_length=100)
    subject_class = serializers.ChoiceField(
        [(word.value, word.label) for word in SubjectClass], required=False
    )
    image_source = serializers.ChoiceField([(word.value, word.label) for word in ImageSource], required=False)
    authorization = AuthorizationInput(required=False, allow_null=True)


class JobInput(FactsInput):
    """A batch of photos to enroll, search or look for faces in."""

    kind = serializers.ChoiceField(JobKind.choices)
    gallery = serializers.CharField(
        required=False, allow_null=True, help_text="To enroll in or search; not for compare and detect."
    )
    threshold = Similarity(required=False, min_value=0, max_value=100, help_text="0 to 100.")
    max_candidates = serializers.IntegerField(required=False, min_value=1, max_value=MOST_CANDIDATES)
    subject = serializers.CharField(
        required=False,
        help_text="To search for a person who is enrolled: all their faces, in place of photos.",
    )
    images = serializers.ListField(
        child=serializers.CharField(), required=False, min_length=1, max_length=MOST_ITEMS
    )
    pairs = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2),
        required=False,
        min_length=1,
        max_length=MOST_ITEMS // 2,
        help_text="To compare: two image ids each. A photo may be in several pairs.",
    )
    subjects = serializers.DictField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="Whom a photo to enroll shows, by image id; else as subject_from says.",
    )
    archive = serializers.FileField(required=False, allow_empty_file=True, help_text="A zip of photos.")
    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        required=False,
        min_length=1,
        help_text="Photos of this job alone, with their folders in their names, and a manifest.csv if any.",
    )
    subject_from = serializers.ChoiceField(
        SUBJECT_FROM,
        default="filename",
        help_text="A comparison pairs the photos of an upload by its manifest, or else by its two folders.",
    )
    dry_run = serializers.BooleanField(
        default=False,
        help_text="Only say what would come of each file of the upload: nothing is kept or ruled on.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "subject" in attrs:
            return _of_subject(attrs)
        own = "pairs" if attrs["kind"] == JobKind.COMPARE else "images"
        other = "images" if own == "pairs" else "pairs"
        sent = [name for name in (own, other, *_UPLOADS) if name in attrs]
        if len(sent) != 1 or sent == [other]:
            raise serializers.ValidationError({own: [f"Send {own}, files or an archive, and one of them."]})
        if attrs["dry_run"] and sent == [own]:
            raise serializers.ValidationError({"dry_run": ["Only files and archives are looked at so."]})
        if JobKind(attrs["kind"]).uses_gallery and not attrs.get("gallery"):
            raise serializers.ValidationError({"gallery": ["Name the gallery."]})
        return attrs


def _of_subject(attrs: dict[str, Any]) -> dict[str, Any]:
    if attrs["kind"] != JobKind.SEARCH:
        raise serializers.ValidationError({"subject": ["Only a search is for a subject."]})
    if sent := [name for name in ("images", "pairs", *_UPLOADS) if name in attrs]:
        raise serializers.ValidationError({sent[0]: ["Send either a subject or photos."]})
    if attrs["dry_run"]:
        raise serializers.ValidationError({"dry_run": ["Only files and archives are looked at so."]})
    if not attrs.get("gallery"):
        raise serializers.ValidationError({"gallery": ["Name the gallery to search."]})
    return attrs


def order_of(values: dict[str, Any], caller: Caller, *, gallery: Gallery | None = None) -> Order:
    """Return what is asked for, complete with what the key carries. Opens its own scope.

    Args:
        values: Of the request.
        caller: Whose key completes it.
        gallery: Where it stands in the address; else the values name it.

    Raises:
        Refused: `other_purpose`, `other_end_user`: the key is bound to another.
        InvalidInput: `unknown_gallery`, `unknown_subject`, `unknown_party`, `image_source_differs`.
    """
    _require_bound(values, caller)
    kind, gallery = JobKind(values["kind"]), gallery or _gallery(values.get("gallery"), caller)
    carried = {name: caller.key.defaults[name] for name in _CARRIED if name in caller.key.defaults}
    if kind != JobKind.ENROLL and "probe_source" in caller.key.defaults:
        carried["image_source"] = caller.key.defaults["probe_source"]
    settings = {
        name: values.get(name, caller.key.defaults.get(name))
        for name in _CARRIED_SETTINGS
        if name in values or name in caller.key.defaults
    }
    return Order(
        kind=kind,
        gallery=gallery if kind.uses_gallery else None,
        purpose=caller.key.purpose,
        end_user_id=caller.key.end_user_id,
        facts=_facts(carried | {n: values[n] for n in _CARRIED if n in values}, kind, values, gallery),
        subject=_subject(values.get("subject"), caller),
        budget=caller.key.defaults.get("budget"),  # the key's alone: a call could only loosen it
        **settings,
    )


def files_of(values: dict[str, Any]) -> list[File]:
    """Return the uploaded files of a request; none where it names photos that are here already."""
    if archive := values.get("archive"):
        return [File(path_of(archive), archive.file, said_archive=True)]
    return [File(path_of(file), file.file) for file in values.get("files", [])]


def photos_of(ids: list[str], caller: Caller) -> list[Image]:
    """Return the photos of a request in its order. Opens its own scope.

    Raises:
        InvalidInput: `unknown_image`, some are not in the key's reach; `image_twice`.
    """
    if len(set(ids)) != len(ids):
        raise InvalidInput("image_twice", "A photo is named twice. Name each once.", field="images")
    return _found(ids, caller, "images")


def pairs_of(pairs: list[list[str]], caller: Caller) -> list[Photo]:
    """Return the pairs of a request in its order. Opens its own scope.

    Raises:
        InvalidInput: `unknown_image`, some are not in the key's reach.
    """
    ids = list(dict.fromkeys(text for pair in pairs for text in pair))
    found = dict(zip(ids, _found(ids, caller, "pairs"), strict=True))
    return [Photo(found[first], second=found[second]) for first, second in pairs]


def _found(ids: list[str], caller: Caller, field: str) -> list[Image]:
    keys = {text: _image_key(text) for text in ids}
    with tenant_scope(caller.organization):
        found = reach.images(caller.actor).in_bulk([key for key in keys.values() if key])
    unknown = [text for text, key in keys.items() if key not in found]
    if unknown:
        named = ", ".join(unknown[:_NAMED_AT_MOST])
        sentence = f"{len(unknown)} of the photos are not here: {named[:200]}."
        raise InvalidInput("unknown_image", sentence, field=field)
    return [found[keys[text]] for text in ids]


def _require_bound(values: dict[str, Any], caller: Caller) -> None:
    if values.get("purpose", caller.key.purpose) != caller.key.purpose:
        sentence = f"This key is bound to the purpose {caller.key.purpose}. Use a key made for the other one."
        raise Refused("other_purpose", sentence, field="purpose")
    named = values.get("end_user")
    if named is not None and not _is_own_end_user(named, caller):
        # The same whether the other end user is in the register or not.
        sentence = "This key is bound to another end user. Use a key made for this one."
        raise Refused("other_end_user", sentence, field="end_user")


def _is_own_end_user(named: str, caller: Caller) -> bool:
    own = caller.key.end_user_id
    if named in {public_id(EndUser.PREFIX, own), str(own)}:
        return True
    return EndUser.objects.filter(pk=own, name__iexact=named).exists()


def _gallery(text: str | None, caller: Caller) -> Gallery | None:
    if not text:
        return None
    try:
        with tenant_scope(caller.organization):
            return reach.gallery(caller.actor, text)
    except NotFound:
        raise InvalidInput("unknown_gallery", "There is no such gallery here.", field="gallery") from None


def _subject(text: str | None, caller: Caller) -> Subject | None:
    if not text:
        return None
    with tenant_scope(caller.organization):
        rows = Subject.objects.filter(gallery__in=reach.galleries(caller.actor).values("pk"))
        try:
            found: Subject = rows.with_public_id(text)
        except NotFound:
            sentence = "There is no such subject in a gallery of this key."
            raise InvalidInput("unknown_subject", sentence, field="subject") from None
        return found


def _facts(
    stated: dict[str, Any], kind: JobKind, values: dict[str, Any], gallery: Gallery | None
) -> dict[str, Any]:
    """Return the facts in the words the gate knows, ready to be stored."""
    source = stated.pop("image_source", None)
    if (
        "subject" in values
    ):  # their gallery says where the photos are from; what the key carries does not count
        source = values.get("image_source")
    if kind != JobKind.ENROLL and source:
        stated["probe_source"] = source
    elif gallery and values.get("image_source", gallery.image_source) != gallery.image_source:
        # Else photos of one source could be declared as of another by the gallery they are put into.
        sentence = f"This gallery holds photos of the source {gallery.image_source}. Use one made for these."
        raise InvalidInput("image_source_differs", sentence, field="image_source")
    if stated.get("recipient"):
        stated["recipient"] = _party(stated["recipient"])
    if stated.get("authorization"):
        stated["authorization"] = _plain(stated["authorization"])
    return stated


def _party(text: str) -> str:
    try:
        return str(end_user_of(text).pk)
    except NotFound:
        raise InvalidInput(
            "unknown_party", "The recipient is not in the register.", field="recipient"
        ) from None


def _plain(authorization: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in authorization.items()
        if value is not None
    }


def _image_key(text: str) -> Any:
    try:
        return parse_public_id(Image.PREFIX, text)
    except NotFound:
        return None
