"""What a check of a recording can find, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "changed",
    "cut",
    "added",
    "missing",
    "doubled",
    "spliced",
    "replaced",
    "foreign",
    "empty",
    "newer",
    "unreadable",
    "timeline",
    "manifest_signature",
    "manifest_key",
    "manifest_foreign",
    "manifest_older",
]

SAID: Final[dict[Kind, tuple[str, str]]] = {
    "changed": ("内容被改动", "changed: its content is not what was recorded"),
    "cut": ("末尾被截去", "cut: its end is gone"),
    "added": ("被添加了不属于该录制的内容", "added: something here was never recorded"),
    "missing": ("文件缺失", "missing: a journal on record is not there"),
    "doubled": ("有内容被重复插入", "doubled: a piece of it occurs again"),
    "spliced": ("混入了另一录制文件的内容", "spliced: a piece of another journal is in it"),
    "replaced": (
        "文件头或数据密钥已被替换",
        "replaced: its header, and the data key in it, is not the one recorded, or it was sealed for another key",
    ),
    "foreign": ("不属于该场次", "foreign: it belongs to another sitting or case"),
    "empty": ("文件为空", "empty: there is nothing in the file"),
    "newer": ("由更新版本生成，本版本无法核验", "made by a newer version, with which it has to be checked"),
    "unreadable": ("不是可识别的录制文件", "not a recording's journal, or its header is damaged"),
    "timeline": ("案卷时间线不完整", "the timeline itself does not verify"),
    "manifest_signature": ("清单签名无效", "the manifest's signature does not hold"),
    "manifest_key": ("清单由另一密钥签署", "the manifest was signed with another key than the timeline"),
    "manifest_foreign": ("清单与时间线登记的不一致", "the manifest is not the one that the timeline names"),
    "manifest_older": ("清单不是最新的一份", "an older manifest: the timeline names a later one"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where.

    `path` names the journal on record (or the file as given), `chunk` the first record that is not proven (None: all of
    it). `since` and `until` (UTC, "" where unknown) bound the moment from which that is: the signed heads around it, or
    with a key the last arrival that is sound (`exact`).
    """

    kind: Kind
    path: str
    endpoint: str = ""
    medium: str = ""
    seats: tuple[str, ...] = ()
    chunk: int | None = None
    since: str = ""
    until: str = ""
    exact: bool = False
    detail: str = ""

    @property
    def zh(self) -> str:
        """One line."""
        return " ".join(part for part in (self._who(), SAID[self.kind][0], self._where("自", "起", "片段")) if part)

    @property
    def en(self) -> str:
        """One line."""
        return " ".join(part for part in (self._who(), SAID[self.kind][1], self._where("from", "on", "record")) if part)

    def _who(self) -> str:
        whose = " ".join(part for part in (",".join(self.seats), self.endpoint, self.medium) if part)
        return f"{self.path} ({whose}):" if whose else f"{self.path}:" if self.path else ""

    def _where(self, begin: str, end: str, piece: str) -> str:
        parts = [] if self.chunk is None else [f"{begin} {piece} {self.chunk} {end}"]
        if self.since or self.until:
            parts.append(f"[{self.since or '…'} – {self.until or '…'}]")
        return "; ".join(parts + ([self.detail] if self.detail else []))
