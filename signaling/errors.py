"""Domain errors turned into what goes over the wire: the one map, for HTTP and for Socket.IO."""

from __future__ import annotations

import logging

from pydantic import ValidationError

from formats.errors import Conflict, HeshiError, Invalid, NotFound, TooMany
from signaling.messages.base import ErrorBody, ErrorReply

MAX_DETAIL = 200

log = logging.getLogger("heshi.signaling")


class Malformed(Invalid):
    """The request is not what the protocol says it must be."""

    code = "malformed"
    zh = "收到的内容格式不对，请刷新页面后再试。"
    en = "The message was malformed; reload the page and try again."
    status = 400


class TooLarge(Invalid):
    """The request's body is over the limit of its route."""

    code = "too_large"
    zh = "提交的内容过大，请减少后再试。"
    en = "That is too large to send; please shorten it."
    status = 413


class SignInNeeded(HeshiError):
    """The caller has no valid session or device credential."""

    code = "sign_in_needed"
    zh = "登录已失效，请重新登录。"
    en = "Your sign-in has expired; please sign in again."
    status = 401


class DeviceUnknown(HeshiError):
    """This browser holds no credential for the seat."""

    code = "seat.no_credential"
    zh = "本机没有此席位的进入凭证，请重新打开短信中的链接或输入邀请码。"
    en = "This device has no credential for the seat; open your link again or enter the invite code."
    status = 401


class NoticeOutdated(Conflict):
    """The notice that was read is not the one in force."""

    code = "consent.notice_outdated"
    zh = "告知书已更新，请重新阅读后再确认。"
    en = "The notice has been updated; please read it again and answer."


class NoSitting(NotFound):
    """The case has no sitting of this id."""

    code = "session.not_found"
    zh = "没有找到这个场次。"
    en = "There is no such sitting."


class NoRelay(HeshiError):
    """No media worker can take the room now."""

    code = "media.no_worker"
    zh = "音视频服务正在恢复，请稍候，系统会自动重新连接。"
    en = "Audio and video are coming back; please wait, you will be reconnected by yourself."
    status = 503


class Flooding(TooMany):
    """One connection sends commands faster than any person could."""

    code = "flooding"


class Internal(HeshiError):
    """A fault of ours. The log has the cause; the caller gets none of it."""

    code = "internal"
    zh = "服务出现故障，请稍后再试；如仍不行，请联系承办民警。"
    en = "Something failed on our side; try again in a moment, or call the officer in charge."
    status = 500


def to_reply(error: BaseException) -> tuple[int, ErrorReply]:
    """HTTP status and body of a refusal; unforeseen exceptions are logged and become `internal`."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        # The name of an unknown field is the caller's own word: it is not repeated.
        known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
        error = Malformed(".".join(str(part) for part in known) + ": " + first["type"])
    if not isinstance(error, HeshiError):
        log.error("unforeseen failure", exc_info=error)
        error = Internal()
    body = ErrorBody(code=error.code, zh=error.zh, en=error.en, detail=error.detail[:MAX_DETAIL])
    return error.status, ErrorReply(error=body)
