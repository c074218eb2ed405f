"""Random histories of a room: every act that can happen to one, and a world that plays them deterministically.

Ids and times come from an act's position in the history, so two histories can be compared byte by byte.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from formats.errors import HeshiError
from rooms.commands import perform
from rooms.model import Act, Change, Context, Identity, Room
from rooms.rules import entering, gaps, screen, system
from rooms.table import advance

MEDIATOR = "seat_m"
GUESTS = {
    "a1": ("party", "A"),
    "a2": ("lawyer", "A"),
    "a3": ("guardian", "A"),
    "b1": ("party", "B"),
    "b2": ("insurer", "B"),
    "b3": ("witness", "B"),
    "n1": ("community_worker", None),
}
LATE = {"n2": ("interpreter", None)}
"""One more than the room holds; random histories leave them out."""
SEATS = ("m", *GUESTS)


@dataclass(frozen=True)
class Op:
    """One act: a client's command, a thing at the door, or a report of the system."""

    kind: str
    seat: str = ""
    name: str = ""
    payload: tuple[tuple[str, object], ...] = ()


@dataclass
class World:
    """A room and its playing back; refusals are kept as codes."""

    room: Room
    acts: list[Act]

    def play(self, op: Op, step: int) -> str | None:
        """Apply one act as the step `step`; the refusal's code, if it was refused."""
        count = 0

        def new_id(prefix: str) -> str:
            nonlocal count
            count += 1
            return f"{prefix}_{step}_{count}"

        context = Context(now=f"2026-03-02T01:{step // 60:02}:{step % 60:02}.000Z", new_id=new_id)
        try:
            room, acts = _KINDS[op.kind](self.room, op, context)
        except HeshiError as error:
            return error.code
        room, ended = screen.settle(room)
        room, filled = gaps.settle(room, context)
        acts = [*acts, *ended, *filled]
        if room is not self.room or acts:
            self.room = advance(self.room, room)
        self.acts += acts
        return None


def new_world() -> World:
    """A room with its officer seated and nobody else."""
    world = World(Room(id="room_1", case_id="case_1", organ_id="organ_1"), [])
    context = Context(now="2026-03-02T01:00:00.000Z", new_id=lambda prefix: f"{prefix}_m")
    room, _, seat = entering.host(world.room, "officer_1", "主持人", "end_m", context)
    assert seat.id == MEDIATOR
    for short, (role, side) in {**GUESTS, **LATE}.items():
        named = Context(context.now, lambda prefix, short=short: f"{prefix}_{short}")  # type: ignore[misc]
        room, _ = entering.ensure_seat(room, f"person_{short}", role, side, f"某{short}", named)  # type: ignore[arg-type]
    world.room = room
    return world


def _endpoint(room: Room, short: str) -> str:
    return room.seats[f"seat_{short}"].endpoint or ""


def _command(room: Room, op: Op, context: Context) -> Change:
    return perform(room, f"seat_{op.seat}", op.name, dict(op.payload), context)


def _arrive(room: Room, op: Op, context: Context) -> Change:
    identity = Identity("某人", True, True, True, context.now)
    endpoint = f"end_{op.seat}_{context.now[14:19]}"
    return entering.claim(room, f"seat_{op.seat}", endpoint, "device", identity, context)


def _consent(room: Room, op: Op, context: Context) -> Change:
    return entering.consent(room, f"seat_{op.seat}", dict(op.payload), context)  # type: ignore[arg-type]


def _wait(room: Room, op: Op, context: Context) -> Change:
    return entering.wait(room, f"seat_{op.seat}", context)


def _online(room: Room, op: Op, context: Context) -> Change:
    return system.endpoint_online(room, _endpoint(room, op.seat))


def _offline(room: Room, op: Op, context: Context) -> Change:
    return system.endpoint_offline(room, _endpoint(room, op.seat), context)


def _media(room: Room, op: Op, context: Context) -> Change:
    return system.endpoint_media(room, _endpoint(room, op.seat), op.name, context)  # type: ignore[arg-type]


def _acknowledge(room: Room, op: Op, context: Context) -> Change:
    return system.relay_acknowledged(room, room.table_revision, room.epoch)


def _recorder(room: Room, op: Op, context: Context) -> Change:
    return system.recorder_state(room, op.name, "磁盘", context)  # type: ignore[arg-type]


def _place(room: Room, op: Op, context: Context) -> Change:
    return system.placed(room, op.name, room.epoch + 1, context)


def _lose(room: Room, op: Op, context: Context) -> Change:
    return system.worker_lost(room, op.name, {}, context)


def _move(room: Room, op: Op, context: Context) -> Change:
    return system.moved(room, op.name, room.table_revision, context)


def _left(room: Room, op: Op, context: Context) -> Change:
    return system.left(room, room.leaving.worker) if room.leaving else (room, [])


_KINDS: dict[str, Callable[[Room, Op, Context], Change]] = {
    "command": _command,
    "arrive": _arrive,
    "consent": _consent,
    "wait": _wait,
    "online": _online,
    "offline": _offline,
    "media": _media,
    "acknowledge": _acknowledge,
    "recorder": _recorder,
    "place": _place,
    "lose": _lose,
    "move": _move,
    "left": _left,
}

