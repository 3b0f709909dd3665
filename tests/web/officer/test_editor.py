"""The officer's editor: a draft changed rule by rule and as a document, simulated, proposed."""

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from compliance.actions import drafts, policies, simulations
from compliance.models import PolicyEpoch, PolicyProposal, PolicySimulation, PolicyVersionRecord
from portal.web.forms.moments import moment_of
from tests.compliance.drafting import looser, tightened, tighter
from tests.web.officer.people import officer_client, only_officers

RULE = {
    "id": "no-drones",
    "kind": "switch",
    "effect": "refuse",
    "on_undetermined": "refuse",
    "scope_operation": ["search"],
    "scope_jurisdiction": "us-wa, DE",
    "starts_on_month": "6",
    "starts_on_day": "10",
    "starts_on_year": "2026",
    "starts_time": "00:00",
    "ends_time": "00:00",
    "zone": "America/New_York",
    "review": "none",
    "source_document": "Order of the office",
    "source_dated_on_month": "6",
    "source_dated_on_day": "1",
    "source_dated_on_year": "2026",
    "source_address": "https://example.org/order",
    "source_says": "No drones.",
    "our_reading": "No search of their pictures.",
    "sentence": "Pictures of drones are not searched.",
    "remedy": "Use pictures of the case.",
}


@pytest.fixture
def officers(fresh_database):
    return only_officers("Ada", "Ben")


@pytest.fixture
def client(officers):
    return officer_client(officers[0])


@pytest.fixture
def draft(officers):
    return drafts.start(by=officers[0])


def address(draft, rest=""):
    return f"/officer/policies/drafts/{draft.public_id}/{rest}"


def rule_of(draft, name):
    draft.refresh_from_db()
    version = drafts.read(draft, policies.next_of(PolicyEpoch.objects.get().pack))
    return next((rule for rule in version.rules if rule.id == name), None)


def test_a_draft_is_started_from_the_list(client):
    page = client.post("/officer/policies/drafts/", follow=True)
    made = PolicyProposal.objects.get()
    assert page.redirect_chain[-1][0] == address(made)
    assert "Nothing yet" in page.content.decode()
    assert address(made) in client.get("/officer/policies/").content.decode()


def test_a_rule_is_built_from_words_and_shown_as_a_sentence(client, draft):
    page = client.post(address(draft, "preview/"), RULE | {"seen": draft.sha256})
    spoken = page.context["spoken"]
    assert spoken.startswith("From June 10, 2026, 04:00 UTC and until further notice, this switch refuses")
    assert "any jurisdiction is DE or US-WA" in spoken
    assert rule_of(draft, "no-drones") is None


