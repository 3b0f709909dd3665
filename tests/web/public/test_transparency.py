from django.test import Client

from tests.web.officer.people import applicant, submitted


def test_anybody_reads_which_moratorium_is_in_force(database):
    page = Client().get("/transparency/")
    assert page.status_code == 200
    moratoria = {rule["id"]: rule for rule in page.context["moratoria"]}
    assert moratoria["us-police-2020"]["until"] is None
    assert "humanitarian-exemption" in page.content.decode()


def test_the_history_keeps_the_end_that_the_first_version_named(database):
    history = {row["number"]: row for row in Client().get("/transparency/").context["history"]}
    first = next(rule for rule in history[1]["moratoria"] if rule["id"] == "us-police-2020")
    assert f"{first['until']:%Y-%m-%d}" == "2021-06-10"
    assert history[1]["status"] == "superseded"
    assert any(change.startswith("Changes us-police-2020") for change in history[2]["changes"])


def test_the_page_names_no_organization(database):
    tenant = applicant("Unnamed Shelter")
    submitted(tenant)
    assert tenant.organization.name not in Client().get("/transparency/").content.decode()


def test_the_page_takes_no_form(database):
    assert Client().post("/transparency/").status_code == 405
