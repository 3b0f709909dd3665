"""The life of an organization and its jobs on the real thing: actions, gate, ledger, workers' code, database.

The small sister of `test_life_in_rules.py`: hundreds of sequences, each a new organization. What must hold is
said again from what the test itself did, and compared with the moments at which the database recorded the
commits. The database's clock is the real one, so what ends by date ends after a part of a second.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from compliance.actions import cases, decisions, proposals, revocations, stops
from compliance.models import Case, EndUser, Grant
from compliance.models.cases import CaseKind
from portal.common.clock import database_now
from portal.common.errors import DomainError
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import ORGANIZATION_TRANSITIONS, Organization
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition import ledger, reconcile, runner
from recognition.actions import holds, images, jobs, progress, recalls, referrals, results
from recognition.models import Item, Job, Shard, ShardState
from tests.compliance.conftest import determine, new_officer
from tests.compliance.office import check_all, finding_for
from tests.support import commits, policy
from tests.support.jobs import ANNA, FACTS, Desk, Meanwhile, new_desk, photo

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]
FULL = os.environ.get("PROOF") == "full"
SEQUENCES = 300 if FULL else 6
BRIEFLY = timedelta(seconds=0.6)
SYSTEM = Actor.system("tests")
EXEMPT = {"moratorium_status": "exempt", "exemption": "humanitarian-exemption"}
MOVES = ("active", "active", "suspended", "restricted")
STEPS = ("pause", "resume", "resume", "cancel", "retry", "accept", "recall")
DECISIONS = ("grant", "grant", "recommend", "countersign", "countersign", "revoke")
seen: Counter[str] = Counter()


@dataclass(frozen=True)
class Line:
    """What was determined: one line, and until when."""

    end_user: EndUser
    until: datetime
    exempt_until: datetime | None = None


class Life(RuleBasedStateMachine):
    """An organization that looks for children, for itself and for a police unit."""

    officers: ClassVar[list[Actor]] = []

    def __init__(self) -> None:
        super().__init__()
        self.desk: Desk = new_desk("Harbor Light")
        self.organization = self.desk.tenant.organization
        self.unit = EndUser.objects.create(
            name=f"Westford Police {self.organization.pk}", organization_type="law_enforcement_local"
        )
        self.line: Line | None = Line(self.desk.tenant.itself, database_now() + timedelta(days=90))
        self.asked: tuple[Case, Line] | None = None
        self.moratorium = self.stopped = False
        self.jobs: list[Job] = []
        self.approved: set[Any] = set()
        self._submit(for_police=False)
        self._work(0)
        self._submit(for_police=False)

    def teardown(self) -> None:
        """A policy holds for everybody, and the next sequence begins without what this one published."""
        if self.stopped:
            self._let_platform_go_on()
        if self.moratorium:
            policy.lifted()
        states = [ShardState.READY, ShardState.LEASED, ShardState.HELD]
        Shard.objects.filter(state__in=states).update(state=ShardState.CANCELLED)

    # The office

    @rule(what=st.sampled_from(DECISIONS), brief=st.booleans())
    def office_does(self, what: str, brief: bool) -> None:
        if what == "grant":
            self._one_officer_grants(brief)
        elif what == "recommend" and self.asked is None:
            self._one_officer_recommends_an_exemption(brief)
        elif what == "countersign" and self.asked:
            self._second_officer_countersigns()
        elif what == "revoke" and self.line:
            self._revoke()

    @rule(what=st.sampled_from(["moratorium", "stop", "lift", "lift"]))
    def policy_changes(self, what: str) -> None:
        if what == "moratorium" and not (self.moratorium or self.stopped):
            self._publish_moratorium()
        elif what == "stop" and not self.stopped:
            stops.declare(reasons="A drill.", by=self.officers[0])
            self.stopped = True
        elif what == "lift" and self.stopped:
            self._let_platform_go_on()
        elif what == "lift" and self.moratorium:
            policy.lifted()
            self.moratorium = False

    def _one_officer_grants(self, brief: bool) -> None:
        until = database_now() + (BRIEFLY if brief else timedelta(days=90))
        determine(self.desk.tenant, "find_missing_child", expires_at=until)
        self._determined(Line(self.desk.tenant.itself, until))

    def _one_officer_recommends_an_exemption(self, brief: bool) -> None:
        until = database_now() + timedelta(days=90)
        ends = database_now() + 3 * BRIEFLY if brief else until
        case, officer = self._case(CaseKind.EXEMPTION)
        check_all(case, officer)
        line = {"exemption_expires_at": ends, "expires_at": until} | EXEMPT
        with suppress(DomainError):
            decisions.recommend(case=case, finding=finding_for(self.unit, line=line), by=officer)
            self.asked = (case, Line(self.unit, until, ends))

    def _second_officer_countersigns(self) -> None:
        case, line = self.asked
        with officer_scope():
            case = Case.objects.get(pk=case.pk)
        second = next(one for one in self.officers if one.user_id == case.second_officer_id)
        with suppress(DomainError):
            decisions.countersign(case=case, vote="approve", reasons="Seen too.", by=second)
            self._determined(line)
        self.asked = None

    def _revoke(self) -> None:
        with tenant_scope(self.organization):
            grant = Grant.objects.select_related("end_user", "determination").latest("pk")
        with suppress(DomainError):
            revocations.revoke_grant(grant=grant, reasons="Misused.", by=self.officers[0])
            self.line = None

    @rule(to=st.sampled_from(MOVES))
    def move_organization(self, to: str) -> None:
        with tenant_scope(self.organization):
            row = Organization.objects.get(pk=self.organization.pk)
            if ORGANIZATION_TRANSITIONS.allows(row.status, to):
                organizations.change_status(row, to, by=SYSTEM, reason="t")

    def _publish_moratorium(self) -> None:
        policy.moratorium()
        self.moratorium = True

    def _let_platform_go_on(self) -> None:
        proposal = stops.propose_lift(reasons="It is over.", by=self.officers[0])
        proposals.countersign(proposal=proposal, sha256=proposal.sha256, by=self.officers[1])
        self.stopped = False

    @rule()
    def time_passes(self) -> None:
        time.sleep(BRIEFLY.total_seconds() + 0.05)

    # Jobs

    @rule(for_police=st.booleans())
    def submit(self, for_police: bool) -> None:
        self._submit(for_police)

    def _submit(self, for_police: bool) -> None:
        user = self.unit if for_police else self.desk.tenant.itself
        asked = {"requested_by": "police", "recipient": str(user.pk)} if for_police else {}
        files = [("a.png", photo(ANNA))]
        received = images.receive(
            organization=self.organization, files=files, subject_from="filename", by=self.desk.by
        )
        with suppress(DomainError):
            job = self.desk.order("search", received, end_user_id=user.pk, facts=FACTS | asked)
            self.jobs.append(job)

    @precondition(lambda self: self.jobs)
    @rule(place=st.integers(0, 5))
    def officer_approves(self, place: int) -> None:
        job = self._job(place)
        with officer_scope():
            waiting = Case.objects.open().filter(subject=job.public_id).first()
        if waiting is None:
            return
        case, officer = self._reviewed(waiting)
        self.approved.add(job.pk)
        with suppress(DomainError):
            referrals.decide(case=case, approve=True, reasons="Seen.", by=officer)

    @rule(meanwhile=st.integers(0, 12), then_read=st.booleans())
    def work(self, meanwhile: int, then_read: bool) -> None:
        self._work(meanwhile)
        for place in range(len(self.jobs) if then_read else 0):
            self._read(self._job(place), 0)

    def _work(self, meanwhile: int) -> None:
        """Workers do what is ready; while the first shard is looked at, something happens."""
        engine = Meanwhile(self._happening(meanwhile))
        while claim := ledger.claim("test:worker"):
            before = self._done(claim.job_id)
            runner.run(claim, engine)
            if self._done(claim.job_id) > before:
                self._was_allowed(self._reload(claim.job_id))
                seen["worked on"] += 1
            else:
                seen["not worked on"] += 1
            engine = Meanwhile(lambda: None)

    @rule()
    def look_at_the_clock(self) -> None:
        reconcile.reconcile()

    @precondition(lambda self: self.jobs)
    @rule(place=st.integers(0, 5), meanwhile=st.integers(0, 12))
    def read(self, place: int, meanwhile: int) -> None:
        self._read(self._job(place), meanwhile)

    def _read(self, job: Job, meanwhile: int) -> None:
        """Open results, and read them while something happens."""
        began_at = database_now()
        try:
            ruling = results.open_results(job=job, by=self.desk.by)
        except DomainError:
            seen["not read"] += 1
            return
        self._must_be_allowed(job, began_at)
        seen["read"] += 1
        self._happening(meanwhile)()
        with suppress(DomainError):
            began_at = database_now()
            list(results.rows(self._reload(job.pk), ruling))
            self._must_be_allowed(job, began_at)

    @precondition(lambda self: self.jobs)
    @rule(
        place=st.integers(0, 5),
        step=st.sampled_from(STEPS),
    )
    def member_does(self, place: int, step: str) -> None:
        steps: dict[str, Callable[..., object]] = {
            "pause": holds.pause,
            "resume": holds.resume,
            "cancel": jobs.cancel,
            "retry": jobs.retry,
            "accept": progress.accept,
            "recall": lambda **values: recalls.recall(because="So.", **values),
        }
        with suppress(DomainError):
            steps[step](job=self._job(place), by=self.desk.by)

    # Helpers

    def _happening(self, what: int) -> Callable[[], object]:
        """Something that ends the ground of what is done; most of the time nothing."""
        happens: dict[int, Callable[[], object]] = {
            9: lambda: self.move_organization("suspended"),
            10: lambda: self.moratorium or self.stopped or self._publish_moratorium(),
            11: lambda: self.line and self._revoke(),
            12: self.time_passes,
        }
        return happens.get(what, lambda: None)

    def _case(self, kind: CaseKind) -> tuple[Case, Actor]:
        with officer_scope():
            made = cases.open_case(
                kind=kind, organization_id=self.organization.pk, summary="Asked for", by=SYSTEM
            )
        return self._reviewed(made)

    def _reviewed(self, case: Case) -> tuple[Case, Actor]:
        """Return a case under review, with the officer who was drawn for it."""
        if case.assigned_to_id is None:
            case = cases.assign(case=case, by=SYSTEM)
        officer = next(one for one in self.officers if one.user_id == case.assigned_to_id)
        with suppress(DomainError):
            case = cases.begin_review(case=case, by=officer)
        return case, officer

    def _determined(self, line: Line) -> None:
        with tenant_scope(self.organization):
            organizations.raise_epoch(self.organization)
        self.line = line

    def _job(self, place: int) -> Job:
        return self._reload(self.jobs[place % len(self.jobs)].pk)

    def _reload(self, key: Any) -> Job:
        with tenant_scope(self.organization):
            return Job.objects.get(pk=key)

    def _done(self, key: Any) -> int:
        with tenant_scope(self.organization):
            return int(Item.objects.filter(job=key, status="done").count())

    def _was_allowed(self, job: Job) -> None:
        self._must_be_allowed(job, max(commits.of_results(job)))

    def _must_be_allowed(self, job: Job, moment: datetime) -> None:
        """What must hold, in other words and from what the test itself did."""
        status = Organization.objects.get(pk=self.organization.pk).status
        assert status == "active" or (status == "restricted" and job.pk in self.approved)
        assert not self.moratorium
        assert not self.stopped
        assert self.line is not None
        assert self.line.end_user.pk == job.end_user_id
        assert moment < self.line.until
        if job.end_user_id == self.unit.pk:
            assert self.line.exempt_until is not None  # only a countersignature sets one
            assert moment < self.line.exempt_until


def test_nothing_is_worked_on_or_read_without_what_it_stands_on(fresh_database):
    seen.clear()
    Life.officers = [new_officer(name) for name in ("Ada", "Ben", "Cleo")]
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=30,
            deadline=None,
            derandomize=not FULL,  # six at random may miss what the last lines ask for
            suppress_health_check=list(HealthCheck),
        ),
    )
    for what in ("worked on", "read", *(("not worked on", "not read") if FULL else ())):
        assert seen[what] > SEQUENCES // 10, seen
