"""Everything the relay refuses, as one tree under the common root."""

from __future__ import annotations

from formats.errors import Conflict, Invalid


class OfferMalformed(Invalid):
    """The offer is not SDP, or lacks what one bundled WebRTC connection needs (RFC 8829, RFC 9143)."""

    code = "media.offer_malformed"
    zh = "浏览器发来的通话请求无法识别，请刷新页面重试。"
    en = "The browser's call request could not be read; please reload the page."


class OfferTooLarge(Invalid):
    """The offer exceeds the relay's limits on bytes, m-lines or receive slots."""

    code = "media.offer_too_large"
    zh = "浏览器发来的通话请求过大，请刷新页面重试。"
    en = "The browser's call request is too large; please reload the page."


class OfferWithoutAudio(Invalid):
    """The offer sends no audio line; a seat that cannot be heard cannot take part."""

    code = "media.offer_without_audio"
    zh = "通话请求中没有麦克风，请允许使用麦克风后重试。"
    en = "The call request has no microphone; allow the microphone and try again."


class CodecUnsupported(Invalid):
    """The browser speaks no codec that the relay forwards (Opus is required, VP8 optional)."""

    code = "media.codec_unsupported"
    zh = "这个浏览器不支持所需的语音编码，请更换浏览器。"
    en = "This browser lacks the needed voice codec; please use another browser."


class StaleEpoch(Conflict):
    """The offer belongs to an older placement of the room."""

    code = "media.stale_epoch"
    zh = "房间已转到另一台服务器，请重新进入。"
    en = "The room has moved to another server; please enter again."


class EndpointElsewhere(Conflict):
    """The endpoint already belongs to another room of this relay."""

    code = "media.endpoint_elsewhere"
    zh = "此终端正在另一个房间中，请先退出。"
    en = "This device is in another room; leave that one first."


class TableMalformed(Invalid):
    """The forwarding table does not follow its contract; the previous one stays in force."""

    code = "media.table_malformed"
    zh = "转发表格式有误，未作任何改变。"
    en = "The forwarding table is malformed; nothing was changed."


class RecorderMissing(Conflict):
    """The table asks for recording and this relay was started without a recorder."""

    code = "media.recorder_missing"
    zh = "录像服务未启动，调解暂停。"
    en = "The recorder is not running; the session is paused."
    status = 503


class RelayClosed(Conflict):
    """The relay is closed or closing."""

    code = "media.relay_closed"
    zh = "媒体服务正在关闭，请稍后重新进入。"
    en = "The media service is closing; please enter again shortly."
    status = 503


class EngineMissing(Conflict):
    """The native engine was asked for and is not built here."""

    code = "media.engine_missing"
    zh = "本机未编译原生转发引擎，请运行 make setup 或将引擎设为 lean。"
    en = "The native engine is not built here: run `make setup`, or set the engine to `lean`."
    status = 503
