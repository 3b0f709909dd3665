"""What can be wrong with a policy or with stated facts."""

from portal.common.errors import InvalidInput


class PolicyError(InvalidInput):
    """A rule, version or fact cannot be read; the sentence says what to mend."""
