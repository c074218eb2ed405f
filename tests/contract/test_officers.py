"""Accounts: signing in, guessing, sessions, and what administrators do; on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from cases.errors import (
    BadUsername,
    MustChangePassword,
    NotAdministrator,
    NotYourself,
    PasswordWeak,
    SessionOver,
    SignInDelayed,
    SignInRefused,
    UsernameTaken,
)
from cases.inputs import NewOfficer, NewOrgan
from cases.officers import Officers, audit_chain
from cases.passwords import Passwords
from cases.rules.delays import ADDRESS_FREE_TRIES, FREE_TRIES, LONGEST_S
from cases.rules.errors import BadName, BadText
from cases.sign_in import ABSOLUTE_S, IDLE_S, Session
from tests.support.casework import CHEAP, Bureau
from tests.support.clock import ManualClock
from vault import Cipher, Database, Timeline, Transaction

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
NEW = "correct horse battery"


@pytest.fixture
async def bureau(db: Database, cipher: Cipher, timeline: Timeline, clock: ManualClock) -> Bureau:
    return await Bureau.build(db, cipher, timeline, clock)


async def signed_in(bureau: Bureau, who: str = "east.officer", password: str | None = None, at: str = HERE) -> str:
    return (await bureau.officers.sign_in(who, password or bureau.passwords[who], at)).token


async def ready(bureau: Bureau, who: str = "east.officer") -> str:
    """Signed in with a password of one's own."""
    token = await signed_in(bureau, who)
    await bureau.officers.change_password(token, bureau.passwords[who], NEW, HERE)
    bureau.passwords[who] = NEW
    return token


async def alive(bureau: Bureau, token: str) -> bool:
    try:
        await bureau.officers.session(token, one_time=True)
    except SessionOver:
        return False
    return True


async def guess(bureau: Bureau, who: str, times: int, clock: ManualClock) -> None:
    """So many wrong passwords from elsewhere, waiting as long as told between them."""
    refused = 0
    while refused < times:
        try:
            await bureau.officers.sign_in(who, "wrong password", ELSEWHERE)
        except SignInDelayed as delayed:
            clock.advance(delayed.retry_after)
        except SignInRefused:
            refused += 1


async def test_the_first_run_gives_one_administrator_once(db: Database, timeline: Timeline, clock: ManualClock) -> None:
    desk = Officers(db, timeline, clock, CHEAP)
    issued = await db.transact(lambda tx: desk.ensure_first_administrator(tx, organ="海淀派出所"))
    assert issued is not None
    assert (issued.officer.username, issued.officer.role) == ("admin", "administrator")
    assert len(issued.password) == 19
    assert await db.transact(lambda tx: desk.ensure_first_administrator(tx, organ="别的机关")) is None
    signed = await desk.sign_in("admin", issued.password, HERE)
    assert signed.officer.must_change_password
    rows = await db.read(lambda tx: timeline.entries(tx, audit_chain(issued.officer.organ_id)))
    assert [(row.act, row.actor) for row in rows] == [("officer.added", "system")]


async def test_a_one_time_password_opens_nothing_but_its_own_change(bureau: Bureau) -> None:
    token = await signed_in(bureau)
    with pytest.raises(MustChangePassword):
        await bureau.officers.session(token)
    await bureau.officers.change_password(token, bureau.passwords["east.officer"], NEW, HERE)
    session = await bureau.officers.session(token)
    assert session.officer.username == "east.officer"
    assert session.scope == await bureau.scope("east.officer")
    with pytest.raises(SignInRefused):
        await signed_in(bureau)
    assert await alive(bureau, await signed_in(bureau, password=NEW))


async def test_a_user_name_is_read_as_people_type_it(bureau: Bureau) -> None:
    assert (await bureau.officers.sign_in(" East.Officer ", bureau.passwords["east.officer"], HERE)).token


