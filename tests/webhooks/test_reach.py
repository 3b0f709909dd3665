"""Which addresses are public: tables of those that are not, in every form they can be written."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.webhooks import reach

PRIVATE_4 = (
    "0.0.0.1", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1",
    "192.168.0.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255",
)  # fmt: skip
PUBLIC_4 = (
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
    "128.0.0.1", "168.63.129.15", "169.253.255.255", "172.15.255.255", "172.32.0.1", "192.0.1.1",
    "198.17.255.255", "198.20.0.1", "223.255.255.255",
)  # fmt: skip
PRIVATE_6 = (
    "::", "::1", "::2", "100::1", "100:0:0:1::1", "64:ff9b:1::1", "64:ff9b:1:7f00:0:1::", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
    "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "febf::1",
    "fec0::1", "ff02::1", "ff0e::1", "1::1",
)  # fmt: skip
PUBLIC_6 = ("2606:4700:4700::1111", "2a00:1450:4001:827::200e", "2400:cb00:2048:1::c629:d7a2", "2001:4860::1")


def carried(text: str) -> list[str]:
    """Every form of IPv6 in which an IPv4 address may travel."""
    four = int(ip_address(text))
    high, low = divmod(four, 1 << 16)
    end = f"{high:x}:{low:x}"
    return [
        f"::{end}",
        f"::ffff:{end}",
        f"::ffff:0:{end}",
        f"64:ff9b::{end}",
        f"2002:{end}::",
        f"2002:{end}::1",
        f"2606:4700:4700:0:0:5efe:{end}",
        f"2606:4700:4700:0:200:5efe:{end}",
    ]


@pytest.mark.parametrize("text", [*PRIVATE_4, *PRIVATE_6])
def test_what_is_not_of_the_public_internet_is_refused(text):
    assert not reach.is_public(reach.parsed(text))


@pytest.mark.parametrize("text", [*PUBLIC_4, *PUBLIC_6])
def test_what_is_of_the_public_internet_is_reached(text):
    assert reach.is_public(reach.parsed(text))


@pytest.mark.parametrize("text", PRIVATE_4)
def test_a_private_address_is_refused_whatever_carries_it(text):
    assert [form for form in carried(text) if reach.is_public(ip_address(form))] == []


def test_a_public_address_is_reached_through_the_gateways_that_there_are():
    forms = ("64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:8.8.8.8")
    assert all(reach.is_public(ip_address(form)) for form in forms)


def test_pythons_own_answer_would_have_let_loopback_through():
    """The trap: if this ever fails, Python has learned, and our tables are as right as before."""
    assert ip_address("64:ff9b::7f00:1").is_global


def test_an_address_with_a_zone_is_link_local_whatever_it_says():
    assert not reach.is_public(reach.parsed("2606:4700:4700::1111%eth0"))


def test_the_operator_closes_networks_of_its_own():
    closed = [ip_network("8.8.8.0/24")]
    assert not reach.is_public(ip_address("8.8.8.8"), closed=closed)
    assert not reach.is_public(ip_address("64:ff9b::8.8.8.8"), closed=closed)
    assert reach.is_public(ip_address("8.8.4.4"), closed=closed)


@given(st.ip_addresses(v=4))
def test_what_python_knows_to_be_private_is_never_public_to_us(address):
    if not address.is_global or address.is_multicast:
        assert not any(reach.is_public(ip_address(form)) for form in [str(address), *carried(str(address))])
