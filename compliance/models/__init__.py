"""Tables of the compliance office."""

from compliance.models.breaches import Breach, BreachAction
from compliance.models.cases import Case, CaseMessage, Recommendation
from compliance.models.determinations import Determination, Grant, GrantEnd
from compliance.models.glass import BreakGlass
from compliance.models.intake import Intake
from compliance.models.legal import LegalDemand, LegalHold
from compliance.models.letters import Letter
from compliance.models.measures import Measure
from compliance.models.onboarding import Application, EndUser, Evidence
from compliance.models.policy import PolicyEpoch, PolicyVersionRecord
from compliance.models.proposals import PackChoice, PolicyProposal, PolicyReminder, PolicySimulation
from compliance.models.reminders import Reminder
from compliance.models.review import ChecklistAnswer, OrganizationRecusal, Recusal
from compliance.models.rulings import RulingRecord
from compliance.models.samples import Sample
from compliance.models.second_looks import SecondLook
from compliance.models.urgent import Shift, UrgentRequest, UrgentVote
from compliance.models.views import SavedView

__all__ = [
    "Application",
    "Breach",
    "BreachAction",
    "BreakGlass",
    "Case",
    "CaseMessage",
    "ChecklistAnswer",
    "Determination",
    "EndUser",
    "Evidence",
    "Grant",
    "GrantEnd",
    "Intake",
    "LegalDemand",
    "LegalHold",
    "Letter",
    "Measure",
    "OrganizationRecusal",
    "PackChoice",
    "PolicyEpoch",
    "PolicyProposal",
    "PolicyReminder",
    "PolicySimulation",
    "PolicyVersionRecord",
    "Recommendation",
    "Recusal",
    "Reminder",
    "RulingRecord",
    "Sample",
    "SavedView",
    "SecondLook",
    "Shift",
    "UrgentRequest",
    "UrgentVote",
]
