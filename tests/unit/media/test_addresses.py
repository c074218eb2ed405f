"""Which addresses are offered, and in which order."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.addresses import host_addresses, in_order, is_routable, loopback_addresses, unstable_ipv6
from media.port import host_candidate

HOSTS = st.lists(st.ip_addresses().map(str), max_size=8)

TABLE = """\
fe8000000000000000fc00fffe000001 04 40 20 80     eth0
20010db8000000000000000000000001 04 40 00 82     eth0
20010db8000000000000000000000002 04 40 00 01     eth0
20010db8000000000000000000000003 04 40 00 20     eth0
20010db8000000000000000000000004 04 40 00 40     eth0
20010db8000000000000000000000005 04 40 00 88     eth0
"""


def test_addresses_that_will_not_last_are_known_by_their_flags() -> None:
    assert unstable_ipv6(TABLE) == {f"2001:db8::{last}" for last in (2, 3, 4, 5)}
    assert unstable_ipv6("") == frozenset()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "169.254.3.4", "fe80::1", "fe80::1%eth0", "0.0.0.0", "::", "x"])
def test_nobody_is_sent_to_an_address_that_leads_nowhere(host: str) -> None:
    assert not is_routable(host)


def test_what_this_machine_offers_can_be_bound_and_reached() -> None:
    assert all(is_routable(host) for host in host_addresses())
    assert "127.0.0.1" in loopback_addresses()


@given(HOSTS)
def test_both_families_take_turns_and_none_is_lost(hosts: list[str]) -> None:
    ordered = in_order(hosts)
    assert set(ordered) == set(hosts)
    assert len(ordered) == len(set(ordered))
    families = [":" in host for host in ordered]
    pairs = 2 * min(families.count(True), families.count(False))
    assert families[:pairs] == [True, False] * (pairs // 2)
    for family in (True, False):
        assert [host for host in ordered if (":" in host) is family] == [
            host for host in dict.fromkeys(hosts) if (":" in host) is family
        ]


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.integers(1, 65535))
def test_a_candidate_is_written_as_the_grammar_says(address: IPv4Address | IPv6Address, port: int) -> None:
    """RFC 8839, section 5.1: the address bare, without brackets or zone."""
    fields = host_candidate(str(address), port).to_sdp().split()
    assert fields[4:8] == [str(address), str(port), "typ", "host"]
    assert 1 <= len(fields[0]) <= 32
    assert fields[1:3] == ["1", "udp"]
    assert 0 < int(fields[3]) < 2**31
