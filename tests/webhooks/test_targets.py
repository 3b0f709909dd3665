"""What is read as an address of an endpoint, and what its name may lead to."""

import socket

import pytest

from portal.common.errors import InvalidInput
from portal.webhooks import targets
from portal.webhooks.reach import parsed

PUBLIC = "93.184.216.34"


def leads_to(*addresses):
    """A resolver that gives these addresses for every name."""
    return lambda host, port: list(addresses)


def knows_nothing(host, port):
    raise socket.gaierror(socket.EAI_NONAME, "no such name")


@pytest.fixture(autouse=True)
def _as_in_production(settings):
    settings.WEBHOOKS_TO_LOOPBACK = False


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org",
        "//hooks.example.org/",
        "http://hooks.example.org/",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "gopher://hooks.example.org/",
        "https://",
        "https:///path",
        "https://user@hooks.example.org/",
        "https://user:word@hooks.example.org/",
        "https://:@hooks.example.org/",
        "https://hooks.example.org/#part",
        "https://hooks.example.org/#",
        "https://hooks.example.org:0/",
        "https://hooks.example.org:22/",
        "https://hooks.example.org:25/",
        "https://hooks.example.org:80/",
        "https://hooks.example.org:65536/",
        "https://hooks.example.org:port/",
        "https://hooks.example.org\\@127.0.0.1/",
        "https://hooks.example.org/ path",
        "https://hooks.example.org/\r\nHost: other",
        "https://hooks.example.org/\x00",
        "https://hööks.example.org/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://127\u30020\u30020\u30021/",
        "https://hooks..example.org/",
        "https://.example.org/",
        "https://-hooks.example.org/",
        "https://hooks_.example.org/",
        "https://hooks.example.org../",
        "https://" + "a" * 64 + ".example.org/",
        "https://" + "a." * 130 + "org/",
        "https://localhost/",
        "https://intranet/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://127.1/",
        "https://127.0.1/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.01/",
        "https://127.0.0.0x1/",
        "https://256.0.0.1/",
        "https://1.2.3.4.5/",
        "https://hooks.example.org.1/",
        "https://hooks.example.org.0x1/",
        "https://[::1/",
        "https://[hooks.example.org]/",
        "https://hooks.example.org/" + "x" * 500,
    ],
)
def test_what_is_no_plain_https_address_is_not_read(url):
    with pytest.raises(InvalidInput) as refused:
        targets.read(url)
    assert (refused.value.code, refused.value.detail["field"]) == ("target", "url")


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://hooks.example.org", "hooks.example.org", 443, "/", "hooks.example.org"),
        ("HTTPS://Hooks.Example.ORG./a?b=c", "hooks.example.org", 443, "/a?b=c", "hooks.example.org"),
        ("https://hooks.example.org:443/", "hooks.example.org", 443, "/", "hooks.example.org"),
        ("https://hooks.example.org:8443/x", "hooks.example.org", 8443, "/x", "hooks.example.org:8443"),
        ("https://xn--hks-tnaa.example/", "xn--hks-tnaa.example", 443, "/", "xn--hks-tnaa.example"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "/", "8.8.8.8"),
        ("https://[2606:4700::1]:8443/", "2606:4700::1", 8443, "/", "[2606:4700::1]:8443"),
    ],
)
def test_a_plain_https_address_is_read(url, host, port, path, authority):
    target = targets.read(url)
    assert (target.host, target.port, target.path, target.authority) == (host, port, path, authority)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.100.100.200/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
    ],
)
def test_an_address_that_is_not_public_is_refused(url):
    with pytest.raises(InvalidInput, match="target_forbidden"):
        targets.addresses(targets.read(url), knows_nothing)


@pytest.mark.parametrize("hidden", ["127.0.0.1", "10.1.2.3", "64:ff9b::a00:1", "2002:a00:1::", "fe80::1%lo"])
def test_one_address_that_is_not_public_is_enough_to_refuse_a_name(hidden):
    with pytest.raises(InvalidInput, match="target_forbidden"):
        targets.addresses(targets.read("https://hooks.example.org/"), leads_to(PUBLIC, hidden))


@pytest.mark.parametrize("lookup", [knows_nothing, leads_to(), leads_to("not an address")])
def test_a_name_without_an_address_is_told_apart(lookup):
    with pytest.raises(InvalidInput, match="target_unresolved"):
        targets.addresses(targets.read("https://hooks.example.org/"), lookup)


def test_a_public_name_gives_its_addresses_once_each():
    found = targets.addresses(targets.read("https://hooks.example.org/"), leads_to(PUBLIC, PUBLIC))
    assert found == [parsed(PUBLIC)]


def test_networks_that_the_operator_closed_are_not_reached(settings):
    settings.WEBHOOKS_CLOSED_NETWORKS = ["93.184.0.0/16"]
    with pytest.raises(InvalidInput, match="target_forbidden"):
        targets.addresses(targets.read("https://hooks.example.org/"), leads_to(PUBLIC))


def test_a_developer_may_send_to_this_machine_and_to_no_other_inside(settings):
    settings.WEBHOOKS_TO_LOOPBACK = True
    here = targets.addresses(targets.read("http://localhost:8001/"), leads_to("127.0.0.1", "::1"))
    assert here == [parsed("127.0.0.1"), parsed("::1")]
    for url in ("http://10.0.0.1/", f"http://{PUBLIC}/", "https://[64:ff9b::7f00:1]/"):
        with pytest.raises(InvalidInput, match="target_forbidden"):
            targets.addresses(targets.read(url), knows_nothing)


def test_over_http_an_address_elsewhere_is_told_of_https_and_a_private_one_of_the_internet(settings):
    settings.WEBHOOKS_TO_LOOPBACK = True
    for url, words in ((f"http://{PUBLIC}/", "begins with https"), ("https://10.0.0.1/", "public internet")):
        with pytest.raises(InvalidInput, match=words):
            targets.addresses(targets.read(url), knows_nothing)


def test_the_systems_resolver_is_asked():
    assert "127.0.0.1" in targets.system_lookup("localhost", 443)
    with pytest.raises(OSError, match=r".+"):
        targets.system_lookup("no-such-host.invalid", 443)
