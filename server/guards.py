"""What may stand in the way of closing a case, beyond what the case itself knows."""

from __future__ import annotations

from agreements import Agreements
from cases.model import Outcome
from formats.errors import Conflict
from vault import Transaction


class NotSealed(Conflict):
    """A case cannot be closed as agreed without a sealed agreement."""

    code = "case.agreement_not_sealed"
    zh = "协议尚未全部签署并盖章，不能以“达成协议”结案；请先完成签署，或选择其他结案方式。"
    en = "The agreement is not signed by all and sealed yet; finish that first, or close the case another way."


class SealedBeforeAgreed:
    """`cases.ports.CloseGuard`: "agreed" needs the sealed agreement."""

    def __init__(self, agreements: Agreements) -> None:
        self._agreements = agreements

    async def check(self, tx: Transaction, case_id: str, outcome: Outcome) -> None:
        """Raises `NotSealed`."""
        if outcome != "agreed":
            return
        agreement = await self._agreements.load(tx, case_id)
        if agreement is None or agreement.sealed is None:
            raise NotSealed
