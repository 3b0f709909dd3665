"""Cursors: complete, without repeats, and worthless anywhere else."""

import pytest

from tests.api.conftest import problem


def all_pages(program, path: str, limit: int) -> list[str]:
    found, cursor = [], ""
    while cursor is not None:
        page = program.get(f"{path}?limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
    return found


@pytest.mark.parametrize("limit", [1, 2, 5, 200])
def test_pages_hold_everything_once_and_in_order(alice, limit):
    made = [alice.gallery() for _ in range(5)]
    assert all_pages(alice, "galleries/", limit) == made


def test_jobs_come_newest_first(alice):
    image = alice.image()
    made = [alice.post("jobs/", {"kind": "detect", "images": [image]}).json()["id"] for _ in range(3)]
    assert all_pages(alice, "jobs/", 2) == made[::-1]


def test_items_come_in_the_order_of_the_request(alice):
    images = [alice.image(name=f"{number}.jpg") for number in range(5)]
    job = alice.post("jobs/", {"kind": "detect", "images": images}).json()["id"]
    ids = all_pages(alice, f"jobs/{job}/items/", 2)
    items = alice.get(f"jobs/{job}/items/").json()["items"]
    assert [one["id"] for one in items] == ids
    assert [one["image"] for one in items] == images


def test_a_cursor_that_was_changed_is_refused(alice):
    cursor = [alice.gallery() for _ in range(2)] and alice.get("galleries/?limit=1").json()["next"]
    for bad in ("x", cursor[:-1], "e30:abc", cursor + "a", "é"):
        problem(alice.get(f"galleries/?cursor={bad}"), 422, "bad_cursor")


def test_a_cursor_of_another_organization_is_refused(alice, charlie):
    cursor = [alice.gallery() for _ in range(2)] and alice.get("galleries/?limit=1").json()["next"]
    real, made_up = charlie.get(f"galleries/?cursor={cursor}"), charlie.get("galleries/?cursor=made-up")
    problem(real, 422, "bad_cursor")
    assert real.content == made_up.content


def test_a_cursor_of_another_list_is_refused(alice):
    cursor = [alice.gallery() for _ in range(2)] and alice.get("galleries/?limit=1").json()["next"]
    problem(alice.get(f"jobs/?cursor={cursor}"), 422, "bad_cursor")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e3", "9" * 5000, "٣"])
def test_a_limit_out_of_range_is_refused(alice, limit):
    problem(alice.get(f"galleries/?limit={limit}"), 422, "bad_limit")
