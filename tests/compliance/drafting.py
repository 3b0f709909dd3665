"""Documents and officers for tests of policy: a rule more, a rule less, on a database of their own."""

from compliance.actions import policies, proposals, simulations
from compliance.models import PolicyEpoch, PolicyProposal, PolicyVersionRecord
from portal.tenancy.actor import Actor

RULE = """
[[rules]]
id = "{name}"
kind = "moratorium"
effect = "refuse"
period = {{ starts_at = {starts_at}{ends_at} }}
source = {{ document = "Order of the office", dated_on = 2020-01-01, address = "https://example.org/order" }}
source_says = "No search."
our_reading = "No search by anybody."
sentence = "Nobody searches today."
remedy = "Wait."
[rules.scope]
operation = ["search"]
"""


def head() -> str:
    """The head of the next document: its number and what it builds on."""
    following = policies.next_of(PolicyEpoch.objects.get().pack)
    base = following.base
    return (
        f'pack = "{base.pack}"\nnumber = {following.number}\n'
        f'published_at = 2020-01-01T00:00:00Z\nbased_on = "{base.label}"\n'
    )


def tighter(name: str = "no-search-today", starts_at: str = "2020-01-01T00:00:00Z", ends_at: str = "") -> str:
    """The next version with one refusal more."""
    ends = f", ends_at = {ends_at}" if ends_at else ""
    return head() + RULE.format(name=name, starts_at=starts_at, ends_at=ends)


def looser(*removed: str) -> str:
    """The next version without some rules."""
    names = ", ".join(f'"{name}"' for name in removed or ("live-off",))
    return head() + f"removed = [{names}]\n"


def tightened(by: Actor, **rule: str) -> PolicyVersionRecord:
    """A tightening, put in force by one officer."""
    return proposals.propose(document=tighter(**rule), by=by).published


def loosening(by: Actor, *removed: str) -> PolicyProposal:
    """A loosening that waits for the second officer."""
    document = looser(*removed)
    simulated = simulations.simulate(document=document, by=by)
    return proposals.propose(document=document, by=by, simulated=simulated)


def scheduled(officers: list[Actor], *removed: str) -> PolicyVersionRecord:
    """A loosening that two officers approved, and that waits its day."""
    waiting = loosening(officers[0], *removed)
    return proposals.countersign(proposal=waiting, sha256=waiting.sha256, by=officers[1]).published
