"""Who may sign: on the recording, recognised by the officer, and willing to sign electronically."""

from __future__ import annotations

from dataclasses import replace

import pytest

from formats.errors import HeshiError
from rooms import Room
from rooms.errors import EsignDeclined, NotCaptured, NotVerified
from rooms.model import Consent, Endpoint, Seat
from signaling.live.agreements import may_sign

AT = "2026-11-24T08:00:00.000Z"
SEAT = Seat(
    id="seat_a",
    person_id="party_a",
    role="party",
    side="A",
    name="张三",
    presence="admitted",
    endpoint="end_a",
    verified_at=AT,
    consents={"esign": Consent(True, AT)},
)
ENDPOINT = Endpoint("end_a", ("seat_a",), "phone", online=True, media="connected")


def room_of(seat: Seat, endpoint: Endpoint = ENDPOINT) -> Room:
    room = Room(id="room", case_id="case", organ_id="organ")
    return room.with_seat(seat).with_endpoint(endpoint)


def test_captured_verified_and_willing() -> None:
    may_sign(room_of(SEAT), SEAT)


def test_the_mediator_needs_no_consent_but_is_captured_too() -> None:
    host = replace(SEAT, role="mediator", side=None, verified_at=None, consents={})
    may_sign(room_of(host), host)
    with pytest.raises(NotCaptured):
        may_sign(room_of(host, replace(ENDPOINT, media="failed")), host)


@pytest.mark.parametrize(
    ("seat", "endpoint", "refusal"),
    [
        (SEAT, replace(ENDPOINT, media="none"), NotCaptured),
        (SEAT, replace(ENDPOINT, media="connecting"), NotCaptured),
        (replace(SEAT, endpoint=None), ENDPOINT, NotCaptured),
        (replace(SEAT, verified_at=None), ENDPOINT, NotVerified),
        (replace(SEAT, consents={"esign": Consent(False, AT)}), ENDPOINT, EsignDeclined),
        (replace(SEAT, consents={}), ENDPOINT, EsignDeclined),
    ],
)
def test_what_is_missing_is_said(seat: Seat, endpoint: Endpoint, refusal: type[HeshiError]) -> None:
    with pytest.raises(refusal):
        may_sign(room_of(seat, endpoint), seat)
