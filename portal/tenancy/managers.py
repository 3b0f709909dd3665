"""Managers of the people's side of the directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager

if TYPE_CHECKING:
    from portal.tenancy.models import User


class UserManager(BaseUserManager["User"]):
    """Users by email."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user; without a password the account waits for its invitation or reset link."""
        user: User = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """Find by email, whatever its case."""
        return self.get(email=(username or "").lower())
