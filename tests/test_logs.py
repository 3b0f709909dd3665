import logging
import sys

import pytest
import structlog
from structlog.stdlib import ProcessorFormatter

from portal.logs import MaskFilter, configure, mask


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("GET /invitations/s3cret/", "GET /invitations/…/"),
        ("POST /accounts/password/reset/key/1-abc/", "POST /accounts/password/reset/key/…/"),
        ("GET /accounts/confirm-email/abc/", "GET /accounts/confirm-email/…/"),
        ("GET /jobs/?q=Anna", "GET /jobs/?…"),
        ("GET /jobs/job_1/", "GET /jobs/job_1/"),
    ],
)
def test_a_logged_request_holds_no_secret_and_no_query(line, shown):
    assert mask(line) == shown


def test_other_loggers_are_masked_too():
    record = logging.LogRecord("django", 30, "", 0, "Not Found: %s", ("/invitations/s3cret/",), None)
    assert MaskFilter().filter(record)
    assert record.getMessage() == "Not Found: /invitations/…/"


def test_a_line_of_structlog_is_written_with_its_fields(capsys):
    handler = next(
        one for one in logging.getLogger().handlers if isinstance(one.formatter, ProcessorFormatter)
    )
    stream, handler.stream = handler.stream, sys.stdout
    try:
        structlog.get_logger("test").warning("shard_lost", request="GET /invitations/s3cret/")
    finally:
        handler.stream = stream
    written = capsys.readouterr().out
    assert "shard_lost" in written
    assert "/invitations/…/" in written


@pytest.mark.parametrize("json", [True, False])
def test_a_traceback_shows_no_local_variable(json):
    line = configure(level="INFO", json=json)["formatters"]["line"]
    formatter = ProcessorFormatter(processors=line["processors"])
    photo = "bytes" + " of a photo"
    try:
        raise ValueError(len(photo))
    except ValueError:
        record = logging.LogRecord("django", 40, "", 0, "Broken", (), sys.exc_info())
    written = formatter.format(record)
    assert "ValueError" in written
    assert "bytes of a photo" not in written


def test_a_request_is_logged_with_an_id_and_without_address_or_secret(client, database, caplog):
    with caplog.at_level(logging.INFO):
        client.get("/invitations/s3cret-of-anna/", headers={"x-forwarded-for": "198.51.100.7"})
    lines = " ".join(str(record.msg) for record in caplog.records)
    assert "request_id" in lines
    assert "198.51.100.7" not in lines
    assert "s3cret-of-anna" not in lines
