"""Telling those who were handed results that a lead was withdrawn or a job recalled."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models.functions import Now

from compliance.actions import letters
from portal.audit import actions as audit
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.models import ExportedLead, ExportRecord, Job, Judged, Notice

LONGEST_HOW = 200


def tell_recipients(*, job: Job, lead: Judged | None = None, by: Actor) -> list[Notice]:
    """Tell everybody who was handed a lead, or anything of a job, not to use it any more.

    Each export gets a notice. Recipients who left an address are mailed; of the others the organization's
    administrators are told, and a person tells them and notes it (`told`). Those who were told of the same
    thing before are not told again. To be called in the caller's scope, in the transaction of what it tells.

    Args:
        job: Whose results were handed out.
        lead: Only the exports that carried this lead; left out, every export of the job.
        by: Who withdraws or recalls.

    Returns:
        The notices that were made now, one an export.
    """
    about = lead.public_id if lead else job.public_id
    kind = "lead_withdrawn" if lead else "results_recalled"
    told = Notice.objects.filter(about=about).values("export")
    exports = ExportRecord.objects.filter(job=job).exclude(pk__in=told).order_by("pk")
    if lead is not None:
        exports = exports.filter(pk__in=ExportedLead.objects.filter(lead_id=lead.pk).values("export"))
    organization = Organization.objects.get(pk=job.organization_id)
    made = [_tell(export, kind, about, organization, by) for export in exports]
    if unreached := [notice for notice in made if notice.letter_id is None]:
        _ask_to_tell(unreached, about, organization, by)
    return made


def told(*, notice: Notice, how: str, by: Actor) -> None:
    """Note that a person told a recipient, and how.

    Raises:
        InvalidInput: `how_missing`, `how_too_long`.
        Refused: `permission`.
        Conflict: `told_already`.
    """
    require_follow_up(by, notice)
    if not how.strip():
        raise InvalidInput("how_missing", "Say how you told them: a call, a letter, in person.", field="how")
    if len(how.strip()) > LONGEST_HOW:
        raise InvalidInput("how_too_long", f"At most {LONGEST_HOW} characters.", field="how")
    with tenant_scope(notice.organization_id):
        waiting = Notice.objects.filter(pk=notice.pk, told_at=None)
        if not waiting.update(told_at=Now(), told_by=by.id, how=how.strip()):
            raise Conflict("told_already", "Somebody noted before you that this recipient was told.")
        audit.record(
            verb="recipient.told",
            actor=by,
            target=notice,
            organization=notice.organization_id,
            about=notice.about,
        )


def require_follow_up(by: Actor, row: Judged | Notice) -> None:
    """Let on whoever follows leads up: those who hand them out, and those who judge candidates.

    Raises:
        NotFound: They do not belong to the organization.
        Refused: `permission`.
    """
    if by.organization_id != row.organization_id:
        raise NotFound()
    if not (by.may(Permission.EXPORT) or by.may(Permission.ADJUDICATE)):
        raise Refused("permission", "Your role does not allow this (follow up leads). Ask an administrator.")


def _tell(export: ExportRecord, kind: str, about: str, organization: Organization, by: Actor) -> Notice:
    letter = None
    if export.email:
        values = {"export": export.public_id, "handed_out_on": export.created_at}
        [letter] = letters.write(
            kind=kind, organization=organization, about=about, by=by, to=[export.email], **values
        )
    notice: Notice = Notice.objects.create(
        organization=organization, export=export, about=about, letter_id=letter.pk if letter else None
    )
    audit.record(
        verb="notice.made",
        actor=by,
        target=notice,
        organization=organization.pk,
        about=about,
        export=export.public_id,
        letter=letter.public_id if letter else "",
    )
    return notice


def _ask_to_tell(notices: Iterable[Notice], about: str, organization: Organization, by: Actor) -> None:
    exports = [notice.export.public_id for notice in notices]
    letters.write(kind="recipients_to_tell", organization=organization, about=about, by=by, exports=exports)
