"""Every refusal of the room, on top of one file.

Where a distinction would tell a guesser something (unknown, foreign, revoked), the answer is the same.
"""

from __future__ import annotations

from formats.errors import Conflict, Forbidden, HeshiError, Invalid, NotFound, TooMany


class RoomUnknown(NotFound):
    code = "room.unknown"
    zh = "没有找到这间调解室，或您无权查看。请从案件页面或收到的链接重新进入。"
    en = "There is no such room within your sight; enter again from the case page or from your link."


class RoomUnreadable(HeshiError):
    """A stored room does not have the form this version writes."""

    code = "room.unreadable"
    zh = "调解室的数据无法读取，请联系管理员。"
    en = "The stored room cannot be read; call the administrator."
    status = 500


class RoomNotOpen(Conflict):
    """The act needs a sitting that is open."""

    code = "room.not_open"
    zh = "本场调解还没有开放，请等主持人开放调解室后再试。"
    en = "No sitting is open; wait until the mediator opens the room."


class WrongPhase(Conflict):
    """The sitting is not at the point where this can be done."""

    code = "room.wrong_phase"
    zh = "当前阶段不能这样操作，请刷新后查看调解室的状态。"
    en = "This cannot be done at this point of the sitting; refresh and look at the room's state."


class RoomInCaucus(Conflict):
    """The mediator speaks with others behind a wall; there is nobody to write to."""

    code = "room.caucus"
    zh = "主持人正在与另一方单独谈话，谈话结束后再发送。"
    en = "The mediator is speaking privately with the other side; write again when that ends."


class ScreenNotNow(Conflict):
    """Nothing flows to or from this seat: not begun, a break, a caucus of others."""

    code = "room.screen_not_now"
    zh = "现在不能共享屏幕，请等调解开始或继续以后再试。"
    en = "The screen cannot be shared now; try again once the session runs."


class ScreenTaken(Conflict):
    """One shared screen at a time."""

    code = "room.screen_taken"
    zh = "已有人正在共享屏幕，请等对方停止共享后再试。"
    en = "Somebody else is sharing their screen; try again when they have stopped."


class ScreenNotConnected(Conflict):
    """The device's media connection is not up, so nobody would see anything."""

    code = "room.screen_not_connected"
    zh = "您的声音画面尚未接通，请等接通后再共享屏幕。"
    en = "Your sound and picture are not connected yet; share the screen once they are."


class SideAbsent(Conflict):
    code = "room.side_absent"
    zh = "这一方还没有人在调解室内，请先准许其进入。"
    en = "Nobody of that side is in the room; admit someone first."


class RecorderDown(Conflict):
    """No session runs without a working recorder."""

    code = "room.recorder_down"
    zh = "录像没有正常工作，调解不能进行；请等录像恢复后再继续。"
    en = "The recorder is not working, so the session cannot run; continue when it has recovered."


class HostOffline(Conflict):
    code = "room.host_offline"
    zh = "主持人还没有连接到调解室，请刷新页面后再开始。"
    en = "The mediator is not connected to the room; reload the page and start again."


class RoomFull(Conflict):
    code = "room.full"
    zh = "调解室的位置已满，请先请一位离开再准许进入。"
    en = "Every place in the room is taken; let someone leave before admitting another."


class RoomHosted(Conflict):
    """Another officer hosts and is connected."""

    code = "room.hosted"
    zh = "另一位民警正在主持这间调解室，请等其离开后再进入。"
    en = "Another officer is hosting this room; enter when they have left."


class NotResponsible(Forbidden):
    """Neither the responsible officer of the case nor a supervisor."""

    code = "room.not_responsible"
    zh = "只有本案承办人或上级主管可以主持，请联系承办人。"
    en = "Only the responsible officer or a supervisor hosts this room; contact the responsible officer."


class SessionOpen(Conflict):
    """The case cannot be closed while a sitting is open."""

    code = "room.session_open"
    zh = "本案还有一场调解没有结束，请先结束再结案。"
    en = "A sitting of this case is still open; end it first, then close the case."


class SeatUnknown(NotFound):
    code = "seat.unknown"
    zh = "没有找到这个席位，请刷新后再试。"
    en = "There is no such seat; refresh and try again."


class SeatNotAdmitted(Forbidden):
    code = "seat.not_admitted"
    zh = "主持人还没有准许您进入，请在候场页面等待。"
    en = "The mediator has not let you in yet; please wait on the waiting page."


class SeatNotWaiting(Conflict):
    code = "seat.not_waiting"
    zh = "这个人没有在候场，请刷新后再试。"
    en = "This person is not waiting; refresh and try again."


class SeatReplaced(Conflict):
    """Another device holds the seat now."""

    code = "seat.replaced"
    zh = "您的席位已在另一台设备上使用；如需换回，请在本设备上重新打开链接。"
    en = "Your seat is in use on another device; open your link here again to take it back."