@pytest.mark.parametrize("who", ["nobody", "", "\x00", "\ud800", "' OR 1=1 --", "x" * 10_000, "admin\n"])
async def test_unknown_users_are_refused_like_wrong_passwords(bureau: Bureau, who: str) -> None:
    with pytest.raises(SignInRefused) as unknown:
        await bureau.officers.sign_in(who, "whatever it was", HERE)
    with pytest.raises(SignInRefused) as wrong:
        await bureau.officers.sign_in("east.officer", "whatever it was", HERE)
    assert str(unknown.value) == str(wrong.value)


@pytest.mark.parametrize("password", ["", "\x00", "\ud800", "x" * 100_000])
async def test_no_password_breaks_the_check(bureau: Bureau, password: str) -> None:
    with pytest.raises(SignInRefused):
        await bureau.officers.sign_in("east.officer", password, HERE)


async def test_an_unknown_user_costs_a_full_verification() -> None:
    passwords = Passwords(CHEAP)
    counted: list[str] = []
    verify = passwords._verify

    def counting(encoded: str, password: str) -> bool:
        counted.append(encoded.rsplit("$", 2)[0])
        return verify(encoded, password)

    passwords._verify = counting  # type: ignore[method-assign]
    real = await passwords.hash("a real password")
    assert await passwords.matches(real, "a real password")
    assert not await passwords.matches(None, "a real password")
    # The same algorithm with the same parameters, once each.
    assert counted == [real.rsplit("$", 2)[0]] * 2


async def test_guessing_one_name_is_slowed_and_the_holder_gets_in_after_the_wait(
    bureau: Bureau, clock: ManualClock
) -> None:
    for _ in range(FREE_TRIES + 1):
        with pytest.raises(SignInRefused):
            await signed_in(bureau, password="wrong password")
    with pytest.raises(SignInDelayed) as delayed:
        await signed_in(bureau)
    assert delayed.value.retry_after == 1
    clock.advance(1)
    assert await alive(bureau, await signed_in(bureau))
    # The slate is clean.
    with pytest.raises(SignInRefused):
        await signed_in(bureau, password="wrong password")
    await signed_in(bureau)


async def test_the_wait_grows_to_its_bound_and_no_further(bureau: Bureau, clock: ManualClock) -> None:
    await guess(bureau, "east.officer", 40, clock)
    with pytest.raises(SignInDelayed) as delayed:
        await signed_in(bureau)
    assert delayed.value.retry_after == LONGEST_S
    clock.advance(LONGEST_S)
    assert await alive(bureau, await signed_in(bureau))


async def test_being_told_to_wait_does_not_lengthen_the_wait(bureau: Bureau, clock: ManualClock) -> None:
    for _ in range(FREE_TRIES + 1):
        with pytest.raises(SignInRefused):
            await signed_in(bureau, password="wrong password")
    for _ in range(50):
        with pytest.raises(SignInDelayed):
            await signed_in(bureau)
    clock.advance(1)
    await signed_in(bureau)


async def test_guessing_from_elsewhere_does_not_keep_the_holder_out_where_he_is_known(
    bureau: Bureau, clock: ManualClock
) -> None:
    await signed_in(bureau)
    await guess(bureau, "east.officer", 40, clock)
    assert await alive(bureau, await signed_in(bureau))
    with pytest.raises(SignInDelayed):
        await signed_in(bureau, at="203.0.113.9")


async def test_guessing_many_names_from_one_address_is_slowed_there_only(bureau: Bureau) -> None:
    for number in range(ADDRESS_FREE_TRIES + 1):
        with pytest.raises(SignInRefused):
            await bureau.officers.sign_in(f"nobody{number}", "wrong password", ELSEWHERE)
    with pytest.raises(SignInDelayed):
        await signed_in(bureau, at=ELSEWHERE)
    await signed_in(bureau, at=HERE)


async def test_guessing_other_names_does_not_keep_out_who_is_known_at_that_address(bureau: Bureau) -> None:
    await signed_in(bureau)
    for number in range(ADDRESS_FREE_TRIES + 1):
        with pytest.raises(SignInRefused):
            await bureau.officers.sign_in(f"nobody{number}", "wrong password", HERE)
    await signed_in(bureau)
    with pytest.raises(SignInDelayed):
        await signed_in(bureau, "east.other")


