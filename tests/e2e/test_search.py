"""From sign-in to a candidate, in a browser, with the fake engine behind the real ledger."""

import pytest

from tests.e2e.conftest import give_password, sign_in
from tests.support.jobs import ANNA, BORIS, new_desk, photo, work_off

pytestmark = pytest.mark.e2e
NARROW = {"width": 320, "height": 800}


def harbor():
    """An organization with two enrolled people, and the address its administrator signs in with."""
    desk = new_desk("Harbor Light")
    desk.submit("enroll", [("anna 1.png", photo(ANNA)), ("boris 1.png", photo(BORIS))])
    work_off()
    return desk, give_password(desk.tenant.administrator)


def fill_order(page, file, asked_by="family"):
    page.get_by_label("On whose request").select_option(asked_by)
    page.get_by_label("Case reference").fill("CASE-9")
    page.get_by_label("Where the photos come from").select_option("guardian")
    page.get_by_label("Photos", exact=True).set_input_files(file)


def state_authorization(page):
    """A family asks: the police report that makes it lawful."""
    page.get_by_text("An authority or court allowed or reported it").click()
    page.get_by_label("Who authorized it").fill("Westford Police")
    page.get_by_label("Reference of the authorization").fill("Report 88")
    for part, value in (("Month", "6"), ("Day", "10"), ("Year", "2026")):
        page.get_by_label(part).fill(value)
    page.get_by_label("What they answered").select_option("granted")


@pytest.fixture
def probe(tmp_path):
    path = tmp_path / "market square.png"
    path.write_bytes(photo(ANNA))
    return path


@pytest.fixture
def page(browser):
    """A page that remembers what went wrong in it: a script error, a violated policy, a failed request."""
    context = browser.new_context()
    opened = context.new_page()
    opened.complaints = []
    opened.on("console", lambda told: told.type == "error" and opened.complaints.append(told.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    yield opened
    context.close()


def test_a_search_goes_from_the_gallery_to_a_candidate(page, address, probe):
    _, email = harbor()
    sign_in(page, address, email)
    page.get_by_role("link", name="Galleries").first.click()
    page.get_by_role("link", name="Missing children").click()
    page.get_by_role("button", name="Search this gallery").click()
    estimate = page.locator("#estimate")
    estimate.get_by_text("Not complete yet").wait_for()
    fill_order(page, probe)
    estimate.get_by_text("family-authority").wait_for()
    state_authorization(page)
    estimate.get_by_text("Cleared").wait_for()
    page.get_by_role("button", name="Submit the search").click()
    page.get_by_text("The job waits for a worker.").wait_for()
    work_off()
    page.get_by_text("The results can be read.").wait_for()
    page.get_by_role("button", name="Look at the results").click()
    page.get_by_role("link", name="market square.png").click()
    page.get_by_role("link", name="1 candidate of face 1").click()
    assert "Candidate 1: anna" in page.get_by_role("article").inner_text()
    page.wait_for_load_state("load")
    loaded = "images => images.every(image => image.complete && image.naturalWidth > 0)"
    assert page.eval_on_selector_all("img.face", loaded)
    assert page.complaints == []


def test_a_search_is_submitted_without_javascript(browser, address, probe):
    desk, email = harbor()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, address, email)
    page.goto(f"{address}/galleries/{desk.gallery.public_id}/search/")
    fill_order(page, probe, asked_by="self")
    page.get_by_role("button", name="Submit the search").click()
    work_off()
    page.reload()
    assert "The results can be read." in page.content()
    context.close()


@pytest.mark.parametrize("path", ["/", "/galleries/", "/jobs/", "/members/", "/keys/new/", "/trail/"])
def test_pages_fit_a_narrow_screen(page, address, path):
    _, email = harbor()
    page.set_viewport_size(NARROW)
    sign_in(page, address, email)
    page.goto(f"{address}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert page.complaints == []


def test_too_many_files_stay_on_the_page_with_a_way_out(page, address):
    desk, email = harbor()
    sign_in(page, address, email)
    page.goto(f"{address}/galleries/{desk.gallery.public_id}/search/")
    many = [{"name": f"{number}.png", "mimeType": "image/png", "buffer": b"x"} for number in range(501)]
    page.get_by_label("Photos", exact=True).set_input_files(many)
    page.get_by_role("button", name="Submit the search").click()
    assert page.get_by_role("alert").filter(has_text="Put them into a ZIP file").is_visible()
    assert page.evaluate("document.activeElement.id") == "id_images"
