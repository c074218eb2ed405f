"""What is shown of personal data before anyone asks for the whole of it."""

from __future__ import annotations

import re

# The administrative head of an address; a 小区, 社区 or 园区 is already a home.
_HEAD = re.compile(r"^.{1,12}(?:省|市|自治区|(?<![小社园辖])区|县|旗|自治州|盟)")


def _middle(text: str, head: int, tail: int) -> str:
    """Stars for all but the ends, and for everything where the ends would show more than half."""
    if len(text) < 2 * (head + tail):
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]


def mask_name(name: str) -> str:
    """张三 → 张*, 张小三 → 张*三; a name of one character disappears."""
    if len(name) <= 1:
        return "*" * len(name)
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_id(number: str) -> str:
    """Eighteen characters: 1101**********1234; shorter documents show two at each end, or nothing."""
    return _middle(number, 4, 4) if len(number) >= 16 else _middle(number, 2, 2)


def mask_phone(number: str) -> str:
    """138****1234, 010-****5678, +852****4567: a head that says where, and the last four."""
    area, dash, rest = number.partition("-")
    if dash:
        main = rest.partition("-")[0]
        return f"{area}-****{main[-4:]}" if len(main) >= 7 else "****"
    if number.startswith("+"):
        return f"{number[:4]}****{number[-4:]}" if len(number) >= 11 else f"{number[:2]}****{number[-2:]}"
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else "****"


def mask_address(address: str) -> str:
    """The administrative part only (北京市海淀区****), or the first two characters where none is recognised."""
    if not address:
        return ""
    head = _HEAD.match(address)
    shown = head.group(0) if head and len(head.group(0)) < len(address) else address[:2] if len(address) > 4 else ""
    return f"{shown}****"


def mask_date(iso: str) -> str:
    """The year of an ISO date: 1990-**-**."""
    return f"{iso[:4]}-**-**" if len(iso) == 10 else ""


def mask_text(text: str) -> str:
    """Nothing but the fact that there is text."""
    return "****" if text else ""
