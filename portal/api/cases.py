"""`cases/`: case records of people-finding purposes: whom the organization looks for, since when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.policy.vocabulary import Purpose, RequestedBy
from portal.api import reach
from portal.api.case_examples import CASE, FOUND, NEW_CASE
from portal.api.documents import PAGING, paged
from portal.api.endpoint import Endpoint, Input
from portal.api.examples import answered, listed, sent
from portal.api.pagination import page
from portal.common.errors import InvalidInput
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import found, records
from recognition.actions.records import AUTHORITY_KINDS, LONGEST_REFERENCE, LONGEST_TEXT
from recognition.details import RecordDetails
from recognition.models import CaseRecord

MANAGE = (Permission.MANAGE_CASES,)
READ = (Permission.VIEW_RESULTS, Permission.MANAGE_CASES)
_DATE = "Day or year, such as 2014-03-07 or 2014."
_AUTHORITY = ("kind", "issuer", "reference", "dated")


class AuthorityInput(Input):
    """Who reported the person missing, or who ruled on custody. Needed where a family asks."""

    kind = serializers.ChoiceField(list(AUTHORITY_KINDS.items()))
    issuer = serializers.CharField(max_length=LONGEST_TEXT)
    reference = serializers.CharField(max_length=LONGEST_TEXT)
    dated = serializers.CharField(max_length=10, help_text=_DATE)


class CaseChange(Input):
    """What of a case record can change."""

    reference = serializers.CharField(max_length=LONGEST_REFERENCE, required=False)
    requested_by = serializers.ChoiceField([(word.value, word.label) for word in RequestedBy], required=False)
    born = serializers.CharField(max_length=10, required=False, allow_blank=True, help_text=_DATE)
    missing_since = serializers.CharField(max_length=10, required=False, allow_blank=True, help_text=_DATE)
    authority = AuthorityInput(required=False, allow_null=True)


class CaseInput(CaseChange):
    """A new case record."""

    reference = serializers.CharField(max_length=LONGEST_REFERENCE, help_text="As jobs will state it.")
    purpose = serializers.ChoiceField([(word.value, word.label) for word in Purpose], required=False)
    requested_by = serializers.ChoiceField(
        [(word.value, word.label) for word in RequestedBy],
        required=False,
        help_text="May be left out where the key carries it.",
    )


class CaseAuthority(serializers.Serializer[Any]):
    """The report or proof of custody on file."""

    kind = serializers.CharField()
    issuer = serializers.CharField()
    reference = serializers.CharField()
    dated = serializers.CharField()


class CaseOutput(serializers.Serializer[Any]):
    """A case record; what is known of the person is empty once they were found."""

    id = serializers.CharField(source="public_id")
    reference = serializers.CharField()
    purpose = serializers.CharField()
    requested_by = serializers.CharField()
    status = serializers.CharField(help_text="open, closed or found")
    born = serializers.SerializerMethodField(help_text=_DATE)
    missing_since = serializers.SerializerMethodField(help_text=_DATE)
    authority = serializers.SerializerMethodField()
    photos = serializers.IntegerField(source="photo_count")
    opened_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_born(self, record: CaseRecord) -> str:
        return records.details_of(record).born

    def get_missing_since(self, record: CaseRecord) -> str:
        return records.details_of(record).missing_since

    @extend_schema_field(CaseAuthority(allow_null=True))
    def get_authority(self, record: CaseRecord) -> dict[str, str] | None:
        known = records.details_of(record)
        if not known.authority_kind:
            return None
        return {name: getattr(known, f"authority_{name}") for name in _AUTHORITY}


class Cases(Endpoint):
    """All case records of the key's purpose."""

    needs = {"GET": READ, "POST": MANAGE}

    @extend_schema(
        operation_id="cases_list",
        tags=["cases"],
        parameters=PAGING,
        responses=paged(CaseOutput),
        examples=[listed("Case records", CASE)],
    )
    def get(self, request: Request) -> Response:
        """List case records, the newest first."""
        with tenant_scope(self.organization):
            return Response(page(request, reach.cases(self.by), CaseOutput, newest_first=True))

    @extend_schema(
        operation_id="cases_open",
        tags=["cases"],
        request=CaseInput,
        responses={201: CaseOutput},
        examples=[sent("A missing child", NEW_CASE), answered("A case record", CASE)],
    )
    def post(self, request: Request) -> Response:
        """Open a case record. Jobs that state its reference belong to it."""
        values = self.read(CaseInput)
        values.setdefault("requested_by", self.caller.key.defaults.get("requested_by"))
        if not values["requested_by"]:
            sentence = "Say on whose request it is."
            raise InvalidInput("requester_unknown", sentence, field="requested_by")
        made = records.open_record(
            organization=self.organization,
            reference=values["reference"],
            purpose=values.get("purpose", self.caller.key.purpose),
            requested_by=values["requested_by"],
            details=RecordDetails(**_known(values)),
            by=self.by,
        )
        return Response(described(self, made.public_id), status=201)


