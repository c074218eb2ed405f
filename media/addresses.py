"""Which addresses of this machine media may be sent to, and in which order browsers should try them."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from itertools import chain, zip_longest
from pathlib import Path

from aioice.ice import get_host_addresses

LOOPBACK = ("127.0.0.1", "::1")

_IF_INET6 = Path("/proc/net/if_inet6")
# Linux, include/uapi/linux/if_addr.h. A temporary address (RFC 8981) changes within hours; the others cannot be used
# yet, or not for new connections.
_TEMPORARY, _DUPLICATE, _DEPRECATED, _TENTATIVE = 0x01, 0x08, 0x20, 0x40
_UNSTABLE = _TEMPORARY | _DUPLICATE | _DEPRECATED | _TENTATIVE


def host_addresses() -> tuple[str, ...]:
    """This machine's own IPv4 and IPv6 addresses that a worker can bind and keep.

    Left out are loopback, link-local addresses (RFC 8445, section 5.1.1.1: useless without their interface), temporary
    IPv6 addresses, and whatever cannot be bound just now.
    """
    unstable = unstable_ipv6(_IF_INET6.read_text()) if _IF_INET6.exists() else frozenset()
    hosts = dict.fromkeys(get_host_addresses(use_ipv4=True, use_ipv6=True))
    return tuple(host for host in hosts if is_routable(host) and host not in unstable and _binds(host))


def loopback_addresses() -> tuple[str, ...]:
    """127.0.0.1 and ::1, as far as this machine has them."""
    return tuple(host for host in LOOPBACK if _binds(host))


def unstable_ipv6(table: str) -> frozenset[str]:
    """The addresses of Linux's /proc/net/if_inet6 that are temporary, deprecated, tentative or duplicate."""
    found = set()
    for line in table.splitlines():
        address, _, _, _, flags, _ = line.split()
        if int(flags, 16) & _UNSTABLE:
            found.add(str(IPv6Address(bytes.fromhex(address))))
    return frozenset(found)


def is_routable(host: str) -> bool:
    """Neither loopback nor bound to one link; False for what is no address at all."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified)


def in_order(hosts: Iterable[str]) -> tuple[str, ...]:
    """Both families by turns, IPv6 first: neither waits for the other's dead paths (RFC 8421, section 4)."""
    known = tuple(dict.fromkeys(hosts))
    ipv6 = [host for host in known if ":" in host]
    ipv4 = [host for host in known if ":" not in host]
    return tuple(host for host in chain.from_iterable(zip_longest(ipv6, ipv4)) if host is not None)


def _binds(host: str) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return True
    return False
