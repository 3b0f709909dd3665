"""The story through the real actions and a real worker, with the fake engine: people are colors."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from compliance.models import Determination
from compliance.policy.vocabulary import MoratoriumStatus
from portal.audit.models import Event
from portal.tenancy.actions import officers
from portal.tenancy.actions import people as accounts
from portal.tenancy.models import Officer, Organization, User
from portal.tenancy.scope import officer_scope, tenant_scope
from portal.web.demo import people, report, story
from portal.web.demo.photos import Album
from portal.web.demo.story import Story
from recognition.models import Item, ItemStatus, Job, JobStatus
from tests.demo.conftest import COLORS, photo

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def told(worker: None, album: Album) -> Story:
    """The story, played once for these tests."""
    return story.play(album, lambda _line: None)


def test_the_story_comes_out_right(told: Story) -> None:
    assert told.wrong == []
    assert "came out right: 6 rulings and 7 searches" in report.verdict(told)


def test_each_organization_stands_as_the_story_says(told: Story) -> None:
    charity, police, museum = (member.standing.moratorium_status for member in told.members)
    assert (charity, police, museum) == (
        MoratoriumStatus.EXEMPT,
        MoratoriumStatus.COVERED,
        MoratoriumStatus.NOT_COVERED,
    )


def test_people_decide_and_two_of_them_where_police_or_an_exemption_are_in_it(told: Story) -> None:
    with officer_scope():
        found = {one.organization_id: one for one in Determination.objects.all()}
    charity, police, museum = (found[member.organization.pk] for member in told.members)
    assert all(one.decided_by for one in (charity, police, museum))
    assert charity.countersigned_by
    assert police.countersigned_by
    assert museum.countersigned_by is None


def test_everything_the_story_makes_is_marked_as_synthetic(told: Story) -> None:
    assert not Organization.objects.filter(synthetic=False).exists()


def test_police_are_refused_with_rule_source_and_remedy_and_nothing_was_searched(told: Story) -> None:
    refused = next(one.ruling for one in told.ruled if one.ruling.rule == "us-police-2020")
    text = report.closing(told)
    assert all(word in text for word in (refused.sentence, refused.source["document"], refused.public_id))
    with tenant_scope(refused.organization_id):
        job = Job.objects.get()
        assert job.status == JobStatus.REFUSED
        assert not Item.objects.exclude(status=ItemStatus.WAITING).exists()


def test_the_museum_gets_its_archive_and_no_watchlist(told: Story) -> None:
    rulings = [(one.ruling.outcome, one.ruling.rule) for one in told.ruled[-3:]]
    assert rulings == [
        ("cleared", "baseline-media_archive"),
        ("cleared", "baseline-media_archive"),
        ("refused", "watchlist-off"),
    ]
    assert "Only photos of its own collection are searched." in report.closing(told)


def test_the_right_person_is_first_and_strangers_find_nobody(told: Story) -> None:
    found = told.searches[0].found
    assert [(one.probe.shows, one.best) for one in found] == [
        ("anna", "anna"),
        ("anna", "anna"),
        ("boris", "boris"),
        ("clara", ""),
    ]
    assert all(one.similarity > 80 for one in found if one.best)


def test_a_ruling_that_was_not_expected_is_told(told: Story) -> None:
    ruled = replace(told.ruled[0], expected_rule="no-such-rule")
    altered = replace(told, ruled=(ruled,))
    assert "expected cleared no-such-rule" in report.verdict(altered)


def test_every_account_that_is_printed_signs_in(told: Story) -> None:
    text = report.accounts(told, people.password(), "http://127.0.0.1:8000")
    emails = [line.split()[0] for line in text.splitlines() if "@" in line]
    assert len(emails) == 9
    for email in emails:
        answer = Client().post("/accounts/login/", {"login": email, "password": people.password()})
        assert answer.status_code == 302


def test_a_second_run_meets_the_same_organizations_and_accounts(told: Story, album: Album) -> None:
    before = Organization.objects.count(), User.objects.count()
    again = story.play(album, lambda _line: None)
    assert again.wrong == []
    assert (Organization.objects.count(), User.objects.count()) == before
    assert [member.is_new for member in again.members] == [False] * 3


def test_the_command_plays_on_a_folder_of_ones_own(worker: None, folder: Path) -> None:
    out = io.StringIO()
    call_command("demo", photos=folder, once=True, stdout=out)
    assert "The story came out right" in out.getvalue()
    assert "SIGN IN" not in out.getvalue()


def test_the_command_fails_when_a_photo_shows_somebody_else(worker: None, folder: Path) -> None:
    (folder / "boris" / "boris-1.jpg").write_bytes(photo(COLORS["anna"], 222))
    with pytest.raises(CommandError, match=r"boris-1.jpg of boris: expected boris, found anna"):
        call_command("demo", photos=folder, stdout=io.StringIO())


def test_reviews_leave_their_trail(told: Story) -> None:
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {"application.submitted", "case.assigned", "case.countersigned", "determination.recorded"} <= verbs


def test_the_story_acts_in_no_name_of_officers_who_are_not_its_own(worker: None, album: Album) -> None:
    user = accounts.create_user(email="real@example.org", name="", password=None, by=people.BY)
    officer = officers.appoint(user=user, by=people.BY, synthetic=True)
    try:
        with pytest.raises(CommandError, match="officer"):
            story.play(album, lambda _line: None)
    finally:
        Officer.objects.filter(pk=officer.pk).update(active=False)
