"""One agreement in several stages, built by the product's own transitions."""

# ruff: noqa: E501
from __future__ import annotations

import math
import os
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from agreements import rules
from agreements.edits import EDIT
from agreements.fonts import FontChain, default_folders
from agreements.model import Agreement, Attendee, Draft, PartyCopy
from agreements.strokes import Stroke, read_strokes
from agreements.template import load_template

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = load_template("za")
TODAY = date(2026, 11, 24)
AT = "2026-11-24T03:05:00.000Z"


@cache
def fonts() -> FontChain:
    extra = os.environ.get("HESHI_TEST_FONTS")
    return FontChain((Path(extra),) if extra else default_folders(ROOT))


def nothing_missing(_: str) -> list[str]:
    return []


def draft() -> Draft:
    return Draft(
        version=1,
        template="za",
        organ="海州市公安局新浦分局市东派出所",
        number="海公（市东）调解字〔2026〕17号",
        mediator=Attendee("off_1", "李卫东", "mediator", "", True),
        fields={
            "held_at": "2026-11-24",
            "place": "线上调解室（主持人在市东派出所调解室）",
            "mediator_post": "二级警长",
            "cause": "殴打他人、损毁财物",
            "happened_at": "2026年11月20日18时30分许",
            "happened_place": "海州市新浦区解放东路126号“好运来”快餐店门前",
            "facts": "张𬭎与㛃䶮因电动自行车停放位置发生口角，继而互相推搡。推搡中张𬭎用手掌击打㛃䶮面部一下，致其左侧面部软组织挫伤；"
            "㛃䶮将张𬭎的手机（品牌型号：M60，购入价1,299.00元）摔落在地，致屏幕碎裂。双方对上述事实均无异议（监控录像、"
            "门诊病历、维修报价单在卷）。\n事发后双方能够如实陈述，情节较轻，系邻里之间因琐事引起的纠纷。",
        },
        parties=(
            PartyCopy("pty_a", "A", "张𬭎", "", "resident", "320703199003074518", "13812345678",
                      "海州市新浦区市东街道花园路88号锦绣家园12号楼3单元502室", "male", "1990-03-07", "海州顺达物流有限公司 驾驶员"),
            PartyCopy("pty_b", "B", "㛃䶮", "", "resident", "320703199411230021", "13900001111",
                      "海州市新浦区市东街道", "female", "1994-11-23", "自由职业", True),
        ),
        others=(Attendee("sea_w", "王𠮷喆", "witness", "", True), Attendee("sea_l", "赵犇", "lawyer", "B")),
    )  # fmt: skip


EDITS: tuple[dict[str, Any], ...] = (
    {"kind": "add_term", "term": {"debtor": "pty_a", "creditor": "pty_b", "what": "医疗费、交通费", "amount_fen": 126050,
                                  "way": "微信转账，转账凭证当场出示", "due": "2026-11-24"}},
    {"kind": "add_term", "term": {"debtor": "pty_b", "creditor": "pty_a", "what": "手机维修费", "amount_fen": 68000,
                                  "way": "银行转账至张𬭎名下尾号6217的账户", "due": "2026-12-01", "place": "海州市新浦区"}},
    {"kind": "add_term", "term": {"debtor": "pty_a", "creditor": "pty_b", "what": "当面口头赔礼道歉", "way": "在调解室当场进行", "due": "2026-11-24"}},
    {"kind": "add_clause", "text": "双方今后互谅互让，不得因此事再起纠纷，不得在网络上发布涉及对方的言论、图片和视频。"},
)  # fmt: skip


def drafted() -> Agreement:
    agreement = rules.start("case_1", "room_1", "org_1", draft())
    for change in EDITS:
        agreement = rules.edit(agreement, EDIT.validate_python(change), TEMPLATE)
    return agreement


def locked() -> Agreement:
    return rules.lock(drafted(), TEMPLATE, at=AT, today=TODAY, unprintable=nothing_missing)


def signed() -> Agreement:
    agreement = locked()
    assert agreement.lock is not None
    for signer in agreement.required:
        agreement = rules.sign(agreement, signer.person, agreement.lock.hash, f"ink_{signer.person}", at=AT)
    return agreement


def scribble(seed: int) -> list[dict[str, Any]]:
    """Something like handwriting, as `signature_pad` sends it."""
    strokes = []
    for stroke in range(4):
        x0, y0 = 30 + 62 * stroke, 40 + 13 * ((seed + stroke) % 3)
        points = [
            {
                "x": x0 + 46 * step / 24 + 8 * math.sin(step * (0.35 + 0.05 * seed)),
                "y": y0 + 34 * math.sin(step * 0.26 + seed + stroke),
                "pressure": round(0.25 + 0.5 * abs(math.sin(step / 8)), 3),
                "time": 1764000000000 + stroke * 400 + step * 12,
            }
            for step in range(25)
        ]
        strokes.append({"points": points, "penColor": "black"})
    return strokes


def ink() -> dict[str, tuple[Stroke, ...]]:
    return {item.person: read_strokes(scribble(index)) for index, item in enumerate(locked().required)}


def with_name(agreement: Agreement, name: str, substitute: str = "") -> Agreement:
    first = replace(agreement.draft.parties[0], name=name, name_substitute=substitute)
    parties = (first, *agreement.draft.parties[1:])
    return replace(agreement, draft=replace(agreement.draft, parties=parties))
