"""How allauth treats accounts here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is open: whoever has an account may apply; what they may do is decided by people."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Allow new accounts."""
        return True
