"""Simulations: asked for by an officer, run by a light worker or a command, kept for ever."""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q

from compliance import simulation
from compliance.actions import policies, proposals
from compliance.models import PolicyEpoch, PolicyProposal, PolicySimulation, PolicyVersionRecord
from compliance.models.proposals import ProposalStatus, SimulationStatus
from compliance.policy.rules import PolicyVersion
from compliance.states import PROPOSAL_TRANSITIONS, SIMULATION_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict
from portal.common.states import move
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope

LOST_AFTER = timedelta(minutes=10)  # a simulation still running then lost its worker
_PROGRESS_KEPT_SECONDS = 3600
_WORKER = Actor.system("simulations")


def simulate(*, document: str, by: Actor) -> PolicySimulation:
    """Simulate a document against the last 90 days, here and now, and keep the result.

    Raises:
        PolicyError: The document is wrong.
        Conflict: `number_taken`.
    """
    require_officer(by)
    version, _ = policies.read_next(document, policies.next_of(PolicyEpoch.objects.get().pack))
    return run(_asked(proposals.document_hash(document), version, by))


def request(*, draft: PolicyProposal, by: Actor) -> PolicySimulation:
    """Ask for the simulation of a draft as it is now; a worker runs it.

    Raises:
        PolicyError: The document is wrong.
        Conflict: `number_taken`, or `not_a_draft`.
        Refused: `not_yours`.
    """
    require_officer(by)
    with transaction.atomic():
        row = proposals.own_draft(draft, by)
        version, _ = policies.read_next(row.document, policies.next_of(PolicyEpoch.objects.get().pack))
        return _asked(row.sha256, version, by)


def request_published(*, record: PolicyVersionRecord, by: Actor) -> PolicySimulation:
    """Ask for the simulation of a version that was put in force without one.

    Raises:
        Conflict: `nothing_proposed`, it came with the product or from a command.
    """
    require_officer(by)
    proposal = PolicyProposal.objects.filter(published=record).first()
    if proposal is None:
        raise Conflict("nothing_proposed", "No officer proposed this version, so nothing is to be simulated.")
    return _asked(proposal.sha256, record.version, by)


def run(asked: PolicySimulation) -> PolicySimulation:
    """Run a simulation that waits, and keep what came of it. Outside any scope.

    Raises:
        Conflict: `state_changed`, another worker took it.
    """
    move(asked, SimulationStatus.RUNNING, table=SIMULATION_TRANSITIONS, started_at=database_now())
    try:
        with officer_scope():
            result = simulation.simulate(asked.proposed, tell=lambda done: _tell(asked, done)).to_json()
    except Exception as error:
        fields = {"failure": type(error).__name__, "finished_at": database_now()}
        move(asked, SimulationStatus.FAILED, table=SIMULATION_TRANSITIONS, **fields)
        raise
    with transaction.atomic():
        fields = {"result": result, "finished_at": database_now()}
        move(asked, SimulationStatus.DONE, table=SIMULATION_TRANSITIONS, **fields)
        _mark_drafts(asked)
        counts = {name: result[name] for name in ("rulings", "flipped")}
        audit.record(
            verb="policy.simulated", actor=_WORKER, target=asked, held=result["held_count"], **counts
        )
    return asked


def run_due() -> int:
    """Run what was asked for and what a lost worker left; returns how many were run."""
    lost = Q(status=SimulationStatus.RUNNING, started_at__lt=database_now() - LOST_AFTER)
    due = PolicySimulation.objects.filter(Q(status=SimulationStatus.REQUESTED) | lost).order_by("pk")
    return sum(_run_alone(asked) for asked in due[:3])


def progress(asked: PolicySimulation) -> int:
    """Return how many rulings a running simulation has made again, as far as is known."""
    return int(cache.get(_key(asked), 0))


def newest_of(sha256: str) -> PolicySimulation | None:
    """Return the newest simulation of a document, None where nobody asked for one."""
    return PolicySimulation.objects.filter(sha256=sha256).order_by("-simulated_at", "-pk").first()


def _asked(sha256: str, version: PolicyVersion, by: Actor) -> PolicySimulation:
    """Return the simulation of a document that waits or runs, or a new one."""
    moving = (SimulationStatus.REQUESTED, SimulationStatus.RUNNING)
    found = PolicySimulation.objects.filter(sha256=sha256, status__in=moving).first()
    return found or PolicySimulation.objects.create(
        sha256=sha256, version=version.label, content=version.to_json(), simulated_by=by.id
    )


def _mark_drafts(asked: PolicySimulation) -> None:
    """Mark drafts of the same document as simulated; one changed meanwhile is another document."""
    drafts = PolicyProposal.objects.filter(sha256=asked.sha256, status=ProposalStatus.DRAFT)
    for draft in drafts:
        move(draft, ProposalStatus.SIMULATED, table=PROPOSAL_TRANSITIONS)


def _run_alone(asked: PolicySimulation) -> bool:
    try:
        run(asked)
    except Conflict:
        return False  # another worker was first
    return True


def _tell(asked: PolicySimulation, done: int) -> None:
    cache.set(_key(asked), done, _PROGRESS_KEPT_SECONDS)


def _key(asked: PolicySimulation) -> str:
    return f"simulation:{asked.pk.hex}"
