"""A folder of pairs, sent by a real browser: its folders arrive, and the pairs are compared side by side."""

import pytest

from portal.tenancy.models import User
from tests.e2e.conftest import give_password, sign_in
from tests.support.jobs import ANNA, NOBODY, new_desk, photo, work_off
from tests.support.review import clear_ledger

pytestmark = pytest.mark.e2e


@pytest.fixture
def folder(tmp_path):
    """Two folders with photos of one name each."""
    for side, color in (("new", ANNA), ("old", ANNA)):
        (tmp_path / "all" / side).mkdir(parents=True)
        (tmp_path / "all" / side / "anna.png").write_bytes(photo(color))
    (tmp_path / "all" / "new" / "lea.png").write_bytes(photo(NOBODY))
    return tmp_path / "all"


def test_a_folder_of_pairs_is_sent_compared_and_shown(browser, address, folder):
    clear_ledger()
    desk = new_desk("Harbor Light by Browser")
    page = browser.new_page()
    sign_in(page, address, give_password(User.objects.get(pk=desk.tenant.administrator.pk)))
    page.goto(f"{address}/jobs/new/compare/find_missing_child/")
    page.get_by_label("On whose request").select_option("self")
    page.get_by_label("Case reference").fill("WP-7")
    page.get_by_label("Who the photos show").select_option("missing_child")
    page.get_by_label("Where the photos come from").select_option("case_file")
    page.get_by_text("Send a whole folder").click()
    page.get_by_label("Folder", exact=True).set_input_files(folder)
    page.get_by_role("button", name="Submit the comparison").click()
    page.get_by_text("There is no photo to compare this one with.").wait_for()
    work_off()
    page.reload()
    page.get_by_role("link", name="all/new/anna.png").click()
    page.get_by_role("heading", name="At or above the threshold").wait_for()
    assert page.locator(".sides svg").count() == 2
    page.close()
