"""Forms of policy: reasons, and a whole version as a document."""

from __future__ import annotations

from typing import Any

from django import forms

from portal.web.forms.base import PlainForm


class ReasonsForm(PlainForm):
    """Why something about the policy is done."""

    reasons = forms.CharField(
        label="Reasons",
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "Say why; everybody can read it."},
    )

    def __init__(self, *args: Any, hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reasons"].help_text = hint


class DocumentForm(PlainForm):
    """A whole version as a document, typed or from a file."""

    document = forms.CharField(
        label="Document", required=False, strip=False, widget=forms.Textarea({"rows": 24, "class": "mono"})
    )
    file = forms.FileField(
        label="Or a file", required=False, help_text="TOML. It takes the place of what stands above."
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Take the file where there is one."""
        given = super().clean() or {}
        if file := given.get("file"):
            try:
                given["document"] = file.read().decode()
            except UnicodeDecodeError:
                self.add_error("file", "This file is no text in UTF-8. Save it as that and send it again.")
        given["document"] = (given.get("document") or "").replace("\r\n", "\n")
        if not given["document"].strip() and not self.errors:
            self.add_error("document", "Write the document, or choose a file.")
        return given
