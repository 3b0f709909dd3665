"""The form of one rule of a policy: scope, period, effect, source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from django import forms

from compliance.models.fields import choices
from compliance.policy.dimensions import DIMENSIONS
from compliance.policy.errors import PolicyError
from compliance.policy.obligations import Obligations
from compliance.policy.rules import Condition, Effect, Kind, Period, Rule, Source, WhenUndetermined
from compliance.policy.vocabulary import OrganizationType, Purpose, Review
from portal.web.forms.base import PlainForm
from portal.web.forms.moments import ZONES, moment_of
from portal.web.forms.onboarding import lines
from portal.web.forms.widgets import DateParts, HintedCheckboxes, HintedRadios
from portal.web.forms.wording import grouped
from portal.web.templatetags.countenance import words

# Who may be meant, what for, and what is done: what most rules are about, open from the start.
USUAL: Final = ("party", "organization_type", "purpose", "operation", "jurisdiction")
_COMMAS = re.compile(r"[\s,;]+")
_EFFECTS: Final = {
    Effect.REFUSE: "Refuses",
    Effect.REFER: "Refers to an officer",
    Effect.ALLOW: "Allows",
    Effect.ALLOW_WITH: "Allows, with conditions",
}
_UNDETERMINED: Final = {
    WhenUndetermined.REFUSE: "It refuses",
    WhenUndetermined.REFER: "It refers to an officer",
    WhenUndetermined.APPLY: "It applies all the same",
    WhenUndetermined.IGNORE: "It does not apply",
}
# Where the sentence of an error is shown; what is not listed stands above the form.
_SHOWN_AT: Final = {
    "identifier": "id",
    "rule_twice": "id",
    "period_order": "ends_on",
    "lifts": "lifts",
    "lifts_itself": "lifts",
    "lifts_unknown": "lifts",
    "effect": "effect",
    "obligations": "effect",
    "similarity_range": "min_similarity",
}
_GROUPED: Final = {
    **dict.fromkeys(("party", "every_party", "organization_type", "key_operator"), OrganizationType),
    "purpose": Purpose,
}
_LABELS: Final = {
    "party": "Any party",
    "every_party": "Every party",
    "jurisdiction": "Any jurisdiction",
    "ungranted_attribute": "Attributes asked for and not granted",
    "lacks": "Documents that are not on file",
    "image_source": "Any source of the images",
    "every_image_source": "Every source of the images",
}


class RuleForm(PlainForm):
    """One rule: what it is about, when it holds, what it does and where it comes from."""

    all_optional = True  # what a rule needs depends on its kind; its own errors say so

    seen = forms.CharField(widget=forms.HiddenInput)
    id = forms.CharField(
        label="Id", max_length=64, help_text="Letters, digits and hyphens, such as us-police-2020."
    )
    kind = forms.ChoiceField(
        label="Kind", choices=[(one.value, words(one)) for one in Kind if one is not Kind.STANDING]
    )
    effect = forms.ChoiceField(
        label="What it does",
        widget=HintedRadios,
        choices=list(_EFFECTS.items()),
    )
    starts_on = forms.DateField(label="Holds from", widget=DateParts, help_text="For example: 6 10 2020")
    starts_time = forms.CharField(label="At what time", initial="00:00", max_length=8)
    ends_on = forms.DateField(
        label="Until", required=False, widget=DateParts, help_text="Left empty: until further notice."
    )
    ends_time = forms.CharField(label="At what time it ends", required=False, initial="00:00", max_length=8)
    zone = forms.ChoiceField(
        label="Time zone", choices=[(one, one.replace("_", " ").replace("/", ", ")) for one in ZONES]
    )
    lifts = forms.MultipleChoiceField(
        label="Rules that it lifts", required=False, widget=HintedCheckboxes, help_text="Exemptions only."
    )
    on_undetermined = forms.ChoiceField(
        label="Where a fact cannot be known",
        choices=list(_UNDETERMINED.items()),
    )
    min_similarity = forms.FloatField(label="Lowest similarity", required=False)
    review = forms.ChoiceField(label="Review", required=False, choices=choices(Review))
    reviewers = forms.IntegerField(label="Reviewers of each candidate", required=False, min_value=1)
    false_candidate_budget = forms.FloatField(label="False candidates expected at most", required=False)
    retention_days = forms.IntegerField(label="Days that faces are kept at most", required=False)
    images_in_30_days = forms.IntegerField(label="Images in 30 days at most", required=False)
    gallery_faces = forms.IntegerField(label="Faces in a gallery at most", required=False)
    authorization_within_hours = forms.IntegerField(label="Hours for the authorization", required=False)
    never_sole_basis = forms.BooleanField(label="Never the sole basis of a decision", required=False)
    thresholds_free = forms.BooleanField(label="Floors and budgets do not bind", required=False)
    conditions = forms.CharField(
        label="Further conditions, for people to keep",
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="One a line.",
    )
    source_document = forms.CharField(label="Source", max_length=300, help_text="Name of the document.")
    source_dated_on = forms.DateField(label="Its date", widget=DateParts)
    source_address = forms.CharField(label="Its address", max_length=500)
    source_says = forms.CharField(
        label="What the source says", widget=forms.Textarea({"rows": 4}), help_text="In its own terms."
    )
    our_reading = forms.CharField(
        label="How we read it",
        widget=forms.Textarea({"rows": 4}),
        help_text="And where that goes beyond the source.",
    )
    sentence = forms.CharField(
        label="The rule in one sentence",
        widget=forms.Textarea({"rows": 2}),
        help_text="As a refused person reads it.",
    )
    remedy = forms.CharField(label="What a refused person can do", widget=forms.Textarea({"rows": 2}))

    def __init__(self, ids: Iterable[str], standing: Rule | None, *args: Any, **kwargs: Any) -> None:
        """Make the form; what it has no field for is kept from the rule that stands."""
        super().__init__(*args, **kwargs)
        self.standing = standing
        self.fields["lifts"].choices = [(one, one) for one in ids]  # type: ignore[attr-defined]
        for name in DIMENSIONS:
            self.fields[scope_name(name)] = _scope_field(name)

    @property
    def scope_groups(self) -> list[dict[str, Any]]:
        """The dimensions with their fields, each with how many words are chosen."""
        ordered = (*USUAL, *(name for name in DIMENSIONS if name not in USUAL))
        return [self._group(name) for name in ordered]

    @property
    def demands(self) -> list[forms.BoundField]:
        """The fields of obligations."""
        return [self[one.name] for one in fields(Obligations) if one.name in self.fields]

    def rule(self) -> Rule | None:
        """Return the rule that the form describes; None where an error says what to mend."""
        if not self.is_valid():
            return None
        try:
            return self._rule(self.cleaned_data)
        except PolicyError as error:
            self.show(error)
            return None

    def show(self, error: PolicyError) -> None:
        """Show what is wrong with the rule at the field where it is mended."""
        scoped = [name for name in DIMENSIONS if error.sentence.endswith(f"not a word of {name}.")]
        place = scope_name(scoped[0]) if scoped else _SHOWN_AT.get(error.code)
        self.add_error(place, error.sentence)

    def clean(self) -> dict[str, Any]:
        """Join days, times and zone to moments."""
        given = super().clean() or {}
        for name in ("starts", "ends"):
            given[f"{name}_at"] = self._moment(given, name)
        return given

    def _moment(self, given: Mapping[str, Any], name: str) -> datetime | None:
        day, text = given.get(f"{name}_on"), (given.get(f"{name}_time") or "00:00").strip()
        if day is None:
            return None
        try:
            return moment_of(day, text, given.get("zone") or "UTC")
        except ValueError as error:
            self.add_error(f"{name}_time", str(error))
            return None

    def _rule(self, given: Mapping[str, Any]) -> Rule:
        scope = {name: given[scope_name(name)] for name in DIMENSIONS if given[scope_name(name)]}
        return Rule(
            id=given["id"],
            kind=Kind(given["kind"]),
            effect=Effect(given["effect"]),
            scope=tuple(Condition(name, frozenset(chosen)) for name, chosen in scope.items()),
            period=Period(given["starts_at"], given["ends_at"]),
            source=Source(given["source_document"], given["source_dated_on"], given["source_address"]),
            lifts=frozenset(given["lifts"]),
            obligations=_obligations(given, self.standing),
            on_undetermined=WhenUndetermined(given["on_undetermined"]),
            **{name: given[name] for name in ("source_says", "our_reading", "sentence", "remedy")},
        )

    def _group(self, name: str) -> dict[str, Any]:
        field = self[scope_name(name)]
        chosen = field.value() or []
        count = len(_COMMAS.split(chosen.strip())) if isinstance(chosen, str) and chosen else len(chosen)
        return {"field": field, "count": count, "open": bool(count or field.errors)}


def initial_of(rule: Rule) -> dict[str, Any]:
    """Return what the form shows of a rule; its moments in UTC."""
    demands = {one.name: getattr(rule.obligations, one.name) for one in fields(Obligations)}
    demands["conditions"] = "\n".join(sorted(rule.obligations.conditions))
    scope = {scope_name(one.dimension): _shown(one) for one in rule.scope}
    texts = {name: getattr(rule, name) for name in ("source_says", "our_reading", "sentence", "remedy")}
    source = {"source_document": rule.source.document, "source_address": rule.source.address}
    parts = {"id": rule.id, "kind": rule.kind, "effect": rule.effect, "on_undetermined": rule.on_undetermined}
    ends = _parts("ends", rule.period.ends_at) if rule.period.ends_at else {}
    moments = {**_parts("starts", rule.period.starts_at), **ends, "zone": "UTC"}
    dated = {"source_dated_on": rule.source.dated_on, "lifts": sorted(rule.lifts)}
    return {**demands, **scope, **texts, **source, **parts, **moments, **dated}


def scope_name(dimension: str) -> str:
    """Return the name of the field of a dimension."""
    return f"scope_{dimension}"


def _parts(name: str, moment: datetime) -> dict[str, Any]:
    utc = moment.astimezone(UTC)
    text = f"{utc:%H:%M:%S}" if utc.second else f"{utc:%H:%M}"
    return {f"{name}_on": utc.date(), f"{name}_time": text}


def _shown(condition: Condition) -> Any:
    listed = sorted(condition.words)
    return listed if isinstance(DIMENSIONS[condition.dimension].words, frozenset) else ", ".join(listed)


class _Codes(forms.CharField):
    """Codes with commas between; cleans to a list."""

    def clean(self, value: Any) -> Any:
        return [part for part in _COMMAS.split((super().clean(value) or "").upper()) if part]


def _scope_field(name: str) -> forms.Field:
    found = DIMENSIONS[name]
    label = _LABELS.get(name, found.label[:1].upper() + found.label[1:])
    if not isinstance(found.words, frozenset):
        return _Codes(label=label, required=False, help_text="Codes such as US, US-WA or EU.")
    group = _GROUPED.get(name)
    others = [(one, words(one)) for one in sorted(found.words - set(group or ()))]
    offered = [*grouped(group), *([("Others", others)] if others else [])] if group else others
    return forms.MultipleChoiceField(label=label, required=False, widget=HintedCheckboxes, choices=offered)


def _obligations(given: Mapping[str, Any], standing: Rule | None) -> Obligations:
    named = standing.obligations.recipients if standing else None
    demands = {one.name: given[one.name] for one in fields(Obligations) if one.name in given}
    demands |= {"recipients": named, "conditions": frozenset(lines(given["conditions"]))}
    demands |= {"review": Review(given["review"] or "none")}
    return Obligations(**{name: value for name, value in demands.items() if value is not None})
