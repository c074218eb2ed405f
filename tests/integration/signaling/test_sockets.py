"""Sockets: who may connect, what each role may say, odd payloads, two tabs, floods, and what one is never told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rooms.authority import ROLES
from signaling.live.commands import COMMANDS
from tests.integration.signaling.live import Live, Refused, auth_of, live
from tests.integration.signaling.town import NAMES, Case, Person, Town, refused

THIRD = ("lawyer", "guardian", "community_worker", "interpreter", "insurer", "witness")
SHORT = dict(zip("MPLGCIUW", ROLES, strict=True))
"""M mediator, P party, L lawyer, G guardian, C community worker, I interpreter, U insurer, W witness."""

EXPECTED = {
    "room.sync": "MPLGCIUW",
    "media.offer": "MPLGCIUW",
    "session.open": "M",
    "session.start": "M",
    "session.pause": "M",
    "session.resume": "M",
    "session.end": "M",
    "seat.admit": "M",
    "seat.refuse": "M",
    "seat.remove": "M",
    "seat.verify": "M",
    "seat.mute": "M",
    "seat.lower_hand": "M",
    "seat.leave": "PLGCIUW",
    "caucus.enter": "M",
    "caucus.leave": "M",
    "chat.send": "MPLGCIUW",
    "hand.set": "MPLGCIUW",
    "media.state": "MPLGCIUW",
    "quality.report": "MPLGCIUW",
    "screen.share": "MPLGCIUW",
    "screen.stop": "MPLGCIUW",
    "agreement.start": "M",
    "agreement.edit": "M",
    "agreement.lock": "M",
    "agreement.unlock": "M",
    "agreement.reopen": "M",
    "agreement.sign": "MP",
    "agreement.decline": "MP",
    "agreement.seal": "M",
}
"""Who may say what, written out by hand: the code must agree, cell by cell."""

VALID: dict[str, dict[str, Any]] = {
    "media.offer": {"sdp": "v=0\r\n" * 20},
    "session.end": {"outcome": "absent"},
    "seat.admit": {"seat": "seat_x"},
    "seat.refuse": {"seat": "seat_x"},
    "seat.remove": {"seat": "seat_x"},
    "seat.verify": {"seat": "seat_x", "method": "video_look"},
    "seat.mute": {"seat": "seat_x", "muted": True},
    "seat.lower_hand": {"seat": "seat_x"},
    "caucus.enter": {"side": "A"},
    "chat.send": {"text": "听得到吗"},
    "hand.set": {"raised": True},
    "media.state": {"mic": False, "camera": False},
    "quality.report": {"freezes": 0, "frozen_ms": 0, "concealed": 0, "heard": 0},
    "agreement.edit": {"version": 1, "edit": {"kind": "undo"}},
    "agreement.lock": {"version": 1},
    "agreement.sign": {
        "lock_hash": "0" * 64,
        "width": 300,
        "height": 150,
        "strokes": [[{"x": 1.0, "y": 1.0, "pressure": 0.5, "time": 1}]],
    },
    "agreement.decline": {"reason": "不同意"},
}
"""A payload of the right shape for each command that takes one."""


@pytest.fixture(scope="module")
def case(town: Town) -> Case:
    return town.case()


@pytest.fixture(scope="module")
def people(town: Town, case: Case) -> dict[str, Person]:
    """One person of each role on the way in, and the other side's party, who is never let in."""
    guests = {role: town.third(case, role) for role in THIRD}
    return {"mediator": town.host(case), "party": town.party(case), **guests, "waiting": town.party(case, "B")}


@pytest.fixture
async def room(town: Town, people: dict[str, Person]) -> AsyncIterator[dict[str, Live]]:
    """Everybody's socket; all but "waiting" admitted to an open sitting."""
    async with live(town.service.url, *people.values()) as sockets:
        by_role = dict(zip(people, sockets, strict=True))
        officer = by_role["mediator"]
        view = await officer.view()
        if view["phase"] == "idle":
            await officer.do("session.open")
            for role, person in people.items():
                if role not in ("mediator", "waiting"):
                    await officer.do("seat.admit", seat=person.seat)
        yield by_role


def test_the_table_is_complete() -> None:
    assert set(EXPECTED) == set(COMMANDS)
    assert {name: frozenset(SHORT[letter] for letter in letters) for name, letters in EXPECTED.items()} == {
        name: command.roles for name, command in COMMANDS.items()
    }


