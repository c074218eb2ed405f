"""What the pure rules refuse."""

from __future__ import annotations

from formats.errors import Invalid


class BadName(Invalid):
    """A name that is empty, too long, or holds characters nobody can read or check."""

    code = "name.invalid"
    zh = "姓名不能为空，不超过五十个字符，且不能含有不可见或控制字符。"
    en = "A name must be 1 to 50 characters, without invisible or control characters."


class BadText(Invalid):
    """Text that is empty where it must not be, too long, or holds control or direction characters."""

    code = "text.invalid"
    zh = "文字内容为空、过长或含有不允许的控制字符。"
    en = "The text is empty, too long, or holds control characters."


class BadResidentId(Invalid):
    """Not a resident identity number of GB 11643, or it contradicts what was given with it."""

    code = "resident_id.invalid"
    zh = "居民身份证号码有误，请逐位核对。"
    en = "The resident identity number is not right; please check each digit."


class ResidentIdMismatch(Invalid):
    """Sex or birth date differ from what the resident identity number says."""

    code = "resident_id.mismatch"
    zh = "性别或出生日期与身份证号码不一致，请核对。"
    en = "Sex or birth date do not agree with the resident identity number; please check."


class BadDocumentNumber(Invalid):
    """A passport or permit number of impossible shape."""

    code = "id_number.invalid"
    zh = "证件号码格式有误，请核对。"
    en = "The document number has an impossible shape; please check."


class BadPhone(Invalid):
    """Neither a mainland mobile or landline number nor an international one."""

    code = "phone.invalid"
    zh = "电话号码有误：手机填十一位，座机加区号，境外号码以加号开头。"
    en = "Give an 11-digit mobile number, a landline with area code, or an international number starting with +."


class BadCaseNumber(Invalid):
    """An empty, overlong or unreadable case number."""

    code = "case_number.invalid"
    zh = "案件编号应为一至四十个字符的文字、数字或括号。"
    en = "A case number is 1 to 40 letters, digits, brackets or dashes."
