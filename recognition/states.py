"""Which status of a job, a candidate, a case record and a test may follow which (product: state machines)."""

from portal.common.states import Transitions
from recognition.models.accuracy import AccuracyStatus as A
from recognition.models.jobs import JobStatus as S
from recognition.models.leads import OutcomeStatus as O
from recognition.models.records import RecordStatus as R
from recognition.models.results import CandidateStatus as C

JOB = Transitions(
    {
        S.SUBMITTED: {S.REFUSED, S.AWAITING_APPROVAL, S.QUEUED},
        S.AWAITING_APPROVAL: {S.QUEUED, S.REFUSED, S.EXPIRED, S.CANCELLED},
        S.QUEUED: {S.RUNNING, S.HELD, S.CANCELLED},
        S.RUNNING: {S.AWAITING_REVIEW, S.RELEASED, S.FAILED, S.PARTIAL, S.HELD, S.CANCELLED},
        S.AWAITING_REVIEW: {S.RELEASED, S.HELD},
        S.RELEASED: {S.HELD, S.RECALLED, S.PURGED},
        S.HELD: {S.QUEUED, S.RUNNING, S.AWAITING_REVIEW, S.RELEASED, S.TERMINATED, S.CANCELLED},
        S.FAILED: {S.QUEUED},
        S.PARTIAL: {S.QUEUED, S.AWAITING_REVIEW, S.RELEASED},
    }
)
UNFINISHED = frozenset({S.QUEUED, S.RUNNING, S.HELD})
# What is read stands behind the release gate, which rules on each read.
READABLE = frozenset({S.AWAITING_REVIEW, S.PARTIAL, S.RELEASED})
# Nothing of these runs or can be read any more, so no ruling on them is open. A failed job may be retried:
# that is ruled on anew.
ENDED = frozenset({S.REFUSED, S.EXPIRED, S.CANCELLED, S.FAILED, S.TERMINATED, S.RECALLED, S.PURGED})

CANDIDATE = Transitions(
    {
        C.CANDIDATE: {C.LEAD, C.REJECTED, C.INCONCLUSIVE},
        C.INCONCLUSIVE: {C.CANDIDATE},  # a new photo
        C.LEAD: {C.WITHDRAWN},
    }
)
# A lead has no outcome (`""`) until somebody records one. What was wrong is corrected by a further one.
OUTCOME = Transitions(
    {
        "": {O.CONFIRMED, O.RULED_OUT, O.UNKNOWN},
        O.UNKNOWN: {O.CONFIRMED, O.RULED_OUT},
        O.CONFIRMED: {O.RULED_OUT, O.UNKNOWN},
        O.RULED_OUT: {O.CONFIRMED, O.UNKNOWN},
    }
)

RECORD = Transitions({R.OPEN: {R.CLOSED, R.FOUND}, R.CLOSED: {R.OPEN, R.FOUND}})

ACCURACY = Transitions({A.OPEN: {A.FINISHED, A.WITHDRAWN, A.EXPIRED}})
