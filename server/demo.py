"""`make run`: the service with one sample case, and where to go printed."""

from __future__ import annotations

from cases import Scope
from cases.inputs import CaseFilters, NewCase, NewOfficer, NewParty, PageRequest
from cases.organs import all_organs
from server.settings import Settings
from server.wiring import House
from vault import Transaction

ORGAN = "和事市公安局城东派出所（示例）"
OFFICER = "wang"

SAMPLE = NewCase(
    number="城东（治）调〔2026〕0001号",
    track="ZA",
    cause="邻里纠纷引发的殴打他人",
    happened_at="2026-11-20T19:40:00+08:00",
    place="城东区和平里小区3号楼楼道",
    facts="2026年11月20日19时40分许，张桂芳与李建国因楼道堆放杂物发生口角，李建国推搡张桂芳，致其左前臂软组织挫伤。双方为同楼邻居，此前无其他纠纷。",
    community="和平里社区",
    parties=[
        NewParty(
            side="A",
            name="张桂芳",
            id_type="resident",
            id_number="11010519491231002X",
            phone="13800138001",
            address="城东区和平里小区3号楼201室",
            private_contact=True,
        ),
        NewParty(
            side="B",
            name="李建国",
            id_type="resident",
            id_number="440524198001010013",
            phone="13900139002",
            address="城东区和平里小区3号楼302室",
        ),
    ],
)
"""Invented people; the resident numbers are the national standard's own examples."""


async def announce(house: House, address: str, settings: Settings) -> None:
    """Make the sample case on the first run, fresh links each time, and print them."""
    services = house.services
    password = await _first_run(house)
    print("\n  和事室 Heshi 已启动 · running\n")
    print(f"  调解员工作台 officers' console   {address}/")
    if password is None:
        print(f"    用户 user {OFFICER}    密码如前 password as before")
        print(f"    忘记了 forgotten: ./heshi reset-password {OFFICER}")
    else:
        print(f"    用户 user {OFFICER}    一次性密码 one-time password {password}")
    sample = await services.db.transact(lambda tx: _sample(house, tx))
    if sample is None:
        print("  示例案件已结案 the sample case is closed; open another in the console\n", flush=True)
        return
    scope, case_id, parties = sample

    async def invite(tx: Transaction) -> tuple[list[tuple[str, str]], str]:
        links = [
            (name, await services.entry.make_link(tx, scope, case_id, party, settings.link_hours * 3600.0))
            for party, name in parties
        ]
        return links, await services.entry.make_invite(tx, scope, case_id, "lawyer", "A", 3)

    links, code = await services.db.transact(invite)
    for name, secret in links:
        print(f"  当事人链接 party's link（{name}） {address}/j#{secret}")
    print(
        "    证件号后六位 last six of the ID: 张桂芳 31002X · 李建国 010013；"
        "短信验证码在案件页“通知”里 the code: case page, Notices"
    )
    print(f"  律师邀请码 lawyer's invite code  {code}   {address}/i\n", flush=True)


async def _first_run(house: House) -> str | None:
    """The administrator and the sample officer, on an installation without accounts; the officer's password."""
    services = house.services

    async def issue(tx: Transaction) -> tuple[str, str] | None:
        first = await services.officers.ensure_first_administrator(tx, organ=ORGAN)
        if first is None:
            return None
        scope = Scope.of(first.officer, await all_organs(tx))
        new = NewOfficer(organ_id=first.officer.organ_id, username=OFFICER, name="王警官", post="民警", role="officer")
        return first.password, (await services.officers.add(tx, scope, new)).password

    issued = await services.db.transact(issue)
    if issued is None:
        return None
    print(f"\n  管理员 administrator   用户 user admin   一次性密码 one-time password {issued[0]}")
    return issued[1]


async def _sample(house: House, tx: Transaction) -> tuple[Scope, str, list[tuple[str, str]]] | None:
    """The sample officer's scope, and the sample case with its parties (made if missing)."""
    services = house.services
    organs = await all_organs(tx)
    everywhere = Scope("system", "administrator", frozenset(), frozenset(organ.id for organ in organs))
    officer = next((each for each in await services.officers.list(tx, everywhere) if each.username == OFFICER), None)
    if officer is None or officer.disabled:
        return None
    scope = Scope.of(officer, organs)
    found = await services.cases.list(tx, scope, CaseFilters(text=SAMPLE.number), PageRequest())
    case_id = found.rows[0].id if found.rows else (await services.cases.create(tx, scope, SAMPLE)).id
    facts = await services.cases.facts(tx, case_id)
    if facts.case.status == "closed":
        return None
    return scope, case_id, [(party.id, party.name) for party in facts.parties]
