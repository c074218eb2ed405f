"""The officers' console."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from signaling.messages.agreement import AgreementView
from signaling.messages.base import Id, IdType, Line, Message, Paragraph, Role, Side, ThirdRole, Time, Track
from signaling.messages.quality import SittingQuality

Username = Annotated[str, StringConstraints(min_length=2, max_length=40, pattern=r"^[A-Za-z0-9._-]+$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=200)]
NewPassword = Annotated[str, StringConstraints(min_length=10, max_length=200)]
OfficerRole = Literal["officer", "supervisor", "administrator"]
Outcome = Literal["agreed", "not_agreed", "suspended", "withdrawn", "not_applicable"]


class SignIn(Message):
    """Local account."""

    username: Username
    password: Password


class ChangePassword(Message):
    """A new password of one's own."""

    old: Password
    new: NewPassword


class OfficerView(Message):
    """An officer, as colleagues and administrators see one."""

    id: Id
    username: str
    name: str
    post: str
    role: OfficerRole
    organ: Id
    organ_name: str
    disabled: bool
    must_change_password: bool
    may_download: bool = Field(description="may take recordings out of the house")


class LetDownload(Message):
    """The right to take recordings out of the house."""

    allowed: bool


class NewOfficer(Message):
    """An account to add."""

    username: Username
    name: Line
    post: Line
    role: OfficerRole
    organ: Id


class OneTimePassword(Message):
    """Shown once; must be changed at the first sign-in."""

    officer: OfficerView
    password: str


class OrganView(Message):
    """An organ of the tree."""

    id: Id
    parent: Id | None
    name: str
    kind: Literal["bureau", "station", "committee", "brigade"]


class NewOrgan(Message):
    """An organ to add beneath another."""

    parent: Id
    name: Line
    kind: Literal["bureau", "station", "committee", "brigade"]


