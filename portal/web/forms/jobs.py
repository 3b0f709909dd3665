"""The form of a new job: facts, threshold, photos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from compliance.policy.vocabulary import PEOPLE_FINDING, Purpose
from compliance.standing import USUAL_SUBJECT
from portal.web.forms.base import PlainForm
from portal.web.forms.facts import FactsForm
from portal.web.forms.widgets import HintedCheckboxes, HintedRadios
from portal.web.lines import Line
from recognition import threshold
from recognition.actions.orders import MOST_CANDIDATES
from recognition.models import Gallery, JobKind

SUBJECT_FROM = (
    ("filename", "The file's name, without a trailing number"),
    ("folder", "The folder in the ZIP file"),
    ("manifest", "The file manifest.csv in the ZIP file"),
)
_OF_SEARCHES = ("probe_source", "threshold", "max_candidates")
_SUBJECT_HINTS = {
    "filename": "anna-lee 2.jpg shows anna-lee. Folders in a ZIP file do not count.",
    "folder": "anna-lee/front.jpg shows anna-lee.",
    "manifest": "With the columns path and subject.",
}


class SeveralFiles(forms.ClearableFileInput):
    """A file input that takes more than one."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Uploaded files as a list."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Check each file as Django checks one."""
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if not files and self.required:
            raise forms.ValidationError("Choose at least one photo or a ZIP file.", code="required")
        return [super(FilesField, self).clean(file, initial) for file in files]


class OrderForm(FactsForm):
    """What is asked for, of a gallery that is chosen already."""

    threshold = forms.FloatField(min_value=0, max_value=100, initial=threshold.DEFAULT, required=False)
    max_candidates = forms.IntegerField(
        label="Candidates a face, at most",
        min_value=1,
        max_value=MOST_CANDIDATES,
        initial=10,
        widget=forms.TextInput({"inputmode": "numeric", "class": "govuk-input--width-3"}),
    )
    subject_from = forms.ChoiceField(
        label="How each photo tells whom it shows",
        choices=SUBJECT_FROM,
        initial="filename",
        widget=HintedRadios(hints=_SUBJECT_HINTS),
    )
    case_photos = forms.MultipleChoiceField(
        label="Photos of the case", required=False, widget=HintedCheckboxes
    )
    images = FilesField(label="Photos")

    def __init__(
        self,
        *args: Any,
        kind: JobKind,
        gallery: Gallery,
        lines: list[Line],
        case_photos: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.gallery = kind, gallery
        self._name_case(case_photos)
        self.offer(lines)
        self.fields["subject_class"].initial = str(USUAL_SUBJECT.get(Purpose(gallery.purpose), ""))
        left_out = ("subject_from",) if kind == JobKind.SEARCH else _OF_SEARCHES
        for name in left_out:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Folders and manifests exist in an archive only."""
        cleaned = super().clean()
        files = cleaned.get("images") or []
        if not files and not cleaned.get("case_photos") and "images" not in self.errors:
            self.add_error("images", "Choose at least one photo or a ZIP file.")
        if cleaned.get("subject_from", "filename") != "filename":
            alone = [file.name for file in files if not is_archive(file)]
            if alone:
                sentence = (
                    f"{alone[0]} is a photo on its own. Put it into the ZIP file, or choose the file's name."
                )
                self.add_error("subject_from", sentence)
        return cleaned

    @property
    def asked(self) -> float:
        """The threshold asked for; the default where none was."""
        value = self.cleaned_data.get("threshold")
        return threshold.DEFAULT if value is None else float(value)

    def _name_case(self, photos: Sequence[tuple[str, str]]) -> None:
        """Ask for the case where a person is searched for; offer the photos of its record."""
        if self.kind == JobKind.SEARCH and self.gallery.purpose in PEOPLE_FINDING:
            self.fields["case_reference"].required = True
            self.fields[
                "case_reference"
            ].help_text = "Of the case record this search belongs to. A new reference opens a record."
        if photos:
            self._choose("case_photos", list(photos))
            self.fields["images"].required, self.fields["images"].label = False, "Other photos"
        else:
            del self.fields["case_photos"]


def is_archive(file: UploadedFile) -> bool:
    """Tell a ZIP file by its first bytes; names lie."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in {b"PK\x03\x04", b"PK\x05\x06"}


class StartForm(PlainForm):
    """What kind of job, on which gallery."""

    kind = forms.ChoiceField(
        label="What to do",
        choices=[(JobKind.SEARCH, "Search a gallery"), (JobKind.ENROLL, "Enroll people in a gallery")],
        initial=JobKind.SEARCH,
        widget=HintedRadios(
            hints={
                JobKind.SEARCH: "Compare new photos with everybody in a gallery.",
                JobKind.ENROLL: "Add the people in your photos to a gallery.",
            }
        ),
    )
    gallery = forms.ChoiceField(label="Gallery")

    def __init__(self, *args: Any, galleries: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["gallery"].choices = galleries  # type: ignore[attr-defined]


class DeclineForm(PlainForm):
    """Why a waiting job shall not run."""

    reason = forms.CharField(label="Reason", max_length=500, widget=forms.Textarea({"rows": 3}))
