"""What an administrator does at the machine itself."""

from __future__ import annotations

from cases import Scope
from cases.errors import NoSuchOfficer
from cases.organs import all_organs
from server.migrate import migrate
from server.settings import Settings
from server.wiring import House, open_house
from vault import Transaction


async def reset_password(settings: Settings, username: str) -> int:
    """A new one-time password for an account, printed once; for whoever may read the installation's keys anyway."""
    await migrate(settings.database_url)
    async with open_house(settings) as house:
        officers = house.services.officers

        async def work(tx: Transaction) -> str:
            scope = Scope("console", "administrator", frozenset(), frozenset(o.id for o in await all_organs(tx)))
            for officer in await officers.list(tx, scope):
                if officer.username == username:
                    return (await officers.reset(tx, scope, officer.id)).password
            raise NoSuchOfficer(username)

        password = await house.services.db.transact(work)
    print(f"一次性密码 one-time password of {username}: {password}")
    return 0


async def welcome(house: House, address: str, settings: Settings) -> None:
    """On an installation without accounts, make the first administrator and print the one-time password, once."""
    officers = house.services.officers
    issued = await house.services.db.transact(lambda tx: officers.ensure_first_administrator(tx, organ=settings.organ))
    if issued is not None:
        print(f"\n  管理员 administrator   {address}/   用户 user {issued.officer.username}", flush=True)
        print(f"    一次性密码 one-time password {issued.password}\n", flush=True)
