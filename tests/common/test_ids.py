from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.errors import NotFound
from portal.common.ids import parse_public_id, public_id, uuid7


@given(st.uuids())
def test_a_public_id_leads_back_to_its_uuid(value):
    assert parse_public_id("job", public_id("job", value)) == value


@given(st.text(max_size=40))
def test_whatever_is_no_id_is_not_found(text):
    try:
        assert isinstance(parse_public_id("job", text), UUID)
    except NotFound:
        return


@pytest.mark.parametrize("text", ["", "job_", "gal_" + "0" * 26, "job_" + "u" * 26, "job_" + "z" * 26])
def test_ids_of_other_kinds_or_sizes_are_not_found(text):
    with pytest.raises(NotFound):
        parse_public_id("job", text)


def test_ids_are_version_7_and_in_order_of_time():
    made = [uuid7() for _ in range(3)]
    assert {one.version for one in made} == {7}
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)
