"""The root of every error a caller may see.

Text is for people, the code is for programs; `signaling/` turns both into HTTP and Socket.IO in one place.
Each package puts its own errors on top of one file, as subclasses of these.
"""

from __future__ import annotations

from typing import ClassVar


class HeshiError(Exception):
    """A refusal with a stable code and a plain sentence in both interface languages.

    Subclasses set `code` (stable, dotted snake_case), `zh` and `en` (one sentence each, saying what to do next) and
    `status` (the HTTP status it maps to). `detail` names the offending field or value kind, never a secret.
    """

    code: ClassVar[str] = "error"
    zh: ClassVar[str] = "操作没有成功，请稍后再试。"
    en: ClassVar[str] = "That did not work; please try again in a moment."
    status: ClassVar[int] = 400

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.code}: {detail}" if detail else self.code)
        self.detail = detail


class Invalid(HeshiError):
    """The input is malformed; nothing was changed."""

    code = "invalid"
    zh = "填写的内容有误，请检查后再提交。"
    en = "Something in the input is not right; please check and send again."
    status = 422


class Forbidden(HeshiError):
    """The caller's role does not include this act."""

    code = "forbidden"
    zh = "您的身份不能进行此操作。"
    en = "Your role does not allow this."
    status = 403


class NotFound(HeshiError):
    """There is no such thing within the caller's sight (absent and hidden look the same)."""

    code = "not_found"
    zh = "没有找到，或您无权查看。"
    en = "It does not exist, or you may not see it."
    status = 404


class Conflict(HeshiError):
    """The state has moved on; look again before repeating the act."""

    code = "conflict"
    zh = "情况已经变化，请刷新后再试。"
    en = "Things have changed meanwhile; refresh and try again."
    status = 409


class TooMany(HeshiError):
    """A limit on attempts or size was reached."""

    code = "too_many"
    zh = "操作过于频繁，请稍等再试。"
    en = "Too many attempts; please wait a little."
    status = 429
