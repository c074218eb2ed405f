"""Every private name that the adapter leans on still exists in the pinned libraries."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import Any

import pylibsrtp
import pytest
from aiortc import RTCDtlsTransport

from media.adapter import PRIVATE_NAMES, Ice, new_certificate
from media.addresses import loopback_addresses
from media.port import Port
from media.ports import RelaySettings


def _holder(module: str, name: str) -> Any:
    if name == "Connection()":
        from aioice import Connection

        return Connection(ice_controlling=False)
    if name == "RTCDtlsTransport()":
        return RTCDtlsTransport(Ice(Port(RelaySettings(()))), [new_certificate()])  # type: ignore[arg-type]
    if name == "Session()":
        return pylibsrtp.Session()
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(("module", "name", "attributes"), PRIVATE_NAMES)
async def test_private_names_exist(module: str, name: str, attributes: tuple[str, ...]) -> None:
    holder = _holder(module, name)
    assert not [attribute for attribute in attributes if not hasattr(holder, attribute)]


def test_the_versions_are_the_ones_this_was_written_for() -> None:
    assert (version("aiortc"), version("aioice"), version("pylibsrtp")) == ("1.16.0", "0.13.0", "1.0.0")


async def test_the_answer_address_is_the_advertised_one_and_never_a_wildcard() -> None:
    port = Port(RelaySettings(("0.0.0.0",), advertised=("198.51.100.7",)))
    port.open()
    assert [(one.host, one.port) for one in port.candidates()] == [("198.51.100.7", port.number)]
    port.close()


async def test_all_addresses_share_one_port_number_and_a_taken_port_is_an_error() -> None:
    port = Port(RelaySettings(("127.0.0.1", "127.0.0.2"), include_loopback=True))
    port.open()
    hosts = {*loopback_addresses(), "127.0.0.1", "127.0.0.2"}
    assert {(one.host, one.port) for one in port.candidates()} == {(host, port.number) for host in hosts}
    with pytest.raises(OSError):
        Port(RelaySettings(("127.0.0.1",), port=port.number)).open()
    port.close()
