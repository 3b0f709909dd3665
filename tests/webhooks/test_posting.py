"""One request: where it really goes, whom it believes, and that nobody can make it last."""

import contextlib
import os
import socket
import threading
import time

import pytest

from portal.webhooks import posting, targets
from portal.webhooks.reach import parsed
from tests.webhooks.receiver import certificate, receiving

HERE = [parsed("127.0.0.1")]


@pytest.fixture(autouse=True)
def _to_this_machine(settings):
    settings.WEBHOOKS_TO_LOOPBACK = True


def post(url, *, addresses=HERE, seconds=5.0):
    return posting.post(
        targets.read(url), addresses, body=b"{}", headers={"webhook-id": "msg_1"}, seconds=seconds
    )


@contextlib.contextmanager
def raw_server(*pieces: bytes, every: float = 0.0):
    """A server that writes what it is told to, piece by piece, and never ends the connection itself."""
    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve():
        with contextlib.suppress(OSError):
            peer, _ = listening.accept()
            with peer:
                peer.recv(65536)
                for piece in pieces:
                    peer.sendall(piece)
                    ended.wait(every)
                ended.wait(20)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        ended.set()
        thread.join(5)
        listening.close()


def test_a_request_carries_path_host_and_body():
    with receiving() as receiver:
        assert post(receiver.url).is_success
    [got] = receiver.got
    assert (got.path, got.body, got.headers["webhook-id"]) == ("/hooks?tenant=1", b"{}", "msg_1")
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize(
    ("status", "reason"),
    [(200, ""), (204, ""), (299, ""), (301, "redirect"), (307, "redirect"), (400, "status"), (404, "status"),
     (410, "gone"), (429, "status"), (500, "status"), (503, "status")],
)  # fmt: skip
def test_only_2xx_counts(status, reason):
    with receiving() as receiver:
        receiver.statuses = [status]
        answer = post(receiver.url)
    assert (answer.reason, answer.status) == (reason, status)


def test_a_redirect_is_not_followed():
    with receiving() as elsewhere, receiving() as receiver:
        receiver.statuses, receiver.headers = [302], {"Location": elsewhere.url}
        assert post(receiver.url).reason == "redirect"
    assert elsewhere.got == []


@pytest.mark.parametrize(("told", "heard"), [("120", 120), ("-5", 0), ("soon", 0), ("9" * 30, 0), ("٣", 0)])
def test_a_receiver_may_ask_for_time(told, heard):
    with receiving() as receiver:
        receiver.statuses, receiver.headers = [503], {"Retry-After": told} if told.isascii() else {}
        assert post(receiver.url).retry_after == heard


def test_the_connection_goes_to_the_address_that_was_judged_and_to_no_proxy(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:9/")
    with receiving() as receiver:
        answer = post(f"http://no-such-host.example.org:{receiver.port}/hooks")
    assert answer.is_success
    assert receiver.got[0].headers["host"] == f"no-such-host.example.org:{receiver.port}"


def test_the_next_address_of_a_name_is_tried():
    with receiving() as receiver:
        assert post(receiver.url, addresses=[parsed("127.0.0.99"), parsed("::1"), *HERE]).is_success


def test_a_certificate_is_checked_against_the_name_not_the_address(tmp_path, settings):
    file, context = certificate(tmp_path, "hooks.example.org")
    settings.WEBHOOKS_CA_FILE = str(file)
    with receiving(context) as receiver:
        right = post(f"https://hooks.example.org:{receiver.port}/")
        wrong = post(f"https://other.example.org:{receiver.port}/")
        number = post(f"https://127.0.0.1:{receiver.port}/")
    assert (right.reason, wrong.reason, number.reason) == ("", "tls", "tls")


def test_a_certificate_of_an_authority_that_nobody_named_is_refused(tmp_path):
    _, context = certificate(tmp_path, "hooks.example.org")
    with receiving(context) as receiver:
        assert post(f"https://hooks.example.org:{receiver.port}/").reason == "tls"
    assert receiver.got == []


def test_https_is_never_spoken_in_the_clear():
    with receiving() as receiver:
        answer = post(f"https://127.0.0.1:{receiver.port}/")
    assert answer.reason in {"tls", "connection"}
    assert receiver.got == []


def test_nobody_there_is_no_connection():
    assert post("http://127.0.0.1:9999/", addresses=[parsed("127.0.0.98")]).reason == "connection"


@pytest.mark.parametrize(
    "pieces", [[b"HTTP/1.1 200 OK\r\n"] + [b"X-A: b\r\n"] * 90, [b"HTTP/1.1 "] + [b"2"] * 90, []]
)
def test_whoever_trickles_is_cut_off(pieces):
    began = time.monotonic()
    with raw_server(*pieces, every=0.1) as url:
        assert post(url, seconds=0.7).reason == "timeout"
    assert time.monotonic() - began < 15  # the pieces alone take fifty


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\r\n\r\n\r\n"])
def test_what_does_not_speak_http_is_named(said):
    with raw_server(said) as url:
        assert post(url).reason == "bad_answer"


def test_a_body_without_end_is_not_waited_for():
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", b"x" * 1000) as url:
        assert post(url).is_success
