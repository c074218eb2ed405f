"""What every message shares: strict, closed models with bounded text."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

PROTOCOL_VERSION = "1"

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_:-]+$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Secret = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Time = Annotated[str, StringConstraints(max_length=40)]
Side = Literal["A", "B"]
Track = Literal["ZA", "JT", "RM"]
Role = Literal["mediator", "party", "lawyer", "guardian", "community_worker", "interpreter", "insurer", "witness"]
ThirdRole = Literal["lawyer", "guardian", "community_worker", "interpreter", "insurer", "witness"]
IdType = Literal["resident", "passport", "hk_macau", "taiwan", "foreign_residence", "other"]


class Message(BaseModel):
    """A message of the protocol: unknown fields are refused, values are never coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Empty(Message):
    """Nothing to say beyond the name of the command."""


class ErrorBody(Message):
    """A refusal: stable code for programs, one sentence in each interface language for people."""

    code: str
    zh: str
    en: str
    detail: str = ""


class ErrorReply(Message):
    """What every refused request or command answers."""

    error: ErrorBody