class PartyInput(Message):
    """A party of the case."""

    side: Side
    name: Line
    name_substitute: Annotated[str, StringConstraints(max_length=100)] = ""
    id_type: IdType
    id_number: Line
    phone: Line
    address: Annotated[str, StringConstraints(max_length=200)] = ""
    workplace: Annotated[str, StringConstraints(max_length=200)] = ""
    gender: Literal["male", "female", ""] = ""
    birth_date: Annotated[str, StringConstraints(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")] = ""
    private_contact: bool = False


class CaseInput(Message):
    """A case record to open (with its room)."""

    number: Line
    track: Track
    cause: Line
    happened_at: Annotated[str, StringConstraints(min_length=16, max_length=40)]
    place: Line
    facts: Paragraph
    officer: Id | None = Field(default=None, description="responsible officer; the caller when absent")
    community: Annotated[str, StringConstraints(max_length=100)] = ""
    parties: Annotated[list[PartyInput], Field(min_length=2, max_length=12)]


class CaseChanges(Message):
    """Fields to change, against the revision that was seen."""

    revision: int
    cause: Line | None = None
    happened_at: Time | None = None
    place: Line | None = None
    facts: Paragraph | None = None
    community: Annotated[str, StringConstraints(max_length=100)] | None = None
    officer: Id | None = None


class CaseRow(Message):
    """A line of the case list."""

    id: Id
    number: str
    track: Track
    cause: str
    created_at: Time
    status: Literal["open", "closed"]
    outcome: Outcome | None
    officer_name: str
    parties: list[str] = Field(description="masked names")
    phase: Literal["idle", "open", "joint", "caucus", "paused"]
    waiting: int


class CaseList(Message):
    """A page of cases, newest first; `next` is given back as `after` for the following page."""

    cases: list[CaseRow]
    next: str | None


class LinkState(Message):
    """A party's live link, without its secret."""

    expires_at: Time
    opened: bool
    locked: bool


class PartyRow(Message):
    """A party on the case page, masked."""

    id: Id
    side: Side
    name: str
    name_substitute: str
    id_type: IdType
    id_number: str
    phone: str
    address: str
    workplace: str
    gender: str
    birth_date: str
    private_contact: bool
    link: LinkState | None


class InviteRow(Message):
    """An invite code that still opens, without the code."""

    id: Id
    role: ThirdRole
    side: Side | None
    expires_at: Time
    uses: int
    max_uses: int


class SeatRow(Message):
    """A seat of the room."""

    id: Id
    name: str
    role: Role
    side: Side | None
    presence: str
    verified_at: Time | None
    consents: dict[str, bool]


class SessionRow(Message):
    """A sitting."""

    id: Id
    number: int
    opened_at: Time
    started_at: Time | None
    ended_at: Time | None
    outcome: str | None
    quality: list[SittingQuality] = Field(description="how the seats' connections carried, as far as it was watched")


class RecordingRow(Message):
    """A seat's recording of one sitting; `ready` ones can be played."""

    id: Id
    session: Id
    seats: list[str]
    screen: bool = Field(description="what these seats shared of their screen: a film of its own, without sound")
    status: Literal["capturing", "processing", "ready", "failed", "partial", "empty", "sealed"]
    started_at: Time | None
    duration_ms: int | None
    note: str = Field(description="a stable code where something is missing or failed")


class CompositeRow(Message):
    """The film of a whole sitting, everybody in one picture; it can be played when `ready` or `partial`."""

    id: Id
    session: Id
    status: Literal["processing", "ready", "failed", "partial", "empty"]
    permille: int = Field(description="how far its making is")
    started_at: Time
    duration_ms: int | None
    note: str = Field(description="a stable code where something is missing or failed")


class ChatRow(Message):
    """A chat message on the record; one of a caucus is there only for the mediator who sat in it."""

    id: Id
    name: str
    at: Time
    text: str = Field(description="empty on the case page: it is read by asking")
    private: bool = Field(description="written in a caucus")


class ChatRecord(Message):
    """The chat with its words, oldest first; asking is on the timeline."""

    chat: list[ChatRow]


class NoticeRow(Message):
    """A notice that the embedded default keeps here instead of sending; its text is read by asking."""

    id: Id
    party: Id | None
    kind: str
    to: str
    at: Time
    expires_at: Time | None


class CaseView(Message):
    """Everything that hangs on the case, in one place; the chat's and the agreement's words are read by asking."""

    id: Id
    revision: int
    number: str
    track: Track
    cause: str
    happened_at: Time
    place: str
    facts: str
    community: str
    status: Literal["open", "closed"]
    outcome: Outcome | None
    outcome_note: str
    organ: str
    officer: OfficerView
    room: Id
    phase: Literal["idle", "open", "joint", "caucus", "paused"]
    parties: list[PartyRow]
    invites: list[InviteRow]
    seats: list[SeatRow]
    sessions: list[SessionRow]
    recordings: list[RecordingRow]
    composites: list[CompositeRow]
    chat: list[ChatRow]
    notices: list[NoticeRow]
    agreement: AgreementView | None = Field(
        description="without its words: facts, terms, clauses, problems and document are empty"
    )


class TimelineRow(Message):
    """An entry of the case's hash chain."""

    seq: int
    at: Time
    actor: str
    act: str
    article: str | None
    payload: dict[str, Any] | None = Field(description="null where it is erased, or was said in another's caucus")
    hash: str
    times: int = Field(default=1, description="how many entries of captured data in a row this line, the newest, means")


class TimelineView(Message):
    """The chain, and whether it holds."""

    entries: list[TimelineRow]
    length: int = Field(description="how many entries the chain has")
    intact: bool
    reason: str


class ReceiptView(Message):
    """A signed head of the chain, for keeping elsewhere."""

    text: str


class Reveal(Message):
    """A masked field to see in clear; asking is on the timeline. `facts` is the case's own (party null)."""

    party: Id | None
    field: Literal["facts", "id_number", "phone", "address", "birth_date", "workplace"]


class Revealed(Message):
    """The value, once."""

    value: str


class CloseCase(Message):
    """How the case ended."""

    outcome: Outcome
    note: Annotated[str, StringConstraints(max_length=1000)] = ""


class NewLink(Message):
    """A party's fresh link (shown once; an older one is revoked)."""

    path: str = Field(description="path with the secret in its fragment")
    expires_at: Time


class NewInvite(Message):
    """An invite code to make."""

    role: ThirdRole
    side: Side | None = None
    uses: Annotated[int, Field(ge=1, le=10)] = 1
    hours: Annotated[int, Field(ge=1, le=720)] = 24


class InviteCode(Message):
    """The code (shown once)."""

    code: str
    expires_at: Time


class EnteredRoom(Message):
    """The officer's seat in the case's room."""

    room: Id
    seat: Id


class Officers(Message):
    """The officers in sight."""

    officers: list[OfficerView]


class Organs(Message):
    """The organs in sight; `parent`s make the tree."""

    organs: list[OrganView]
