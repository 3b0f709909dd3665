"""Forms as they reach the browser."""

from datetime import date

import pytest
from django import forms
from django.template.loader import render_to_string

import portal.urls  # noqa: F401 - loads every form
from portal.web.forms.base import PlainForm
from portal.web.forms.widgets import DateParts, HintedCheckboxes, HintedRadios

TIES = [("no", "No"), ("yes", "Yes")]


class Question(forms.Form):
    name = forms.CharField(label="Legal name", help_text="As registered.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    ties = forms.ChoiceField(label="Ties", choices=TIES, widget=HintedRadios(hints={"yes": "On request."}))
    born = forms.DateField(label="Date of birth", widget=DateParts)
    agree = forms.BooleanField(label="I agree")


def rendered(**data: str) -> str:
    return str(Question(data or None))


def test_hint_and_error_are_tied_to_their_field() -> None:
    page = rendered(ties="no")
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page


def test_a_group_of_choices_is_a_fieldset_described_by_its_error() -> None:
    page = rendered(name="Harbor")
    assert '<fieldset class="govuk-fieldset" aria-describedby="id_ties_error">' in page


def test_only_optional_fields_are_marked() -> None:
    assert rendered().count("(optional)") == 1


def test_the_browser_does_not_check_before_us() -> None:
    assert " required" not in rendered()


def test_a_choice_carries_its_hint() -> None:
    page = rendered()
    assert 'aria-describedby="id_ties_1_hint"' in page
    assert "On request." in page


def test_checkboxes_carry_hints_too() -> None:
    field = forms.MultipleChoiceField(choices=TIES, widget=HintedCheckboxes(hints={"no": "None at all."}))
    assert "None at all." in field.widget.render("ties", ["no"], {"id": "id_ties"})


def test_a_password_is_not_sent_back() -> None:
    class Secret(forms.Form):
        password = forms.CharField(widget=forms.PasswordInput)

    assert "hunter2" not in str(Secret({"password": "hunter2"}))


def test_a_date_is_read_from_its_parts() -> None:
    form = Question({"born_month": "6", "born_day": " 1 ", "born_year": "2020"})
    form.is_valid()
    assert form.cleaned_data["born"] == date(2020, 6, 1)


@pytest.mark.parametrize(("month", "message"), [("13", "Enter a valid date."), ("", "Enter a valid date.")])
def test_an_impossible_date_comes_back_as_typed(month: str, message: str) -> None:
    form = Question({"born_month": month, "born_day": "1", "born_year": "2020"})
    assert form.errors["born"] == [message]
    assert 'name="born_year"' in str(form)
    assert 'value="2020"' in str(form)


def test_a_known_date_is_split_into_its_parts() -> None:
    page = str(Question(initial={"born": date(2020, 6, 1)})["born"])
    assert [f'value="{part}"' in page for part in (6, 1, 2020)] == [True, True, True]


@pytest.mark.parametrize("target", ["id_name", "id_ties_0", "id_born_0"])
def test_the_error_summary_leads_to_the_first_control_of_each_field(target: str) -> None:
    form = Question({"agree": "on"})
    page = render_to_string("_components/error_summary.html", {"form": form})
    assert f'href="#{target}"' in page
    assert f'id="{target}"' in str(form)


def forms_of_ours() -> list[type[forms.Form]]:
    """Every form class of the portal, allauth's own aside."""
    found = {forms.Form}
    while more := {sub for form in found for sub in form.__subclasses__()} - found:
        found |= more
    return sorted((form for form in found if form.__module__.startswith("portal.")), key=str)


@pytest.mark.parametrize("form", forms_of_ours(), ids=lambda form: form.__name__)
def test_every_form_asks_for_what_lacks_in_our_words(form: type[forms.Form]) -> None:
    assert issubclass(form, PlainForm) or form.__module__ == "portal.web.forms.accounts"


def test_an_empty_form_says_what_to_mend_and_keeps_words_of_its_own() -> None:
    class Plain(PlainForm):
        name = forms.CharField(max_length=3)
        kind = forms.ChoiceField(choices=TIES, error_messages={"required": "Say which."})
        file = forms.FileField()

    assert Plain({}).errors == {
        "name": ["Fill this in."],
        "kind": ["Say which."],
        "file": ["Choose a file."],
    }
    wrong = Plain({"name": "too long", "kind": "maybe"}).errors
    assert wrong["name"] == ["Write at most 3 characters; this has 8."]
    assert wrong["kind"] == ["Choose from what is shown."]