async def test_an_hour_wipes_the_slate(bureau: Bureau, clock: ManualClock) -> None:
    await guess(bureau, "east.officer", 20, clock)
    clock.advance(3600)
    for _ in range(FREE_TRIES):
        with pytest.raises(SignInRefused):
            await signed_in(bureau, password="wrong password", at=ELSEWHERE)
    await signed_in(bureau, at=ELSEWHERE)


async def test_tries_made_at_once_all_count(bureau: Bureau) -> None:
    tries = (signed_in(bureau, password="wrong password") for _ in range(12))
    results = await asyncio.gather(*tries, return_exceptions=True)
    kinds = [type(result).__name__ for result in results]
    assert kinds.count("SignInRefused") == FREE_TRIES + 1
    assert kinds.count("SignInDelayed") == 12 - FREE_TRIES - 1


async def test_the_busiest_session_ends_after_twelve_hours(bureau: Bureau, clock: ManualClock) -> None:
    token = await signed_in(bureau)
    for _ in range(ABSOLUTE_S // 1200 - 1):
        clock.advance(1200)
        assert await alive(bureau, token)
    clock.advance(1199)
    assert await alive(bureau, token)
    clock.advance(1)
    assert not await alive(bureau, token)


async def test_use_within_half_an_hour_keeps_a_session_and_silence_ends_it(bureau: Bureau, clock: ManualClock) -> None:
    token = await signed_in(bureau)
    clock.advance(IDLE_S - 1)
    assert await alive(bureau, token)
    clock.advance(IDLE_S - 1)
    assert await alive(bureau, token)
    clock.advance(IDLE_S)
    assert not await alive(bureau, token)


async def test_signing_out_ends_that_session_only(bureau: Bureau) -> None:
    first, second = await signed_in(bureau), await signed_in(bureau)
    await bureau.db.transact(lambda tx: bureau.officers.sign_out(tx, first))
    assert (await alive(bureau, first), await alive(bureau, second)) == (False, True)
    await bureau.db.transact(lambda tx: bureau.officers.sign_out(tx, first))
    await bureau.db.transact(lambda tx: bureau.officers.sign_out(tx, "made up"))


async def test_tokens_lie_hashed_in_the_database(bureau: Bureau) -> None:
    token = await signed_in(bureau)

    async def dump(tx: Transaction) -> str:
        tables = ("officer_sessions", "sign_in_failures", "officer_addresses", "officers")
        return repr([dict(row) for name in tables for row in await tx.all(text(f"SELECT * FROM {name}"))])

    stored = await bureau.db.read(dump)
    for secret in (token, bureau.passwords["east.officer"], HERE):
        assert secret not in stored
        assert secret.encode().hex() not in stored


async def test_changing_the_password_ends_all_other_sessions(bureau: Bureau) -> None:
    other = await signed_in(bureau)
    mine = await ready(bureau)
    assert (await alive(bureau, mine), await alive(bureau, other)) == (True, False)


@pytest.mark.parametrize("new", ["short", "x" * 201, "east.officer", "East.Officer1", "tab\there\x00 and there"])
async def test_weak_passwords_are_refused(bureau: Bureau, new: str) -> None:
    token = await signed_in(bureau)
    with pytest.raises(PasswordWeak):
        await bureau.officers.change_password(token, bureau.passwords["east.officer"], new, HERE)
    with pytest.raises(MustChangePassword):
        await bureau.officers.session(token)


async def test_the_old_password_is_asked_for_and_not_taken_again(bureau: Bureau) -> None:
    token = await signed_in(bureau)
    old = bureau.passwords["east.officer"]
    with pytest.raises(SignInRefused):
        await bureau.officers.change_password(token, "wrong password", NEW, HERE)
    with pytest.raises(PasswordWeak):
        await bureau.officers.change_password(token, old, old, HERE)
    with pytest.raises(SessionOver):
        await bureau.officers.change_password("made up", old, NEW, HERE)
    await signed_in(bureau)


async def test_disabling_signs_out_at_once_and_enabling_lets_in_again(bureau: Bureau) -> None:
    token = await ready(bureau)
    target = bureau.people["east.officer"].id
    disabled = await bureau.act("admin", bureau.officers.disable, target)
    assert disabled.disabled
    assert not await alive(bureau, token)
    with pytest.raises(SignInRefused):
        await signed_in(bureau)
    enabled = await bureau.act("admin", bureau.officers.enable, target)
    assert not enabled.disabled
    assert not await alive(bureau, token)
    assert await alive(bureau, await signed_in(bureau))


async def test_a_reset_signs_out_and_replaces_the_password(bureau: Bureau) -> None:
    token = await ready(bureau)
    target = bureau.people["east.officer"].id
    issued = await bureau.act("admin", bureau.officers.reset, target)
    assert issued.officer.must_change_password
    assert not await alive(bureau, token)
    with pytest.raises(SignInRefused):
        await signed_in(bureau)
    with pytest.raises(MustChangePassword):
        await bureau.officers.session(await signed_in(bureau, password=issued.password))


async def test_every_act_is_on_the_organs_chain(bureau: Bureau) -> None:
    officer = bureau.people["east.officer"]
    for act in (bureau.officers.disable, bureau.officers.enable, bureau.officers.reset):
        await bureau.act("admin", act, officer.id)
    acts = await bureau.acts(audit_chain(officer.organ_id))
    assert [act for act, _ in acts] == [
        "organ.added",
        *["officer.added"] * 4,
        "officer.disabled",
        "officer.enabled",
        "officer.reset",
    ]
    assert acts[-1][1] == {"officer": officer.id}


async def test_nobody_disables_or_resets_himself(bureau: Bureau) -> None:
    me = bureau.people["admin"].id
    for act in (bureau.officers.disable, bureau.officers.enable, bureau.officers.reset):
        with pytest.raises(NotYourself):
            await bureau.act("admin", act, me)
    await signed_in(bureau, "admin")


@pytest.mark.parametrize("who", ["east.officer", "east.chief", "city.chief"])
async def test_only_administrators_manage(bureau: Bureau, who: str) -> None:
    target = bureau.people["east.other"]
    new = NewOfficer(organ_id=target.organ_id, username="fresh", name="新人", role="officer")
    organ = NewOrgan(parent_id=target.organ_id, name="新所", kind="station")
    desk = bureau.officers
    for act in (desk.disable, desk.enable, desk.reset):
        with pytest.raises(NotAdministrator):
            await bureau.act(who, act, target.id)
    with pytest.raises(NotAdministrator):
        await bureau.act(who, desk.add, new)
    with pytest.raises(NotAdministrator):
        await bureau.act(who, desk.add_organ, organ)


async def test_accounts_need_a_plain_name_that_is_free(bureau: Bureau) -> None:
    organ = bureau.people["east.officer"].organ_id

    async def add(username: str, name: str = "新人", post: str = "") -> None:
        new = NewOfficer(organ_id=organ, username=username, name=name, post=post, role="officer")
        await bureau.act("admin", bureau.officers.add, new)

    for username in ("", "A", "x", "1abc", "a b", "管理员", "Admin", "a\n", "a" * 33):
        with pytest.raises(BadUsername):
            await add(username)
    for name in ("", "\u202e", "张" * 500):
        with pytest.raises(BadName):
            await add("fresh", name)
    with pytest.raises(BadText):
        await add("fresh", post="\x00")
    with pytest.raises(UsernameTaken):
        await add("west.officer")
    results = await asyncio.gather(*(add("fresh") for _ in range(3)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "UsernameTaken", "UsernameTaken"]


async def test_a_session_knows_who_and_what_within_a_transaction(bureau: Bureau) -> None:
    token = await ready(bureau, "east.chief")

    async def look(tx: Transaction) -> Session:
        return await bureau.officers.authenticate(tx, token)

    session = await bureau.db.read(look)
    assert session.scope.organ_ids == {bureau.people["east.chief"].organ_id}
