"""Coming in: links, invite codes, identity, consents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from signaling.messages.base import Id, Line, Message, Role, Secret, Side, ThirdRole, Time


class LinkSecret(Message):
    """The secret of a party's link (128 bits, from the URL fragment)."""

    secret: Secret


class LinkView(Message):
    """What the bearer of a link learns before saying who they are: nothing of the case or the room."""

    organ: str
    name_masked: str
    phone_masked: str
    expires_at: Time
    locked: bool


class CodeRequest(Message):
    """Ask for the one-time code to the phone on record."""

    secret: Secret
    name: Line


class CodeSent(Message):
    """The code is on its way; another may be asked for after `resend_after_s` seconds."""

    resend_after_s: int


class IdentifyRequest(Message):
    """Name, the code from the phone, and the last six characters of the identity document."""

    secret: Secret
    name: Line
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    id_last6: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{4,6}$")]


class RedeemRequest(Message):
    """A third party's name, role and invite code."""

    code: Annotated[str, StringConstraints(min_length=8, max_length=12)]
    name: Line
    role: ThirdRole


class Entered(Message):
    """The device now holds a credential (an HttpOnly cookie) for this seat."""

    seat: Id


class Notice(Message):
    """The notice of rights and duties, as read before consenting."""

    version: str
    title: str
    paragraphs: list[str]


class Consents(Message):
    """One answer per matter; the recording is acknowledged, not consented to."""

    online: bool
    personal_data: bool
    recording: bool
    esign: bool


class ConsentRequest(Consents):
    """The answers, with the version of the notice that was read."""

    notice_version: str


class SeatEntry(Message):
    """Where a seat's holder stands on the way in."""

    seat: Id
    name: str
    role: Role
    side: Side | None
    organ: str
    step: Literal["consents", "ready", "declined"]
    consents: Consents | None
    notice: Notice
    agreement_ready: bool