def test_a_rule_is_saved_in_the_draft_and_proposed_as_a_tightening(client, draft):
    client.post(address(draft, "rules/"), RULE | {"seen": draft.sha256})
    rule = rule_of(draft, "no-drones")
    assert rule.period.starts_at == datetime(2026, 6, 10, 4, tzinfo=UTC)
    page = client.get(address(draft))
    assert (page.context["loosenings"], page.context["can_propose"]) == ([], True)
    page = client.post(address(draft, "propose/"), {"sha256": draft.sha256}, follow=True)
    assert page.context["status"] == "in_force_unratified"
    assert rule in PolicyVersionRecord.objects.latest("recorded_at").version.rules


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"scope_operation": [], "scope_jurisdiction": ""}, "__all__", "say what it is about"),
        ({"scope_jurisdiction": "Washington"}, "scope_jurisdiction", "not a word of jurisdiction"),
        ({"effect": "allow_with"}, "effect", "obligations go with the effect"),
        ({"kind": "exemption", "effect": "allow"}, "lifts", "lifts at least one rule"),
        ({"ends_on_month": "1", "ends_on_day": "1", "ends_on_year": "2025"}, "ends_on", "before it starts"),
        ({"starts_time": "midnight"}, "starts_time", "Write hours and minutes"),
        ({"starts_time": "23:59:60"}, "starts_time", "leap second"),
        (
            {"starts_on_month": "3", "starts_on_day": "8", "starts_time": "02:30"},
            "starts_time",
            "clocks leave",
        ),
        (
            {"starts_on_month": "11", "starts_on_day": "1", "starts_time": "01:30"},
            "starts_time",
            "comes twice",
        ),
        ({"id": "no drones!"}, "id", "is no identifier"),
        ({"id": "live-off"}, "id", "twice"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_at_its_field(client, draft, wrong, field, said):
    page = client.post(address(draft, "rules/"), RULE | {"seen": draft.sha256} | wrong)
    assert page.status_code == 422
    assert said in " ".join(page.context["form"].errors[field])
    draft.refresh_from_db()
    assert "no-drones" not in draft.document


def test_a_moment_in_utc_has_no_gap():
    assert moment_of(date(2026, 3, 8), "02:30", "UTC") == datetime(2026, 3, 8, 2, 30, tzinfo=UTC)


def test_a_rule_is_opened_as_it_stands_and_saved_unchanged(client, draft):
    for name in ("us-police-2020", "humanitarian-exemption", "public-safety-floor"):
        standing = rule_of(draft, name)
        form = client.get(address(draft, f"rules/{name}/")).context["form"]
        sent = {key: value for key, value in _sent(form).items() if value not in (None, False)}
        client.post(address(draft, f"rules/{name}/"), sent)
        assert rule_of(draft, name) == standing


def _sent(form):
    sent = {}
    for field in form:
        value = field.value()
        if isinstance(value, date):
            sent |= {f"{field.name}_{one}": getattr(value, one) for one in ("month", "day", "year")}
        else:
            sent[field.name] = value
    return sent


def test_a_rule_is_left_out_and_put_back(client, draft):
    client.post(address(draft, "rules/live-off/drop/"), {"seen": draft.sha256})
    page = client.get(address(draft))
    assert page.context["loosenings"] == ["live-off is removed."]
    assert not page.context["can_propose"]
    draft.refresh_from_db()
    client.post(address(draft, "rules/live-off/restore/"), {"seen": draft.sha256})
    assert client.get(address(draft)).context["loosenings"] == []


def test_the_document_is_edited_sent_as_a_file_and_downloaded(client, draft):
    form = {"document": tighter(), "seen": draft.sha256}
    assert client.post(address(draft, "document/"), form).status_code == 302
    draft.refresh_from_db()
    file = SimpleUploadedFile("next.toml", looser().encode())
    client.post(address(draft, "document/"), {"file": file, "seen": draft.sha256})
    sent = client.get(address(draft, "document.toml"))
    assert sent.content.decode() == looser()
    assert "attachment" in sent["Content-Disposition"]


def test_what_is_wrong_with_the_document_is_said_and_what_was_typed_is_kept(client, draft):
    wrong = tighter(starts_at="2020-01-01")
    page = client.post(address(draft, "document/"), {"document": wrong, "seen": draft.sha256})
    assert page.status_code == 422
    assert "needs an hour and a zone" in page.context["form"].errors["document"][0]
    assert "no-search-today" in page.content.decode()
    file = SimpleUploadedFile("next.toml", b"\xff\xfe")
    page = client.post(address(draft, "document/"), {"file": file, "seen": draft.sha256})
    assert "UTF-8" in page.context["form"].errors["file"][0]


def test_a_simulation_shows_its_progress_and_then_its_result(client, draft, officers):
    drafts.save_document(draft=draft, document=looser(), seen=draft.sha256, by=officers[0])
    page = client.post(address(draft, "simulate/"), follow=True)
    assert page.context["moving"]
    asked = PolicySimulation.objects.get()
    progress = f"/officer/policies/simulations/{asked.public_id}/progress/"
    assert "hx-get" in client.get(progress).content.decode()
    assert simulations.run_due() == 1
    assert client.get(progress)["HX-Refresh"] == "true"
    page = client.get(f"/officer/policies/simulations/{asked.public_id}/")
    assert page.context["result"]["rulings"] == 0
    assert client.get(address(draft)).context["can_propose"]


def test_a_simulated_loosening_is_proposed_and_countersigned(client, draft, officers):
    row = drafts.save_document(draft=draft, document=looser(), seen=draft.sha256, by=officers[0])
    simulations.run(simulations.request(draft=row, by=officers[0]))
    client.post(address(draft, "propose/"), {"sha256": row.sha256})
    other = officer_client(officers[1])
    page = f"/officer/policies/proposals/{row.public_id}/"
    assert other.get(page).context["can_decide"]
    other.post(page, {"countersign": "1", "sha256": row.sha256})
    row.refresh_from_db()
    shown = client.get(f"/officer/policies/{row.published.public_id}/")
    assert (shown.context["status"], shown.context["can_withdraw"]) == ("scheduled", True)
    client.post(f"/officer/policies/{row.published.public_id}/withdraw/")
    assert client.get(f"/officer/policies/{row.published.public_id}/").context["status"] == "withdrawn"


def test_another_officer_reads_a_draft_and_starts_an_own_one_from_it(draft, officers):
    other = officer_client(officers[1])
    assert "Leave out" not in other.get(address(draft)).content.decode()
    page = other.post(address(draft, "rules/live-off/drop/"), {"seen": draft.sha256})
    assert page.status_code == 403
    other.post("/officer/policies/drafts/", {"copy": draft.public_id})
    assert PolicyProposal.objects.filter(proposed_by=officers[1].id).count() == 1


def test_a_draft_that_was_overtaken_says_so_and_is_brought_up_to_date(client, draft, officers):
    tightened(officers[1])
    page = client.get(address(draft))
    assert page.context["outdated"]
    assert "The next version is" in page.context["problem"]
    client.post(address(draft, "rebase/"))
    assert "outdated" not in client.get(address(draft)).context


def test_the_end_of_a_refusal_is_confirmed_from_the_list(client, officers):
    tightened(officers[1], ends_at="2021-01-01T00:00:00Z")
    page = client.get("/officer/policies/")
    assert page.context["ended"] == ["no-search-today"]
    assert any(row["duty"].kind == "rule_ended" for row in client.get("/officer/").context["duties"])
    page = client.post("/officer/policies/drafts/", {"ends": "no-search-today"}, follow=True)
    assert page.context["loosenings"] == ["no-search-today is removed."]


def test_a_version_is_downloaded_whole(client):
    record = PolicyVersionRecord.objects.filter(pack="countenance-default").last()
    text = client.get(f"/officer/policies/{record.public_id}/version.toml").content.decode()
    assert text.count("[[rules]]") == len(record.version.rules)
