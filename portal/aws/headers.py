"""What an answer says beside the service's shapes: which decision, which threshold and why, what review."""

from __future__ import annotations

from compliance.models import RulingRecord
from compliance.policy.vocabulary import Review
from recognition.models import Call

DECISION = "x-countenance-decision"
THRESHOLD = "x-countenance-threshold"
REVIEW = "x-countenance-review"


def of_call(call: Call, ruling: RulingRecord) -> dict[str, str]:
    """Return the headers of a synchronous call's answer.

    The threshold in force is the highest of what was asked, the floor of the rules or a tag, and what keeps
    false candidates within the budget, e.g. `91.2; reason=budget; asked=80`.
    """
    threshold = f"{call.threshold:g}; reason={call.threshold_reason}; asked={call.threshold_asked:g}"
    review = "unreviewed" if call.review == Review.AFTER_DELIVERY else call.review
    return {DECISION: ruling.public_id, THRESHOLD: threshold, REVIEW: review}