YES = (("online", True), ("personal_data", True), ("recording", True))


def command(by: str, name: str, /, **payload: object) -> Op:
    """A client's command."""
    return Op("command", by, name, tuple(payload.items()))


def coming_in(short: str) -> list[Op]:
    """Everything until a guest sits in the room."""
    return [
        Op("arrive", short),
        Op("consent", short, payload=YES),
        Op("online", short),
        command("m", "seat.admit", seat=f"seat_{short}"),
    ]


def in_session(*guests: str) -> list[Op]:
    """A joint session with these guests, everybody's media connected."""
    ops = [Op("online", "m"), Op("place", name="w1"), Op("media", "m", "connected"), command("m", "session.open")]
    for short in guests:
        ops += [*coming_in(short), Op("media", short, "connected")]
    return [*ops, command("m", "session.start")]


def played(ops: list[Op]) -> World:
    """A world after these acts, none of which may be refused."""
    world = new_world()
    for step, op in enumerate(ops):
        refusal = world.play(op, step)
        assert refusal is None, (op, refusal)
    return world


def own_ops(shorts: list[str]) -> st.SearchStrategy[Op]:
    """What seats do by themselves, and what happens to their devices."""
    seat = st.sampled_from(shorts)
    guest = st.sampled_from([short for short in shorts if short != "m"])
    return st.one_of(
        guest.map(lambda s: Op("arrive", s)),
        guest.map(lambda s: Op("consent", s, payload=YES)),
        guest.map(lambda s: Op("consent", s, payload=(("esign", False), ("recording", False)))),
        guest.map(lambda s: Op("wait", s)),
        seat.map(lambda s: Op("online", s)),
        seat.map(lambda s: Op("offline", s)),
        st.builds(lambda s, m: Op("media", s, m), seat, st.sampled_from(["connecting", "connected", "failed"])),
        st.builds(lambda s, t: command(s, "chat.send", text=t), seat, st.sampled_from(["你好", "密语"])),
        st.builds(lambda s, v: command(s, "hand.set", raised=v), seat, st.booleans()),
        st.builds(lambda s, m, c: command(s, "media.state", mic=m, camera=c), seat, st.booleans(), st.booleans()),
        seat.map(lambda s: command(s, "seat.leave")),
        seat.map(lambda s: command(s, "screen.share")),
        seat.map(lambda s: command(s, "screen.stop")),
        seat.map(lambda s: Op("media", s, "connected")),
    )


def host_ops(shorts: list[str]) -> st.SearchStrategy[Op]:
    """What the mediator does to seats."""
    target = st.sampled_from([f"seat_{short}" for short in shorts])
    return st.one_of(
        target.map(lambda s: command("m", "seat.admit", seat=s)),
        target.map(lambda s: command("m", "seat.refuse", seat=s)),
        target.map(lambda s: command("m", "seat.remove", seat=s)),
        target.map(lambda s: command("m", "seat.verify", seat=s, method="video_look")),
        st.builds(lambda s, v: command("m", "seat.mute", seat=s, muted=v), target, st.booleans()),
        target.map(lambda s: command("m", "seat.lower_hand", seat=s)),
    )


def global_ops() -> st.SearchStrategy[Op]:
    """What changes the room for everybody."""
    return st.one_of(
        st.sampled_from(["session.open", "session.start", "session.pause", "session.resume", "caucus.leave"]).map(
            lambda name: command("m", name)
        ),
        st.sampled_from(["agreed", "suspended"]).map(lambda outcome: command("m", "session.end", outcome=outcome)),
        st.sampled_from(["A", "B"]).map(lambda side: command("m", "caucus.enter", side=side)),
        st.sampled_from(["ok", "failed", "idle"]).map(lambda state: Op("recorder", name=state)),
        st.sampled_from(["w1", "w2"]).map(lambda worker: Op("place", name=worker)),
        st.sampled_from(["w1", "w2"]).map(lambda worker: Op("lose", name=worker)),
        st.sampled_from(["w1", "w2"]).map(lambda worker: Op("move", name=worker)),
        st.just(Op("left")),
        st.just(Op("acknowledge")),
    )


def any_ops() -> st.SearchStrategy[Op]:
    """Every act, the useful ones often enough that sessions and caucuses happen."""
    guests = list(GUESTS)
    return st.one_of(
        own_ops(["m", *guests]),
        host_ops(guests),
        global_ops(),
        global_ops(),
        st.sampled_from(guests).map(lambda s: command("m", "seat.admit", seat=f"seat_{s}")),
    )


def histories(longest: int = 40) -> st.SearchStrategy[list[Op]]:
    """A sitting with some guests inside already, then anything."""
    guests = st.lists(st.sampled_from(list(GUESTS)), unique=True, max_size=6)
    return st.builds(
        lambda some, rest: [*in_session(*some), *rest], guests, st.lists(any_ops(), min_size=1, max_size=longest)
    )
