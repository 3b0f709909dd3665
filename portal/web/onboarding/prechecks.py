"""The pre-check beside an application: what the rules would say to these answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance.holdings import held
from compliance.models import Application, Evidence
from compliance.models.onboarding import ApplicationKind
from compliance.policy.facts import OrganizationFacts, Party
from compliance.policy.results import Result
from compliance.policy.rules import Lineage
from compliance.policy.vocabulary import Outcome, Purpose, Record
from compliance.precheck import Preview, lines_of, preview
from compliance.questions import Question
from compliance.standing import lineage_in_force
from compliance.stated import records_on_file
from portal.common.clock import database_now
from portal.tenancy.models import Organization
from portal.web.templatetags.countenance import Status, status_of

NEEDED = ("organization_type", "purposes")


@dataclass(frozen=True)
class Checked:
    """One purpose for one end user, in words."""

    purpose: str
    end_user: str
    tags: tuple[Status, ...]
    sentences: tuple[str, ...]
    documents: tuple[str, ...]


def panel(application: Application, unsaved: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what the panel shows for an application, with answers not saved yet on top. Inside a scope."""
    if application.kind == ApplicationKind.APPEAL:
        return {"checked": (), "waiting": False, "no_precheck": True}
    answers = {**application.answers, **(unsaved or {})}
    if not all(answers.get(name) for name in NEEDED):
        return {"checked": (), "waiting": True}
    previews = previews_of(application, answers, lineage_in_force())
    own = Evidence.objects.unexpired().filter(organization=application.organization_id)
    sent = set(own.values_list("kind", flat=True))
    return {"checked": tuple(_checked(one, sent) for one in previews), "waiting": False}


def rules_of(asked: Question) -> list[dict[str, str]]:
    """Return the rules that use an answer, in words, as far as the version in force has them."""
    version = lineage_in_force().known_at(database_now())
    sentences = {rule.id: rule.sentence for rule in version.rules} if version else {}
    return [{"id": name, "sentence": sentences.get(name, "")} for name in asked.rules]


def previews_of(
    application: Application,
    answers: Mapping[str, Any],
    lineage: Lineage,
    *,
    verified: bool = False,
    kept: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> tuple[Preview, ...]:
    """Return the preview of every line an application asks for. Inside a scope.

    Args:
        application: Whose documents are supposed on file.
        answers: Answers to judge.
        lineage: Published versions of the pack.
        verified: Only documents that an officer has verified count.
        kept: Purposes and end users granted already, to be judged too.
    """
    organization = application.organization
    facts = OrganizationFacts(id=str(organization.pk), name=organization.name)
    now = database_now()
    records = records_of(application, verified=verified)
    return tuple(
        preview(line, lineage, at=now)
        for line in lines_of(answers, organization=facts, records=records, kept=kept)
    )


def records_of(application: Application, *, verified: bool) -> frozenset[Record]:
    """Return the records that the documents of an organization stand for. Inside a scope."""
    rows = Evidence.objects.in_force() if verified else Evidence.objects.unexpired()
    sent = rows.filter(organization=application.organization_id).exclude(record="")
    on_file = _on_file(application.organization)
    return on_file | frozenset(map(Record, sent.values_list("record", flat=True)))


def _on_file(organization: Organization) -> frozenset[Record]:
    """Return what officers have seen already and need not be sent again."""
    records, _ = records_on_file(held(organization))
    return records if isinstance(records, frozenset) else frozenset()


def tags_of(one: Preview) -> tuple[Status, ...]:
    """Return moratorium status and outcome of a preview as words that nobody can read as a decision."""
    covered = Status("Covered, an exemption fits", "warn")
    cleared = Status("Cleared once granted", "info")
    return (
        covered if one.exemption else status_of(one.status),
        cleared if one.ruling.outcome is Outcome.CLEARED else _outcome(one),
    )


def _outcome(one: Preview) -> Status:
    # What was not answered yet refuses, but is no reason to frighten anybody who is still answering.
    return Status("Not complete yet", "neutral") if _lacks_facts(one) else status_of(one.ruling.outcome)


def _lacks_facts(one: Preview) -> bool:
    """Whether the rule that decides could not be judged, because something was not answered."""
    return one.ruling.result_of(one.ruling.rule_id).result is Result.MISSING


def _checked(one: Preview, sent: Collection[str]) -> Checked:
    party, purpose = one.facts.end_user, one.facts.purpose
    return Checked(
        purpose=purpose.label if isinstance(purpose, Purpose) else "",
        end_user=party.name if isinstance(party, Party) else "",
        tags=tags_of(one),
        sentences=tuple(_sentences(one)),
        documents=_documents(one, sent),
    )


def _sentences(one: Preview) -> list[str]:
    said = []
    if one.moratorium:
        said.append(f"With these answers the moratorium applies. {one.moratorium.sentence}")
    if one.exemption:
        said.append(f"An exemption fits ({one.exemption.rule_id}): {one.exemption.sentence}")
    if one.ruling.outcome is Outcome.CLEARED:
        said.append("The rules allow it once an officer grants it.")
    elif not _lacks_facts(one) and (not one.moratorium or one.exemption):
        said.append(one.ruling.sentence)
    if one.ruling.outcome is not Outcome.CLEARED:
        said.append(one.ruling.remedy)
    return said


def _documents(one: Preview, sent: Collection[str]) -> tuple[str, ...]:
    if one.moratorium and not one.exemption:
        return ()  # no document helps where a moratorium covers the line and no exemption fits
    named = one.facts.end_user
    wanted = [record.label for record in one.lacking]
    if one.exemption and "registration" not in sent:
        wanted.insert(0, "Registration or charter, showing that you are not police")
    if isinstance(named, Party) and named.id != one.facts.organization.id:
        wanted.append(f"Agreement with, or letter from, {named.name}")
    return tuple(wanted)
