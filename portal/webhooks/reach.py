"""Which addresses a request may go to: those of the public internet, in whatever form they are written.

Python 3.11 calls `64:ff9b::7f00:1` global, although a NAT64 gateway turns it into 127.0.0.1. So IPv6 forms
that carry an IPv4 address are opened first, and what they carry is judged. The tables are those of the IANA
registries of special-purpose addresses (RFC 6890 and its successors) and what clouds answer from besides;
they do not depend on what a version of Python knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # behind a carrier's NAT; 100.100.100.200 is a metadata service
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # a cloud's own service, at an address that looks public
            "169.254.0.0/16",  # link-local; 169.254.169.254 is a metadata service
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT relays
            "192.88.99.0/24",  # 6to4 relays, given up
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and 255.255.255.255
        ),
    )
)
# Of IPv6 only 2000::/3 is given out to the public; these lie in it.
_PUBLIC_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
_LOW = (1 << 32) - 1
# Where an IPv4 address stands in an IPv6 one: network, and how many bits stand behind it.
_CARRIERS = (
    (IPv6Network("::/96"), 0),  # IPv4-compatible; :: and ::1 are 0.0.0.0 and 0.0.0.1 in it
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated (SIIT)
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64: what DNS64 gives for every IPv4 host
    (IPv6Network("2002::/16"), 80),  # 6to4
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def is_public(address: Address, *, closed: Iterable[Network] = ()) -> bool:
    """Tell whether an address belongs to the public internet.

    Args:
        address: IPv4, or IPv6 in any form.
        closed: Networks of the operator that nothing may go to besides.
    """
    return all(_is_open(one, closed) for one in _readings(address))


def is_loopback(address: Address) -> bool:
    """Tell whether an address is this machine's own, and is written so plainly."""
    return address == IPv6Address("::1") or (isinstance(address, IPv4Address) and address.is_loopback)


def parsed(text: str) -> Address:
    """Return an address as a resolver gives it; a zone makes it link-local, whatever it says.

    Raises:
        ValueError: It is none.
    """
    address, _, zone = text.partition("%")
    return IPv6Address("fe80::1") if zone else ip_address(address)


def _readings(address: Address) -> list[Address]:
    """Return what a packet to an address may reach: the IPv4 address it carries, else itself."""
    if isinstance(address, IPv4Address):
        return [address]
    value = int(address)
    carried: list[Address] = [
        IPv4Address(value >> shift & _LOW) for network, shift in _CARRIERS if address in network
    ]
    if value >> 32 & _LOW in _ISATAP:
        return [address, IPv4Address(value & _LOW)]
    return carried or [address]


def _is_open(address: Address, closed: Iterable[Network]) -> bool:
    if isinstance(address, IPv4Address):
        special = any(address in network for network in _CLOSED_4)
    else:
        special = address not in _PUBLIC_6 or any(address in network for network in _CLOSED_6)
    return not special and not any(address in network for network in closed)
