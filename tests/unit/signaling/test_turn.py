"""TURN credentials: of the form that coturn checks, steady between two renewals, never about to run out."""

from __future__ import annotations

import base64
import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from signaling.live.snapshots import media_setup
from signaling.turn import Turn

LIFETIME = 12 * 3600
TURN = Turn(("turn:turn.example:3478", "turns:turn.example:443?transport=tcp"), "4711-secret", LIFETIME)
NOW = st.integers(1_700_000_000, 2_000_000_000)
ENDPOINT = st.text("abcdef0123456789_", min_size=1, max_size=30)


@given(ENDPOINT, NOW)
def test_the_server_can_check_it_with_the_secret_alone(endpoint: str, now: int) -> None:
    given = TURN.credential(endpoint, now)
    expires, _, name = given.username.partition(":")
    assert LIFETIME <= int(expires) - now <= 1.5 * LIFETIME
    assert endpoint not in name or len(endpoint) < 4
    digest = hmac.new(b"4711-secret", given.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(given.password) == digest


@given(ENDPOINT, NOW, st.integers(0, LIFETIME))
def test_it_changes_once_in_half_a_lifetime(endpoint: str, now: int, later: int) -> None:
    step = LIFETIME // 2
    same = now // step == (now + later) // step
    assert (TURN.credential(endpoint, now) == TURN.credential(endpoint, now + later)) is same


@given(ENDPOINT, ENDPOINT, NOW)
def test_every_device_has_its_own(one: str, other: str, now: int) -> None:
    assert (TURN.credential(one, now) == TURN.credential(other, now)) is (one == other)


def test_the_secret_is_not_shown() -> None:
    assert "4711" not in repr(TURN)
    assert "4711" not in media_setup(TURN, "endpoint_a", 0).model_dump_json()


def test_without_turn_a_browser_is_told_of_no_server() -> None:
    setup = media_setup(None, "endpoint_a", 0)
    assert (setup.ice_servers, setup.relay_only) == ([], False)


def test_a_browser_is_told_all_addresses_and_whether_it_may_go_around() -> None:
    relay_only = Turn(TURN.urls, TURN.secret, LIFETIME, relay_only=True)
    setup = media_setup(relay_only, "endpoint_a", 1_800_000_000)
    assert setup.relay_only
    assert [server.urls for server in setup.ice_servers] == [list(TURN.urls)]
    assert setup.ice_servers[0].username == TURN.credential("endpoint_a", 1_800_000_000).username
