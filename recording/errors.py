"""What can go wrong while capturing and replaying, as refusals with stable codes."""

from __future__ import annotations

from typing import ClassVar

from formats.errors import Conflict, Forbidden, HeshiError, Invalid, NotFound


class RecorderFailed(HeshiError):
    """Capture has stopped: what was written stays, nothing more is being kept. The room has to pause."""

    code: ClassVar[str] = "recording.recorder_failed"
    zh: ClassVar[str] = "录制出现故障，调解已暂停，请联系管理员检查存储空间。"
    en: ClassVar[str] = "The recorder has failed and the room is paused; ask the administrator to check the storage."
    status: ClassVar[int] = 503


class SealedSegment(Forbidden):
    """A caucus journal was offered where only joint material may go."""

    code: ClassVar[str] = "recording.sealed_segment"
    zh: ClassVar[str] = "背靠背录音录像已封存，不能在此播放。"
    en: ClassVar[str] = "A caucus recording is sealed and cannot be played here."


class DamagedJournal(Invalid):
    """A journal's header or chain does not hold."""

    code: ClassVar[str] = "recording.damaged"
    zh: ClassVar[str] = "录制文件已损坏，请运行核验查看具体位置。"
    en: ClassVar[str] = "The recording file is damaged; run the verification to see where."


class NoRecording(NotFound):
    """There is no such recording, or it has no playable part."""

    code: ClassVar[str] = "recording.not_found"
    zh: ClassVar[str] = "没有找到这份录制。"
    en: ClassVar[str] = "There is no such recording."


class NoDownload(Forbidden):
    """The officer may not take recordings out of the house, or has not said why they take this one."""

    code: ClassVar[str] = "recording.no_download"
    zh: ClassVar[str] = "您没有下载录制的权限；如确有需要，请由管理员授权，并先写明理由。"
    en: ClassVar[str] = (
        "You may not download recordings; ask an administrator for the right, and give the reason first."
    )


class NotReady(Conflict):
    """The playable file has not been made yet."""

    code: ClassVar[str] = "recording.not_ready"
    zh: ClassVar[str] = "录制正在处理，请稍后再播放。"
    en: ClassVar[str] = "The recording is still being prepared; please play it later."
