"""Every refusal of this package, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from formats.errors import Conflict, Forbidden, HeshiError, Invalid, NotFound


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a draft from being locked: where (a dotted path) and what to do, in both languages."""

    path: str
    zh: str
    en: str


class AgreementMissing(NotFound):
    code = "agreement.missing"
    zh = "本案还没有开始起草调解协议。"
    en = "No agreement has been started for this case."


class AgreementExists(Conflict):
    code = "agreement.exists"
    zh = "本案的调解协议已经开始起草。"
    en = "The agreement of this case has already been started."


class WrongStatus(Conflict):
    """The act does not fit the agreement's present status; `detail` names the status."""

    code = "agreement.wrong_status"
    zh = "协议当前的状态不能进行此操作，请刷新后查看。"
    en = "The agreement's present status does not allow this; refresh and look again."


class DraftIncomplete(Invalid):
    """Locking was refused; `problems` lists every reason."""

    code = "agreement.draft_incomplete"
    zh = "协议内容还不完整，请按提示逐项补正后再锁定。"
    en = "The draft is not complete; correct the listed points, then lock it."

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.path for problem in problems))
        self.problems = tuple(problems)


class BadEdit(Invalid):
    """The edit names a field, term or clause that is not there, or a value that does not fit; nothing was changed."""

    code = "agreement.bad_edit"
    zh = "修改的内容有误，请检查后重新填写。"
    en = "That change does not fit the draft; check it and try again."


class NothingToUndo(Conflict):
    code = "agreement.nothing_to_undo"
    zh = "没有可以撤销的修改。"
    en = "There is no change to undo."


class TextChanged(Conflict):
    """The signature is bound to another text than the one locked now."""

    code = "agreement.text_changed"
    zh = "协议内容已经变化，请重新阅读后再签名。"
    en = "The text has changed; read it again before signing."


class NotASigner(Forbidden):
    code = "agreement.not_a_signer"
    zh = "您不是本协议的签名人。"
    en = "You are not one of the signers of this agreement."


class AlreadySigned(Conflict):
    code = "agreement.already_signed"
    zh = "您已经签过名，无需重复签名。"
    en = "You have already signed."


class NotYourTurn(Conflict):
    code = "agreement.not_your_turn"
    zh = "请等其他签名人全部签名后，再由主持人签名。"
    en = "The mediator signs last; wait until everyone else has signed."


class SignaturesMissing(Conflict):
    code = "agreement.signatures_missing"
    zh = "还有人没有签名，暂时不能盖章。"
    en = "Not everyone has signed yet, so it cannot be sealed."


class BadStrokes(Invalid):
    code = "agreement.bad_strokes"
    zh = "没有收到有效的手写签名，请重新签写。"
    en = "No usable handwriting was received; please sign again."


class TemplateError(HeshiError):
    """A template file is malformed; `detail` names the place."""

    code = "agreement.bad_template"
    zh = "文书模板有误，请联系管理员。"
    en = "The document template is malformed; ask the administrator."
    status = 500


class FontFileError(HeshiError):
    """A font file the installation needs is not there; `detail` names the file."""

    code = "agreement.font_missing"
    zh = "缺少生成文书所需的字体文件，请联系管理员。"
    en = "A font file needed for documents is missing; ask the administrator."
    status = 500


class NoGlyph(Invalid):
    """No font of the installation has this character; `detail` is the character and its code point."""

    code = "agreement.no_glyph"
    zh = "有一个字无法印出，请为该姓名登记替代写法。"
    en = "One character cannot be printed; record a substitute spelling for that name."

    def __init__(self, character: str) -> None:
        super().__init__(f"{character} (U+{ord(character):04X})")
        self.character = character


class NoForm(Invalid):
    """There is no form for this track; `detail` names it."""

    code = "agreement.no_form"
    zh = "本类案件暂时没有可用的协议书格式。"
    en = "There is no agreement form for this kind of case yet."


class SealBrokenError(HeshiError):
    """A sealed file did not pass our own verification; it was not stored, or not handed out."""

    code = "agreement.seal_broken"
    zh = "生成的文书没有通过核验，没有保存，请联系管理员。"
    en = "The document did not pass verification and was not used; ask the administrator."
    status = 500