async def test_every_command_as_every_role(town: Town, case: Case, room: dict[str, Live]) -> None:
    before = town.revision(case)
    for name, letters in EXPECTED.items():
        for letter, role in SHORT.items():
            payload = VALID.get(name, {})
            if letter in letters:
                # An entitled role gets past the table, to where an unknown field is found.
                assert await room[role].refused(name, **payload, nonsense=1) == "malformed", (name, role)
            else:
                assert await room[role].refused(name, **payload) == "command.forbidden", (name, role)
        assert town.revision(case) == before, name


async def test_every_command_from_the_waiting_room(town: Town, case: Case, room: dict[str, Live]) -> None:
    before = town.revision(case)
    for name in EXPECTED.keys() - {"room.sync"}:
        code = await room["waiting"].refused(name, **VALID.get(name, {}))
        assert code == ("seat.not_admitted" if "P" in EXPECTED[name] else "command.forbidden"), name
    assert town.revision(case) == before


async def test_the_waiting_room_knows_nothing(town: Town, room: dict[str, Live], people: dict[str, Person]) -> None:
    waiting, officer = room["waiting"], room["mediator"]
    seen = len(waiting.seen)
    await officer.do("chat.send", text="各位好")
    await room["lawyer"].do("hand.set", raised=True)
    await officer.do("seat.lower_hand", seat=people["lawyer"].seat)
    await officer.shown(lambda view: any(line["text"] == "各位好" for line in view["chat"]))
    view = await waiting.view()
    assert (view["phase"], view["session"], view["recorder"]) == (None, None, None)
    assert (view["peers"], view["waiting"], view["chat"]) == ([], [], [])
    assert [event for event, _ in waiting.seen[seen:] if event != "beat"] == []
    everything = str(waiting.seen) + str(view)
    for secret in (NAMES["A"], "赵六", "各位好", "王警官", *(people[role].seat for role in ("party", *THIRD))):
        assert secret not in everything


@pytest.mark.parametrize("name", ["chat.send", "seat.mute", "room.sync", "agreement.edit", "media.offer"])
async def test_payloads_of_no_shape(town: Town, case: Case, room: dict[str, Live], name: str) -> None:
    before = town.revision(case)
    officer = room["mediator"]
    good = VALID.get(name, {})
    for payload in (
        None,
        [],
        "text",
        7,
        True,
        [good],
        {**good, "key": 7},
        {**good, "key": ""},
        {**good, "key": "k" * 65},
    ):
        assert refused(await officer.say(name, payload)) == "malformed", payload
    for payload in ({**good, "<b>4711</b>": 1}, {**good, "key": {"a": 1}}, {**good, "key": None, "more": None}):
        reply = await officer.say(name, payload)
        assert refused(reply) == "malformed"
        assert "4711" not in str(reply)
    assert town.revision(case) == before


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("chat.send", {"text": ""}),
        ("chat.send", {"text": "长" * 1001}),
        ("chat.send", {"text": 5}),
        ("chat.send", {"text": "a\u202eb"}),
        ("chat.send", {"text": "a\u0000b"}),
        ("chat.send", {"text": "\ud800"}),
        ("hand.set", {"raised": 1}),
        ("hand.set", {"raised": "true"}),
        ("seat.verify", {"seat": "x", "method": "looks_fine"}),
        ("caucus.enter", {"side": "C"}),
        ("session.end", {"outcome": "won", "note": ""}),
        ("agreement.edit", {"version": 1, "edit": {"kind": "everything"}}),
        (
            "agreement.sign",
            {**VALID["agreement.sign"], "strokes": [[{"x": float("nan"), "y": 1.0, "pressure": 0.5, "time": 1}]]},
        ),
        ("agreement.sign", {**VALID["agreement.sign"], "width": float("inf")}),
        ("agreement.sign", {**VALID["agreement.sign"], "strokes": []}),
        ("agreement.sign", {**VALID["agreement.sign"], "lock_hash": "0" * 63}),
    ],
)
async def test_values_out_of_bounds(
    town: Town, case: Case, room: dict[str, Live], name: str, payload: dict[str, Any]
) -> None:
    before = town.revision(case)
    assert await room["mediator"].refused(name, **payload) in ("malformed", "command.invalid", "text.invalid")
    assert town.revision(case) == before


async def test_offers_that_are_no_offers(town: Town, case: Case, room: dict[str, Live]) -> None:
    before = town.revision(case)
    officer = room["mediator"]
    assert await officer.refused("media.offer", sdp="v=0") == "malformed"
    assert await officer.refused("media.offer", sdp="x" * 200_001) == "malformed"
    assert town.revision(case) == before


