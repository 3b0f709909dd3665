"""A signed call is not done twice (docs/decisions/0143).

Clients sign to the second, so two equal calls within a second carry one signature: a retry, or two threads
that ask the same. A call that changes nothing may therefore come again for a minute, long enough for whatever
waited in line; what changes something is done once, and who meant it again is told to sign it again, under
the one name at which every client does so by itself.
"""

from __future__ import annotations

from portal.aws.sigv4 import SIGNATURE_DIFFERS, Rejected

REMEMBERED_SECONDS = 600  # twice as long as a signature is good for, on either side of our clock
READ_AGAIN_SECONDS = 60
_READS = ("Compare", "Describe", "Detect", "Get", "List", "Search")


def is_read(operation: str) -> bool:
    """Tell whether an operation changes nothing; whatever is not known to be such counts as a change."""
    return operation.startswith(_READS)


def refuse(age: float | None, operation: str) -> None:
    """Refuse a call that was received before; the signature was found right.

    While nobody remembers, reads go on and changes wait: nobody can tell whether they were made already.

    Args:
        age: Seconds since its signature was first received; None if that is now, 0 where nobody knows.
        operation: Its name.

    Raises:
        Rejected: `ThrottlingException`, for a change that was received before, or while nobody remembers
            whether it was; `InvalidSignatureException`, for a read that comes again too late.
    """
    if age is None:
        return
    if not is_read(operation):
        raise Rejected(
            "ThrottlingException",
            "A call with this signature was received already, or cannot be told from one. To make it again, "
            "sign it again, a second later.",
        )
    if age > READ_AGAIN_SECONDS:
        raise Rejected("InvalidSignatureException", f"{SIGNATURE_DIFFERS} It was received before.")
