"""Which status may follow which, for applications, cases, evidence, measures and what becomes policy."""

from compliance.models.cases import Case, CaseStatus
from compliance.models.glass import GlassStatus
from compliance.models.measures import MeasureStatus
from compliance.models.onboarding import ApplicationStatus, EvidenceStatus
from compliance.models.proposals import ChoiceStatus, ProposalStatus, SimulationStatus
from compliance.models.samples import SampleStatus
from portal.common.errors import Conflict
from portal.common.states import Transitions

_A = ApplicationStatus
APPLICATION_TRANSITIONS = Transitions(
    {
        _A.DRAFT: {_A.SUBMITTED, _A.WITHDRAWN, _A.LAPSED},
        _A.SUBMITTED: {_A.INFO_REQUESTED, _A.DECIDED, _A.WITHDRAWN},
        _A.INFO_REQUESTED: {_A.SUBMITTED, _A.WITHDRAWN, _A.LAPSED},
    }
)

_C = CaseStatus
CASE_TRANSITIONS = Transitions(
    {
        _C.NEW: {_C.TRIAGED, _C.WITHDRAWN},
        _C.TRIAGED: {_C.ASSIGNED, _C.WITHDRAWN},
        _C.ASSIGNED: {_C.UNDER_REVIEW, _C.WITHDRAWN},
        _C.UNDER_REVIEW: {_C.ASSIGNED, _C.AWAITING_TENANT, _C.RECOMMENDED, _C.WITHDRAWN},
        _C.AWAITING_TENANT: {_C.UNDER_REVIEW, _C.WITHDRAWN},
        _C.RECOMMENDED: {_C.ASSIGNED, _C.UNDER_REVIEW, _C.AWAITING_COUNTERSIGN, _C.DECIDED, _C.WITHDRAWN},
        _C.AWAITING_COUNTERSIGN: {_C.ASSIGNED, _C.RETURNED, _C.THIRD_VOTE, _C.DECIDED, _C.WITHDRAWN},
        _C.RETURNED: {_C.UNDER_REVIEW},
        _C.THIRD_VOTE: {_C.ASSIGNED, _C.DECIDED, _C.WITHDRAWN},
        _C.DECIDED: {_C.CLOSED, _C.REOPENED},
        _C.CLOSED: {_C.REOPENED},
        _C.REOPENED: {_C.ASSIGNED},
    }
)

_P = SampleStatus
SAMPLE_TRANSITIONS = Transitions(
    {
        _P.ASKED: {_P.ANSWERED, _P.OVERDUE},
        _P.OVERDUE: {_P.ANSWERED},
        _P.ANSWERED: {_P.ACCEPTED, _P.DOUBTED},
    }
)

_E = EvidenceStatus
EVIDENCE_TRANSITIONS = Transitions(
    {
        _E.RECEIVED: {_E.VERIFIED, _E.REJECTED, _E.EXPIRED},
        _E.VERIFIED: {_E.REJECTED, _E.EXPIRED},
    }
)

_M = MeasureStatus
MEASURE_TRANSITIONS = Transitions(
    {
        _M.UNRATIFIED: {_M.RATIFIED, _M.OBJECTED, _M.LIFTED},
        _M.RATIFIED: {_M.LIFTED},
        _M.OBJECTED: {_M.LIFTED},
    }
)

# Until it is published; then the version's dates tell whether it is scheduled, in force or superseded.
_V = ProposalStatus
PROPOSAL_TRANSITIONS = Transitions(
    {
        _V.DRAFT: {_V.SIMULATED, _V.WAITING, _V.PUBLISHED, _V.DISCARDED},
        _V.SIMULATED: {_V.DRAFT, _V.WAITING, _V.PUBLISHED, _V.DISCARDED},
        _V.WAITING: {_V.DRAFT, _V.PUBLISHED, _V.REFUSED},
    }
)

_N = SimulationStatus
SIMULATION_TRANSITIONS = Transitions(
    {
        _N.REQUESTED: {_N.RUNNING},
        _N.RUNNING: {_N.RUNNING, _N.DONE, _N.FAILED},
    }
)

_K = ChoiceStatus
CHOICE_TRANSITIONS = Transitions(
    {
        _K.WAITING: {_K.SCHEDULED, _K.CARRIED_OUT, _K.REFUSED, _K.WITHDRAWN},
        _K.SCHEDULED: {_K.CARRIED_OUT, _K.WITHDRAWN},
    }
)

_G = GlassStatus
GLASS_TRANSITIONS = Transitions({_G.REQUESTED: {_G.OPEN, _G.REFUSED}, _G.OPEN: {_G.ENDED}})


def require_undecided(case: Case) -> None:
    """Let nobody decide what was withdrawn or decided already.

    Raises:
        Conflict: `case_withdrawn` or `case_decided`.
    """
    if case.status == CaseStatus.WITHDRAWN:
        raise Conflict(
            "case_withdrawn",
            "The organization withdrew this application, so there is nothing to decide. It can apply again.",
        )
    if case.status in {CaseStatus.DECIDED, CaseStatus.CLOSED}:
        sentence = (
            f"This case was decided ({case.outcome or 'without an outcome'}). "
            "Nothing that you sent was recorded. Reopen it to decide again."
        )
        raise Conflict("case_decided", sentence)