async def test_unknown_events_and_the_librarys_own(town: Town, case: Case, room: dict[str, Live]) -> None:
    before = town.revision(case)
    witness = room["witness"]
    for name in ("nothing.of.this", "", "*", "snapshot", "beat", "长" * 300):
        assert refused(await witness.say(name, {"a": 1})) == "command.unknown", name
    # The library hands a client's event of this name to the connection's handler.
    await witness.sio.emit("connect", ({"HTTP_COOKIE": ""}, {"seat": "x"}))
    await witness.do("room.sync")
    assert town.revision(case) == before


async def test_oversize_events(town: Town, case: Case, room: dict[str, Live]) -> None:
    """Ten times what any command may hold is refused with a code; what only an attacker sends ends the socket."""
    assert await room["witness"].refused("chat.send", text="x" * 1_500_000) == "malformed"
    assert await room["witness"].refused("media.offer", sdp="x" * 1_500_000) == "malformed"
    person = town.third(case, "witness")
    before = town.state()
    async with live(town.service.url, person) as (one,):
        await one.sio.emit("chat.send", {"text": "x" * 2_500_000})
        async with asyncio.timeout(10):
            await one.gone.wait()
    # The service is well, and the person comes back.
    async with live(town.service.url, person) as (one,):
        assert (await one.view())["you"]["presence"] == "waiting"
    assert town.state() != before  # only the device's coming and going


async def test_the_same_key_twice_is_once(town: Town, case: Case, room: dict[str, Live]) -> None:
    lawyer = room["lawyer"]
    first = await lawyer.do("chat.send", text="只说一次", key="k1")
    before = town.revision(case)
    assert await lawyer.do("chat.send", text="只说一次", key="k1") == first
    assert await lawyer.do("chat.send", text="只说一次", key="k1") == first
    assert town.revision(case) == before
    # Another seat's key is another key.
    await room["guardian"].do("chat.send", text="我也说", key="k1")
    assert town.revision(case) == before + 1
    both = await asyncio.gather(*(lawyer.do("chat.send", text="同时", key="k2") for _ in range(5)))
    assert both == [first] * 5
    said = [line["text"] for line in (await lawyer.view())["chat"]]
    assert said.count("只说一次") == 1
    assert said.count("同时") == 1


async def test_two_tabs_hold_no_seat_together(town: Town, case: Case, people: dict[str, Person]) -> None:
    person = people["insurer"]
    async with live(town.service.url, person) as (first,), live(town.service.url, person, tab="tab2") as (second,):
        assert await first.until(lambda seen: [p for e, p in seen if e == "replaced"]) == [{"why": "other_tab"}]
        before = town.revision(case)
        assert await first.refused("hand.set", raised=True) == "seat.replaced"
        assert await first.refused("room.sync") == "seat.replaced"
        assert town.revision(case) == before
        await second.do("hand.set", raised=True)
        async with asyncio.timeout(10):
            await first.gone.wait()
        # That the first one went away does not put the second one out.
        await second.do("hand.set", raised=False)
        officer = people["mediator"]
        async with live(town.service.url, officer) as (host,):
            view = await host.view()
            assert next(peer for peer in view["peers"] if peer["seat"] == person.seat)["online"] is True


async def test_whoever_left_is_offline(town: Town, people: dict[str, Person]) -> None:
    person, officer = people["witness"], people["mediator"]
    async with live(town.service.url, officer) as (host,):

        def online(view: Any) -> bool:
            return bool(next(peer for peer in view["peers"] if peer["seat"] == person.seat)["online"])

        for _ in range(5):
            # Coming and going as fast as it will go: what counts is where it ends.
            async with live(town.service.url, person):
                pass
        async with live(town.service.url, person):
            # The mark tells this coming from the earlier ones, whose news may still be on its way.
            await host.do("seat.mute", seat=person.seat, muted=True)
            await host.shown(lambda view: online(view) and any(peer["muted"] for peer in view["peers"]))
        await host.shown(lambda view: not online(view))
        assert not online(await host.view())
        await host.do("seat.mute", seat=person.seat, muted=False)


async def test_floods_are_refused(town: Town, case: Case) -> None:
    person = town.third(case, "interpreter")
    before = town.revision(case)
    async with live(town.service.url, person) as (one,):
        replies = await asyncio.gather(*(one.say("hand.set", {"raised": True}) for _ in range(200)))
        codes = [refused(reply) for reply in replies]
        assert codes[0] == "seat.not_admitted"
        assert codes.count("flooding") > 100
        assert set(codes) == {"seat.not_admitted", "flooding"}
        assert town.revision(case) == before + 1  # that the device is there


