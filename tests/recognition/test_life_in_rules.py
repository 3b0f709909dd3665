"""The life of an organization and its jobs over the rules alone: evaluation, tables of states, epochs.

No database, so that ten thousand sequences are affordable; `test_life_stored.py` does the same in hundreds on
the real thing. The machine does with a ruling what workers and readers do with it. What must hold is said
again in other words, without the evaluation: nothing is worked on and nothing is read without a grant in
force for purpose and end user, an unexpired exemption where one is needed, and a second signature where two
are asked.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from compliance.policy.evaluate import evaluate
from compliance.policy.facts import Facts, OrganizationFacts
from compliance.policy.rules import Lineage, Period
from compliance.policy.ruling import Ruling
from compliance.policy.vocabulary import OrganizationStatus, Outcome, Purpose, RequestedBy
from portal.tenancy.models import ORGANIZATION_TRANSITIONS
from recognition.models import JobStatus as J
from recognition.states import ENDED, JOB, READABLE
from tests.compliance.policy import builders
from tests.compliance.policy.builders import DEFAULT, HARBOR, NOW
from tests.support.life import END_USERS, SHOWN, Line, Work, version

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]
FULL = os.environ.get("PROOF") == "full"
SEQUENCES = 10_000 if FULL else 60
GOES_ON = {"active", "recertification_due", "restricted"}
MOVES = ("active", "active", "restricted", "suspended", "recertification_due")
STEP, YEAR = timedelta(hours=6), timedelta(days=365)
ENDS = (J.CANCELLED, J.RECALLED, J.PURGED, J.TERMINATED, J.QUEUED)
seen: Counter[str] = Counter()

purposes = st.sampled_from(sorted(SHOWN))
end_users = st.sampled_from(sorted(END_USERS))
steps = st.sampled_from([1, 1, 2, 4, 80])


def referring(ruling: Ruling) -> set[str]:
    """Every rule that refers in a ruling: an officer approves what they have before them."""
    return {one.rule_id for one in ruling.looked_at if one.counts_as is Outcome.REFERRED}


class Life(RuleBasedStateMachine):
    """An organization, its office, the policy, and jobs."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.organization = NOW, "active"
        self.epochs = [0, 0]  # the policy's, the organization's
        self.lines = tuple(
            Line(purpose, party, NOW, NOW + YEAR, None if END_USERS[party] is HARBOR else NOW + YEAR)
            for purpose in SHOWN
            for party in END_USERS
        )
        self.waiting: tuple[Line, ...] | None = None
        self.signed_twice = {line for line in self.lines if line.asks_two}
        self.versions = list(DEFAULT.versions)
        self.stops: list[tuple[datetime, Period | None]] = [(NOW, None)]
        self.jobs: list[Work] = []
        for line in self.lines:
            self._submit(line.purpose, line.end_user)

    # The office

    @rule(
        purpose=purposes, end_user=end_users, days=st.sampled_from([1, 30]), exempt=st.sampled_from([0, 1, 9])
    )
    def recommend(self, purpose: Purpose, end_user: str, days: int, exempt: int) -> None:
        until = self.now + timedelta(days=exempt) if exempt else None
        line = Line(purpose, end_user, self.now, self.now + timedelta(days=days), until)
        others = tuple(one for one in self.lines if (one.purpose, one.end_user) != (purpose, end_user))
        if line.asks_two:
            self.waiting = (*others, line)
        else:
            self._determine((*others, line))

    @precondition(lambda self: self.waiting)
    @rule()
    def countersign(self) -> None:
        self.signed_twice.update(self.waiting)
        self._determine(self.waiting)

    @precondition(lambda self: self.waiting)
    @rule()
    def second_officer_refuses(self) -> None:
        self.waiting = None

    @precondition(lambda self: self.lines)
    @rule(place=st.integers(0, 5))
    def revoke(self, place: int) -> None:
        gone = self.lines[place % len(self.lines)]
        self._determine(tuple(one for one in self.lines if one is not gone))

    @rule(to=st.sampled_from(MOVES))
    def move_organization(self, to: str) -> None:
        if ORGANIZATION_TRANSITIONS.allows(self.organization, to):
            self.organization = to
            self.epochs[1] += 1

    # The policy

    @precondition(lambda self: self.versions[-1].published_at <= self.now)
    @rule(begins_in=st.sampled_from([0, 1, 4]), lasts=st.sampled_from([None, 2, 20]))
    def publish_moratorium(self, begins_in: int, lasts: int | None) -> None:
        start = self.now + begins_in * STEP
        self._publish(self.now, Period(start, start + lasts * STEP if lasts else None))

    @precondition(lambda self: self.versions[-1].published_at <= self.now and self._stop())
    @rule()
    def publish_lift(self) -> None:
        self._publish(self.now + timedelta(hours=24), None)

    @rule(number=steps)
    def time_passes(self, number: int) -> None:
        self.now += number * STEP

    # Jobs

    @rule(purpose=purposes, end_user=end_users)
    def submit(self, purpose: Purpose, end_user: str) -> None:
        self._submit(purpose, end_user)

    @precondition(lambda self: self.jobs)
    @rule(place=st.integers(0, 9))
    def approve(self, place: int) -> None:
        """An officer approves what they have before them; every later gate asks for it."""
        job = self._job(place, J.AWAITING_APPROVAL, J.HELD)
        if job is None or job.ruling.outcome is not Outcome.REFERRED:
            return
        job.approved |= referring(job.ruling)
        through, *_ = self._ask(job)
        if through and job.status == J.AWAITING_APPROVAL:
            job.move(J.QUEUED)
        elif through and job.held_reason == "policy":
            job.move(job.held_from)

    @rule(
        meanwhile=st.integers(0, 10),
        place=st.integers(0, 5),
        last=st.sampled_from([True, True, False]),
        data=st.data(),
    )
    def workers_work(self, meanwhile: int, place: int, last: bool, data: st.DataObject) -> None:
        """A shard of every job that may run; while one of them is worked on, something happens."""
        for number, job in enumerate(self._in(J.QUEUED, J.RUNNING)):
            self._work(job, meanwhile if number == place else 0, last, data)

    @rule(meanwhile=st.integers(0, 10), place=st.integers(0, 5), data=st.data())
    def readers_read(self, meanwhile: int, place: int, data: st.DataObject) -> None:
        """A look at all results there are; while one of them is read, something happens."""
        for number, job in enumerate(self._in(*READABLE, J.HELD)):
            closed = job.status == J.HELD
            if not closed or (job.held_reason == "policy" and job.held_from in READABLE):
                self._read(job, closed, meanwhile if number == place else 0, data)

    @precondition(lambda self: self.jobs)
    @rule(place=st.integers(0, 9), reason=st.sampled_from(["tenant", "operator"]))
    def people_hold(self, place: int, reason: str) -> None:
        if job := self._job(place, J.QUEUED, J.RUNNING, J.AWAITING_REVIEW, J.RELEASED):
            job.hold(reason)

    @precondition(lambda self: self.jobs)
    @rule(place=st.integers(0, 9))
    def let_go_on(self, place: int) -> None:
        """Whoever may, or the clock, lets a held job go on: the gate is passed again."""
        job = self._job(place, J.HELD)
        if job and self._ask(job)[0]:
            job.move(job.held_from)

    @precondition(lambda self: self.jobs)
    @rule(
        place=st.integers(0, 9),
        to=st.sampled_from(ENDS),
    )
    def end_or_retry(self, place: int, to: str) -> None:
        again = to == J.QUEUED
        able = {J.FAILED, J.PARTIAL} if again else {one for one in J if JOB.allows(one, to)}
        job = self._job(place, *able)
        if job is None or (again and not self._ask(job)[0]):
            return
        job.move(to)
        assert again or to in ENDED

    # What production does with a ruling

    def _submit(self, purpose: Purpose, end_user: str) -> None:
        job = Work(purpose, end_user)
        through, ruling, _ = self._ask(job)
        self.jobs.append(job)
        waits = J.AWAITING_APPROVAL if ruling.outcome is Outcome.REFERRED else J.REFUSED
        job.move(J.QUEUED if through else waits)

    def _work(self, job: Work, meanwhile: int, last: bool, data: st.DataObject) -> None:
        """Take a shard: the gate, the engine, and the transaction that writes."""
        through, ruling, epochs = self._ask(job)
        if not through:
            job.hold("policy")
            seen["held at the gate"] += 1
            return
        if job.status == J.QUEUED:
            job.move(J.RUNNING)
        self._meanwhile(meanwhile, data)
        if not self._stands(ruling, epochs):
            seen["stopped before it wrote"] += 1
            return
        self._must_be_allowed(job)
        seen["worked on"] += 1
        if last:
            job.move(data.draw(st.sampled_from([J.RELEASED, J.AWAITING_REVIEW, J.PARTIAL, J.FAILED])))

    def _read(self, job: Work, closed: bool, meanwhile: int, data: st.DataObject) -> None:
        """Open results, and go on reading them while the ruling stands."""
        through, ruling, epochs = self._ask(job)
        if not through:
            seen["closed to a reader"] += 1
            if JOB.allows(job.status, J.HELD):
                job.hold("policy")
            return
        if closed:
            job.move(job.held_from)
        self._must_be_allowed(job)
        seen["read"] += 1
        self._meanwhile(meanwhile, data)
        if self._stands(ruling, epochs):
            self._must_be_allowed(job)
            if job.status == J.AWAITING_REVIEW:
                job.move(J.RELEASED)

    def _in(self, *statuses: str) -> list[Work]:
        return [job for job in self.jobs if job.status in statuses]

    def _job(self, place: int, *statuses: str) -> Work | None:
        """Pick a job in one of some states, None where there is none."""
        able = self._in(*statuses)
        return able[place % len(able)] if able else None

    def _facts(self, job: Work) -> Facts:
        party = END_USERS[job.end_user]
        police = party is not HARBOR
        own = OrganizationFacts(
            id=HARBOR.id, name=HARBOR.name, type=HARBOR.type, status=OrganizationStatus(self.organization)
        )
        return builders.facts(
            HARBOR,
            job.purpose,
            organization=own,
            end_user=party,
            recipient=party if police else None,
            requested_by=RequestedBy.POLICE if police else RequestedBy.SELF,
            subject_class=SHOWN[job.purpose],
            grants=tuple(line.grant for line in self.lines),
            determination="det-1" if self.lines else None,
        )

    def _ask(self, job: Work) -> tuple[bool, Ruling, list[int]]:
        epochs, lineage = list(self.epochs), Lineage(tuple(self.versions))
        ruling = evaluate(self._facts(job), lineage, at=self.now, known_at=self.now)
        ends = [end for end in (ruling.valid_until, lineage.next_after(self.now)) if end]
        job.ruling = replace(ruling, valid_until=min(ends, default=None))
        referred = ruling.outcome is Outcome.REFERRED and referring(ruling) <= job.approved
        return ruling.is_cleared or referred, job.ruling, epochs

    def _stands(self, ruling: Ruling, epochs: list[int]) -> bool:
        in_time = ruling.valid_until is None or self.now < ruling.valid_until
        return in_time and epochs == self.epochs

    def _meanwhile(self, what: int, data: st.DataObject) -> None:
        """Something happens while the engine runs, or a reader reads; most of the time nothing does."""
        happens: dict[int, Callable[[], None]] = {
            6: lambda: self.time_passes(data.draw(steps)),
            7: lambda: self.move_organization(data.draw(st.sampled_from(MOVES))),
            8: lambda: self.lines and self._determine(self.lines[1:]),
            9: lambda: (
                self.versions[-1].published_at <= self.now and self._publish(self.now, Period(self.now))
            ),
            10: lambda: self.waiting and self._determine(self.waiting),
        }
        if what == 10 and self.waiting:
            self.signed_twice.update(self.waiting)
        happens.get(what, lambda: None)()

    def _determine(self, lines: tuple[Line, ...]) -> None:
        self.lines, self.waiting = lines, None
        self.epochs[1] += 1

    def _publish(self, at: datetime, stop: Period | None) -> None:
        self.versions.append(version(self.versions[-1].number + 1, at, stop))
        self.stops.append((at, stop))
        self.epochs[0] += 1

    # What must hold, in other words

    def _stop(self) -> Period | None:
        return [stop for at, stop in self.stops if at <= self.now][-1]

    def _must_be_allowed(self, job: Work) -> None:
        assert self.organization in GOES_ON
        assert self.organization != "restricted" or "organization-restricted" in job.approved
        [line] = [one for one in self.lines if (one.purpose, one.end_user) == (job.purpose, job.end_user)]
        assert line.starts_at <= self.now < line.expires_at
        assert not line.asks_two or line in self.signed_twice
        if line.is_for_police:
            assert line.exempt_until is not None
            assert self.now < line.exempt_until
        stop = self._stop()
        if stop is not None and stop.starts_at <= self.now:
            assert stop.ends_at is not None
            assert stop.ends_at <= self.now
            assert "search-stop" in job.approved  # ended by its date: referred until an officer says so


def test_nothing_is_worked_on_or_read_without_what_it_stands_on():
    seen.clear()
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=40,
            deadline=None,
            derandomize=not FULL,  # sixty at random may miss what is rare; ten thousand do not
            suppress_health_check=list(HealthCheck),
        ),
    )
    # The machine gets everywhere: else what must hold would hold of nothing.
    for what in ("worked on", "read", "held at the gate", "stopped before it wrote", "closed to a reader"):
        assert seen[what] > SEQUENCES / 50, seen