class CommandUnknown(Invalid):
    code = "command.unknown"
    zh = "系统不认识这个操作，请刷新页面后再试。"
    en = "This command is not known; reload the page and try again."


class CommandForbidden(Forbidden):
    code = "command.forbidden"
    zh = "您在调解室中的身份不能进行此操作，如有需要请告诉主持人。"
    en = "Your role in the room does not include this; ask the mediator if it is needed."


class CommandInvalid(Invalid):
    """The payload does not have the command's form."""

    code = "command.invalid"
    zh = "这个操作的内容有误，请刷新页面后再试。"
    en = "The content of this command is malformed; reload the page and try again."


class LinkUnknown(NotFound):
    """Not a link of ours."""

    code = "link.unknown"
    zh = "这个链接无效，请向主持人索取新的链接。"
    en = "This link is not valid; ask the mediator for a new one."


class LinkExpired(NotFound):
    """Only ever told to someone who holds the real 128-bit secret."""

    code = "link.expired"
    zh = "这个链接已过期，请向主持人索取新的链接。"
    en = "This link has expired; ask the mediator for a new one."


class LinkRevoked(NotFound):
    """Only ever told to someone who holds the real 128-bit secret."""

    code = "link.revoked"
    zh = "这个链接已停用，请使用最新收到的链接，或联系主持人。"
    en = "This link is no longer in use; use the newest one you received, or ask the mediator."


class IdentityWrong(Forbidden):
    """Which of name, code and digits was wrong is not said."""

    code = "identity.wrong"
    zh = "姓名、验证码或证件号码后六位不符，请核对后再试；连续五次不符将需要主持人解锁。"
    en = "Name, code and the last six of your ID do not match; try again. After five tries the mediator unlocks."


class IdentityLocked(TooMany):
    code = "identity.locked"
    zh = "核对次数已用完，请联系主持人解锁后再试。"
    en = "All tries are used up; ask the mediator to unlock, then try again."


class CodeTooSoon(TooMany):
    code = "identity.code_too_soon"
    zh = "验证码刚刚发送过，请等三十秒后再试。"
    en = "A code was sent a moment ago; wait thirty seconds before asking for another."


class DeviceUnknown(Forbidden):
    """The cookie is unknown, revoked or of another room."""

    code = "device.unknown"
    zh = "这台设备没有进入资格，请重新打开您的链接或输入邀请码。"
    en = "This device may not enter; open your link or enter your invite code again."


class ConsentMissing(Conflict):
    """A person who will not go online is offered the station instead."""

    code = "consent.missing"
    zh = "需要先同意线上调解和个人信息处理并知悉录像，才能候场；如不同意，可以到派出所现场调解。"
    en = (
        "To wait, agree to going online and to data processing and note the recording; "
        "otherwise mediation at the station is offered."
    )


class InviteUnknown(NotFound):
    """Unknown, foreign and revoked look alike."""

    code = "invite.unknown"
    zh = "邀请码不正确，请核对后再试，或向主持人索取新的邀请码。"
    en = "This invite code is not right; check it, or ask the mediator for a new one."


class InviteExpired(NotFound):
    code = "invite.expired"
    zh = "邀请码已过期，请向主持人索取新的邀请码。"
    en = "This invite code has expired; ask the mediator for a new one."


class InviteUsedUp(Conflict):
    code = "invite.used_up"
    zh = "邀请码的使用次数已满，请向主持人索取新的邀请码。"
    en = "This invite code has been used as often as it may be; ask the mediator for a new one."


class InviteWrongRole(Forbidden):
    code = "invite.wrong_role"
    zh = "这个邀请码不适用于您选择的身份，请重新选择身份或联系主持人。"
    en = "This invite code is for another role; choose your role again or ask the mediator."


class InviteInvalid(Invalid):
    """The officer asked for a code that may not be made (role, side, uses or lifetime)."""

    code = "invite.invalid"
    zh = "邀请码的身份、所属方、次数或期限有误，请修改后再生成。"
    en = "Role, side, number of uses or lifetime of the code is out of range; correct it and make the code again."


class PartyUnknown(NotFound):
    code = "party.unknown"
    zh = "没有找到这位当事人，请在案件页面核对。"
    en = "There is no such party within your sight; check the case page."


class NotCaptured(Conflict):
    """Signing is itself recorded, and this device's sound and picture do not reach the recorder."""

    code = "sign.not_captured"
    zh = "签名过程须录音录像，但您的声音画面尚未接通，请等待接通后再签。"
    en = "Signing is recorded, but your sound and picture are not connected yet; sign once they are."


class NotVerified(Conflict):
    """The officer has not yet recorded who this is."""

    code = "sign.not_verified"
    zh = "调解员尚未核实您的身份，请等待核实后再签。"
    en = "The officer has not verified who you are yet; sign after that."


class EsignDeclined(Conflict):
    """The person declined electronic signing."""

    code = "sign.esign_declined"
    zh = "您未同意电子签名，请到承办单位签署纸质协议。"
    en = "You declined electronic signing; please sign on paper at the station."
