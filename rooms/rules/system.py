"""What happens to a room without anyone's command: devices, the relay and the recorder report."""

from __future__ import annotations

from dataclasses import replace

from rooms.model import Act, Change, Context, Placement, Room, new_segment
from rooms.rules.caucus import lift
from rooms.views import MediaState, RecorderState


def endpoint_online(room: Room, endpoint_id: str) -> Change:
    """The device's socket is connected."""
    return _set_online(room, endpoint_id, True)


def endpoint_offline(room: Room, endpoint_id: str) -> Change:
    """The device's socket is gone: nothing is forwarded to or from it; its seats keep their places."""
    return _set_online(room, endpoint_id, False)


def endpoint_media(room: Room, endpoint_id: str, state: MediaState) -> Change:
    """The relay tells how a device's media connection is."""
    endpoint = room.endpoints.get(endpoint_id)
    if endpoint is None or endpoint.media == state:
        return room, []
    return room.with_endpoint(replace(endpoint, media=state)), []


def placed(room: Room, worker: str, epoch: int, context: Context) -> Change:
    """A relay worker has the room now; an epoch not above all earlier ones is stale and ignored.

    A session in progress goes on in a new segment: the old worker's journals end where it died.
    """
    if epoch <= room.epoch:
        return room, []
    room = _without_media(room)
    session = room.session
    segment = new_segment(session, context) if session is not None and room.segment is not None else None
    caucus = replace(room.caucus, segment=segment) if room.caucus is not None and segment is not None else room.caucus
    acts = [Act("recorder.recovered", {})] if room.recorder == "failed" else []
    room = replace(
        room,
        placement=Placement(worker, epoch),
        epoch=epoch,
        relay_revision=0,
        segment=segment,
        caucus=caucus,
        recorder="idle",
        recorder_reason="",
    )
    return room, acts


def worker_lost(room: Room, worker: str) -> Change:
    """The worker is gone; the room waits to be placed again, the sitting itself goes on."""
    if room.placement is None or room.placement.worker != worker:
        return room, []
    recorder: RecorderState = "failed" if room.recorder == "failed" else "idle"
    return replace(_without_media(room), placement=None, relay_revision=0, recorder=recorder), []


def relay_acknowledged(room: Room, revision: int, epoch: int) -> Change:
    """The placed worker obeys the forwarding table of `revision`; a former worker's word counts for nothing."""
    current = room.placement is not None and room.placement.epoch == epoch
    if not current or revision <= room.relay_revision or revision > room.revision:
        return room, []
    return replace(room, relay_revision=revision), []


def recorder_state(room: Room, state: RecorderState, reason: str, context: Context) -> Change:
    """The recorder reports; its failure pauses the session (and ends a caucus), its recovery resumes nothing."""
    reason = reason if state == "failed" else ""
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
    if was == "failed" and state != "failed":
        acts.append(Act("recorder.recovered", {}))
    return room, acts


def _set_online(room: Room, endpoint_id: str, online: bool) -> Change:
    endpoint = room.endpoints.get(endpoint_id)
    if endpoint is None or endpoint.online == online:
        return room, []
    return room.with_endpoint(replace(endpoint, online=online, media=endpoint.media if online else "none")), []


def _without_media(room: Room) -> Room:
    endpoints = {key: replace(endpoint, media="none") for key, endpoint in room.endpoints.items()}
    return replace(room, endpoints=endpoints)
