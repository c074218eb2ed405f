"""What an administrator does at the machine itself."""

from __future__ import annotations

from cases import Scope
from cases.errors import NoSuchOfficer
from cases.organs import all_organs
from server.migrate import migrate
from server.settings import Settings
from server.wiring import open_house
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
