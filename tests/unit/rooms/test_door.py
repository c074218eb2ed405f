"""The pure parts of the door: how guessing is slowed, short codes, and the sentences of refusals."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from formats.errors import HeshiError
from rooms import errors
from rooms.guessing import BUDGET, FREE, LONGEST_S, SLOWED_S, target, wait_before
from rooms.shortcodes import ALPHABET, Codes, same

counts = st.integers(min_value=0, max_value=10**9)


@given(counts)
def test_an_address_without_failures_is_never_delayed_unless_the_budget_is_spent(everybody: int) -> None:
    wait = wait_before(0, everybody)
    assert wait == (0 if everybody < BUDGET else SLOWED_S)
    assert wait <= 3


@given(counts, counts)
def test_nobody_is_ever_shut_out(mine: int, everybody: int) -> None:
    assert 0 <= wait_before(mine, everybody) <= LONGEST_S


@given(counts, counts)
def test_more_failures_never_mean_less_waiting(mine: int, everybody: int) -> None:
    assert wait_before(mine + 1, everybody) >= wait_before(mine, everybody)
    assert wait_before(mine, everybody + 1) >= wait_before(mine, everybody)


def test_the_waits() -> None:
    assert [wait_before(n, 0) for n in range(FREE + 7)] == [0, 0, 0, 1, 2, 4, 8, 16, 30, 30]


def test_addresses_are_kept_as_hashes() -> None:
    assert "203" not in target("203.0.113.5")
    assert target("203.0.113.5") != target("203.0.113.6")
    assert len(target("::1")) == 32


class Keys:
    """A key store that has made one key."""

    def get_or_create(self, name: str, make: Callable[[], bytes]) -> bytes:
        return name.encode() + b"0" * 32


def test_invite_codes_have_no_look_alikes_and_are_read_generously() -> None:
    codes = Codes(Keys())
    assert not set("01ILO") & set(ALPHABET)
    assert len(set(ALPHABET)) == 31
    made = {codes.invite_code() for _ in range(200)}
    assert len(made) == 200
    for code in made:
        assert re.fullmatch(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", code)
        assert codes.invite_hash(code.lower().replace("-", " ")) == codes.invite_hash(code)
    assert len({codes.invite_hash(code) for code in made}) == 200


def test_phone_codes_are_six_digits_and_belong_to_their_person() -> None:
    codes = Codes(Keys())
    assert all(re.fullmatch("[0-9]{6}", codes.phone_code()) for _ in range(200))
    assert codes.phone_hash("party_1", "123456") != codes.phone_hash("party_2", "123456")
    assert same("张三", "张三")
    assert not same("\ud800", "张三")


def test_every_refusal_has_its_own_code_and_two_sentences() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, HeshiError) and kind.__module__ == errors.__name__
    ]
    codes = [kind.code for kind in kinds]
    assert len(codes) == len(set(codes))
    promised = {
        "link.unknown",
        "link.expired",
        "link.revoked",
        "identity.wrong",
        "identity.locked",
        "invite.unknown",
        "invite.expired",
        "invite.used_up",
        "invite.wrong_role",
        "seat.not_admitted",
        "seat.replaced",
        "room.not_open",
        "room.caucus",
        "room.recorder_down",
        "command.unknown",
    }
    assert promised <= set(codes)
    for kind in kinds:
        assert kind.zh.endswith("。")
        assert kind.en.endswith(".")
        assert 400 <= kind.status < 600
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", kind.code)
    # Whoever holds nothing learns nothing from the kind of answer.
    assert errors.LinkUnknown.status == errors.InviteUnknown.status == errors.RoomUnknown.status