class CaseDetail(Endpoint):
    """One case record."""

    needs = {"GET": READ, "PATCH": MANAGE}

    @extend_schema(
        operation_id="cases_read",
        tags=["cases"],
        responses=CaseOutput,
        examples=[answered("A case record", CASE)],
    )
    def get(self, request: Request, case: str) -> Response:
        """Return a case record."""
        return Response(described(self, case))

    @extend_schema(
        operation_id="cases_change",
        tags=["cases"],
        request=CaseChange,
        responses=CaseOutput,
        examples=[sent("A date of birth", {"born": "2015-05-01"}), answered("A case record", CASE)],
    )
    def patch(self, request: Request, case: str) -> Response:
        """Change what is known. The purpose of a case record never changes."""
        record = find(self, case)
        values = self.read(CaseChange)
        plain = {name: values[name] for name in ("reference", "requested_by") if name in values}
        records.change(record=record, by=self.by, **plain, **_known(values))
        return Response(described(self, case))


class CaseClose(Endpoint):
    """End the search for a person who was not found."""

    needs = {"POST": MANAGE}

    @extend_schema(
        operation_id="cases_close",
        tags=["cases"],
        request=None,
        responses=CaseOutput,
        examples=[answered("A case record", CASE)],
    )
    def post(self, request: Request, case: str) -> Response:
        """Close a case record: no job may name it. After 30 days its photos and dates are destroyed."""
        records.close(record=find(self, case), by=self.by)
        return Response(described(self, case))


class CaseReopen(Endpoint):
    """Go on with the search for a person."""

    needs = {"POST": MANAGE}

    @extend_schema(
        operation_id="cases_reopen",
        tags=["cases"],
        request=None,
        responses=CaseOutput,
        examples=[answered("A case record", CASE)],
    )
    def post(self, request: Request, case: str) -> Response:
        """Open a closed case record again."""
        records.reopen(record=find(self, case), by=self.by)
        return Response(described(self, case))


class FoundOutput(serializers.Serializer[Any]):
    """What "found" ended and destroyed."""

    on_hold = serializers.BooleanField(
        help_text="Something has to be kept a while: it is erased by itself afterward, with a receipt."
    )
    event = serializers.CharField(help_text="Event in the trail that proves it.")
    told = serializers.IntegerField(help_text="Exports whose recipients are told not to use them any more.")
    faces = serializers.IntegerField()
    subjects = serializers.IntegerField()
    photos = serializers.IntegerField()
    candidates = serializers.IntegerField()
    jobs = serializers.IntegerField()


class CaseFound(Endpoint):
    """The end that everybody hopes for."""

    needs = {"POST": MANAGE}

    @extend_schema(
        operation_id="cases_found",
        tags=["cases"],
        request=None,
        responses=FoundOutput,
        examples=[answered("A receipt", FOUND)],
    )
    def post(self, request: Request, case: str) -> Response:
        """Say that the person was found. It cannot be undone.

        Running jobs of the case are cancelled; photos, the linked people in galleries, results and candidates
        are erased at once; recipients of exports are told not to use them any more.
        """
        return Response(FoundOutput(found.found(record=find(self, case), by=self.by)).data)


def find(view: Endpoint, case: str) -> CaseRecord:
    """Return a case record for an action, which opens its own scope.

    Raises:
        NotFound: There is none of this id in the key's reach.
    """
    with tenant_scope(view.organization):
        return reach.case(view.by, case)


def described(view: Endpoint, case: str) -> Any:
    """Return a case record as it is answered."""
    with tenant_scope(view.organization):
        return CaseOutput(reach.case(view.by, case)).data


def _known(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what a request says about the person; `authority: null` takes it back."""
    known = {name: values[name] for name in ("born", "missing_since") if name in values}
    if "authority" in values:
        stated = values["authority"] or dict.fromkeys(_AUTHORITY, "")
        known |= {f"authority_{name}": stated[name] for name in _AUTHORITY}
    return known
