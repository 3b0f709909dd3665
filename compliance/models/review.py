"""What officers record about their own review: conflicts of interest and what they have seen."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models.fields import owned
from portal.tenancy.kinds import OfficeModel


class Recusal(OfficeModel):
    """An officer declared a conflict of interest and has no part in a case any more. Never taken back."""

    PREFIX = "rcs"

    case = owned("compliance.Case")
    officer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    recused_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Once a case and officer, with a reason."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "case", "officer"), name="recusal_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="recusal_has_a_reason"),
        )

    def __str__(self) -> str:
        return f"{self.officer} has no part in {self.case}"
