"""Everything the case records refuse, with its stable code.

`NoSuchCase` and its kin are also raised for what lies outside the caller's scope: absent and hidden look the same.
"""

from __future__ import annotations

from formats.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class NoSuchCase(NotFound):
    """No case of this id within the caller's scope."""

    code = "case.not_found"
    zh = "没有找到该案件，或您无权查看。"
    en = "There is no such case, or you may not see it."


class NoSuchParty(NotFound):
    """The case has no party of this id."""

    code = "case.party_not_found"
    zh = "该案件中没有这位当事人。"
    en = "This case has no such party."


class NumberTaken(Conflict):
    """Another case of the same organ bears this number."""

    code = "case.number_taken"
    zh = "本机关已有相同编号的案件，请更换编号。"
    en = "Your organ already has a case of this number; please choose another."


class CaseMoved(Conflict):
    """The case was edited since the caller last read it."""

    code = "case.stale"
    zh = "案件内容已被他人修改，请刷新后再改。"
    en = "Someone changed this case meanwhile; refresh and edit again."


class CaseClosed(Conflict):
    """The case is closed: its record no longer changes."""

    code = "case.closed"
    zh = "案件已经结案，不能再修改。"
    en = "The case is closed and can no longer be changed."


class NotRevealable(Invalid):
    """The field asked for is not one that is shown on request."""

    code = "case.not_revealable"
    zh = "该项内容不能单独查看。"
    en = "This field cannot be revealed."


class ResponsibleUnknown(Invalid):
    """The responsible officer is not an active officer of the case's organ."""

    code = "case.officer_unknown"
    zh = "承办人不是本机关在岗人员，请重新选择。"
    en = "The responsible officer does not serve in this organ; please choose again."


class PartiesUnfit(Invalid):
    """Fewer than 2 or more than 12 parties, or a side without anyone."""

    code = "case.parties_unfit"
    zh = "当事人应为二至十二人，且双方各至少一人。"
    en = "A case needs two to twelve parties, with at least one on each side."


class NoSuchOrgan(NotFound):
    """No organ of this id within the caller's scope."""

    code = "organ.not_found"
    zh = "没有找到该机关，或您无权查看。"
    en = "There is no such organ, or you may not see it."


class NoSuchOfficer(NotFound):
    """No officer of this id within the caller's scope."""

    code = "officer.not_found"
    zh = "没有找到该人员，或您无权管理。"
    en = "There is no such officer, or you may not manage them."


class UsernameTaken(Conflict):
    """The user name belongs to another account."""

    code = "officer.username_taken"
    zh = "该用户名已被使用，请更换。"
    en = "This user name is taken; please choose another."


class NotYourself(Forbidden):
    """An administrator tried to disable or reset their own account."""

    code = "officer.not_yourself"
    zh = "不能停用或重置自己的账号，请由其他管理员办理。"
    en = "You cannot disable or reset your own account; ask another administrator."


class NotAdministrator(Forbidden):
    """The act belongs to administrators."""

    code = "officer.not_administrator"
    zh = "此操作须由管理员办理。"
    en = "Only an administrator may do this."


class SignInRefused(Forbidden):
    """Unknown user, wrong password or disabled account: one answer for all three."""

    code = "signin.refused"
    zh = "用户名或密码不正确，请核对后重试。"
    en = "The user name or password is not right; please check and try again."
    status = 401


class SignInDelayed(TooMany):
    """Too many wrong tries lately; `retry_after` says how many seconds to wait."""

    code = "signin.delayed"
    zh = "尝试次数过多，请稍候再登录。"
    en = "Too many tries; please wait before signing in again."

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"retry after {retry_after:.0f} s")
        self.retry_after = retry_after


class SessionOver(Forbidden):
    """The session token is unknown, expired, signed out or revoked."""

    code = "session.over"
    zh = "登录已失效，请重新登录。"
    en = "Your sign-in has ended; please sign in again."
    status = 401


class PasswordWeak(Invalid):
    """Shorter than 10 or longer than 200 characters, or the same as the user name or the old password."""

    code = "officer.password_weak"
    zh = "新密码至少十个字符，且不能与用户名或旧密码相同。"
    en = "The new password needs at least ten characters and must differ from the user name and the old one."


class MustChangePassword(Forbidden):
    """Signed in with a one-time password: nothing else is allowed before a new one is set."""

    code = "officer.must_change_password"
    zh = "请先设置新密码，再进行其他操作。"
    en = "Set a new password first."


class BadUsername(Invalid):
    """Not 2 to 32 lower-case letters, digits, dots, dashes or underscores, beginning with a letter."""

    code = "officer.username_invalid"
    zh = "用户名须以小写字母开头，由二至三十二个小写字母、数字、点或横线组成。"
    en = "A user name is 2 to 32 lower-case letters, digits, dots or dashes, beginning with a letter."


class NoSuchNotice(NotFound):
    """The case has no message of this id."""

    code = "notice.not_found"
    zh = "没有找到该通知。"
    en = "There is no such message."


class ReassignForbidden(Forbidden):
    """Only the responsible officer or a supervisor gives a case to another officer."""

    code = "case.reassign_forbidden"
    zh = "只有承办人或所领导可以变更承办人。"
    en = "Only the officer responsible or a supervisor may give the case to another."
