"""What is refused about keeping and deleting recordings."""

from __future__ import annotations

from formats.errors import Conflict, Forbidden, Invalid, NotFound


class NoReason(Invalid):
    """A reason (or a word with the decision) is missing or too long."""

    code = "keeping.no_reason"
    zh = "请写明理由（不超过 1000 字）。"
    en = "Please give the reason (1000 characters at most)."


class NotYours(Forbidden):
    """The caller's post does not include this act on a recording."""

    code = "keeping.not_yours"
    zh = "只有本案主持人或本机关负责人可以办理；解除冻结和审批删除仅限负责人。"
    en = "Only the case's mediator or a supervisor may do this; lifting and approving are for supervisors alone."


class SamePerson(Forbidden):
    """Who asked for a deletion may not approve it."""

    code = "keeping.same_person"
    zh = "申请人不能审批自己的申请，请由另一位负责人审批。"
    en = "You asked for this yourself; another supervisor has to decide."


class NoSuchSitting(NotFound):
    """The case has no recording of this sitting, or no such hold or request."""

    code = "keeping.not_found"
    zh = "没有找到对应的录像或申请，请刷新后再试。"
    en = "There is no such recording or request; refresh and try again."


class StillHeld(Conflict):
    """A legal hold is on it."""

    code = "keeping.held"
    zh = "该场录像已被冻结，解除冻结前不能删除。"
    en = "A legal hold is on this recording; it cannot be deleted before that is lifted."


class KeptForGood(Conflict):
    """It belongs to a case file and is kept for good."""

    code = "keeping.permanent"
    zh = "该场录像已入卷，应永久保存，不能删除。"
    en = "This recording belongs to the case file and is kept for good."


class TooEarly(Conflict):
    """Its time is not over, or it is not complete yet."""

    code = "keeping.too_early"
    zh = "该场录像尚在保存期内，不能删除。"
    en = "This recording must still be kept; it cannot be deleted yet."


class AlreadyDeleted(Conflict):
    """There is nothing left to delete or to hold."""

    code = "keeping.deleted"
    zh = "该场录像已经删除。"
    en = "This recording has been deleted."


class NotOpen(Conflict):
    """The request was decided, or another one is waiting."""

    code = "keeping.not_open"
    zh = "该申请已经处理或已过期，或已有其他申请待审批，请刷新后查看。"
    en = "This request was dealt with or has lapsed, or another one is waiting; refresh to see."
