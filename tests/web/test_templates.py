"""Rules that every template keeps, and what components say."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template, render_to_string

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PAGES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("name", PAGES)
def test_template_compiles(name: str) -> None:
    assert get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_template_has_nothing_the_content_policy_forbids(name: str) -> None:
    source = (TEMPLATES / name).read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\bsrc=)", source)


@pytest.mark.parametrize("name", PAGES)
def test_a_name_made_in_one_block_is_not_looked_for_in_another(name: str) -> None:
    blocks = re.split(r"{%\s*block\b", (TEMPLATES / name).read_text())[1:]
    made = [set(re.findall(r"\bas (\w+) %}", block)) for block in blocks]
    for block, own in zip(blocks, made, strict=True):
        used = set(re.findall(r"(?:{{ |url=)(\w+)", block))
        assert not used & (set().union(*made) - own)


def test_a_refusal_states_rule_fact_remedy_and_decision() -> None:
    refusal = {"sentence": "No.", "rule": "us-police-2020", "fact": "End user: police", "decision": "rul_1"}
    page = render_to_string("_components/refusal.html", {**refusal, "remedy": "Ask for an exemption."})
    assert all(
        said in page for said in ("us-police-2020", "End user: police", "Ask for an exemption.", "rul_1")
    )


def test_no_candidate_is_never_an_absence() -> None:
    page = render_to_string("_components/no_candidate.html", {"threshold": 92})
    assert "No candidate above 92." in page
    assert "does not show that the person is absent" in page


def test_a_hidden_score_is_not_in_the_page() -> None:
    card = {"probe_url": "/p", "candidate_url": "/c", "similarity": 93.4, "hide_score": True}
    assert "93.4" not in render_to_string("_components/candidate_card.html", card)


def test_what_people_typed_is_escaped() -> None:
    page = render_to_string("_components/summary_list.html", {"rows": [{"key": "Name", "value": "<b>x</b>"}]})
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_synthetic_organization_is_marked_above_everything() -> None:
    page = render_to_string("_components/header.html", {"synthetic": True})
    assert page.index("Synthetic organization") < page.index("<header")


def test_the_current_page_is_marked_in_the_navigation() -> None:
    nav = [{"label": "Jobs", "url": "/jobs/", "current": True}, {"label": "Keys", "url": "/keys/"}]
    page = render_to_string("_components/header.html", {"nav": nav})
    assert page.count('aria-current="page"') == 1


def test_progress_counts_what_is_done_failed_and_held() -> None:
    state = {"total": 120, "done": 80, "failed": 2, "held": 3, "rate": 9.42, "seconds_left": 130}
    page = " ".join(render_to_string("_components/progress.html", state).split())
    assert all(said in page for said in ("80 of 120", "2 failed, 3 held", "9.4 a second", "2 minutes left"))


def test_a_standing_without_grants_says_what_that_means() -> None:
    page = render_to_string("_components/standing_card.html", {"status": "draft", "grants": []})
    assert "every recognition is refused" in page


def test_what_happened_many_times_in_a_row_is_told_once() -> None:
    saved = {"title": "Answers were saved", "actor": "Lena", "at": None}
    page = render_to_string(
        "_components/timeline.html", {"events": [saved, saved, {**saved, "title": "Started"}]}
    )
    assert page.count("Answers were saved") == 1
    assert "(2 times)" in page
