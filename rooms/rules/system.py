"""What happens to a room without anyone's command: devices, the relay and the recorder report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rooms.model import Act, Change, Context, Leaving, Placement, Room, new_segment
from rooms.rules import gaps
from rooms.rules.caucus import lift
from rooms.views import MediaState, RecorderState


def endpoint_online(room: Room, endpoint_id: str) -> Change:
    """The device's socket is connected."""
    return _set_online(room, endpoint_id, True)


def endpoint_offline(room: Room, endpoint_id: str, context: Context) -> Change:
    """The device's socket is gone: nothing is forwarded to or from it; its seats keep their places."""
    room, acts = gaps.over(room, [endpoint_id], context)
    return _set_online(room, endpoint_id, False)[0], acts


def endpoint_offered(room: Room, endpoint_id: str) -> Change:
    """The device is making a connection; one that it has carries on until then."""
    endpoint = room.endpoints.get(endpoint_id)
    if endpoint is None or endpoint.media in ("connecting", "connected"):
        return room, []
    return room.with_endpoint(replace(endpoint, media="connecting")), []


def endpoint_media(room: Room, endpoint_id: str, state: MediaState, context: Context) -> Change:
    """The relay tells how a device's media connection is. Once it carries, a gap of its recording is over."""
    endpoint = room.endpoints.get(endpoint_id)
    if endpoint is None:
        return room, []
    if endpoint.media != state:
        room = room.with_endpoint(replace(endpoint, media=state))
    return gaps.over(room, [endpoint_id], context) if state == "connected" else (room, [])


def placed(room: Room, worker: str, epoch: int, context: Context) -> Change:
    """A relay worker has the room now; an epoch not above all earlier ones is stale and ignored.

    A session in progress goes on in a new segment: the old worker's journals end where it died.
    """
    if epoch <= room.epoch:
        return room, []
    room = _without_media(room)
    acts = [Act("recorder.recovered", {})] if room.recorder in ("failed", "degraded") else []
    room = replace(
        _in_new_segment(room, context),
        placement=Placement(worker, epoch),
        epoch=epoch,
        leaving=None,
        relay_revision=0,
        recorder="idle",
        recorder_reason="",
    )
    return room, acts


def moved(room: Room, worker: str, orders: int, context: Context) -> Change:
    """Another worker takes the room over while the former still carries it; the recording goes on in a new segment.

    `orders` is the table revision that the former worker obeys: if the room has another by now, nothing happens. A
    wall stays acknowledged: the former worker has it, and the new one knows nothing else.
    """
    former = room.placement
    if former is None or former.worker == worker or room.table_revision != orders:
        return room, []
    moving = replace(
        _in_new_segment(room, context),
        placement=Placement(worker, room.epoch + 1, former.epoch),
        epoch=room.epoch + 1,
        # This change is the next revision, and one of the orders.
        leaving=Leaving(former.worker, former.epoch, room.revision + 1),
    )
    return moving, [Act("recorder.moved", {"worker": worker, "segment": moving.segment})] if room.segment else []


def left(room: Room, worker: str) -> Change:
    """The worker that the room was moved from carries nothing of it any more."""
    if room.leaving is None or room.leaving.worker != worker:
        return room, []
    return replace(room, leaving=None), []


def worker_lost(room: Room, worker: str, kept: Mapping[str, str], context: Context) -> Change:
    """The worker is gone; the room waits to be placed again, the sitting itself goes on.

    `kept` tells until when (UTC) the recording of each device is known to be on disk; otherwise it is until now.
    """
    if room.leaving is not None and room.leaving.worker == worker:
        return left(room, worker)
    if room.placement is None or room.placement.worker != worker:
        return room, []
    room, acts = gaps.begin(room, kept, context)
    recorder: RecorderState = "idle" if room.recorder == "ok" else room.recorder
    room = replace(_without_media(room), placement=None, leaving=None, relay_revision=0, recorder=recorder)
    return room, acts


def relay_acknowledged(room: Room, revision: int, epoch: int) -> Change:
    """The placed worker obeys the forwarding table of `revision`; a former worker's word counts for nothing."""
    current = room.placement is not None and room.placement.epoch == epoch
    if not current or revision <= room.relay_revision or revision > room.revision:
        return room, []
    return replace(room, relay_revision=revision), []


def recorder_state(room: Room, state: RecorderState, reason: str, context: Context) -> Change:
    """The recorder reports; its failure pauses the session (and ends a caucus), its recovery resumes nothing.

    In its second place it works, and the session goes on.
    """
    if state == room.recorder == "degraded":
        return room, []
    reason = reason if state in ("failed", "degraded") else ""
    if (room.recorder, room.recorder_reason) == (state, reason):
        return room, []
    acts: list[Act] = []
    was, session = room.recorder, room.session
    room = replace(room, recorder=state, recorder_reason=reason)
    if state == "failed" and was != "failed":
        acts.append(Act("recorder.failed", {"reason": reason, "segment": room.segment}))
        if session is not None and room.phase in ("joint", "caucus"):
            room, ended = lift(room)
            room = replace(room, phase="paused", segment=None)
            acts += [
                *ended,
                Act("session.paused", {"session": session.id, "number": session.number, "cause": "recorder"}),
            ]
    if state == "degraded":
        acts.append(Act("recorder.degraded", {"reason": reason, "segment": room.segment}))
    if (was == "failed" and state != "failed") or (was == "degraded" and state == "ok"):
        acts.append(Act("recorder.recovered", {}))
    return room, acts


def _set_online(room: Room, endpoint_id: str, online: bool) -> Change:
    endpoint = room.endpoints.get(endpoint_id)
    if endpoint is None or endpoint.online == online:
        return room, []
    return room.with_endpoint(replace(endpoint, online=online, media=endpoint.media if online else "none")), []


def _in_new_segment(room: Room, context: Context) -> Room:
    """Another worker writes other journals; the mode, and its key, stay."""
    session = room.session
    if session is None or room.segment is None:
        return room
    segment = new_segment(session, context)
    caucus = replace(room.caucus, segment=segment) if room.caucus is not None else None
    return replace(room, segment=segment, caucus=caucus)


def _without_media(room: Room) -> Room:
    endpoints = {key: replace(endpoint, media="none") for key, endpoint in room.endpoints.items()}
    return replace(room, endpoints=endpoints)
