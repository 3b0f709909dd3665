"""The form of a new job: facts, threshold, photos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from compliance.policy.vocabulary import PEOPLE_FINDING, Purpose
from compliance.standing import USUAL_SUBJECT
from portal.common.uploads import path_of
from portal.web.forms.base import PlainForm
from portal.web.forms.facts import FactsForm
from portal.web.forms.widgets import HintedCheckboxes, HintedRadios
from portal.web.lines import Line
from portal.web.uploads import files_of, is_archive
from recognition import threshold
from recognition.actions.imports import File, How
from recognition.actions.orders import MOST_CANDIDATES
from recognition.models import Gallery, JobKind, Subject

FILES = ("images", "second", "folder")
SUBJECT_FROM = (
    ("filename", "The file's name, without a trailing number"),
    ("folder", "The folder it lies in"),
    ("manifest", "The file manifest.csv"),
)
PAIRED_BY = (
    ("folder", "Files of one name"),
    ("manifest", "The file manifest.csv"),
)
_LEFT_OUT = {
    JobKind.ENROLL: ("probe_source", "threshold", "max_candidates", "second"),
    JobKind.SEARCH: ("subject_from", "second"),
    JobKind.COMPARE: ("max_candidates",),
    JobKind.DETECT: ("threshold", "max_candidates", "subject_from", "second"),
}
_SUBJECT_HINTS = {
    "filename": "anna-lee 2.jpg shows anna-lee. Folders in a ZIP file do not count.",
    "folder": "anna-lee/front.jpg shows anna-lee.",
    "manifest": "A table in the ZIP file or beside the photos, with the columns path and subject. A column "
    "taken_on may say when: 2019-03-07 or 2019.",
}
_PAIR_HINTS = {
    "folder": "first/anna.jpg is compared with second/anna.png. One photo and one photo are a pair.",
    "manifest": "A table in the ZIP file or beside the photos, with the columns path and second path.",
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
    images = FilesField(label="Photos", required=False)
    second = FilesField(label="Second photos", required=False)
    folder = FilesField(label="A folder", required=False)

    def __init__(
        self,
        *args: Any,
        kind: JobKind,
        gallery: Gallery | None,
        purpose: str,
        lines: list[Line],
        case_photos: Sequence[tuple[str, str]] = (),
        whom: Subject | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.gallery, self.purpose, self.whom = kind, gallery, purpose, whom
        self._name_case(case_photos)
        self.offer(lines)
        self.fields["subject_class"].initial = str(USUAL_SUBJECT.get(Purpose(purpose), ""))
        for name in _LEFT_OUT[kind]:
            del self.fields[name]
        if kind == JobKind.COMPARE:
            self._ask_for_pairs()
        if whom is not None:
            self._ask_for_no_photos(whom)

    def clean(self) -> dict[str, Any]:
        """Some photo is there, and where folders name people each lies in one."""
        cleaned = super().clean()
        if (
            not self.whom
            and not self.files_sent
            and not cleaned.get("case_photos")
            and "images" not in self.errors
        ):
            self.add_error("images", "Choose at least one photo, a ZIP file or a folder.")
        if self.kind == JobKind.ENROLL and cleaned.get("subject_from") == "folder":
            loose = (path_of(file) for file in self.files_sent if not is_archive(file))
            if alone := next((path for path in loose if "/" not in path), ""):
                sentence = f"{alone} is a photo on its own. Send its folder, or choose the file's name."
                self.add_error("subject_from", sentence)
        return cleaned

    @property
    def files_sent(self) -> list[UploadedFile]:
        """Every file that came, of whichever field."""
        return [file for name in FILES for file in self.cleaned_data.get(name) or []]

    @property
    def upload(self) -> list[File]:
        """The files as an import takes them; the sides of a comparison in two folders."""
        sent = {name: self.cleaned_data.get(name) or [] for name in FILES}
        by_name = self.kind == JobKind.COMPARE and self.cleaned_data.get("subject_from") != "manifest"
        first, second = ("first/", "second/") if by_name else ("", "")
        return [
            *files_of(sent["images"], folder=first),
            *files_of(sent["second"], folder=second),
            *files_of(sent["folder"]),
        ]

    @property
    def how(self) -> How:
        """How the files become items."""
        return How(self.kind, self.cleaned_data.get("subject_from") or "filename")

    @property
    def can_be_checked(self) -> bool:
        """Whether the files can be looked at, whatever is wrong with the facts."""
        return bool(self.files_sent) and not {*FILES, "subject_from"} & set(self.errors)

    @property
    def asked(self) -> float:
        """The threshold asked for; the default where none was."""
        value = self.cleaned_data.get("threshold")
        return threshold.DEFAULT if value is None else float(value)

    @property
    def facts(self) -> dict[str, Any]:
        """What is declared; where the photos of somebody who is enrolled come from, their gallery says."""
        stated = super().facts
        return stated | ({"probe_source": self.whom.gallery.image_source} if self.whom else {})

    def _ask_for_no_photos(self, whom: Subject) -> None:
        for name in (*FILES, "case_photos", "probe_source"):
            self.fields.pop(name, None)
        if whom.record is not None:
            self.fields["case_reference"].initial = whom.record.reference

    def _ask_for_pairs(self) -> None:
        self.fields["images"].label = "First photos"
        self.fields["subject_from"] = forms.ChoiceField(
            label="Which photos are compared",
            choices=PAIRED_BY,
            initial="folder",
            widget=HintedRadios(hints=_PAIR_HINTS),
        )

    def _name_case(self, photos: Sequence[tuple[str, str]]) -> None:
        """Ask for the case where a person is searched for; offer the photos of its record."""
        if self.kind in {JobKind.SEARCH, JobKind.COMPARE} and self.purpose in PEOPLE_FINDING:
            self.fields["case_reference"].required = True
            self.fields[
                "case_reference"
            ].help_text = "Of the case record this belongs to. A new reference opens a record."
        if photos:
            self._choose("case_photos", list(photos))
            self.fields["images"].label = "Other photos"
        else:
            del self.fields["case_photos"]


class StartForm(PlainForm):
    """What kind of job, on which gallery or for which purpose."""

    kind = forms.ChoiceField(
        label="What to do",
        choices=[
            (JobKind.SEARCH, "Search a gallery"),
            (JobKind.ENROLL, "Enroll people in a gallery"),
            (JobKind.COMPARE, "Compare pairs of photos"),
            (JobKind.DETECT, "Detect faces"),
        ],
        initial=JobKind.SEARCH,
        widget=HintedRadios(
            hints={
                JobKind.SEARCH: "Compare new photos with everybody in a gallery.",
                JobKind.ENROLL: "Add the people in your photos to a gallery.",
                JobKind.COMPARE: "Say how alike the faces of two photos are. No gallery is looked into.",
                JobKind.DETECT: "Find every face in your photos, and how good each is. Nobody is compared.",
            }
        ),
    )
    gallery = forms.ChoiceField(
        label="Gallery", required=False, help_text="To search, or to enroll people in."
    )
    purpose = forms.ChoiceField(
        label="Purpose", required=False, help_text="Of a comparison, or of detecting faces."
    )

    def __init__(
        self,
        *args: Any,
        galleries: list[tuple[str, str]],
        purposes: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["gallery"].choices = galleries  # type: ignore[attr-defined]
        self.fields["purpose"].choices = purposes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Each kind asks for one of the two."""
        cleaned = super().clean() or {}
        if kind := cleaned.get("kind"):
            needed = "gallery" if JobKind(kind).uses_gallery else "purpose"
            if not cleaned.get(needed):
                self.add_error(needed, "Choose one.")
        return cleaned


class DeclineForm(PlainForm):
    """Why a waiting job shall not run."""

    reason = forms.CharField(label="Reason", max_length=500, widget=forms.Textarea({"rows": 3}))
