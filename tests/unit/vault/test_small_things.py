from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.database import engine_url
from vault.errors import BadDatabaseUrl
from vault.ids import new_id, new_secret, secret_hash
from vault.triggers import append_only_ddl
from vault.utc import SystemClock, iso, later, parse

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))


def test_ids_are_long_random_and_plain() -> None:
    made = {new_id("case") for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"case_[a-z2-7]{20}", each) for each in made)


def test_secrets_are_128_bits_and_hashed_for_keeping() -> None:
    secret = new_secret()
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", secret)
    assert secret_hash(secret) != secret_hash(new_secret())
    assert secret_hash("abc").hex().startswith("ba7816bf")


@given(MOMENTS, MOMENTS)
def test_text_order_is_time_order(one: datetime, two: datetime) -> None:
    first, second = iso(one.replace(tzinfo=UTC)), iso(two.replace(tzinfo=UTC))
    assert (parse(first) < parse(second)) == (first < second)
    assert len(first) == 24


def test_times_are_utc_whatever_the_zone() -> None:
    shanghai = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=8)))
    assert iso(shanghai) == "2026-03-01T01:00:00.000Z"
    assert later("2026-02-28T23:59:59.500Z", 0.5) == "2026-03-01T00:00:00.000Z"
    with pytest.raises(ValueError, match="zone"):
        iso(datetime(2026, 3, 1))
    with pytest.raises(ValueError, match="zone"):
        parse("2026-03-01T00:00:00")


def test_the_systems_clocks_run() -> None:
    clock = SystemClock()
    assert clock.mono_ns() <= clock.mono_ns()
    assert abs((parse(clock.now()) - datetime.now(UTC)).total_seconds()) < 5
    assert clock.boot != SystemClock().boot


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///data/heshi.db", "sqlite+aiosqlite"),
        ("sqlite:////srv/heshi.db", "sqlite+aiosqlite"),
        ("postgresql://u:p@host/heshi", "postgresql+asyncpg"),
    ],
)
def test_addresses_get_their_driver(url: str, driver: str) -> None:
    assert engine_url(url).drivername == driver


@pytest.mark.parametrize("url", ["", "heshi.db", "sqlite://", "sqlite:///:memory:", "mysql://host/x"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(BadDatabaseUrl):
        engine_url(url)


def test_no_triggers_for_a_database_we_do_not_know() -> None:
    with pytest.raises(ValueError, match="mysql"):
        append_only_ddl("mysql")
