"""A reviewer in a browser: number keys that can be turned off, no JavaScript at all, narrow screens."""

import pytest

from portal.tenancy.models import User
from portal.tenancy.scope import tenant_scope
from recognition.models import Candidate
from tests.e2e.conftest import give_password, sign_in
from tests.support.jobs import new_desk
from tests.support.review import clear_ledger, hand_out, judge, member, searched

pytestmark = pytest.mark.e2e
NARROW = {"width": 320, "height": 800}


@pytest.fixture
def review(database):
    """A candidate to judge, and the address its reviewer signs in with."""
    clear_ledger()
    desk = new_desk("Review House")
    _, candidate = searched(desk)
    return desk, candidate, give_password(User.objects.get(pk=member(desk).user_id))


def opened(browser, address, candidate, email, **context):
    page = browser.new_context(**context).new_page()
    sign_in(page, address, email)
    page.goto(f"{address}/candidates/{candidate.public_id}/")
    return page


def fill(page):
    page.get_by_label("Ears").check()
    page.get_by_label("What did you see?").fill("The same ear 1, 2 and 3.")


def status_of(desk, candidate) -> str:
    with tenant_scope(desk.tenant.organization):
        return Candidate.objects.get(pk=candidate.pk).status


def test_a_number_key_judges_once_nobody_is_typing(browser, address, review):
    desk, candidate, email = review
    page = opened(browser, address, candidate, email)
    fill(page)  # with the numbers in the sentence, which are no verdicts
    assert status_of(desk, candidate) == "candidate"
    page.get_by_label("Ears").focus()
    page.keyboard.press("2")
    page.get_by_text("Your judgment was recorded.").wait_for()
    assert status_of(desk, candidate) == "rejected"
    page.context.close()


def test_number_keys_can_be_turned_off_and_stay_off(browser, address, review):
    desk, candidate, email = review
    page = opened(browser, address, candidate, email)
    page.get_by_label("Number keys choose an answer").uncheck()
    page.reload()
    fill(page)
    page.get_by_label("Ears").focus()
    page.keyboard.press("1")
    assert not page.get_by_label("Number keys choose an answer").is_checked()
    assert status_of(desk, candidate) == "candidate"
    page.get_by_role("button", name="Lead", exact=True).click()
    page.get_by_text("Your judgment was recorded.").wait_for()
    assert status_of(desk, candidate) == "lead"
    page.context.close()


def test_a_candidate_is_judged_without_javascript(browser, address, review):
    desk, candidate, email = review
    page = opened(browser, address, candidate, email, java_script_enabled=False)
    fill(page)
    page.get_by_role("button", name="Inconclusive").click()
    assert "Your judgment was recorded" in page.content()
    assert status_of(desk, candidate) == "inconclusive"
    page.context.close()


def test_pages_of_leads_and_exports_fit_a_narrow_screen(browser, address, review):
    desk, candidate, _ = review
    judge(candidate, member(desk))
    with tenant_scope(desk.tenant.organization):
        job = candidate.item.job
    made = hand_out(desk, job)
    own = f"/candidates/{candidate.public_id}/"
    page = opened(browser, address, candidate, give_password(desk.tenant.administrator), viewport=NARROW)
    for path in (
        own,
        f"{own}outcome/",
        f"{own}withdraw/",
        f"{own}export/",
        f"/exports/{made.id}/",
        "/exports/",
    ):
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], path
    page.context.close()
