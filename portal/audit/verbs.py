"""The closed list of what can happen: verb, its sentence for people, the payload it may carry.

Payloads hold ids, codes, counts and hashes, never names, addresses or anything biometric.

The published log names the verb of an event, and commits to the rest. Two lists make exceptions: what of a
payload is shown (policy versions are open, and so is what was made up for tests), and which verbs are not
named, because an organization must not learn from the log what it is not told, or not yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Verb:
    """One kind of event.

    Attributes:
        sentence: For people.
        payload: Names that its payload may have.
        shown: Those of them that the published log shows.
        withheld: Whether the published log leaves the verb out.
    """

    sentence: str
    payload: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    withheld: bool = False


def _verb(sentence: str, *payload: str) -> Verb:
    return Verb(sentence, frozenset(payload))


_SHOWN = frozenset({"pack", "number", "sha256", "epoch", "old", "new", "loosens"})
_SHOWN_OF = frozenset(
    {"policy.published", "policy.withdrawn", "policy.ratified", "policy.pack_chosen", "pack.approved"}
)
_WITHHELD = frozenset({"demand", "hold", "sample", "second_look", "intake", "breach"})


def _published(name: str, verb: Verb) -> Verb:
    """Return a verb with what the published log shows of it."""
    shown = verb.payload & (_SHOWN if name in _SHOWN_OF else {"synthetic"})
    return replace(verb, shown=shown, withheld=name.partition(".")[0] in _WITHHELD)


_ALL: dict[str, Verb] = {
    # people and organizations
    "user.created": _verb("An account was created"),
    "user.password_changed": _verb("An account's password was changed"),
    "organization.created": _verb("The organization was created", "synthetic"),
    "organization.status_changed": _verb("The organization's status changed", "old", "new", "reason"),
    "officer.created": _verb("A compliance officer was appointed", "synthetic"),
    "officer.dismissed": _verb("A compliance officer was dismissed"),
    "officer.proposed": _verb("A change among the officers was proposed", "change"),
    "officer.approved": _verb("An officer approved a change among the officers", "change"),
    "officer.refused": _verb("An officer refused a change among the officers", "change"),
    "member.added": _verb("A member was added", "role"),
    "member.role_changed": _verb("A member's role changed", "old", "new"),
    "member.removed": _verb("A member was removed", "role"),
    "member.trained": _verb("A member's training was recorded", "trained_on"),
    "invitation.sent": _verb("An invitation was sent", "role"),
    "invitation.accepted": _verb("An invitation was accepted", "role"),
    "invitation.withdrawn": _verb("An invitation was withdrawn", "role"),
    "key.created": _verb("An API key was created", "purpose", "end_user", "scopes", "kind", "expires_at"),
    "key.revoked": _verb("An API key was revoked"),
    "key.rotated": _verb("An API key was replaced by a new one", "successor", "ends_at"),
    "webhook.created": _verb("A webhook was set up", "types"),
    "webhook.changed": _verb("A webhook was changed", "fields"),
    "webhook.deleted": _verb("A webhook was deleted", "deliveries"),
    "webhook.disabled": _verb("A webhook was switched off", "reason", "failed"),
    "webhook.enabled": _verb("A webhook was switched on"),
    "webhook.secret_renewed": _verb("A webhook got a new secret", "old_until"),
    "webhook.tested": _verb("A test was sent to a webhook"),
    "webhook.replayed": _verb("Deliveries of a webhook were put back", "deliveries", "since", "delivery"),
    "data_key.renewed": _verb(
        "The organization got a new data key, and what the old one sealed is sealed anew", "version", "reason"
    ),
    "data_key.unreadable": _verb("Something stored did not open when it was to be sealed anew"),
    "data_key.destroyed": _verb("A data key of the organization was destroyed", "version"),
    "platform_keys.rewrapped": _verb("Data keys were wrapped under a newer key-encryption key", "keys"),
    "access.granted": _verb("Access to one gallery was granted", "member", "permission"),
    "access.withdrawn": _verb("Access to one gallery was withdrawn", "member", "permission"),
    "provision.used": _verb("Made by the provisioning command, for tests", "purpose", "status"),
    # onboarding and review
    "end_user.registered": _verb("An end user was entered in the register", "type"),
    "application.started": _verb("An application was started", "kind"),
    "application.answered": _verb("Answers were saved", "fields"),
    "application.submitted": _verb("The application was submitted", "declaration"),
    "application.withdrawn": _verb("The application was withdrawn"),
    "application.lapsed": _verb("The application lapsed, because it was not finished in time"),
    "grant.given_up": _verb("The organization gave up a grant", "purpose", "end_user"),
    "grant.expired": _verb("A grant has ended by its date", "purpose", "end_user"),
    "exemption.granted": _verb("An exemption was granted", "rule", "purpose", "end_user", "expires_at"),
    "exemption.ended": _verb("An exemption has ended", "rule", "purpose", "end_user", "reason"),
    "evidence.added": _verb("Evidence was added", "kind", "sha256", "size"),
    "evidence.opened": _verb("An officer opened a document", "kind"),
    "evidence.verified": _verb("Evidence was verified", "kind"),
    "evidence.rejected": _verb("Evidence was rejected", "kind", "reason"),
    "evidence.expired": _verb("Evidence expired", "kind"),
    "case.opened": _verb("A case was opened", "kind", "due_at"),
    "case.assigned": _verb("The case was assigned", "officer"),
    "case.recused": _verb("An officer declared a conflict of interest"),
    "recusal.declared": _verb("An officer declared a conflict of interest about an organization", "case"),
    "recusal.withdrawn": _verb("Another officer withdrew a conflict of interest about an organization"),
    "case.reopened": _verb("The case was reopened"),
    "case.checked": _verb("An officer answered an item of the checklist", "item", "found"),
    "case.asked": _verb("The officer asked a question"),
    "case.answered": _verb("The organization answered"),
    "case.noted": _verb("An officer wrote a note"),
    "case.recommended": _verb("An officer recommended an outcome", "outcome"),
    "case.returned": _verb("The second officer returned the case", "reason"),
    "case.decided": _verb("The case was decided", "outcome"),
    "case.closed": _verb("The case was closed"),
    "case.withdrawn": _verb("The case was withdrawn"),
    "case.countersigned": _verb("The second officer recorded an outcome", "outcome"),
    "second_look.drawn": _verb("A clearance was drawn to be decided again, blind"),
    "second_look.judged": _verb("An officer decided a clearance again, blind", "agrees"),
    "view.saved": _verb("An officer saved a view of the queue"),
    "view.renamed": _verb("An officer renamed a view of the queue"),
    "view.deleted": _verb("An officer deleted a view of the queue"),
    "determination.recorded": _verb(
        "A determination was recorded",
        "organization_type",
        "moratorium_status",
        "grants",
        "outcome",
        "synthetic",
    ),
    "letter.written": _verb("A letter was written", "kind", "about"),
    "letter.sent": _verb("A letter was mailed", "kind"),
    "letter.given_up": _verb("A letter could not be mailed and was given up", "kind", "failure"),
    "measure.taken": _verb("An officer took a measure at once", "kind", "subject"),
    "measure.ratified": _verb("A second officer ratified the measure", "kind"),
    "measure.objected": _verb("A second officer objected to the measure", "kind"),
    "measure.escalated": _verb("All officers were told of the measure", "kind"),
    "measure.lifted": _verb("The measure was lifted", "kind"),
    "sample.asked": _verb("A request was drawn, and its case was asked for", "reason", "subject"),
    "sample.answered": _verb("The organization named the case of a request"),
    "sample.overdue": _verb("A question about a request was not answered in time"),
    "sample.judged": _verb("An officer looked at the answer about a request", "outcome"),
    "case.disclosed": _verb("The case was shown to the organization"),
    "intake.received": _verb("Something was sent to the office from outside", "kind"),
    "intake.assigned": _verb("What was sent from outside became a case", "case"),
    "intake.dismissed": _verb("What was sent from outside was put aside", "kind"),
    "demand.recorded": _verb("A legal demand was recorded", "kind", "due_at", "gag_until", "holds"),
    "demand.answered": _verb("The answer to a legal demand was recorded", "answer"),
    "demand.told": _verb("The organization was told of a legal demand", "kind"),
    "hold.placed": _verb("A legal hold was placed", "subject"),
    "hold.lifted": _verb("A legal hold was lifted", "subject"),
    "breach.opened": _verb("A breach was recorded", "aware_at", "authority_due_at"),
    "breach.step_taken": _verb("A step after a breach was recorded", "step", "needed"),
    "breach.escalated": _verb("All officers were told that the authority has not been told"),
    "shift.begun": _verb("An officer went on call", "ends_at"),
    "shift.left": _verb("An officer is no longer on call"),
    "urgent.filed": _verb("An urgent request was filed", "purpose"),
    "urgent.barred": _verb("An urgent request was refused by a rule", "purpose", "rule"),
    "urgent.voted": _verb("An officer decided about an urgent request"),
    "urgent.escalated": _verb("All officers were told of an urgent request"),
    # policy and rulings
    "policy.published": _verb("A policy version was published", "pack", "number", "sha256", "epoch"),
    "policy.drafted": _verb("A policy version was drafted", "version"),
    "policy.draft_saved": _verb("A policy draft was saved", "sha256"),
    "policy.discarded": _verb("A policy draft was given up"),
    "policy.simulated": _verb("A policy version was simulated", "rulings", "flipped", "held"),
    "policy.proposed": _verb("An officer proposed to loosen the policy", "loosens"),
    "policy.signed": _verb("An officer signed what a shell had proposed", "sha256"),
    "policy.taken_back": _verb("An officer took a policy proposal back"),
    "policy.stopped": _verb("The whole platform was stopped"),
    "policy.escalated": _verb("All officers were told of what is late about the policy", "kind"),
    "policy.reminded": _verb("All officers were told that a refusal ends", "kind", "days"),
    "pack.told": _verb("Organizations were told of another policy pack", "letters"),
    "policy.told": _verb("Organizations were told of a policy version", "letters"),
    "pack.proposed": _verb("An officer proposed another policy pack", "old", "new"),
    "pack.signed": _verb("An officer signed the choice of a pack that a shell had proposed"),
    "pack.approved": _verb("The second officer approved another policy pack", "loosens"),
    "pack.refused": _verb("The second officer refused another policy pack"),
    "pack.withdrawn": _verb("The choice of another policy pack was withdrawn"),
    "policy.refused": _verb("The second officer refused a proposal"),
    "policy.withdrawn": _verb("A policy version was withdrawn before it counted", "pack", "number"),
    "policy.ratified": _verb("A second officer ratified a policy version", "pack", "number"),
    "policy.pack_chosen": _verb("The policy pack in force was chosen", "old", "new", "epoch"),
    "ruling.made": _verb("A ruling was made", "gate", "outcome", "rule", "subject"),
    "glass.requested": _verb("An officer asked to see named photos", "items"),
    "glass.approved": _verb("A second officer let two officers see named photos", "until"),
    "glass.refused": _verb("A second officer refused to let named photos be seen"),
    "glass.ended": _verb("Officers' access to named photos was ended", "access"),
    "glass.looked": _verb("An officer looked at a named photo", "access", "part"),
    # recognition
    "gallery.created": _verb("A gallery was created", "purpose", "legal_basis", "retention_days"),
    "gallery.changed": _verb("A gallery was changed", "fields"),
    "gallery.tagged": _verb("Tags of a gallery were changed", "set", "removed"),
    "gallery.deleted": _verb("A gallery was deleted with its faces", "faces", "subjects"),
    "gallery.rekey_started": _verb(
        "A gallery got a new key, and its templates are being turned", "version", "reason", "faces"
    ),
    "gallery.reembed_started": _verb("A gallery is being re-embedded to another model", "pipeline", "faces"),
    "gallery.reembedded": _verb("A gallery went to another model", "pipeline", "faces", "left_out"),
    "gallery.reembed_cancelled": _verb("The new templates of a gallery were destroyed", "pipeline"),
    "gallery.rekeyed": _verb("A gallery's old key was destroyed", "version", "faces"),
    "image.uploaded": _verb("An image was uploaded", "sha256", "size"),
    "image.deleted": _verb("An image was deleted"),
    "subject.created": _verb("A subject was created"),
    "subject.renamed": _verb("A subject got another name"),
    "subject.merged": _verb("Two subjects were merged into one", "merge", "merged", "faces"),
    "subject.unmerged": _verb("A merge of two subjects was undone", "merge", "merged", "faces", "elsewhere"),
    "subject.erased": _verb("A subject was erased", "faces"),
    "subject.disbanded": _verb("A subject was given up, and its faces are nobody's", "faces"),
    "faces.erased": _verb("Faces were erased", "faces", "photos"),
    "face.moved": _verb("A face was moved to another subject", "came_from", "went_to"),
    "record.opened": _verb("A case record was opened", "purpose", "requested_by", "job"),
    "record.changed": _verb("A case record was changed", "fields"),
    "record.photo_added": _verb("A photo was added to a case record", "image"),
    "record.photo_changed": _verb("What is known of a photo in a case record was changed", "image"),
    "record.photo_removed": _verb("A photo was removed from a case record", "image"),
    "record.linked": _verb("A person in a gallery was linked to a case record", "subject"),
    "record.unlinked": _verb("A person in a gallery was unlinked from a case record", "subject"),
    "record.closed": _verb("A case record was closed"),
    "record.purged": _verb("Photos and details of a closed case record were destroyed", "photos", "kept"),
    "record.reopened": _verb("A case record was opened again"),
    "record.found": _verb("A person was found and the case record closed", "on_hold", "exports"),
    "record.erased": _verb(
        "What was held about a person who was found was erased",
        "faces",
        "subjects",
        "photos",
        "candidates",
        "jobs",
    ),
    "photo_store.registered": _verb("A folder of the photo store was registered as the organization's own"),
    "call.answered": _verb(
        "A call was answered at once", "kind", "ruling", "faces", "left_out", "candidates", "enrolled"
    ),
    "job.submitted": _verb("A job was submitted", "kind", "items", "ruling", "outcome"),
    "job.approved": _verb("A job was approved"),
    "job.declined": _verb("A job was declined", "reason"),
    "job.queued": _verb("A job was queued", "shards"),
    "job.started": _verb("A job began to run"),
    "job.held": _verb("A job was held", "reason", "ruling"),
    "job.resumed": _verb("A job went on", "ruling"),
    "job.taken_over": _verb("A person took over a job whose key had ended", "from", "ruling"),
    "job.accepted": _verb("A partly done job was accepted as it is"),
    "job.cancelled": _verb("A job was cancelled"),
    "job.expired": _verb("A job expired: nobody decided on it in time"),
    "job.terminated": _verb("A job was ended: it was held for too long", "days"),
    "job.recalled": _verb("The results of a job were called back", "exports", "case"),
    "job.purged": _verb(
        "Photos and results of a job were destroyed", "status", "photos", "kept", "faces", "candidates"
    ),
    "files.swept": _verb("Stored files that serve nothing were destroyed", "files", "unused"),
    "faces.expired": _verb(
        "Faces past their gallery's retention were erased", "faces", "subjects", "photos", "days"
    ),
    "job.retried": _verb("Failed items of a job were put back", "items"),
    "job.prioritized": _verb("The place of a job among those of its organization was changed", "priority"),
    "quota.set": _verb("Limits of an organization were set", "waiting_items", "items_a_day", "stored_photos"),
    "job.finished": _verb("A job finished", "status", "done", "failed"),
    "results.released": _verb("Results were released"),
    "results.viewed": _verb("Results were viewed", "ruling"),
    "results.exported": _verb(
        "Results were exported", "export", "format", "rows", "leads", "party", "end_user", "ruling"
    ),
    "candidate.adjudicated": _verb("A candidate was judged", "verdict", "round"),
    "verification.adjudicated": _verb("A pair was judged", "verdict", "round"),
    "candidate.reopened": _verb("A candidate is judged again, with a new photo", "round", "photo"),
    "verification.reopened": _verb("A pair is judged again, with a new photo", "round", "photo"),
    "lead.outcome_recorded": _verb("What became of a lead was recorded", "outcome"),
    "lead.withdrawn": _verb("A lead was withdrawn", "exports"),
    "accuracy.begun": _verb(
        "A tester committed the labels of a test of accuracy, before any pair was scored",
        "labels_sha256",
        "pairs",
        "threshold",
        "pipeline",
        "scale",
        "ruling",
    ),
    "accuracy.finished": _verb(
        "A test of accuracy was finished and its scores destroyed",
        "compared",
        "not_compared",
        "left_out",
        "not_handed_in",
        "result_sha256",
        "ruling",
    ),
    "accuracy.withdrawn": _verb("A test of accuracy was given up, and its scores were destroyed", "done"),
    "accuracy.expired": _verb("A test of accuracy ran out of time, and its scores were destroyed", "done"),
    "notice.made": _verb("A recipient has to be told", "about", "export", "letter"),
    "recipient.told": _verb("A recipient was told by a person", "about"),
}
VERBS: dict[str, Verb] = {name: _published(name, verb) for name, verb in _ALL.items()}
