"""What is refused about sealed recordings."""

from __future__ import annotations

from formats.errors import Conflict, Forbidden, Invalid, NotFound


class NotToAsk(Forbidden):
    """Only the case's mediator and supervisors in whose sight it lies may ask for unsealing."""

    code = "unsealing.not_to_ask"
    zh = "只有本案主持人或本机关负责人可以申请启封。"
    en = "Only the case's mediator or a supervisor of its organ may ask for unsealing."


class NotToDecide(Forbidden):
    """Only a supervisor in whose sight the case lies may decide."""

    code = "unsealing.not_to_decide"
    zh = "只有本机关负责人可以审批启封申请。"
    en = "Only a supervisor of the case's organ may decide on unsealing."


class SamePerson(Forbidden):
    """Who asked may not decide: it takes two people."""

    code = "unsealing.same_person"
    zh = "申请人不能审批自己的申请，请由另一位负责人审批。"
    en = "You asked for this yourself; another supervisor has to decide."


class NoReason(Invalid):
    """A reason (or a word with the decision) is missing or too long."""

    code = "unsealing.no_reason"
    zh = "请写明理由（不超过 1000 字）。"
    en = "Please give the reason (1000 characters at most)."


class NothingSealed(Invalid):
    """The lines named are not sealed recordings of one sitting of this case."""

    code = "unsealing.nothing_sealed"
    zh = "所选内容不是本案同一场次的封存录像，请刷新后重新选择。"
    en = "What was chosen is not sealed material of one sitting of this case; refresh and choose again."


class NoSuchUnsealing(NotFound):
    """There is no such request (or film) within the caller's sight."""

    code = "unsealing.not_found"
    zh = "没有找到这项启封申请，或您无权查看。"
    en = "There is no such request for unsealing, or you may not see it."


class NotOpen(Conflict):
    """The request was decided, carried out or has lapsed already."""

    code = "unsealing.not_open"
    zh = "这项申请已经处理或已过期，请刷新后查看。"
    en = "This request was dealt with already, or has lapsed; refresh to see."


class NotApproved(Conflict):
    """Nobody has approved the request, so the key must not be used."""

    code = "unsealing.not_approved"
    zh = "该申请尚未获批准（或已过期），不能启封。"
    en = "The request is not approved (or has lapsed); nothing was unsealed."


class Lapsed(Forbidden):
    """The time for which it was unsealed is over."""

    code = "unsealing.lapsed"
    zh = "启封期限已过，如仍需查看请重新申请。"
    en = "The time for which this was unsealed is over; ask again if it is still needed."


class NotForYou(Forbidden):
    """Unsealed material is for the two people of the request alone."""

    code = "unsealing.not_for_you"
    zh = "启封内容仅限申请人和审批人查看。"
    en = "Unsealed material is only for the two people who asked and approved."
