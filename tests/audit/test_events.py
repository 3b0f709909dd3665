"""Events are written with what they speak of, from a closed list."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.audit import actions as audit
from portal.audit.models import Event
from portal.tenancy.actor import Actor

BY = Actor.system("tests")


def test_many_events_take_one_statement(database):
    about = [(f"img_many_{number}", {"size": number}) for number in range(50)]
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        audit.record_many(verb="image.uploaded", actor=BY, about=about)
    assert sum("INSERT" in query["sql"] for query in queries) == 1
    assert Event.objects.filter(target__startswith="img_many_").count() == 50


@pytest.mark.parametrize(("verb", "payload"), [("image.admired", {}), ("image.uploaded", {"name": "anna"})])
def test_an_event_that_is_not_in_the_list_is_not_written(database, verb, payload):
    with pytest.raises(RuntimeError, match="not in the list"), transaction.atomic():
        audit.record_many(verb=verb, actor=BY, about=[("img_odd", payload)])
    assert not Event.objects.about("img_odd").exists()


def test_an_event_outside_a_transaction_is_not_written(database):
    with pytest.raises(RuntimeError, match="transaction"):
        audit.record(verb="image.deleted", actor=BY, target="img_alone")