async def test_a_party_acts_for_nobody_else(
    town: Town, case: Case, room: dict[str, Live], people: dict[str, Person]
) -> None:
    before = town.revision(case)
    victim = people["lawyer"].seat
    for name, more in (
        ("seat.admit", {}),
        ("seat.remove", {}),
        ("seat.mute", {"muted": True}),
        ("seat.lower_hand", {}),
    ):
        assert await room["party"].refused(name, seat=victim, **more) == "command.forbidden"
    for name in ("hand.set", "media.state", "chat.send"):
        assert await room["party"].refused(name, **VALID[name], seat=victim) == "malformed"
    other = town.case()
    stranger = town.party(other)
    assert await room["mediator"].refused("seat.admit", seat=stranger.seat) == "seat.unknown"
    assert await room["mediator"].refused("seat.remove", seat=people["mediator"].seat) == "command.forbidden"
    assert town.revision(case) == before


@pytest.mark.parametrize(
    "auth",
    [
        None,
        "text",
        [],
        7,
        {},
        {"seat": 7, "tab": "t", "version": "1"},
        {"seat": "", "tab": "t", "version": "1"},
        {"seat": "../../x", "tab": "t", "version": "1"},
        {"seat": "s" * 65, "tab": "t", "version": "1"},
        {"seat": "seat_x", "tab": "t", "version": "1", "more": 1},
        {"seat": "seat_x", "tab": "t", "version": "0"},
        {"seat": "seat_x", "tab": "t", "version": 1},
    ],
)
async def test_odd_greetings(town: Town, people: dict[str, Person], auth: object) -> None:
    assert await _code(town, auth, people["party"].device.cookie_header()) == "malformed"


async def _code(town: Town, auth: object, cookie: str) -> str:
    socket = Live()
    try:
        with pytest.raises(Refused) as caught:
            await socket.connect(town.service.url, auth, cookie)
        return caught.value.code
    finally:
        await socket.close()


async def test_no_credential_no_socket(town: Town, case: Case, people: dict[str, Person]) -> None:
    party, lawyer, host = people["party"], people["lawyer"], people["mediator"]
    before = town.state()
    own = lawyer.device.cookie_header().split("=")[1]
    officer = next(c.value for c in town.officer.http.cookies.jar if c.name == "heshi_officer")
    stranger = next(c.value for c in town.stranger.http.cookies.jar if c.name == "heshi_officer")
    for seat, cookie, code in (
        (party.seat, "", "seat.no_credential"),
        (party.seat, lawyer.device.cookie_header(), "seat.no_credential"),
        (party.seat, f"heshi_seat_{party.seat}={own}", "seat.no_credential"),
        (party.seat, f"heshi_seat_{party.seat}={'A' * 22}", "device.unknown"),
        (party.seat, f"heshi_seat_{party.seat}=host:{case.room}", "session.over"),
        (party.seat, f"heshi_seat_{party.seat}=host:{case.room}; heshi_officer={officer}", "sign_in_needed"),
        (host.seat, f"heshi_officer={officer}", "seat.no_credential"),
        (host.seat, f"heshi_seat_{host.seat}=host:{case.room}", "session.over"),
        (host.seat, f"heshi_seat_{host.seat}=host:{case.room}; heshi_officer={stranger}", "sign_in_needed"),
        (host.seat, f"heshi_seat_{host.seat}=host:room_x; heshi_officer={officer}", "room.unknown"),
        ("seat_x", f"heshi_seat_seat_x=host:{case.room}; heshi_officer={officer}", "sign_in_needed"),
        (party.seat, "\x01=;;;==\udcff; a", "seat.no_credential"),
        (party.seat, "x" * 8000, "seat.no_credential"),
    ):
        if not cookie.isascii():
            cookie = cookie.encode("utf-8", "surrogateescape").decode("latin-1")
        assert await _code(town, auth_of(seat), cookie) == code, cookie
    assert town.state() == before


async def test_the_workers_door(town: Town) -> None:
    import socketio

    odd: tuple[Any, ...] = (None, "text", [], 7, {"secret": ""}, {"secret": "x", "worker": "w", "version": "1"})
    for auth in odd:
        client = socketio.AsyncClient(reconnection=False)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(town.service.url, auth=auth, namespaces=["/worker"], transports=["websocket"])
        await client.disconnect()
        await client.shutdown()
